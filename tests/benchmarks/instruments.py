"""``python -m tests.benchmarks.instruments FOLDER``: what is read in files of instruments.

The files are listed in ``laboratory.py``; those that FOLDER lacks are named with the command that
brings them. Each is differentiated by gradcli, and by ``np.gradient`` on what pandas, numpy or h5py
read by the places of lines and columns. The table shows what gradcli decided: the layout, the lines
of names and rows, the units. An error is the largest one over the largest derivative. Exit code 1:
a file is refused, or an error is larger than rounding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

import gradcli
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Hints
from tests.benchmarks.laboratory import ORIGINS, SAMPLES, Sample, Square, Stored, Table
from tests.benchmarks.peers import Array

# Errors of rounding, of the largest derivative, for results of float64 and float32.
LIMITS = {"float64": 1e-9, "float32": 1e-6}


@dataclass
class Row:
    """What gradcli made of a file, and the largest error."""

    sample: Sample
    layout: str = ""
    units: str = ""
    shape: str = ""
    error: float = np.nan
    limit: float = LIMITS["float64"]
    notes: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the numbers agree."""
        return "FAILED" if self.failure else "ok" if self.error < self.limit else "WRONG"


Hand = tuple[Array, dict[int, Array]]


def from_table(path: Path, hand: Table) -> Hand:
    """Return the values and the coordinates of two columns, as pandas reads them."""
    frame = pd.read_csv(
        path, sep=hand.sep, skiprows=hand.skip, header=None, nrows=hand.rows, **hand.rest
    )
    values = pd.to_numeric(frame[hand.v]).to_numpy(float)
    if hand.x < 0:
        return values, {0: np.arange(len(values), dtype=float)}
    column = frame[hand.x]
    if column.dtype.kind in "OMS" or isinstance(column.dtype, pd.StringDtype):
        times = pd.to_datetime(column)
        return values, {0: (times - times.iloc[0]).dt.total_seconds().to_numpy()}
    return values, {0: column.to_numpy(float)}


def from_text(path: Path, hand: Square) -> Hand:
    """Return the values and the coordinates of a matrix, as numpy reads them."""
    if hand.kind == "long":
        table = np.loadtxt(path, delimiter=",", skiprows=1)
        axes = [np.unique(column) for column in table.T[:-1]]
        values = table[:, -1].reshape([len(axis) for axis in axes])
        return values, dict(enumerate(axes))
    if hand.kind == "crosstab":
        table = np.genfromtxt(path, delimiter=hand.sep, skip_header=hand.skip, encoding="latin-1")
        return table[1:, 1:], {0: table[1:, 0], 1: table[0, 1:]}
    if hand.kind == "blocks":
        return np.loadtxt(path, skiprows=hand.skip), {}
    lines = path.read_text().splitlines()
    head = {key.lower(): float(value) for key, value in map(str.split, lines[: hand.skip])}
    values = np.loadtxt(lines[hand.skip :])
    values[values == head["nodata_value"]] = np.nan
    rows, step = values.shape[0], head["cellsize"]
    return values, {
        0: head["yllcorner"] + (rows - 0.5 - np.arange(rows)) * step,
        1: head["xllcorner"] + (0.5 + np.arange(values.shape[1])) * step,
    }


def from_hdf5(path: Path, hand: Stored) -> Hand:
    """Return the values and the coordinates of a dataset, as h5py reads them."""
    with h5py.File(path) as file:
        stored = file[hand.values]
        values = (stored[hand.column] if hand.column else stored[()]).astype(float)
        found: dict[int, Array] = {}
        for axis, name in enumerate(hand.along):
            size = values.shape[axis]
            if name == "openPMD":
                mesh, where = stored.parent.attrs, stored.attrs["position"]
                place = np.arange(size) + float(where[axis])
                x = mesh["gridGlobalOffset"][axis] + place * mesh["gridSpacing"][axis]
                found[axis] = x * mesh["gridUnitSI"]
            elif name is not None:
                x = np.asarray(stored[name] if hand.column else file[name]).reshape(-1)
                x = x.astype(float)
                found[axis] = x if len(x) == size else (x[1:] + x[:-1]) / 2
    return values, found


def by_hand(path: Path, sample: Sample) -> Hand:
    """Return the values of a file and its coordinates, read without gradcli."""
    if isinstance(sample.hand, Table):
        return from_table(path, sample.hand)
    if isinstance(sample.hand, Square):
        return from_text(path, sample.hand)
    return from_hdf5(path, sample.hand)


def blocks_of(path: Path) -> list[slice]:
    """Return the rows between the blank lines of a file."""
    sizes = [0]
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            sizes[-1] += 1
        elif sizes[-1] and not line.strip():
            sizes.append(0)
    ends = np.cumsum(sizes)
    return [slice(end - size, end) for size, end in zip(sizes, ends, strict=True) if size]


def expected(path: Path, sample: Sample, axis: int, hand: Hand) -> Array:
    """Return the derivative along an axis, by numpy."""
    values, along = hand
    if isinstance(sample.hand, Square) and sample.hand.kind == "blocks":
        return np.concatenate([np.gradient(values[part], axis=0) for part in blocks_of(path)])
    x = along.get(axis, np.arange(values.shape[axis], dtype=float))
    made: Array = np.gradient(values, x, axis=axis)
    return np.where(np.isnan(values), np.nan, made)


def examine(path: Path, sample: Sample, folder: Path) -> Row:
    """Ask gradcli and numpy for the derivatives of a file, and compare."""
    row = Row(sample)
    ask = dict(sample.ask)
    told = {name: ask[name] for name in ("format", "header", "skip_rows") if name in ask}
    try:
        with open_source(str(path), Hints(**told)) as source:
            row.layout = source.description
        out = folder / "out.npz"
        report = gradcli.differentiate(path, out, overwrite=True, **ask)
    except ValueError as refused:
        row.failure = str(refused).replace(f"{path}: ", "")
        return row
    row.notes = list(report.notes)
    hand = by_hand(path, sample)
    row.shape = " × ".join(map(str, hand[0].shape))
    row.units = ", ".join(a["units"] or "–" for a in report.variables[0]["axes"])
    row.error, row.limit = 0.0, LIMITS[report.variables[0]["axes"][0]["dtype"]]
    with np.load(out) as made:
        over = sample.over or range(hand[0].ndim)
        for index, axis in zip(over, report.variables[0]["axes"], strict=False):
            found = made[axis["result"]]
            true = expected(path, sample, index, hand)
            row.error = max(row.error, difference(found, true))
    return row


def difference(found: Array, true: Array) -> float:
    """Return the largest difference over the largest derivative; inf where a number lacks."""
    known = np.isfinite(true)
    if found.shape != true.shape or (np.isfinite(found) & ~known).any():
        return float("inf")
    if not np.isfinite(found[known]).all():
        return float("inf")
    scale = float(np.abs(true[known]).max(initial=0.0)) or 1.0
    return float(np.abs(found - true)[known].max(initial=0.0)) / scale


def markdown(rows: Sequence[Row]) -> str:
    """Return the table."""
    head = ["file", "kind", "read as", "shape", "units of results", "largest error", "verdict"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        name = f"{row.sample.origin}: {row.sample.path.rpartition('/')[2]}"
        error = "" if np.isnan(row.error) else f"{row.error:.1e}"
        verdict = row.verdict + (f": {row.failure}" if row.failure else "")
        lines.append([name, row.sample.kind, row.layout, row.shape, row.units, error, verdict])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine every file that is there, print the table, and end with 1 where one is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.instruments")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of the clones and packages")
    parser.add_argument("--only", default="", metavar="TEXT", help="paths that contain TEXT")
    parser.add_argument("--notes", action="store_true", help="print the notes of each file too")
    options = parser.parse_args(arguments)
    rows, absent = [], set()
    with tempfile.TemporaryDirectory(prefix="gradcli-instruments-") as temporary:
        for sample in SAMPLES:
            path = options.folder / sample.origin / ORIGINS[sample.origin].inside / sample.path
            if options.only not in f"{sample.origin}/{sample.path}":
                continue
            if path.is_file():
                rows.append(examine(path, sample, Path(temporary)))
            else:
                absent.add(sample.origin)
    print(markdown(rows))
    for row in rows if options.notes else ():
        print("\n".join([f"\n{row.sample.path}", *(f"- {note}" for note in row.notes)]))
    for name in sorted(absent):
        print(f"\nabsent: files of {ORIGINS[name].version}: {ORIGINS[name].command}")
    return int(any(row.verdict != "ok" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
