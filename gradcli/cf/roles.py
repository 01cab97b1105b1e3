"""The role of a coordinate, and whether it is a longitude or a latitude.

Axes and coordinates over several dimensions follow the same rule. It looks at the attribute
``axis``, then at ``standard_name``, the units, ``positive``, and finally the name. Names are
matched by whole words: ``longwave`` is no longitude, and ``max`` does not have the role x.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

from gradcli.cf.spellings import TEXTS, angle_of, calendar_of, is_since, way_of
from gradcli.model.axes import Axis
from gradcli.model.fields import text
from gradcli.numerics.dtypes import Array, stored_precision

Role = Literal["x", "y", "z", "t"]
Position = Literal["longitude", "latitude"]

_ROLES: tuple[Role, ...] = ("x", "y", "z", "t")
_POSITIONS: dict[str, Position] = {
    "longitude": "longitude",
    "grid_longitude": "longitude",
    "latitude": "latitude",
    "grid_latitude": "latitude",
}
_STANDARD: dict[str, Role] = {
    "longitude": "x",
    "grid_longitude": "x",
    "projection_x_coordinate": "x",
    "projection_x_angular_coordinate": "x",
    "latitude": "y",
    "grid_latitude": "y",
    "projection_y_coordinate": "y",
    "projection_y_angular_coordinate": "y",
    "time": "t",
    "altitude": "z",
    "height": "z",
    "depth": "z",
    "air_pressure": "z",
    "geopotential_height": "z",
    "model_level_number": "z",
}
# The largest in degrees, but for rounding. Longitudes may count on beyond a turn, as those of
# tripolar grids do up to 434.
MOST_LATITUDE, MOST_LONGITUDE = 90 * (1 + 1e-6), 720.0
_PRESSURE = {"pa", "hpa", "mbar", "mb", "millibar", "millibars", "bar", "dbar", "decibar"}

# Words in names. A letter before lon or lat denotes the points of a staggered grid.
_LONGITUDE = {
    *("lon", "lons", "long", "longitude", "longitudes", "geolon", "gdlon", "lonc"),
    *("glam", "glamt", "glamu", "glamv", "glamf"),
    *(f"{point}lon" for point in "tuvqrpxcegs"),
    *(f"{point}long" for point in "tuvqrx"),
}
_LATITUDE = {
    *("lat", "lats", "latitude", "latitudes", "geolat", "gdlat", "latc"),
    *("gphi", "gphit", "gphiu", "gphiv", "gphif"),
    *(f"{point}lat" for point in "tuvqrpxycegs"),
}
# So does a letter beside x or y: centres, corners, faces. xe is x east, yn is y north.
_LETTERS: dict[str, Role] = {
    **{letter: letter for letter in _ROLES[:3]},
    **{f"x{point}": "x" for point in "cgtuvqhe"},
    **{f"y{point}": "y" for point in "cgtuvqhn"},
    **{f"{point}x": "x" for point in "cgtuvqh"},
    **{f"{point}y": "y" for point in "cgtuvqh"},
}
_VERTICAL = {
    *("lev", "levs", "level", "levels", "plev", "pressure", "pres", "press"),
    *("depth", "deptht", "depthu", "depthv", "depthw", "height", "altitude", "alt"),
}
# A name with one of these words describes a coordinate but is not one itself.
_ABOUT = {
    *("bnds", "bnd", "bounds", "vertices", "min", "max", "minimum", "maximum", "range", "width"),
    *("step", "delta", "spacing", "resolution", "offset", "count", "number", "num", "index", "idx"),
    *("error", "err", "std", "mask", "flag", "velocity", "wind", "speed", "stress", "flux"),
}
# Names of dimensions that run along x and along y of the grid of a model.
_ENDING = r"(?:[^a-z].*|[a-z]?\d*)"
_ALONG_X = f"(?i)(?:xi|x|i|ni|nx|nlon|lon|west_east|easting){_ENDING}"
_ALONG_Y = f"(?i)(?:eta|y|j|nj|ny|nlat|lat|south_north|northing){_ENDING}"
_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"


class Evidence(NamedTuple):
    """Evidence of the role of a coordinate, strongest first; empty where there is none.

    Attributes
    ----------
    axis : str
        The CF attribute ``axis``, or the role of an `Axis`.
    standard_name, units : str
    positive : bool
        Whether the coordinate has the attribute ``positive``.
    names : tuple of str
        Names of the coordinate and of its dimension.
    """

    axis: str = ""
    standard_name: str = ""
    units: str = ""
    positive: bool = False
    names: tuple[str, ...] = ()


def evidence(said: Axis | Mapping[str, Any], name: str | None = None) -> Evidence:
    """Collect the evidence of a role from an axis, or from a coordinate's attributes and name."""
    if isinstance(said, Axis):
        names = [str(path).rpartition("/")[2] for path in (said.coordinate, said.name) if path]
        return Evidence(
            said.role or "",
            said.standard_name or "",
            (said.units or "").strip(),
            names=tuple(dict.fromkeys(names)),
        )
    axis, standard_name, units = (
        text(said.get(key)) or "" for key in ("axis", "standard_name", "units")
    )
    return Evidence(axis, standard_name, units, "positive" in said, (name,) if name else ())


def role_of(said: Axis | Mapping[str, Any], name: str | None = None) -> Role | None:
    """Return the role of a coordinate: x, y, z, t or none.

    Parameters
    ----------
    said : Axis or mapping
        An axis, or the attributes of a coordinate variable.
    name : str, optional
        Name of the variable. Without it only the attributes decide, which gives the CF role.

    Notes
    -----
    CF conventions 1.11, sections 4.1 to 4.4: ``axis``, then ``standard_name``, then ``units``
    (degrees east and north, pressure, time since a date), then ``positive``. Names are not part
    of the conventions, so they decide only where nothing else does.

    Examples
    --------
    >>> role_of({"units": "degrees_north"}), role_of({"units": "days since 2000-01-01"})
    ('y', 't')
    >>> role_of({}, "nav_lon"), role_of({}, "longwave"), role_of(Axis("y", 3))
    ('x', None, 'y')
    """
    found = evidence(said, name)
    axis = found.axis.lower()
    for role in _ROLES:
        if axis == role:
            return role
    return (
        _role_by_standard_name(found.standard_name)
        or _role_by_units(found.units)
        or ("z" if found.positive else None)
        or next(filter(None, map(_role_by_name, found.names)), None)
    )


def is_longitude(said: Axis | Mapping[str, Any], name: str | None = None) -> bool:
    """Return whether a coordinate is a longitude. The role x is not enough.

    >>> is_longitude(Axis("x", 3, units="degrees_east")), is_longitude(Axis("x", 3, units="m"))
    (True, False)
    """
    return _position(evidence(said, name)) == "longitude"


def is_latitude(said: Axis | Mapping[str, Any], name: str | None = None) -> bool:
    """Return whether a coordinate is a latitude.

    >>> is_latitude({"units": "degrees"}, "gphit"), is_latitude({"units": "degrees"}, "flat")
    (True, False)
    """
    return _position(evidence(said, name)) == "latitude"


def is_angle(said: Axis | Mapping[str, Any], name: str | None = None) -> bool:
    """Return whether a coordinate is an angle. Without units, longitude and latitude are.

    >>> is_angle(Axis("nav_lon", 1)), is_angle(Axis("lon", 1, units="m"))
    (True, False)
    """
    found = evidence(said, name)
    return bool(angle_of(found.units) if found.units else _position(found))


def are_degrees(units: str | None) -> bool:
    """Return whether units are degrees of arc, in any direction.

    >>> are_degrees("degrees_east"), are_degrees("deg"), are_degrees("degC"), are_degrees("rad")
    (True, True, False, False)
    """
    return _angle(units or "")[0] == "degree"


def radians_in(axis: Axis) -> float:
    """Return the radians per unit of an axis of angles, which are degrees by default."""
    return 1.0 if _angle(axis.units or "")[0] == "radian" else math.pi / 180


def size_on_globe(said: Axis | Mapping[str, Any], name: str | None = None) -> float | None:
    """Return the largest size of a longitude or latitude in its own units, else None.

    >>> size_on_globe({"units": "degrees_east"}), size_on_globe({"units": "m"}, "lat")
    (720.0, None)
    """
    found = evidence(said, name)
    position = _position(found)
    if position is None:
        return None
    largest = MOST_LATITUDE if position == "latitude" else MOST_LONGITUDE
    return math.radians(largest) if _angle(found.units)[0] == "radian" else largest


def _position(found: Evidence) -> Position | None:
    """Return whether the evidence means a longitude or a latitude; None if neither."""
    unit, way = _angle(found.units)
    if found.units and not unit:
        return None
    if found.standard_name in _POSITIONS:
        return _POSITIONS[found.standard_name]
    if way in ("e", "n"):
        return "longitude" if way == "e" else "latitude"
    if found.standard_name or way in ("w", "s"):  # a longitude grows eastward
        return None
    return next(filter(None, map(_position_by_name, found.names)), None)


def grid_role(axis: Axis) -> Role | None:
    """Return whether an axis is x or y of a grid, also by the names that models give dimensions.

    >>> [grid_role(Axis(name, 2)) for name in ("xi_rho", "south_north_stag", "j", "level")]
    ['x', 'y', 'y', None]
    """
    role = role_of(axis)
    if role in ("x", "y"):
        return role
    name = str(axis.name)
    return "x" if re.fullmatch(_ALONG_X, name) else "y" if re.fullmatch(_ALONG_Y, name) else None


def _angle(units: str) -> tuple[str, str]:
    """Return the unit of an angle and the first letter of its direction.

    >>> _angle("degrees_north"), _angle("radian"), _angle("degC")
    (('degree', 'n'), ('radian', ''), ('', ''))
    """
    match = angle_of(units.strip())
    if match is None:
        return "", ""
    return "degree" if match["degree"] else "radian", way_of(match)


def _role_by_standard_name(name: str) -> Role | None:
    parametric = name.startswith(("atmosphere_", "ocean_")) and "_coordinate" in name
    return "z" if parametric else _STANDARD.get(name)


def _role_by_units(units: str) -> Role | None:
    way = _angle(units)[1]
    if way in ("e", "n"):
        return "x" if way == "e" else "y"
    if is_since(units):
        return "t"
    return "z" if units.lower() in _PRESSURE else None


def _role_by_name(name: str) -> Role | None:
    position = _position_by_name(name)
    if position:
        return "x" if position == "longitude" else "y"
    words = _words(name)
    if name.lower() == "t" or "time" in words:
        return "t"
    if not _VERTICAL.isdisjoint(words):
        return "z"
    # In x1, x2, x3 the digit distinguishes the axes, not the letter.
    if any(word.isdigit() for word in words):
        return None
    return next((_LETTERS[word] for word in words if word in _LETTERS), None)


def _position_by_name(name: str) -> Position | None:
    words = set(_words(name))
    if "long" in words and name.lower() != "long":  # the adjective, as in long_wave
        words.remove("long")
    longitude, latitude = not words.isdisjoint(_LONGITUDE), not words.isdisjoint(_LATITUDE)
    if longitude == latitude:
        return None
    return "longitude" if longitude else "latitude"


@lru_cache(TEXTS)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a coordinate's name in lower case, split at signs, digits and case.

    A name that only describes a coordinate, such as ``lat_bnds``, has none.

    >>> _words("lonCell_2"), _words("XLAT_M"), _words("lat_bnds")
    (('lon', 'cell', '2'), ('xlat', 'm'), ())
    """
    words = [word.lower() for word in re.findall(_WORD, name)]
    counted = len(words) > 1 and words[0] in ("n", "d")  # nLon is a count, dLon a spacing
    return () if counted or not _ABOUT.isdisjoint(words) else tuple(words)


def make_axis(
    name: str | None,
    size: int,
    key: str,
    coordinate: str | None = None,
    values: Array | None = None,
    attributes: Mapping[str, Any] | None = None,
    stored: np.dtype[Any] | None = None,
) -> Axis:
    """Return the axis of a dimension, with what its coordinate variable says if it has one."""
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
        calendar_of(text(attributes.get("calendar"))),
        key,
        0,
        stored_precision(stored) if stored is not None and not packed else 2.0**-52,
        down=(text(attributes.get("positive")) or "").lower() == "down",
    )


def sheet_names(axis: Axis) -> tuple[str, ...]:
    """Return what a coordinate over two dimensions may be called: by name, role, standard name.

    >>> sheet_names(Axis("XLONG", 0, units="degree_east"))
    ('XLONG', 'x', 'longitude')
    """
    kinds = (("longitude", is_longitude(axis)), ("latitude", is_latitude(axis)))
    told = (axis.name, role_of(axis), axis.standard_name, *(name for name, is_it in kinds if is_it))
    return tuple(dict.fromkeys(name for name in told if name))


def is_parametric(standard_name: str | None) -> bool:
    """Return whether a standard name means levels that a formula turns into heights or pressures.

    Some files have names of CMIP's tables there.

    >>> is_parametric("ocean_sigma_coordinate"), is_parametric("depth"), is_parametric("alevel")
    (True, False, True)
    """
    name = standard_name or ""
    return name in ("alevel", "alevhalf") or (
        name.startswith(("atmosphere_", "ocean_")) and "_coordinate" in name
    )


def is_index(axis: Axis) -> bool:
    """Return whether an axis has no coordinates, or only numbers of points.

    >>> is_index(Axis("x", 2)), is_index(Axis("lon", 2, np.zeros(2), units="degrees_east"))
    (True, False)
    """
    return axis.values is None or (axis.units in (None, "", "1") and not is_angle(axis))
