"""Work through the inputs of an operator command."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from gradcli.api import run
from gradcli.cli.find import Search, refuse_meeting
from gradcli.cli.hints import output_meant
from gradcli.cli.inputs import work_on_inputs
from gradcli.cli.keywords import input_of, keywords_of
from gradcli.cli.report import as_text, path_line, stats_lines, summarise
from gradcli.cli.series import has_each, joined_items
from gradcli.cli.words import refuse_words
from gradcli.engine.report import Report, are_current
from gradcli.errors import printable
from gradcli.plan.outputs import certain_place, identity, placed
from gradcli.settings import job_count, memory_bytes
from gradcli.system.allocator import keep_freed_memory
from gradcli.system.logbook import Item, Logbook, Outcome
from gradcli.system.paths import STDIN
from gradcli.system.supervisor import be_watched


def differentiate_inputs(
    log: Logbook | None,
    inputs: tuple[str, ...],
    given: dict[str, Any],
    run: Callable[..., Report] = run,
) -> int:
    """Differentiate the inputs that are not done according to the log; return the exit code.

    ``run`` takes the arguments of `differentiate`, and may do something else with them.
    """
    log = log or Logbook()  # there is none if --help is the value of an option
    given = dict(given)
    given["output"], given["output_dir"] = placed(given["output"], given.get("output_dir"))
    no_history = given.pop("no_history")
    given["history"] = None if no_history else shlex.join(["gradcli", *sys.argv[1:]])
    formula = given.pop("formula")
    search = _search(given)
    keep_going, shown = given.pop("keep_going", True), given.pop("progress")
    limits = memory_bytes(given.pop("memory")), job_count(given.pop("jobs"))
    if not log.items:  # otherwise a process that died has set them
        if formula is not None or given["grid"] is not None:
            inputs = (input_of(next(iter(inputs), None), formula, given["grid"]),)
        _set_out(log, search, inputs, given)
    gc.enable()
    keep_freed_memory()
    be_watched(log)
    refuse_words(inputs, given)
    for item in log.items:
        if item.path != STDIN:
            log.claims[identity(item.path)] = item.path
    work = partial(_one, run, given, log.claims, log.batch)
    closing = not given["quiet"]
    shown = shown if closing else False
    # The workers of a cluster take one input after another.
    forks = given.get("cluster") is None
    return work_on_inputs(log, work, limits, shown, keep_going, closing, forks)


def _search(given: dict[str, Any]) -> Search:
    names = f"{given.get('axis') or ''},{given.get('dims') or ''}"
    return Search(
        recursive=given.pop("recursive", False),
        pattern=given.pop("glob", None),
        exclude=given.pop("exclude", ()),
        files_from=given.pop("files_from", None),
        null=given.pop("null", False),
        folder=given.pop("output_dir"),
        skipping=given.get("skip_existing", False),
        axes=tuple(name.strip() for name in names.split(",") if name.strip()),
    )


def _set_out(log: Logbook, search: Search, inputs: tuple[str, ...], given: dict[str, Any]) -> None:
    notes: list[str] = []
    items = search.items(inputs, notes)
    if has_each(given, search.folder):
        refuse_meeting(items, given)
    batch = (search.is_batch or len(items) > 1) and given.get("join") is None
    items = joined_items(items, given, search.folder)
    as_json = given["json"] and given["output"] != STDIN
    log.set_out(items, batch, as_json)
    notes += filter(None, [output_meant(inputs, given["output"] or search.folder)])
    for note in notes if not given["quiet"] else ():
        click.echo(f"Note: {printable(note)}", err=True)


def _one(
    run: Callable[..., Report],
    given: dict[str, Any],
    claims: dict[str, str],
    named: bool,
    item: Item,
    memory: int,
    jobs: int,
    on_block: Callable[[int, int], None],
) -> Outcome:
    """Differentiate one input and return its outcome.

    ``claims`` maps files to the inputs that they belong to. If the input is ``named``, notes
    begin with its name.
    """
    skipping = given.get("skip_existing") and not given.get("join")
    place = certain_place(item, given) if skipping else None
    dated = item.path if given["grid"] is None else STDIN
    if place and not given["json"] and are_current([place], dated):
        return Outcome("", _skipped(item.path, given["quiet"] or named), 0, True)
    given = dict(given)
    as_json, quiet = given.pop("json"), given.pop("quiet")
    # At a terminal people look at what was made; in JSON only what was asked for is said.
    shown = sys.stderr.isatty() and not (quiet or as_json or given["dry_run"])
    given["stats"] = given["stats"] or shown
    output = given.pop("output")
    if output is None and item.path == STDIN and item.folder is None:
        output = "-"
    report = run(
        given.pop("joined", item.path),
        output,
        output_dir=item.folder,
        history=given.pop("history"),
        on_block=on_block,
        claims=claims,
        memory=memory,
        jobs=jobs,
        **keywords_of(given),
    )
    place = f"{printable(item.path)}: " if named else ""
    told = () if quiet or report.skipped else report.notes
    notes = [f"Note: {place}{printable(note)}" for note in told]
    if given["stats"] and not as_json:
        notes += [f"{place}{printable(line)}" for line in stats_lines(report)]
    lines: list[str] = []
    if as_json:
        lines.append(summarise(report))
    elif report.dry_run:
        lines.append(as_text(report, given["stack"]))
    elif report.skipped:
        notes += filter(None, [_skipped(item.path, quiet or named)])
    elif output != "-":
        lines += map(path_line, report.outputs)
    if output == "-":
        return Outcome("", "\n".join(notes + lines), 0, report.skipped)
    return Outcome("\n".join(lines), "\n".join(notes), 0, report.skipped)


def _skipped(path: str, quiet: bool) -> str:
    """Return what is said of an input that was left; a batch counts these at its end."""
    return "" if quiet else f"Note: {printable(path)}: skipped, its outputs exist and are not older"
