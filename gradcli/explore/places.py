"""Where on the Earth the axes of a picture lie: as longitude and latitude, or through a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, radians_in, role_of
from gradcli.errors import UsageError
from gradcli.geometry.mapped import ROTATED
from gradcli.geometry.mapping import find_mapping
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.record import record

Forward = Callable[[Array, Array], tuple[Array, Array]]


@record(frozen=True)
class Place:
    """How the axes of a picture lie on the Earth.

    Attributes
    ----------
    plain : bool
        Whether they are longitude and latitude in degrees.
    forward : callable
        Takes longitudes and latitudes in degrees, and returns coordinates of the picture, which
        are NaN where the map does not show a point.
    inverse : callable
        The other way.
    """

    plain: bool
    forward: Forward
    inverse: Forward


def _same(x: Array, y: Array) -> tuple[Array, Array]:
    return x, y


PLAIN = Place(True, _same, _same)


def place_of(source: Source, field: Field, across: Axis, up: Axis) -> Place | None:
    """Return where the axis to the right and the axis upwards lie; None if that is not known."""
    mapping = find_mapping(source, field)
    rotated = "grid_" in f"{across.standard_name} {up.standard_name}"
    if mapping is not None and mapping[1].get("grid_mapping_name") == ROTATED:
        return _rotated(mapping[1]) if rotated else None
    if is_longitude(across) and is_latitude(up):
        degrees = all(np.isclose(radians_in(axis), np.pi / 180) for axis in (across, up))
        return PLAIN if degrees and not rotated else None
    if mapping is None or (role_of(across), role_of(up)) != ("x", "y"):
        return None
    return _projected(*mapping, across, up)


def _projected(name: str, said: Mapping[str, Any], x: Axis, y: Axis) -> Place | None:
    from gradcli.geometry.projected import angles_of, crs_of, inverse_of, metres_of

    try:
        projection = inverse_of(crs_of(name, said))
        units = metres_of(x, said), metres_of(y, said)
    except UsageError:  # the picture is as good without coast lines
        return None

    def forward(lon: Array, lat: Array) -> tuple[Array, Array]:
        east, north = projection(lon, lat)
        found = [
            np.asarray(each, float) / unit for each, unit in zip((east, north), units, strict=True)
        ]
        off = ~(np.isfinite(found[0]) & np.isfinite(found[1]))
        return np.where(off, np.nan, found[0]), np.where(off, np.nan, found[1])

    def inverse(x: Array, y: Array) -> tuple[Array, Array]:
        lon, lat = angles_of(projection, x * units[0], y * units[1])
        return np.degrees(lon), np.degrees(lat)

    return Place(False, forward, inverse)


def _rotated(said: Mapping[str, Any]) -> Place | None:
    from gradcli.geometry.mapped import frame_of

    frame = frame_of("", said)
    return Place(
        False,
        lambda lon, lat: _turned(lon, lat, frame.T),
        lambda lon, lat: _turned(lon, lat, frame),
    )


def _turned(lon: Array, lat: Array, frame: Array) -> tuple[Array, Array]:
    """Return longitude and latitude in degrees after a change of axes."""
    lon, lat = np.radians(lon), np.radians(lat)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    up = up @ frame
    lat = np.arcsin(np.clip(up[..., 2], -1, 1))
    return np.degrees(np.arctan2(up[..., 1], up[..., 0])), np.degrees(lat)
