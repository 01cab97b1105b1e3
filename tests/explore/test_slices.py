"""Which axes a picture shows, and where others are held."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.explore.slices import point_at, slice_of
from gradcli.model.axes import Axis

TIME = Axis("time", 3, np.array([0.0, 6, 12]), "hours since 2001-01-01", role="t")
DEPTH = Axis("depth", 4, np.array([0.0, 10, 30, 70]), "m", role="z", down=True)
LAT = Axis("lat", 5, np.linspace(30, 40, 5), "degrees_north", role="y")
LON = Axis("lon", 6, np.linspace(0, 10, 6), "degrees_east", role="x")
RUN = Axis("run", 2)
FIVE = (RUN, TIME, DEPTH, LAT, LON)


@pytest.mark.parametrize(
    ("axes", "at", "shown", "words", "guessed"),
    [
        (FIVE, {}, (3, 4),
         "run = index 0, time = 2001-01-01, depth = 0 m", ("run", "time", "depth")),
        (FIVE, {"time": "2001-01-01T12", "z": "30", "run": "-1"}, (3, 4),
         "run = index 1, time = 2001-01-01 12:00, depth = 30 m", ()),
        ((LON, LAT), {}, (1, 0), "", ()),  # y upwards, however the array lies
        ((TIME, DEPTH), {}, (1, 0), "", ()),  # depths upwards, time to the right
        ((TIME, LON), {}, (0, 1), "", ()),
        ((TIME, LAT), {}, (1, 0), "", ()),
        (FIVE, {"lat": "35", "lon": "2"}, (2, 1), "run = index 0, lat = 35 degrees_north, lon = 2 "
         "degrees_east", ("run",)),
        ((RUN, Axis("a", 1), Axis("b", 9)), {"run": "1"}, (2,), "run = index 1", ()),
    ],
)  # fmt: skip
def test_what_is_shown_and_where_the_rest_is_held(axes, at, shown, words, guessed) -> None:
    found = slice_of(axes, at, 2, [])
    assert (found.shown, found.words, found.guessed) == (shown, words, guessed)
    assert [i for i, place in enumerate(found.held) if place is None] == sorted(shown)


def test_a_line_goes_along_the_last_axis() -> None:
    assert slice_of((LAT, LON), {}, 1, []).shown == (1,)


def test_curved_coordinates_decide_which_axes_are_shown() -> None:
    axes = Axis("j", 4), Axis("i", 5), Axis("k", 6)
    assert slice_of(axes, {}, 2, [], over=(0, 1)).shown == (0, 1)


def test_a_coordinate_between_points_is_said() -> None:
    notes: list[str] = []
    assert point_at("depth", DEPTH, "12", notes) == 1
    assert notes == ["depth: the point nearest to 12 is taken, 10"]


@pytest.mark.parametrize(
    ("axis", "value", "told"),
    [
        (DEPTH, "100", "--at depth: 100 lies outside"),
        (DEPTH, "deep", "--at depth: 'deep' is not a number"),
        (RUN, "2", "--at run=2: the axis has 2 points"),
        (RUN, "x", "--at run=x: the axis has no coordinates"),
        (TIME, "1999-01-01", "--at time"),
    ],
)
def test_a_place_that_is_none_is_refused(axis: Axis, value: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"^{told}"):
        point_at(str(axis.name), axis, value, [])


def test_an_axis_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        slice_of(FIVE, {"depth": "10", "z": "10"}, 2, [])
