"""Columns with own coordinates: ``python -m tests.benchmarks.columns [--quick] [--only WORDS]``.

Each file is differentiated along its columns, and along the same axis as if one uneven coordinate
held for all of them, both by each of several schemes. Both runs keep all variables of the file
(``--keep``), so that both copy the same coordinate into an output of the same size; that one of
them also reads it to differentiate is part of what is compared. Runs alternate, and the fastest of
each counts.

The table gives the largest error against a loop over columns, with np.gradient at accuracy 2
(over four dimensions: in the first of them), otherwise with Fornberg's weights of each point (in a
few columns); the processor time of both runs (user and system, all threads), the time that passes,
and the seconds of a whole loop of np.gradient. The last two columns say how fast columns are beside
the uneven axis, by processor time, which has a bar of a third, and by the time that passes, which
means little on a machine that does other work. It ends with 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import netCDF4
import numpy as np

import gradcli
from gradcli.numerics.schemes import checked_scheme
from tests.columns import by_loop, by_weights, floats, hybrid, ocean

LEAST = 1 / 3
SOME = 20  # columns that Fornberg's weights are computed for
PLAIN: dict[str, int] = {}
SCHEMES = (
    PLAIN,
    {"accuracy": 4},
    {"accuracy": 6},
    {"accuracy": 8},
    {"order": 2},
    {"order": 2, "accuracy": 8},
)


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


def measured(
    case: Case, given: dict[str, Any], told: dict[str, int], folder: Path, runs: int
) -> tuple[Cost, Cost]:
    """Return the costs of columns and of one uneven axis, by the same scheme."""
    path, out, plain = (folder / name for name in ("in.nc", "out.nc", "plain.nc"))
    one = columns = Cost(np.inf, np.inf)
    for _ in range(runs):  # in turn, and the fastest of each: other work on the machine slows both
        one = one.least(cost_of(path, plain, var=case.variable, axis=case.levels, **given, **told))
        columns = columns.least(cost_of(path, out, var=case.variable, axis=case.axis, **told))
    assert plain.stat().st_size >= out.stat().st_size - 2**20  # both carry the same
    return columns, one


def expected_of(
    case: Case, told: dict[str, int], values: np.ndarray, nodes: np.ndarray
) -> tuple[Any, np.ndarray, float | None]:
    """Return an index of some columns, their derivatives by a loop, and the time of all loops."""
    if not told:
        some: Any = slice(0, len(values) if values.ndim < 4 else 1)
        began = time.perf_counter()
        expected = by_loop(values[some], nodes[some], case.place)
        return some, expected, (time.perf_counter() - began) * len(values) / len(expected)
    some = slice(0, SOME) if values.ndim < 4 else np.s_[:1, :, -1:, -SOME:]
    return some, by_weights(values[some], nodes[some], case.place, checked_scheme(**told)), None


def rows_of(case: Case, folder: Path, runs: int) -> Iterator[tuple[str, bool]]:
    """Yield the rows of a case, and whether its bar was missed."""
    values, nodes = case.make(folder / "in.nc")
    size = values.shape[case.place]
    np.save(folder / "uneven.npy", np.cumsum(np.random.default_rng(1).uniform(1, 2, size)))
    given = {"coords": {case.levels: str(folder / "uneven.npy")}}
    for told in SCHEMES:
        columns, one = measured(case, given, told, folder, runs)
        some, expected, loop = expected_of(case, told, values, nodes)
        with netCDF4.Dataset(folder / "out.nc") as file:
            name = "d2{0}_d{1}2" if told.get("order") else "d{0}_d{1}"
            made = file[name.format(case.variable, case.axis)][some]
        found = np.ma.filled(made.astype(float), np.nan)
        assert (np.isnan(found) == np.isnan(expected)).all()
        error = float(np.nanmax(np.abs(found - expected)) / np.nanmax(np.abs(expected)))
        ratios = one.processor / columns.processor, one.passed / columns.passed
        pairs = zip(columns, one, strict=True)
        cells = [f"{seconds:.3f} s" for pair in pairs for seconds in pair]
        cells += ["" if loop is None else f"{loop:.1f} s", *(f"{ratio:.2f}" for ratio in ratios)]
        scheme = ", ".join(f"{key} {value}" for key, value in told.items()) or "accuracy 2"
        yield (
            f"| {case.name} | {scheme} | {error:.1e} | {' | '.join(cells)} |",
            ratios[0] < LEAST,
        )


def main() -> int:
    """Print the table, and return 1 where columns are too slow."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.columns")
    parser.add_argument("--quick", action="store_true", help="small files, one run")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--only", default="", metavar="WORDS", help="cases whose name has these")
    options = parser.parse_args()
    head = ("columns", "scheme", "largest error", "processor", "one uneven axis", "passed")
    head += ("one uneven axis", "loop", f"speed (at least {LEAST:.2f})", "by passed time")
    print("|", " | ".join(head), "|")
    print("|---" * len(head) + "|")
    slow = False
    for case in cases(options.quick):
        if options.only not in case.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for row, missed in rows_of(case, Path(folder), 1 if options.quick else options.runs):
                print(row, flush=True)
                slow |= missed
    return int(slow and not options.quick)


if __name__ == "__main__":
    sys.exit(main())
