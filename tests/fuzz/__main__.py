"""The fuzz run: ``python -m tests.fuzz --cases 20000``.

Every case is known by a number: ``--only 4711`` runs one again, ``--save DIR`` keeps its file.
The last line is a JSON object of the counts; the exit code is 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.fuzz.cases import Case, Verdict, describe, try_case
from tests.fuzz.seeds import load_seeds
from tests.fuzz.server import Server
from tests.real_files import REAL


def main() -> int:
    """Run the cases that the command line asks for."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        made = Path(folder) / "seeds"
        made.mkdir()
        seeds = [s for s in load_seeds(made, given.real) if given.kind in s.suffix + s.name]
        server = Server(Path(folder))
        numbers = given.only or range(given.first, given.first + given.cases)
        counts = _work(server, (Case(number, seeds) for number in numbers), given)
    counts["seeds"] = len(seeds)
    print(json.dumps(counts))
    return int(bool(counts["failures"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of cases")
    parser.add_argument("--kind", default="", help="of seeds: a part of their names")
    parser.add_argument("--real", type=Path, default=REAL, help="folder of real files")
    parser.add_argument("--save", type=Path, help="folder for the files of failures")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="then no new case")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def _work(server: Server, cases: Iterable[Case], given: argparse.Namespace) -> dict[str, Any]:
    began, codes = time.monotonic(), Counter[str]()
    failed: list[int] = []
    crashed: list[int] = []
    slowest, largest, done = 0.0, 0, 0
    for case in cases:
        if time.monotonic() - began > given.seconds:
            break
        verdict = try_case(server, case)
        done += 1
        codes.update(str(code) for code in verdict.codes)
        slowest, largest = max(slowest, verdict.seconds), max(largest, verdict.peak)
        if verdict.crashes:
            crashed.append(case.number)
        if verdict.problems:
            failed.append(case.number)
        _tell(verdict, given)
    return {
        "cases": done,
        "failures": len(failed),
        "failed": failed[:100],
        "crashes": len(crashed),
        "crashed": crashed[:100],
        "codes": dict(codes),
        "slowest": round(slowest, 2),
        "peak_mib": largest >> 20,
        "seconds": round(time.monotonic() - began, 1),
    }


def _tell(verdict: Verdict, given: argparse.Namespace) -> None:
    case = verdict.case
    wrong = [*(f"FAILED {p}" for p in verdict.problems), *(f"crash {c}" for c in verdict.crashes)]
    if given.verbose and not wrong:
        wrong = [f"{verdict.codes} {verdict.seconds:.2f} s {verdict.peak >> 20} MiB"]
    for line in wrong:
        print(f"{case.number} {case.seed.name}: {line}", flush=True)
    if given.save and (verdict.problems or verdict.crashes or given.only):
        given.save.mkdir(exist_ok=True)
        describe(case, given.save)


if __name__ == "__main__":
    sys.exit(main())
