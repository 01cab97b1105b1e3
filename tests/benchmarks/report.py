"""The results as rows, as Markdown and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.benchmarks.cases import MIB, Bar
from tests.benchmarks.measure import Usage

HEAD = ("work", "gradcli", "peer", "ratio", "bar")
LIBRARIES = ("numpy", "xarray", "h5py", "netCDF4", "isal", "zlib-ng", "polars")


@dataclass(frozen=True)
class Row:
    """One case against one peer; ``agree`` is None where nothing was compared."""

    case: str
    work: str
    ours: Usage | None
    peer: str
    theirs: Usage | None
    bars: tuple[Bar, ...]
    agree: bool | None
    failure: str | None = None
    sources: str = ""

    def figures(self) -> list[tuple[Bar, float]]:
        """Return each bar with its figure."""
        if self.ours is None or self.theirs is None:
            return []
        return [(bar, bar.figure(self.ours, self.theirs)) for bar in self.bars]


def usage_text(usage: Usage | None) -> str:
    """Return seconds, peak memory and size of the output as text."""
    if usage is None:
        return "failed"
    size = f"{usage.size / 1e6:,.0f} MB"
    return f"{usage.seconds:.3g} s, {usage.memory / MIB:.0f} MiB, {size}"


def cells(row: Row, again: bool) -> list[str]:
    """Return a row of the table; one of the same case ``again`` does not repeat it."""
    ratio = f"{row.theirs.seconds / row.ours.seconds:.2f}" if row.ours and row.theirs else ""
    bars = [f"{b.text}: {f:.3g}{'' if b.met(f) else ' (missed)'}" for b, f in row.figures()]
    if row.agree is False:
        bars.append("ANSWERS DIFFER")
    own = ["", ""] if again else [row.work, usage_text(row.ours)]
    return [*own, f"{row.peer}: {usage_text(row.theirs)}", ratio, "; ".join(bars)]


def markdown(rows: Sequence[Row]) -> str:
    """Return the table; ratio is the peer's seconds over gradcli's."""
    lines = [list(HEAD), ["---"] * len(HEAD)]
    before = None
    for row in rows:
        lines.append(cells(row, row.case == before))
        before = row.case
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    failures = [f"{row.case}, {row.peer}: {row.failure}" for row in rows if row.failure]
    if len({row.sources for row in rows}) > 1:
        failures.append("gradcli's sources changed during the run: not one program's figures.")
    return "\n\n".join([table, *failures])


def machine() -> dict[str, Any]:
    """Return what the figures were taken on."""
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "libraries": {name: installed(name) for name in ("gradcli", *LIBRARIES)},
    }


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def installed(name: str) -> str | None:
    """Return the version of a library."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def usage_json(usage: Usage | None) -> dict[str, float] | None:
    """Return a usage as JSON holds it."""
    return None if usage is None else dict(vars(usage))


def as_json(rows: Sequence[Row], runs: int, quick: bool) -> dict[str, Any]:
    """Return the table as JSON holds it."""
    return {
        "machine": machine(),
        "runs": runs,
        "quick": quick,
        "rows": [
            {
                "case": row.case,
                "work": row.work,
                "gradcli": usage_json(row.ours),
                "peer": row.peer,
                "peer_usage": usage_json(row.theirs),
                "bars": [
                    {"bar": bar.text, "figure": figure, "met": bar.met(figure)}
                    for bar, figure in row.figures()
                ],
                "agree": row.agree,
                "failure": row.failure,
                "sources": row.sources,
            }
            for row in rows
        ],
    }
