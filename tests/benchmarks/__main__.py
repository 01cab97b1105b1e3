"""``python -m tests.benchmarks``: make the inputs, run everything in turn, print the table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import measure, report, snippets
from tests.benchmarks.cases import Case, Kernel, Peer, Tool
from tests.benchmarks.catalogue import all_cases, chosen
from tests.benchmarks.measure import RunError, Usage
from tests.benchmarks.report import Row


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME,…", help="cases, or how their names begin")
    parser.add_argument("--quick", action="store_true", help="one run on inputs a twentieth as big")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table here too")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep and reuse inputs here")
    parser.add_argument("--runs", type=int, metavar="N", help="default 5; 1 with --quick")
    parser.add_argument("--heavy", type=float, metavar="S", help="run peers slower than this once")
    parser.add_argument("--without", default="", metavar="PEER,…", help="leave out: CDO, NCO, …")
    parser.add_argument("--base", metavar="PYTHON", help="that of an older gradcli, or its folder")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    return options


def make(case: Case, folder: Path) -> None:
    """Make the inputs that are not there, and read them once so that the cache is warm."""
    for kind, name, *numbers in case.inputs:
        path = folder / name
        if not path.exists():
            say(f"{case.name}: making {name}")
            measure.helper("inputs", kind, str(path), *numbers)
        files = [path]
        if path.is_dir():
            files = [file for file in path.rglob("*") if file.is_file()]
        for file in files:
            subprocess.run(["cat", file], stdout=subprocess.DEVNULL, check=True)


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


def attempt(tool: Tool, folder: Path, taken: list[Usage]) -> str | None:
    """Run a tool once and note what it took; return what failed."""
    try:
        taken.append(measure.run(list(tool.argv), folder / tool.output, folder))
    except (RunError, OSError) as error:
        return str(error)
    return None


def agree(ours: Tool, peer: Peer, folder: Path) -> tuple[bool | None, str | None]:
    """Compare the outputs; return whether they agree, and how they do not."""
    if peer.same is None:
        return None, None
    paths = (str(folder / tool.output) for tool in (ours, peer.tool))
    try:
        measure.helper("agree", *paths, str(peer.crop), *peer.same)
    except RunError as error:
        return False, str(error)
    return True, None


def run_case(case: Case, folder: Path, runs: int, heavy: float | None) -> list[Row]:
    """Run gradcli and the peers in turn, A B C A B C …, and compare after the first turn.

    A peer whose first run took longer than ``heavy`` seconds is not run again.
    """
    make(case, folder)
    tools = [case.ours, *(peer.tool for peer in case.peers)]
    taken: list[list[Usage]] = [[] for _ in tools]
    failures: list[str | None] = [None] * len(tools)
    same: list[bool | None] = [None] * len(tools)
    for turn in range(runs):
        for index, tool in enumerate(tools):
            slow = bool(index and heavy and taken[index] and taken[index][0].seconds > heavy)
            if failures[index] is None and not slow:
                if runs > 1:
                    os.sync()  # nobody pays for what others wrote
                failures[index] = attempt(tool, folder, taken[index])
        if turn == 0:
            for index, peer in enumerate(case.peers, 1):
                if failures[0] is None and failures[index] is None:
                    same[index], failures[index] = agree(case.ours, peer, folder)
    for tool in tools:
        measure.remove(folder / tool.output)
    usages = [measure.middle(found) if found else None for found in taken]
    return [
        Row(
            *(case.name, case.work, usages[0], peer.tool.name, usages[index], peer.bars),
            same[index],
            failures[0] or failures[index],
        )
        for index, peer in enumerate(case.peers, 1)
    ]


def run_kernel(case: Kernel, folder: Path, runs: int) -> Row:
    """Run both functions in turn in one process of their own."""
    argv = [sys.executable, "-c", snippets.KERNEL, *case.arguments, str(runs)]
    done = subprocess.run(
        argv, cwd=folder, env=measure.environment(), capture_output=True, text=True
    )
    if done.returncode:
        failure = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Row(case.name, case.work, None, "np.gradient", None, case.bars, False, failure)
    found = json.loads(done.stdout)
    ours, theirs = (
        Usage(seconds, memory, found["size"])
        for seconds, memory in zip(found["seconds"], found["memory"], strict=True)
    )
    return Row(case.name, case.work, ours, "np.gradient", theirs, case.bars, True)


def without(case: Case, options: argparse.Namespace) -> Case:
    """Return a case without the peers left out by name."""
    left_out = options.without.split(",")
    return replace(case, peers=tuple(p for p in case.peers if p.tool.name not in left_out))


def run_all(options: argparse.Namespace, folder: Path) -> list[Row]:
    """Run the cases chosen; write the JSON after each, so that a long run may be cut short."""
    rows: list[Row] = []
    for case in chosen(all_cases(options.quick, folder, options.base), options.only):
        say(f"{case.name}: {case.work}")
        before = measure.sources()
        if isinstance(case, Kernel):
            found = [run_kernel(case, folder, options.runs)]
        else:
            found = run_case(without(case, options), folder, options.runs, options.heavy)
        after = measure.sources()
        state = before if before == after else f"{before} to {after}"
        rows += [replace(row, sources=state) for row in found]
        if options.json:
            table = report.as_json(rows, options.runs, options.quick)
            options.json.write_text(json.dumps(table, indent=1) + "\n")
    return rows


def main() -> int:
    """Run, print the table, and end with 1 where something failed or answers differ."""
    options = arguments()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        rows = run_all(options, options.folder.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="gradcli-benchmarks-") as folder:
            rows = run_all(options, Path(folder))
    print(report.markdown(rows))
    if options.quick:
        print("\nQuick: the bars are for the full sizes.")
    return int(any(row.failure or row.agree is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
