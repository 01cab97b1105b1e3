"""The sizes of what users read first, and how long they wait for it.

``python -m tests.benchmarks.face`` prints the lines of the README, the pages of the manual, and the
processor time of the help pages beside that of ``import click``, which none can be faster than.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.measure import environment
from tests.places import ROOT

RUNS = 21
COMMANDS = {
    "python -c 'import click'": ("-c", "import click"),
    "gradcli": ("-m", "gradcli"),
    "gradcli -h": ("-m", "gradcli", "-h"),
    "gradcli compute -h": ("-m", "gradcli", "compute", "-h"),
    "gradcli compute --help": ("-m", "gradcli", "compute", "--help"),
    "gradcli help axes": ("-m", "gradcli", "help", "axes"),
}


def sizes() -> Iterator[str]:
    """Yield the sizes of the README and of the manual."""
    pages = {path.name: path.read_text() for path in sorted((ROOT / "gradcli/manual").glob("*.md"))}
    for name, text in (("README.md", (ROOT / "README.md").read_text()), *pages.items()):
        yield f"{name:24}{len(text.splitlines()):6} lines {len(text):8,} characters"
    yield f"{len(pages)} pages in the manual"


def times() -> Iterator[str]:
    """Yield the median processor time of each command; runs of all commands alternate."""
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, words in COMMANDS.items():
            spent[name].append(_seconds(words))
    least = median(spent["python -c 'import click'"])
    for name, seconds in spent.items():
        yield f"{name:24}{1000 * median(seconds):8.1f} ms {median(seconds) / least:8.2f}"


def _seconds(words: tuple[str, ...]) -> float:
    """Return the processor time of a process of Python and of its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, *words)
    quiet = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "env": environment()}
    subprocess.run(command, check=True, **quiet)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print sizes, then times."""
    print(*sizes(), sep="\n")
    print(f"\nProcessor time, median of {RUNS} runs; ratio to import click", *times(), sep="\n")


if __name__ == "__main__":
    main()
