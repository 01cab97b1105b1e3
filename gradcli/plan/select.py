"""Select a part of an axis by index, coordinate or date."""

from __future__ import annotations

from typing import Any

from gradcli.cf.dates import date_number
from gradcli.errors import UsageError
from gradcli.model.axes import Axis

Bound = float | str


def index_range(
    label: str, axis: Axis, asked: int | tuple[int | None, int | None]
) -> tuple[int, int]:
    """Return the start and stop index of a part of an axis.

    >>> index_range("x", Axis("x", 9), -1), index_range("x", Axis("x", 9), (2, None))
    ((8, 9), (2, 9))
    """
    if isinstance(asked, int):
        first = asked + axis.size if asked < 0 else asked
        stop = first + 1
    else:
        first, stop, _ = slice(*asked).indices(axis.size)
    if not 0 <= first < stop <= axis.size:
        raise UsageError(
            f"--isel {label}: leaves no point of {axis.size}; count from 0, or from -1"
        )
    return first, stop


def value_range(
    label: str, axis: Axis, asked: tuple[Bound, Bound | None], notes: list[str]
) -> tuple[int, int]:
    """Return the start and stop index of the points between two coordinates, or nearest to one.

    Both coordinates are included.

    >>> import numpy as np
    >>> value_range("x", Axis("x", 4, np.array([0.0, 1.0, 3.0, 7.0])), (1, 5), [])
    (1, 3)
    """
    if axis.values is None:
        raise UsageError(f"--sel {label}: the axis has no coordinates; use --isel")
    low = _number(label, axis, asked[0], last=False)
    if asked[1] is None:
        return _nearest(label, axis.values, low, notes)
    high = _number(label, axis, asked[1], last=True)
    # A float32 coordinate may differ from the number asked for by its rounding error.
    slack = axis.precision * float(abs(axis.values).max()) if axis.precision > 2**-52 else 0.0
    low, high = min(low, high) - slack, max(low, high) + slack
    inside = ((axis.values >= low) & (axis.values <= high)).nonzero()[0]
    if not inside.size:
        raise UsageError(f"--sel {label}: no point from {low:.10g} to {high:.10g}{_span(axis)}")
    return int(inside[0]), int(inside[-1]) + 1


def _nearest(label: str, values: Any, wanted: float, notes: list[str]) -> tuple[int, int]:
    index = int(abs(values - wanted).argmin())
    found = float(values[index])
    if not values.min() <= wanted <= values.max():
        raise UsageError(
            f"--sel {label}: {wanted:.10g} lies outside {values.min():.10g} to {values.max():.10g}"
        )
    if found != wanted:
        notes.append(f"{label}: {wanted:.10g} taken as the nearest coordinate, {found:.10g}")
    return index, index + 1


def _span(axis: Axis) -> str:
    assert axis.values is not None
    return f"; the axis goes from {axis.values[0]:.10g} to {axis.values[-1]:.10g}"


def _number(label: str, axis: Axis, bound: Bound, last: bool) -> float:
    """Return a bound as a number on the axis; a date as ``last`` bound includes the whole day."""
    try:
        return float(bound)
    except ValueError:
        pass
    if " since " not in (axis.units or ""):
        raise UsageError(
            f"--sel {label}: {bound!r} is no number; "
            f"coordinates are in {axis.units or 'plain numbers'}"
        )
    return date_number(label, axis, str(bound), last)
