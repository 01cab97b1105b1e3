"""Lengths and areas of the cells of a C grid from the positions of its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.geometry.cells import Cells, Shape, beside, between
from gradcli.geometry.positions import Positions
from gradcli.geometry.staggered import CGrid
from gradcli.model.protocols import Source
from gradcli.numerics.earth import Earth, unit_vectors

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


@dataclass(frozen=True)
class PlaceLengths:
    """Distances between the points of u and of v, second order.

    Attributes
    ----------
    grid : CGrid
    earth : Earth or None
        Without it, positions are taken as they stand.
    units : str or None
    """

    grid: CGrid
    earth: Earth | None
    told: str
    units: str | None
    used: tuple[str, ...] = ()

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
        e1 = self._distance(*shape.pairs(along_x, 1, corners))
        e2 = self._distance(*shape.pairs(along_y, 0, corners))
        side_u, side_v = (1, 0) if corners else (0, 1)
        return Cells(self._side(u, side_u), self._side(v, side_v), e1 * e2)

    def _side(self, places: Array, axis: int) -> Array:
        """Return the length of a step along an axis at each point, from those beside it."""
        if places.shape[axis] < 2:
            return np.full(places.shape[:2], np.nan)
        if (self.grid.y, self.grid.x)[axis] in self.grid.closed:
            size = places.shape[axis]
            steps = self._distance(*beside(places, size, 0, axis, True))
            return between(steps, size, -1, axis, True)
        count = places.shape[axis] - 1
        steps = self._distance(*beside(places, count, 0, axis))
        found = between(steps, count + 1, -1, axis)
        if count > 1:
            # At the ends, where there is a step on one side alone, it is extrapolated.
            rows = np.moveaxis(found, axis, 0)
            known = np.moveaxis(steps, axis, 0)
            rows[0], rows[-1] = (
                np.where(np.isnan(further), near, 1.5 * near - 0.5 * further)
                for near, further in ((known[0], known[1]), (known[-1], known[-2]))
            )
        return found

    def _distance(self, a: Array, b: Array) -> Array:
        step = b - a
        if self.earth is None:
            found: Array = np.hypot(step[..., 0], step[..., 1])
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
            x, y, _ = Positions(chart, part, on_land=False).read(
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
        return np.stack([x, y], -1) if self.earth is None else unit_vectors(x, y)[0]
