"""Run a process and measure it from outside."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.places import ROOT

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Usage:
    """What a process took: wall seconds, peak bytes of memory, bytes written, processor seconds."""

    seconds: float
    memory: int
    size: int
    busy: float = 0.0


class RunError(Exception):
    """A process that failed, with the last line that it wrote to stderr."""


def environment() -> dict[str, str]:
    """Return the environment of every child: with ``.pyc`` files, this repository on the path."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("GRADCLI_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPATH"] = str(ROOT)
    return env


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
    return path.stat().st_size if path.exists() else 0


def remove(path: Path) -> None:
    """Delete a file or a folder, if there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def run(argv: list[str], output: Path, cwd: Path) -> Usage:
    """Run one process to its end; its output is deleted before, outside the time measured."""
    remove(output)
    errors = cwd / "stderr.txt"
    with errors.open("w") as stderr:
        start = time.perf_counter()
        child = subprocess.Popen(
            argv, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=stderr
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        lines = errors.read_text(errors="replace").strip().splitlines() or ["no message"]
        raise RunError(f"{Path(argv[0]).name} ended with {child.returncode}: {lines[-1][:200]}")
    own = output.with_name(f"{output.name}.seconds")
    if own.exists():  # what the process itself says that its work took
        seconds = float(own.read_text())
        own.unlink()
    busy = usage.ru_utime + usage.ru_stime
    return Usage(seconds, usage.ru_maxrss * MAXRSS_UNIT, size_of(output), busy)


def sources() -> str:
    """Return a short digest of gradcli's sources, to see whether they changed between cases."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "gradcli").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def helper(module: str, *arguments: str) -> str:
    """Run a module of this folder as a child and return what it prints."""
    argv = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(argv, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RunError((done.stderr.strip().splitlines() or ["no message"])[-1])
    return done.stdout


def middle(usages: list[Usage]) -> Usage:
    """Return the median of the seconds, with the highest memory and the last size."""
    seconds = median(usage.seconds for usage in usages)
    return Usage(seconds, max(usage.memory for usage in usages), usages[-1].size)
