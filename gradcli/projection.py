"""Projected grids: what a metre on the map is on the Earth, by the grid mapping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.formats._cf import referenced, resolve
from gradcli.geometry import Plain, Summand, earth_of
from gradcli.model import Axis, Field, Source, Window
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.numerics.operators import Operator, Wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

AROUND = 500.0  # metres to either side over which a scale is measured: good to 1e-9
SKEW = 1e-6  # cosine of the angle of x and y that passes for a right one
METRES = {"m": 1.0, "km": 1000.0} | dict.fromkeys(("metre", "metres", "meter", "meters"), 1.0)


class ScaleMap:
    """How many metres on the Earth a unit of x and of y is, at windows of a projected grid."""

    def __init__(
        self, crs: Any, x: Axis, y: Axis, units: tuple[float, float], earth: Earth, square: bool
    ) -> None:
        self._crs, self._earth, self._square = crs, earth, square
        assert x.values is not None and y.values is not None
        self._x, self._y = x.values * units[0], y.values * units[1]
        self._units = units

    def scales(self, rows: slice, columns: slice) -> tuple[Array, Array]:
        """Return metres a unit of x and of y, at some rows (y) and columns (x).

        Raises
        ------
        InputError
            x and y are not at right angles where that is needed.
        """
        import pyproj

        # A projection holds state of its own; one a call keeps threads apart.
        inverse = pyproj.Proj(self._crs)
        x, y = np.meshgrid(self._x[columns], self._y[rows])
        lon, lat = inverse(x, y, inverse=True, radians=True)
        with np.errstate(invalid="ignore"):
            _, east, north = unit_vectors(lon, lat)
            lengths = self._earth.normal(lat), self._earth.meridian(lat)
            found = []
            for dx, dy in ((AROUND, 0.0), (0.0, AROUND)):
                ups = [
                    unit_vectors(*inverse(x + k * dx, y + k * dy, inverse=True, radians=True))[0]
                    for k in (1, -1)
                ]
                step = (ups[0] - ups[1]) / (2 * AROUND)
                parts = ((step * unit).sum(-1) for unit in (east, north))
                found.append([a * b for a, b in zip(parts, lengths, strict=True)])
            (ex, nx), (ey, ny) = found
            hx, hy = np.hypot(ex, nx), np.hypot(ey, ny)
            skew = np.abs(ex * ey + nx * ny) / (hx * hy)
        if self._square and (skew > SKEW).any():
            raise InputError(
                "x and y of the grid mapping do not meet at right angles on the Earth; differentiate "
                "along two-dimensional longitude and latitude (--axis lon,lat)"
            )
        return self._finite(hx * self._units[0]), self._finite(hy * self._units[1])

    def _finite(self, values: Array) -> Array:
        return np.where(np.isfinite(values) & (values > 0), values, np.nan)


@dataclass(frozen=True)
class ScaleFactor:
    """A product of powers of the scales of x and y."""

    scales: ScaleMap
    x: int
    y: int
    powers: tuple[int, int]
    scratch = 32 * 8

    def at(self, window: Window) -> Array:
        """Return its values in a window."""
        hx, hy = self.scales.scales(window[self.y], window[self.x])
        values = hx ** self.powers[0] * hy ** self.powers[1]
        shape = [1] * len(window)
        shape[self.y], shape[self.x] = values.shape
        return (values if self.y < self.x else values.T).reshape(shape)
