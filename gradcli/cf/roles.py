"""Which axes are longitude and latitude, and in what units."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcli.model.axes import Axis
from gradcli.model.fields import text
from gradcli.numerics.dtypes import Array, stored_precision

_X = {"longitude", "projection_x_coordinate", "grid_longitude", "projection_x_angular_coordinate"}
_Y = {"latitude", "projection_y_coordinate", "grid_latitude", "projection_y_angular_coordinate"}
_Z = {"altitude", "height", "depth", "air_pressure", "geopotential_height", "model_level_number"}
_EAST = {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}
_NORTH = {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
_PRESSURE = {"pa", "hpa", "mbar", "mb", "millibar", "millibars", "bar", "dbar", "decibar"}


def is_longitude(axis: Axis) -> bool:
    """Say whether an axis is a longitude.

    >>> is_longitude(Axis("x", 3, units="degrees_east")), is_longitude(Axis("x", 3, units="m"))
    (True, False)
    """
    return _is_angle(axis, "longitude", ("lon", "longitude", "long", "nav_lon"), "e")


def is_latitude(axis: Axis) -> bool:
    """Say whether an axis is a latitude."""
    return _is_angle(axis, "latitude", ("lat", "latitude", "nav_lat"), "n")


def _is_angle(axis: Axis, standard: str, names: tuple[str, ...], point: str) -> bool:
    units = (axis.units or "").lower().replace(" ", "")
    if units.startswith("degree"):
        tail = units.removeprefix("degrees").removeprefix("degree").strip("_")
        if tail:
            return tail[0] == point
    elif units and not units.startswith("rad"):
        return False
    if axis.standard_name:
        return axis.standard_name in (standard, f"grid_{standard}")
    return bool(
        {(axis.name or "").lower(), (axis.coordinate or "").rpartition("/")[2].lower()} & set(names)
    )


def radians_in(axis: Axis) -> float:
    """Return the radians in a unit of an angle; degrees where it does not say."""
    return 1.0 if (axis.units or "").lower().startswith("rad") else math.pi / 180


def role_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the CF role of a coordinate: x, y, z, t or none.

    Notes
    -----
    CF conventions 1.11, chapters 4.1 to 4.4: ``axis``, then ``standard_name``, then ``units``
    (degrees east and north, pressure, time since), then ``positive``.

    Examples
    --------
    >>> role_of({"units": "degrees_north"}), role_of({"units": "days since 2000-01-01"})
    ('y', 't')
    """
    axis = str(attributes.get("axis", "")).strip().lower()
    if axis in ("x", "y", "z", "t"):
        return axis
    name = str(attributes.get("standard_name", "")).strip()
    units = str(attributes.get("units", "")).strip()
    plain = units.lower()
    if name in _X or plain in _EAST:
        return "x"
    if name in _Y or plain in _NORTH:
        return "y"
    if name == "time" or re.search(r"\ssince\s", plain):
        return "t"
    vertical = name in _Z or (name.startswith(("atmosphere_", "ocean_")) and "_coordinate" in name)
    if vertical or plain in _PRESSURE or "positive" in attributes:
        return "z"
    return None


def make_axis(
    name: str | None,
    size: int,
    key: str,
    coordinate: str | None = None,
    values: Array | None = None,
    attributes: Mapping[str, Any] | None = None,
    stored: np.dtype[Any] | None = None,
) -> Axis:
    """Return an axis from a dimension and its coordinate variable, where it has one."""
    attributes = attributes or {}
    packed = "scale_factor" in attributes or "add_offset" in attributes
    return Axis(
        name,
        size,
        values,
        text(attributes.get("units")),
        role_of(attributes),
        text(attributes.get("standard_name")),
        text(attributes.get("long_name")),
        coordinate,
        text(attributes.get("calendar")),
        key,
        0,
        stored_precision(stored) if stored is not None and not packed else 2.0**-52,
        down=(text(attributes.get("positive")) or "").lower() == "down",
    )
