"""Coordinates, dates and indices, found on axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.explore.rulers import Ruler
from gradcli.model.axes import Axis


def _axis(*values: float, units: str | None = None, name: str = "x") -> Axis:
    return Axis(name, len(values), np.array(values), units)


def _found(axis: Axis, text: str, period: float | None = None) -> dict[int, float]:
    spot = Ruler(str(axis.name), axis, period).find(text, [])
    return dict(zip(spot.points, spot.weights, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.floats(0.01, 100), min_size=1, max_size=8),
    share=st.floats(0, 1),
    falling=st.booleans(),
)
def test_weights_give_back_the_coordinate(steps: list[float], share: float, falling: bool) -> None:
    values = np.cumsum([-3.0, *steps])[:: -1 if falling else 1]
    number = values[0] + share * (values[-1] - values[0])
    found = _found(_axis(*values), repr(float(number)))
    assert sum(found.values()) == pytest.approx(1)
    assert sum(values[k] * w for k, w in found.items()) == pytest.approx(number, abs=1e-6)


def test_roundings_of_a_coordinate_do_not_keep_a_point_from_being_exact() -> None:
    assert _found(Axis("x", 100, -2 + 0.05 * np.arange(100)), "0.3") == {46: 1.0}


def test_large_integers_are_told_apart() -> None:
    axis = Axis("i", 3, np.array([2**60, 2**60 + 1, 2**60 + 2]), precision=0)
    assert _found(axis, str(2**60 + 1)) == {1: 1.0}


@pytest.mark.parametrize("text", ["-45", "315", "675"])
@pytest.mark.parametrize("falling", [False, True])
def test_a_longitude_goes_around(text: str, falling: bool) -> None:
    values = np.arange(4) * 90.0
    axis = _axis(*(values[::-1] if falling else values), units="degrees_east", name="lon")
    assert _found(axis, text) == {0: 0.5, 3: 0.5}


def test_a_longitude_that_does_not_close_ends() -> None:
    axis = _axis(0, 10, 20, units="degrees_east", name="lon")
    assert _found(axis, "365") == {0: 0.5, 1: 0.5}
    with pytest.raises(UsageError, match="lies outside; the axis goes from 0 to 20"):
        _found(axis, "355")


def test_a_period_closes_an_axis() -> None:
    assert _found(_axis(0, 1, 2), "2.5", period=3.0) == {2: 0.5, 0: 0.5}


TIME = _axis(0.5, 1.5, 2.5, units="days since 2020-01-01", name="time")


def test_a_date_is_a_point_within_it_or_its_first_moment() -> None:
    notes: list[str] = []
    ruler = Ruler("time", TIME)
    assert ruler.find("2020-01-02", notes) == ((1,), (1.0,), "2020-01-02T12:00:00")
    assert ruler.find("2020-01-02T12", []) == ((1,), (1.0,), "2020-01-02T12")
    assert ruler.find("2020-01-02T00", []) == ((0, 1), (0.5, 0.5), "2020-01-02T00")
    assert notes == ["time: 2020-01-02 taken as the only point within it, 2020-01-02T12:00:00"]
    whole = _axis(0, 2, units="days since 2020-01-01", name="time")
    assert Ruler("time", whole).find("2020-01-02", notes) == ((0, 1), (0.5, 0.5), "2020-01-02")
    assert "taken as its first moment" in notes[1]


@pytest.mark.parametrize(
    ("axis", "text", "message"),
    [
        (_axis(0, 1), "2", "--at x=2: lies outside; the axis goes from 0 to 1"),
        (_axis(7.0), "8", "--at x=8: lies outside; the axis has the one point 7"),
        (_axis(0, 1), "inf", "--at x=inf: it is not a finite number"),
        (_axis(0, 1), "nan", "--at x: nan is not a coordinate"),
        (_axis(0, 1), "a", "--at x: 'a' is not a number"),
        (Axis("x", 4), "a", "--at x=a: the axis has no coordinates; give an index, 0 to 3"),
        (Axis("x", 4), "3.5", "--at x=3.5: lies outside; the axis has 4 points, counted from 0"),
        (
            TIME,
            "2021-01-01",
            "--at time=2021-01-01: lies outside; the axis goes from 2020",
        ),
        (TIME, "2020-13-01", "--at time: '2020-13-01' is not a date in the calendar standard"),
    ],
)
def test_what_lies_nowhere_is_refused(axis: Axis, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        _found(axis, text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("values", [(0, 1, 1), (0, 2, 1), (0, np.nan, 2)])
def test_coordinates_that_tell_no_place_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="go back and forth"):
        Ruler("x", _axis(*values))


def test_indices_count_from_the_end_too_and_may_lie_between_points() -> None:
    assert _found(Axis("x", 4), "-1") == {3: 1.0}
    assert _found(Axis("x", 4), "1.25") == {1: 0.75, 2: 0.25}
