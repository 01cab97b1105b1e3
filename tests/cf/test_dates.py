"""Dates as numbers on an axis of time."""

from __future__ import annotations

import math

import pytest

from gradcli.cf.dates import date_number
from gradcli.errors import UsageError
from gradcli.model.axes import Axis


def axis(units: str = "hours since 2000-01-01", calendar: str | None = None) -> Axis:
    return Axis("time", 3, units=units, calendar=calendar)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2000-01-02", 24.0),
        ("2000-01-01T06", None),
        ("2000-01-01T06:30", 6.5),
        ("2000-01-01 06:30", 6.5),
        ("2000-01-01t06:30:00Z", 6.5),
        ("1999-12-31T23:00:00", -1.0),
    ],
)
def test_a_date_is_a_number_in_the_units_of_the_axis(text: str, hours: float | None) -> None:
    if hours is None:
        with pytest.raises(UsageError, match="YYYY-MM-DD"):
            date_number("time", axis(), text, False)
    else:
        assert date_number("time", axis(), text, False) == hours


def test_a_day_at_the_end_of_a_range_lasts_until_the_next() -> None:
    end = date_number("time", axis(), "2000-01-01", True)
    assert end < 24.0
    assert end == math.nextafter(24.0, 0.0)
    assert date_number("time", axis(), "2000-01-01T12:00", True) == 12.0


def test_a_date_is_one_of_the_calendar() -> None:
    assert date_number("t", axis("days since 2000-01-01", "360_day"), "2000-02-30", False) == 59.0
    with pytest.raises(UsageError, match="--sel t: '2001-02-29' is no date of the calendar noleap"):
        date_number("t", axis(calendar="noleap"), "2001-02-29", False)
