"""Derivatives along columns by Newton's divided differences, which neighbours share.

The divided difference of some consecutive nodes is the same for all windows that hold them, so a
tile of columns computes each once, in three passes for each level. The polynomial through a window
is then a sum over levels: the nodes are taken in an order that grows outwards from the point, and
Horner's scheme gives the derivative at the point from one entry and one step for each node.

Differences are those of the field's own type. Powers of small or large steps could leave its range,
so these are scaled by a power of two, which changes no digit.
"""

from __future__ import annotations

from math import factorial, frexp, ldexp
from typing import Any, NamedTuple, NoReturn

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.column_steps import Steps, differences, shortened
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch
from gradcli.numerics.windows import Span

THREE = (-1, 1)  # the window that two slopes give
RANGE = 0.7  # of the exponents of a type: what powers of steps may take of it


def path_of(span: Span) -> tuple[int, ...]:
    """Return the offsets of the neighbours in a window, in an order that grows from the point.

    >>> path_of((-1, 3)), path_of((0, 2))
    ((1, -1, 2, 3), (1, 2))
    """
    first, last = span
    every = [k for near in range(1, max(-first, last) + 1) for k in (near, -near)]
    return tuple(k for k in every if first <= k <= last)


def exponent_of(steps: Steps, order: int, levels: int, dtype: np.dtype[Any]) -> int | None:
    """Return the power of two that steps are divided by; None if no power makes the type suffice.

    Raises
    ------
    InputError
        Weights of a derivative of this order would leave the range of float64.
    """
    least, most = steps.sizes()
    if not most > 0:  # no steps
        return 0
    low, high, limits = frexp(least)[1], frexp(most)[1], np.finfo(dtype)
    if (low - 1) * order < -1022 or high * order > 1022 or not most < np.inf:
        too_different(least, most)
    reach = reach_of(levels, dtype)
    if max(abs(low), abs(high)) <= reach:
        return 0
    middle = min(max((low + high) // 2, limits.minexp + 1), limits.maxexp - 1)
    return middle if max(middle - low, high - middle) <= reach else None


def reach_of(levels: int, dtype: np.dtype[Any]) -> int:
    """Return how far the exponents of steps may be from 0, so that divided differences fit a type.

    >>> reach_of(4, np.dtype("f4")), reach_of(8, np.dtype("f4"))
    (29, 12)
    """
    # The slopes, which are the first level, keep the unit of the coordinate.
    return int(RANGE * np.finfo(dtype).maxexp) // max(1, levels - 1)


def too_different(least: float, most: float) -> NoReturn:
    """Raise an error about steps whose powers leave the range of float64."""
    raise InputError(
        f"steps of {least:.6g} to {most:.6g} are too small, too large or too different "
        "for weights in float64"
    )


class Run(NamedTuple):
    """Some rows of an array of shape (outer, rows, inner), which lies in memory as one run.

    Many rows of several slabs are one run too, with the rows between those of two slabs. Single
    rows are not, as these would be most of it.
    """

    shape: tuple[int, int, int]
    start: int
    height: int

    @property
    def size(self) -> int:
        """The numbers in the run; 0 if it is none."""
        outer, rows, inner = self.shape
        if outer > 1 and self.height == 1:
            return 0
        return (outer * rows - rows + self.height) * inner

    def of(self, whole: Array, away: int) -> Array:
        """Return the part of an array that lies so many rows from these.

        >>> Run((1, 4, 1), 1, 2).of(np.arange(4), -1)
        array([0, 1])
        """
        outer, rows, inner = self.shape
        first, size = self.start + away, self.size
        if size:
            return whole[first * inner : first * inner + size]
        return whole[: outer * rows * inner].reshape(self.shape)[:, first : first + self.height]

    def room(self, scratch: Scratch, use: str) -> Array:
        """Return room for a number at each place of the run, where a cache line begins."""
        outer, rows, inner = self.shape
        if self.size:
            return scratch.take(use, outer * rows * inner)[: self.size]
        return scratch.take(use, outer * inner).reshape(outer, 1, inner)

    def rows(self, part: Array) -> Array:
        """Return a part with three dimensions, without what lies between the rows of two slabs."""
        outer, rows, inner = self.shape
        if not self.size:
            return part
        if outer == 1:
            return part.reshape(1, self.height, inner)
        strides = np.array([rows * inner, inner, 1]) * part.itemsize
        return np.lib.stride_tricks.as_strided(part, (outer, self.height, inner), tuple(strides))


class Divided:
    """The divided differences of some columns, made level by level as they are asked for.

    Parameters
    ----------
    values : ndarray, shape (outer, rows, inner)
    spans : ndarray, shape (levels, at least values.size)
        Room for the distances between nodes so many rows apart. The first row holds the steps of
        the coordinates, as one run through the slabs.
    scratch : Scratch
        Arrays in the type of the field.
    exponent : int
        The power of two that distances are divided by.
    wraps : float or None
        The period of values that wrap, such as angles.

    Examples
    --------
    >>> nodes = np.array([0.0, 1.0, 3.0, 4.0]).reshape(1, 4, 1)
    >>> spans, scratch = np.empty((3, 4)), Scratch(nodes.dtype)
    >>> spans[0, :3] = np.diff(nodes.ravel())
    >>> made, out = Divided(nodes**3, spans, scratch), np.empty((1, 1, 1))
    >>> made.at_rows((-1, 2), 2, slice(1, 2), out)
    >>> out.item()
    6.0
    """

    def __init__(
        self,
        values: Array,
        spans: Array,
        scratch: Scratch,
        exponent: int = 0,
        wraps: float | None = None,
    ) -> None:
        self._values = values
        self._spans = spans
        self._scratch = scratch
        self.exponent = exponent
        self._wraps = wraps
        self._slopes: list[Array] = []

    def slopes(self, level: int) -> Array:
        """Return the divided differences of level + 1 nodes from each row on, as one run.

        They continue across the slabs; those from one slab to the next mean nothing.
        """
        while len(self._slopes) < level:
            self._slopes.append(self._next(len(self._slopes) + 1))
        return self._slopes[level - 1]

    def _next(self, level: int) -> Array:
        """Return the next level, made from the one before."""
        size, inner = self._values.size, self._values.shape[2]
        count, first = size - level * inner, self._spans[0]
        whole = self._scratch.take(f"slopes {level}", size)
        made, span = whole[:count], self._spans[level - 1, :count]
        if level == 1:
            differences(self._values, made)
            if self._wraps is not None:
                shortened(made, self._wraps)
            np.divide(made, span, out=made)
            if self.exponent:  # these slopes stay in units of the coordinate
                np.multiply(span, 2.0**-self.exponent, out=span)
            return whole
        before, skip = self._slopes[-1], (level - 1) * inner
        np.add(self._spans[level - 2, :count], first[skip : skip + count], out=span)
        np.subtract(before[inner : inner + count], before[:count], out=made)
        np.divide(made, span, out=made)
        return whole

    def at_rows(self, span: Span, order: int, rows: slice, into: Array) -> None:
        """Write the derivative at some rows that share a window into an array of three dimensions.

        Many rows of many slabs are one run through all of them, but for the last pass.
        """
        if order == 1 and span == THREE:
            self._between(rows, into)
            return
        path, run = path_of(span), self._run(rows)
        width = len(path)
        lows = [min(0, 0, *path[:k]) for k in range(width + 1)]
        sums = [run.room(self._scratch, f"sum {j}") for j in range(order)]
        found = [run.of(self.slopes(width), lows[width])]
        for k in range(width - 1, 0, -1):
            away = path[k - 1]
            gap = run.of(self._spans[abs(away) - 1], min(away, 0))
            combine = np.subtract if away > 0 else np.add
            top = len(found)
            if top < order:
                found.append(found[-1])
            for j in range(top - 1, max(order - k, 0) - 1, -1):
                np.multiply(found[j], gap, out=sums[j])
                if order == k == 1:
                    combine(run.rows(run.of(self._slopes[0], lows[1])), run.rows(sums[0]), out=into)
                    return
                before = found[j - 1] if j else run.of(self._slopes[k - 1], lows[k])
                found[j] = combine(before, sums[j], out=sums[j])
        np.multiply(run.rows(found[order - 1]), self._unit(order), out=into)

    def _between(self, rows: slice, into: Array) -> None:
        """Write the mean of the slopes on both sides, each weighted by the other step."""
        run, slopes = self._run(rows), self.slopes(1)
        left, right = (run.of(self._spans[0], k) for k in (-1, 0))
        total, weight = (run.room(self._scratch, use) for use in ("sum 0", "weight"))
        np.multiply(right, run.of(slopes, -1), out=total)
        np.multiply(left, run.of(slopes, 0), out=weight)
        np.add(total, weight, out=total)
        np.add(right, left, out=weight)
        np.divide(run.rows(total), run.rows(weight), out=into)

    def _run(self, rows: slice) -> Run:
        return Run(self._values.shape, rows.start, rows.stop - rows.start)

    def _unit(self, order: int) -> float | np.float64:
        """Return what the coefficient of the polynomial is multiplied by for its derivative."""
        unit = ldexp(float(factorial(order)), -self.exponent * (order - 1))
        limits = np.finfo(self._spans.dtype)
        # As a number of numpy it raises the type of the product.
        return unit if limits.tiny <= unit <= limits.max else np.float64(unit)
