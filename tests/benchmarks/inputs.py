"""Make one input: ``python -m tests.benchmarks.inputs KIND PATH NUMBER…``, as a child process."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np

LATITUDES, LONGITUDES = 721, 1440


def fields(steps: int, noise: float = 0.05, dtype: str = "f4") -> Iterator[np.ndarray]:
    """Yield global fields: waves that move east, with noise."""
    random = np.random.default_rng(0)
    lat = np.deg2rad(np.linspace(90, -90, LATITUDES))[:, None]
    lon = np.deg2rad(np.arange(LONGITUDES) * 0.25)[None, :]
    for step in range(steps):
        waves = 280 + 30 * np.cos(lat) + 5 * np.sin(3 * lon + step / 10) * np.cos(lat) ** 2
        yield (waves + noise * random.normal(size=waves.shape)).astype(dtype)


def netcdf(path: Path, steps: int, *chunks: int) -> None:
    """Write ``t2m(time, lat, lon)``: deflated in these chunks, contiguous without any."""
    shape = tuple(
        min(chunk, length) for chunk, length in zip(chunks, (steps, 721, 1440), strict=False)
    )
    _temperature(path, steps, fields(steps), shape)


def _temperature(
    path: Path,
    steps: int,
    values: Iterator[np.ndarray],
    chunks: tuple[int, ...] = (1, LATITUDES, LONGITUDES),
    dtype: str = "f4",
    **attributes: float,
) -> None:
    coordinates = {
        "time": (np.arange(steps) * 6.0, "hours since 2000-01-01"),
        "lat": (np.linspace(90, -90, LATITUDES, dtype="f4"), "degrees_north"),
        "lon": (np.arange(LONGITUDES, dtype="f4") * np.float32(0.25), "degrees_east"),
    }
    with netCDF4.Dataset(path, "w") as data:
        for name, (numbers, units) in coordinates.items():
            data.createDimension(name, len(numbers))
            data.createVariable(name, numbers.dtype, (name,))[:] = numbers
            data[name].units = units
        how = {"zlib": True, "complevel": 4, "shuffle": True, "chunksizes": chunks}
        variable = data.createVariable(
            "t2m", dtype, tuple(coordinates), **(how if chunks else {"contiguous": True})
        )
        variable.setncatts({"units": "K", **attributes})
        for first, block in slabs(values, chunks[0] if chunks else 1):
            variable[first : first + len(block)] = block


def smooth(path: Path, steps: int) -> None:
    """Write the same waves without noise, deflated."""
    _temperature(path, steps, fields(steps, noise=0))


def land(path: Path, steps: int) -> None:
    """Write them with noise, missing over 30 % of the globe, deflated."""
    y, x = np.mgrid[0 : 1 : LATITUDES * 1j, 0 : 1 : LONGITUDES * 1j]
    hills = np.sin(7 * x + 1) * np.cos(5 * y) + np.sin(23 * x) * np.sin(17 * y) / 3
    dry = hills > np.quantile(hills, 0.7)
    _temperature(path, steps, (np.where(dry, np.nan, field) for field in fields(steps)))


def packed(path: Path, steps: int) -> None:
    """Write them as packed int16, deflated."""
    scale = {"scale_factor": 0.01, "add_offset": 280.0}
    _temperature(path, steps, fields(steps), dtype="i2", **scale)


def doubles(path: Path, steps: int) -> None:
    """Write them in float64, deflated."""
    _temperature(path, steps, fields(steps, dtype="f8"), dtype="f8")


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


def rows(path: Path, *shape: int) -> None:
    """Write a float64 array in C order: NPY, or NPZ by the suffix of the path."""
    _ordered(path, "C", shape)


def fortran(path: Path, *shape: int) -> None:
    """Write the same array in Fortran order."""
    _ordered(path, "F", shape)


def _ordered(path: Path, order: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(5).normal(size=shape)
    made = np.asfortranarray(values) if order == "F" else values
    if path.suffix == ".npz":
        np.savez(path, f=made)
    else:
        np.save(path, made)


def _waves(rows: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    t = np.round(np.cumsum(random.uniform(0.5, 1.5, rows)), 3)
    waves = {f"c{k}": np.sin(t / (50 * k)) + 0.01 * random.normal(size=rows) for k in range(1, 5)}
    return {"t": t, **waves}


def csv_table(path: Path, rows: int) -> None:
    """Write a table of a coordinate and four columns."""
    import polars

    polars.DataFrame(_waves(rows)).write_csv(path)


def csv_dates(path: Path, rows: int) -> None:
    """Write a table whose coordinate is dates."""
    import polars

    found = _waves(rows)
    found["t"] = np.datetime64("2020-01-01", "ms") + np.round(found["t"] * 1000).astype("m8[ms]")
    polars.DataFrame(found).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.3f")


def csv_blanks(path: Path, rows: int) -> None:
    """Write a table with blanks between cells."""
    import polars

    polars.DataFrame(_waves(rows)).write_csv(path, separator=" ")


def csv_commas(path: Path, rows: int) -> None:
    """Write what an instrument may: a preamble, a row of units, decimal commas."""
    import polars

    text = polars.DataFrame(_waves(rows)).write_csv(separator=";", decimal_comma=True)
    names, _, body = text.partition("\n")
    path.write_text(f"Bench 2\n{names}\ns;V;V;V;V\n{body}")


def csv_matrix(path: Path, rows: int) -> None:
    """Write a matrix of five columns."""
    import polars

    polars.DataFrame(_waves(rows)).write_csv(path, include_header=False)


def csv_long(path: Path, rows: int) -> None:
    """Write a grid in long form."""
    import polars

    width = 500
    y, x = np.divmod(np.arange(rows // width * width), width)
    values = np.sin(y / 40) * np.cos(x / 30)
    polars.DataFrame({"y": y * 0.5, "x": x * 0.25, "v": values}).write_csv(path)


def many_netcdf(path: Path, count: int) -> None:
    """Write a folder of small NetCDF files, about 100 kB each."""
    path.mkdir()
    for number in range(count):
        with netCDF4.Dataset(path / f"f{number:04d}.nc", "w") as data:
            for name, length in (("y", 150), ("x", 160)):
                data.createDimension(name, length)
                data.createVariable(name, "f8", (name,))[:] = np.arange(length) * 0.5
            field = np.add.outer(np.arange(150.0) ** 1.5, np.arange(160.0) * number)
            data.createVariable("h", "f4", ("y", "x"))[:] = field


def many_npy(path: Path, count: int) -> None:
    """Write a folder of small NPY files, about 100 kB each."""
    path.mkdir()
    for number in range(count):
        np.save(path / f"f{number:04d}.npy", np.sin(np.arange(12_800.0) / (9 + number)))


def many_csv(path: Path, count: int) -> None:
    """Write a folder of tables of a coordinate and two columns, 1,000 rows each."""
    path.mkdir()
    t = np.arange(1000) * 0.5
    for number in range(count):
        table = np.column_stack([t, np.sin(t / (9 + number)), np.cos(t / (9 + number))])
        name = path / f"f{number:04d}.csv"
        np.savetxt(name, table, delimiter=",", header="t,a,b", comments="", fmt="%.6f")


def store(path: Path, steps: int, number: int) -> None:
    """Write a Zarr store of the kind of this number."""
    from tests.benchmarks import zarr

    zarr.store(path, steps, number)


EVERY = (
    *(netcdf, smooth, land, packed, doubles, grid),
    *(many_netcdf, many_npy, many_csv),
    *(npy, sparse, holes, uneven, csv, rows, fortran, store),
)
FORMS = (csv_table, csv_dates, csv_blanks, csv_commas, csv_matrix, csv_long)
KINDS = {function.__name__: function for function in (*EVERY, *FORMS)}


def main() -> None:
    """Make the input beside its place, then rename it."""
    kind, path = sys.argv[1], Path(sys.argv[2])
    part = path.with_name(f"part.{path.name}")
    KINDS[kind](part, *(int(number) for number in sys.argv[3:]))
    part.rename(path)


if __name__ == "__main__":
    main()
