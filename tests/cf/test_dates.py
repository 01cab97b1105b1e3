"""Dates as numbers on an axis of time."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from gradcli.cf.dates import counts_from_date, date_span, date_text, is_date, is_year
from gradcli.errors import UsageError
from gradcli.model.axes import Axis


def axis(units: str = "hours since 2000-01-01", calendar: str | None = None) -> Axis:
    return Axis("time", 3, units=units, calendar=calendar)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1999", -365 * 24, 0),
        ("2000", 0, 366 * 24),
        ("2000-02", 31 * 24, 60 * 24),
        ("1999-12", -31 * 24, 0),
        ("2000-01-02", 24, 48),
        ("2000-01-01T06", 6, 7),
        ("2000-01-01T06:30", Fraction("6.5"), Fraction(391, 60)),
        ("2000-01-01 06:30", Fraction("6.5"), Fraction(391, 60)),
        ("2000-01-01t06:30:00Z", Fraction("6.5"), Fraction(6 * 3600 + 1801, 3600)),
        ("2000-01-01T06:30:00.5", Fraction(23400 * 2 + 1, 7200), Fraction(23400 * 2 + 1, 7200)),
        ("2000-01-01T00:00:00.0000000001", Fraction(1, 36 * 10**12), Fraction(1, 36 * 10**12)),
        ("1999-12-31T23:00:00.0", -1, -1),
        ("2000-01-01T24:00", 24, 24),
        ("2000-01-01T06+01:30", Fraction("4.5"), Fraction("5.5")),
        ("2000-01-01T06:00-0500", 11, Fraction(661, 60)),
        ("2000-01-01T06:00:00.0-05", 11, 11),
        ("2000-01-01-05:00", 5, 29),
    ],
)
def test_a_date_lasts_until_the_next_one_begins(text: str, start: Fraction, end: Fraction) -> None:
    assert date_span("time", axis(), text) == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        *("2000-13", "2000-02-30", "2000-01-01T25", "2000-01-01T24:01", "2000-01-01T06:60"),
        *("2000-01-01T06:00:60", "2000-01-01T06:00+24:00", "2000-01-01-05", "20000101", "noon"),
        *("2000-01-01T06:00:00,5", "99999999999-01-01", "0000-01-01", "2000-01-01T", "200"),
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"--sel time: '{re.escape(text)}' is not a date"):
        date_span("time", axis(), text)


@pytest.mark.parametrize(
    ("calendar", "text", "days"),
    [
        ("360_day", "2000-02-30", (59, 60)),
        ("360_day", "2001", (360, 720)),
        ("noleap", "2000-02", (31, 59)),
        ("all_leap", "2001-02-29", (425, 426)),
        ("366_day", "2001-12", (366 + 335, 732)),
        ("julian", "1900-02", (-36494, -36465)),
        ("proleptic_gregorian", "1900-02", (-36493, -36465)),
        ("standard", "1582-10-04", (-152385, -152384)),
        ("standard", "1582-10", (-152388, -152367)),
        ("standard", "-0001-12", (-730152, -730121)),
        ("GREGORIAN", "2000-02", (31, 60)),
        ("", "2000-02", (31, 60)),
        (None, "2000-02", (31, 60)),
    ],
)
def test_dates_end_as_in_their_calendar(
    calendar: str | None, text: str, days: tuple[int, int]
) -> None:
    assert date_span("time", axis("days since 2000-01-01", calendar), text) == days


def test_a_date_is_one_of_the_calendar() -> None:
    with pytest.raises(
        UsageError, match="--sel t: '2001-02-29' is not a date in the calendar noleap"
    ):
        date_span("t", axis(calendar="noleap"), "2001-02-29")


@pytest.mark.parametrize(
    ("units", "start"),
    [
        ("days since 1999-12-31 12:00", Fraction("0.5")),
        ("Days Since 1999-12-31T22:00:00-02:00", 0),
        ("weeks since 1999-12-25", 1),
        ("minutes since 2000-01-01 00:30:00.25 +00:30", Fraction(-1, 240)),
        ("nanoseconds since 1999-12-31 23:59:59.123456789", 876_543_211),
        ("ms since 1970-01-01", 946_684_800_000),
        ("hours since 0001-01-01", Fraction(730121 * 24)),
    ],
)
def test_units_and_references_of_many_kinds(units: str, start: Fraction) -> None:
    assert counts_from_date(axis(units))
    assert date_span("time", axis(units), "2000-01-01")[0] == start


def test_climatologies_may_count_from_the_year_zero() -> None:
    assert date_span("time", axis("days since 0000-01-01"), "0001-02") == (366 + 31, 366 + 59)


@pytest.mark.parametrize(
    ("units", "calendar"),
    [("months since 2000-01-01", None), ("days since never", None), ("days since 1-1-1", "none")],
)
def test_units_without_dates_are_refused(units: str, calendar: str | None) -> None:
    with pytest.raises(UsageError, match=r"--sel time: the units .* give no dates .*--isel"):
        date_span("time", axis(units, calendar), "2000-01-01")


def test_what_looks_like_a_date() -> None:
    assert is_year("2000")
    assert not any(map(is_year, ("200", "20000", "2000.0", "-2000", "2e03")))
    assert not any(map(is_date, ("2000", "1e-3", "-1", "5", "2000-01-01T06:2000-01-02")))
    assert not counts_from_date(axis("days"))
    assert not counts_from_date(Axis("time", 3))


@pytest.mark.parametrize(
    ("units", "value", "text"),
    [
        ("hours since 2000-01-01", 30.5, "2000-01-02T06:30:00"),
        ("days since 2000-01-01", 1e300, "1e+300"),
        ("months since 2000-01-01", 2.0, "2"),
    ],
)
def test_a_number_is_said_as_a_date_where_there_is_one(units: str, value: float, text: str) -> None:
    assert date_text(axis(units), value) == text
