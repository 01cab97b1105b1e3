"""Geometry: longitude and latitude in metres, divergence and curl in flux form, the poles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.model.protocols import Hints
from gradcli.plan.survey import survey

R = 6371229.0
DEGREE = np.pi / 180
LONGITUDES = {
    "0 to 359": np.arange(360.0),
    "-180 to 179": np.arange(-180.0, 180.0),
    "descending": np.arange(359.0, -1.0, -1.0),
    "0 to 360": np.arange(361.0),
    "across the dateline": np.concatenate([np.arange(0.0, 181.0), np.arange(-179.0, 0.0)]),
}


def write(path: Path, lon: Any, lat: Any, unit: str = "degrees", **fields: Any) -> str:
    data = xr.Dataset({name: (("lat", "lon"), values) for name, values in fields.items()})
    data = data.assign_coords(lon=("lon", lon), lat=("lat", lat))
    data["lon"].attrs = {"units": "degrees_east" if unit == "degrees" else unit}
    data["lat"].attrs = {"units": "degrees_north" if unit == "degrees" else unit}
    data["lon"].attrs["standard_name"] = "longitude"
    data["lat"].attrs["standard_name"] = "latitude"
    for name in fields:
        data[name].attrs["units"] = "m s-1"
    data.to_netcdf(path, engine="netcdf4")
    return str(path)


def derive(path: str, **given: Any) -> xr.Dataset:
    report = gradcli.differentiate(path, overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load()


@pytest.mark.parametrize("name", LONGITUDES)
def test_figure_8_the_sine_of_longitude_across_the_seam(tmp_path: Path, name: str) -> None:
    lon, lat = LONGITUDES[name], np.arange(-89.0, 90.0)
    field = np.broadcast_to(np.sin(lon * DEGREE), (179, len(lon)))
    path = write(tmp_path / "f.nc", lon, lat, f=field)
    found = derive(path, axis="x", metric="sphere")
    scaled = found["df_dx"] * R * np.cos(lat * DEGREE)[:, None]
    expected = np.broadcast_to(0.9999492312 * np.cos(lon * DEGREE), field.shape)
    np.testing.assert_allclose(scaled, expected, rtol=1e-9, atol=1e-12)
    assert found["df_dx"].attrs["units"] == "m s-1 m-1"
    assert found["df_dx"].attrs["derivative_metric"] == "sphere, radius 6371229 m"
    assert found["df_dx"].attrs["derivative_edges"] == "periodic"


@pytest.mark.parametrize("flip", [False, True])
def test_figure_8_solid_body_rotation_next_to_the_poles(tmp_path: Path, flip: bool) -> None:
    lon, lat = np.arange(360.0), np.arange(-90.0, 91.0)[:: -1 if flip else 1]
    u = np.broadcast_to(10 * np.cos(lat * DEGREE)[:, None], (181, 360))
    path = write(tmp_path / "f.nc", lon, lat, u=u, v=0 * u)
    found = derive(path, operator="curl", var=["u", "v"], axis="x,y", metric="sphere")
    rows = slice(1, -1)
    ratio = found["curl"][rows] / (2 * 10 * np.sin(lat[rows] * DEGREE)[:, None] / R)
    equator = np.abs(lat[rows]) > 0
    np.testing.assert_allclose(ratio[equator], 0.999796934, rtol=1e-7)
    assert np.isnan(found["curl"][[0, -1]]).all()
    div = derive(path, operator="divergence", var=["u", "v"], axis="x,y", metric="sphere")
    np.testing.assert_allclose(div["div"][rows], 0, atol=1e-20)


def test_figure_9_a_degree_on_the_ellipsoid(tmp_path: Path) -> None:
    lat = np.linspace(-90, 90, 721)
    path = write(tmp_path / "f.nc", np.arange(4.0), lat, f=np.repeat(lat[:, None], 4, 1))
    found = derive(path, axis="y", metric="wgs84")["df_dy"][:, 0]
    for at, length in ((0, 110574.276), (45, 111131.777), (89.75, 111693.980)):
        row = int(np.argmin(np.abs(lat - at)))
        np.testing.assert_allclose(found[row], 1 / length, rtol=1e-4)


def harmonic(lon: Any, lat: Any) -> Any:
    """Return a spherical harmonic of degree 3 and order 2: its Laplacian is -12 times itself."""
    x, y = np.meshgrid(lon * DEGREE, lat * DEGREE)
    return np.cos(y) ** 2 * np.sin(y) * np.cos(2 * x)


def test_radians_are_angles_too(tmp_path: Path) -> None:
    lon, lat = np.arange(72.0) * 5, np.linspace(-60, 60, 25)
    f = harmonic(lon, lat)
    degrees = derive(write(tmp_path / "d.nc", lon, lat, f=f), metric="sphere")
    radians = write(tmp_path / "r.nc", lon * DEGREE, lat * DEGREE, "radians", f=f)
    found = derive(radians, metric="sphere")
    for name in ("df_dlat", "df_dlon"):
        np.testing.assert_allclose(found[name], degrees[name], rtol=1e-9, atol=1e-18)


def test_the_trace_of_the_jacobian_is_the_divergence(tmp_path: Path) -> None:
    lon, lat = np.arange(0.0, 360.0, 2), np.linspace(-80, 80, 81)
    x, y = np.meshgrid(lon * DEGREE, lat * DEGREE)
    path = write(tmp_path / "f.nc", lon, lat, u=np.cos(y) * np.sin(x), v=np.cos(y) ** 2)
    given = {"var": ["u", "v"], "axis": "x,y", "metric": "wgs84", "accuracy": 6}
    found = derive(path, operator="jacobian", also="divergence,curl", **given)
    trace = (found["du_dx"] + found["dv_dy"])[6:-6]
    np.testing.assert_allclose(trace, found["div"][6:-6], atol=1e-6 * abs(trace).max().item())
    turned = (found["dv_dx"] - found["du_dy"])[6:-6]
    np.testing.assert_allclose(turned, found["curl"][6:-6], atol=1e-6 * abs(turned).max().item())


@pytest.mark.parametrize("operator", ["divergence", "curl", "laplacian"])
def test_degrees_are_not_mixed_unasked(tmp_path: Path, operator: str) -> None:
    lon, lat = np.arange(10.0), np.arange(12.0)
    path = write(tmp_path / "f.nc", lon, lat, u=np.ones((12, 10)), v=np.ones((12, 10)))
    given = {"operator": operator, "var": ["u", "v"], "axis": "x,y"}
    with pytest.raises(UsageError, match=r"metric='sphere' or wgs84 .* metric='none'"):
        gradcli.differentiate(path, **given)
    gradcli.differentiate(path, metric="none", **given)


def test_a_metric_needs_longitude_and_latitude(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.ones((4, 4)))
    with pytest.raises(UsageError, match="needs longitude and latitude"):
        gradcli.differentiate(tmp_path / "f.npy", metric="sphere")


def test_latitudes_beyond_the_poles_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.arange(4.0), np.array([80.0, 85, 90, 95]), f=np.ones((4, 4)))
    with pytest.raises(InputError, match="latitude 95 at index 3 lies beyond the pole"):
        gradcli.differentiate(path, metric="sphere")


@pytest.mark.parametrize("axis", ["lon", "lat"])
def test_an_axis_in_metres_is_only_put_in_other_lengths(tmp_path: Path, axis: str) -> None:
    path = write(tmp_path / "f.nc", np.arange(9.0), np.arange(5.0), f=np.ones((5, 9)))
    with pytest.raises(UsageError, match=f"axis {axis} has the units 'm', which cannot be conv"):
        gradcli.differentiate(path, metric="sphere", per={axis: "radian"})


def test_the_ellipsoid_is_no_home_of_a_rotated_pole(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.arange(9.0), np.arange(5.0), f=np.ones((5, 9)))
    with xr.open_dataset(path, engine="netcdf4") as grid:
        rotated = grid.load()
    for name in ("lon", "lat"):
        rotated[name].attrs |= {"units": "degrees"}
        rotated[name].attrs["standard_name"] = "grid_" + rotated[name].attrs["standard_name"]
    rotated.to_netcdf(tmp_path / "r.nc", engine="netcdf4")
    gradcli.differentiate(tmp_path / "r.nc", metric="sphere")
    with pytest.raises(UsageError, match=r"a rotated pole is one of a sphere: metric='sphere'"):
        gradcli.differentiate(tmp_path / "r.nc", metric="wgs84", overwrite=True)


def test_rows_at_a_pole_are_missing_and_said_to_be(tmp_path: Path) -> None:
    lat = np.linspace(-90, 90, 19)
    path = write(tmp_path / "f.nc", np.arange(9.0), lat, f=np.ones((19, 9)))
    report = gradcli.differentiate(path, metric="sphere")
    assert "rows at a pole are missing: no direction is east there" in report.notes
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        assert found["df_dlon"].isnull().sum() == 2 * 9
    again = gradcli.differentiate(path, metric="sphere", isel={"lat": (1, 18)}, overwrite=True)
    assert not [note for note in again.notes if "pole" in note]


def test_fields_that_nobody_named_and_have_no_longitude_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.arange(9.0), np.arange(5.0), f=np.ones((5, 9)))
    with xr.open_dataset(path, engine="netcdf4") as grid:
        more = grid.load().assign(s=("time", np.arange(4.0)))
    more.to_netcdf(tmp_path / "g.nc", engine="netcdf4")
    report = gradcli.differentiate(tmp_path / "g.nc", metric="sphere")
    assert "s: left out, its axes are no longitude and latitude" in report.notes
    assert [variable["name"] for variable in report.variables] == ["f"]
    with pytest.raises(UsageError, match="s: metric='sphere' needs longitude and latitude"):
        gradcli.differentiate(tmp_path / "g.nc", metric="sphere", var=["f", "s"], overwrite=True)


def test_a_dateline_is_crossed_without_a_metric_too(tmp_path: Path) -> None:
    lon = np.concatenate([np.arange(160.0, 180), np.arange(-180.0, -159)])
    values = np.broadcast_to(np.arange(41.0) ** 2, (3, 41))
    path = write(tmp_path / "f.nc", lon, np.arange(3.0), f=values)
    report = gradcli.differentiate(path, axis="x", edge_order=2)
    assert "x: goes on across the dateline at index 20" in report.notes
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        np.testing.assert_allclose(found["df_dx"], np.broadcast_to(2 * np.arange(41.0), (3, 41)))
        np.testing.assert_array_equal(found["lon"], lon)
    (told,) = [axis for axis in survey(path, Hints())["axes"] if axis["name"] == "lon"]
    assert (told["direction"], told["says"]) == ("ascending", "equal, step 1")


@pytest.mark.parametrize("metric", ["sphere", "wgs84"])
def test_what_does_not_change_along_longitude_needs_no_axis_of_it(
    tmp_path: Path, metric: str
) -> None:
    """Means along longitude: flux form, and a Laplacian whose meridians converge."""
    lat, lon, z = np.arange(-60.0, 61.0, 0.5), np.arange(0.0, 9.0), np.arange(6.0)
    phi = np.radians(lat)
    whole = np.broadcast_to(np.sin(phi)[:, None], (lat.size, lon.size))
    path = write(tmp_path / "whole.nc", lon, lat, v=whole, u=0 * whole, f=whole)
    mean = xr.Dataset({name: (("z", "lat"), np.tile(np.sin(phi), (6, 1))) for name in "vf"})
    mean["w"] = ("z", "lat"), np.zeros((6, lat.size))
    for name in "vw":
        mean[name].attrs["units"] = "m s-1"
    mean = mean.assign_coords(z=("z", z, {"units": "m"}))
    mean = mean.assign_coords(lat=("lat", lat, {"units": "degrees_north"}))
    mean.to_netcdf(tmp_path / "mean.nc", engine="netcdf4")
    given = {"metric": metric, "accuracy": 4}
    div = derive(path, operator="divergence", var=["u", "v"], axis="x,y", **given)["div"][:, 2]
    lap = derive(path, operator="laplacian", var="f", axis="x,y", **given)["lap_f"][:, 2]
    source = str(tmp_path / "mean.nc")
    found = derive(source, operator="divergence", var=["v", "w"], axis="y,z", **given)["div"]
    np.testing.assert_allclose(found[1], div, rtol=1e-12, atol=1e-20)
    found = derive(source, operator="laplacian", var="f", axis="y", **given)["lap_f"]
    np.testing.assert_allclose(found[1], lap, rtol=1e-9, atol=1e-24)


def test_a_radius_is_of_a_sphere(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.arange(4.0), np.arange(4.0), f=np.ones((4, 4)))
    for metric in (None, "none", "wgs84"):
        with pytest.raises(UsageError, match="radius=5000000 is of a sphere; give metric='sph"):
            gradcli.differentiate(path, metric=metric, radius=5e6)


EAST = 1.0 / (R * DEGREE)  # of one unit a degree, at the equator
REGIONS = {
    "over 180, a long step": ([0.0, 10.0, 200.0], [0.0, 10.0, 200.0]),
    "westward": ([200.0, 10.0, 0.0], [200.0, 10.0, 0.0]),
    "longest step first": ([-170.0, 30.0, 40.0, 50.0], [-170.0, 30.0, 40.0, 50.0]),
    "two points across the dateline": ([179.5, -179.5], [179.5, 180.5]),
}


@pytest.mark.parametrize("name", REGIONS)
def test_regions_wider_than_half_a_turn(tmp_path: Path, name: str) -> None:
    lon, straight = map(np.array, REGIONS[name])
    path = write(tmp_path / "f.nc", lon, np.arange(3.0), f=np.stack([3 * straight] * 3))
    found = derive(path, axis="x", metric="sphere")
    np.testing.assert_allclose(found["df_dx"][0], np.full(len(lon), 3 * EAST), rtol=1e-12)


def ringed(lon: Any, values: Any, period: float) -> Any:
    """Return numpy's derivative of an axis continued by two points on either side."""
    lon = np.concatenate([lon[-2:] - period, lon, lon[:2] + period])
    return np.gradient(np.concatenate([values[-2:], values, values[:2]]), lon)[2:-2]


@pytest.mark.parametrize("unit", ["degrees", "radian"])
@pytest.mark.parametrize("given", [{}, {"metric": "sphere"}], ids=["plain", "sphere"])
def test_an_uneven_longitude_closes_after_a_full_turn(
    tmp_path: Path, unit: str, given: dict[str, Any]
) -> None:
    lon = np.array([0.0, 60.0, 200.0, 290.0])
    turn, scale = (2 * np.pi, DEGREE) if unit == "radian" else (360.0, 1.0)
    values = np.array([1.0, 4.0, 2.0, -3.0])
    expected = ringed(lon * scale, values, turn) * (EAST * scale if given else 1)
    given = given | {"axis": "lon", "periodic": ("lon",)}
    for points in (lon, np.append(lon, 360.0), np.append(lon, 360.0)[::-1]):
        f = np.interp(points, np.append(lon, 360), np.append(values, values[0]))
        path = write(tmp_path / "f.nc", points * scale, np.arange(2.0), unit, f=np.stack([f] * 2))
        found = derive(path, **given)["df_dlon"][0].values
        order = slice(None, None, -1 if points[0] else 1)
        np.testing.assert_allclose(found[order][:4], expected, rtol=1e-12)
        np.testing.assert_allclose(found[order][4:], expected[: len(points) - 4], rtol=1e-12)
    if not given.get("metric"):
        found = derive(path, per={"lon": "degree"}, **given)["df_dlon"][0].values
        np.testing.assert_allclose(found[::-1][:4], expected * scale, rtol=1e-12)


def test_an_even_longitude_closes_by_its_steps(tmp_path: Path) -> None:
    """A sector closes as before, with a note; a last point that repeats the first is one point."""
    lon, values = np.arange(0.0, 180.0, 60.0), np.array([1.0, 4.0, 2.0])
    path = write(tmp_path / "f.nc", lon, np.arange(2.0), f=np.stack([values] * 2))
    given: dict[str, Any] = {"axis": "lon", "periodic": ("lon",)}
    report = gradcli.differentiate(path, overwrite=True, **given)
    assert (
        "lon: its equal steps close after 180, not after a full turn; say periodic={'lon': 360} "
        "if a full turn is meant" in (report.notes)
    )
    np.testing.assert_allclose(derive(path, **given)["df_dlon"][0], ringed(lon, values, 180.0))
    given["periodic"] = {"lon": 360.0}
    np.testing.assert_allclose(derive(path, **given)["df_dlon"][0], ringed(lon, values, 360.0))
    lon, values = np.arange(0.0, 361.0, 60.0), np.array([1.0, 4.0, 2.0, 0.0, 7.0, 3.0, 1.0])
    path = write(tmp_path / "g.nc", lon, np.arange(2.0), f=np.stack([values] * 2))
    given["periodic"] = ("lon",)
    report = gradcli.differentiate(path, overwrite=True, **given)
    assert "lon: goes around the Earth, so its last point is taken as its first" in report.notes
    found = derive(path, **given)["df_dlon"][0].values
    np.testing.assert_allclose(found[:-1], ringed(lon[:-1], values[:-1], 360.0))
    assert found[0] == found[-1]
