"""Kernels against memcpy: ``python -m tests.benchmarks.kernels [--quick] [--only WORDS]``.

The first table has the kernels alone, in memory and in one thread: how many gigabytes a second of a
field they differentiate, beside a plain copy of it, along each of its axes. The second has whole
runs of ``gradcli.differentiate``, with the files in the page cache, each beside another run or a
copy, per cell of their results. The third compares with findiff and scipy, where these are
installed.

All times are those of the processor (user and system, all threads), so that other work on the
machine counts little; runs of both sides alternate, and the fastest of each counts. A limit stands
beside each row that has one, and the command ends with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

import gradcli
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.assemble_columns import make_column_stencil
from gradcli.numerics.column_steps import ColumnNames
from gradcli.numerics.columns import spread
from gradcli.numerics.coordinates import fit_spacing
from gradcli.numerics.schemes import checked_scheme

Work = Callable[[], Any]
MISSING = 0.1  # of the points, in the rows about gaps
LAND = 0.3
FIVE = np.array([-1, 8, 0, -8, 1]) / 12  # the weights of accuracy 4, as scipy takes them


class Row(NamedTuple):
    """What is compared, with the most (or least) that the ratio may be; None without a limit."""

    name: str
    work: Work
    beside: Work
    bytes: int  # of the field that is differentiated, for GB/s
    share: float = 1.0  # result cells of the work per cell of what it is compared with
    limit: float | None = None
    least: bool = False


def processor() -> float:
    """Return the seconds of the processor so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fastest(works: tuple[Work, ...], runs: int) -> list[float]:
    """Return the least time of each work, which are run in turn, after a first run of each."""
    least = [np.inf] * len(works)
    for number, (place, work) in itertools.product(range(runs + 1), enumerate(works)):
        began = processor()
        work()
        if number:
            least[place] = min(least[place], processor() - began)
    return least


def kernels(quick: bool) -> Iterator[Row]:
    """Yield the kernels alone."""
    shape = (24, 30, 40) if quick else (96, 384, 512)
    schemes: dict[str, dict[str, Any]] = {
        "accuracy 2": {},
        "accuracy 4": {"accuracy": 4},
        "accuracy 6": {"accuracy": 6},
        "accuracy 8": {"accuracy": 8},
        "order 2": {"order": 2},
        "periodic": {"periodic": True},
        "uneven": {"uneven": True},
        f"adapt, {MISSING:.0%} missing": {"missing": "adapt"},
        "savgol 21": {"smooth": "savgol:21,3"},
        "columns": {"columns": True},
    }
    limits = {"savgol 21": 20.0}
    for dtype, (name, told), axis in itertools.product(("f4", "f8"), schemes.items(), range(3)):
        values = np.random.default_rng(1).normal(size=shape).astype(dtype)
        copied = np.empty_like(values)
        yield Row(
            f"{name}, {np.dtype(dtype).name}, axis {axis}",
            kernel(values, axis, **told),
            lambda values=values, copied=copied: np.copyto(copied, values),  # type: ignore[misc]
            values.nbytes,
            limit=limits.get(name),
        )


def kernel(
    values: Any,
    axis: int,
    periodic: bool = False,
    uneven: bool = False,
    columns: bool = False,
    **told: Any,
) -> Work:
    """Return a function that differentiates an array by the stencils of the package."""
    scheme, size, out = checked_scheme(**told), values.shape[axis], np.empty_like(values)
    rng, rows = np.random.default_rng(2), slice(0, values.shape[axis])
    if columns:
        nodes = spread(np.cumsum(rng.uniform(1, 2, values.shape), axis))
        column = make_column_stencil(size, scheme, ColumnNames("z", tuple("abc")))
        return lambda: column.apply(values, nodes, rows, axis, out, (0, 0, 0))
    steps = rng.uniform(1, 2, size) if uneven else np.ones(size)
    stencil = make_stencil("x", fit_spacing("x", np.cumsum(steps)), scheme, periodic)
    if "missing" in told:
        values[rng.random(values.shape) < MISSING] = np.nan
    reads = stencil.reach(rows)  # beyond the ends of a periodic axis
    values = values.take(np.arange(reads.start, reads.stop), axis, mode="wrap")

    def work() -> None:
        stencil.apply(values, rows, axis, out)
        if isinstance(stencil, AdaptingStencil):
            stencil.adapt(values, rows, axis, out)

    return work


def whole_runs(folder: Path, quick: bool) -> Iterator[Row]:
    """Yield whole runs, each beside another run or a copy."""
    shape = (2, 30, 40) if quick else (48, 721, 1440)
    cells = np.random.default_rng(3).normal(size=shape).astype("f4")
    plain, land = folder / "plain.npy", folder / "land.npy"
    np.save(plain, cells)
    cells[:, masked(shape[1:])] = np.nan
    np.save(land, cells)

    def run(path: Path, **told: Any) -> Work:
        several = path.suffix == ".npy" and "operator" not in told
        out = path.with_name(f"out{'-{component}' * several}{path.suffix}")
        return lambda: gradcli.differentiate(path, out, overwrite=True, **told)

    size = cells.nbytes
    for axis in (1, 2):
        name, along = f"periodic, axis {axis}, beside plain", {"axis": str(axis)}
        ring = run(plain, periodic=str(axis), **along)
        yield Row(name, ring, run(plain, **along), size, limit=1.3)
        name, adapts = f"adapt with {LAND:.0%} land, axis {axis}, beside propagate", "adapt"
        yield Row(name, run(land, missing=adapts, **along), run(land, **along), size, limit=2)
    for dtype in ("f4", "f8"):
        path = folder / f"{dtype}.npy"
        np.save(path, np.nan_to_num(cells).astype(dtype))
        took, given = path.stat().st_size, {"axis": ("1", "2")}
        slope = run(path, operator="magnitude", **given)
        name = f"magnitude, {dtype}, beside its gradient"
        yield Row(name, slope, run(path, **given), took, 0.5, 1.5)
        grid = folder / f"curved-{dtype}.nc"
        taken = curved(grid, (2, 30, 40) if quick else (24, 400, 600), dtype)
        copy = copying(taken)
        for operator, parts in (("divergence", ("u", "v")), ("gradient", "u")):
            limit = 40 if operator == "divergence" else None
            work = run(grid, operator=operator, var=parts, axis=("x", "y"), metric="sphere")
            count = 2 if operator == "gradient" else 1
            yield Row(
                f"curvilinear {operator}, {dtype}, beside memcpy", work, copy, taken, count, limit
            )
        sphere = folder / f"sphere-{dtype}.nc"
        taken = globe(sphere, (2, 30, 40) if quick else (24, 400, 600), dtype)
        work, copy = run(sphere, axis=("lon", "lat"), metric="sphere"), copying(taken)
        yield Row(f"sphere gradient, {dtype}, beside memcpy", work, copy, taken, 2)


def copying(count: int) -> Work:
    """Return a function that copies so many bytes in memory."""
    source, target = np.ones(count, "u1"), np.empty(count, "u1")
    return lambda: np.copyto(target, source)


def masked(shape: tuple[int, ...]) -> Any:
    """Return round islands and continents, which cover `LAND` of a grid."""
    y, x = np.indices(shape) / np.reshape(shape, (2, 1, 1))
    rng = np.random.default_rng(4)
    height = sum(
        np.cos(2 * np.pi * (k * x + m * y + rng.random())) / np.hypot(k, m)
        for k in range(1, 9)
        for m in range(-8, 9)
    )
    return height > np.quantile(height, 1 - LAND)


def curved(path: Path, shape: tuple[int, int, int], dtype: str) -> int:
    """Write a vector on a curvilinear grid, and return the bytes of one component."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape[1:]), indexing="ij")
    lon = 30 * columns + 5 * np.sin(rows)
    lat = 40 + 20 * rows + 3 * columns**2
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "y", "x"), shape, strict=True):
            file.createDimension(name, size)
        for name, values, unit in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createVariable(name, "f8", ("y", "x"))[...] = values
            file[name].units = unit
        rng = np.random.default_rng(5)
        for name, points in (("u", "eastward_wind"), ("v", "northward_wind")):
            made = file.createVariable(name, dtype, ("time", "y", "x"))
            made.setncatts({"coordinates": "lon lat", "standard_name": points, "units": "m s-1"})
            made[...] = rng.normal(size=shape)
    return int(np.prod(shape)) * np.dtype(dtype).itemsize


def globe(path: Path, shape: tuple[int, int, int], dtype: str) -> int:
    """Write a field over longitude and latitude, and return its bytes."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "lat", "lon"), shape, strict=True):
            file.createDimension(name, size)
        file.createVariable("lat", "f8", ("lat",))[...] = np.linspace(-80, 80, shape[1])
        file.createVariable("lon", "f8", ("lon",))[...] = np.linspace(0, 300, shape[2])
        file["lat"].units, file["lon"].units = "degrees_north", "degrees_east"
        values = np.random.default_rng(6).normal(size=shape)
        file.createVariable("f", dtype, ("time", "lat", "lon"))[...] = values
    return int(np.prod(shape)) * np.dtype(dtype).itemsize


def peers(quick: bool) -> Iterator[Row]:
    """Yield the same derivatives by findiff and scipy, where they are installed."""
    shape = (24, 30, 40) if quick else (96, 384, 512)
    for dtype, axis in itertools.product(("f4", "f8"), range(3)):
        values = np.random.default_rng(1).normal(size=shape).astype(dtype)
        kind = f"{np.dtype(dtype).name}, axis {axis}"
        if find_spec("findiff"):
            from findiff import Diff

            for accuracy in (2, 4, 8):
                other = Diff(axis, 1.0, acc=accuracy)
                ours = kernel(values, axis, accuracy=accuracy)
                name = f"accuracy {accuracy}, {kind}, against findiff"
                yield Row(name, ours, lambda o=other, v=values: o(v), values.nbytes, 1, 3, True)
        if find_spec("scipy"):
            from scipy.ndimage import convolve1d
            from scipy.signal import savgol_filter

            name = f"accuracy 4, {kind}, against scipy.ndimage.convolve1d"
            theirs = lambda v=values, a=axis: convolve1d(v, FIVE, a)  # noqa: E731
            yield Row(name, kernel(values, axis, accuracy=4), theirs, values.nbytes, 1, 3, True)
            name = f"savgol 21, {kind}, against scipy.signal.savgol_filter"
            theirs = lambda v=values, a=axis: savgol_filter(v, 21, 3, 1, axis=a)  # noqa: E731
            ours = kernel(values, axis, smooth="savgol:21,3")
            yield Row(name, ours, theirs, values.nbytes, 1, 3, True)


def line(row: Row, runs: int) -> tuple[str, bool]:
    """Return a row of a table, and whether its limit is met."""
    took, other = fastest((row.work, row.beside), runs)
    ratio = other / took / row.share if row.least else took / other / row.share
    met = row.limit is None or (ratio >= row.limit if row.least else ratio <= row.limit)
    sign = "≥" if row.least else "≤"
    limit = "" if row.limit is None else f"{sign} {row.limit:g}{'' if met else ' (missed)'}"
    cells = f"{took:.3f} s | {row.bytes / took / 1e9:.2f} GB/s | {row.bytes / other / 1e9:.2f} GB/s"
    return f"| {row.name} | {cells} | {ratio:.2f} | {limit} |", met


def main() -> int:
    """Print the tables, and return 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.kernels")
    parser.add_argument("--quick", action="store_true", help="small arrays, one run")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--only", default="", metavar="WORDS", help="rows with these words")
    options = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        tables = {
            "kernel in memory": kernels(options.quick),
            "whole run": whole_runs(Path(folder), options.quick),
            "against other libraries": peers(options.quick),
        }
        for title, rows in tables.items():
            print(f"| {title} | time | speed | speed of the other | ratio | limit |")
            print("|---|---|---|---|---|---|")
            for row in rows:
                if options.only in row.name:
                    text, met = line(row, 1 if options.quick else options.runs)
                    missed |= not met
                    print(text, flush=True)
            print()
    return int(missed and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
