"""A second pass over points next to gaps, which treats a gap like an end of the axis.

The kernel computes all sums first. If a block holds missing values, the few points that lack a
neighbour are then grouped by the window that their run of valid points allows, and summed again.
The value at a point depends only on points within a fixed reach along its own axis.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar, NamedTuple

import numpy as np

from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import (
    Scratch,
    Term,
    Window,
    sum_terms,
    sum_wrapped,
    tile_extents,
    tiles,
)
from gradcli.numerics.stencils import Stencil
from gradcli.numerics.windows import Places, Span, Windows, WindowWeights, offsets_of
from gradcli.record import record

TILE_BYTES = 2**19
STRIP = 2**14  # points gathered at a time, with all their neighbours
TALL = 8  # rows of a tile per row of the reach, where possible


class Counts(NamedTuple):
    """Numbers of points next to gaps: those with a value, and those with too few neighbours."""

    adapted: int = 0
    lost: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sum of two counts.

        >>> Counts(3, 1).plus(Counts(1, 1))
        Counts(adapted=4, lost=2)
        """
        return Counts(self.adapted + other.adapted, self.lost + other.lost)


@record(frozen=True, kw_only=True)
class AdaptingStencil(Stencil):
    """A stencil that adapts next to gaps to the run of valid points.

    ``limits`` are the first and the stop of the rows that there are; None if they go around.
    """

    adapts: ClassVar[bool] = True

    windows: Windows
    weights: WindowWeights
    limits: tuple[int, int] | None

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read for some rows; they may leave a periodic axis."""
        whole, beyond = super().reach(rows), self.windows.reach
        low, high = rows.start - beyond, rows.stop + beyond
        if self.limits is not None:
            low, high = max(low, self.limits[0]), min(high, self.limits[1])
        return slice(min(whole.start, low), max(whole.stop, high))

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        return max(super().halo(), 2 * self.windows.reach)

    def held(self) -> int:
        """Return the bytes of its tables of weights, including those of windows."""
        return super().held() + self.weights.kept

    def adapt(self, values: Array, rows: slice, axis: int, out: Array) -> Counts:
        """Compute the points next to gaps, after `apply`, and count them.

        A complex value is missing if either part is. Complex arrays are passed as such, not as
        pairs of real numbers.

        Parameters
        ----------
        values, rows, axis, out
            As for `apply`.
        """
        counts = Counts()
        with np.errstate(invalid="ignore", over="ignore"):
            if not out.size or not holds_missing(values):
                return counts
            if out.flags.f_contiguous and not out.flags.c_contiguous:
                values, out, axis = values.T, out.T, out.ndim - 1 - axis
            extents = tall_extents(out.shape, axis, self.windows.reach, TILE_BYTES // out.itemsize)
            work = _Pass(self, values, rows, axis, out)
            for tile in tiles(out.shape, extents, axis):
                counts = counts.plus(work.adapt(tile))
        return counts

    def needs(self, rows: slice) -> tuple[Array, Array]:
        """Return how many valid points each row needs on its left and right to stay unchanged."""
        left, right = np.zeros((2, rows.stop - rows.start), np.uint8)
        for piece in self.pieces_in(rows):
            start, stop = (row - rows.start for row in piece.within(rows))
            left[start:stop] = -min(0, *piece.offsets)
            right[start:stop] = max(0, *piece.offsets)
        return left, right


def holds_missing(values: Array) -> bool:
    """Say whether any value is missing.

    >>> holds_missing(np.array([1.0, np.nan]))
    True
    """
    return bool(np.isnan(np.maximum.reduce(values, axis=None)))


def tall_extents(shape: tuple[int, ...], axis: int, reach: int, cells: int) -> tuple[int, ...]:
    """Return the extents of tiles that are tall along an axis, so that little is read twice."""
    extents, tall = tile_extents(shape, cells), min(shape[axis], TALL * reach)
    if extents[axis] >= tall:
        return extents
    others = tile_extents((*shape[:axis], *shape[axis + 1 :]), max(1, cells // tall))
    return (*others[:axis], tall, *others[axis:])


class _Pass:
    """The second pass over a block, tile by tile."""

    def __init__(
        self,
        stencil: AdaptingStencil,
        values: Array,
        rows: slice,
        axis: int,
        out: Array,
    ) -> None:
        self._stencil = stencil
        self._values = values
        self._axis = axis
        self._out = out
        self._first = rows.start
        self._base = stencil.reach(rows).start
        self._needs = stencil.needs(rows)
        self._scratch = Scratch(out.real.dtype)
        self._ready: dict[tuple[Span, int], tuple[Places, list[Term], list[Array] | None]] = {}

    def adapt(self, tile: Window) -> Counts:
        """Compute the points of a tile that are next to gaps."""
        axis, reach, part = self._axis, self._stencil.windows.reach, tile[self._axis]
        # The rows of the tile and of its reach, counted in the values.
        start = self._first + part.start - reach - self._base
        stop = self._first + part.stop + reach - self._base
        within = slice(max(start, 0), min(stop, self._values.shape[axis]))
        read = self._values[(*tile[:axis], within, *tile[axis + 1 :])]
        if not holds_missing(read):
            return Counts()
        # Beyond the ends of the axis everything is missing.
        shape = (*read.shape[:axis], stop - start, *read.shape[axis + 1 :])
        valid = np.zeros(shape, bool)
        here = _along(axis, within.start - start, within.stop - start)
        np.equal(read, read, out=valid[here])  # NaN differs from itself
        form = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
        numbers = read.reshape(form[0], -1, form[2])
        made = self._out[tile]
        whole = made.reshape(-1)  # a copy if it does not lie in one run
        counts = self._work(numbers, valid.reshape(form), part, within.start - start, whole)
        if not np.may_share_memory(whole, made):
            self._out[tile] = whole.reshape(made.shape)
        return counts

    def _work(self, numbers: Array, valid: Array, part: slice, skip: int, made: Array) -> Counts:
        """Write changed points into ``made``, one run of (outer, rows, inner).

        ``valid`` says which points are, also beyond the rows of ``numbers`` and of ``made``:
        numbers begin ``skip`` rows after it.
        """
        windows, reach = self._stencil.windows, self._stencil.windows.reach
        left, right = (_run_lengths(valid, reach, side) for side in (-1, 1))
        need_left, need_right = (need[part, None] for need in self._needs)
        rows = slice(reach, valid.shape[1] - reach)
        touched = np.zeros(valid.shape, bool)
        np.less(left[:, rows], need_left, out=touched[:, rows])
        touched[:, rows] |= right[:, rows] < need_right
        touched &= valid
        places = np.flatnonzero(touched)
        left *= reach + 1
        left += right
        which = windows.choice.take(left.reshape(-1).take(places))
        # Sorting bytes is faster than a search for each window.
        places = places.take(np.argsort(which, kind="stable"))
        ends = [0, *np.bincount(which, minlength=len(windows.spans) + 1).cumsum().tolist()]
        sums = np.empty(ends[-2], numbers.dtype)
        points = _moved(places, valid.shape, skip, numbers.shape[1])
        first = self._first + part.start - reach + skip
        for span, start, stop in zip(windows.spans, ends, ends[1:], strict=False):
            for begin in range(start, stop, STRIP):
                some = slice(begin, min(begin + STRIP, stop))
                self._sum(span, numbers, points[some], first, sums[some])
        places = _moved(places, valid.shape, reach, valid.shape[1] - 2 * reach)
        made[places[: len(sums)]] = sums
        if numbers.dtype.kind == "c":
            made[places[len(sums) :]] = complex(np.nan, np.nan)
            made[~valid[:, rows].reshape(-1)] = complex(np.nan, np.nan)
        return Counts(len(sums), len(places) - len(sums))

    def _sum(self, span: Span, numbers: Array, places: Places, first: int, sums: Array) -> None:
        """Compute the derivatives at points that share a window.

        ``first`` is the row of the axis with which the numbers begin.
        """
        _, height, inner = numbers.shape
        weights, exponent, real = self._stencil.weights, self._stencil.exponent, sums.real.dtype
        steps, terms, factors = self._shared(span, inner)
        point, *near = numbers.reshape(-1).take(places + steps).view(real)
        if factors is None:
            exact = weights.of(span, places // inner % height + first)
            parts = sums.itemsize // real.itemsize
            factors = list(np.ldexp(exact, -exponent).astype(real).repeat(parts, axis=1))
        sums = sums.view(real)
        if self._stencil.wraps is None:
            sum_terms(point, near, factors, terms, sums, self._scratch)
        else:
            away, period = offsets_of(span), self._stencil.wraps
            sum_wrapped(point, near, factors, away, period, sums, self._scratch)
        if exponent:
            np.ldexp(sums, exponent, out=sums)

    def _shared(self, span: Span, inner: int) -> tuple[Places, list[Term], list[Array] | None]:
        """Return what points of a window share: steps to neighbours, terms, and equal weights."""
        if (span, inner) not in self._ready:
            weights, real = self._stencil.weights, self._out.real.dtype
            factors = None
            if not weights.varies:
                exact = weights.of(span, np.arange(1))
                factors = list(np.ldexp(exact, -self._stencil.exponent).astype(real))
            steps = inner * np.array([(0, *offsets_of(span))]).T
            self._ready[span, inner] = steps, weights.terms(span), factors
        return self._ready[span, inner]


def _run_lengths(valid: Array, reach: int, side: int) -> Array:
    """Return the number of valid points on one side of each up to a gap, at most the reach."""
    count = valid.shape[1] - 2 * reach
    lengths = np.zeros(valid.shape, np.uint8)
    inside = lengths[:, reach : reach + count]
    unbroken = np.ones(inside.shape, bool)
    for k in range(1, reach + 1):
        first = reach + side * k
        unbroken &= valid[:, first : first + count]
        inside += unbroken
    return lengths


def _moved(places: Places, shape: tuple[int, ...], skip: int, height: int) -> Places:
    """Return where places of (outer, rows, inner) are in an array with fewer rows.

    ``skip`` is the number of rows left out before its first.

    >>> _moved(np.array([1, 6]), (2, 5, 1), 1, 3)
    array([0, 3])
    """
    outer, rows, inner = shape
    if outer == 1:
        return places - skip * inner
    return places - (places // (rows * inner) * (rows - height) + skip) * inner


def _along(axis: int, start: int, stop: int) -> Window:
    return (*(slice(None),) * axis, slice(start, stop))
