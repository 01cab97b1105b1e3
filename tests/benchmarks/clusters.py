"""Work on a cluster: ``python -m tests.benchmarks.clusters [--quick] [--steps N]``.

Four tables, all with a scheduler and workers on this machine:

- what a task costs besides its work, in the command, the scheduler and a worker;
- what putting parts of a netCDF-4 together costs for each chunk and each byte;
- one compressed netCDF from one worker and from two. `elapsed` needs two idle cores; `busy` is
  the processor time of the command and of the worker that took longest, which is what is left
  where every process has a core;
- Dask-backed ``xr.DataArray.differentiate`` on two workers, to Zarr and to netCDF, against
  ``--cluster local:2``: seconds (the median), processor seconds, and the peak of any process.

It ends with 1 where results differ or a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import netCDF4
import numpy as np
import psutil
import xarray as xr

from gradcli import differentiate
from gradcli.api import request
from gradcli.engine.cluster import compute, connected
from gradcli.engine.job import Job, sent
from gradcli.engine.kept import Kept
from gradcli.engine.merging import merge_parts
from gradcli.engine.parts import begun, write_blocks
from tests.benchmarks.inputs import netcdf, store
from tests.benchmarks.measure import Usage, run
from tests.clusters import Cluster, cluster_of
from tests.memory import measured

TASK_BAR, SPEED_BAR, FASTER_BAR, SMALLER_BAR = 20.0, 1.6, 3.0, 3.0
REST = 4.0  # seconds in which nothing is done
PEER = """
import sys
import xarray as xr
from distributed import Client, LocalCluster

if __name__ == "__main__":
    source, target = sys.argv[1:]
    place = dict(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with LocalCluster(**place) as cluster, Client(cluster):
        if source.endswith(".zarr"):
            data = xr.open_zarr(source)
        else:
            data = xr.open_dataset(source, chunks={})
        field = data["t2m"]
        made = xr.Dataset({f"dt2m_d{axis}": field.differentiate(axis) for axis in ("lat", "lon")})
        if target.endswith(".zarr"):
            made.to_zarr(target, consolidated=False)
        else:
            chunks = data["t2m"].encoding["chunksizes"]
            packed = {"zlib": True, "complevel": 4, "chunksizes": chunks}
            made.to_netcdf(target, encoding=dict.fromkeys(made, packed))
"""


def tasks(folder: Path, steps: int) -> bool:
    """Print what a task of one block costs besides its work."""
    np.save(folder / "f.npy", np.zeros((steps, 200, 300), "f4"))
    asked = request(folder / "f.npy", folder / "made.npz", axis="2", memory=20 * 2**20, jobs=1)
    place = Kept.beside(str(folder / "made.npz"))
    with cluster_of(folder, 2) as cluster, begun(asked) as work:
        place.begin({"plan": work.token})
        job = Job(sent(asked), work.token, 1, place)
        with connected(_address(cluster), lambda: True) as there:
            while there.threads() < 2:
                there.look()
            count = work.schedule.count
            list(there.each(job, compute, range(2)))  # workers import and open what they need
            resting = _spent(cluster)
            time.sleep(REST)
            began, spent = time.perf_counter(), _spent(cluster)
            idle = [(after - before) / REST for before, after in zip(resting, spent, strict=True)]
            sent_before = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
            done = [one for _, one in there.each(job, compute, range(2, count))]
            count -= 2
            wall = time.perf_counter() - began
            after = _spent(cluster)
            through = psutil.net_io_counters(pernic=True)["lo"].bytes_sent - sent_before
    place.remove()
    inside = sum(one.processor for one in done)
    print(f"{count} tasks of one block in {wall:.1f} s; processor time of each, in ms, without")
    print("what the processes take when there is nothing to do:")
    names = "command", "scheduler", "worker, besides its work"
    own = zip(spent, after, idle, (0.0, 0.0, inside), strict=True)
    taken = (b - a - each * wall - work for a, b, each, work in own)
    costs = dict(zip(names, taken, strict=True))
    for name, each in costs.items():
        print(f"  {name:26} {1e3 * each / count:6.1f}")
    total = 1e3 * sum(costs.values()) / count
    print(f"  {'in all':26} {total:6.1f}   (bar: ≤ {TASK_BAR:.0f})")
    print(f"  sent over the network for each, in kB: {through / count / 1e3:.1f}\n")
    return total <= TASK_BAR


def _address(cluster: Cluster) -> str:
    from gradcli.engine.scheduler import address_in

    return address_in(str(cluster.file))


def _spent(cluster: Cluster) -> tuple[float, float, float]:
    """Return the processor time of this process, of the scheduler, and of all workers."""
    pids = [cluster.scheduler.pid, *(worker.pid for worker in cluster.workers)]
    times = [sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids]
    return time.process_time(), times[0], sum(times[1:])


def merging(folder: Path, planes: int) -> None:
    """Print what a chunk and a byte cost when parts of a netCDF-4 are put together."""
    taken = {}
    kinds = {"small": (planes, (1, 10, 10)), "large": (10 * planes, (4, 200, 300))}
    for kind, (steps, chunks) in kinds.items():
        with netCDF4.Dataset(folder / f"{kind}.nc", "w") as file:
            for name, size in zip("tyx", (steps, 200, 300), strict=True):
                file.createDimension(name, size)
            made = file.createVariable("f", "f4", ("t", "y", "x"), zlib=True, chunksizes=chunks)
            made[:] = np.random.default_rng(0).normal(size=made.shape)
        output = folder / f"{kind}-made.nc"
        asked = request(folder / f"{kind}.nc", output, axis="x", memory=2**26, jobs=1)
        with begun(asked) as work:
            count = work.schedule.count
            parts = [str(folder / f"{kind}-{number}") for number in range(min(4, count))]
            for number, part in enumerate(parts):
                write_blocks(work, range(number, count, len(parts)), part)
        began = time.process_time()
        merge_parts(asked, parts)
        taken[kind] = time.process_time() - began, output.stat().st_size
    (small, _), (large, size) = taken["small"], taken["large"]
    print("parts of a netCDF-4 put together by the command alone, in processor time:")
    print(f"  {1e6 * small / (600 * planes):.0f} µs a chunk, of {600 * planes} small ones")
    print(f"  {size / large / 1e6:.0f} MB a second, in large ones\n")


def one_file(folder: Path, steps: int, runs: int) -> bool:
    """Print how long one and two workers take for one netCDF, and return whether bars are held."""
    netcdf(folder / "packed.nc", steps, 1, 361, 720)
    asked: dict[str, Any] = {"axis": "lat,lon", "history": None, "overwrite": True}
    elapsed: dict[int, list[float]] = {1: [], 2: []}
    busy: dict[int, list[float]] = {1: [], 2: []}
    made = {count: folder / f"made{count}.nc" for count in (1, 2)}
    for count in (1, 2):
        (folder / str(count)).mkdir()
    with cluster_of(folder / "1", 1) as one, cluster_of(folder / "2", 2) as two:
        for number in range(-1, runs):  # once before the clock runs
            for count, cluster in ((1, one), (2, two)):
                began = time.process_time()
                where = {"cluster": str(cluster.file)}
                report = differentiate(folder / "packed.nc", made[count], **asked, **where)
                assert report.cluster is not None
                work = [worker["processor"] for worker in report.cluster["workers"]]
                if number >= 0:
                    elapsed[count].append(report.seconds)
                    busy[count].append(time.process_time() - began + max(work))
    size = made[1].stat().st_size / 1e6
    same = made[1].read_bytes() == made[2].read_bytes()
    print(f"one netCDF-4 of {size:.0f} MB, deflated, {'same' if same else 'DIFFERENT'} bytes:")
    ratios = []
    for name, each in (("elapsed", elapsed), ("busy", busy)):
        alone, beside = median(each[1]), median(each[2])
        ratios.append(alone / beside)
        print(f"  {name:8} {alone:7.1f} s {beside:7.1f} s   {ratios[-1]:.2f} times")
    print(f"  (bar: ≥ {SPEED_BAR} times)\n")
    return same and max(ratios) >= SPEED_BAR


def against_xarray(folder: Path, steps: int, runs: int) -> bool:
    """Print what both take for the same field, and return whether they agree and bars are held."""
    store(folder / "f.zarr", steps, 0)
    if not (folder / "packed.nc").exists():
        netcdf(folder / "packed.nc", steps, 1, 361, 720)
    held = True
    for source, suffix in (("f.zarr", ".zarr"), ("packed.nc", ".nc")):
        peak = folder / "peak"  # of whichever process took most
        ours, theirs = folder / f"ours{suffix}", folder / f"theirs{suffix}"
        command = ["-m", "gradcli", "compute", str(folder / source), "-a", "lat,lon", "-q"]
        command += ["-o", str(ours), "--cluster", "local:2"]
        peer = ["-W", "ignore", "-c", PEER, str(folder / source), str(theirs)]
        taken: dict[str, list[tuple[Usage, float]]] = {"--cluster local:2": [], "xarray": []}
        for _ in range(runs):
            for name, argv, path in zip(taken, (command, peer), (ours, theirs), strict=True):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                used = run([*measured(peak), sys.executable, *argv], path, folder)
                used = replace(used, memory=int(peak.read_text()))
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                taken[name].append((used, spent))
        print(f"{source} to {suffix}:")
        table = {
            name: (
                median(used.seconds for used, _ in each),
                median(spent for _, spent in each),
                max(used.memory for used, _ in each) / 2**20,
            )
            for name, each in taken.items()
        }
        for name, row in table.items():
            print(f"  {name:18} {row[0]:7.1f} s {row[1]:7.1f} s busy {row[2]:7.0f} MiB")
        ratios = [b / a for a, b in zip(*table.values(), strict=True)]
        print(
            f"  {'ratio':18} {ratios[0]:7.1f}   {ratios[1]:7.1f}        {ratios[2]:7.1f}"
            f"   (bars: ≥ {FASTER_BAR:.0f}, ≥ {SMALLER_BAR:.0f})"
        )
        same = _agree(ours, theirs)
        print(f"  {'the same inside' if same else 'DIFFERENT'}\n")
        held = held and same and ratios[0] >= FASTER_BAR and ratios[2] >= SMALLER_BAR
    return held


def _agree(ours: Path, theirs: Path) -> bool:
    """Return whether both are the same, but for the rows at the ends, which xarray has elsewise."""
    engine: Any = {"engine": "zarr", "consolidated": False} if ours.suffix == ".zarr" else {}
    with xr.open_dataset(ours, **engine) as one, xr.open_dataset(theirs, **engine) as other:
        inside: dict[str, Any] = {"time": -1, "lat": slice(1, -1), "lon": slice(1, -1)}
        return all(
            np.allclose(one[name].isel(inside), other[name].isel(inside), rtol=1e-4, atol=1e-4)
            for name in ("dt2m_dlat", "dt2m_dlon")
        )


def main() -> int:
    """Run all, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller fields, one run")
    parser.add_argument("--steps", type=int, default=120, metavar="N", help="of the fields [120]")
    given = parser.parse_args()
    quick = given.quick
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps, runs = (20, 1) if quick else (given.steps, 3)
        held = tasks(folder, 100 if quick else 2000)
        merging(folder, 20 if quick else 200)
        held &= one_file(folder, steps, runs)
        held &= against_xarray(folder, steps, runs)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
