"""Daily files of a year as one field: ``python -m tests.benchmarks.series [--quick]``.

The command with ``--join`` and ``xr.open_mfdataset(…).differentiate(…).to_netcdf`` run in turn on
the same files, each in a process of its own. The table gives their seconds (the median), those of
the processors and peak memory, and how many times faster and smaller the command is (bars of 5 and
1). Then come the milliseconds that a small file takes to be joined, its headers alone. It ends with
1 where the results differ or where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import netCDF4
import numpy as np

from gradcli.formats.opening import open_source
from gradcli.formats.series.source import open_series
from gradcli.model.protocols import Hints, Join
from tests.benchmarks.measure import Usage, run

FASTER, SMALLER = 5.0, 1.0
PEER = """
import sys
import xarray as xr
days = xr.open_mfdataset(sys.argv[1] + "/*.nc")
days = days[["T"]].chunk(time=30)  # it refuses chunks of one step, as files have them
days.differentiate("time", datetime_unit="h").to_netcdf(sys.argv[2])
"""


def make(folder: Path, files: int, shape: tuple[int, int, int]) -> None:
    """Write a file a day of hourly or rarer values."""
    folder.mkdir()
    steps, rows, columns = shape
    for day in range(files):
        with netCDF4.Dataset(folder / f"{day:05d}.nc", "w") as file:
            for name, size in {"time": None, "lat": rows, "lon": columns}.items():
                file.createDimension(name, size)
            time_ = file.createVariable("time", "f8", ("time",))
            time_.units, time_.calendar = "hours since 2001-01-01", "standard"
            time_[:] = 24 * day + np.arange(steps) * 24 / steps
            for name, units in {"lat": "degrees_north", "lon": "degrees_east"}.items():
                made = file.createVariable(name, "f8", (name,))
                made.units = units
                made[:] = np.linspace(-90, 90, len(made)) if name == "lat" else np.arange(columns)
            field = file.createVariable("T", "f4", ("time", "lat", "lon"), zlib=True, complevel=1)
            field.units = "K"
            waves = np.sin(np.linspace(0, 9, rows)[:, None] * np.linspace(0, 7, columns))
            field[:] = [280 + waves * (day % 30 + step) for step in range(steps)]


def against_xarray(folder: Path, files: int, shape: tuple[int, int, int], runs: int) -> bool:
    """Print what both take, and return whether they agree and the bars are held."""
    make(folder / "days", files, shape)
    made, right = folder / "ours.nc", folder / "theirs.nc"
    paths = sorted(str(path) for path in (folder / "days").iterdir())
    (folder / "list.txt").write_text("\n".join(paths))
    command = ["-m", "gradcli", "compute", "--files-from", str(folder / "list.txt")]
    command += ["--join", "time", "-a", "time", "-o", str(made), "-q", "--deflate", "0"]
    peer = ["-W", "ignore", "-c", PEER, str(folder / "days"), str(right)]
    taken: dict[str, list[Usage]] = {"gradcli --join": [], "xarray": []}
    for _ in range(runs):
        for name, argv, path in (
            ("gradcli --join", command, made),
            ("xarray", peer, right),
        ):
            taken[name].append(run([sys.executable, *argv], path, folder))
    rows = [_row(each) for each in taken.values()]
    for name, (seconds, busy, memory) in zip(taken, rows, strict=True):
        print(f"{name:16} {seconds:8.2f} s {busy:8.2f} s of processors {memory:8.0f} MiB")
    ratios = [theirs / ours for ours, theirs in zip(*rows, strict=True)]
    print("ratio            {:8.1f}   {:8.1f}                 {:8.1f}".format(*ratios))
    faster, _, smaller = ratios
    with netCDF4.Dataset(made) as one, netCDF4.Dataset(right) as other:
        # xarray gives its first and last rows the accuracy of the others.
        inside = slice(1, -1)
        agrees = np.allclose(one["dT_dtime"][inside], other["T"][inside], rtol=1e-4, atol=1e-4)
    print(f"{files} files of {' x '.join(map(str, shape))}: {'same' if agrees else 'DIFFERENT'}")
    return bool(agrees) and faster >= FASTER and smaller >= SMALLER


def _row(taken: list[Usage]) -> list[float]:
    """Return the medians of wall and processor seconds, and the largest memory in MiB."""
    seconds, busy = median(used.seconds for used in taken), median(used.busy for used in taken)
    return [seconds, busy, max(used.memory for used in taken) / 2**20]


def opening(folder: Path, files: int) -> None:
    """Print how long the headers of many small files take."""
    make(folder / "small", files, (1, 4, 5))
    paths = tuple(sorted(str(path) for path in (folder / "small").iterdir()))
    open_source(paths[0]).close()
    began, busy = time.perf_counter(), time.process_time()
    with open_series(Hints(join=Join("time", paths))):
        wall, used = time.perf_counter() - began, time.process_time() - busy
    print(
        f"opening {files} files: {1e3 * wall / files:.2f} ms each ({1e3 * used / files:.2f} busy)"
    )


def main() -> int:
    """Run both, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller files, one run")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = (1, 45, 90) if quick else (4, 181, 360)
        held = against_xarray(folder, 30 if quick else 365, shape, 1 if quick else 3)
        opening(folder, 100 if quick else 2000)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
