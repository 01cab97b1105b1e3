"""Errors summed over the points of blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array


class Sums(NamedTuple):
    """What is summed over the points of a block, or of several."""

    points: int
    missing: int
    largest: float
    at: tuple[int, ...]
    errors: float
    squares: float
    inside: float
    scale: float
    field: float

    def plus(self, other: Sums) -> Sums:
        """Return the sums over both."""
        ahead = other if other.largest > self.largest or not self.points else self
        return Sums(
            self.points + other.points,
            self.missing + other.missing,
            ahead.largest,
            ahead.at,
            self.errors + other.errors,
            self.squares + other.squares,
            float(np.fmax(self.inside, other.inside)),
            max(self.scale, other.scale),
            max(self.field, other.field),
        )


def sums_of(found: Array, right: Array, inside: Array, window: Window, field: float) -> Sums:
    """Return the sums over one block: derivatives, exact values, and where stencils are centred.

    >>> two = np.array([1.0, 2.0, np.nan])
    >>> sums_of(two, np.ones(3), np.array([True, False, True]), (slice(4, 7),), 1.0)
    Sums(points=2, missing=1, largest=1.0, at=(5,), errors=1.0, squares=1.0, inside=0.0, \
scale=1.0, field=1.0)
    """
    wrong = np.abs(found - right).astype(np.float64)
    fine = np.isfinite(wrong)
    count = int(fine.sum())
    if not count:
        return Sums(0, wrong.size, 0.0, (), 0.0, 0.0, float("nan"), 0.0, field)
    place = np.unravel_index(int(np.argmax(np.where(fine, wrong, -1.0))), wrong.shape)
    within = wrong[fine & inside]
    return Sums(
        count,
        wrong.size - count,
        float(wrong[place]),
        tuple(int(i) + part.start for i, part in zip(place, window, strict=True)),
        float(wrong[fine].sum()),
        float(np.square(wrong[fine]).sum()),
        float(within.max()) if within.size else float("nan"),
        float(np.abs(right[fine]).max()),
        field,
    )


def largest(values: Array) -> float:
    """Return the largest absolute value that is finite, or 0.

    >>> largest(np.array([1.0, -3.0, np.nan]))
    3.0
    """
    fine = values[np.isfinite(values)]
    return float(np.abs(fine).max()) if fine.size else 0.0
