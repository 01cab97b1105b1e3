"""Arguments for axes as Python users write them, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TypeVar

from gradcli.errors import UsageError

V = TypeVar("V")
AxisName = str | int  # an int is the index of an axis


def names_of(given: AxisName | Sequence[AxisName] | None) -> tuple[str, ...]:
    """Return names that are given as text with commas, as an index, or one by one.

    >>> names_of("x, y"), names_of(-1), names_of(None)
    (('x', 'y'), ('-1',), ())
    """
    if given is None:
        return ()
    if isinstance(given, int):
        return (str(given),)
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part for part in (str(part).strip() for part in parts) if part)


def by_axis_name(given: Mapping[AxisName, V]) -> dict[str, V]:
    """Return a mapping of axes with their names or indices as text."""
    return {str(axis): value for axis, value in given.items()}


def direction_of(toward: float | Sequence[float]) -> tuple[float, ...]:
    """Return a direction as a vector, or as one bearing; raise UsageError unless it is finite."""
    vector = (toward,) if isinstance(toward, (int, float)) else tuple(toward)
    if not all(map(isfinite, vector)):
        raise UsageError(f"--toward: {', '.join(map(str, vector))}; expected finite numbers")
    return vector


def steps_of(given: float | Mapping[AxisName | None, float] | None) -> dict[str | None, float]:
    """Return steps by axis; one number is for every axis.

    >>> steps_of(2), steps_of({0: 0.5})
    ({None: 2.0}, {'0': 0.5})
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {None: float(given)}
    return {None if axis is None else str(axis): step for axis, step in given.items()}


def periods_of(
    given: Mapping[AxisName, float | None] | AxisName | Sequence[AxisName] | None,
) -> dict[str, float | None]:
    """Return the periods of axes that close on themselves, None for those without.

    >>> periods_of("x,y"), periods_of({"lon": 360.0})
    ({'x': None, 'y': None}, {'lon': 360.0})
    """
    return by_axis_name(given) if isinstance(given, Mapping) else dict.fromkeys(names_of(given))
