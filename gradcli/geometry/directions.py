"""Where the lines of a curvilinear grid point, from its two-dimensional coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradcli.geometry.auxiliary import Chart
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.positions import Positions
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import index_spacing
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.smoothing import Savgol
from gradcli.numerics.stencils import Stencil
from gradcli.record import record, replace

if TYPE_CHECKING:
    from gradcli.geometry.turning import Units
    from gradcli.numerics.dtypes import Array

EXACT = 1e-12  # relative rounding of coordinates up to which wide stencils make them no worse
FIT = Savgol(11, 4)  # what float32 coordinates are fitted by
WIDE, NARROW = (8, 6, 4, 2), (4, 2)  # orders of accuracy of directions, the first that fits


@record(frozen=True, eq=False)
class ChartDirections:
    """Directions of the axes beneath a chart.

    The direction of an axis is that of its tangent, by stencils of an accuracy of their own:
    errors at the ends of axes must stay far below those of the derivatives of the components.
    Where the field is missing, coordinates may be anything, so next to gaps stencils take those
    of valid points alone, as far as there are enough.

    Parameters
    ----------
    chart : Chart
    components : tuple of Field
    earth : Earth
    x_first : bool
        Whether x of the grid is the slower axis.
    signs : pair of int
        Whether x and y of the grid point the way that indices grow (1) or the other way (-1).
    periodic : pair of bool
        Whether the slower and the faster axis close on themselves.
    """

    chart: Chart
    components: tuple[Field, ...]
    earth: Earth
    x_first: bool
    signs: tuple[int, int]
    periodic: tuple[bool, bool]

    @property
    def coordinates(self) -> Positions:
        """The coordinates of the chart."""
        return Positions(self.chart, self.components[0])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points along the slower and the faster axis."""
        return self.coordinates.sizes

    @property
    def scratch(self) -> int:
        """Bytes of memory needed beside the tables."""
        rows, columns = self.sizes
        return 4 * rows * columns * 8 + (self._rows + 2 * WIDE[0]) * columns * SCRATCH

    @property
    def _rows(self) -> int:
        return max(1, BAND // max(self.sizes[1], 1))

    @property
    def step(self) -> int | None:
        """The axis of the field along which the directions may change."""
        return self.coordinates.step

    def move(self, source: Source) -> bool:
        """Return whether the directions change from step to step."""
        return self.step is not None and self.coordinates.move(source)

    def at_step(self, step: int) -> ChartDirections:
        """Return the directions at one step."""
        assert self.step is not None
        parts = []
        for part in self.components:
            axes = list(part.axes)
            axes[self.step] = axes[self.step].select(step, step + 1)
            parts.append(replace(part, axes=tuple(axes)))
        return replace(self, components=tuple(parts))

    def bands(self, source: Source) -> Iterator[tuple[slice, Units]]:
        """Yield the directions, some rows of the slower axis at a time."""
        land = self._land(source)
        x, y, _ = self.coordinates.read(source, land)
        dry = np.where(land, np.nan, 0.0) if land.any() else None
        ways = self._ways(adapts=dry is not None)
        for start in range(0, self.sizes[0], self._rows):
            rows = slice(start, min(start + self._rows, self.sizes[0]))
            lines = [self._line(ways, x, y, rows, axis, dry) for axis in (0, 1)]
            along_x, along_y = lines if self.x_first else lines[::-1]
            (xe, xn), (ye, yn) = (
                sign * _of_length_one(line)
                for sign, line in zip(self.signs, (along_x, along_y), strict=True)
            )
            yield rows, (xe, xn, ye, yn)

    def _line(
        self,
        ways: list[tuple[list[Stencil], bool]],
        x: Array,
        y: Array,
        rows: slice,
        axis: int,
        dry: Array | None,
    ) -> Array:
        """Return the tangents of an axis, each by the first way that finds one."""
        found: Array | None = None
        for stencils, wet in ways:
            tangent = self._tangent(stencils[axis], x, y, rows, axis, dry if wet else None)
            found = tangent if found is None else np.where(np.isnan(found), tangent, found)
            if not np.isnan(found).any():
                break
        assert found is not None
        return found

    def _ways(self, adapts: bool) -> list[tuple[list[Stencil], bool]]:
        """Return stencils along both axes, the next for points where those before find nothing.

        Each comes with whether it leaves out coordinates on land. Rounded coordinates are fitted
        by polynomials, since the directions are differentiated once more.
        """
        precision = max(self.chart.x.axis.precision, self.chart.y.axis.precision)
        fine = precision < EXACT
        orders = WIDE if fine else NARROW
        made = []
        if not fine and min(self.sizes) >= FIT.window:
            made.append((self._stencils(orders, adapts, FIT), adapts))
        if adapts:
            made.append((self._stencils(orders, True), True))
        return [*made, (self._stencils(orders, False), False)]

    def _stencils(
        self, orders: tuple[int, ...], adapts: bool, fit: Savgol | None = None
    ) -> list[Stencil]:
        made = []
        for size, closed in zip(self.sizes, self.periodic, strict=True):
            order = next((order for order in orders if order < size), 2)
            scheme = Scheme(accuracy=order, edge_order=min(order, max(size - 1, 1)), smooth=fit)
            scheme = replace(scheme, missing="adapt" if adapts else "propagate")
            made.append(make_stencil("grid", index_spacing(size), scheme, closed))
        return made

    def _land(self, source: Source) -> Array:
        """Return the points where a component is missing in all of three sample maps of it."""
        found: Array = np.zeros(self.sizes, bool)
        for part in self.components[:2]:
            if part.fixed is None and 0 not in part.shape:
                maps = (self._map(source, part, half) for half in (0, 1, 2))
                found |= np.logical_and.reduce([np.isnan(values) for values in maps])
        return found

    def _map(self, source: Source, part: Field, half: int) -> Array:
        """Read one map of a component: the first, middle or last along its other axes."""
        places = [axis.start + (axis.size - 1) * half // 2 for axis in part.axes]
        window = [slice(place, place + 1) for place in places]
        for place in self.chart.over:
            window[place] = part.axes[place].file_window
        return source.read(part.name, tuple(window)).reshape(self.sizes)

    def _tangent(
        self, stencil: Stencil, x: Array, y: Array, rows: slice, axis: int, dry: Array | None
    ) -> Array:
        """Return the eastward and northward component of a step along an axis, in radians.

        Of coordinates that are no angles, these are the steps in x and in y.
        """
        part = rows if axis == 0 else slice(0, self.sizes[1])
        reach = stencil.reach(part)
        taken = np.arange(reach.start, reach.stop) % self.sizes[axis]
        pick = (taken,) if axis == 0 else (rows, taken)
        x_near, y_near = x[pick], y[pick]
        if dry is not None:
            x_near, y_near = x_near + dry[pick], y_near + dry[pick]
        if not self.chart.angles:
            return np.stack([_derived(stencil, values, part, axis) for values in (x_near, y_near)])
        up, _, _ = unit_vectors(x_near, y_near)
        change = np.stack([_derived(stencil, up[..., m], part, axis) for m in range(3)], -1)
        _, east, north = unit_vectors(x[rows], y[rows])
        lengths = self.earth.normal(y[rows]), self.earth.meridian(y[rows])
        return np.stack(
            [(change * unit).sum(-1) * n for unit, n in zip((east, north), lengths, strict=True)]
        )


def _derived(stencil: Stencil, values: Array, rows: slice, axis: int) -> Array:
    given = np.ascontiguousarray(values)
    shape = list(given.shape)
    shape[axis] = rows.stop - rows.start
    out = np.empty(shape)
    with np.errstate(invalid="ignore", over="ignore"):
        stencil.apply(given, rows, axis, out)
        if isinstance(stencil, AdaptingStencil):
            stencil.adapt(given, rows, axis, out)
    return out


def _of_length_one(line: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        length = np.hypot(line[0], line[1])
        found: Array = line / np.where(length > 0, length, np.nan)
    return found


def left_handed(source: Source, chart: Chart, origin: Field, x_first: bool) -> bool:
    """Return whether y lies to the right of x on a grid, as where rows run from north to south.

    Four neighbouring points tell, the first of a few places where all are there.
    """
    for share in (2, 3, 4, 5, 8):
        axes = list(origin.axes)
        for place in chart.over:
            if axes[place].size < 2:
                return False
            first = min(axes[place].size // share, axes[place].size - 2)
            axes[place] = axes[place].select(first, first + 2)
        step = Positions(chart, origin).step
        if step is not None:  # of a grid that may move, the first step
            first = axes[step].points.start
            axes[step] = axes[step].select(first, first + 1)
        small = replace(origin, axes=tuple(axes))
        x, y, _ = Positions(chart, small).read(source, np.ones((2, 2), bool))
        if chart.angles:
            x = np.sin(x - x[0, 0]) * np.cos(y)
        det = (x[0, 1] - x[0, 0]) * (y[1, 0] - y[0, 0]) - (x[1, 0] - x[0, 0]) * (y[0, 1] - y[0, 0])
        if np.isfinite(det) and det != 0:
            return bool((det < 0) != x_first)
    return False
