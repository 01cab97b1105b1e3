"""Coordinates over several axes go with results into another format than that of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

import gradcli

ROWS, COLUMNS = 5, 7


def grid(path: Path) -> xr.Dataset:
    """Write a field with longitude and latitude over two axes, some of them missing."""
    y, x = np.meshgrid(np.arange(ROWS), np.arange(COLUMNS), indexing="ij")
    lon, lat = 20.0 + x + 0.1 * y, 40.0 + y - 0.1 * x
    lon[0, 0] = lat[0, 0] = np.nan
    over = ("j", "i")
    data = xr.Dataset(
        {"T": (("t", *over), np.arange(70.0).reshape(2, ROWS, COLUMNS), {"units": "K"})},
        {
            "lon": (over, lon, {"units": "degrees_east", "standard_name": "longitude"}),
            "lat": (over, lat.astype("f4"), {"units": "degrees_north"}),
            "t": ("t", [0.0, 1.0], {"units": "s"}),
            "j": ("j", np.arange(ROWS)),
            "i": ("i", np.arange(COLUMNS)),
        },
    )
    data.to_netcdf(path, engine="netcdf4")
    return data


def derive(path: Path, out: Path, **given: Any) -> list[str]:
    asked = {"var": "T", "axis": "x,y", "metric": "sphere", "overwrite": True} | given
    return gradcli.differentiate(path, out, **asked).notes


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize("part", [{}, {"i": (2, 6), "j": (1, 4)}])
def test_they_are_written_as_the_file_has_them(
    suffix: str, part: dict[str, Any], tmp_path: Path
) -> None:
    data = grid(tmp_path / "f.nc").isel({name: slice(*ends) for name, ends in part.items()})
    notes = derive(tmp_path / "f.nc", tmp_path / f"o{suffix}", isel=part)
    assert not any("not written" in note for note in notes)
    if suffix == ".npz":
        with np.load(tmp_path / "o.npz") as found:
            for name in ("lon", "lat"):
                np.testing.assert_array_equal(found[name], data[name])
                assert found[name].dtype == data[name].dtype
        return
    with h5py.File(tmp_path / "o.h5") as file:
        for name in ("lon", "lat"):
            np.testing.assert_array_equal(file[name], data[name])
            assert file[name].attrs["units"] == data[name].attrs["units"]
            assert file[name].dims[1][0].name == "/i"
        assert set(file["dT_dx"].attrs["coordinates"].split()) == {"lon", "lat"}


@pytest.mark.parametrize("suffix", [".nc", ".nc3"])
def test_they_come_back_into_netcdf(suffix: str, tmp_path: Path) -> None:
    data = grid(tmp_path / "f.nc")
    derive(tmp_path / "f.nc", tmp_path / "o.h5")
    derive(tmp_path / "o.h5", tmp_path / f"b{suffix}", var="dT_dx", axis="t", metric=None)
    with xr.open_dataset(tmp_path / f"b{suffix}", engine="netcdf4") as found:
        assert {"lon", "lat"} <= set(found.coords)
        np.testing.assert_array_equal(found["lon"], data["lon"])
        assert found["lat"].attrs["units"] == "degrees_north"


def test_csv_names_those_that_it_does_not_get(tmp_path: Path) -> None:
    grid(tmp_path / "f.nc")
    notes = derive(tmp_path / "f.nc", tmp_path / "o_{component}.csv", isel={"t": 0}, axis="x")
    told = [note for note in notes if "not written" in note]
    assert told
    assert set(told[0].partition(": not written to ")[0].split(", ")) == {"lon", "lat"}


def test_a_coordinate_over_an_axis_that_is_not_there_is_named(tmp_path: Path) -> None:
    data = grid(tmp_path / "f.nc")
    data["level"] = ("k", np.arange(3.0))
    data["T"].encoding["coordinates"] = "lon lat level"
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    notes = derive(tmp_path / "f.nc", tmp_path / "o.npz")
    assert any(note.startswith("level: not written to") for note in notes)


def test_pressures_of_columns_are_written(tmp_path: Path) -> None:
    """They are the coordinate of the derivative, whether the variable names them or not."""
    over = ("profile", "level")
    pressure = np.cumsum(np.random.default_rng(0).uniform(1, 3, (3, 5)), 1)
    data = xr.Dataset(
        {
            "PRES": (over, pressure, {"units": "dbar", "axis": "Z"}),
            "TEMP": (over, np.sqrt(pressure), {"units": "degC"}),
        }
    )
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    derive(tmp_path / "f.nc", tmp_path / "o.npz", var="TEMP", axis="PRES", metric=None)
    with np.load(tmp_path / "o.npz") as found:
        np.testing.assert_array_equal(found["PRES"], pressure)
