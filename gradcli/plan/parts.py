"""Parts of axes as Python users write them: a scalar, a slice, or a tuple of two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import inf
from numbers import Integral, Rational
from typing import Any

import numpy as np

from gradcli.errors import KindError, UsageError
from gradcli.settings import Bound, IndexPart, ValuePart

Index = int | slice | tuple[int | None, int | None]
Value = float | str | date | np.datetime64
Values = Value | slice | tuple[Value | None, Value | None]

NO_NUMBERS: tuple[type, ...] = (bool, np.timedelta64)  # which Python counts among the integers


def index_parts(given: Mapping[str, Index] | None) -> dict[str, IndexPart]:
    """Return indices and slices of them as settings hold them.

    >>> index_parts({"y": np.int64(3), "x": slice(2, None)})
    {'y': 3, 'x': (2, None)}
    """
    return {axis: _index_part(axis, asked) for axis, asked in (given or {}).items()}


def value_parts(given: Mapping[str, Values] | None) -> dict[str, ValuePart]:
    """Return coordinates, dates and slices of them as settings hold them.

    >>> value_parts({"t": date(2000, 1, 31), "x": slice(None, 2.5)})
    {'t': ('2000-01-31', None), 'x': (-inf, 2.5)}
    """
    return {axis: _value_part(axis, asked) for axis, asked in (given or {}).items()}


def _index_part(axis: str, asked: Index) -> IndexPart:
    if isinstance(asked, (slice, tuple)):
        first, stop = _two(f"--isel {axis}", asked)
        return (
            None if first is None else _index(axis, first),
            None if stop is None else _index(axis, stop),
        )
    return _index(axis, asked)


def _index(axis: str, asked: Any) -> int:
    if not isinstance(asked, Integral) or isinstance(asked, NO_NUMBERS):
        raise KindError(f"--isel {axis}: {asked!r:.60} is not a whole number")
    return int(asked)


def _value_part(axis: str, asked: Values) -> ValuePart:
    if isinstance(asked, slice):
        low, high = _two(f"--sel {axis}", asked)
        return (
            -inf if low is None else _bound(axis, low),
            inf if high is None else _bound(axis, high),
        )
    if not isinstance(asked, tuple):
        return _bound(axis, asked), None
    low, high = _two(f"--sel {axis}", asked)
    if low is None:
        raise UsageError(f"--sel {axis}: {asked!r:.60}; write slice(None, HIGH) for an open end")
    return _bound(axis, low), None if high is None else _bound(axis, high)


def _two(label: str, asked: slice | tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the two ends of a slice or a tuple; raise UsageError if there is a step."""
    if isinstance(asked, tuple):
        if len(asked) != 2:
            raise KindError(f"{label}: {asked!r:.60} holds {len(asked)} items; expected two ends")
        return asked[0], asked[1]
    if asked.step is not None and not (isinstance(asked.step, Integral) and asked.step == 1):
        raise UsageError(
            f"{label}: a step of {asked.step!r:.20}; a part is made of points that follow one "
            "another, so leave out the step"
        )
    return asked.start, asked.stop


def _bound(axis: str, asked: Any) -> Bound:
    """Return a number as it was written, and a date as text."""
    if isinstance(asked, str):
        if not asked.strip():
            raise UsageError(f"--sel {axis}: an empty text is neither a number nor a date")
        return str(asked).strip()
    if isinstance(asked, (date, np.datetime64)):
        return _date(axis, asked)
    if isinstance(asked, np.floating):
        return float(str(asked))  # in float64, 0.1 of float32 is above 0.1
    if isinstance(asked, float):
        return float(asked)
    if isinstance(asked, Rational) and not isinstance(asked, NO_NUMBERS):
        if isinstance(asked, Integral):
            return int(asked)
        from fractions import Fraction

        return Fraction(asked)
    raise KindError(f"--sel {axis}: {asked!r:.60} is not a number, a text or a date")


def _date(axis: str, asked: Any) -> str:
    """Return a day or month as it is, but a time of day with a fraction, as it is a moment."""
    if asked != asked:
        raise UsageError(f"--sel {axis}: NaT is not a date")
    if isinstance(asked, datetime):
        text = asked.isoformat()
        return text if "." in text else f"{text[:19]}.0{text[19:]}"
    if isinstance(asked, np.datetime64):
        unit = np.datetime_data(asked.dtype)[0]
        if unit == "Y":
            raise UsageError(f"--sel {axis}: {asked!r} is a year; write it as text, '{asked}'")
        return str(asked.astype("M8[ms]") if unit in ("h", "m", "s") else asked)
    return str(asked)
