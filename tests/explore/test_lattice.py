"""Names of axes, and places on the grid of a task."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gradcli.api import request
from gradcli.errors import UsageError
from gradcli.explore.evaluate import evaluation
from gradcli.explore.lattice import Lattice

GRID = {"t": (5.0,), "y": slice(0, 4, 1), "x": slice(0, 3, 0.5)}


@pytest.fixture
def lattice() -> Iterator[Lattice]:
    asked = request("x + y", grid=GRID, periodic={"x": None})
    with evaluation(asked) as found:
        yield Lattice(found, 0, asked.settings)


def test_an_axis_of_one_point_need_not_be_named(lattice: Lattice) -> None:
    place = lattice.find({"y": "1", "x": "0.75", "z": "9"}, [], "--at")
    assert place.shown == {"y": 1.0, "x": 0.75}
    assert [corners.points for corners in place.corners] == [((0,),), ((1,),), ((1,), (2,))]
    assert lattice.find({"t": "5", "1": "1", "-1": "0.75"}, [], "--at").shown == {
        "t": 5.0,
        "y": 1.0,
        "x": 0.75,
    }


def test_a_periodic_axis_closes_after_its_steps(lattice: Lattice) -> None:
    assert lattice.ruler(2).turn == 3.0
    place = lattice.find({"y": "1", "x": "2.75"}, [], "--at")
    assert place.corners[-1].points == ((5,), (0,))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"x": "1"}, "--from: no value for the axis y; the axes are y, x: write --from y=…,x=…"),
        ({"x": "1", "-1": "1"}, "--from: x and -1 are the same axis; name it once"),
        ({"x": "1", "y": "7"}, "--from y=7: lies outside; the axis goes from 0 to 3"),
    ],
)
def test_a_place_that_is_none_is_refused(
    lattice: Lattice, said: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        lattice.find(said, [], "--from")
    assert str(caught.value) == message


def test_what_names_an_axis(lattice: Lattice) -> None:
    assert [lattice.knows(name) for name in ("x", "-1", "2", "3", "q")] == [True] * 3 + [False] * 2
