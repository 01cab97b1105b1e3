"""The cases of many small files in one command, against the loop in Python that a user writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.benchmarks import snippets
from tests.benchmarks.cases import Bar, Case, Peer, Tool, faster, python

# suffix, options, what a file is, milliseconds a file, the library of the loop and the loop, names
KINDS = {
    "netcdf": (
        ".nc",
        (),
        "NetCDF files of 100 kB",
        3.5,
        ("xarray", snippets.XARRAY_MANY),
        ("dh_dy", "dh_dx"),
    ),
    "npy": (
        ".npy",
        ("-a", "0", "--spacing", "1"),
        "NPY files of 100 kB",
        1.0,
        ("np.gradient", snippets.NUMPY_MANY),
        (),
    ),
    "csv": (
        ".csv",
        ("-a", "t"),
        "CSV tables of 1,000 rows",
        2.0,
        ("loadtxt, savetxt", snippets.NUMPY_CSV_MANY),
        (),
    ),
}


def many(quick: bool) -> Iterator[Case]:
    """Yield the cases of each kind: a file after start-up, the loop, and one process."""
    count = 50 if quick else 1000
    for kind, (suffix, options, what, most, (name, loop), same) in KINDS.items():
        folder = f"many-{kind}-{count}"
        names = tuple(f"{folder}/f{number:04d}{suffix}" for number in range(count))
        argv = (sys.executable, "-m", "gradcli", "compute")
        rest = ("-q", *options, "--output-dir")
        two = Tool("gradcli", (*argv, *names, "-j", "2", *rest, "ours-many"), "ours-many")
        one = Tool("gradcli -j 1", (*argv, *names, "-j", "1", *rest, "one-many"), "one-many")
        first = Tool("gradcli, one file", (*argv, names[0], *rest, "one"), "one")
        bar = Bar(
            f"≤ {most:g} ms a file",
            lambda a, b, files=count - 1: 1000 * (a.seconds - b.seconds) / files,
            most,
        )
        yield Case(
            f"many-{kind}",
            f"{count:,} {what} in one command",
            ((f"many_{kind}", folder, str(count)),),
            two,
            (
                Peer(first, (bar,)),
                Peer(python(name, loop, folder, "loop-many"), (faster(1.5),), same),
                Peer(one, (faster(1.7),)),
            ),
        )
