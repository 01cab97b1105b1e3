"""The memory of a run, measured from outside."""

from __future__ import annotations

import subprocess
import sys


def peak_of(*arguments: str) -> int:
    """Return the peak memory in bytes of a run of the command.

    It is started by a small process in between: the peak of a process begins with the memory of
    the one that forked it, and a test run is large.
    """
    code = (
        "import resource, subprocess, sys;"
        "done = subprocess.run([sys.executable, '-m', 'gradcli', *sys.argv[1:]]);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, "compute", "-q", "-O", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    returned, peak = run.stdout.split()[-2:]
    assert returned == "0", run.stderr
    return int(peak) * (1 if sys.platform == "darwin" else 1024)
