"""The command ``gradcli descend``, which walks down a field, or along a vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.declare import Text
from gradcli.cli.explore import asked, asking
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.parse import parse_places
from gradcli.cli.table import plain, table_text, write_json, write_notes
from gradcli.errors import UsageError

if TYPE_CHECKING:
    from gradcli.explore.descend import Descent
    from gradcli.system.logbook import Logbook

FINEST = 1e-10  # cells; a finer error of a step is that of rounding


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        asking,
        click.option(
            "--from",
            "starts",
            metavar="AXIS=V,…",
            multiple=True,
            required=True,
            envvar="GRADCLI_DESCEND_FROM",
            type=Text(),
            callback=parse_places,
            help="Where a path starts: a place on each axis. Repeat it for further paths.",
        ),
        click.option("--ascend", is_flag=True, help="Walk up, along the gradient."),
        click.option(
            "--length",
            type=float,
            metavar="L",
            help="Arc length after which a path ends, in the units of the axes, or in metres with "
            "--metric. [default: ten diagonals of the grid]",
        ),
        click.option(
            "--tolerance",
            type=float,
            metavar="T",
            help="Error of one step, in cells of the grid. [default: 1e-5]",
        ),
        click.option("--json", is_flag=True, help="One JSON object in place of the table."),
        options.quiet,
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    starts: tuple[dict[str, str], ...],
    ascend: bool,
    length: float | None,
    tolerance: float | None,
    json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    if length is not None and not 0 < length < float("inf"):
        raise UsageError(f"--length {length}: it must be finite, and above 0")
    if tolerance is not None and not FINEST <= tolerance <= 1:
        raise UsageError(f"--tolerance {tolerance}: it must lie between {FINEST:g} and 1, a cell")
    request = asked(log, given)
    from gradcli.explore.descend import TOLERANCE, Manner, descend

    chosen = given["accuracy"] is not None or given["smooth"] is not None
    accurate = chosen or given["scheme"] != "central"
    manner = Manner(ascend, length, TOLERANCE if tolerance is None else tolerance, accurate)
    made = descend(request, starts, manner)
    if json:
        write_json(_summary(request.path, made))
    else:
        several = len(made.paths) > 1
        names = ["path"] * several + made.columns
        click.echo(table_text(names, _rows(made, several)), nl=False)
    write_notes([*made.notes, *([] if json else made.table_notes)], quiet)
    return 0


def _rows(made: Descent, several: bool) -> Iterator[tuple[float, ...]]:
    for number, path in enumerate(made.paths, 1):
        for row in path.rows:
            yield (number, *row) if several else row


def _summary(path: str, made: Descent) -> dict[str, Any]:
    """Return what was walked; ``ended`` stands at the top too, a list if there are several."""
    ended = [each.ended for each in made.paths]
    return {
        "input": path,
        "ended": ended[0] if len(ended) == 1 else ended,
        "paths": [
            {
                "ended": each.ended,
                "arc_length": plain(each.rows[-1][-1]),
                "points": [
                    dict(zip(made.columns, map(plain, row), strict=True)) for row in each.rows
                ],
            }
            for each in made.paths
        ],
        "units": made.units,
        "notes": made.notes,
    }
