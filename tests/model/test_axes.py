"""How an axis is named."""

from __future__ import annotations

import re

import pytest

from gradcli.errors import UsageError
from gradcli.model.axes import Axis, find_axis

GRID = (
    Axis("time", 3, role="t", standard_name="time"),
    Axis("rlat", 4, role="y", standard_name="grid_latitude", coordinate="grid/latitude"),
    Axis("x", 5),
    Axis("rlon", 6, role="x", standard_name="grid_longitude"),
)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("time", 0),
        ("rlat", 1),
        ("latitude", 1),
        ("x", 2),  # the dimension's own name comes before the role
        ("t", 0),
        ("y", 1),
        ("grid_longitude", 3),
        ("0", 0),
        ("-1", 3),
    ],
)
def test_names_in_their_order(wanted: str, index: int) -> None:
    assert find_axis(GRID, wanted) == index


@pytest.mark.parametrize("wanted", ["z", "lat", "4", "-5", "", "--"])
def test_unknown_names_are_refused(wanted: str) -> None:
    with pytest.raises(UsageError):
        find_axis(GRID, wanted)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("lon", "rlon' (x)"), ("Latitude", "rlat' (y)"), ("date", "time' (t)")],
)
def test_a_usual_name_is_told_the_axis_of_its_role(wanted: str, meant: str) -> None:
    axes = tuple(axis if axis.role else Axis("n", 5) for axis in GRID)
    axes = tuple(Axis(axis.name, axis.size, role=axis.role) for axis in axes)
    with pytest.raises(UsageError, match=f"did you mean '{re.escape(meant)}") as caught:
        find_axis(axes, wanted)
    assert str(caught.value).endswith("There are: time, rlat, n, rlon")


def test_a_role_that_two_axes_have_is_refused() -> None:
    with pytest.raises(UsageError, match=r"a \(index 0\), b \(index 1\)"):
        find_axis((Axis("a", 2, role="x"), Axis("b", 2, role="x")), "x")


def test_unnamed_axes_are_never_guessed() -> None:
    with pytest.raises(UsageError, match=r"--axis 1.*--dims y,x"):
        find_axis((Axis(None, 2), Axis(None, 3)), "x")


def test_a_dimension_called_by_a_number_comes_first() -> None:
    assert find_axis((Axis("1", 2), Axis("0", 3)), "0") == 1


def test_the_path_of_a_coordinate_names_its_axis() -> None:
    axes = (Axis("y", 2), Axis(None, 3, coordinate="scan/x"))
    assert find_axis(axes, "scan/x") == find_axis(axes, "x") == 1
