"""Curvilinear grids: figure 10, the poles, the dateline, real grids, what is refused."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import InputError, UsageError
from tests.places import REAL

R = 6371229.0
DEGREE = np.pi / 180


def write(path: Path, x: Any, y: Any, units: tuple[str, str], **fields: Any) -> str:
    """Write fields over (eta, xi) whose coordinates attribute names 2-D ``cx`` and ``cy``."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("eta", x.shape[0])
        file.createDimension("xi", x.shape[1])
        for name, values, unit in (("cx", x, units[0]), ("cy", y, units[1])):
            variable = file.createVariable(name, x.dtype, ("eta", "xi"), fill_value=-999.0)
            variable.units = unit
            variable[...] = np.where(np.isnan(values), -999, values)
        for name, values in fields.items():
            extra = ["t", "s"][: np.ndim(values) - 2]
            for k, dim in enumerate(extra):
                if dim not in file.dimensions:
                    file.createDimension(dim, values.shape[k])
            variable = file.createVariable(name, values.dtype, (*extra, "eta", "xi"))
            variable.units, variable.coordinates = "K", "cx cy"
            variable[...] = values
    return str(path)


def derive(path: str, **given: Any) -> xr.Dataset:
    report = gradcli.differentiate(path, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load()


def figure_10() -> tuple[Any, Any, Any]:
    j, i = np.meshgrid(np.arange(12.0), np.arange(10.0), indexing="ij")
    x = i * np.cos(0.5) - j * np.sin(0.5) + 0.2 * i * j
    y = i * np.sin(0.5) + j * np.cos(0.5)
    return x, y, 3 * x - 2 * y


def polar(count: int, centre: float = 90.0) -> tuple[Any, Any]:
    """Return longitude and latitude of a polar stereographic square, as wide as 40 degrees."""
    line = np.linspace(-0.3, 0.3, count)
    b, a = np.meshgrid(line, line, indexing="ij")
    a, b = a + 0.2 * a * b, b + 0.1 * a**2
    lat = np.pi / 2 - 2 * np.arctan(np.hypot(a, b) / 2)
    return np.arctan2(a, -b) / DEGREE, np.copysign(lat, centre) / DEGREE


def around_the_dateline(count: int) -> tuple[Any, Any]:
    """Return a turned grid at 40 degrees north, whose longitudes jump from 180 to -180."""
    line = np.linspace(-10, 10, count)
    b, a = np.meshgrid(line, line, indexing="ij")
    lon = 180 + a * np.cos(0.4) - b * np.sin(0.4) + 0.01 * a * b
    return (lon + 180) % 360 - 180, 40 + a * np.sin(0.4) + b * np.cos(0.4)


GRIDS = {
    "the north pole": polar,
    "the south pole": lambda count: polar(count, -90.0),
    "the dateline": around_the_dateline,
}


def smooth(lon: Any, lat: Any) -> tuple[Any, Any, Any]:
    """Return a polynomial of the position in space, its derivatives east and north a metre."""
    sl, cl, sp, cp = (f(v * DEGREE) for v in (lon, lat) for f in (np.sin, np.cos))
    x, y, z = cp * cl, cp * sl, sp
    value = x * z + 0.5 * y**2 + 2 * x - y
    dx, dy, dz = z + 2, y - 1, x
    return value, (-sl * dx + cl * dy) / R, (-sp * cl * dx - sp * sl * dy + cp * dz) / R


@pytest.mark.parametrize("names", ["x,y", "cx,cy", "cy,x"])
def test_figure_10(tmp_path: Path, names: str) -> None:
    x, y, f = figure_10()
    path = write(tmp_path / "f.nc", x, y, ("m", "m"), f=f)
    found = derive(path, axis=names)
    for name in names.split(","):
        expected = 3 if name.endswith("x") else -2
        np.testing.assert_allclose(found[f"df_d{name}"], expected, rtol=1e-12)
        assert found[f"df_d{name}"].attrs["units"] == "K m-1"


def test_figure_10_with_the_coordinates_of_another_file(tmp_path: Path) -> None:
    x, y, f = figure_10()
    write(tmp_path / "grid.nc", x, y, ("m", "m"), f=f)
    np.save(tmp_path / "f.npy", f)
    np.save(tmp_path / "y.npy", y)
    coords = {"x": f"{tmp_path}/grid.nc:cx", "y": f"{tmp_path}/grid.nc:cy"}
    report = gradcli.differentiate(tmp_path / "f.npy", axis="x,y", coords=coords)
    for path, expected in zip(report.outputs, (3, -2), strict=True):
        np.testing.assert_allclose(np.load(path), expected, rtol=1e-12)
    with pytest.raises(UsageError, match="come in pairs"):
        gradcli.differentiate(tmp_path / "f.npy", axis="y", coords={"y": f"{tmp_path}/y.npy"})
    np.save(tmp_path / "g.npy", f[1:])
    with pytest.raises(InputError, match=r"shape \(12, 10\) do not fit two axes"):
        gradcli.differentiate(tmp_path / "g.npy", axis="x,y", coords=coords)


@pytest.mark.parametrize("accuracy", [2, 4])
@pytest.mark.parametrize("name", GRIDS)
def test_the_poles_and_the_dateline_are_ordinary(tmp_path: Path, name: str, accuracy: int) -> None:
    errors = []
    for count in (41, 81):
        lon, lat = GRIDS[name](count)
        f, east, north = smooth(lon, lat)
        path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
        given = {"axis": "x,y", "accuracy": accuracy, "edge_order": accuracy}
        found = derive(path, metric="sphere", **given)
        pairs = [(found["df_dx"], east), (found["df_dy"], north)]
        errors.append([np.abs(a - b).max() / np.abs(b).max() for a, b in pairs])
        assert found["df_dx"].attrs["units"] == "K m-1"
        assert found["df_dx"].attrs["derivative_metric"] == (
            "sphere, radius 6371229 m, through cx and cy"
        )
        degrees = derive(path, **given)
        ratio = R * DEGREE * np.cos(lat * DEGREE)
        np.testing.assert_allclose(degrees["df_dx"], found["df_dx"] * ratio, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(degrees["df_dy"], found["df_dy"] * R * DEGREE, rtol=1e-9)
        assert degrees["df_dy"].attrs["units"] == "K degree_north-1"
    orders = np.log2(np.array(errors[0]) / np.array(errors[1]))
    assert (orders > accuracy - 0.35).all(), orders
    assert np.max(errors[1]) < (2e-3 if accuracy == 2 else 2e-5)


@pytest.mark.parametrize("name", GRIDS)
def test_divergence_and_curl_through_vectors_in_space(tmp_path: Path, name: str) -> None:
    lon, lat = GRIDS[name](81)
    _, east, north = smooth(lon, lat)
    x, y, z = (
        np.cos(lat * DEGREE) * np.cos(lon * DEGREE),
        np.cos(lat * DEGREE) * np.sin(lon * DEGREE),
        np.sin(lat * DEGREE),
    )
    # Of a polynomial of degree n that is harmonic in space the Laplacian is -n (n + 1) times it.
    laplacian = (-6 * (x * z + 0.5 * (y**2 - 1 / 3)) - 2 * (2 * x - y)) / R**2
    path = write(
        tmp_path / "f.nc",
        lon,
        lat,
        ("degrees_east", "degrees_north"),
        u=east,
        v=north,
        p=-north,
        q=east,
    )
    given = {"axis": "x,y", "metric": "sphere", "accuracy": 4}
    found = derive(path, operator="divergence", also="jacobian,curl", var=["u", "v"], **given)
    scale = np.abs(laplacian).max()
    assert np.abs(found["div"] - laplacian).max() < 1e-4 * scale
    assert np.abs(found["curl"]).max() < 1e-4 * scale
    np.testing.assert_allclose(found["du_dx"] + found["dv_dy"], found["div"], atol=1e-12 * scale)
    turned = derive(path, operator="curl", var=["p", "q"], **given)
    assert np.abs(turned["curl"] - laplacian).max() < 1e-4 * scale


def test_the_ellipsoid_agrees_with_geodesics(tmp_path: Path) -> None:
    from pyproj import Geod

    lon, lat = around_the_dateline(201)
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=lat)
    found = derive(path, axis="x,y", metric="wgs84")
    geod = Geod(ellps="WGS84")
    ahead, _, length = geod.inv(lon[:, :-2], lat[:, :-2], lon[:, 2:], lat[:, 2:])
    _, back, _ = geod.inv(lon[:, :-2], lat[:, :-2], lon[:, 2:], lat[:, 2:])
    bearing = (ahead + (back + 180)) / 2 * DEGREE
    along = np.cos(bearing) * found["df_dy"][:, 1:-1] + np.sin(bearing) * found["df_dx"][:, 1:-1]
    np.testing.assert_allclose(along, (lat[:, 2:] - lat[:, :-2]) / length, rtol=2e-6)


def test_missing_coordinates_make_missing_derivatives(tmp_path: Path) -> None:
    lon, lat = around_the_dateline(21)
    f, east, _ = smooth(lon, lat)
    lon[5, 7] = lat[5, 7] = np.nan
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
    given = {"axis": "x", "metric": "sphere", "edge_order": 2}
    found = derive(path, **given)["df_dx"].to_numpy()
    lost = np.zeros(f.shape, bool)
    lost[5, 6:9] = lost[4:7, 7] = True
    np.testing.assert_array_equal(np.isnan(found), lost)
    np.testing.assert_allclose(found[~lost], east[~lost], atol=2e-2 * np.abs(east).max())


def test_a_constant_has_no_derivative_at_all(tmp_path: Path) -> None:
    lon, lat = polar(21)
    ones = np.full(lon.shape, 3.7, "f4")
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=ones)
    found = derive(path, axis="x,y", metric="wgs84")
    assert found["df_dx"].dtype == np.float32
    assert (found["df_dx"] == 0).all()
    assert (found["df_dy"] == 0).all()


def test_zeros_where_a_model_computes_nothing_are_named(tmp_path: Path) -> None:
    """Longitude and latitude are 0 on land; the message says how to make it missing."""
    lon, lat = around_the_dateline(21)
    field = lat.copy()
    for values in (lon, lat, field):
        values[4:8, 5:9] = 0
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=field)
    with pytest.raises(InputError, match=r"both are 0.*f is 0 there: missing_value=0 makes such"):
        gradcli.differentiate(path, axis="x,y", metric="sphere")
    found = derive(path, axis="x,y", metric="sphere", missing_value=0)
    assert np.isnan(found["df_dx"][4:8, 5:9]).all()
    assert np.isfinite(found["df_dx"][10:]).all()


def test_a_singular_jacobian_is_refused_by_its_index(tmp_path: Path) -> None:
    lon, lat = around_the_dateline(21)
    lon[9:12, 13], lat[9:12, 13] = lon[9, 13], lat[9, 13]
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=lat)
    with pytest.raises(InputError, match=r"singular Jacobian at eta index 10, xi index 13:"):
        gradcli.differentiate(path, axis="x,y", metric="sphere")
    with pytest.raises(InputError, match=r"singular Jacobian at eta index 10, xi index 13:"):
        gradcli.differentiate(path, axis="x,y", isel={"eta": (4, 15)})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.nc"]


def test_lines_of_the_grid_may_meet_where_the_field_is_missing(tmp_path: Path) -> None:
    lon, lat = around_the_dateline(21)
    f, east, _ = smooth(lon, lat)
    lon[9:12, 13], lat[9:12, 13], f[8:13, 12:15] = lon[9, 13], lat[9, 13], np.nan
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
    found = derive(path, axis="x", metric="sphere", edge_order=2)["df_dx"].to_numpy()
    lost = np.zeros(f.shape, bool)
    lost[7:14, 12:15] = lost[8:13, 11:16] = True
    np.testing.assert_array_equal(np.isnan(found), lost)
    np.testing.assert_allclose(found[~lost], east[~lost], atol=2e-2 * np.abs(east).max())


def test_blocks_jobs_and_other_axes_change_no_number(tmp_path: Path) -> None:
    lon, lat = polar(70)
    f, _, _ = smooth(lon, lat)
    steps = np.arange(1.0, 41.0)[:, None, None] * f
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=steps)
    given = {"axis": "x,y,t", "metric": "sphere"}
    whole = derive(path, **given)
    parts = derive(path, memory="36MiB", jobs=2, **given)
    for name in ("df_dx", "df_dy", "df_dt"):
        np.testing.assert_array_equal(whole[name], parts[name])
    np.testing.assert_allclose(whole["df_dt"], np.broadcast_to(f, steps.shape), rtol=1e-12)
    np.testing.assert_allclose(whole["df_dx"][2] / 3, whole["df_dx"][0], rtol=1e-9)
    with pytest.raises(UsageError, match="memory='19MiB' would do"):
        gradcli.differentiate(path, memory="4MiB", overwrite=True, **given)


def test_a_ring_closes_along_its_own_dimension(tmp_path: Path) -> None:
    angle, lat = np.meshgrid(np.arange(0, 360, 5.0), np.arange(60.0, 90, 2), indexing="xy")
    f, east, north = smooth(angle, lat)
    path = write(tmp_path / "f.nc", angle, lat, ("degrees_east", "degrees_north"), f=f)
    given = {"axis": "x,y", "metric": "sphere", "periodic": {"xi": None}, "edge_order": 2}
    found = derive(path, **given)
    assert np.abs(found["df_dx"] - east).max() < 2e-2 * np.abs(east).max()
    rolled = [np.roll(values, 11, axis=1) for values in (angle, lat, f)]
    again = derive(
        write(tmp_path / "g.nc", *rolled[:2], ("degrees_east", "degrees_north"), f=rolled[2]),
        **given,
    )
    np.testing.assert_allclose(np.roll(found["df_dx"], 11, 1), again["df_dx"], rtol=1e-9)
    curls = write(
        tmp_path / "v.nc", angle, lat, ("degrees_east", "degrees_north"), u=-north, v=east
    )
    curl = derive(curls, operator="curl", var=["u", "v"], **given)["curl"]
    assert np.isfinite(curl).all()
    assert np.abs(curl[:, 0] - curl[:, 1]).max() < 0.2 * np.abs(curl).max()


@pytest.mark.parametrize("operator", ["laplacian", "hessian"])
def test_second_derivatives_are_refused(tmp_path: Path, operator: str) -> None:
    lon, lat = polar(11)
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=lat)
    with pytest.raises(UsageError, match=f"{operator} is not available on curvilinear grids"):
        gradcli.differentiate(path, axis="x,y", metric="sphere", operator=operator)
    with pytest.raises(UsageError, match="higher order is not available on curvilinear grids"):
        gradcli.differentiate(path, axis="x", order=2)


def test_degrees_and_lengths_are_not_mixed_unasked(tmp_path: Path) -> None:
    lon, lat = polar(11)
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=lat)
    with pytest.raises(UsageError, match=r"metric='sphere' or wgs84 .* metric='none'"):
        gradcli.differentiate(path, axis="x,y", operator="magnitude")
    gradcli.differentiate(path, axis="x,y", operator="magnitude", metric="none")
    x, y, f = figure_10()
    path = write(tmp_path / "m.nc", x, y, ("m", "m"), f=f)
    with pytest.raises(UsageError, match="needs longitude and latitude; cx and cy are none"):
        gradcli.differentiate(path, axis="x,y", metric="sphere")


def sample(name: str) -> str:
    found = importlib.util.find_spec("iris_sample_data")
    if found is None or found.origin is None:
        pytest.skip("iris-sample-data is not installed")
    return str(Path(found.origin).parent / "sample_data" / name)


def geodesic_check(lon: Any, lat: Any, f: Any, east: Any, north: Any, tolerance: float) -> None:
    """Hold derivatives against differences over geodesics along both of a grid's lines."""
    from pyproj import Geod

    geod = Geod(a=R, b=R)
    for a, b in ((np.s_[1:-1, :-2], np.s_[1:-1, 2:]), (np.s_[:-2, 1:-1], np.s_[2:, 1:-1])):
        ahead, back, length = geod.inv(lon[a], lat[a], lon[b], lat[b])
        turn = (back + 180 - ahead + 180) % 360 - 180
        bearing = (ahead + turn / 2) * DEGREE
        inside = np.s_[1:-1, 1:-1]
        along = np.cos(bearing) * north[inside] + np.sin(bearing) * east[inside]
        expected = (f[b] - f[a]) / length
        valid = np.isfinite(along) & np.isfinite(expected)
        assert valid.any()
        assert np.abs(along - expected)[valid].max() < tolerance * np.abs(expected[valid]).max()


REALS = {
    "wrf": (str(REAL / "wrf_tip_d1.nc"), "T2", "XLONG", "XLAT", 1e-3),
    "transposed": (
        str(REAL / "tas_transposed_aux.nc"),
        "air_temperature",
        "longitude",
        "latitude",
        2e-2,
    ),
    "orca": ("orca2_votemper.nc", "votemper", "nav_lon", "nav_lat", 2e-2),
    "stereographic": ("toa_brightness_stereographic.nc", "data", "lon", "lat", 1e-2),
}


@pytest.mark.parametrize("name", REALS)
def test_real_grids_agree_with_geodesics(tmp_path: Path, name: str) -> None:
    path, variable, x, y, tolerance = REALS[name]
    if "/" not in path:
        path = sample(path)
    if not Path(path).exists():
        pytest.skip("the real files are not here")
    given = {"var": variable, "axis": [x, y], "metric": "sphere", "output_dir": str(tmp_path)}
    found = derive(path, **given)
    with xr.open_dataset(path, engine="netcdf4", decode_times=False) as data:
        f = data[variable]
        dims = f.dims[-2:]
        lon, lat = (data[c].transpose(*dims).to_numpy().astype("f8") for c in (x, y))
        f = f.to_numpy().astype("f8").reshape(-1, *lon.shape)[0]
    east, north = (found[f"d{variable}_d{c}"].to_numpy().reshape(-1, *lon.shape)[0] for c in (x, y))
    geodesic_check(lon, lat, f, east, north, tolerance)


def test_the_command_on_the_sample_over_the_pole(
    tmp_path: Path, samples: Path, sample_functions: ModuleType
) -> None:
    command = [sys.executable, "-m", "gradcli", "compute", str(samples / "polar.nc")]
    command += ["--axis", "x,y", "--metric", "sphere", "--edge-order", "2"]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "o.nc")], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{tmp_path / 'o.nc'}\n"
    lon, lat = sample_functions.polar_grid()
    with xr.open_dataset(tmp_path / "o.nc", engine="netcdf4") as found:
        for name, exact in (
            ("dice_dx", sample_functions.ice_east(lon, lat)),
            ("dice_dy", sample_functions.ice_north(lon, lat)),
        ):
            assert np.abs(found[name] - exact).max() < 2e-3 * np.abs(exact).max()
            assert found[name].attrs["derivative_axis"] == ("lon" if name[-1] == "x" else "lat")
            assert set(found[name].coords) == {"lon", "lat"}
    refused = subprocess.run(
        [*command[:-2], "--order", "2", "-o", str(tmp_path / "p.nc")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "not available on curvilinear grids" in refused.stderr


def test_coordinates_with_steps_of_time_are_taken_step_by_step(tmp_path: Path) -> None:
    lon, lat = around_the_dateline(21)
    f, _, _ = smooth(lon, lat)
    flat = derive(
        write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f), axis="x,y"
    )
    for name, shift in (("still.nc", 0.0), ("moving.nc", 0.5)):
        with netCDF4.Dataset(tmp_path / name, "w") as file:
            for dim, size in (("Time", None), ("eta", 21), ("xi", 21)):
                file.createDimension(dim, size)
            for key, values, unit in (
                ("XLONG", lon, "degree_east"),
                ("XLAT", lat, "degree_north"),
                ("f", f, "K"),
            ):
                variable = file.createVariable(key, "f8", ("Time", "eta", "xi"))
                variable.units = unit
                variable[:] = np.stack([values, values + (shift if key == "XLAT" else 0)])
            file["f"].coordinates = "XLONG XLAT"
    found = derive(str(tmp_path / "still.nc"), axis="x,y")
    for step in (0, 1):
        np.testing.assert_array_equal(found["df_dx"][step], flat["df_dx"])
    moving = str(tmp_path / "moving.nc")
    whole, one = derive(moving, axis="x,y"), derive(moving, axis="x,y", isel={"Time": 1})
    assert np.isfinite(one["df_dy"]).all()
    np.testing.assert_array_equal(whole["df_dx"][0], flat["df_dx"])
    np.testing.assert_array_equal(whole["df_dx"][1], one["df_dx"].squeeze())
    assert (whole["df_dx"][0] != whole["df_dx"][1]).any()


@pytest.mark.parametrize("edge_order", [1, 2])
def test_coordinates_adapt_to_gaps_as_the_field_does(tmp_path: Path, edge_order: int) -> None:
    """A field linear in x and y stays exact beside gaps, whatever the coordinates are in them."""
    x, y, f = figure_10()
    f[5, 6] = f[9:, 3] = np.nan
    x[5, 6] = y[5, 6] = 0.0
    given: dict[str, Any] = {"missing": "adapt", "edge_order": edge_order, "axis": "cx,cy"}
    found = derive(write(tmp_path / "f.nc", x, y, ("m", "m"), F=f), **given)
    for name, slope in (("dF_dcx", 3), ("dF_dcy", -2)):
        np.testing.assert_array_equal(np.isnan(found[name]), np.isnan(f))
        np.testing.assert_allclose(found[name].values[~np.isnan(f)], slope, rtol=1e-12)


@pytest.mark.parametrize("on_land", [0.0, 1e30, np.nan])
@pytest.mark.parametrize("given", [{"missing": "adapt", "edge_order": 2}, {"edge_order": 2}])
def test_a_channel_of_one_cell_loses_its_points_only(
    tmp_path: Path, given: dict[str, Any], on_land: float
) -> None:
    """Coordinates may be anything on land; across the channel nothing can be derived."""
    x, y, f = figure_10()
    sea = np.zeros(x.shape, bool)
    sea[:, :4] = sea[5] = True
    f[~sea] = np.nan
    if "missing" in given or on_land != 1e30:
        x[~sea] = y[~sea] = on_land
    path = write(tmp_path / "f.nc", x, y, ("m", "m"), F=f)
    found = derive(path, axis="cx,cy", **given)
    kept = sea.copy()
    kept[5, 4:] = False
    if "missing" not in given:  # beside land too
        kept[np.arange(12) != 5, 3] = False
    for name, slope in (("dF_dcx", 3), ("dF_dcy", -2)):
        np.testing.assert_array_equal(np.isnan(found[name]), ~kept)
        np.testing.assert_allclose(found[name].values[kept], slope, rtol=1e-12)


def test_latitudes_beyond_the_poles_are_noted_at_sea_only(tmp_path: Path) -> None:
    lon, lat = around_the_dateline(21)
    f, _, _ = smooth(lon, lat)
    f[8:12, :12] = np.nan
    f[10] = 1.0  # a channel
    whole = write(tmp_path / "g.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
    given: dict[str, Any] = {"axis": "x,y", "metric": "sphere", "missing": "adapt"}
    right = derive(whole, **given)
    lat[np.isnan(f)] = lon[np.isnan(f)] = 9e3
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
    assert gradcli.differentiate(path, dry_run=True, **given).notes == []
    found = derive(path, **given)
    for name in ("df_dx", "df_dy"):
        np.testing.assert_allclose(found[name], right[name], rtol=1e-9)
    lat[3, 4] = 91.0
    path = write(tmp_path / "f.nc", lon, lat, ("degrees_east", "degrees_north"), f=f)
    report = gradcli.differentiate(path, tmp_path / "o.nc", **given)
    (note,) = [note for note in report.notes if "no place" in note]
    assert "f: 1 point has a value but no place" in note
    assert "first at eta index 3, xi index 4" in note


def test_gaps_that_move_leave_the_coordinates_alone(tmp_path: Path) -> None:
    x, y, f = figure_10()
    still = derive(write(tmp_path / "f.nc", x, y, ("m", "m"), F=np.stack([f] * 3)), axis="cx,cy")
    moving = np.stack([f] * 3)
    for step in range(3):
        moving[step, 2 + 3 * step, 4] = np.nan
    path = write(tmp_path / "g.nc", x, y, ("m", "m"), F=moving)
    found = derive(path, missing="adapt", edge_order=2, axis="cx,cy")
    far = np.ones((12, 10), bool)
    far[1:10, 3:6] = False
    for name in ("dF_dcx", "dF_dcy"):
        inside = far & (np.arange(12)[:, None] % 11 > 0) & (np.arange(10) % 9 > 0)
        np.testing.assert_array_equal(found[name].values[:, inside], still[name].values[:, inside])
        assert int(np.isnan(found[name]).sum()) == 3
