"""Tell a crosstab by its first row, which holds the coordinates of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gradcli.formats.csv.sniff import Dialect, kind_of, to_number


def is_crosstab(first: Sequence[str], body: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Return whether a first row is the corner and the coordinates of a crosstab."""
    kinds = [kind_of(cell, dialect) for cell in first]
    corner = kinds[0] in ("text", "missing") and first[0].lower() not in ("nan", "na")
    if not corner or len(first) <= 2 or any(kind != "number" for kind in kinds[1:]):
        return False
    below = {kind_of(row[0], dialect) for row in body if row}
    return (
        "number" in below
        and below <= {"number", "missing"}
        and is_monotonic([to_number(cell, dialect) for cell in first[1:]])
    )


def is_monotonic(numbers: Sequence[float]) -> bool:
    """Return whether numbers rise, or fall, from each to the next."""
    steps = [b - a for a, b in pairwise(numbers)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
