"""Values and derivatives at points."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import UsageError
from gradcli.explore.probe import probe

GRID = {"x": slice(-5, 5, 0.05), "y": slice(-5, 5, 0.05)}


def test_the_point_20_30_of_the_sine_has_the_values_of_its_question() -> None:
    grid = {axis: slice(-2, 2, 0.05) for axis in "xy"}
    made = probe(request("sin(x + y)", grid=grid), [{"x": "-1", "y": "-0.5"}], ["--at"])
    ((value,), (in_x,), (in_y,)) = made.results.values()
    assert value == np.sin(-1.5)
    assert in_x == in_y == pytest.approx(np.cos(1.5), abs=1e-4)
    assert f"{in_x:.4f}" == "0.0707"


def test_fields_of_other_axes_share_the_table() -> None:
    grid = {"x": (0, 1, 2), "y": (0, 1, 4)}
    made = probe(request("u = x*y; v = y", grid=grid), [{"x": "1", "y": "2.5"}], ["--at"])
    assert list(made.results) == ["u", "du_dx", "du_dy", "v", "dv_dx", "dv_dy"]
    assert made.coordinates == {"x": [1.0], "y": [2.5]}


def test_missing_values_are_none_and_noted() -> None:
    asked = request("log(x)", grid={"x": slice(-1, 3, 1)})
    made = probe(asked, [{"x": "-1"}, {"x": "2"}], ["--at"] * 2)
    assert made.results["f"] == [None, np.log(2)]
    assert made.notes[-1] == "f, df_dx: missing at 1 of 2 points"


def test_columns_of_a_file_may_be_no_axes_and_names_of_options_may_not() -> None:
    asked = request("x", grid={"x": (0, 1, 2)})
    made = probe(asked, [{"x": "1", "who": "me"}], ["--points a.csv row 1"], ("x", "who"))
    assert made.results["f"] == [1.0]
    assert made.notes == ["no axis is called who: not used"]
    with pytest.raises(UsageError, match="--at: no axis 'who'; there are: x"):
        probe(asked, [{"x": "1", "who": "me"}], ["--at"])


@pytest.mark.parametrize("axis", [None, "time"])
def test_a_coordinate_beside_the_dimension_names_its_axis(tmp_path: Path, axis: str | None) -> None:
    path = tmp_path / "ship.nc"
    with netCDF4.Dataset(path, "w") as made:
        made.createDimension("obs", 4)
        for name, values, unit in (
            ("time", [0.0, 1, 3, 7], "days since 2020-01-01"),
            ("depth", [9.0, 8, 6, 2], "m"),
        ):
            variable = made.createVariable(name, "f8", ("obs",))
            variable[:] = values
            variable.units = unit
        made["depth"].coordinates = "time"
    asked = request(str(path), var="depth", axis=axis)
    found = probe(asked, [{"time": "2020-01-03"}, {"time": "5"}], ["--at"] * 2)
    assert found.coordinates == {"time": ["2020-01-03", 5.0]}
    assert found.units["time"] == "days since 2020-01-01"
    assert found.results["depth"] == [7.0, 4.0]


def test_variables_on_other_axes_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = str(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "w") as made:
        for name, size in (("t", 3), ("y", 4), ("run", 5)):
            made.createDimension(name, size)
        for name, axes in (("T", ("t", "y")), ("H", ("y",)), ("cost", ("run",))):
            made.createVariable(name, "f8", axes)[:] = np.ones(
                [len(made.dimensions[a]) for a in axes]
            )
    found = probe(request(path), [{"t": "1", "y": "2"}], ["--at"])
    assert list(found.results) == ["T", "dT_dt", "dT_dy", "H", "dH_dy"]
    assert found.notes[-1] == "cost: left out, because the points do not name all axes"
    with pytest.raises(UsageError, match="the axes of T are t, y"):
        probe(request(path), [{"y": "2"}], ["--at"])
    with pytest.raises(UsageError, match="the axes of cost are run"):
        probe(request(path, var="T,cost"), [{"t": "1", "y": "2"}], ["--at"])
