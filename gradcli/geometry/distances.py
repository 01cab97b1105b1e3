"""Lengths and areas of the cells of a C grid from the positions of its points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.geometry.cells import Cells, Shape, beside
from gradcli.geometry.factors import BAND
from gradcli.geometry.positions import Positions
from gradcli.geometry.staggered import CGrid
from gradcli.model.protocols import Source
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

FAR = 3.0  # times the length of one step that the next may have


@record(frozen=True)
class PlaceLengths:
    """Distances between the points of u and of v, second order.

    Attributes
    ----------
    grid : CGrid
    earth : Earth or None
        Without it, positions are taken as they stand.
    told : str
        Description of the metric, for messages.
    units : str or None
    used : tuple of str
        Names of the coordinates.
    turn : float or None
        A full turn of longitudes that are taken as they stand.
    """

    grid: CGrid
    earth: Earth | None
    told: str
    units: str | None
    used: tuple[str, ...] = ()
    turn: float | None = None

    @property
    def text(self) -> str:
        """Description for messages."""
        return f"{self.told}, distances between the points of the components"

    def cells(self, source: Source, corners: bool) -> Cells:
        """Return the lengths and areas."""
        shape = Shape(self.grid)
        u, v = (self._places(source, k) for k in (0, 1))
        # Across a cell from one of its faces to the other; at a corner from centre to centre.
        along_x, along_y = (v, u) if corners else (u, v)
        e1 = self._steps(along_x, 1, *shape.pairing(1, corners))
        e2 = self._steps(along_y, 0, *shape.pairing(0, corners))
        side_u, side_v = (1, 0) if corners else (0, 1)
        return Cells(self._side(u, side_u), self._side(v, side_v), e1 * e2)

    def _side(self, places: Array, axis: int) -> Array:
        """Return the length of a step along an axis at each point: the mean of those beside it.

        At an end, the step on one side is extrapolated. A step that is much longer than the other
        leads to a point whose coordinates are made up, as those on land may be.
        """
        size = places.shape[axis]
        closed = (self.grid.y, self.grid.x)[axis] in self.grid.closed
        if size < 2:
            return np.full(places.shape[:2], np.nan)
        steps = self._steps(places, axis, size - (not closed), 0, closed)
        low, high = beside(steps, size, -1, axis, closed)
        low, high = (
            np.where(np.isnan(one) | (one > FAR * other), other, one)
            for one, other in ((low, high), (high, low))
        )
        found: Array = (low + high) / 2
        if size > 2 and not closed:
            rows, known = np.moveaxis(found, axis, 0), np.moveaxis(steps, axis, 0)
            for end, near, further in ((0, known[0], known[1]), (-1, known[-1], known[-2])):
                even = (near < FAR * further) & (further < FAR * near)
                rows[end] = np.where(even, 1.5 * near - 0.5 * further, near)
        return found

    def _steps(self, places: Array, axis: int, count: int, first: int, closed: bool) -> Array:
        """Return distances between neighbours along an axis, as `beside` pairs them."""
        sizes = list(places.shape[:2])
        sizes[axis] = count
        found = np.empty(sizes)
        for rows in _bands(sizes):
            if axis == 0:
                pair = beside(places, rows.stop - rows.start, first + rows.start, 0, closed)
            else:
                pair = beside(places[rows], count, first, 1, closed)
            found[rows] = self._distance(*pair)
        return found

    def _distance(self, a: Array, b: Array) -> Array:
        step = b - a
        if self.earth is None:
            across = step[..., 0]
            if self.turn is not None:
                across = (across + self.turn / 2) % self.turn - self.turn / 2
            found: Array = np.hypot(across, step[..., 1])
            return found
        middle = a + b
        across = np.hypot(middle[..., 0], middle[..., 1])
        lat = np.arctan2(middle[..., 2], across)
        _, east, north = unit_vectors(np.arctan2(middle[..., 1], middle[..., 0]), lat)
        e, n = ((step * unit).sum(-1) for unit in (east, north))
        chord = np.hypot(e, n)
        arc = np.where(chord > 0, 2 * np.arcsin(np.clip(chord / 2, 0, 1)) / chord, 1.0)
        length: Array = arc * np.hypot(e * self.earth.normal(lat), n * self.earth.meridian(lat))
        return length

    def _places(self, source: Source, which: int) -> Array:
        """Return positions over y and x: unit vectors in space, or x and y as they stand."""
        part, chart = (self.grid.u, self.grid.v)[which], self.grid.charts[which]
        if chart is not None:
            x, y, _ = Positions(chart, part).read(
                source, np.ones(Positions(chart, part).sizes, bool)
            )
            if chart.angles and self.earth is None:
                x, y = x / radians_in(chart.x.axis), y / radians_in(chart.y.axis)
            if self.grid.x < self.grid.y:
                x, y = x.T, y.T
        else:
            axes = part.axes[self.grid.x], part.axes[self.grid.y]
            turns = [radians_in(axis) if self.earth is not None else 1.0 for axis in axes]
            assert axes[0].values is not None
            assert axes[1].values is not None
            x, y = np.meshgrid(axes[0].values * turns[0], axes[1].values * turns[1])
        if self.earth is None:
            return np.stack([x, y], -1)
        found = np.empty((*x.shape, 3))
        for rows in _bands(x.shape):
            found[rows] = unit_vectors(x[rows], y[rows])[0]
        return found


def _bands(sizes: Sequence[int]) -> Iterator[slice]:
    """Yield slices of rows, each as large as is computed at a time."""
    count = max(1, BAND // max(1, sizes[1]))
    for start in range(0, sizes[0], count):
        yield slice(start, min(start + count, sizes[0]))
