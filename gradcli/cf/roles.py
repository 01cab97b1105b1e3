"""Which axes are longitude and latitude, and in what units."""

from __future__ import annotations

import math

from gradcli.model.fields import Axis


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
