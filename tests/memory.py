"""The memory of a run, measured from outside."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

UNIT = 1 if sys.platform == "darwin" else 1024
MEASURE = (
    "import resource, subprocess, sys;"
    "done = subprocess.run(sys.argv[2:]);"
    "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss;"
    f"open(sys.argv[1], 'w').write(str(peak * {UNIT}));"
    "sys.exit(done.returncode)"
)


def measured(report: Path) -> tuple[str, ...]:
    """Return what to start a command with, so that the bytes of its peak are written to a file.

    It is started by a small process in between: the peak of a process begins with the memory of
    the one that forked it, and a test run is large. It needs nothing that `site` would look for.
    """
    return (sys.executable, "-I", "-S", "-c", MEASURE, str(report))


def peak_of(*arguments: str) -> int:
    """Return the peak memory in bytes of a run of the command, which must succeed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "peak"
        command = [*measured(report), sys.executable, "-m", "gradcli", "compute", "-q", "-O"]
        run = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return int(report.read_text())
