"""Ticks at round dates in every calendar."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.cf.dates import date_text
from gradcli.explore.dateticks import date_ticks
from gradcli.model.axes import Axis


def labels(units: str, low: float, high: float, calendar: str | None = None) -> list[str]:
    axis = Axis("t", 2, np.array([low, high]), units, calendar=calendar)
    return [tick.label.replace("\n", "|") for tick in date_ticks(axis, low, high)]


@pytest.mark.parametrize(
    ("units", "low", "high", "calendar", "expected"),
    [
        ("days since 1850-01-01", 0, 60265, None, ["1850", "1900", "1950", "2000"]),
        ("days since 2000-01-01", 0, 60, "360_day",
         ["1 Jan|2000", "16 Jan", "1 Feb", "16 Feb", "1 Mar"]),
        ("seconds since 2020-02-29 23:00", 0, 7200, None,
         ["23:00|29 Feb 2020", "23:30", "00:00|1 Mar 2020", "00:30", "01:00"]),
        ("hours since 2001-12-30", 0, 96, "noleap",
         ["30 Dec|2001", "31 Dec", "1 Jan|2002", "2 Jan", "3 Jan"]),
        ("months", 0, 3, None, []),
        ("days since 2000-01-01", 5, 5, None, []),
    ],
)  # fmt: skip
def test_ticks_stand_at_round_dates(units, low, high, calendar, expected) -> None:
    assert labels(units, low, high, calendar) == expected


@pytest.mark.parametrize("calendar", ["standard", "360_day", "julian"])
@pytest.mark.parametrize("days", [1e-4, 0.01, 0.3, 2, 9, 50, 400, 5000, 1e5, 2e6])
def test_any_span_has_ticks_at_the_dates_that_they_name(days: float, calendar: str) -> None:
    axis = Axis("t", 2, units="days since 1999-12-30 12:34:56", calendar=calendar)
    ticks = date_ticks(axis, 10, 10 + days)
    assert 1 <= len(ticks) <= 6
    for tick in ticks:
        assert 10 <= tick.value <= 10 + days
        assert tick.label.split("\n")[0].split()[0].lstrip("0") in date_text(axis, tick.value) or (
            tick.label[:3].isalpha()
        )
