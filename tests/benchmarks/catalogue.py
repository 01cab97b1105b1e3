"""Every case, and which of them names select."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.benchmarks.cases import (
    Case,
    Kernel,
    arrays,
    compressed,
    grid,
    kernels,
    sizes,
    table,
    threads,
)
from tests.benchmarks.codecs import codecs
from tests.benchmarks.many import many
from tests.benchmarks.orders import forms, orders
from tests.benchmarks.physics import holes, operators
from tests.benchmarks.pictures import pictures
from tests.benchmarks.zarr import stores


def all_cases(quick: bool, folder: Path, base: str | None = None) -> list[Case | Kernel]:
    """Return every case; ``base`` says where an older gradcli is."""
    free = shutil.disk_usage(folder).free
    found: list[Case | Kernel] = [*compressed(quick), grid(quick), *arrays(quick), table(quick)]
    found += [*kernels(quick), threads(quick), *sizes(quick, free), *many(quick)]
    found += [*codecs(quick), *operators(quick), *holes(quick), *pictures(quick), *stores(quick)]
    return [*found, *orders(quick), *forms(quick, base)]


def chosen(cases: list[Case | Kernel], only: str | None) -> list[Case | Kernel]:
    """Return the cases that these names, or the beginnings of names up to a dash, select."""
    if not only:
        return cases
    wanted = only.split(",")
    for name in wanted:
        if not any(f"{case.name}-".startswith(f"{name}-") for case in cases):
            raise SystemExit(f"no case {name!r}; there are: {', '.join(c.name for c in cases)}")
    return [c for c in cases if any(f"{c.name}-".startswith(f"{name}-") for name in wanted)]
