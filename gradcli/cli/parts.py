"""The option ``--part`` and the command ``gradcli merge``: one output made by several runs."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_path
from gradcli.cli.help import Command, Entry, make_command
from gradcli.errors import InputError, UsageError
from gradcli.system.limits import require_base

if TYPE_CHECKING:
    from gradcli.engine.report import Report
    from gradcli.system.logbook import Logbook

MOST_PARTS = 100_000


def _parse(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Return ``I/N`` as two numbers."""
    if value is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", value)
    if match is None:
        raise UsageError(f"--part {value!r:.20}: write I/N, as 1/4 for the first of four parts")
    number, count = int(match[1]), int(match[2])
    if not 1 <= number <= count <= MOST_PARTS:
        raise UsageError(
            f"--part {number}/{count}: I counts from 1 to N, and N is at most {MOST_PARTS:,}"
        )
    return number, count


part = click.option(
    "--part",
    metavar="I/N",
    callback=_parse,
    help="Compute the I-th of N parts of the output, as a run of its own; gradcli merge OUTPUT "
    "puts them together.",
)


def runner(share: tuple[int, int]) -> Callable[..., Report]:
    """Return a function that computes a part, called as `differentiate` is."""

    def run(*given: Any, **keywords: Any) -> Report:
        from gradcli.api import request
        from gradcli.engine.parts import make_part
        from gradcli.engine.shares import Share

        return make_part(request(*given, **keywords), Share(*share), sys.argv[1:])

    return run


def command(entry: Entry) -> Command:
    """Return the command ``merge``."""
    return make_command(
        entry,
        _merge,
        click.argument("output", metavar="OUTPUT", shell_complete=complete_path),
        click.option("-O", "--overwrite", is_flag=True, help="Replace an existing output."),
        click.option("--json", is_flag=True, help="One JSON object on stdout."),
        click.option("-q", "--quiet", is_flag=True, help="No notes and no progress."),
        options.debugging,
    )


@click.pass_context
def _merge(ctx: click.Context, /, output: str, overwrite: bool, json: bool, quiet: bool) -> int:
    require_base()  # before numpy is imported
    log: Logbook | None = ctx.obj
    from gradcli.cli.work import differentiate_inputs
    from gradcli.engine.shares import parts_of
    from gradcli.engine.stored import head_of

    places = [os.path.abspath(place) for place in parts_of(output)]
    head = head_of(places[0])
    if not {"words", "folder", "memory", "jobs"} <= head.keys():
        raise InputError(f"{places[0]}: does not say which command it is a part of")
    words = [str(word) for word in head["words"]]
    found = ctx.find_root().command
    assert isinstance(found, click.Group)
    asked = found.get_command(ctx, words[0]) if words else None
    if not isinstance(asked, Command) or not asked.operator:
        raise InputError(f"{places[0]}: its command is none that has parts")
    with asked.make_context(words[0], words[1:], parent=ctx.parent) as inner:
        given = dict(inner.params)
    given |= {"overwrite": overwrite or given["overwrite"], "json": json, "quiet": quiet}
    given |= {"memory": str(head["memory"]), "jobs": int(head["jobs"])}
    given |= {"part": None, "resume": False}
    given["operator"] = asked.operator
    target = os.path.abspath(output)
    os.chdir(str(head["folder"]))  # where the paths of the command are meant
    run = partial(_merged, places, target, shlex.join(["gradcli", *words]))
    return differentiate_inputs(log, given.pop("inputs"), given, run)


def _merged(places: list[str], target: str, said: str, *given: Any, **keywords: Any) -> Report:
    """Merge parts, called as `differentiate` is; ``said`` is the command that made them."""
    from gradcli.api import request
    from gradcli.engine.merging import merge_parts
    from gradcli.errors import OutputError

    if keywords["history"] is not None:
        keywords["history"] = said
    report = merge_parts(request(*given, **keywords), places)
    if [os.path.abspath(path) for path in report.outputs] != [target]:
        raise OutputError(f"{target}: is not the output of these parts")
    for place in places:
        os.unlink(place)
    return report
