"""The topics of the manual: their pages, in groups, and other names that people ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

PAGES = Path(__file__).parent.parent / "manual"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Files": ("formats", "csv", "zarr", "selecting", "storage"),
    "Grids": (
        "axes",
        "spacing",
        "units",
        "longitude-latitude",
        "levels",
        "cylindrical",
        "vectors",
        "tracks",
    ),
    "Derivatives": ("operators", "accuracy", "missing"),
    "Runs": ("options", "batches", "join", "clusters", "pipes", "exit-codes"),
    "See and prove": ("plots", "prove"),
    "Python": ("python", "xarray"),
    "Trust": ("promises", "benchmarks"),
}
# Words that people ask for, and the pages that answer; some were pages once.
OTHER_NAMES = {
    "arrows": "plots",
    "chunks": "storage",
    "compression": "storage",
    "coordinates": "axes",
    "curvilinear": "longitude-latitude",
    "dask": "xarray",
    "dates": "csv",
    "edges": "accuracy",
    "errors": "exit-codes",
    "formulas": "prove",
    "latitude": "longitude-latitude",
    "longitude": "longitude-latitude",
    "memory": "storage",
    "metric": "longitude-latitude",
    "names": "formats",
    "notebooks": "xarray",
    "poles": "longitude-latitude",
    "profiles": "levels",
    "smoothing": "accuracy",
    "spherical": "cylindrical",
}


@cache
def topics() -> dict[str, str]:
    """Return the topics of the manual, each with its title."""
    found = {}
    for path in sorted(PAGES.glob("*.md")):
        with path.open(encoding="utf-8") as page:
            found[path.stem] = page.readline().removeprefix("# ").strip()
    return found


def grouped() -> dict[str, list[str]]:
    """Return the topics that there are, by group."""
    return {group: [n for n in names if n in topics()] for group, names in GROUPS.items()}
