"""Parts of CF ragged arrays by the number, the name or the time of their tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import UsageError

LENGTHS = [6, 5, 0, 7]
ROWS = [slice(0, 6), slice(6, 11), slice(11, 11), slice(11, 18)]


def profiles(path: Path, order: Any = None) -> Path:
    """Write profiles, contiguous or indexed by the number of the profile of each row."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("profile", len(LENGTHS))
        file.createDimension("obs", sum(LENGTHS))
        file.createDimension("chars", 4)
        if order is None:
            made = file.createVariable("rowSize", "i4", ("profile",))
            made.sample_dimension, made[:] = "obs", LENGTHS
        else:
            made = file.createVariable("index", "i4", ("obs",))
            made.instance_dimension, made[:] = "profile", order
        for name, values, said in (
            ("id", [10, 14, 12, 16], {"cf_role": "profile_id"}),
            ("time", [0, 1, 2, 3], {"units": "days since 2000-01-01", "standard_name": "time"}),
        ):
            made = file.createVariable(name, "f8", ("profile",))
            made.setncatts(said)
            made[:] = values
        words = np.array(["ab", "cd", "ef", "gh"], "S4").view("S1").reshape(4, 4)
        file.createVariable("name", "S1", ("profile", "chars"))[:] = words
        made = file.createVariable("PRES", "f8", ("obs",))
        made.setncatts({"units": "dbar", "axis": "Z", "positive": "down"})
        made[:] = np.concatenate([1 + 3.0 * np.arange(n) for n in LENGTHS])
        made = file.createVariable("TEMP", "f8", ("obs",))
        made.units, made[:] = "degC", np.arange(18) ** 1.5
    return path


def derive(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    report = gradcli.differentiate(path, var="TEMP", axis="PRES", overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes


@pytest.mark.parametrize(
    ("given", "first", "stop"),
    [
        ({"isel": {"profile": 1}}, 1, 2),
        ({"isel": {"profile": -1}}, 3, 4),
        ({"isel": {"profile": slice(1, None)}}, 1, 4),
        ({"sel": {"id": 14}}, 1, 2),
        ({"sel": {"name": "gh"}}, 3, 4),
        ({"sel": {"time": "2000-01-02"}}, 1, 2),
        ({"sel": {"time": slice("2000-01-01", "2000-01-02")}}, 0, 2),
    ],
)
@pytest.mark.parametrize(
    "indexed", [False, pytest.param(True, marks=pytest.mark.long)], ids=["contiguous", "indexed"]
)
def test_tracks_are_their_rows(
    given: dict[str, Any], first: int, stop: int, indexed: bool, tmp_path: Path
) -> None:
    order = np.repeat(np.arange(4), LENGTHS) if indexed else None
    path = profiles(tmp_path / "p.nc", order)
    whole, _ = derive(path)
    rows = slice(ROWS[first].start, ROWS[stop - 1].stop)
    part, notes = derive(path, halo=first > 0, **given)
    np.testing.assert_array_equal(part["dTEMP_dPRES"], whole["dTEMP_dPRES"][rows])
    (name,) = next(iter(given.values()))
    assert f"{name}: the part is that of the rows {rows.start}:{rows.stop} of obs" in notes


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"isel": {"profile": 4}}, "selects none of the 4 points"),
        ({"isel": {"profile": 2}}, "the tracks selected have no points"),
        ({"sel": {"id": 11}}, "there is no track 11"),
        ({"sel": {"id": "ten"}}, "there is no track ten"),
        ({"sel": {"name": "xy"}}, "there is no track xy"),
        ({"sel": {"id": slice(13, 15)}, "isel": {"obs": 1}}, "rows of obs are selected too"),
        ({"sel": {"PRES": slice(4, 8)}}, "lie in several tracks"),
        ({"sel": {"time": "2001"}}, "lies outside"),
    ],
)
def test_parts_that_are_none_are_refused(given: dict[str, Any], error: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=error):
        derive(profiles(tmp_path / "p.nc"), **given)


def test_rows_of_a_track_that_lie_apart_are_refused(tmp_path: Path) -> None:
    path = profiles(tmp_path / "p.nc", [0, 1] * 6 + [3] * 6)
    with pytest.raises(UsageError, match="do not follow one another along obs"):
        derive(path, isel={"profile": 1})
    path = profiles(tmp_path / "q.nc", np.repeat(np.arange(4), LENGTHS))
    part, _ = derive(path, isel={"profile": 3})
    whole, _ = derive(path)
    np.testing.assert_array_equal(part["dTEMP_dPRES"], whole["dTEMP_dPRES"][11:])


def test_bounds_of_a_coordinate_that_differs_by_column(tmp_path: Path) -> None:
    """Pressures of profiles side by side are no part of the axis of levels."""
    over = ("profile", "level")
    data = xr.Dataset(
        {
            "PRES": (over, np.cumsum(np.ones((3, 5)), 1), {"units": "dbar", "axis": "Z"}),
            "TEMP": (over, np.ones((3, 5)), {"units": "degC"}),
        }
    )
    data.to_netcdf(tmp_path / "p.nc", engine="netcdf4")
    with pytest.raises(UsageError, match=r"PRES\'\]: its values differ from column to column"):
        derive(tmp_path / "p.nc", sel={"PRES": slice(2, 4)})
