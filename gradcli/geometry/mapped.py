"""Where x and y of a rotated or projected grid point, from its grid mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import are_degrees, is_latitude, is_longitude, radians_in
from gradcli.errors import UsageError
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.mapping import find_mapping
from gradcli.geometry.projected import angles_of, crs_of, inverse_of, metres_of
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.earth import Earth, unit_vectors

if TYPE_CHECKING:
    from gradcli.geometry.turning import Units
    from gradcli.numerics.dtypes import Array

ROTATED = "rotated_latitude_longitude"
STEP = 1000.0  # metres on the map; differences of fourth order over two of them are exact to 1e-12


class MappedDirections:
    """Directions of the axes x and y of a grid mapping.

    Parameters
    ----------
    x, y : Axis
    x_first : bool
        Whether x is the slower axis of the field.
    """

    def __init__(self, x: Axis, y: Axis, x_first: bool) -> None:
        assert x.values is not None
        assert y.values is not None
        self._x, self._y, self._x_first = x.values, y.values, x_first
        self._lines = max(1, BAND // max(1, self.sizes[1]))

    @property
    def coordinates(self) -> MappedDirections:
        """Itself, since only the coordinates of the axes are needed."""
        return self

    @property
    def key(self) -> object:
        """Itself."""
        return self

    @property
    def step(self) -> None:
        """None: the directions never change."""

    def at_step(self, step: int) -> MappedDirections:
        """Return the directions, which are those of every step."""
        return self

    def move(self, source: Source) -> bool:
        """Return whether the directions change: they do not."""
        return False

    def check(self, source: Source) -> None:
        """Do nothing: the mapping was checked when it was read."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points along the slower and the faster axis."""
        lengths = len(self._y), len(self._x)
        return lengths[::-1] if self._x_first else lengths

    @property
    def scratch(self) -> int:
        """Bytes of memory needed beside the tables."""
        return self._lines * self.sizes[1] * SCRATCH

    def bands(self, source: Source) -> Iterator[tuple[slice, Units]]:
        """Yield the directions, some rows of the slower axis at a time."""
        for start in range(0, self.sizes[0], self._lines):
            rows = slice(start, min(start + self._lines, self.sizes[0]))
            if self._x_first:
                x, y = np.meshgrid(self._x[rows], self._y, indexing="ij")
            else:
                y, x = np.meshgrid(self._y[rows], self._x, indexing="ij")
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                yield rows, self._units(x, y)

    def _units(self, x: Array, y: Array) -> Units:
        raise NotImplementedError


class RotatedDirections(MappedDirections):
    """Directions of the longitude and latitude of a rotated pole."""

    def __init__(self, x: Axis, y: Axis, x_first: bool, frame: Array) -> None:
        super().__init__(x, y, x_first)
        self._frame, self._turns = frame, (radians_in(x), radians_in(y))

    def _units(self, x: Array, y: Array) -> Units:
        vectors = unit_vectors(x * self._turns[0], y * self._turns[1])
        up, along_x, along_y = (vector @ self._frame for vector in vectors)
        lon = np.arctan2(up[..., 1], up[..., 0])
        _, east, north = unit_vectors(lon, np.arcsin(np.clip(up[..., 2], -1, 1)))
        xe, xn, ye, yn = (
            (line * unit).sum(-1) for line in (along_x, along_y) for unit in (east, north)
        )
        return xe, xn, ye, yn


class ProjectedDirections(MappedDirections):
    """Directions of x and y of a map."""

    def __init__(
        self, x: Axis, y: Axis, x_first: bool, crs: Any, units: tuple[float, float]
    ) -> None:
        super().__init__(x, y, x_first)
        self._crs, self._metres = crs, units
        figure = crs.ellipsoid
        a, b = figure.semi_major_metre, figure.semi_minor_metre
        self._earth = Earth(a, 1 - (b / a) ** 2)

    def _units(self, x: Array, y: Array) -> Units:
        inverse = inverse_of(self._crs)
        x, y = x * self._metres[0], y * self._metres[1]
        lon, lat = angles_of(inverse, x, y)
        _, east, north = unit_vectors(lon, lat)
        lengths = self._earth.normal(lat), self._earth.meridian(lat)
        found = []
        for dx, dy in ((STEP, 0.0), (0.0, STEP)):
            near, far = (
                np.subtract(
                    *(
                        unit_vectors(*angles_of(inverse, x + k * dx, y + k * dy))[0]
                        for k in (count, -count)
                    )
                )
                for count in (1, 2)
            )
            line = 8 * near - far
            e, n = (
                (line * unit).sum(-1) * length
                for unit, length in zip((east, north), lengths, strict=True)
            )
            size = np.hypot(e, n)
            found += [e / size, n / size]
        return found[0], found[1], found[2], found[3]


def mapped_directions(source: Source, origin: Field, x: int, y: int) -> MappedDirections | None:
    """Return the directions of two axes of a field, or None if it has no grid mapping for them.

    Raises
    ------
    UsageError
        The grid mapping, or the units of x and y, are not supported.
    """
    mapping = find_mapping(source, origin)
    axes = origin.axes[x], origin.axes[y]
    if mapping is None or any(axis.values is None for axis in axes):
        return None
    name, said = mapping
    if said.get("grid_mapping_name") == ROTATED:
        if not (is_longitude(axes[0]) and is_latitude(axes[1])):
            return None
        return RotatedDirections(*axes, x < y, frame_of(name, said))
    if any(are_degrees(axis.units) for axis in axes):
        return None
    units = metres_of(axes[0], said), metres_of(axes[1], said)
    return ProjectedDirections(*axes, x < y, crs_of(name, said), units)


def frame_of(name: str, said: Mapping[str, Any]) -> Array:
    """Return the three axes of a rotated pole as rows: at longitude 0, at 90 and at the pole.

    CF conventions, appendix F: the longitude of the true north pole is that of
    ``north_pole_grid_longitude``, 0 by default.
    """
    pole = [_angle(name, said, f"grid_north_pole_{what}") for what in ("longitude", "latitude")]
    turn = _angle(name, said, "north_pole_grid_longitude", 0.0)
    up, _, north = unit_vectors(np.array(pole[0]), np.array(pole[1]))
    across = np.cross(up, north)
    zero = np.cos(turn) * north - np.sin(turn) * across
    return np.stack([zero, np.cross(up, zero), up])


def _angle(name: str, said: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = np.asarray(said.get(key, default))
    if value.size != 1 or value.dtype.kind not in "iuf" or not np.isfinite(value).all():
        raise UsageError(f"the grid mapping {name} lacks {key}, which says where its pole is")
    return float(np.radians(value.reshape(-1)[0]))
