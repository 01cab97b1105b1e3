"""Projected grids: true metres through the grid mapping, by another road."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest
import xarray as xr

import gradcli
from gradcli.errors import InputError, UsageError
from tests.places import REAL

LAMBERT = {
    "grid_mapping_name": "lambert_conformal_conic",
    "standard_parallel": np.array([30.0, 60.0]),
    "longitude_of_central_meridian": 10.0,
    "latitude_of_projection_origin": 45.0,
}
EQUAL_AREA = {
    "grid_mapping_name": "lambert_azimuthal_equal_area",
    "longitude_of_projection_origin": 10.0,
    "latitude_of_projection_origin": 52.0,
}


def write(path: Path, mapping: dict[str, Any], unit: str = "m", **fields: Any) -> str:
    """Write fields over 31 x 41 points of a map, 50 km apart."""
    scale = 1000 if unit == "km" else 1
    with netCDF4.Dataset(path, "w") as file:
        for name, count in (("y", 31), ("x", 41)):
            file.createDimension(name, count)
            variable = file.createVariable(name, "f8", (name,))
            variable.units = unit
            variable.standard_name = f"projection_{name}_coordinate"
            variable[...] = points(count) / scale
        crs = file.createVariable("crs", "S1", ())
        crs.setncatts(mapping)
        for name, values in fields.items():
            variable = file.createVariable(name, "f8", ("y", "x"))
            variable.units, variable.grid_mapping = "m", "crs"
            variable[...] = values
    return str(path)


def points(count: int) -> Any:
    return (np.arange(count) - count // 2) * 50e3


def plane() -> tuple[Any, Any]:
    return np.meshgrid(points(41), points(31))


def derive(path: str, **given: Any) -> xr.Dataset:
    report = gradcli.differentiate(path, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4", decode_times=False) as data:
        return data.load()


@pytest.mark.parametrize("unit", ["m", "km"])
def test_a_conformal_map_has_the_scale_that_pyproj_gives(tmp_path: Path, unit: str) -> None:
    x, y = plane()
    path = write(tmp_path / "f.nc", LAMBERT, unit, f=3 * x - 2 * y)
    found = derive(path, axis="x,y", metric="wgs84")
    projection = pyproj.Proj(pyproj.CRS.from_cf(LAMBERT))
    scale = projection.get_factors(*projection(x, y, inverse=True)).meridional_scale
    np.testing.assert_allclose(found["df_dx"], 3 * scale, rtol=1e-8)
    np.testing.assert_allclose(found["df_dy"], -2 * scale, rtol=1e-8)
    assert found["df_dx"].attrs["units"] == "m m-1"
    text = "wgs84, through the lambert_conformal_conic grid mapping"
    assert found["df_dx"].attrs["derivative_metric"] == text
    plain = derive(path, axis="x", output_dir=str(tmp_path))
    np.testing.assert_allclose(plain["df_dx"], 3 * (1000 if unit == "km" else 1), rtol=1e-9)
    assert plain["df_dx"].attrs["units"] == f"m {unit}-1"


def test_lengths_are_those_of_geodesics(tmp_path: Path) -> None:
    x, y = plane()
    path = write(tmp_path / "f.nc", EQUAL_AREA, f=x + y)
    found = derive(path, axis="x,y", metric="wgs84")
    inverse = pyproj.Proj(pyproj.CRS.from_cf(EQUAL_AREA))
    geod = pyproj.Geod(ellps="WGS84")
    for name, dx, dy in (("df_dx", 1000.0, 0.0), ("df_dy", 0.0, 1000.0)):
        ends = (inverse(x + k * dx, y + k * dy, inverse=True) for k in (-1, 1))
        _, _, length = geod.inv(*(value for end in ends for value in end))
        np.testing.assert_allclose(found[name], 2000 / length, rtol=1e-7)


def test_divergence_of_a_conformal_map(tmp_path: Path) -> None:
    x, y = plane()
    mapping = {"grid_mapping_name": "polar_stereographic", "earth_radius": 6371229.0}
    mapping |= {
        "latitude_of_projection_origin": 90.0,
        "straight_vertical_longitude_from_pole": 0.0,
        "scale_factor_at_projection_origin": 1.0,
    }
    # A wind of r / h along the meridians, r from the pole on the map: its divergence is known.
    scale = 1 + (x**2 + y**2) / (4 * 6371229.0**2)
    path = write(tmp_path / "f.nc", mapping, u=x / scale, v=y / scale, p=-y / scale, q=x / scale)
    given = {"axis": "x,y", "metric": "sphere", "accuracy": 4, "vectors": "grid"}
    expected = 2 - 4 * (1 - 1 / scale)
    div = derive(path, operator="divergence", var=["u", "v"], **given)["div"]
    np.testing.assert_allclose(div, expected, rtol=1e-6)
    curl = derive(path, operator="curl", var=["p", "q"], **given)["curl"]
    np.testing.assert_allclose(curl, expected, rtol=1e-6)


def test_what_a_slanting_map_cannot_give_is_refused(tmp_path: Path) -> None:
    x, y = plane()
    path = write(tmp_path / "f.nc", EQUAL_AREA, f=x * y)
    with pytest.raises(InputError, match="do not meet at right angles"):
        gradcli.differentiate(path, operator="magnitude", metric="wgs84")
    with pytest.raises(UsageError, match="laplacian is not available with metric= on projected"):
        gradcli.differentiate(path, operator="laplacian", metric="wgs84")
    path = write(tmp_path / "u.nc", {"grid_mapping_name": "flat"}, f=x)
    with pytest.raises(UsageError, match="grid mapping flat is not understood"):
        gradcli.differentiate(path, axis="x", metric="wgs84")
    path = write(tmp_path / "c.nc", LAMBERT, "cm", f=x)
    with pytest.raises(UsageError, match="needs projected coordinates in m or km"):
        gradcli.differentiate(path, axis="x", metric="wgs84")


def test_a_geostationary_view_is_missing_off_the_earth(tmp_path: Path) -> None:
    path = REAL / "goes_cloud_top_height.nc"
    if not path.exists():
        pytest.skip("the real files are not here")
    given = {"var": "HT", "axis": "x", "output_dir": str(tmp_path)}
    metres = derive(str(path), metric="wgs84", **given)["dHT_dx"].to_numpy()
    angles = derive(str(path), **given)["dHT_dx"].to_numpy()
    with np.errstate(invalid="ignore"):
        ratio = angles / metres
    valid = np.isfinite(ratio)
    assert valid.any()
    height = 35786023.0
    assert (ratio[valid] > height * 0.99).all()
    assert ratio[valid].min() < height * 2


def sample(name: str) -> str:
    found = importlib.util.find_spec("iris_sample_data")
    if found is None or found.origin is None:
        pytest.skip("iris-sample-data is not installed")
    return str(Path(found.origin).parent / "sample_data" / name)


def test_a_map_and_its_longitudes_and_latitudes_give_one_slope(tmp_path: Path) -> None:
    path = sample("toa_brightness_stereographic.nc")
    given = {"var": "data", "operator": "magnitude", "metric": "sphere"}
    mapped = derive(path, axis="x,y", output_dir=str(tmp_path), **given)["grad_data"].to_numpy()
    turned = derive(path, axis="lon,lat", output_dir=str(tmp_path), **given)["grad_data"].to_numpy()
    valid = np.isfinite(mapped) & np.isfinite(turned)
    assert valid.mean() > 0.5
    assert np.abs(mapped - turned)[valid].max() < 1e-3 * mapped[valid].max()


def test_a_rotated_pole_is_a_sphere_like_any_other(tmp_path: Path) -> None:
    path = sample("rotated_pole.nc")
    name = "air_pressure_at_sea_level"
    given = {"var": name, "operator": "gradient", "axis": "x,y", "metric": "sphere"}
    found = derive(path, output_dir=str(tmp_path), **given)
    with xr.open_dataset(path, engine="netcdf4", decode_times=False) as data:
        f, lat = data[name].to_numpy().astype("f8"), data["grid_latitude"].to_numpy().astype("f8")
        lon = data["grid_longitude"].to_numpy().astype("f8")
    metre = 6371229.0 * np.pi / 180
    parallel = metre * np.cos(np.radians(lat))[:, None]
    east = (f[:, 2:] - f[:, :-2]) / ((lon[2:] - lon[:-2]) * parallel)
    north = (f[2:] - f[:-2]) / ((lat[2:] - lat[:-2])[:, None] * metre)
    np.testing.assert_allclose(found[f"d{name}_dx"][:, 1:-1], east, atol=1e-4 * np.abs(east).max())
    np.testing.assert_allclose(found[f"d{name}_dy"][1:-1], north, atol=1e-4 * np.abs(north).max())


@pytest.mark.parametrize(
    ("figure", "metric", "words"),
    [
        ({}, "sphere", "a map of an ellipsoid of 6378137 m"),
        ({"earth_radius": 6370000.0}, "sphere", "metric='sphere' radius=6370000"),
        ({"earth_radius": 6371229.0}, "wgs84", "metric='sphere' fits it"),
        ({"earth_radius": 6371229.0}, "sphere", None),
        ({"semi_major_axis": 6378137.0, "inverse_flattening": 298.257222101}, "wgs84", None),
        ({"semi_major_axis": 6377397.155, "inverse_flattening": 299.1528128}, "wgs84", None),
    ],
)
def test_the_figure_of_the_map_is_told_once(
    tmp_path: Path, figure: dict[str, float], metric: Any, words: str | None
) -> None:
    values = np.zeros((31, 41))
    path = write(tmp_path / "f.nc", LAMBERT | figure, f=values, g=values)
    report = gradcli.differentiate(path, axis="x,y", metric=metric)
    told = [note for note in report.notes if "lambert" in note]
    assert len(told) == (words is not None)
    assert words is None or words in told[0] or "ellipsoid of 6378137 m" in told[0]


def test_axes_of_a_map_need_no_standard_name(tmp_path: Path) -> None:
    x, y = plane()
    path = write(tmp_path / "f.nc", LAMBERT, f=3 * x - 2 * y)
    right = derive(path, axis="x,y", metric="wgs84", output_dir=str(tmp_path / "a"))
    with netCDF4.Dataset(path, "a") as file:
        for name in ("x", "y"):
            file[name].delncattr("standard_name")
    found = derive(path, axis="x,y", metric="wgs84", output_dir=str(tmp_path / "b"))
    for name in ("df_dx", "df_dy"):
        np.testing.assert_array_equal(found[name], right[name])
