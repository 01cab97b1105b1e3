"""Curvilinear grids: eastward and northward derivatives through the Jacobian of the grid."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.errors import UsageError
from gradcli.geometry.auxiliary import Chart
from gradcli.geometry.factors import SheetFactor, StackFactor
from gradcli.geometry.gridmap import GridMap
from gradcli.geometry.jacobian import EAST, NORTH, flux_names, vector_names
from gradcli.geometry.moving import MovingFactor, MovingMap
from gradcli.geometry.terms import Plain, Term, earth_of, refuse_mixed_degrees
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.operator import Operator, Wanted
from gradcli.numerics.stencils import Stencil


class Curvilinear(Plain):
    """Eastward and northward derivatives on a grid whose lines run in any direction.

    An eastward derivative is a weighted sum of the derivatives along the two axes of the grid.
    Divergence, curl and Jacobian differentiate the vector in three dimensions, ``u e + v n``, so
    that the poles need no special treatment. Of a divergence or a curl, the partial along x holds
    all terms along the slower axis of the grid, and that along y all those along the faster one:
    the sum is the same, and each component in space is differentiated once along each axis.

    Parameters
    ----------
    grid : GridMap
    chart : Chart
    moving : MovingMap or None
        The factors in case the grid moves.
    places : pair of int or None
        Positions of x and y among the chosen axes.
    count : int
        Number of chosen axes. The two axes of the grid are numbered after them.
    alike : bool
        Whether degrees may be treated as lengths.
    """

    def __init__(
        self,
        grid: GridMap,
        chart: Chart,
        moving: MovingMap | None,
        places: tuple[int | None, int | None],
        count: int,
        alike: bool,
    ) -> None:
        super().__init__(alike)
        self.text = f"{grid.text}, through {chart.x.axis.name} and {chart.y.axis.name}"
        self._grid, self._over, self._beneath = grid, chart.over, (count, count + 1)
        self._moving = moving
        self._places, self._lengths = places, grid.on_earth
        self._stacks: dict[tuple[tuple[str, ...], ...], StackFactor] = {}
        if grid.on_earth:
            self.units = {place: "m" for place in places if place is not None}

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial."""
        x, y = self._places
        if not set(wanted.along) & {x, y}:
            return [Term(wanted.component, wanted.along)]
        if len(wanted.along) > 1:
            what = operator.name if operator.order == 2 else "a derivative of a higher order"
            raise UsageError(f"{what} is not available on curvilinear grids")
        row = "e" if wanted.along[0] == x else "n"
        if not (operator.vector and self._lengths and wanted.component in (x, y)):
            return self._through(wanted.component, row)
        if x is None or y is None:
            raise UsageError(
                f"{operator.name} on a curvilinear grid needs both components, eastward and "
                "northward (--axis x,y)"
            )
        if operator.flux:
            axis = "a" if row == "e" else "b"
            divergence = (wanted.component == x) == (row == "e")
            return self._of_vector((x, y), {axis: flux_names(divergence, axis)})
        own = EAST if wanted.component == x else NORTH
        return self._of_vector(
            (x, y), {axis: [(row + axis, name) for name in own if name] for axis in "ab"}
        )

    def _of_vector(
        self, components: tuple[int, int], afters: Mapping[str, list[tuple[str, ...]]]
    ) -> list[Term]:
        """Return the terms of a vector, times the given factors of each of its parts in space.

        Its components are differentiated apart, so that stencils adapt to the gaps of each.
        """
        x, y = components
        places = dict(zip("ab", self._beneath, strict=True))
        east, north = (self._stack([(name,) for name in unit if name]) for unit in (EAST, NORTH))
        return [
            Term(y, (places[axis],), north, self._stack(names), ((x, east),))
            for axis, names in afters.items()
        ]

    def _through(self, component: int, row: str) -> list[Term]:
        """Return the terms of an eastward (``e``) or northward (``n``) derivative."""
        return [
            Term(component, (place,), None, self._factor(row + axis))
            for axis, place in zip("ab", self._beneath, strict=True)
        ]

    def _factor(self, *names: str) -> SheetFactor:
        if self._moving is None:
            return SheetFactor(self._grid.tables, self._over, names, corner=self._grid.corner)
        return MovingFactor(
            self._grid.tables, self._over, names, corner=self._grid.corner, moving=self._moving
        )

    def _stack(self, names: list[tuple[str, ...]]) -> StackFactor:
        """Return products of tables as one factor, the same one for the same names.

        Terms with the same factors differentiate the same sum.
        """
        key = tuple(names)
        if key not in self._stacks:
            self._stacks[key] = StackFactor(tuple(self._factor(*each) for each in names))
        return self._stacks[key]

    def cover(self, window: Window) -> None:
        """Say for which window of the field tables are needed."""
        self._grid.cover(window)


def refuse_unfit(
    chart: Chart, origin: Field, count: int, metric: Metric, operators: tuple[Operator, ...]
) -> None:
    """Raise UsageError if the sheets do not allow the metric, or if one is needed and missing."""
    if chart.angles and count > 1:
        refuse_mixed_degrees(origin, metric, operators)
    if metric.on_earth and not chart.angles:
        raise UsageError(
            f"{origin.name}: --metric {metric.name} needs longitude and latitude; "
            f"{chart.x.axis.name} and {chart.y.axis.name} are none (units {chart.x.axis.units})"
        )


def make_map(
    chart: Chart,
    origin: Field,
    stencils: tuple[Stencil, Stencil],
    metric: Metric,
    operators: tuple[Operator, ...],
) -> GridMap:
    """Return the `GridMap` of a field, with its tables still empty."""
    if not metric.on_earth:
        return GridMap(chart, origin, stencils, None, "none", ())
    earth, text = earth_of(metric)
    return GridMap(chart, origin, stencils, earth, text, vector_names(operators))
