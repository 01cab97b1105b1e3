"""Columns with own coordinates: ``python -m tests.benchmarks.columns [--quick]``.

Each file is differentiated along its columns, and along the same axis as if one uneven coordinate
held for all of them. Both runs keep all variables of the file (``--keep``), so that both copy the
same coordinate into an output of the same size; that one of them also reads it to differentiate is
part of what is compared. Runs alternate, and the fastest of each counts.

The table gives the largest error against a loop of np.gradient per column (over four dimensions: in
the first of them), the processor time of both (user and system, all threads), the time that passes,
and the seconds of the whole loop. The last two columns say how fast columns are beside the uneven
axis, by processor time, which has a bar of a third, and by the time that passes, which means little
on a machine that does other work. It ends with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

import gradcli
from tests.columns import by_loop, floats, hybrid, ocean

LEAST = 1 / 3


class Case(NamedTuple):
    """A file, the variable in it, and the names of its coordinate and of its axis of levels."""

    name: str
    make: Callable[[Path], tuple[np.ndarray, np.ndarray]]
    variable: str
    axis: str
    levels: str
    place: int


def cases(quick: bool) -> list[Case]:
    """Return the cases, small ones to see that all runs."""
    grid = (2, 10, 20, 30) if quick else (12, 40, 200, 250)
    profiles, depth = (50, 40) if quick else (20_000, 500)
    found = []
    for dtype in ("f4", "f8"):
        found += [
            Case(
                f"Argo-like, {profiles} × {depth}, PRES, {dtype}",
                lambda path, dtype=dtype: floats(path, profiles, depth, dtype),
                *("TEMP", "PRES", "N_LEVELS", 1),
            ),
            Case(
                f"ROMS-like, {'×'.join(map(str, grid))}, z_rho, {dtype}",
                lambda path, dtype=dtype: ocean(path, grid, dtype, stored=True),
                *("temp", "z_rho", "s_rho", 1),
            ),
            Case(
                f"ROMS-like, {'×'.join(map(str, grid))}, formula_terms, {dtype}",
                lambda path, dtype=dtype: ocean(path, grid, dtype),
                *("temp", "z", "s_rho", 1),
            ),
            Case(
                f"hybrid, {'×'.join(map(str, grid))}, formula_terms, {dtype}",
                lambda path, dtype=dtype: hybrid(path, grid, dtype),
                *("T", "z", "lev", 1),
            ),
        ]
    return found


class Cost(NamedTuple):
    """What a run costs: seconds of the processor, and seconds that pass."""

    processor: float
    passed: float

    def least(self, other: Cost) -> Cost:
        """Return the lower of each."""
        return Cost(*map(min, self, other))


def cost_of(path: Path, out: Path, **given: Any) -> Cost:
    """Return the cost of one run."""
    out.unlink(missing_ok=True)
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    gradcli.differentiate(path, out, keep=True, **given)
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(used, time.perf_counter() - began)


def measured(case: Case, folder: Path, runs: int) -> tuple[float, Cost, Cost, float]:
    """Return the largest error of a case, the costs of columns and one axis, and the loop's."""
    path, out, plain = (folder / name for name in ("in.nc", "out.nc", "plain.nc"))
    values, nodes = case.make(path)
    some = slice(0, len(values) if values.ndim < 4 else 1)
    began = time.perf_counter()
    expected = by_loop(values[some], nodes[some], case.place)
    loop = (time.perf_counter() - began) * len(values) / len(expected)
    size = values.shape[case.place]
    uneven = np.cumsum(np.random.default_rng(1).uniform(1, 2, size))
    np.save(folder / "uneven.npy", uneven)
    given = {"coords": {case.levels: str(folder / "uneven.npy")}}
    one = columns = Cost(np.inf, np.inf)
    for _ in range(runs):  # in turn, and the fastest of each: other work on the machine slows both
        one = one.least(cost_of(path, plain, var=case.variable, axis=case.levels, **given))
        columns = columns.least(cost_of(path, out, var=case.variable, axis=case.axis))
    assert plain.stat().st_size >= out.stat().st_size - 2**20  # both carry the same
    with netCDF4.Dataset(out) as file:
        made = file[f"d{case.variable}_d{case.axis}"][some]
    found = np.ma.filled(made.astype(float), np.nan)
    assert (np.isnan(found) == np.isnan(expected)).all()
    error = float(np.nanmax(np.abs(found - expected)) / np.nanmax(np.abs(expected)))
    path.unlink()
    return error, columns, one, loop


def main() -> int:
    """Print the table, and return 1 where columns are too slow."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.columns")
    parser.add_argument("--quick", action="store_true", help="small files, one run")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    options = parser.parse_args()
    head = ("columns", "largest error", "processor", "one uneven axis", "passed", "one uneven axis")
    print("|", " | ".join((*head, "loop", f"speed (at least {LEAST:.2f})", "by passed time")), "|")
    print("|---" * 9 + "|")
    slow = False
    for case in cases(options.quick):
        with tempfile.TemporaryDirectory() as folder:
            runs = 1 if options.quick else options.runs
            error, columns, one, loop = measured(case, Path(folder), runs)
        ratios = one.processor / columns.processor, one.passed / columns.passed
        slow |= ratios[0] < LEAST
        pairs = zip(columns, one, strict=True)
        cells = [f"{seconds:.3f} s" for pair in pairs for seconds in pair]
        cells += [f"{loop:.1f} s", *(f"{ratio:.2f}" for ratio in ratios)]
        print(f"| {case.name} | {error:.1e} | {' | '.join(cells)} |", flush=True)
    return int(slow and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
