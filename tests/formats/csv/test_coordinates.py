"""Columns as coordinates."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from gradcli.formats.csv.coordinates import axis_of, dated, from_base, since
from gradcli.formats.csv.sniff import Dialect, Head
from gradcli.formats.csv.stamps import Offsets


@pytest.mark.parametrize(
    ("values", "base", "expected", "rounding"),
    [
        ([0.5, 1.0], None, [0.5, 1.0], 2.0**-52),
        ([0.0, 2.0], 2**60 + 1, [2**60 + 1, 2**60 + 3], 0.0),
        ([0.5, 2.0], 10, [10.5, 12.0], 2.0**-52),
        ([np.nan, 2.0], 10, [np.nan, 12.0], 2.0**-52),
    ],
)
def test_numbers_count_from_a_base(
    values: list[float], base: int | None, expected: list[float], rounding: float
) -> None:
    found, precision = from_base(np.array(values), base)
    np.testing.assert_array_equal(found, expected)
    assert precision == rounding


def test_dates_count_from_the_first_in_utc() -> None:
    assert since(datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == (
        "seconds since 2020-01-01 00:00:00"
    )


def test_an_axis_of_dates_says_how_they_were_read() -> None:
    head = Head(Dialect(), ["t\x1b"], ["t"], "t", ["time"], "table", compact={0: "20200131"})
    offsets = Offsets()
    offsets.add(0, timedelta(hours=1))
    offsets.add(1, None)
    axis, notes = dated(axis_of(head, 0, np.arange(2.0)), head, 0, datetime(2020, 1, 31), offsets)
    assert (axis.units, axis.role, axis.zoned) == ("seconds since 2020-01-31 00:00:00", "t", True)
    assert notes == [
        "t\\x1b: its numbers, such as 20200131, are read as dates",
        "t\\x1b: its offsets from UTC differ",
    ]
    assert dated(axis, head, 0, datetime(2020, 1, 31), None)[0].zoned is False
