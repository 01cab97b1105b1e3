"""Files of a series, and the same fields in one file, concatenated by hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from gradcli.numerics.dtypes import Array

HOURS = "hours since 2000-01-01"
LAT = np.linspace(-60.0, 60.0, 4)
LON = np.arange(5) * 72.0


def times_of(count: int, even: bool) -> Array:
    """Return times that rise, in equal steps or not."""
    steps = np.random.default_rng(1).uniform(0.4, 2.0, count)
    return np.arange(count, dtype="f8") if even else np.cumsum(steps).round(3)


def values_at(times: Array, holes: bool = False) -> Array:
    """Return a field over times, latitudes and longitudes; some points are missing if asked for."""
    t, y, x = times[:, None, None], LAT[:, None], LON
    found: Array = 280 + 5 * np.sin(t / 5) * np.cos(np.radians(y)) + np.sin(np.radians(x)) * t
    if holes:
        found[np.random.default_rng(2).random(found.shape) < 0.1] = np.nan
    return found.astype("f4")


def write(
    path: Path,
    times: Array,
    values: Array,
    *,
    units: str = HOURS,
    calendar: str = "standard",
    packed: tuple[float, float] | None = None,
    model: str = "NETCDF4",
    lat: Array = LAT,
    bounds: bool = False,
    kind: str = "f8",
    said: str = "K",
    deflate: bool = False,
    history: str = "",
) -> Path:
    """Write a file of a series."""
    with netCDF4.Dataset(path, "w", format=model) as file:
        for name, size in {"time": None, "lat": len(lat), "lon": len(LON), "two": 2}.items():
            file.createDimension(name, size)
        time = file.createVariable("time", kind, ("time",))
        time.setncatts({"units": units, "calendar": calendar, "axis": "T"})
        time[:] = times
        if bounds:
            time.bounds = "time_bnds"
            around = np.stack([times - 0.5, times + 0.5], axis=1)
            file.createVariable("time_bnds", "f8", ("time", "two"))[:] = around
        file.createVariable("lat", "f8", ("lat",)).units = "degrees_north"
        file.createVariable("lon", "f8", ("lon",)).units = "degrees_east"
        file["lat"][:], file["lon"][:] = lat, LON
        dims = ("time", "lat", "lon")
        options: dict[str, Any] = {"zlib": True} if deflate else {}
        if packed is None:
            field = file.createVariable("T", values.dtype, dims, fill_value=np.nan, **options)
        else:
            field = file.createVariable("T", "i2", dims, fill_value=-32768, **options)
            field.scale_factor, field.add_offset = packed
        field.setncatts({"units": said, "long_name": "temperature"})
        field[:] = np.ma.masked_invalid(values)
        file.setncatts({"title": "a series", "history": history} if history else {"title": "a"})
    return path


def write_series(
    folder: Path, times: Array, values: Array, cuts: Sequence[int], **options: Any
) -> list[str]:
    """Write files that end before the given points, and return their paths; names tell no order."""
    paths = []
    edges = [0, *cuts, len(times)]
    for number, (first, stop) in enumerate(pairwise(edges)):
        path = folder / f"{'zyxwvutsrq'[number]}.nc"
        paths.append(str(write(path, times[first:stop], values[first:stop], **options)))
    return paths


def results(path: str | Path) -> dict[str, bytes]:
    """Return the stored bytes of every variable, by name."""
    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return {name: np.asarray(var[...]).tobytes() for name, var in file.variables.items()}
