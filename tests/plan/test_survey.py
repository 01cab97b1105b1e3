"""What info says."""

from __future__ import annotations

import cProfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gradcli.model.protocols import Hints
from gradcli.plan.survey import survey


def by_name(items: list[dict], name: str) -> dict:
    return next(item for item in items if item["name"] == name)


def test_a_netcdf_file_is_described(samples: Path) -> None:
    found = survey(str(samples / "ocean.nc"), Hints())
    assert (found["format"], found["description"]) == ("netcdf", "netCDF-4")
    sst = by_name(found["variables"], "sst")
    assert (sst["type"], sst["shape"], sst["units"]) == ("int16", [6, 36, 60], "degC")
    assert (sst["chunks"], sst["compression"]) == ([1, 36, 60], "shuffle, deflate 4")
    assert sst["missing"] == "-32767"
    assert [would["result"] for would in sst["compute"]] == ["dsst_dtime", "dsst_dlat", "dsst_dlon"]
    kinds = {variable["name"]: variable["kind"] for variable in found["variables"]}
    assert kinds["lat_bnds"] == "bounds"
    assert kinds["crs"] == "grid mapping"
    lon, time = by_name(found["axes"], "lon"), by_name(found["axes"], "time")
    assert (lon["role"], lon["spacing"], lon["direction"]) == ("x", "snapped", "ascending")
    assert (time["spacing"], time["smallest_step"], time["largest_step"]) == ("uneven", 26, 38.5)


def test_an_axis_that_would_be_refused_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("t,a\n0,1\n2,2\n1,3\n")
    found = survey(str(path), Hints(columns=("t",), dims=("t",)))
    assert "direction" in found["variables"][0]["compute"][0]["refused"]


def test_unnamed_axes_are_told_apart_by_variable(tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", a=np.zeros((2, 3)), b=np.zeros((4, 5)))
    found = survey(str(tmp_path / "two.npz"), Hints())
    assert [axis["name"] for axis in found["axes"]] == ["a[0]", "a[1]", "b[0]", "b[1]"]
    assert [axis["option"] for axis in found["axes"]] == ["0", "1", "0", "1"]  # as --isel takes it


def test_dates_keep_the_fraction_of_a_second_that_is_certain(tmp_path: Path) -> None:
    start = 1_600_000_000_000_000_001
    for name, values, units in (
        ("exact", np.array([start, start + 10]), "nanoseconds since 1970-01-01"),
        ("days", np.array([25000.5, 25000 + 1 / 3]), "days since 1950-01-01"),
        ("short", np.array([0.25, 1.125], "f4"), "seconds since 2000-01-01"),
    ):
        data = xr.Dataset({"f": (name, np.zeros(2))})
        data[name] = (name, values, {"units": units})
        data.to_netcdf(tmp_path / f"{name}.nc", engine="netcdf4")
    dates = [
        survey(str(tmp_path / f"{name}.nc"), Hints())["axes"][0]["dates"]
        for name in ("exact", "days", "short")
    ]
    assert dates == [
        ["2020-09-13T12:26:40.000000001", "2020-09-13T12:26:40.000000011"],
        ["2018-06-13T12:00:00", "2018-06-13T08:00:00"],
        ["2000-01-01T00:00:00.25", "2000-01-01T00:00:01.125"],
    ]


def test_a_table_without_a_coordinate_says_what_is_needed(samples: Path) -> None:
    found = survey(str(samples / "track.csv"), Hints())
    assert any("--axis" in note for note in found["notes"])


def test_two_dimensional_coordinates_are_named(tmp_path: Path) -> None:
    y, x = np.mgrid[0:3.0, 0:4.0]
    grid = {"lon": (("j", "i"), 10 + x + y), "lat": (("j", "i"), 40 + y)}
    data = xr.Dataset({"t": (("j", "i"), x), "plain": (("i",), x[0])}, coords=grid)
    data["lon"].attrs, data["lat"].attrs = {"units": "degrees_east"}, {"units": "degrees_north"}
    data.to_netcdf(tmp_path / "c.nc")
    found = survey(str(tmp_path / "c.nc"), Hints())["variables"]
    assert by_name(found, "t")["curvilinear"] == {"x": "lon", "y": "lat", "over": ["j", "i"]}
    assert by_name(found, "plain")["curvilinear"] is None


@pytest.mark.parametrize("suffix", ["nc", "h5"])
def test_the_work_grows_as_the_number_of_variables_does(tmp_path: Path, suffix: str) -> None:
    """A file of 5,000 variables took 24 s, when each was compared with all others."""
    calls = []
    for count in (2, 20, 40):  # the first imports what is needed
        path = tmp_path / f"{count}.{suffix}"
        with netCDF4.Dataset(path, "w") as made:
            for name in "zyx":
                made.createDimension(name, 3)
            for number in range(count):
                made.createVariable(f"v{number}", "f8", ("z", "y", "x")).units = "K"
                made.createVariable(f"p{number}", "f8", ("z",)).units = "hPa"
        profile = cProfile.Profile()
        found = profile.runcall(survey, str(path), Hints())
        assert len(found["variables"]) == 2 * count
        entries = profile.getstats()
        calls.append(sum(entry.callcount for entry in entries))
    assert calls[2] < 2.05 * calls[1]
