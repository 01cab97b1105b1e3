"""The command ``gradcli probe``, which gives values and derivatives at points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.complete import complete_path
from gradcli.cli.declare import Text
from gradcli.cli.explore import asked, asking
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.parse import parse_places
from gradcli.cli.table import plain, table_text, write_json, write_notes
from gradcli.errors import UsageError
from gradcli.system.paths import STDIN

if TYPE_CHECKING:
    from gradcli.explore.probe import Probed
    from gradcli.system.logbook import Logbook


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        asking,
        click.option(
            "--at",
            metavar="AXIS=V,…",
            multiple=True,
            type=Text(),
            callback=parse_places,
            help="A point: a coordinate or a date on each axis, an index where an axis has no "
            "coordinates. Repeat it for further points. Longitudes go around.",
        ),
        click.option(
            "--points",
            metavar="FILE.csv",
            shell_complete=complete_path,
            help="Points from a CSV, one a row; its header names the axes. '-' is stdin.",
        ),
        click.option("--json", is_flag=True, help="One JSON object in place of the table."),
        options.quiet,
        options.debugging,
    )


@click.pass_obj
def _run(
    log: Logbook | None,
    /,
    at: tuple[dict[str, str], ...],
    points: str | None,
    json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    if points == STDIN == given["path"]:
        raise UsageError("standard input holds the input or the points (--points -), not both")
    request = asked(log, given)
    from gradcli.explore.points import read_points
    from gradcli.explore.probe import probe

    wanted, names = [*at], ["--at"] * len(at)
    columns: tuple[str, ...] = ()
    if points is not None:
        table = read_points(points)
        wanted += table.rows
        names += [f"--points {points} row {number}" for number in range(1, len(table.rows) + 1)]
        columns = table.columns
    if not wanted:
        wanted, names = [{}], ["--at"]  # the error says which axes there are
    made = probe(request, wanted, names, columns)
    if json:
        write_json(_summary(request.path, made))
    else:
        every = {**made.coordinates, **made.results}
        click.echo(table_text([*every], zip(*every.values(), strict=True)), nl=False)
    write_notes([*made.notes, *([] if json else made.table_notes)], quiet)
    return 0


def _summary(path: str, made: Probed) -> dict[str, Any]:
    every = {**made.coordinates, **made.results}
    rows = zip(*every.values(), strict=True)
    return {
        "input": path,
        "points": [dict(zip(every, map(plain, row), strict=True)) for row in rows],
        "units": made.units,
        "notes": made.notes,
    }
