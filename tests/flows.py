"""Flows on the sphere whose curl and divergence are known, on rotated and curvilinear grids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.numerics.earth import unit_vectors

R = 6371229.0
DEGREE = np.pi / 180
SPIN = np.array([0.3, -0.5, 0.8]) * 2e-5  # a rotation about a slanting axis, radians per second
POLE = {
    "grid_mapping_name": "rotated_latitude_longitude",
    "grid_north_pole_latitude": 39.25,
    "grid_north_pole_longitude": -162.0,
    "north_pole_grid_longitude": 10.0,
}
UNNAMED = (None,) * 4
NAMED = ("x_wind", "y_wind", "eastward_wind", "northward_wind")


def both_kinds(cases: list[tuple[Any, ...]]) -> list[Any]:
    """Return cases of a rotation and a deformation in turn; the other kind of each takes long."""
    found: list[Any] = []
    for number, case in enumerate(cases):
        kinds = ("rotation", "deformation")[:: 1 if number % 2 else -1]
        found += [(kinds[0], *case), pytest.param(kinds[1], *case, marks=pytest.mark.long)]
    return found


def rotated(count: int) -> tuple[Any, ...]:
    """Return rlat, rlon, and the unit vectors up, along rlon and along rlat in space."""
    import pyproj

    rlat, rlon = np.linspace(-18, 22, count), np.linspace(-25, 19, count + 2)
    crs = pyproj.CRS.from_cf(POLE)
    to_earth = pyproj.Transformer.from_crs(crs, crs.source_crs, always_xy=True)
    mesh_lon, mesh_lat = np.meshgrid(rlon, rlat)
    lon, lat = to_earth.transform(mesh_lon, mesh_lat)
    # The frame of the rotated pole, from three points and without our formula.
    ends = to_earth.transform([0.0, 90.0, 0.0], [0.0, 0.0, 90.0])
    frame = unit_vectors(np.radians(ends[0]), np.radians(ends[1]))[0]
    _, along_x, along_y = (
        vector @ frame for vector in unit_vectors(mesh_lon * DEGREE, mesh_lat * DEGREE)
    )
    return rlat, rlon, lon, lat, along_x, along_y


def flow(kind: str, lon: Any, lat: Any) -> tuple[Any, Any, Any]:
    """Return a flow in space, its curl and its divergence, at longitudes and latitudes."""
    up, _, _ = unit_vectors(lon * DEGREE, lat * DEGREE)
    if kind == "rotation":
        return np.cross(SPIN * R, up), 2 * up @ SPIN, np.zeros(lon.shape)
    # The gradient of a spherical harmonic of degree 2 times R: its divergence is -6 / R of it.
    form = np.array([[1.0, 2.0, 0.5], [2.0, -3.0, 1.5], [0.5, 1.5, 2.0]])
    value = np.einsum("...i,ij,...j", up, form, up)
    slope = 2 * up @ form
    slope -= (slope * up).sum(-1)[..., None] * up
    return slope, np.zeros(lon.shape), -6 * value / R


def parts(vector: Any, *ways: Any) -> list[Any]:
    return [(vector * way).sum(-1) for way in ways]


def write_rotated(path: Path, count: int, kind: str, names: Any, **give: bool) -> xr.Dataset:
    """Write a flow on a rotated grid, its components along the grid and on the Earth."""
    rlat, rlon, lon, lat, along_x, along_y = rotated(count)
    vector, curl, div = flow(kind, lon, lat)
    _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
    u, v = parts(vector, along_x, along_y)
    e, n = parts(vector, east, north)
    over = ("rlat", "rlon")
    said = {"units": "m s-1"}
    if give.get("mapping", True):
        said["grid_mapping"] = "pole"
    sheets = give.get("sheets", True)
    if sheets:
        said["coordinates"] = "lon lat"
    data = xr.Dataset(
        {
            name: (over, values, said | ({} if standard is None else {"standard_name": standard}))
            for name, values, standard in zip("uven", (u, v, e, n), names, strict=True)
        }
        | {"curl": (over, curl), "div": (over, div), "pole": ((), 0, POLE)},
        coords={
            "rlat": ("rlat", rlat, {"standard_name": "grid_latitude", "units": "degrees"}),
            "rlon": ("rlon", rlon, {"standard_name": "grid_longitude", "units": "degrees"}),
        },
    )
    if sheets:
        data["lon"] = (over, lon, {"standard_name": "longitude", "units": "degrees_east"})
        data["lat"] = (over, lat, {"standard_name": "latitude", "units": "degrees_north"})
    data = data.reset_coords()
    data.to_netcdf(path, engine="netcdf4")
    return data


def tripolar(count: int) -> tuple[Any, ...]:
    """Return a bipolar cap: longitude, latitude, unit vectors along x and y, and where land is.

    The poles of the grid lie on the equator of another sphere, turned and moved by a conformal
    map; both are on land.
    """
    b, a = np.meshgrid(
        np.linspace(np.pi - 0.15, 0.15, count), np.linspace(-1.3, 1.3, 2 * count), indexing="ij"
    )
    place, along_x, along_y = cap(a, b)
    lon, lat = np.arctan2(place[..., 1], place[..., 0]), np.arcsin(place[..., 2])
    land = (abs(b - np.pi / 2) > 1.25) & (abs(a) < 0.4)
    return lon / DEGREE, lat / DEGREE, along_x, along_y, land


def cap(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return places on a stretched sphere whose poles are moved, with its unit tangents."""
    # Latitude b counts from a pole; a stretch of it keeps the lines at right angles.
    colatitude = 2 * np.arctan(1.3 * np.tan(b / 2))
    longitude = a + 0.2
    up, along_x, along_y = unit_vectors(longitude, np.pi / 2 - colatitude)
    turn = np.array([[0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [-0.8, 0.0, 0.6]])
    return up @ turn, along_x @ turn, along_y @ turn


def write_curvilinear(path: Path, count: int, kind: str, order: str = "ji", **give: Any) -> Any:
    """Write a flow along the lines of a curvilinear grid; on land its coordinates are zeros."""
    lon, lat, along_x, along_y, land = tripolar(count)
    vector, curl, div = flow(kind, lon, lat)
    _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
    values = dict(zip("uv", parts(vector, along_x, along_y), strict=True))
    values |= dict(zip("en", parts(vector, east, north), strict=True))
    values |= {"lon": lon, "lat": lat, "curl": curl, "div": div}
    for name, array in values.items():
        junk = give.get("junk", 0.0) if name in ("lon", "lat") else np.nan
        array[land] = array[land] if name in ("lon", "lat") and junk is None else junk
    if give.get("upside", False):  # v then points the other way too
        values = {name: array[::-1] * (-1 if name == "v" else 1) for name, array in values.items()}
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("j", count)
        file.createDimension("i", 2 * count)
        for name, array in values.items():
            variable = file.createVariable(name, "f8", tuple(order))
            variable[...] = array if order == "ji" else array.T
            if name in ("lon", "lat"):
                variable.units = {"lon": "degrees_east", "lat": "degrees_north"}[name]
            else:
                variable.units, variable.coordinates = "m s-1", "lon lat"
    return xr.Dataset({name: (("j", "i"), array) for name, array in values.items()}).transpose(
        *order
    )


def derive(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    given = {"metric": "sphere", "edge_order": 2, "overwrite": True} | given
    report = gradcli.differentiate(path, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes
