"""Longitudes that go around the globe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import UsageError
from gradcli.model.axes import Axis
from gradcli.plan.around import part_of

GLOBE = np.arange(0, 360, 45.0)
CLOSED = np.arange(0, 361, 45.0)
SHIFTED = np.array([0, 45, 90, 135, -180, -135, -90, -45.0])
PACIFIC = np.arange(280, 301, 5.0)


def taken(values: Any, asked: Any, units: str = "degrees_east") -> tuple[list[float], list[str]]:
    """Return the coordinates of a part, and the notes."""
    axis = Axis("lon", len(values), np.array(values, "f8"), units)
    notes: list[str] = []
    made, first, stop = part_of("lon", axis, None, asked, notes)
    assert made.values is not None
    return made.values[first:stop].tolist(), notes


@pytest.mark.parametrize(
    ("values", "asked", "found"),
    [
        (GLOBE, (315, 45), [315, 360, 405]),
        (GLOBE, ("-90", "90"), [-90, -45, 0, 45, 90]),
        (GLOBE, (-180, 180), [-180, -135, -90, -45, 0, 45, 90, 135]),
        (GLOBE, (0, 360), GLOBE),
        (GLOBE, (45, 44), [45, 90, 135, 180, 225, 270, 315, 360]),
        (GLOBE, (-90, -45), [270, 315]),
        (GLOBE[::-1], (315, 45), [405, 360, 315]),
        (GLOBE[::-1], (45, 315), [315, 270, 225, 180, 135, 90, 45]),
        (CLOSED, (315, 45), [315, 360, 405]),
        (CLOSED, (-180, 180), [-180, -135, -90, -45, 0, 45, 90, 135]),
        (CLOSED, (-45, 0), [315, 360]),
        (CLOSED, (0, 360), CLOSED),
        (SHIFTED, (-90, 90), [-90, -45, 0, 45, 90]),
        (SHIFTED, (90, -90), [90, 135, -180, -135, -90]),
        (PACIFIC, (-75, -70), [285, 290]),
        (PACIFIC, (250, 310), PACIFIC),
        (GLOBE, (-1e300, 1e300), GLOBE),
        (GLOBE, (-1000, 1000), GLOBE),
        (GLOBE, (float("-inf"), 100), [0, 45, 90]),
        (GLOBE, (-45, None), [315]),
        (GLOBE, (350, None), [0]),
        (CLOSED, (-45, None), [315]),
        (PACIFIC, (-61, None), [300]),
    ],
)
def test_a_longitude_goes_around(values: Any, asked: Any, found: Any) -> None:
    assert taken(values, asked)[0] == list(found)


def test_any_unit_of_angle_goes_around() -> None:
    found, _ = taken(np.radians(GLOBE), (-0.8, 0.8), "radian")
    np.testing.assert_allclose(found, np.radians([-45, 0, 45]), atol=1e-15)


def test_what_is_written_is_said() -> None:
    assert "written as 315 to 405" in taken(GLOBE, (315, 45))[1][0]
    assert taken(GLOBE, (-90, -45))[1] == [
        "lon: is written with the longitudes of the file, 270 to 315"
    ]
    assert "the point nearest to 350 is taken, 0" in taken(GLOBE, (350, None))[1][0]
    assert taken(GLOBE, (45, 90))[1] == []


@pytest.mark.parametrize("asked", [(290, 285), (-70, -75), (295, 282)])
def test_a_part_across_the_ends_of_a_regional_axis_is_refused(asked: Any) -> None:
    first, last = asked
    with pytest.raises(UsageError, match=f"does not close.* 280 to 300; .*lon={last}:{first}"):
        taken(PACIFIC, asked)


@pytest.mark.parametrize("asked", [(200, 250), (-90, None)])
def test_what_lies_outside_is_refused(asked: Any) -> None:
    with pytest.raises(UsageError, match="the axis goes from 280 to 300"):
        taken(PACIFIC, asked)


def test_other_axes_go_nowhere() -> None:
    assert taken(GLOBE, (315, 45), "m")[0] == [45, 90, 135, 180, 225, 270, 315]


@given(
    count=st.integers(3, 40),
    start=st.integers(-360, 360),
    first=st.integers(-720, 720),
    width=st.integers(0, 359),
    down=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_a_part_of_a_globe(count: int, start: int, first: int, width: int, down: bool) -> None:
    """A part holds all points from west to east, next to each other, and no others."""
    values = start + np.arange(count) * 360 / count
    inside = (values - first) % 360 <= width
    inside |= np.isclose((values - first) % 360, 360) | np.isclose((values - first) % 360, width)
    if not inside.any():
        with pytest.raises(UsageError, match="no point"):
            taken(values, (first, first + width))
        return
    found, _ = taken(values[::-1] if down else values, (first, first + width))
    steps = np.diff(found)
    np.testing.assert_allclose(steps, -360 / count if down else 360 / count)
    wanted = np.sort(values[inside] % 360)
    np.testing.assert_allclose(np.sort(np.array(found) % 360), wanted, atol=1e-9)


# --- in files -------------------------------------------------------------------------------------


def write(path: Path, lon: np.ndarray, f: np.ndarray) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("lat", 4), ("lon", lon.size)):
            file.createDimension(name, size)
        file.createVariable("lat", "f8", ("lat",))[:] = [-30, 0, 10, 40]
        variable = file.createVariable("lon", "f8", ("lon",))
        variable.setncatts({"units": "degrees_east"})
        variable[:] = lon
        file["lat"].units = "degrees_north"
        file.createVariable("f", "f8", ("lat", "lon"))[:] = f
    return path


def derived(path: Path, **given: Any) -> xr.Dataset:
    out = path.with_name("out.nc")
    gradcli.differentiate(path, out, axis="lon", overwrite=True, **given)
    with xr.open_dataset(out, engine="netcdf4") as found:
        return found.load()


F = np.random.default_rng(5).normal(size=(4, 36))
EVEN = np.arange(0, 360, 10.0)
UNEVEN = EVEN + np.random.default_rng(6).uniform(-2, 2, 36)


@pytest.mark.parametrize("lon", [EVEN, EVEN[::-1], EVEN.astype("f4"), UNEVEN])
@pytest.mark.parametrize(
    "way",
    [
        {"smooth": "savgol:5,2"},
        {"metric": "sphere", "missing": "adapt", "accuracy": 6},
    ],
)
def test_stencils_cross_the_seam(tmp_path: Path, lon: np.ndarray, way: Any) -> None:
    f = F.copy()
    f[2, 1] = np.nan
    path = write(tmp_path / "f.nc", lon, f)
    whole = derived(path, periodic={"lon": None if lon is not UNEVEN else 360.0}, **way)
    part = derived(path, sel={"lon": (330, 35)}, **way)
    places = [int(np.abs((lon - x + 180) % 360 - 180).argmin()) for x in part["lon"].to_numpy()]
    wanted = whole["df_dlon"].to_numpy()[:, places]
    if lon is UNEVEN:  # a turn that is added rounds the coordinates
        np.testing.assert_allclose(part["df_dlon"], wanted, rtol=1e-11)
    else:
        np.testing.assert_array_equal(part["df_dlon"], wanted)


def test_without_a_halo_the_part_is_all_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", EVEN, F)
    part = derived(path, sel={"lon": (-20, 20)}, halo=False)
    wanted = np.gradient(F[:, [34, 35, 0, 1, 2]], 10.0, axis=1)
    np.testing.assert_allclose(part["df_dlon"], wanted, rtol=1e-12)


@pytest.mark.parametrize("suffix", [".h5", ".npz", ".csv"])
def test_other_formats_hold_the_part_in_its_order(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / "f.nc", EVEN, F)
    if suffix == ".h5":
        path = tmp_path / "f.h5"
        with h5py.File(path, "w") as file:
            file["lon"], file["f"] = EVEN, F
            file["lon"].attrs["units"] = "degrees_east"
            file["lon"].make_scale("lon")
            file["f"].dims[1].attach_scale(file["lon"])
    out = tmp_path / f"out{suffix}"
    gradcli.differentiate(path, out, axis="lon", var="f", sel={"lon": (-20, 20)})
    wanted = np.gradient(np.tile(F, 3), 10.0, axis=1)[:, [34, 35, 36, 37, 38]]
    if suffix == ".csv":
        found = np.loadtxt(out, delimiter=",", skiprows=1)[:, 1:]
        assert out.read_text().split("\n")[0].split(",")[1:] == [
            "-20.0",
            "-10.0",
            "0.0",
            "10.0",
            "20.0",
        ]
    else:
        with h5py.File(out) if suffix == ".h5" else np.load(out) as file:
            found = np.array(file["df_dlon"])
            np.testing.assert_array_equal(file["lon"], [-20, -10, 0, 10, 20])
    np.testing.assert_allclose(found[:, 1:-1], wanted[:, 1:-1], rtol=1e-12)


def test_a_column_of_longitudes_goes_around(tmp_path: Path) -> None:
    rows = "".join(f"{x},{y}\n" for x, y in zip(EVEN, F[0], strict=True))
    (tmp_path / "f.csv").write_text("lon,f\n" + rows)
    report = gradcli.differentiate(tmp_path / "f.csv", axis="lon", sel={"lon": (350, 10)})
    found = np.loadtxt(report.outputs[0], delimiter=",", skiprows=1)
    np.testing.assert_array_equal(found[:, 0], [350, 360, 370])
    ring = np.gradient(np.tile(F[0], 3), 10.0)[35:38]
    np.testing.assert_allclose(found[:, 1], ring, rtol=1e-12)


def test_a_part_of_a_sorted_axis_goes_around(tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(36)
    path = write(tmp_path / "f.nc", EVEN[order], F[:, order])
    wanted = derived(write(tmp_path / "g.nc", EVEN, F), sel={"lon": (340, 30)})
    found = derived(path, sel={"lon": (340, 30)}, sort=True)
    np.testing.assert_array_equal(found["df_dlon"], wanted["df_dlon"])
    np.testing.assert_array_equal(found["lon"], wanted["lon"])
