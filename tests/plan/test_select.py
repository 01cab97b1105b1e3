"""Parts of an axis."""

from __future__ import annotations

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
    assert notes == ["y: 21 taken as the nearest coordinate, 20"]


@pytest.mark.parametrize("asked", [(50, None), (41, 99), (11, 12), ("north", None)])
def test_what_is_not_there_is_refused(asked) -> None:
    with pytest.raises(UsageError, match="--sel y"):
        value_range("y", DOWN, asked, [])


def test_by_date() -> None:
    assert value_range("time", TIME, ("2000-01-03", "2000-01-05"), []) == (2, 5)
    assert value_range("time", TIME, ("2000-02-01T00:00:00", None), []) == (31, 32)
    with pytest.raises(UsageError, match="no date of the calendar standard"):
        value_range("time", TIME, ("2000-02-31", None), [])


def test_an_axis_without_coordinates_has_no_values() -> None:
    with pytest.raises(UsageError, match="--isel"):
        value_range("x", Axis("x", 4), (1, None), [])


@pytest.mark.parametrize(
    "text", ["2000-01-02T12:00", "2000-01-02T12:00Z", "2000-01-02 12:00", "2000-01-02T12:00:00"]
)
def test_times_of_day_are_written_in_several_ways(text: str) -> None:
    assert value_range("time", TIME, (text, "2000-01-04"), []) == (2, 4)
    assert parse_sel(None, None, (f"time={text}:2000-01-04",)) == {"time": (text, "2000-01-04")}
