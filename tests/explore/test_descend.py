"""Steepest descent and stream lines."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import UsageError
from gradcli.explore.descend import Manner, descend
from gradcli.numerics.grids import GridSlice

BOWL: dict[str, GridSlice] = {"x": slice(-2, 2, 0.1), "y": slice(-2, 2, 0.1)}
GLOBE: dict[str, GridSlice] = {"lat": slice(90, -91, -5), "lon": slice(0, 360, 5)}
DEGREES = {"lat": "degrees_north", "lon": "degrees_east"}


def test_a_bowl_is_descended_to_its_minimum() -> None:
    asked = request("x**2 + 3*(y - 0.33)**2", grid=BOWL)
    (path,) = descend(asked, [{"x": "1", "y": "1.5"}], Manner()).paths
    assert path.ended == "stationary"
    assert path.rows[-1][:2] == pytest.approx((0.0, 0.33), abs=0.005)
    values = [row[2] for row in path.rows]
    assert values == sorted(values, reverse=True)
    # Along the exact path y - 0.33 is proportional to x cubed.
    for x, y, *_ in path.rows:
        assert y - 0.33 == pytest.approx(1.17 * x**3, abs=1e-4)


def test_the_valley_of_rosenbrock_is_descended_to_its_minimum() -> None:
    grid: dict[str, GridSlice] = {"x": slice(-2, 2, 0.1), "y": slice(-1, 3, 0.1)}
    asked = request("(1-x)**2 + 100*(y-x**2)**2", grid=grid)
    (path,) = descend(asked, [{"x": "0.4", "y": "0.5"}], Manner()).paths
    assert path.ended == "stationary"
    assert path.rows[-1][:2] == pytest.approx((1.0, 1.0), abs=0.01)


@pytest.mark.long
@pytest.mark.parametrize("step", [0.01, 0.02, 0.05, 0.1])
def test_the_valley_is_descended_from_its_other_side(step: float) -> None:
    grid: dict[str, GridSlice] = {"x": slice(-2, 2, step), "y": slice(-1, 3, step)}
    asked = request("(1-x)**2 + 100*(y-x**2)**2", grid=grid)
    (path,) = descend(asked, [{"x": "-1.2", "y": "1"}], Manner()).paths
    assert path.ended == "stationary"
    assert path.rows[-1][:2] == pytest.approx((1.0, 1.0), abs=step)


def test_a_hill_is_ascended() -> None:
    asked = request("-x**2 - y**2", grid=BOWL)
    (path,) = descend(asked, [{"x": "1", "y": "1.5"}], Manner(ascend=True)).paths
    assert path.ended == "stationary"
    assert path.rows[-1][3] == pytest.approx(np.hypot(1, 1.5), abs=0.005)


def test_a_stream_line_of_a_rotation_is_a_circle() -> None:
    asked = request("u = -y; v = x", grid=BOWL, var="u,v")
    (path,) = descend(asked, [{"x": "1", "y": "0"}], Manner(length=2 * np.pi)).paths
    assert path.ended == "length"
    assert path.rows[-1][:2] == pytest.approx((1.0, 0.0), abs=1e-4)
    assert [row[2:4] for row in path.rows] == [
        pytest.approx((-row[1], row[0]), abs=1e-9) for row in path.rows
    ]


def test_components_follow_the_axes_as_they_are_named() -> None:
    asked = request("u = 1 + 0*x; v = 0*x", grid=BOWL, var="u,v", axis="y,x")
    made = descend(asked, [{"x": "1", "y": "0"}], Manner())
    assert made.columns == ["y", "x", "u", "v", "arc_length"]
    assert made.paths[0].rows[-1][:2] == pytest.approx((1.9, 1.0))


def test_a_path_in_metres_follows_a_parallel_around_the_globe() -> None:
    asked = request("u = 5+0*lat; v = 0*lat", grid=GLOBE, units=DEGREES, var="u,v", metric="sphere")
    radius = 6371229.0 * np.cos(np.radians(60))
    manner = Manner(length=2 * np.pi * radius)
    made = descend(asked, [{"lon": "350", "lat": "60"}], manner)
    assert made.units["arc_length"] == "m"
    assert made.paths[0].rows[-1][:2] == pytest.approx((710.0, 60.0), abs=1e-6)


def test_a_descent_in_metres_differs_from_one_in_degrees() -> None:
    text = "cos(lat*pi/180)*cos((lon-180)*pi/180)"  # falls away from (180, 0) along great circles
    places = [{"lon": "200", "lat": "40"}]
    asked = request(text, grid=GLOBE, units=DEGREES, axis="lon,lat", metric="sphere")
    (path,) = descend(asked, places, Manner(length=3e6)).paths
    lon, lat = np.radians(path.rows[-1][:2])
    before = np.degrees(np.arccos(path.rows[0][2]))
    apart = np.degrees(np.arccos(np.cos(lat) * np.cos(lon - np.pi)))
    assert np.radians(apart - before) * 6371229 == pytest.approx(3e6, rel=2e-4)
    notes = descend(request(text, grid=GLOBE, units=DEGREES), places, Manner(length=1)).notes
    assert any("a degree counts as the same length everywhere" in note for note in notes)


def test_a_path_stops_before_missing_values() -> None:
    made = descend(
        request("sqrt(1 - x**2)", grid={"x": slice(-2, 2, 0.1)}), [{"x": "0.3"}], Manner()
    )
    assert made.paths[0].ended == "missing"
    assert 0.7 < made.paths[0].rows[-1][0] < 1
    assert made.notes[-1].startswith("the path ends before a missing value: x=0.")


def test_derivatives_are_more_accurate_than_those_of_compute_unless_asked() -> None:
    asked = request("x**4/4 - x/2", grid={"x": slice(0, 2, 0.2)})
    ends = [
        descend(asked, [{"x": "0.2"}], Manner(accurate=asked_for)).paths[0].rows[-1][0]
        for asked_for in (False, True)
    ]
    assert ends[0] == pytest.approx(0.5 ** (1 / 3), abs=0.006)
    assert abs(ends[1] - 0.5 ** (1 / 3)) > 0.01
    short = descend(request("x**2", grid={"x": (-1, 0, 0.5)}), [{"x": "-1"}], Manner())
    assert "the accuracy is 2, because an axis is too short for 4" in short.notes


def test_a_start_on_a_curvilinear_grid_may_be_a_longitude_and_a_latitude(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:12, 0:15]
    path = tmp_path / "c.nc"
    with netCDF4.Dataset(path, "w") as made:
        made.createDimension("j", 12)
        made.createDimension("i", 15)
        for name, values, unit in (
            ("lon", 10 + columns + 0.1 * rows, "degrees_east"),
            ("lat", 40 + rows - 0.1 * columns, "degrees_north"),
            ("T", (columns - 7.0) ** 2 + (rows - 5.0) ** 2, "K"),
        ):
            variable = made.createVariable(name, "f8", ("j", "i"))
            variable[:] = values
            variable.units = unit
        made["T"].coordinates = "lon lat"
    asked = request(str(path), var="T")
    made_of = descend(asked, [{"lon": "13.3", "lat": "42.7"}], Manner())
    assert made_of.columns == ["j", "i", "T", "arc_length"]
    assert made_of.paths[0].rows[0][:2] == pytest.approx((3.0, 3.0))
    assert made_of.paths[0].rows[-1][:2] == pytest.approx((5.0, 7.0), abs=0.05)
    with pytest.raises(UsageError, match="name the axes of the grid by index"):
        descend(request(str(path), var="T", axis="lon,lat"), [{"lon": "13", "lat": "42"}], Manner())


@pytest.mark.parametrize(
    ("text", "more", "start", "message"),
    [
        ("x", {}, {"x": "1", "y": "7"}, "--from y=7: lies outside; the axis goes from -2 to 1.9"),
        (
            "x",
            {},
            {"x": "1"},
            "--from: no value for the axis y; the axes are x, y: write --from x=",
        ),
        ("x", {}, {"x": "1", "z": "1", "y": "1"}, "--from: no axis 'z'; there are: x, y"),
        (
            "log(x)",
            {},
            {"x": "-1", "y": "1"},
            "--from x=-1,y=1: the value or a derivative is missing",
        ),
        (
            "u=x;v=y",
            {},
            {"x": "1", "y": "1"},
            "a path follows one field, and there are several; choose one with --var: u, v",
        ),
        (
            "u=x;v=y",
            {"var": "u,v", "axis": "x"},
            {},
            "--var gives 2 components, and there are 1",
        ),
        ("x", {"units": {"x": "m", "y": "s"}}, {}, "a path has one unit of length: x has m and y"),
        (
            "u=x;v=y",
            {"var": "u,v", "edge_order": 2},
            {},
            "--edge-order: has no effect, because a stream line follows u",
        ),
    ],
)
def test_what_is_no_path_is_refused(
    text: str, more: dict[str, object], start: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        descend(request(text, grid=BOWL, **more), [start], Manner())
    assert str(caught.value).startswith(f"{text}: {message}")
