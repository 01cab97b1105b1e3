"""Regions of two-dimensional coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import UsageError

ROW, COLUMN = np.mgrid[:30, :40]
LON, LAT = (330 + 2 * COLUMN - 0.3 * ROW) % 360, 30 + 1.0 * ROW + 0.1 * COLUMN
T = np.random.default_rng(1).normal(size=(2, 30, 40))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name, size in (("time", 2), ("j", 30), ("i", 40)):
            file.createDimension(name, size)
        for name, data, way in (("longitude", LON, "east"), ("latitude", LAT, "north")):
            variable = file.createVariable(name[:3], "f8", ("j", "i"))
            variable.setncatts({"units": f"degrees_{way}", "standard_name": name})
            variable[:] = data
        for name in ("T", "S"):
            file.createVariable(name, "f8", ("time", "j", "i"))[:] = T
            file[name].coordinates = "lon lat"
    return tmp_path / "f.nc"


def derived(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    out = path.with_name("out.nc")
    given = {"axis": "x,y", "metric": "sphere", "overwrite": True} | given
    report = gradcli.differentiate(path, out, **given)
    with xr.open_dataset(out, engine="netcdf4") as found:
        return found.load(), report.notes


def inside(west: float, east: float, south: float, north: float) -> np.ndarray:
    found: np.ndarray = ((LON - west) % 360 <= (east - west) % 360) & (south <= LAT)
    return found & (north >= LAT)


def box_of(found: np.ndarray) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(found.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


@pytest.mark.parametrize(
    ("names", "west"), [(("lon", "lat"), 350), (("x", "y"), -10), (("longitude", "latitude"), 350)]
)
def test_a_region_is_the_smallest_box_that_holds_it(
    path: Path, names: tuple[str, str], west: float
) -> None:
    sel = {names[0]: (west, 10), names[1]: (40, 50)}
    part, notes = derived(path, sel=sel)
    whole, _ = derived(path)
    found = inside(350, 10, 40, 50)
    rows, columns = box_of(found)
    for name in ("dT_dx", "dT_dy", "dS_dx"):
        wanted = np.where(found, whole[name], np.nan)[:, rows, columns]
        np.testing.assert_array_equal(part[name], wanted)
    np.testing.assert_array_equal(part["lon"], LON[rows, columns])
    outside = int((~found[rows, columns]).sum())
    shape = f"{rows.stop - rows.start} by {columns.stop - columns.start}"
    assert outside
    assert [note for note in notes if "region" in note] == [
        f"{', '.join(names)}: the region lies in a box of {shape} points along j and i; "
        f"{outside} of these lie outside the region, and are missing"
    ]


def test_a_region_that_fills_its_box_counts_no_points_outside(path: Path) -> None:
    _, notes = derived(path, sel={"lat": (-90, 90)}, axis="j", metric=None)
    (told,) = (note for note in notes if "region" in note)
    assert told.endswith("points along j and i")


def test_one_coordinate_bounds_a_region(path: Path) -> None:
    part, _ = derived(path, sel={"lat": (60, 55)}, axis="j", metric=None)
    found = (LAT >= 55) & (LAT <= 60)
    rows, columns = box_of(found)
    wanted = np.where(found, np.gradient(T, axis=1), np.nan)[:, rows, columns]
    np.testing.assert_allclose(part["dT_dj"], wanted, rtol=1e-12)


def test_a_region_within_a_part(path: Path) -> None:
    sel = {"lon": (350, 10), "lat": (40, 50)}
    part, _ = derived(path, sel=sel, isel={"j": (12, 16), "time": 1})
    whole, _ = derived(path)
    found = inside(350, 10, 40, 50)[12:16]
    _, columns = box_of(found)
    wanted = np.where(found, whole["dT_dx"][1, 12:16], np.nan)[None, ..., columns]
    np.testing.assert_array_equal(part["dT_dx"], wanted)


def test_without_a_halo_the_box_is_all_there_is(path: Path) -> None:
    part, _ = derived(path, sel={"lon": (350, 10)}, axis="i", metric=None, halo=False)
    found = inside(350, 10, -90, 90)
    rows, columns = box_of(found)
    wanted = np.where(found[rows, columns], np.gradient(T[:, rows, columns], axis=2), np.nan)
    np.testing.assert_allclose(part["dT_di"], wanted, rtol=1e-12)


def test_two_numbers_mean_the_nearest_point(path: Path) -> None:
    part, _ = derived(path, sel={"lon": ("355", None), "lat": ("45.2", None)})
    whole, _ = derived(path)
    off = ((LON - 355 + 180) % 360 - 180) * np.cos(np.radians(45.2))
    at = np.unravel_index(np.hypot(off, LAT - 45.2).argmin(), LON.shape)
    assert part["dT_dx"].shape == (2, 1, 1)
    np.testing.assert_array_equal(part["dT_dx"][:, 0, 0], whole["dT_dx"][:, at[0], at[1]])


@pytest.mark.parametrize(
    ("sel", "words"),
    [
        ({"lon": (350, 10), "lat": (80, 85)}, "no point of the grid lies in this region"),
        ({"lon": (5, None)}, "give two bounds"),
        ({"lon": (5, None), "lat": (40, 50)}, "give two bounds"),
        ({"lon": (350, 10), "longitude": (0, 5)}, "the same coordinate"),
        ({"lon": ("a", "b")}, "is not a number"),
        ({"depth": (0, 5)}, "no axis 'depth'"),
    ],
)
def test_what_says_no_region_is_refused(path: Path, sel: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        derived(path, sel=sel)
    assert [p.name for p in path.parent.iterdir()] == ["f.nc"]


def test_small_blocks_give_the_same(path: Path) -> None:
    sel = {"lon": (330, 30), "lat": (35, 58)}
    whole, _ = derived(path, sel=sel)
    small, _ = derived(path, sel=sel, chunks={"i": 3, "j": 4})
    np.testing.assert_array_equal(small["dT_dx"], whole["dT_dx"])


def test_points_without_coordinates_lie_nowhere(path: Path) -> None:
    with netCDF4.Dataset(path, "a") as file:
        file["lat"][15, 5:9] = np.nan
        file["lon"][16, 5:9] = np.nan
    part, _ = derived(path, sel={"lat": (30, 80)}, axis="i", metric=None)
    assert np.isnan(part["dT_di"][:, 15:17, 5:9]).all()
