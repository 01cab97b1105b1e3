"""The command ``gradcli plot``, which draws fields and their derivatives."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_path, complete_shown
from gradcli.cli.declare import Text, choice
from gradcli.cli.explore import asked, asking
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.parse import parse_at
from gradcli.cli.table import write_json
from gradcli.errors import UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.explore.picture import DPI, KINDS, Picture, parse_size
from gradcli.numerics.operators import DEFAULT, OPERATORS, OTHER_NAMES

if TYPE_CHECKING:
    from gradcli.settings import Request
    from gradcli.system.logbook import Logbook

FIELD = "field"
# Options that have an effect on derivatives alone, with their values when they are not given.
OF_DERIVATIVES: dict[str, Any] = {
    "order": 1,
    "accuracy": None,
    "edge_order": None,
    "edges": "one-sided",
    "missing": "propagate",
    "scheme": "central",
    "smooth": None,
    "unwrap": None,
    "per": {},
    "follow_positive": False,
    "bearing": False,
    "downslope": False,
    "toward": (),
}


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        asking,
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            shell_complete=complete_path,
            help="A picture: .png, .svg or .pdf; '-' is stdout (PNG). [default: STEM_plot.png, but "
            "at a terminal a picture of characters]",
        ),
        click.option("-O", "--overwrite", is_flag=True, help="Replace an existing picture."),
        click.option(
            "--show",
            metavar="A,B,…",
            shell_complete=complete_shown,
            help="What is shown: field and operators (gradient, magnitude, laplacian, …). "
            "[default: the field, its gradient, and its magnitude where that exists]",
        ),
        click.option(
            "--kind",
            type=choice(*KINDS),
            help="arrows and stream: the gradient over the field, or the vector of two variables "
            "(--var u,v). [default: lines for one axis, maps for two]",
        ),
        click.option(
            "--at",
            metavar="AXIS=V",
            multiple=True,
            type=Text(),
            callback=parse_at,
            help="The coordinate, date or index of an axis that is not shown. [default: the first]",
        ),
        click.option("--size", metavar="WxH", help="Width and height in pixels."),
        click.option("--dpi", type=int, metavar="N", help=f"Pixels per inch. [default: {DPI}]"),
        click.option("--json", is_flag=True, help="One JSON object on stdout."),
        click.option("-q", "--quiet", is_flag=True, help="No notes."),
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    output: str | None,
    overwrite: bool,
    show: str | None,
    kind: Any,
    at: Mapping[str, str],
    size: str | None,
    dpi: int | None,
    json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    picture = Picture(kind, None if size is None else parse_size(size), DPI if dpi is None else dpi)
    names = _names(show, given.pop("also"))
    operators = [name for name in names if name != FIELD]
    if names and not operators:
        _refuse_derivatives(given)
    request = asked(log, given, operator=(operators or [DEFAULT])[0], also=operators[1:] or None)
    if output is None and not json and sys.stdout.isatty():
        for option, value in (("--size", size), ("--dpi", dpi), ("-O", overwrite or None)):
            if value is not None:
                raise UsageError(
                    f"{option}: has no effect on a picture at the terminal; add -o FILE"
                )
        if kind not in (None, "map", "line"):
            raise UsageError(f"--kind {kind}: cannot be drawn at the terminal; name a file (-o)")
        return _in_terminal(request, names, at, kind, quiet)
    from gradcli.explore.plot import plot, summary

    if output == "-" and sys.stdout.isatty():
        raise UsageError(
            "-o -: a picture is not written to a terminal; name a file, or leave out -o"
        )
    made = plot(request, output, names, at, picture, overwrite)
    _say(made.notes, quiet)
    if json:
        told: dict[str, Any] = {"input": request.path, "output": made.output, "kind": made.kind}
        told |= {"panels": summary(made.panels), "notes": made.notes}
        write_json(told, err=output == "-")
    elif output != "-":
        click.echo(printable(made.output))
    return 0


def _names(show: str | None, also: str | None) -> tuple[str, ...]:
    """Return what is shown, or nothing for the default.

    >>> _names("field,gradient", "curl"), _names(None, None)
    (('field', 'gradient', 'curl'), ())
    """
    shown = [] if show is None else [name.strip() for name in show.split(",") if name.strip()]
    if show is not None and not shown:
        raise UsageError("--show: names nothing; write field, gradient, magnitude, …")
    more = [] if also is None else [name.strip() for name in also.split(",") if name.strip()]
    shown, more = ([OTHER_NAMES.get(name, name) for name in names] for names in (shown, more))
    for name in shown:
        if name != FIELD and name not in OPERATORS:
            raise suggest("panel", name, [FIELD, *OPERATORS])
    if more and not shown:
        shown = [FIELD, DEFAULT]
    return tuple(dict.fromkeys((*shown, *more)))


def _refuse_derivatives(given: Mapping[str, Any]) -> None:
    """Raise UsageError for options of derivatives, where nothing that is shown is one."""
    for name, default in OF_DERIVATIVES.items():
        if given[name] != default:
            raise UsageError(
                f"--{name.replace('_', '-')}: --show {FIELD} shows no derivative; add one, as "
                f"--show {FIELD},{DEFAULT}"
            )


def _in_terminal(
    request: Request, names: tuple[str, ...], at: Mapping[str, str], kind: str | None, quiet: bool
) -> int:
    from gradcli.explore.colours import colours_of
    from gradcli.explore.halfblocks import render
    from gradcli.explore.pictured import panels_of

    width = shutil.get_terminal_size().columns
    notes: list[str] = []
    dimensions = 1 if kind == "line" else 2
    panels = panels_of(request, names, at, (2 * width, 2 * width), dimensions, notes)
    click.echo(render(panels, width, colours_of(os.environ, sys.stdout.encoding)), nl=False)
    _say(notes, quiet)
    return 0


def _say(notes: list[str], quiet: bool) -> None:
    for note in dict.fromkeys(notes if not quiet else ()):
        click.echo(f"Note: {printable(note)}", err=True)
