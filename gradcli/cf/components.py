"""Which fields are components of vectors, by what their attributes say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_DIRECTED = re.compile(r"(?<![a-z])(eastward|northward|x_wind|y_wind|[xy]_velocity|[xy]_stress)")
_TOLD = re.compile(
    r"(?<![a-z])(eastward|northward|(zonal|meridional|[uv]) (wind|velocity|current)"
    r"|[uv][ -]component)"
)


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
    name = attributes.get("standard_name")
    if isinstance(name, str) and name:
        factors = [*_DIRECTED.finditer(name.lower())]
        squares = len(re.findall("square_of_|magnitude_of_", name.lower()))
        return len(factors) % 2 == 1 and not squares
    words = attributes.get("long_name")
    return isinstance(words, str) and _TOLD.search(words.lower()) is not None
