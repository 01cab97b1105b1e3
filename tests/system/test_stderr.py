"""Stderr is Python's alone once libraries are muted."""

from __future__ import annotations

import subprocess
import sys

MUTED = """
import os, sys
from gradcli.system.stderr import mute_libraries

mute_libraries()
os.write(2, b"a library complains\\n")
print("Error: ours \\udcff", file=sys.stderr)
os.write(1, b"result\\n")
"""


def test_what_libraries_write_is_dropped_and_what_python_says_is_said() -> None:
    done = subprocess.run([sys.executable, "-c", MUTED], capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"result\n")
    assert done.stderr == b"Error: ours \\udcff\n"


def test_stderr_that_is_closed_or_elsewhere_is_left_alone() -> None:
    code = "import io, sys; from gradcli.system.stderr import mute_libraries; "
    for where in ("None", "io.StringIO()"):
        line = f"{code} sys.stderr = {where}; mute_libraries(); import os; os.write(2, b'x')"
        done = subprocess.run([sys.executable, "-c", line], capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"x")
