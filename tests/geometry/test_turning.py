"""Vectors along the grid's own axes or eastward and northward give the same curl and divergence."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import netCDF4
import numpy as np
import pytest
import xarray as xr

from gradcli.geometry.factors import AxisFactor, Site
from gradcli.geometry.turning import SumFactor
from gradcli.model.protocols import Source
from gradcli.numerics.earth import unit_vectors
from tests.flows import (
    DEGREE,
    NAMED,
    UNNAMED,
    R,
    both_kinds,
    derive,
    flow,
    parts,
    tripolar,
    write_curvilinear,
    write_rotated,
)


@pytest.mark.parametrize(("kind", "axis"), both_kinds([("rlon,rlat",), ("lon,lat",)]))
def test_both_ways_of_a_rotated_grid_agree_to_rounding(
    axis: str, kind: str, tmp_path: Path
) -> None:
    write_rotated(tmp_path / "f.nc", 24, kind, UNNAMED)
    given = {"operator": "curl", "also": "divergence", "axis": axis}
    grid, _ = derive(tmp_path / "f.nc", var="u,v", vectors="grid", **given)
    earth, _ = derive(tmp_path / "f.nc", var="e,n", vectors="earth", **given)
    for name in ("curl", "div"):
        np.testing.assert_allclose(grid[name], earth[name], rtol=0, atol=1e-9 * 4e-5)
    wrong, _ = derive(tmp_path / "f.nc", var="u,v", vectors="earth", **given)
    assert abs(wrong["curl"] - earth["curl"]).max() > 1e-6 * (1 if kind == "rotation" else 0.1)


WAYS = [
    ("rlon,rlat", {"sheets": False}),
    ("rlon,rlat", {"mapping": False}),
    ("rlon,rlat", {}),
    ("lon,lat", {"mapping": False}),
]


@pytest.mark.parametrize(("kind", "axis", "give"), both_kinds(WAYS))
def test_the_order_on_a_rotated_grid(
    kind: str, axis: str, give: dict[str, bool], tmp_path: Path
) -> None:
    errors = []
    for count in (20, 40):
        data = write_rotated(tmp_path / "f.nc", count, kind, NAMED, **give)
        for var in ("u,v", "e,n"):
            given = {"operator": "curl", "also": "divergence", "axis": axis, "var": var}
            found, _ = derive(tmp_path / "f.nc", **given)
            errors.append([abs(found[name] - data[name]).max().item() for name in ("curl", "div")])
    for coarse, fine in zip(errors[:2], errors[2:], strict=True):
        assert max(fine) < 1.2e-6
        assert np.log2(max(coarse) / max(fine)) > 1.85


@pytest.mark.parametrize(("kind", "missing"), both_kinds([("propagate",), ("adapt",)]))
def test_the_order_on_a_grid_with_poles_on_land(kind: str, missing: str, tmp_path: Path) -> None:
    errors = []
    for count in (24, 48):
        data = write_curvilinear(tmp_path / "f.nc", count, kind)
        for var, vectors in (("u,v", "grid"), ("e,n", "earth")):
            given = {"operator": "curl", "also": "divergence", "axis": "lon,lat", "var": var}
            found, _ = derive(tmp_path / "f.nc", vectors=vectors, missing=missing, **given)
            for name in ("curl", "div"):
                there = np.isfinite(found[name])
                assert there.sum() > 0.8 * np.isfinite(data[name]).sum()
                error = abs(found[name] - data[name])
                errors.append([error.max().item(), float(np.sqrt((error**2).mean()))])
    scale = 4e-5 if kind == "rotation" else 4e-6
    for coarse, fine in zip(errors[:4], errors[4:], strict=True):
        assert fine[1] < 0.02 * scale
        assert min(np.log2(np.divide(coarse, fine)[1:])) > (1.8 if missing == "propagate" else 1.4)


def test_a_projected_grid_takes_vectors_of_the_earth(tmp_path: Path) -> None:
    mapping = {"grid_mapping_name": "polar_stereographic", "earth_radius": R}
    mapping |= {
        "latitude_of_projection_origin": 90.0,
        "straight_vertical_longitude_from_pole": -45.0,
        "scale_factor_at_projection_origin": 1.0,
    }
    import pyproj

    line = np.linspace(-2.1e6, 2.0e6, 24)
    x, y = np.meshgrid(line, line)
    lon, lat = pyproj.Proj(pyproj.CRS.from_cf(mapping))(x, y, inverse=True)
    vector, curl, div = flow("deformation", lon, lat)
    _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
    values = dict(zip("en", parts(vector, east, north), strict=True))
    turn = (lon + 45) * DEGREE
    values["u"] = values["e"] * np.cos(turn) - values["n"] * np.sin(turn)
    values["v"] = values["e"] * np.sin(turn) + values["n"] * np.cos(turn)
    said = {"units": "m s-1", "grid_mapping": "map"}
    data = xr.Dataset({name: (("y", "x"), value, said) for name, value in values.items()})
    data["map"] = ((), 0, mapping)
    for name in "xy":
        standard = f"projection_{name}_coordinate"
        data[name] = (name, line, {"units": "m", "standard_name": standard})
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    given = {"operator": "curl", "also": "divergence", "axis": "x,y", "accuracy": 4}
    given["edge_order"] = 4
    earth, notes = derive(tmp_path / "f.nc", var="e,n", **given)
    assert any("taken as eastward and northward" in note for note in notes)
    grid, _ = derive(tmp_path / "f.nc", var="u,v", vectors="grid", **given)
    for name, exact in (("curl", curl), ("div", div)):
        np.testing.assert_allclose(grid[name], exact, rtol=0, atol=2e-3 * 4e-5)
        np.testing.assert_allclose(earth[name], grid[name], rtol=0, atol=1e-9 * 4e-5)


@pytest.mark.parametrize("last", [350.0, 360.0])
def test_a_rotated_grid_goes_around(last: float, tmp_path: Path) -> None:
    """The last longitude may repeat the first: the factors wrap as the field does."""
    rlat, rlon = np.arange(-85.0, 86, 10), np.arange(0.0, last + 1, 10)
    frame = unit_vectors(np.radians([20.0, 0.0, 200.0]), np.radians([50.0, 0.0, 40.0]))[0]
    frame[1] = np.cross(frame[2], frame[0])
    vectors = unit_vectors(*np.meshgrid(rlon * DEGREE, rlat * DEGREE))
    up, along_x, along_y = (vector @ frame for vector in vectors)
    lon, lat = np.arctan2(up[..., 1], up[..., 0]), np.arcsin(up[..., 2])
    vector, _, _ = flow("rotation", lon / DEGREE, lat / DEGREE)
    _, east, north = unit_vectors(lon, lat)
    values = dict(zip("uven", parts(vector, along_x, along_y, east, north), strict=True))
    pole = {"grid_mapping_name": "rotated_latitude_longitude"}
    pole |= {"grid_north_pole_longitude": 200.0, "grid_north_pole_latitude": 40.0}
    said = {"units": "m s-1", "grid_mapping": "pole"}
    data = xr.Dataset({k: (("rlat", "rlon"), array, said) for k, array in values.items()})
    data["pole"] = ((), 0, pole)
    data["rlat"] = ("rlat", rlat, {"standard_name": "grid_latitude", "units": "degrees"})
    data["rlon"] = ("rlon", rlon, {"standard_name": "grid_longitude", "units": "degrees"})
    data.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    given = {"operator": "curl", "axis": "rlon,rlat"}
    grid, _ = derive(tmp_path / "f.nc", var="u,v", vectors="grid", **given)
    earth, _ = derive(tmp_path / "f.nc", var="e,n", vectors="earth", **given)
    np.testing.assert_allclose(earth["curl"], grid["curl"], rtol=0, atol=1e-9 * 4e-5)


def test_three_dimensions_and_no_metric(tmp_path: Path) -> None:
    """The horizontal components are turned in every derivative of a curl, also along z."""
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        lon, lat, along_x, along_y, _ = tripolar(12)
        vector, _, _ = flow("rotation", lon, lat)
        _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
        shape = np.arange(1.0, 5)[:, None, None]
        for name, size in zip("zji", (4, 12, 24), strict=True):
            file.createDimension(name, size)
        z = file.createVariable("z", "f8", ("z",))
        z[:], z.units, z.axis = np.arange(4) * 10.0, "m", "Z"
        for name, values in (("lon", lon), ("lat", lat)):
            sheet = file.createVariable(name, "f8", ("j", "i"))
            sheet[:], sheet.units = values, {"lon": "degrees_east", "lat": "degrees_north"}[name]
        components = dict(zip("uven", parts(vector, along_x, along_y, east, north), strict=True))
        components["w"] = lon * lat
        for name, values in components.items():
            variable = file.createVariable(name, "f8", ("z", "j", "i"))
            variable[:], variable.units, variable.coordinates = shape * values, "m s-1", "lon lat"
    for metric, axis in (("sphere", "lon,lat,z"), ("none", "lon,lat")):
        end = ",w" if "z" in axis else ""
        given = {"operator": "curl", "axis": axis, "metric": metric, "also": "jacobian"}
        grid, _ = derive(tmp_path / "f.nc", var="u,v" + end, vectors="grid", **given)
        earth, _ = derive(tmp_path / "f.nc", var="e,n" + end, vectors="earth", **given)
        names = {name: name.replace("du", "de").replace("dv", "dn") for name in grid.data_vars}
        for name, other in names.items():
            if "d" in grid[name].dims or grid[name].ndim < 3:
                continue
            size = abs(earth[other]).max().item()
            np.testing.assert_allclose(grid[name], earth[other], rtol=0, atol=1e-5 * size)


def test_a_sum_of_factors() -> None:
    first, second = AxisFactor(0, np.array([1.0, 2.0])), AxisFactor(1, np.array([3.0, 4.0, 5.0]))
    made = SumFactor(((first, second), (first,)))
    found = made.at((slice(0, 2), slice(1, 3)), Site(cast(Source, None), ()))
    np.testing.assert_array_equal(found, [[5.0, 6.0], [10.0, 12.0]])
