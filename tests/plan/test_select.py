"""Parts of an axis."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np
import pytest

from gradcli.cli.parse import parse_sel
from gradcli.errors import UsageError
from gradcli.model.axes import Axis
from gradcli.plan.select import index_range, value_range

TIME = Axis("time", 60, np.arange(60.0), "days since 2000-01-01", calendar="standard")
DOWN = Axis("y", 5, np.array([40.0, 30.0, 20.0, 10.0, 0.0]))


@pytest.mark.parametrize(
    ("asked", "found"),
    [(0, (0, 1)), (-1, (4, 5)), ((1, 3), (1, 3)), ((None, -1), (0, 4)), ((2, None), (2, 5))],
)
def test_by_index(asked, found: tuple[int, int]) -> None:
    assert index_range("y", DOWN, asked) == found


@pytest.mark.parametrize("asked", [5, -6, (3, 3), (4, 2)])
def test_an_index_that_leaves_nothing_is_refused(asked) -> None:
    with pytest.raises(UsageError, match="--isel y"):
        index_range("y", DOWN, asked)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((10, 30), (1, 4)),
        ((30, 10), (1, 4)),
        ((9.9, 100), (0, 4)),
        ((20, None), (2, 3)),
    ],
)
def test_by_value_both_ends_included(asked, found: tuple[int, int]) -> None:
    assert value_range("y", DOWN, asked, []) == found


def test_the_nearest_is_said() -> None:
    notes: list[str] = []
    assert value_range("y", DOWN, (21, None), notes) == (2, 3)
    assert notes == ["y: the point nearest to 21 is taken, 20"]


@pytest.mark.parametrize("asked", [(50, None), (41, 99), (11, 12), ("north", None)])
def test_what_is_not_there_is_refused(asked) -> None:
    with pytest.raises(UsageError, match="--sel y"):
        value_range("y", DOWN, asked, [])


def test_by_date() -> None:
    assert value_range("time", TIME, ("2000-01-03", "2000-01-05"), []) == (2, 5)
    assert value_range("time", TIME, ("2000-02-01T00:00:00", None), []) == (31, 32)
    with pytest.raises(UsageError, match="not a date in the calendar standard"):
        value_range("time", TIME, ("2000-02-31", None), [])


TENTHS = Axis("x", 11, np.arange(11) * 0.1)
SUMS = Axis("x", 11, np.concatenate([[0], np.cumsum(np.full(10, 0.1))]))


@pytest.mark.parametrize("axis", [TENTHS, SUMS])
def test_ends_are_included_within_the_rounding_of_coordinates(axis: Axis) -> None:
    for i in range(11):
        for j in range(i, 11):
            assert value_range("x", axis, (f"{i / 10}", f"{j / 10}"), []) == (i, j + 1)
        notes: list[str] = []
        assert value_range("x", axis, (f"{i / 10}", None), notes) == (i, i + 1)
        assert notes == []
    assert value_range("x", axis, ("0.5999", "0.7001"), []) == (6, 8)
    assert value_range("x", axis, ("0.6001", "0.8999"), []) == (7, 9)


HOURS = 24 * 38
HOURLY = {
    "cumsum": np.concatenate([[0], np.cumsum(np.full(HOURS - 1, 1 / 24))]),
    "linspace": np.linspace(0, (HOURS - 1) / 24, HOURS),
    "i / 24": np.arange(HOURS) / 24,
}


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("values", HOURLY.values(), ids=HOURLY)
def test_a_day_holds_its_24_hours(values: Any, kind: str) -> None:
    stored, eps = values.astype(kind).astype(float), float(np.finfo(kind).eps)
    axis = Axis("time", HOURS, stored, "days since 2000-01-01", precision=eps)
    for day in range(38):
        text = str(date(2000, 1, 1) + timedelta(day))
        whole = (24 * day, 24 * day + 24)
        assert value_range("time", axis, (text, text), []) == whole
        assert value_range("time", axis, (text, None), []) == whole
        assert value_range("time", axis, (-inf, text), []) == (0, whole[1])
        hours = (f"{text}T06", f"{text}T17:00")
        assert value_range("time", axis, hours, []) == (whole[0] + 6, whole[0] + 18)


TENTHS_OF_SECONDS = Axis("t", 100, np.arange(100) * 0.1, "seconds since 2000-01-01")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("2000-01-01T00:00:00.3", "2000-01-01T00:00:00.6"), (3, 7)),
        (("2000-01-01T00:00:00.30", "2000-01-01 00:00:00.59999999"), (3, 6)),
        (("2000-01-01T00:00:00.7", None), (7, 8)),
        (("2000-01-01T00:00:01", "2000-01-01T00:00:02"), (10, 30)),
        (("2000-01-01T00:00:01", None), (10, 20)),
        (("2000-01-01T01:00:01.5+01:00", "2000-01-01T00:00"), (15, 100)),
    ],
)
def test_fractions_of_seconds(asked: Any, found: tuple[int, int]) -> None:
    assert value_range("t", TENTHS_OF_SECONDS, asked, []) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("2000-02", None), (31, 60)),
        (("2000-01-30", "2000-02"), (29, 60)),
        (("2000-02", "2000-01-30"), (29, 60)),
        (("2000-02-10", "2000-02"), (40, 60)),
        (("2000-01-05", "2000-01-03"), (2, 5)),
        (("2000", None), (0, 60)),
        ((-inf, "2000-01"), (0, 31)),
        (("2000-01-31T12:00:00.0", inf), (31, 60)),
        (("2000-01-02T24:00", "2000-01-04"), (2, 4)),
        (("10", "2000-01-31"), (10, 31)),
    ],
)
def test_dates_end_with_their_month_or_year(asked: Any, found: tuple[int, int]) -> None:
    assert value_range("time", TIME, asked, []) == found


def test_a_date_alone_that_has_no_point_is_taken_as_the_nearest() -> None:
    months = Axis("time", 3, np.array([15.5, 45.0, 75.5]), "days since 2000-01-01")
    notes: list[str] = []
    assert value_range("time", months, ("2000-02-10", None), notes) == (1, 2)
    assert notes == ["time: the point nearest to 2000-02-10 is taken, 2000-02-15T00:00:00"]
    with pytest.raises(UsageError, match="1999-12 lies outside; the axis goes from 2000-01-16T12"):
        value_range("time", months, ("1999-12", None), [])
    with pytest.raises(UsageError, match=r"no point from 2000-02-10 to 2000-02-12; .* 2000-01-16T"):
        value_range("time", months, ("2000-02-10", "2000-02-12"), [])


def test_four_digits_are_a_year_and_that_is_said_where_they_may_be_a_number() -> None:
    axis = Axis("time", 9000, np.arange(9000.0), "hours since 2000-01-01")
    notes: list[str] = []
    assert value_range("time", axis, ("2000", None), notes) == (0, 8784)
    assert notes == [
        "time: 2000 is taken as a year; 2000.0 means the number of hours since 2000-01-01"
    ]
    assert value_range("time", axis, ("2000.0", None), []) == (2000, 2001)
    assert value_range("time", axis, (2000, None), []) == (2000, 2001)
    assert value_range("time", axis, ("24", "2000"), []) == (24, 2001)
    assert value_range("x", Axis("x", 3000, np.arange(3000.0)), ("2000", None), []) == (2000, 2001)


def test_integers_have_no_rounding() -> None:
    start = 10**15
    axis = Axis("x", 9, start + np.arange(9.0), precision=0.0)
    assert value_range("x", axis, (f"{start + 2}.0000001", f"{start + 5}.99999"), []) == (3, 6)
    assert value_range("x", axis, (Fraction(start + 2), start + 5), []) == (2, 6)
    time = Axis("t", 9, np.arange(9.0), "nanoseconds since 2000-01-01", precision=0.0)
    moments = ("2000-01-01T00:00:00.000000002", "2000-01-01T00:00:00.0000000059")
    assert value_range("t", time, moments, []) == (2, 6)
    large = 1_700_000_000_000_000_000 + np.arange(9)
    axis = Axis("x", 9, large, precision=0.0)
    assert value_range("x", axis, (f"{large[2]}", f"{large[5]}.5"), []) == (2, 6)
    notes: list[str] = []
    assert value_range("x", axis, (f"{large[3]}", None), notes) == (3, 4)
    assert value_range("x", axis, (int(large[7]), None), notes) == (7, 8)
    assert notes == []
    with pytest.raises(UsageError, match=r"lies outside; .* to 1700000000000000008"):
        value_range("x", axis, (int(large[8]) + 1, None), [])
    time = Axis("t", 9, large.astype("u8")[::-1], "nanoseconds since 1970-01-01", precision=0.0)
    moment = "2023-11-14T22:13:20.00000000"
    assert value_range("t", time, (f"{moment}2", f"{moment}5"), []) == (3, 7)
    time = Axis("t", 49, np.arange(49.0), "hours since 2000-01-01", precision=0.0)
    assert value_range("t", time, ("2000-01-01", "2000-01-01"), []) == (0, 24)


def test_a_guess_about_roundings_that_added_up_is_said() -> None:
    steps = np.full(4000, 1 / 24, "f4")
    stored = np.cumsum(steps, dtype="f4").astype(float)
    axis = Axis("x", 4000, stored, precision=2.0**-23)
    notes: list[str] = []
    meant = 2000 / 24
    found = value_range("x", axis, (meant, meant + 10), notes)
    assert found[0] == 1999
    assert any("roundings may have added up" in note for note in notes)


@pytest.mark.parametrize(
    ("bound", "words"),
    [("nan", "nan is not a coordinate"), ("inf", "inf lies outside"), ("", "'' is not a number")],
)
def test_numbers_that_are_none(bound: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        value_range("y", DOWN, (bound, None), [])


@pytest.mark.parametrize("bound", ["1e-999999999", "1e-400", "0"])
def test_tiny_numbers_take_no_time(bound: str) -> None:
    assert value_range("y", DOWN, (bound, "1e999999999"), []) == (0, 5)


def test_repeats_have_roundings_too() -> None:
    axis = Axis("x", 4, np.array([0.1, 0.3, 0.1 * 6, 0.1 * 6]))
    assert value_range("x", axis, (0.3, 0.6), []) == (1, 4)


def test_points_that_do_not_follow_one_another_are_refused() -> None:
    axis = Axis("x", 3, np.array([1.0, 3.0, 2.0]))
    assert value_range("x", axis, (2, 3), []) == (1, 3)
    with pytest.raises(UsageError, match="do not follow one another"):
        value_range("x", axis, (1, 2), [])


def test_an_axis_without_coordinates_has_no_values() -> None:
    with pytest.raises(UsageError, match="--isel"):
        value_range("x", Axis("x", 4), (1, None), [])


@pytest.mark.parametrize(
    "text", ["2000-01-02T12:00", "2000-01-02T12:00Z", "2000-01-02 12:00", "2000-01-02T12:00:00"]
)
def test_times_of_day_are_written_in_several_ways(text: str) -> None:
    assert value_range("time", TIME, (text, "2000-01-04"), []) == (2, 4)
    assert parse_sel(None, None, (f"time={text}:2000-01-04",)) == {"time": (text, "2000-01-04")}


def test_messages_speak_in_dates() -> None:
    hours = Axis("t", 48, np.arange(48.0), "hours since 2000-01-01")
    dates = "2000-01-01T00:00:00 to 2000-01-02T23:00:00"
    for asked in (("2001", None), ("1999-02", "1999-03")):
        with pytest.raises(UsageError, match=f"the axis goes from {dates}"):
            value_range("t", hours, asked, [])
    with pytest.raises(UsageError, match=f"the axis goes from 0 to 47, dates from {dates}"):
        value_range("t", hours, (50, 60), [])
