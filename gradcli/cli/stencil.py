"""The command ``gradcli stencil``, which shows the weights of a derivative."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import click

from gradcli.cli import options
from gradcli.cli.declare import choice
from gradcli.cli.help import Command, Entry, make_command
from gradcli.cli.parse import parse_number
from gradcli.cli.table import aligned, write_json
from gradcli.errors import InputError, UsageError
from gradcli.system.limits import require_base

if TYPE_CHECKING:
    from fractions import Fraction

    from gradcli.explore.stencil import Grid, Row
    from gradcli.numerics.schemes import Edges, Scheme, Side

ALONE = "alone"  # the value of --periodic without a period


def command(entry: Entry) -> Command:
    """Return the command."""
    return make_command(
        entry,
        _run,
        options.exactness,
        click.option(
            "--edges",
            type=choice("one-sided", "missing"),
            help="What points get where the stencil does not fit. [default: one-sided]",
        ),
        options.siding,
        click.option(
            "--coords", metavar="X,Y,…", help="Coordinates of the points, in place of equal steps."
        ),
        click.option("--spacing", metavar="S", help="The step. [default: a letter, h]"),
        click.option(
            "--periodic",
            metavar="[PERIOD]",
            is_flag=False,
            flag_value=ALONE,
            help="The axis closes on itself; uneven coordinates need PERIOD.",
        ),
        click.option(
            "--points",
            type=click.IntRange(min=1),
            metavar="N",
            help="Number of points. [default: enough for each kind of row]",
        ),
        click.option("--json", is_flag=True, help="One JSON object on stdout."),
        options.debugging,
    )


def _run(
    order: int,
    accuracy: int | None,
    edge_order: int | None,
    edges: Edges | None,
    scheme: Side,
    smooth: str | None,
    coords: str | None,
    spacing: str | None,
    periodic: str | None,
    points: int | None,
    json: bool,
) -> int:
    require_base()
    from gradcli.explore.stencil import stencil_rows
    from gradcli.numerics.schemes import checked_scheme, edge_notes
    from gradcli.settings import Settings

    _refuse_idle(edge_order, edges, periodic is not None)
    checked = checked_scheme(
        order, accuracy, edge_order, scheme, edges or "one-sided", smooth=smooth
    )
    chosen = Settings(scheme=checked, edge_order=edge_order).scheme_of(order)
    grid = _grid(coords, spacing, periodic, points)
    try:
        rows = stencil_rows(chosen, grid)
    except InputError as error:
        raise UsageError(_reworded(str(error))) from None
    size = len(grid.coordinates) or grid.points
    notes = [] if grid.periodic or size is None else [*edge_notes("the axis", chosen, size)]
    if size is not None and not grid.periodic:
        chosen = chosen.fitted(size)
    for note in notes:
        click.echo(f"Note: {note}", err=True)
    if json:
        write_json(_as_dict(chosen, grid, rows, notes))
    else:
        click.echo(_text(chosen, grid, rows))
    return 0


def _refuse_idle(edge_order: int | None, edges: Edges | None, periodic: bool) -> None:
    """Raise UsageError for options that would have no effect."""
    if periodic and (edge_order is not None or edges is not None):
        option = "--edges" if edge_order is None else "--edge-order"
        raise UsageError(f"{option}: a periodic axis has no ends")
    if edges == "missing" and edge_order is not None:
        raise UsageError("--edge-order: with --edges missing there are no one-sided differences")


def _grid(
    coords: str | None, spacing: str | None, periodic: str | None, points: int | None
) -> Grid:
    from gradcli.explore.stencil import Grid

    if coords is not None:
        for name, value in (("--spacing", spacing), ("--points", points)):
            if value is not None:
                raise UsageError(
                    f"{name} and --coords exclude each other; --coords gives all points"
                )
    period = None if periodic in (None, ALONE) else _exact("--periodic", periodic or "")
    if period is not None and period <= 0:
        raise UsageError(f"--periodic {periodic}: a period is above 0")
    if period is not None and coords is None and points is None:
        raise UsageError(f"--periodic {periodic}: give the points too (--points or --coords)")
    step = None if spacing is None else _exact("--spacing", spacing)
    if step is not None and float(step) == 0:
        raise UsageError(f"--spacing {spacing}: a step must not be 0")
    words = () if coords is None else tuple(coords.split(","))
    places = tuple(_exact("--coords", word) for word in words)
    return Grid(points, step, places, periodic is not None, period)


def _exact(option: str, text: str) -> Fraction:
    """Return the number that the text of an option holds, exactly."""
    from fractions import Fraction

    if not math.isfinite(parse_number(option, text)):
        raise UsageError(f"{option}: {text.strip()} is not finite")
    return Fraction(text.strip())


def _reworded(text: str) -> str:
    """Return an error about an axis of a file as one about the options of this command.

    >>> _reworded("axis x: 1 point, too short; ask for less, or leave the axis out (--axis)")
    'the axis: 1 point, too short; ask for less'
    """
    text = text.removeprefix("axis x: ").replace("(--periodic x=PERIOD)", "(--periodic PERIOD)")
    text = text.partition("; leave out the repeated point")[0]
    return "the axis: " + text.partition(", or leave the axis out")[0]


def _as_dict(scheme: Scheme, grid: Grid, rows: list[Row], notes: list[str]) -> dict[str, Any]:
    fit = scheme.smooth
    one_sided = not (fit or grid.periodic or scheme.edges == "missing")
    return {
        "order": scheme.order,
        "accuracy": None if fit else scheme.accuracy,
        "edge_order": scheme.edge_order if one_sided else None,
        "scheme": scheme.side,
        "smooth": fit and fit.describe(),
        "edges": None if grid.periodic else scheme.edges,
        "step": None if grid.step is None else float(grid.step),
        "points": len(grid.coordinates) or grid.points,
        "periodic": grid.periodic,
        "rows": [_row_as_dict(grid, row) for row in rows],
        "notes": notes,
    }


def _row_as_dict(grid: Grid, row: Row) -> dict[str, Any]:
    term = row.leading
    return {
        "row": row_name(grid, row),
        "first": row.first,
        "last": row.last,
        "coordinates": [float(grid.coordinates[end]) for end in (row.first, row.last)]
        if grid.coordinates
        else None,
        "offsets": list(row.offsets),
        "weights": list(row.weights),
        "fractions": None if row.fractions is None else list(map(str, row.fractions)),
        "accuracy": row.accuracy,
        "leading": None
        if term is None
        else {
            "text": term.text(),
            "coefficient": str(term.coefficient),
            "power": term.power,
            "derivative": term.derivative,
        },
    }


def row_name(grid: Grid, row: Row) -> str:
    """Return what a table calls a kind of row."""
    if grid.coordinates or grid.points is not None:
        return f"{row.first}" if row.first == row.last else f"{row.first} to {row.last}"
    if (row.first, row.last) == (0, -1):
        return "every row"
    if row.first >= 0 > row.last and row.offsets:
        return "inside"
    ends = dict.fromkeys((_place(row.first), _place(row.last)))
    return " to ".join(ends)


def _place(row: int) -> str:
    """Return a row of an axis of any length, counted from its nearer end.

    >>> _place(0), _place(2), _place(-2)
    ('first', 'first + 2', 'last - 1')
    """
    end, steps = ("first", row) if row >= 0 else ("last", -1 - row)
    return end + (f" {'+' if row >= 0 else '-'} {steps}" if steps else "")


def _text(scheme: Scheme, grid: Grid, rows: list[Row]) -> str:
    """Return the rows as a table."""
    plain = not _can_print("⁴⁽")
    head = ["row", "offsets", "weights", "accuracy", "leading term of the error"]
    if grid.coordinates:
        head.insert(1, "at")
    table = [head]
    for row in rows:
        cells = [row_name(grid, row), *_cells(row, plain)]
        if grid.coordinates:
            ends = dict.fromkeys((row.first, row.last))
            cells.insert(1, " to ".join(f"{float(grid.coordinates[end]):.10g}" for end in ends))
        table.append(cells)
    stepped = any(row.leading and row.leading.power for row in rows)
    return "\n".join([_title(scheme, grid, stepped), "", *aligned(table)])


def _cells(row: Row, plain: bool) -> list[str]:
    if row.leading is None:
        return ["", "missing", "", ""]
    numbers: Any = row.fractions
    if numbers is None:
        numbers = [f"{weight:.10g}" for weight in row.weights]
    return [
        " ".join(map(str, row.offsets)),
        " ".join(map(str, numbers)),
        str(row.accuracy),
        row.leading.text(plain),
    ]


def _title(scheme: Scheme, grid: Grid, stepped: bool) -> str:
    how = (
        scheme.smooth.describe() if scheme.smooth else f"{scheme.side}, accuracy {scheme.accuracy}"
    )
    power = f"h^{scheme.order}" if scheme.order > 1 else "h"
    if grid.coordinates:
        equal = " of equal steps h" if stepped else ""
        where = f"at these coordinates{equal}: weights times values, added"
    elif grid.step is None:
        where = f"on equal steps h: weights times values, added, over {power}"
    else:
        where = f"on equal steps h = {float(grid.step):.10g}: weights times values, added"
    around = ", periodic" if grid.periodic else ""
    return f"Derivative of order {scheme.order} ({how}{around}) {where}"


def _can_print(text: str) -> bool:
    """Return whether standard output can show some characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
