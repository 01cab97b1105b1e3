"""``python -m tests.benchmarks.accuracy``: errors against the exact answer, beside peers.

Each case is a file of a field whose derivative is known. gradcli and the peers (numpy, xarray,
MetPy, findiff: as far as they are installed, see ``peers.txt``) get the same file. An error is the
largest difference from the exact answer, over the largest exact answer of the whole grid (as it
stands where that is 0); "number" says that a number stands where none can be known, "missing" that
none stands where one is. Where there is a sphere, its radius is 6371229 m for all. Exit code 1:
gradcli is worse than a peer by more than rounding.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from tests.benchmarks.exact import Case, all_cases
from tests.benchmarks.peers import Array
from tests.benchmarks.report import installed

PEERS = ("numpy", "xarray", "MetPy", "findiff", "unweighted")
FACTOR, ROUNDING = 1.01, 1e-12
OFFSET = 1.1  # how far a peer may be ahead because two errors of its own partly cancel
Error = float | str


@dataclass(frozen=True)
class Row:
    """The errors of a case; a peer that is not installed or has no such function has none."""

    case: str
    at: str
    ours: Error
    theirs: dict[str, Error]
    offset: str | None = None

    @property
    def verdict(self) -> str:
        """Say how gradcli's error compares with the best peer's."""
        if not self.theirs:
            return ""
        ours, best = size(self.ours), min(map(size, self.theirs.values()))
        if ours == np.inf or ours > best * FACTOR + ROUNDING:
            return "offset" if self.offset and ours < best * OFFSET else "WORSE"
        return "same" if best <= ours * FACTOR + ROUNDING else "better"


def size(error: Error) -> float:
    """Return an error as a number: what is missing, or should be, is beyond any."""
    return np.inf if isinstance(error, str) else error


def error(found: Array, exact: Array, part: Any) -> Error:
    """Return the largest error in a part of an answer, or what is wrong with it."""
    known = np.isfinite(exact)
    largest = np.abs(exact[known]).max(initial=0.0) or 1.0
    found, exact, known = np.asarray(found, "f8")[part], exact[part], known[part]
    if np.isfinite(found[~known]).any():
        return "number"
    if not np.isfinite(found[known]).all():
        return "missing"
    return float(np.abs(found - exact)[known].max(initial=0.0) / largest)


def ours(case: Case, path: Path) -> Array:
    """Return gradcli's answer, in the units of the exact one where the case names them."""
    import cf_units

    import gradcli

    target = path.with_name("result.nc")
    gradcli.differentiate(path, target, overwrite=True, **case.options)
    with netCDF4.Dataset(target) as data:
        variable = data[case.result]
        values = np.ma.filled(variable[:], np.nan)
        return cf_units.Unit(variable.units).convert(values, case.per) if case.per else values


def run(case: Case, folder: Path) -> list[Row]:
    """Ask gradcli and the peers that are installed."""
    path = folder / "case.nc"
    case.write(path)
    mine, theirs = ours(case, path), {}
    for name, peer in case.peers.items():
        with contextlib.suppress(ImportError):
            theirs[name] = peer(path)
    return [
        Row(
            *(case.name, at, error(mine, case.exact, part)),
            {name: error(found, case.exact, part) for name, found in theirs.items()},
            case.offset,
        )
        for at, part in case.parts.items()
    ]


def text(error: Error | None) -> str:
    """Return an error as the table shows it."""
    if error is None:
        return "–"
    return error if isinstance(error, str) else f"{error:.1e}" if error else "0"


def markdown(rows: Sequence[Row]) -> str:
    """Return the table."""
    head = ["derivative", "at", "gradcli", *PEERS, "beside the best"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        theirs = [text(row.theirs.get(name)) for name in PEERS]
        lines.append([row.case, row.at, text(row.ours), *theirs, row.verdict])
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    notes = {f"offset: {row.offset}" for row in rows if row.verdict == "offset"}
    return "\n\n".join([table, *sorted(notes)])


def as_json(rows: Sequence[Row]) -> dict[str, object]:
    """Return the table as JSON holds it."""
    return {
        "libraries": {name: installed(name) for name in ("gradcli", *PEERS[:-1])},
        "rows": [
            {
                "case": row.case,
                "at": row.at,
                "gradcli": row.ours,
                "peers": row.theirs,
                "verdict": row.verdict,
            }
            for row in rows
        ],
    }


def main() -> int:
    """Run every case, print the table, and end with 1 where gradcli is worse."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.accuracy")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gradcli-accuracy-") as folder:
        rows = [row for case in all_cases() for row in run(case, Path(folder))]
    print(markdown(rows))
    if options.json:
        options.json.write_text(json.dumps(as_json(rows), indent=1) + "\n")
    return int(any(row.verdict == "WORSE" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
