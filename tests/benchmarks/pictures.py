"""Pictures of files that are larger than memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.benchmarks.cases import MEMORY, Bar, Case, Peer, Tool

SECONDS = Bar("≤ 3 s", lambda a, _: a.seconds, 3)
START = "import matplotlib.figure, numpy, sys; open(sys.argv[1], 'w').close()"


def pictures(quick: bool) -> Iterator[Case]:
    """Yield plots of a slice, and of a plane, of sparse files of 10 GiB, against mere imports."""
    start = Tool("imports of matplotlib", (sys.executable, "-c", START, "start.out"), "start.out")
    slabs, side = ("2", "8000") if quick else ("800", "36636")
    cases = {
        "plot-slice": (("sparse", "sparse-slabs.npy", slabs, "1000", "1678"), "a slice"),
        "plot-plane": (("sparse", "sparse-plane.npy", side, side), "all of a plane, sampled"),
    }
    for name, (made, told) in cases.items():
        argv = (sys.executable, "-m", "gradcli", "plot", made[1], "-o", "ours.png", "-q", "-O")
        yield Case(
            name,
            f"sparse NPY float64 of {' x '.join(made[2:])}: {told}",
            (made,),
            Tool("gradcli", (*argv, "-j", "2"), "ours.png"),
            (Peer(start, (SECONDS, MEMORY)),),
        )
