"""Which way the components of a vector point, by their standard names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradcli.model.fields import text
from gradcli.model.metric import Pointing

_COMPASS = {"eastward", "northward", "westward", "southward"}
_AXES = {"x", "y"}
_TOLD = re.compile(
    r"(?<![a-z])(eastward|northward|(zonal|meridional|[uv]) (wind|velocity|current)"
    r"|[uv][ -]component)"
)


def pointing_of(attributes: Mapping[str, Any]) -> Pointing | None:
    """Return whether a component points east or north, or along the grid's own axes.

    CF standard names of components hold one of the words ``eastward`` and ``northward``, or
    ``x`` and ``y``, which are the axes of the grid. ``grid_eastward_wind`` is an older name of
    ``x_wind``.

    >>> pointing_of({"standard_name": "eastward_wind"})
    'earth'
    >>> pointing_of({"standard_name": "sea_water_x_velocity"})
    'grid'
    >>> pointing_of({"standard_name": "grid_northward_wind"})
    'grid'
    >>> pointing_of({"standard_name": "wind_speed"}) is pointing_of({}) is None
    True
    """
    words = set(re.split(r"[_\s]+", (text(attributes.get("standard_name")) or "").lower()))
    if words & _AXES or (words & _COMPASS and "grid" in words):
        return "grid"
    return "earth" if words & _COMPASS else None


def turns_at_pole(attributes: Mapping[str, Any]) -> bool:
    """Say whether a field changes sign across a pole: an eastward or northward component does.

    A product of two components does not, nor does the square of one.

    >>> turns_at_pole({"standard_name": "eastward_wind"})
    True
    >>> turns_at_pole({"standard_name": "product_of_eastward_wind_and_northward_wind"})
    False
    >>> turns_at_pole({"long_name": "10 metre U wind component"})
    True
    """
    if name := text(attributes.get("standard_name")):
        words = re.split(r"[_\s]+", name.lower())
        factors = [word for word in words if word in _COMPASS | _AXES]
        squares = len(re.findall("square_of_|magnitude_of_", name.lower()))
        return len(factors) % 2 == 1 and not squares
    told = text(attributes.get("long_name")) or ""
    return _TOLD.search(told.lower()) is not None
