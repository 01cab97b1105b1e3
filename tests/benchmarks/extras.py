"""What each extra installs and imports: ``python -m tests.benchmarks.extras`` prints the table.

Installed are the bytes of all packages that an extra brings and gradcli alone does not. Each import
is the median of three processes that have imported numpy before: its processor time, and the
memory that it adds.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

from packaging.requirements import Requirement

from tests.benchmarks.measure import environment
from tests.places import ROOT

RUNS = 3
EXTRAS = {
    "plot": ("matplotlib.figure",),
    "verify": ("sympy",),
    "zarr": ("zarr", "numcodecs", "obstore"),
    "dask": ("dask.array", "distributed"),
}
IMPORT = """
import sys, time
import numpy
from importlib import import_module

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before, began = resident(), time.process_time()
for name in sys.argv[1:]:
    import_module(name)
print(1e3 * (time.process_time() - began), (resident() - before) / 1e6)
"""


def brought(requirements: Iterable[str], extra: str, found: dict[str, Distribution]) -> None:
    """Collect the distributions that are required, and all that they require, by their names."""
    for text in requirements:
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        try:
            one = distribution(need.name)
        except PackageNotFoundError:
            continue
        key = re.sub(r"[-_.]+", "-", need.name).lower()
        if key not in found:
            found[key] = one
            brought(one.requires or (), "", found)
        for more in need.extras:
            optional = [each for each in one.requires or () if "extra ==" in each]
            brought(optional, more, found)


def size_of(one: Distribution) -> int:
    """Return the bytes of the files of a distribution, without compiled modules."""
    paths = [Path(str(path.locate())) for path in one.files or () if path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def imported(modules: tuple[str, ...]) -> tuple[float, float]:
    """Return the milliseconds of an import, and the megabytes that it takes."""
    rows = []
    for _ in range(RUNS):
        command = [sys.executable, "-W", "ignore", "-c", IMPORT, *modules]
        told = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=True
        )
        rows.append(tuple(map(float, told.stdout.split())))
    times, sizes = zip(*rows, strict=True)
    return median(times), median(sizes)


def main() -> None:
    """Print the table."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    alone: dict[str, Distribution] = {}
    brought(project["dependencies"], "", alone)
    print("| extra | packages | MB installed | imports | ms | MB in memory |")
    print("|---|---|---|---|---|---|")
    for extra, modules in EXTRAS.items():
        found: dict[str, Distribution] = {}
        brought(project["optional-dependencies"][extra], extra, found)
        added = found.keys() - alone.keys()
        size = sum(size_of(found[name]) for name in added) / 1e6
        time, memory = imported(modules)
        names = ", ".join(f"`{name}`" for name in modules)
        row = f"{len(added)} | {size:.0f} | {names} | {time:.0f} | {memory:.0f}"
        print(f"| `{extra}` | {row} |", flush=True)


if __name__ == "__main__":
    main()
