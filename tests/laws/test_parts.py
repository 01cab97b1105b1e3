"""A part of a result has the numbers of the whole, cut: stencils reach beyond the part."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest
import xarray as xr
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import InputError, UsageError

Y = np.array([0.0, 1.0, 2.5, 3.0, 4.5, 7.0, 8.0, 9.5, 11.0, 12.0, 14.0, 15.0])
X = np.linspace(0, 1.7, 18)
SHAPE = 3, Y.size, X.size
PARTS = (((4, 9), (5, 11)), (5, 8), ((0, 3), (14, None)))  # inside, one point, at the ends


def values(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape)


def write(
    path: Path,
    f: np.ndarray,
    coordinates: dict[str, np.ndarray],
    units: dict[str, str],
    **more: Any,
) -> Path:
    """Write fields over t, y and x, in a NetCDF file with small chunks."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("t", "y", "x"), f.shape, strict=True):
            file.createDimension(name, size)
            if name in coordinates:
                variable = file.createVariable(name, coordinates[name].dtype, (name,))
                variable[:] = coordinates[name]
                variable.setncatts({"units": units.get(name, "m")})
        for name, data in {"f": f, **more}.items():
            variable = file.createVariable(name, "f8", ("t", "y", "x"), chunksizes=(1, 5, 4))
            variable[:] = data
            variable.units = "K"
    return path


def plain(path: Path) -> Path:
    f = values()
    f[:, 6, 9] = np.nan
    return write(path, f, {"y": Y, "x": X}, {})


def results(path: Path, **given: Any) -> dict[str, np.ndarray]:
    """Return what is written, by name."""
    out = path.with_name("out" + given.pop("suffix", ".nc"))
    report = gradcli.differentiate(path, out, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4", decode_cf=False) as found:
        return {str(name): found[name].to_numpy() for name in found.variables}


def assert_cut(path: Path, parts: Iterable[Any] = PARTS, **given: Any) -> None:
    """Assert that the results of parts of y and x are those of the whole, byte for byte."""
    whole = results(path, **given)
    made = [name for name in whole if name.startswith(("d", "lap", "grad", "curl"))]
    assert made
    for y, x in parts:
        cut = results(path, isel={"y": y, "x": x}, **given)
        window = slice(None), _slice(y), _slice(x)
        for name in made:
            np.testing.assert_array_equal(cut[name], whole[name][window], err_msg=name)


def _slice(part: int | tuple[int, int | None]) -> slice:
    return slice(part, part + 1) if isinstance(part, int) else slice(*part)


WAYS: dict[str, dict[str, Any]] = {
    "plain": {"axis": "x,y"},
    "all axes": {},
    "accuracy 8": {"axis": "y,x", "accuracy": 8},
    "one-sided": {"axis": "x,y", "scheme": "forward", "accuracy": 3},
    "missing at the ends": {"axis": "x,y", "edges": "missing", "accuracy": 4},
    "mixed and repeated": {"axis": "x,y", "order": 2, "accuracy": 4},
    "adapted": {"axis": "x,y", "missing": "adapt", "accuracy": 4},
    "adapted and mixed": {"axis": "x,y", "missing": "adapt", "operator": "hessian"},
    "smoothed": {"axis": "x,y", "smooth": "savgol:7,2"},
    "periodic": {"axis": "x,y", "periodic": {"x": None, "y": 17.0}, "accuracy": 6},
    "an index": {"axis": "x,y", "spacing": 0.5},
    "several operators": {"axis": "x,y", "also": "laplacian,magnitude"},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_part_is_the_whole_cut(tmp_path: Path, way: dict[str, Any]) -> None:
    assert_cut(plain(tmp_path / "f.nc"), **way)


def test_a_part_of_an_axis_that_is_put_in_order(tmp_path: Path) -> None:
    y = np.array([3.0, 1.0, 2.0, 2.0, 9.0, 8.0, 7.0, 7.0, 6.0, 5.0, 4.0, 0.0, 12.0, 11.0, 10.0])
    path = write(tmp_path / "f.nc", values((2, y.size, X.size)), {"y": y, "x": X}, {})
    given = {"axis": "y,x", "sort": True, "duplicates": "mean", "accuracy": 4}
    assert_cut(path, **given)


def geographic(path: Path, lon: np.ndarray, lat: np.ndarray) -> Path:
    """Write two components on longitudes and latitudes."""
    f = values((2, lat.size, lon.size))
    units = {"x": "degrees_east", "y": "degrees_north"}
    return write(path, f, {"y": lat, "x": lon}, units, g=f[::-1] ** 2)


@pytest.mark.parametrize(
    "way",
    [
        {"axis": "x,y", "metric": "sphere"},
        {"axis": "x,y", "metric": "wgs84", "accuracy": 6},
        {"axis": "x,y", "metric": "sphere", "operator": "laplacian"},
        {"axis": "x,y", "metric": "sphere", "operator": "curl", "var": "f,g"},
    ],
)
def test_a_part_in_metres(tmp_path: Path, way: dict[str, Any]) -> None:
    path = geographic(tmp_path / "f.nc", np.arange(18) * 20.0, np.linspace(-88, 88, 12))
    assert_cut(path, **way)


def curved(path: Path, lon: np.ndarray, lat: np.ndarray) -> Path:
    """Write two components on two-dimensional longitudes and latitudes."""
    f = values((2, *lon.shape))
    write(path, f, {}, {}, g=f[::-1] ** 2)
    with netCDF4.Dataset(path, "a") as file:
        for name, data, units in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createVariable(name, "f8", ("y", "x"))[:] = data
            file[name].units = units
        for name in ("f", "g"):
            file[name].coordinates = "lon lat"
    return path


def tilted(rows: int = 12, columns: int = 18) -> tuple[np.ndarray, np.ndarray]:
    j, i = np.mgrid[:rows, :columns]
    return (330 + 4.0 * i - 0.7 * j) % 360, 20 + 4.0 * j + 0.5 * i


@pytest.mark.parametrize(
    "way",
    [
        {"metric": "sphere", "accuracy": 4},
        {"metric": "none"},
        {"metric": "wgs84", "operator": "divergence", "var": "f,g"},
        {"metric": "sphere", "operator": "curl", "var": "f,g", "missing": "adapt"},
    ],
)
def test_a_part_of_a_curvilinear_grid(tmp_path: Path, way: dict[str, Any]) -> None:
    path = curved(tmp_path / "f.nc", *tilted())
    if way.get("missing"):
        with netCDF4.Dataset(path, "a") as file:
            for name in ("f", "g"):
                file[name][:, 6:8, 8:] = np.nan
    assert_cut(path, axis="x,y", **way)


def test_only_the_coordinates_of_a_part_and_its_halo_are_read(tmp_path: Path) -> None:
    """A singular place far from the part does no harm."""
    lon, lat = tilted()
    lon[9:12, 13], lat[9:12, 13] = lon[9, 13], lat[9, 13]
    path = curved(tmp_path / "f.nc", lon, lat)
    with pytest.raises(InputError, match="singular"):
        results(path, axis="x,y", metric="sphere")
    found = results(path, axis="x,y", metric="sphere", isel={"y": (0, 5), "x": (0, 6)})
    assert np.isfinite(found["df_dx"]).all()
    with pytest.raises(InputError, match=r"y index 10, x index 13"):
        results(path, axis="x,y", metric="sphere", isel={"y": (8, 12), "x": (9, 16)})


def test_a_part_of_a_projected_grid(tmp_path: Path) -> None:
    x, y = 1e5 * np.arange(18.0), -3e6 + 1e5 * Y
    path = write(tmp_path / "f.nc", values(), {"y": y, "x": x}, {})
    with netCDF4.Dataset(path, "a") as file:
        for name in ("x", "y"):
            file[name].standard_name = f"projection_{name}_coordinate"
        crs = file.createVariable("crs", "i4", ())
        crs.setncatts(
            {
                "grid_mapping_name": "polar_stereographic",
                "straight_vertical_longitude_from_pole": 0.0,
                "latitude_of_projection_origin": 90.0,
                "standard_parallel": 70.0,
            }
        )
        file["f"].grid_mapping = "crs"
    assert_cut(path, axis="x,y", metric="sphere")


def test_small_blocks_give_the_same_bytes(tmp_path: Path) -> None:
    f = values((1, 200, 400))
    path = write(tmp_path / "f.nc", f, {"x": np.sqrt(np.arange(400.0))}, {})
    part = {"y": (17, 193), "x": (3, 390)}
    given = {"axis": "x,y", "accuracy": 8, "isel": part}
    little = given | {"memory": "17MiB", "jobs": 1}
    assert gradcli.differentiate(path, dry_run=True, **little).blocks > 3
    small = results(path, **little)
    for name, data in results(path, **given).items():
        np.testing.assert_array_equal(small[name], data)


def test_packed_values(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for name, size in (("t", 2), ("y", 12), ("x", 18)):
            file.createDimension(name, size)
        variable = file.createVariable("f", "i2", ("t", "y", "x"), fill_value=-1)
        variable.setncatts({"scale_factor": 0.01, "add_offset": 5.0})
        variable[:] = 5 + np.arange(432.0).reshape(2, 12, 18) % 97
    assert_cut(tmp_path / "f.nc", axis="x,y")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".h5", ".csv", ".nc"])
def test_all_formats(tmp_path: Path, suffix: str) -> None:
    f = np.random.default_rng(3).normal(size=(9, 14))
    path = tmp_path / f"f{suffix}"
    if suffix == ".npy":
        np.save(path, f)
    elif suffix == ".npz":
        np.savez(path, f=f)
    elif suffix == ".csv":
        np.savetxt(path, f, delimiter=",", fmt="%.17g")
    elif suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["f"] = f
    else:
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("j", 9)
            file.createDimension("i", 14)
            file.createVariable("f", "f8", ("j", "i"))[:] = f
    wanted = np.gradient(f, axis=1)[3:5, 6:9]
    out = tmp_path / "out.npz"
    part = {"0": (3, 5), "1": (6, 9)}
    gradcli.differentiate(path, out, axis="1", isel=part)
    with np.load(out) as found:
        (made,) = (found[name] for name in found.files if name.startswith("d"))
        np.testing.assert_allclose(made, wanted, rtol=1e-12)
    gradcli.differentiate(path, axis="1", isel=part)  # and into its own format


# --- as if the part were the whole file --------------------------------------------------------


def test_without_a_halo_a_part_is_a_file_of_its_own(tmp_path: Path) -> None:
    path = plain(tmp_path / "f.nc")
    f = values()
    f[:, 6, 9] = np.nan
    found = results(path, axis="y", isel={"y": (2, 6)}, halo=False)
    np.testing.assert_allclose(found["df_dy"], np.gradient(f[:, 2:6], Y[2:6], axis=1), rtol=1e-12)
    assert np.array_equal(found["y"], Y[2:6])
    with pytest.raises(InputError, match="axis x: has 1 point"):
        results(path, axis="x", isel={"x": 3}, halo=False)
    with pytest.raises(UsageError, match="halo=False: no part is selected"):
        results(path, axis="x", halo=False)


def test_flaws_of_coordinates_outside_the_part_are_told(tmp_path: Path) -> None:
    y = Y.copy()
    y[10] = y[9]
    path = write(tmp_path / "f.nc", values(), {"y": y}, {})
    with pytest.raises(InputError, match=r"index 10 repeats .*; halo=False takes the part alone"):
        results(path, axis="y", isel={"y": (2, 6)})
    found = results(path, axis="y", isel={"y": (2, 6)}, halo=False)
    np.testing.assert_allclose(found["df_dy"], np.gradient(values()[:, 2:6], y[2:6], axis=1))


@drawn(
    first=st.integers(0, 16),
    size=st.integers(1, 18),
    accuracy=st.sampled_from([2, 4, 8]),
    order=st.integers(1, 3),
    missing=st.sampled_from(["propagate", "adapt"]),
    periodic=st.booleans(),
)
@settings(max_examples=10, deadline=None)
def test_any_part(
    tmp_path_factory: pytest.TempPathFactory,
    first: int,
    size: int,
    accuracy: int,
    order: int,
    missing: Any,
    periodic: bool,
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    f = np.random.default_rng(first).normal(size=(2, 18))
    f[1, 7] = np.nan
    np.save(folder / "f.npy", f)
    given = {"axis": "1", "accuracy": accuracy, "order": order, "missing": missing}
    given |= {"periodic": ["1"]} if periodic else {}
    part = (first, min(first + size, 18))
    gradcli.differentiate(folder / "f.npy", folder / "w.npy", **given)
    gradcli.differentiate(folder / "f.npy", folder / "p.npy", isel={"1": part}, **given)
    whole, cut = np.load(folder / "w.npy"), np.load(folder / "p.npy")
    np.testing.assert_array_equal(cut, whole[:, slice(*part)])


def test_only_the_part_and_its_halo_are_read(tmp_path: Path) -> None:
    """A file of 24 GB, all but a few pages of it a hole, is a matter of a moment."""
    head = np.lib.format.header_data_from_array_1_0(np.empty(0, "f4"))
    with (tmp_path / "f.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, head | {"shape": (200_000, 30_000)})
        file.truncate(file.tell() + 4 * 200_000 * 30_000)
    given: dict[str, Any] = {"axis": "0,1", "accuracy": 8, "memory": "20MiB"}
    part = {"0": (150_000, 150_003), "1": 29_999}
    report = gradcli.differentiate(tmp_path / "f.npy", tmp_path / "out.npz", isel=part, **given)
    assert report.bytes_in == report.bytes_out / 2 == 12
    with np.load(tmp_path / "out.npz") as found:
        np.testing.assert_array_equal(found["df_d0"], np.zeros((3, 1)))


def test_flaws_of_dates_are_told_as_dates(tmp_path: Path) -> None:
    y = Y.copy()
    y[10] = y[9]
    path = write(tmp_path / "f.nc", values(), {"y": y}, {"y": "days since 2000-01-01"})
    with pytest.raises(InputError, match=r"12.0 \(2000-01-13T00:00:00\) at index 10 repeats"):
        results(path, axis="y")
