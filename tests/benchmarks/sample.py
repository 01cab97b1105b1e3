"""The processor time of `gradcli sample` beside that of numpy, for an array of 1 GiB.

``python -m tests.benchmarks.sample [EXPRESSION]`` prints seconds of user and system time together,
which other work on the machine changes less than the time that passes, and the ratios.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

ROWS, COLUMNS = 8192, 16384
GRID = f"x=0:1:{ROWS}j,y=0:1:{COLUMNS}j"
ALONE = f"import numpy as np; np.save('saved.npy', np.ones(({ROWS}, {COLUMNS})))"
COMPUTED = f"""
import numpy as np
from numpy import *
x, y = np.linspace(0, 1, {ROWS})[:, None], np.linspace(0, 1, {COLUMNS})
np.save("computed.npy", {{}})
"""


def seconds(command: list[str], folder: str) -> float:
    """Return the processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(text: str = "sin(x + y)") -> None:
    """Print the times and their ratios."""
    gradcli = [sys.executable, "-m", "gradcli", "sample", text, "--grid", GRID, "-q"]
    with tempfile.TemporaryDirectory(dir=".") as folder:
        sampled = seconds([*gradcli, "-o", "sampled.npy"], folder)
        computed = seconds([sys.executable, "-c", COMPUTED.format(text)], folder)
        alone = seconds([sys.executable, "-c", ALONE], folder)
    print(f"gradcli sample          {sampled:6.2f} s")
    print(f"numpy, then np.save     {computed:6.2f} s   ratio {sampled / computed:.2f}")
    print(f"np.save of what is there{alone:6.2f} s   ratio {sampled / alone:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
