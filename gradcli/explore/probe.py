"""The values of fields and of their derivatives at points, also between those of a grid."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from gradcli.explore.evaluate import TABLE, evaluation
from gradcli.explore.interpolate import interpolate
from gradcli.explore.lattice import Lattice, Place
from gradcli.model.axes import unknown_axis
from gradcli.record import field, record
from gradcli.settings import Request

Cell: TypeAlias = Any  # a number of Python or numpy, or the text of a date; None if missing


@record
class Probed:
    """A table of values at points.

    Attributes
    ----------
    coordinates : dict of str to list
        By the names of the axes, a cell a point.
    results : dict of str to list
        By their names.
    units : dict of str to str or None
        Of each of these.
    notes : list of str
        What may surprise the user.
    table_notes : list of str
        Notes for readers of the table, which shows no units.
    """

    coordinates: dict[str, list[Cell]] = field(default_factory=dict)
    results: dict[str, list[Cell]] = field(default_factory=dict)
    units: dict[str, str | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    table_notes: list[str] = field(default_factory=list)


def probe(
    request: Request,
    points: Sequence[Mapping[str, str]],
    names: Sequence[str],
    columns: Collection[str] = (),
) -> Probed:
    """Return the fields of an input and their derivatives at points.

    Parameters
    ----------
    request : Request
        As `api.request` makes it.
    points : sequence of mapping of str to str
        For each point its coordinate, date or index on each axis, by any name of the axis.
    names : sequence of str
        What to call each point in errors, such as ``--at``.
    columns : collection of str
        Names in points that need not be those of axes; such are left out, with a note.

    Raises
    ------
    UsageError
        An axis is not named, or a point lies outside of the grid.

    Examples
    --------
    >>> from gradcli.api import request
    >>> asked = request("x*y", grid={"x": (0, 1, 2), "y": (0, 1)})
    >>> made = probe(asked, [{"x": "0.5", "y": "1"}], ["--at"])
    >>> made.coordinates, [float(*cells) for cells in made.results.values()]
    ({'x': [0.5], 'y': [1.0]}, [0.5, 1.0, 0.5])
    """
    made = Probed()
    with evaluation(request) as found:
        grids = [Lattice(found, number, request.settings) for number in range(len(found.tasks))]
        points = _known(made, grids, points, names, columns)
        for number, grid in _fitting(made, grids, points, request):
            places = [
                grid.find(point, made.notes, name)
                for point, name in zip(points, names, strict=True)
            ]
            _add_coordinates(made, grid, places)
            corners = [place.corners for place in places]
            values = interpolate(found, number, corners, request.run.limits)
            for result in found.results(number):
                cells = values[result.name]
                made.results[result.name] = [None if cell != cell else cell for cell in cells]
                made.units[result.name] = result.units
        made.table_notes = found.untold(request.settings, TABLE, lengths=False)
        made.notes = [*dict.fromkeys((*found.plan.notes, *made.notes, *_say_missing(made)))]
    return made


def _say_missing(made: Probed) -> Iterator[str]:
    """Yield a note for all results that are missing at the same points."""
    alike: dict[tuple[bool, ...], list[str]] = {}
    for name, cells in made.results.items():
        alike.setdefault(tuple(cell is None for cell in cells), []).append(name)
    for lost, names in alike.items():
        if any(lost):
            where = "at the point" if len(lost) == 1 else f"at {sum(lost)} of {len(lost)} points"
            yield f"{', '.join(names)}: missing {where}"


def _known(
    made: Probed,
    grids: Sequence[Lattice],
    points: Sequence[Mapping[str, str]],
    names: Sequence[str],
    columns: Collection[str],
) -> Sequence[Mapping[str, str]]:
    """Return points without names that no grid has; those of columns need not be known."""
    unknown = {
        name: option
        for point, option in zip(points, names, strict=True)
        for name in point
        if not any(grid.knows(name) for grid in grids)
    }
    for name, option in unknown.items():
        if name not in columns:
            error = unknown_axis(grids[0].axes, name)
            words = re.sub(r"--axis (\S+)\)", rf"{option.split()[0]} \1=…)", str(error))
            raise error.reworded(f"{option}: {words}")
    if unknown:
        listed = ", ".join(unknown)
        made.notes.append(f"no axis is called {listed}: not used")
    return [{k: v for k, v in point.items() if k not in unknown} for point in points]


def _fitting(
    made: Probed, grids: Sequence[Lattice], points: Sequence[Mapping[str, str]], request: Request
) -> list[tuple[int, Lattice]]:
    """Return the grids, by their tasks, without those that the points are not meant for.

    Such a grid lacks an axis that is named, and has another that is not. All are kept if the user
    chose the variables, or if none would be left.
    """
    names = {name for point in points for name in point}
    every = list(enumerate(grids))
    fits = [(k, grid) for k, grid in every if all(map(grid.knows, names)) or grid.covers(names)]
    if request.settings.var or not fits:
        return every
    left = [grid.task.field.name for k, grid in every if (k, grid) not in fits]
    if left:
        made.notes.append(f"{', '.join(left)}: left out, because the points do not name all axes")
    return fits


def _add_coordinates(made: Probed, grid: Lattice, places: Sequence[Place]) -> None:
    """Add the columns of coordinates, each once for all fields that have the axis."""
    for label in dict.fromkeys(label for place in places for label in place.shown):
        cells = [place.shown.get(label) for place in places]
        known = made.coordinates.setdefault(label, cells)
        made.coordinates[label] = [a if b is None else b for a, b in zip(known, cells, strict=True)]
        made.units.setdefault(label, grid.units_of(label))
