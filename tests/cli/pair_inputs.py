"""Inputs of every kind that hold the same as far as they can, for `tests.cli.pairs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

SAID: dict[str, dict[str, Any]] = {
    "z": {"units": "m", "positive": "down", "axis": "Z"},
    "lat": {"units": "degrees_north", "standard_name": "latitude"},
    "lon": {"units": "degrees_east", "standard_name": "longitude"},
    "T": {"units": "m", "valid_max": 8.5},
    "u": {"units": "m s-1"},
    "v": {"units": "m s-1"},
}


def _make_store(path: Path, arrays: dict[str, tuple[Any, tuple[str, ...]]]) -> None:
    """Write a store of Zarr 3, each array in one chunk; zarr takes long to be imported."""
    path.mkdir()
    (path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    for name, (array, dims) in arrays.items():
        (chunk := path / name / "/".join(["c", *"0" * array.ndim])).parent.mkdir(parents=True)
        chunk.write_bytes(array.tobytes())
        header = {
            "zarr_format": 3,
            "node_type": "array",
            "shape": array.shape,
            "data_type": array.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": array.shape}},
            "chunk_key_encoding": {"name": "default"},
            "fill_value": 0.0,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "dimension_names": dims,
            "attributes": SAID[name],
        }
        (path / name / "zarr.json").write_text(json.dumps(header))


def make_inputs(folder: Path) -> None:
    """Write an input of every kind, which hold the same as far as they can."""
    lon, lat = np.arange(8) * 45.0, (np.arange(7) * 25.1 - 75.3).astype("f4")
    z = np.array([100.0, 90, 70, 40, 20, 0])
    rng = np.random.default_rng(3)
    values = {name: rng.normal(size=(6, 7, 8)).cumsum(2).round(4) for name in ("T", "u", "v")}
    values["T"][2, 3, 4], values["T"][3, 3, 3] = np.nan, 9
    values["T"][0, 1, 1] = values["T"][2, 3, 2] = 7
    for name in ("grid.nc", "grid.h5"):
        with netCDF4.Dataset(folder / name, "w") as made:
            for axis, points in (("z", z), ("lat", lat), ("lon", lon)):
                made.createDimension(axis, len(points))
                made.createVariable(axis, points.dtype, (axis,))[:] = points
                made[axis].setncatts(SAID[axis])
            for name, array in values.items():
                made.createVariable(name, "f8", ("z", "lat", "lon"), zlib=True)[:] = array
                made[name].setncatts(SAID[name])
            made.createVariable("other", "f8", ("z",))[:] = z
    dims = ("z", "lat", "lon")
    store = {"z": (z, ("z",)), "lat": (lat, ("lat",)), "lon": (lon, ("lon",))}
    _make_store(folder / "grid.zarr", store | {name: (values[name], dims) for name in values})
    np.savez(folder / "grid.npz", lon=lon, lat=lat, z=z, **values)
    np.save(folder / "grid.npy", values["T"])
    np.savetxt(folder / "matrix.csv", values["u"][0], delimiter=",", fmt="%.4f")
    rows = [
        f"{y:.4f},{x},{values['T'][0, j, i]},{values['u'][0, j, i]},{values['v'][0, j, i]}"
        for j, y in enumerate(lat)
        for i, x in enumerate(lon)
    ]
    (folder / "long.csv").write_text("\n".join(["lat,lon,T,u,v", *rows, ""]))
    times = [0, 1, 2, 3, 4, 4, 6, 5, 7, 8, 9, 11]
    rows = [
        f"{t},{'ab'[k % 2]},{values['T'][2, 3, k % 8]},{values['u'].flat[k]},{k % 4}"
        for k, t in enumerate(times)
    ]
    (folder / "table.csv").write_text("\n".join(["t,id,T,u,v", *rows, ""]))
    (folder / "x.txt").write_text("\n".join(f"{each}" for each in np.arange(8) ** 1.5))
    (folder / "points.csv").write_text("z,lat,lon,t\n90,10,100,2\n80,20,200,3\n")
    (folder / "list").write_text("grid.nc\n")
