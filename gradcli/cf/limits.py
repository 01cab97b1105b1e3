"""Valid ranges of stored numbers: ``valid_min``, ``valid_max`` and ``valid_range``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

LIMITS = {"valid_range": 2, "valid_min": 1, "valid_max": 1}  # attributes, and their numbers


def in_type(value: Any, dtype: np.dtype[Any], unsigned: np.dtype[Any] | None) -> list[Any]:
    """Return the numbers of an attribute in the stored type, without those it cannot represent."""
    if value is None or isinstance(value, str):
        return []
    numbers: list[Any] = []
    native = dtype.newbyteorder("=")
    given = np.asarray(value).reshape(-1)
    if given.dtype.kind in "iufb":
        with np.errstate(all="ignore"):
            stored = given.astype(native)
        if unsigned is not None:
            return list(stored.view(unsigned))
        return list(stored if dtype.kind == "f" else stored[stored == given])
    for item in given:
        with np.errstate(all="ignore"):
            try:
                cast = np.asarray(item).astype(native)
            except (TypeError, ValueError, OverflowError):
                continue
        if unsigned is not None:
            numbers.append(cast.view(unsigned)[()])
        elif dtype.kind == "f" or cast == item:
            numbers.append(cast[()])
    return numbers


def unread_limits(attributes: Mapping[str, Any]) -> list[str]:
    """Return descriptions of ``valid_*`` attributes that hold no limits, and so limit nothing.

    >>> unread_limits({"valid_min": 0, "valid_max": "9", "valid_range": [1, 2, 3]})
    ['valid_range is [1, 2, 3]; expected 2 numbers', "valid_max is '9'; expected 1 number"]
    """
    return [
        f"{name} is {value!r:.40}; expected {count} number{'s' * (count > 1)}"
        for name, count in LIMITS.items()
        if (value := attributes.get(name)) is not None and not _are_numbers(value, count)
    ]


def _are_numbers(value: Any, count: int) -> bool:
    given = np.asarray(value)
    return given.dtype.kind in "iuf" and given.size == count


def limits_of(attributes: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the limits that are numbers as they are stored, or None."""
    numbers = {
        name: np.asarray(attributes[name]).reshape(-1)
        for name, count in LIMITS.items()
        if name in attributes and _are_numbers(attributes[name], count)
    }
    pair = numbers.get("valid_range", [None, None])
    return numbers.get("valid_min", pair[:1])[0], numbers.get("valid_max", pair[1:])[0]


def valid_limits(
    attributes: Mapping[str, Any],
    dtype: np.dtype[Any],
    unsigned: np.dtype[Any] | None,
    packed: list[np.dtype[Any]],
) -> tuple[Any, Any, bool]:
    """Return the limits, and whether they are limits of unpacked values.

    ``packed`` holds the types of the scale and the offset, if there are any.
    """
    low, high = limits_of(attributes)
    given = [limit.dtype for limit in (low, high) if limit is not None]
    if packed and any(_is_unpacked(kind, dtype, packed) for kind in given):
        return (*(None if limit is None else float(limit) for limit in (low, high)), True)  # type: ignore[return-value]
    if dtype.kind in "iu":
        kind = unsigned or dtype
        least = None if low is None else _whole(low, dtype, kind, math.ceil)
        most = None if high is None else _whole(high, dtype, kind, math.floor)
        # Other limits beyond the type are kept: no number of the type is valid then.
        below = least is not None and least < np.iinfo(kind).min
        above = most is not None and most > np.iinfo(kind).max
        return None if below else least, None if above else most, False
    low, high = (
        None if limit is None else (in_type(limit, dtype, unsigned) or [None])[0]
        for limit in (low, high)
    )
    return low, high, False


def _is_unpacked(kind: np.dtype[Any], stored: np.dtype[Any], packed: list[np.dtype[Any]]) -> bool:
    """Return whether limits of a type are of unpacked values, by CF and the NetCDF User's Guide.

    They are if they have the type of the scale and the offset, and this is wider than that of the
    packed numbers. Limits of whole numbers that are not whole cannot be of packed numbers either.
    """
    widest = np.result_type(np.int8, *(each for each in packed if each.kind in "iuf"))
    same = kind.newbyteorder("=") == widest and widest.itemsize > stored.itemsize
    return same or (kind.kind == "f" and stored.kind != "f")


def widened(
    low: float | None, high: float | None, offset: float, precision: float
) -> tuple[float | None, float | None]:
    """Return limits that admit values which equal them but for rounding, as 3 * 0.1 does 0.3."""
    slack = [2 * precision * max(abs(end or 0.0), abs(offset)) for end in (low, high)]
    return None if low is None else low - slack[0], None if high is None else high + slack[1]


def _whole(
    limit: Any, stored: np.dtype[Any], kind: np.dtype[Any], rounded: Callable[[Any], int]
) -> float | None:
    """Return a limit of whole numbers that admits those that it admits as a real number.

    ``kind`` is the type that the stored bits are read as. A whole limit that only the stored type
    can represent counts as the bits that it has.
    """
    if limit != limit:
        return None
    if limit.dtype.kind == "f":
        return rounded(float(limit)) if np.isfinite(limit) else float(limit)
    whole = int(limit)
    of_kind, of_stored = (
        np.iinfo(each).min <= whole <= np.iinfo(each).max for each in (kind, stored)
    )
    if of_stored and not of_kind:
        return int(np.array(whole, stored.newbyteorder("=")).view(kind)[()])
    return whole
