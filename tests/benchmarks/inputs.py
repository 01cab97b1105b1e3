"""Make one input: ``python -m tests.benchmarks.inputs KIND PATH NUMBER…``, as a child process."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np

LATITUDES, LONGITUDES = 721, 1440


def fields(steps: int) -> Iterator[np.ndarray]:
    """Yield global float32 fields: waves that move east, with noise."""
    random = np.random.default_rng(0)
    lat = np.deg2rad(np.linspace(90, -90, LATITUDES))[:, None]
    lon = np.deg2rad(np.arange(LONGITUDES) * 0.25)[None, :]
    for step in range(steps):
        waves = 280 + 30 * np.cos(lat) + 5 * np.sin(3 * lon + step / 10) * np.cos(lat) ** 2
        yield (waves + 0.05 * random.normal(size=waves.shape)).astype("f4")


def netcdf(path: Path, steps: int, *chunks: int) -> None:
    """Write ``t2m(time, lat, lon)``: deflated in these chunks, contiguous without any."""
    coordinates = {
        "time": (np.arange(steps) * 6.0, "hours since 2000-01-01"),
        "lat": (np.linspace(90, -90, LATITUDES, dtype="f4"), "degrees_north"),
        "lon": (np.arange(LONGITUDES, dtype="f4") * np.float32(0.25), "degrees_east"),
    }
    shape = tuple(
        min(chunk, length) for chunk, length in zip(chunks, (steps, 721, 1440), strict=False)
    )
    with netCDF4.Dataset(path, "w") as data:
        for name, (values, units) in coordinates.items():
            data.createDimension(name, len(values))
            data.createVariable(name, values.dtype, (name,))[:] = values
            data[name].units = units
        how = {"zlib": True, "complevel": 4, "shuffle": True, "chunksizes": shape}
        variable = data.createVariable(
            "t2m", "f4", tuple(coordinates), **(how if chunks else {"contiguous": True})
        )
        variable.units = "K"
        for first, block in slabs(fields(steps), shape[0] if chunks else 1):
            variable[first : first + len(block)] = block


def grid(path: Path, size: int) -> None:
    """Write ``z(y, x)``: hills with noise, in steps of 30 m, contiguous."""
    random = np.random.default_rng(3)
    metres = np.arange(size) * 30.0
    with netCDF4.Dataset(path, "w") as data:
        for name in ("y", "x"):
            data.createDimension(name, size)
            data.createVariable(name, "f8", (name,))[:] = metres
            data[name].units = "m"
        variable = data.createVariable("z", "f4", ("y", "x"), contiguous=True)
        variable.units = "m"
        for row, y in enumerate(metres):
            hills = 200 * np.sin(metres / 3000) * np.cos(y / 4000)
            variable[row] = hills + random.normal(size=size)


def slabs(parts: Iterator[np.ndarray], count: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield parts stacked by ``count``, each stack with the index of its first."""
    kept: list[np.ndarray] = []
    first = 0
    for part in parts:
        kept.append(part)
        if len(kept) == count:
            yield first, np.stack(kept)
            first, kept = first + count, []
    if kept:
        yield first, np.stack(kept)


def npy(path: Path, *shape: int) -> None:
    """Write a float64 array."""
    values = np.lib.format.open_memmap(path, "w+", "f8", shape)
    base = np.random.default_rng(0).normal(size=shape[1:])
    for index in range(shape[0]):
        values[index] = base + index**1.5
    values.flush()


def sparse(path: Path, *shape: int) -> None:
    """Write zeros that take no room on the disk."""
    with open(path, "wb") as file:
        form = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, form)
        file.truncate(file.tell() + 8 * math.prod(shape))


def holes(path: Path, steps: int, rows: int, columns: int, percent: int) -> None:
    """Write float32 fields in which so many points, here and there, are missing."""
    values = np.lib.format.open_memmap(path, "w+", "f4", (steps, rows, columns))
    random = np.random.default_rng(4)
    for index, field in enumerate(fields(steps)):
        values[index] = np.where(random.random(field.shape) < percent / 100, np.nan, field)
    values.flush()


def uneven(path: Path, length: int) -> None:
    """Write rising coordinates with uneven steps."""
    np.save(path, np.cumsum(np.random.default_rng(1).uniform(0.5, 1.5, length)))


def csv(path: Path, rows: int) -> None:
    """Write a table of a coordinate and seven columns."""
    import polars

    random = np.random.default_rng(2)
    t = np.cumsum(random.uniform(0.5, 1.5, rows))
    waves = {f"c{k}": np.sin(t / (50 * k)) + 0.01 * random.normal(size=rows) for k in range(1, 8)}
    polars.DataFrame({"t": t, **waves}).write_csv(path)


def many(path: Path, count: int) -> None:
    """Write a folder of small NetCDF files, about 100 kB each."""
    path.mkdir()
    for number in range(count):
        with netCDF4.Dataset(path / f"f{number:04d}.nc", "w") as data:
            for name, length in (("y", 150), ("x", 160)):
                data.createDimension(name, length)
                data.createVariable(name, "f8", (name,))[:] = np.arange(length) * 0.5
            field = np.add.outer(np.arange(150.0) ** 1.5, np.arange(160.0) * number)
            data.createVariable("h", "f4", ("y", "x"))[:] = field


KINDS = {
    function.__name__: function
    for function in (netcdf, grid, npy, sparse, holes, uneven, csv, many)
}


def main() -> None:
    """Make the input beside its place, then rename it."""
    kind, path = sys.argv[1], Path(sys.argv[2])
    part = path.with_name(f"part.{path.name}")
    KINDS[kind](part, *(int(number) for number in sys.argv[3:]))
    part.rename(path)


if __name__ == "__main__":
    main()
