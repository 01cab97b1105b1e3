"""One compressed file from several runs: ``python -m tests.benchmarks.parts [--quick]``.

Two parts side by side, then ``gradcli merge``, against one run with one thread: seconds, seconds
of processors, bytes. Then what the owner of a file takes to lay out 100,000 chunks, and to write
chunks that are packed already through the HDF5 library in place of that. It ends with 1 where the
merged file has other bytes than that of one run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np

# isort: split
import h5py

from gradcli.formats.hdf5.filters import filters_of
from gradcli.formats.hdf5.layout import LayoutFile, LayoutWriter
from gradcli.formats.hdf5.packer import ChunkForm
from gradcli.formats.packets import Elsewhere
from tests.benchmarks.measure import environment

SHAPE = 721, 1440
CHUNK = 100, 100
SMALL, LARGE = 10_000, 1_000_000  # bytes of a packed chunk


def make(path: Path, steps: int) -> None:
    """Write a field with some noise, which deflates to about two thirds."""
    rng = np.random.default_rng(0)
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "lat", "lon"), (steps, *SHAPE), strict=True):
            file.createDimension(name, size)
        options = {"zlib": True, "complevel": 1, "chunksizes": (1, *SHAPE)}
        field = file.createVariable("T", "f4", ("time", "lat", "lon"), **options)
        for step in range(steps):
            field[step] = np.round(20 * np.sin(np.arange(1440) / 40) + rng.normal(size=SHAPE), 2)


@contextmanager
def measured(taken: list[tuple[float, float]]) -> Iterator[None]:
    """Add the wall and the processor seconds of what runs here, its processes included."""
    before, began = os.times(), time.perf_counter()
    yield
    after = os.times()
    taken.append((time.perf_counter() - began, sum(after[:4]) - sum(before[:4])))


def side_by_side(folder: Path, *commands: str) -> None:
    """Run commands of gradcli at once, and wait for all."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "gradcli", *command.split()], cwd=folder, env=environment(),
            stdout=subprocess.DEVNULL,
        )
        for command in commands
    ]  # fmt: skip
    for process in running:
        if process.wait():
            raise SystemExit(f"a run ended with {process.returncode}")


def against_one_run(folder: Path, steps: int, runs: int) -> bool:
    """Print what both take, and return whether the files are the same."""
    make(folder / "in.nc", steps)
    work = "compute in.nc -a lat,lon -j 1 -q -O --no-history"
    taken: dict[str, list[tuple[float, float]]] = {"one run": [], "two parts": [], "merge": []}
    for _ in range(runs):
        with measured(taken["one run"]):
            side_by_side(folder, f"{work} -o whole.nc")
        with measured(taken["two parts"]):
            side_by_side(folder, *(f"{work} -o made.nc --part {number}/2" for number in (1, 2)))
        with measured(taken["merge"]):
            side_by_side(folder, "merge made.nc -q -O")
    for name, each in taken.items():
        wall, busy = (median(column) for column in zip(*each, strict=True))
        print(f"{name:10} {wall:7.2f} s   processors {busy:7.2f} s")
    whole, made = ((folder / name).read_bytes() for name in ("whole.nc", "made.nc"))
    print(f"{len(whole) / 1e6:.0f} MB, {'the same bytes' if whole == made else 'OTHER BYTES'}")
    return whole == made


def new_file(path: Path, count: int) -> list[tuple[int, int]]:
    """Create a dataset of so many chunks, and return the offsets of all."""
    shape = CHUNK[0] * count, CHUNK[1]
    with h5py.File(path, "w") as file:
        options = {"chunks": CHUNK, "compression": "gzip", "fill_time": "never"}
        file.create_dataset("f", shape, "f4", **options)
    return [(CHUNK[0] * number, 0) for number in range(count)]


def laid_out(path: Path, count: int, size: int) -> None:
    """Give all chunks their places, without their bytes."""
    new_file(path, count)
    with LayoutFile(str(path)) as layout, h5py.File(layout, "r+") as file:
        dataset = file["f"]
        filters = filters_of(dataset)
        assert filters is not None
        writer = LayoutWriter(dataset, ChunkForm(dataset.shape, CHUNK, filters, 0), layout)
        window = tuple(slice(0, n) for n in dataset.shape)
        writer.put(window, Elsewhere(np.full(count, size)))


def written(path: Path, count: int, size: int) -> None:
    """Write all chunks, as they are packed, through the library."""
    offsets, data = new_file(path, count), os.urandom(size)
    with h5py.File(path, "r+") as file:
        for offset in offsets:
            file["f"].id.write_direct_chunk(offset, data)


def of_chunks(folder: Path, many: int) -> None:
    """Print what laying out and writing take, per 100,000 chunks or per GB."""
    rows: tuple[tuple[str, Callable[[Path, int, int], None], int, int, float], ...] = (
        ("laid out, 100,000 chunks", laid_out, many, SMALL, 1e5 / many),
        ("laid out, 1 GB in chunks of 1 MB", laid_out, many // 100, LARGE, 1e5 / many),
        ("written, 100,000 chunks of 10 kB", written, many, SMALL, 1e5 / many),
        ("written, 1 GB in chunks of 1 MB", written, many // 100, LARGE, 1e5 / many),
    )
    for words, step, count, size, scale in rows:
        taken: list[tuple[float, float]] = []
        for _ in range(3):
            with measured(taken):
                step(folder / "chunks.h5", count, size)
        busy = median(busy for _, busy in taken) * scale
        disk = os.stat(folder / "chunks.h5").st_blocks * 512 / 1e6 * scale
        print(f"{words:34} processors {busy:6.2f} s, {disk:8.1f} MB of disk")


def main() -> int:
    """Run both, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of all, one run")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        same = against_one_run(folder, 12 if quick else 100, 1 if quick else 3)
        of_chunks(folder, 2_000 if quick else 100_000)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
