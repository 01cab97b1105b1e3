"""Selections hold exactly the points that exact arithmetic finds, whatever made the coordinates."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import cftime
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.model.axes import Axis
from gradcli.plan.select import value_range

MADE = ("products", "sums", "linspace", "arange", "quotients")
CALENDARS = ("standard", "proleptic_gregorian", "noleap", "all_leap", "360_day", "julian")
SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
STEPS = [Fraction(text) for text in ("1/10", "1/4", "1/24", "1/3", "0.07", "1/48", "3", "2.5")]
STARTS = [
    Fraction(text) for text in ("0", "-1", "10", "-90", "100.5", "-2.5", "1700000000123456789")
]
WITHIN = [Fraction(text) for text in ("0", "1/4", "1/3", "1/2", "3/4")]


def made(kind: str, stored: str, start: Fraction, step: Fraction, count: int) -> Axis:
    """Return coordinates as programs make them, in the type that a file stores."""
    if stored == "i8":
        assume(start.denominator == step.denominator == 1)
        numbers = int(start) + int(step) * np.arange(count)
        large = abs(numbers).max() > 2**53
        return Axis("x", count, numbers if large else numbers.astype(float), precision=0.0)
    kinds = np.dtype(stored).type
    first, each = kinds(float(start)), kinds(float(step))
    rows = {
        "products": lambda: first + np.arange(count).astype(stored) * each,
        "sums": lambda: np.cumsum([first, *[each] * (count - 1)], dtype=stored),
        "linspace": lambda: np.linspace(float(start), float(start + step * (count - 1)), count),
        "arange": lambda: np.arange(first, first + each * (count - 0.5), each, dtype=stored),
        "quotients": lambda: [float(start + i * step) for i in range(count)],
    }
    numbers = np.asarray(rows[kind](), stored)
    assume(len(numbers) == count)
    meant = np.array([float(start + i * step) for i in range(count)])
    assume(abs(numbers - meant).max() < float(step) / 32)  # else nobody can tell
    precision = float(np.finfo(stored).eps)
    assume(precision * abs(meant).max() < float(step) / 32)
    return Axis("x", count, numbers.astype(float), precision=precision)


def found(axis: Axis, asked: Any) -> list[int]:
    try:
        return list(range(*value_range("x", axis, asked, [])))
    except UsageError as error:
        if "no point" not in str(error):
            raise
        return []


AXES = {
    "kind": st.sampled_from(MADE),
    "stored": st.sampled_from(["f4", "f8", "i8"]),
    "count": st.sampled_from([2, 11, 100, 240]),
}


def check_numbers(
    kind: str, stored: str, count: int, turned: bool, start: Fraction, step: Fraction, data: Any
) -> None:
    axis = made(kind, stored, start, step, count)
    points = [start + i * step for i in range(count)]
    if turned:
        assert axis.values is not None
        axis = Axis("x", count, axis.values[::-1], precision=axis.precision)
        points.reverse()
    ends = [
        start + (data.draw(st.integers(-1, count)) + data.draw(st.sampled_from(WITHIN))) * step
        for _ in range(2)
    ]
    expected = [i for i, point in enumerate(points) if min(ends) <= point <= max(ends)]
    assert found(axis, tuple(ends)) == expected
    assert found(axis, tuple(map(text_of, ends))) == expected


def text_of(number: Fraction) -> str:
    """Return a number as decimals, where they are exact to thirty digits."""
    digits = f"{abs(round(number * 10**30)):031d}"
    return f"{'-' if number < 0 else ''}{digits[:-30]}.{digits[-30:]}"


def check_dates(
    kind: str, stored: str, count: int, units: str, calendar: str, since: str, data: Any
) -> None:
    minutes = data.draw(st.sampled_from([1440, 720, 360, 180, 60, 30, 10]))
    step = Fraction(60 * minutes, SECONDS[units])
    plain = made(kind, stored, Fraction(0), step, count)
    axis = Axis(
        "x",
        count,
        plain.values,
        f"{units} since {since}",
        calendar=calendar,
        precision=plain.precision,
    )
    first = cftime.num2date(0, axis.units, calendar, only_use_cftime_datetimes=True)
    texts = [(first + timedelta(minutes=minutes) * i).isoformat() for i in range(count)]
    ends = [
        texts[index][: data.draw(st.sampled_from([4, 7, 10, 13, 16, 19]))]
        for index in sorted(data.draw(st.tuples(*[st.integers(0, count - 1)] * 2)))
    ]
    low, high = ends
    expected = [i for i, text in enumerate(texts) if low <= text and text[: len(high)] <= high]
    assert found(axis, tuple(ends)) == expected
    alone = [i for i in range(count) if texts[i].startswith(ends[0])]
    assert found(axis, (ends[0], None)) == alone


numbers = st.fixed_dictionaries(
    {
        **AXES,
        "turned": st.booleans(),
        "start": st.sampled_from(STARTS),
        "step": st.sampled_from(STEPS),
    }
)
dates = st.fixed_dictionaries(
    {
        **AXES,
        "units": st.sampled_from(list(SECONDS)),
        "calendar": st.sampled_from(CALENDARS),
        "since": st.sampled_from(["2000-01-01", "1999-12-30 18:00", "1850-02-27T00:00:00Z"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(case=numbers, data=st.data())
def test_between_numbers(case: dict[str, Any], data: Any) -> None:
    check_numbers(**case, data=data)


@settings(max_examples=60, deadline=None)
@given(case=dates, data=st.data())
def test_between_dates(case: dict[str, Any], data: Any) -> None:
    check_dates(**case, data=data)


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(case=numbers, data=st.data())
def test_between_numbers_at_length(case: dict[str, Any], data: Any) -> None:
    check_numbers(**case, data=data)


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(case=dates, data=st.data())
def test_between_dates_at_length(case: dict[str, Any], data: Any) -> None:
    check_dates(**case, data=data)
