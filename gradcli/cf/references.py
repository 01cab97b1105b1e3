"""The CF conventions, as far as they say what a variable is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.model.fields import Axis, text
from gradcli.numerics.arrays import stored_precision

Array = NDArray[Any]

REFERENCES = ("coordinates", "grid_mapping", "cell_measures", "formula_terms")
BOUNDS = ("bounds", "climatology")

_X = {"longitude", "projection_x_coordinate", "grid_longitude", "projection_x_angular_coordinate"}
_Y = {"latitude", "projection_y_coordinate", "grid_latitude", "projection_y_angular_coordinate"}
_Z = {"altitude", "height", "depth", "air_pressure", "geopotential_height", "model_level_number"}
_EAST = {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}
_NORTH = {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
_PRESSURE = {"pa", "hpa", "mbar", "mb", "millibar", "millibars", "bar", "dbar", "decibar"}


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


def referenced(attributes: Mapping[str, Any], *names: str) -> list[str]:
    """Return the variables that attributes name.

    >>> referenced({"grid_mapping": "crs: x y", "bounds": "lat_bnds"}, "grid_mapping", "bounds")
    ['crs', 'x', 'y', 'lat_bnds']
    >>> referenced({"cell_measures": "area: cell_area"}, "cell_measures")
    ['cell_area']
    """
    found: list[str] = []
    for name in names:
        words = str(attributes.get(name, "")).split()
        if name in ("cell_measures", "formula_terms"):
            words = [word for word in words if not word.endswith(":")]
        found += [word.rstrip(":") for word in words]
    return found


def without_references(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes but for those that name variables, which another format does not get."""
    return {name: value for name, value in attributes.items() if name not in REFERENCES + BOUNDS}


def is_flag(attributes: Mapping[str, Any]) -> bool:
    """Return whether a variable's numbers are codes, not quantities."""
    name = str(attributes.get("standard_name", ""))
    coded = {"flag_values", "flag_masks", "flag_meanings"} & set(attributes)
    return bool(coded) or name.endswith("status_flag")


def kinds(
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
    shapes: Mapping[str, tuple[int, ...]],
) -> dict[str, str]:
    """Return the variables that are there for others, and what for; all by path."""
    found: dict[str, str] = {}
    for path, own in attributes.items():
        for kind, names in {
            "coordinate": referenced(own, "coordinates"),
            "grid mapping": referenced(own, "grid_mapping"),
            "bounds": referenced(own, *BOUNDS),
        }.items():
            for other in filter(None, (resolve(path, name, attributes) for name in names)):
                if other != path:
                    found.setdefault(other, kind)
                if kind == "bounds":
                    found.update(_terms_of_bounds(other, attributes, dimensions))
    for path, own in attributes.items():
        if dimensions[path] == (path.rpartition("/")[2],):
            found[path] = "coordinate"
        elif "grid_mapping_name" in own:
            found[path] = "grid mapping"
        elif is_flag(own):
            found[path] = "flag"
        elif _looks_like_bounds(path, shapes[path], attributes):
            found.setdefault(path, "bounds")
    return found


def _terms_of_bounds(
    path: str,
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
) -> dict[str, str]:
    """Return the formula terms of bounds that have bounds of their own (CF section 7.1)."""
    terms = (
        resolve(path, name, attributes) for name in referenced(attributes[path], "formula_terms")
    )
    vertex = dimensions[path][-1:]
    return {term: "bounds" for term in terms if term and vertex and dimensions[term][-1:] == vertex}


def _looks_like_bounds(path: str, shape: tuple[int, ...], known: Iterable[str]) -> bool:
    match = re.fullmatch(r"(.+)_(?:bnds|bounds)", path)
    return match is not None and shape[-1:] in ((2,), (4,)) and match[1] in set(known)


def resolve(path: str, name: str, known: Iterable[str]) -> str | None:
    """Return the variable that a name means, seen from another: here, then in groups above.

    >>> resolve("model/q", "lat", ["lat", "model/q"])
    'lat'
    """
    every = known if isinstance(known, Mapping) else set(known)
    if name.startswith("/"):
        return name[1:] if name[1:] in every else None
    group = path.rpartition("/")[0]
    while True:
        wanted = f"{group}/{name}" if group else name
        if wanted in every:
            return wanted
        if not group:
            return None
        group = group.rpartition("/")[0]
