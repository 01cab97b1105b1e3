"""Integers that float64 would round, such as times in nanoseconds since 1970."""

from __future__ import annotations

import polars as pl

from gradcli.formats.csv.sniff import MISSING
from gradcli.numerics.dtypes import Array


def less(cells: pl.Series, base: int) -> Array:
    """Return the numbers in some cells less an integer, without rounding integers before.

    >>> less(pl.Series(["9007199254740993", None, "9007199254740992.5"]), 2**53).tolist()
    [1.0, nan, 0.0]
    """
    cells = cells.str.strip_chars()
    whole = cells.cast(pl.Int64, strict=False)
    others = cells.filter(whole.is_null() & ~cells.is_in(MISSING))
    others.cast(pl.Float64)  # raises for a word
    rest = cells.cast(pl.Float64, strict=False) - float(base)
    return (whole - base).cast(pl.Float64).fill_null(rest).to_numpy()
