"""Points next to gaps: a second pass gives them what an end of the axis would get.

The sums of the kernel come first; where a block holds missing values, the few points that lack a
neighbour are gathered by the window that their run of valid points allows, and summed again. What
a point gets depends on the points within a fixed reach along its own axis alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.kernel import (
    Scratch,
    Term,
    Window,
    sum_terms,
    terms_of,
    tile_extents,
    tiles,
)
from gradcli.numerics.stencils import Stencil, weights_at
from gradcli.numerics.weights import Floats, equal_weights

Array = NDArray[Any]
Places = NDArray[np.int64]
Span = tuple[int, int]

TILE_BYTES = 2**18
TALL = 8  # a tile has this many rows for each that it reads on one side of them, where it can
TABLE_BYTES = 8 * 2**20  # weights of windows on uneven axes that are kept for all blocks
WORK_CELLS = 2**17  # numbers at hand while weights are made


class Counts(NamedTuple):
    """How many points next to gaps were given a value, and how many have too few neighbours."""

    adapted: int = 0
    lost: int = 0

    def plus(self, other: Counts) -> Counts:
        """Return the sum of two counts.

        >>> Counts(3, 1).plus(Counts(1, 1))
        Counts(adapted=4, lost=2)
        """
        return Counts(self.adapted + other.adapted, self.lost + other.lost)


@dataclass(frozen=True)
class Windows:
    """Which window a point next to a gap gets, by the valid points on its left and right.

    Attributes
    ----------
    reach : int
        Points further away are not looked at; more valid points than this count as this.
    spans : tuple of (first, last)
        The windows, as the offsets of their first and last point.
    choice : ndarray of uint8, shape ((reach + 1) ** 2,)
        The number of the span for ``left * (reach + 1) + right``; ``len(spans)`` means none.
    """

    reach: int
    spans: tuple[Span, ...]
    choice: NDArray[np.uint8]


@dataclass(frozen=True)
class WindowWeights:
    """The weights of windows on one axis: one row where steps are equal, else one a point.

    Attributes
    ----------
    order : int
        Which derivative.
    size : int
        Points of the axis.
    step : float
        Of equal spacing.
    nodes : ndarray of float64 or None
        The coordinates where spacing is uneven, by row plus ``shift``.
    kept : int
        Bytes of tables for the whole axis; 0 where they would be too large to be kept.
    """

    order: int
    size: int
    step: float
    nodes: Floats | None = None
    shift: int = 0
    kept: int = 0
    tables: dict[Span, Floats] = field(default_factory=dict)

    @property
    def varies(self) -> bool:
        """Whether weights differ by row."""
        return self.nodes is not None

    def terms(self, span: Span) -> list[Term]:
        """Return how the neighbours in a window are joined; never where weights differ by row."""
        return terms_of(offsets_of(span), None if self.varies else self._table(span)[:, 0])

    def of(self, span: Span, rows: Places) -> Floats:
        """Return the weights of a window's neighbours at some rows, shape (neighbours, 1 or rows).

        >>> WindowWeights(1, 9, 0.5).of((-1, 0), np.array([3, 4]))
        array([[-2.]])
        """
        if not self.varies:
            return self._table(span)
        if self.kept:
            return self._table(span).take(rows - self._first(span), axis=1)
        return self._made(span, rows)

    def _table(self, span: Span) -> Floats:
        # Two threads may make the same table; that they are the same is all that counts.
        if span not in self.tables:
            if self.nodes is None:
                table = (equal_weights(*span, self.order) / self.step**self.order)[:, None]
            else:
                last = min(self.size, len(self.nodes) - self.shift - span[1])
                table = self._made(span, np.arange(self._first(span), last))
            self.tables[span] = table
        return self.tables[span]

    def _first(self, span: Span) -> int:
        """Return the first row at which a window lies within the nodes."""
        return max(0, -span[0] - self.shift)

    def _made(self, span: Span, rows: Places) -> Floats:
        assert self.nodes is not None
        offsets = offsets_of(span)
        step = max(1, WORK_CELLS // ((len(offsets) + 1) * (self.order + 1)))
        made = np.empty((len(offsets), len(rows)))
        for start in range(0, len(rows), step):
            some = rows[start : start + step] + self.shift
            made[:, start : start + step] = weights_at(self.nodes, some, offsets, self.order).T
        return made


def offsets_of(span: Span) -> tuple[int, ...]:
    """Return the neighbours in a window, the point itself left out.

    >>> offsets_of((-1, 2))
    (-1, 1, 2)
    """
    return tuple(k for k in range(span[0], span[1] + 1) if k)


@dataclass(frozen=True, kw_only=True)
class AdaptingStencil(Stencil):
    """A stencil that gives points next to gaps what their run of valid points allows."""

    windows: Windows
    weights: WindowWeights
    closed: bool

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read to give some rows; a periodic axis may be left."""
        whole, beyond = super().reach(rows), self.windows.reach
        low, high = rows.start - beyond, rows.stop + beyond
        if not self.closed:
            low, high = max(low, 0), min(high, self.size)
        return slice(min(whole.start, low), max(whole.stop, high))

    def halo(self) -> int:
        """Return how many rows more than it gives a block may have to read."""
        return max(super().halo(), 2 * self.windows.reach)

    def held(self) -> int:
        """Return the bytes of its tables of weights, of windows too."""
        return super().held() + self.weights.kept

    def adapt(self, values: Array, rows: slice, axis: int, out: Array) -> Counts:
        """Give points next to gaps their values, after `apply`, and return how many.

        Complex values are missing where either part is; they are given as they are, not as pairs.

        Parameters
        ----------
        values, rows, axis, out
            As for `apply`.
        """
        counts = Counts()
        with np.errstate(invalid="ignore", over="ignore"):
            if not out.size or not _holds_missing(values):
                return counts
            if out.flags.f_contiguous and not out.flags.c_contiguous:
                values, out, axis = values.T, out.T, out.ndim - 1 - axis
            extents = _extents(out.shape, axis, self.windows.reach, TILE_BYTES // out.itemsize)
            work = _Pass(self, values, rows, axis, out)
            for tile in tiles(out.shape, extents, axis):
                counts = counts.plus(work.adapt(tile))
        return counts

    def needs(self, rows: slice) -> tuple[Array, Array]:
        """Return how many valid points rows need on their left and right to be left alone."""
        left, right = np.zeros((2, rows.stop - rows.start), np.uint8)
        for piece in self.pieces_in(rows):
            start, stop = (row - rows.start for row in piece.within(rows))
            left[start:stop] = -min(0, *piece.offsets)
            right[start:stop] = max(0, *piece.offsets)
        return left, right


def _holds_missing(values: Array) -> bool:
    return bool(np.isnan(np.maximum.reduce(values, axis=None)))


def _extents(shape: tuple[int, ...], axis: int, reach: int, cells: int) -> tuple[int, ...]:
    """Return the shape of tiles that are tall along an axis, so that they read little twice."""
    extents, tall = tile_extents(shape, cells), min(shape[axis], TALL * reach)
    if extents[axis] >= tall:
        return extents
    others = tile_extents((*shape[:axis], *shape[axis + 1 :]), max(1, cells // tall))
    return (*others[:axis], tall, *others[axis:])


class _Pass:
    """The second pass over a block, tile by tile."""

    def __init__(
        self, stencil: AdaptingStencil, values: Array, rows: slice, axis: int, out: Array
    ) -> None:
        self._stencil = stencil
        self._values = values
        self._axis = axis
        self._out = out
        self._first = rows.start
        self._base = stencil.reach(rows).start
        self._needs = stencil.needs(rows)
        self._scratch = Scratch(out.real.dtype)

    def adapt(self, tile: Window) -> Counts:
        """Give the points of a tile that are next to gaps their values."""
        axis, reach, part = self._axis, self._stencil.windows.reach, tile[self._axis]
        # Where in the values the tile and what it reads beside itself lie.
        start = self._first + part.start - reach - self._base
        stop = self._first + part.stop + reach - self._base
        within = slice(max(start, 0), min(stop, self._values.shape[axis]))
        read = self._values[(*tile[:axis], within, *tile[axis + 1 :])]
        if not _holds_missing(read):
            return Counts()
        # Outside of the axis everything is missing.
        shape = (*read.shape[:axis], stop - start, *read.shape[axis + 1 :])
        numbers = np.full(shape, np.nan, read.dtype)
        numbers[_along(axis, within.start - start, within.stop - start)] = read
        form = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
        counts, made, given = self._work(numbers.reshape(form), part)
        rows = _along(axis, reach, reach + part.stop - part.start)
        np.copyto(self._out[tile], made.reshape(shape)[rows], where=given.reshape(shape)[rows])
        return counts

    def _work(self, numbers: Array, part: slice) -> tuple[Counts, Array, Array]:
        """Return counts, results, and which are to be placed: shape (outer, rows, inner) each."""
        windows, reach = self._stencil.windows, self._stencil.windows.reach
        valid = ~np.isnan(numbers)
        rows = slice(reach, numbers.shape[1] - reach)
        left, right = (_run_lengths(valid, reach, side) for side in (-1, 1))
        need_left, need_right = (need[part, None] for need in self._needs)
        touched = np.zeros(valid.shape, bool)
        touched[:, rows] = valid[:, rows] & ((left < need_left) | (right < need_right))
        which = windows.choice.take((left * (reach + 1) + right)[touched[:, rows]])
        places = np.flatnonzero(touched)
        missing = complex(np.nan, np.nan) if numbers.dtype.kind == "c" else np.nan
        made = np.full(numbers.shape, missing, numbers.dtype)
        found = np.bincount(which, minlength=len(windows.spans) + 1)
        for number in np.flatnonzero(found[:-1]):
            self._give(windows.spans[number], numbers, places[which == number], part.start, made)
        lost = int(found[-1])
        return Counts(len(places) - lost, lost), made, touched | ~valid

    def _give(self, span: Span, numbers: Array, places: Places, start: int, made: Array) -> None:
        """Write the derivatives of points that share a window."""
        _, height, inner = numbers.shape
        run, weights, offsets = numbers.reshape(-1), self._stencil.weights, offsets_of(span)
        first = self._first + start - self._stencil.windows.reach
        rows = places // inner % height + first if weights.varies else places[:1]
        exponent = self._stencil.exponent
        factors = np.ldexp(weights.of(span, rows), -exponent).astype(self._out.real.dtype)
        point, *near = (_pairs(run.take(places + k * inner)) for k in (0, *offsets))
        sums = np.empty_like(point)
        columns = [column[:, None] for column in factors]
        sum_terms(point, near, columns, weights.terms(span), sums, self._scratch)
        if exponent:
            np.ldexp(sums, exponent, out=sums)
        made.reshape(-1)[places] = sums.reshape(-1).view(made.dtype)


def _run_lengths(valid: Array, reach: int, side: int) -> Array:
    """Return how many valid points follow each on one side, up to the reach, without a gap."""
    count = valid.shape[1] - 2 * reach
    unbroken = np.ones((valid.shape[0], count, valid.shape[2]), bool)
    lengths = np.zeros(unbroken.shape, np.uint8)
    for k in range(1, reach + 1):
        first = reach + side * k
        unbroken &= valid[:, first : first + count]
        lengths += unbroken
    return lengths


def _pairs(values: Array) -> Array:
    """Return values as rows of their real parts, one number or two."""
    return values.view(values.real.dtype).reshape(len(values), -1)


def _along(axis: int, start: int, stop: int) -> Window:
    return (*(slice(None),) * axis, slice(start, stop))
