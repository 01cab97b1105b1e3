"""Select a part of an axis by index, coordinate or date."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, inf, isfinite
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.dates import counts_from_date, date_span, date_text, has_offset, is_date, is_year
from gradcli.errors import UsageError
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array
from gradcli.plan.rounding import ROUNDINGS, rounding
from gradcli.settings import Bound, IndexPart, ValuePart

PLAIN = 1e-3  # of a step: nobody asks for a bound so close beside a coordinate


class Span(NamedTuple):
    """What a bound stands for: a number, or a date from its first moment to its end."""

    word: str
    start: Fraction | float
    end: Fraction | float
    dated: bool = False

    @property
    def is_period(self) -> bool:
        """Whether it is a date that ends where the next one begins."""
        return self.start < self.end


def index_range(label: str, axis: Axis, asked: IndexPart) -> tuple[int, int]:
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
            f"--isel {label}: selects none of the {axis.size} points; count from 0, or from -1 at "
            "the end"
        )
    return first, stop


def value_range(label: str, axis: Axis, asked: ValuePart, notes: list[str]) -> tuple[int, int]:
    """Return the start and stop index of the points between two coordinates, or nearest to one.

    Both coordinates are included, within the rounding of the stored coordinates. A date ends where
    its year, month, day, hour, minute or second ends; alone it stands for the points in it.

    Examples
    --------
    >>> import numpy as np
    >>> value_range("x", Axis("x", 4, np.array([0.0, 1.0, 3.0, 7.0])), (1, 5), [])
    (1, 3)
    >>> hours = Axis("t", 48, np.arange(48.0), "hours since 2000-01-01")
    >>> value_range("t", hours, ("2000-01-02", None), [])
    (24, 48)
    """
    if axis.column is not None:
        raise UsageError(
            f"--sel {axis.column.name}: its values differ from column to column, so that no part "
            f"of {label} lies between them; give indices (--isel {label}=I:J)"
        )
    if axis.values is None:
        raise UsageError(f"--sel {label}: the axis has no coordinates; select by index with --isel")
    spans = spans_of(label, axis, [bound for bound in asked if bound is not None], notes)
    words = " to ".join(span.word for span in spans)
    if asked[1] is None and not spans[0].is_period:
        return nearest(label, axis, spans[0], notes)
    inside = points_inside(label, axis, spans, notes)
    if not inside.size and asked[1] is None:
        return nearest(label, axis, spans[0], notes)
    if not inside.size:
        raise UsageError(f"--sel {label}: no point from {words}{ends_of(axis, spans)}")
    first, stop = int(inside[0]), int(inside[-1]) + 1
    if stop - first != inside.size and axis.tracks is not None:
        raise UsageError(
            f"--sel {label}: the points from {words} lie in several tracks, and between them are "
            "others; select tracks, or give indices (--isel)"
        )
    if stop - first != inside.size:
        raise UsageError(
            f"--sel {label}: the points from {words} do not follow one another, because the "
            "coordinates go back and forth; give indices (--isel)"
        )
    return first, stop


def spans_of(label: str, axis: Axis, bounds: list[Bound], notes: list[str]) -> list[Span]:
    """Return what bounds stand for. Four digits are a year unless another bound is a number."""
    dated = counts_from_date(axis)
    years = dated and all(
        is_year(bound) or is_date(bound) if isinstance(bound, str) else abs(bound) == inf
        for bound in bounds
    )
    spans = []
    for bound in bounds:
        if not isinstance(bound, str):
            spans.append(_number(label, f"{float(bound):.10g}", bound))
        elif dated and is_date(bound):
            spans.append(Span(bound, *date_span(label, axis, bound), True))
        elif years:
            spans.append(_year(label, axis, bound, notes))
        else:
            spans.append(_text(label, axis, bound))
    if axis.zoned:
        dates = [bound for bound in bounds if isinstance(bound, str) and (years or is_date(bound))]
        notes += [
            f"{label}: {date} is taken in UTC, because it has no offset"
            for date in dates
            if not has_offset(date)
        ]
    return spans


def _year(label: str, axis: Axis, text: str, notes: list[str]) -> Span:
    """Return a year; add a note if a number of the axis might also be meant."""
    assert axis.values is not None
    if np.fmin.reduce(axis.values) <= float(text) <= np.fmax.reduce(axis.values):
        notes.append(
            f"{label}: {text} is taken as a year; {text}.0 means the number of {axis.units}"
        )
    word = f"the year {text} (the number is {text}.0)"
    return Span(word, *date_span(label, axis, text), True)


def _number(label: str, word: str, number: float | Fraction) -> Span:
    if number != number:
        raise UsageError(f"--sel {label}: {word} is not a coordinate")
    exact = number if abs(number) == inf else Fraction(number)
    return Span(word, exact, exact)


def _text(label: str, axis: Axis, text: str) -> Span:
    """Return the number that a text stands for, exactly; raise UsageError if it is none."""
    try:
        number = float(text)
    except ValueError:
        if counts_from_date(axis):
            return Span(text, *date_span(label, axis, text))  # says what a date looks like
        raise UsageError(
            f"--sel {label}: {text!r} is not a number; "
            f"coordinates are in {axis.units or 'plain numbers'}"
        ) from None
    # Out of these bounds the fraction would have as many digits as the exponent says.
    return _number(label, text, Fraction(text) if 1e-300 < abs(number) < inf else number)


def points_inside(label: str, axis: Axis, spans: list[Span], notes: list[str]) -> Array:
    """Return the indices of the points in one span, or from the lower to the upper of two."""
    assert axis.values is not None
    first, last = spans[0], spans[-1]
    if last.end < first.start or (last.is_period and last.end == first.start):
        first, last = last, first
    if axis.precision == 0:
        return np.flatnonzero(_inside_integers(axis.values, first.start, last))
    low, high, end = first.start, last.start, last.end
    slack = rounding(axis)
    above = axis.values >= float(low) - slack
    # A second may be shorter than a rounding, so its first moment is included in any case.
    below = (axis.values <= float(high) + slack) | (axis.values < float(end) - slack)
    for bound in dict.fromkeys((low, end)):
        _say_doubt(label, axis, float(bound), slack, notes)
    found: Array = np.flatnonzero(above & below)
    return found


def _inside_integers(values: Array, low: Fraction | float, last: Span) -> Array:
    """Return which integers lie inside, exactly: they are compared with integers alone."""

    def rounded(up: bool, number: Fraction | float) -> Fraction | float:
        return number if abs(number) == inf else ceil(number) if up else floor(number)

    above = values >= rounded(True, low)
    found: Array = above & (
        (values <= rounded(False, last.start)) | (values < rounded(True, last.end))
    )
    return found


def nearest(label: str, axis: Axis, span: Span, notes: list[str]) -> tuple[int, int]:
    """Return the start and stop index of the point nearest to a number within the axis."""
    assert axis.values is not None
    values = axis.values
    index = closest(values, span.start)
    slack = float(rounding(axis)[index])
    near = distance(values[index], span.start) <= slack
    if not (near or np.fmin.reduce(values).item() <= span.start <= np.fmax.reduce(values).item()):
        raise UsageError(f"--sel {label}: {span.word} lies outside{ends_of(axis, [span])}")
    if not near or span.is_period:
        found = coordinate(axis, index, span.dated)
        notes.append(f"{label}: the point nearest to {span.word} is taken, {found}")
    return index, index + 1


def closest(values: Array, wanted: Fraction | float) -> int:
    """Return the index of the coordinate that is closest to a number, exactly."""
    with np.errstate(all="ignore"):
        apart = np.fmin(np.abs(values - float(wanted)), np.inf)
        # float64 cannot tell these apart, if they are large integers
        near = np.flatnonzero(apart <= apart.min() + abs(float(wanted)) * 2.0**-50)
    if not near.size or abs(wanted) == inf:
        return 0
    return int(min(near, key=lambda index: distance(values[index], wanted)))


def distance(value: Any, wanted: Fraction | float) -> Fraction | float:
    """Return the exact distance of a coordinate from a number."""
    number = value.item()
    return abs(Fraction(number) - Fraction(wanted)) if isfinite(number + wanted) else inf


def _say_doubt(label: str, axis: Axis, bound: float, slack: Array, notes: list[str]) -> None:
    """Add a note if a bound is taken for a coordinate that is more than a rounding away."""
    assert axis.values is not None
    values, apart = axis.values, np.fmin(np.abs(axis.values - bound), np.inf)
    index = int(apart.argmin())
    step = np.abs(np.diff(values[max(index - 1, 0) : index + 2])).min(initial=np.inf)
    plain = max(PLAIN * step, ROUNDINGS * axis.precision * abs(values[index]))
    if plain < apart[index] <= slack[index]:
        notes.append(
            f"{label}: {bound:.10g} is taken as the coordinate {values[index]:.10g}, "
            "because roundings may have added up along the axis"
        )


def coordinate(axis: Axis, index: int, dated: bool) -> str:
    """Return a coordinate as a date if a date was asked for, else as a number."""
    assert axis.values is not None
    number = axis.values[index].item()
    if dated:
        return date_text(axis, number)
    return str(number) if isinstance(number, int) else f"{number:.10g}"


def ends_of(axis: Axis, spans: Sequence[Span]) -> str:
    """Return where an axis begins and ends, for messages: in dates, if it counts from one."""
    assert axis.values is not None
    words = []
    if not any(span.dated for span in spans):
        words.append(" to ".join(coordinate(axis, i, False) for i in (0, -1)))
    if counts_from_date(axis):
        words.append(" to ".join(coordinate(axis, i, True) for i in (0, -1)))
    return f"; the axis goes from {', dates from '.join(words)}"
