"""The stencil of an axis: which rows it reads, and how it weighs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.weights import Floats, fornberg

Array = NDArray[Any]

TILE_CELLS = 32768  # a tile, its neighbours and its scratch stay in the second-level cache
TABLE_ROWS = 65536  # weights of longer uneven axes are made for the rows at hand


@dataclass(frozen=True)
class Piece:
    """Rows that share their neighbours' offsets.

    ``weights`` holds one row for all, or one for each row; where it is None the rows' weights
    are made from ``nodes`` (the coordinates, by row plus ``shift`` and ``offsets``) when they are
    asked for.
    """

    start: int
    stop: int
    offsets: tuple[int, ...]
    order: int
    weights: Floats | None
    nodes: Floats | None = None
    shift: int = 0

    def weights_of(self, start: int, stop: int) -> Floats:
        """Return the weights of some rows, shape (1 or rows, neighbours)."""
        if self.weights is None:
            assert self.nodes is not None
            first, last = start + self.shift, stop + self.shift
            return _uneven_weights(self.nodes, first, last, self.offsets, self.order)
        return (
            self.weights
            if len(self.weights) == 1
            else self.weights[start - self.start : stop - self.start]
        )

    def terms(self) -> list[tuple[int, int, Any]]:
        """Return the neighbours in turn; of mirrored ones with the same weight two are one term.

        The third entry joins the two differences; None where a neighbour stands alone. Weights
        that differ by row are never joined: it would depend on which rows a block has.
        """
        last = len(self.offsets) - 1
        mirrored = all(self.offsets[k] == -self.offsets[last - k] for k in range(last + 1))
        if self.weights is not None and len(self.weights) == 1 and mirrored:
            row = self.weights[0]
            for join, sign in ((np.subtract, -1), (np.add, 1)):
                if (row == sign * row[::-1]).all():
                    return [(k, last - k, join) for k in range((last + 1) // 2, last + 1)]
        return [(k, k, None) for k in range(last + 1)]

    def runs(self, rows: slice) -> Iterator[tuple[int, int]]:
        """Yield rows of the piece in runs whose weights, where they are made, are few enough."""
        first, last = max(self.start, rows.start), min(self.stop, rows.stop)
        step = TABLE_ROWS if self.weights is None else last - first
        for start in range(first, last, step):
            yield start, min(start + step, last)


@dataclass(frozen=True)
class Stencil:
    """The weights of a derivative at every point of one axis, made from the whole axis.

    Rows that no piece covers are missing. Where steps are so small or large that sums of float32
    could overflow on the way, they are summed in units of ``2**exponent``.
    """

    size: int
    pieces: tuple[Piece, ...]
    exponent: int = 0

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read to give some rows; a periodic axis may be left.

        >>> Stencil(9, (Piece(0, 9, (-1, 1), 1, None),)).reach(slice(3, 5))
        slice(2, 6, None)
        """
        start, stop = rows.start, rows.stop
        for piece in self._pieces_in(rows):
            start = min(start, max(piece.start, rows.start) + min(piece.offsets))
            stop = max(stop, min(piece.stop, rows.stop) + max(piece.offsets))
        return slice(start, stop)

    def halo(self) -> int:
        """Return how many rows more than it gives a block may have to read."""
        spans = [max(0, *p.offsets) - min(0, *p.offsets) for p in self.pieces]
        return max(spans, default=0)

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the derivative at some rows into ``out``.

        Parameters
        ----------
        values : ndarray, floating
            The field at ``reach(rows)`` along ``axis``.
        rows : slice
            The rows of the axis to give.
        axis : int
            Counted from 0.
        out : ndarray
            Of the same type as ``values``, of its shape but for ``axis``.
        """
        base = self.reach(rows).start
        if sum(min(p.stop, rows.stop) - max(p.start, rows.start) for p in self._pieces_in(rows)) < (
            rows.stop - rows.start
        ):
            out[...] = np.nan
        scratch = np.empty((2, min(out.size, TILE_CELLS)), out.dtype)
        with np.errstate(invalid="ignore", over="ignore"):
            for piece in self._pieces_in(rows):
                terms = piece.terms()
                for start, stop in piece.runs(rows):
                    target = _along(out, axis, start - rows.start, stop - rows.start)
                    weights = np.ldexp(piece.weights_of(start, stop), -self.exponent)
                    weights = weights.astype(out.dtype)
                    place = start - base
                    _weigh(values, place, piece.offsets, weights, axis, target, scratch, terms)
                    if self.exponent:
                        np.ldexp(target, self.exponent, out=target)

    def _pieces_in(self, rows: slice) -> list[Piece]:
        return [p for p in self.pieces if p.start < rows.stop and rows.start < p.stop]


def _weigh(
    values: Array,
    centre: int,
    offsets: tuple[int, ...],
    weights: Array,
    axis: int,
    out: Array,
    scratch: Array,
    terms: list[tuple[int, int, Any]],
) -> None:
    """Sum ``w_k (f_k - f_0)`` tile by tile: constants give 0, a hole gives a hole."""
    count = out.shape[axis]
    points = _along(values, axis, centre, centre + count)
    neighbours = [_along(values, axis, centre + k, centre + k + count) for k in offsets]
    spread = (-1,) + (1,) * (out.ndim - axis - 1)
    columns = [weights[:, k].reshape(spread) for k in range(len(offsets))]
    varies = len(weights) > 1
    for tile in tiles(out.shape, TILE_CELLS):
        target, point = out[tile], points[tile]
        first, second = (part[: target.size].reshape(target.shape) for part in scratch)
        for number, (k, mirror, join) in enumerate(terms):
            into = first if number else target
            np.subtract(neighbours[k][tile], point, out=into)
            if join is not None:
                np.subtract(neighbours[mirror][tile], point, out=second)
                join(into, second, out=into)
            np.multiply(into, columns[k][tile[axis]] if varies else columns[k], out=into)
            if number:
                np.add(target, into, out=target)


def tiles(shape: tuple[int, ...], cells: int) -> Iterator[tuple[slice, ...]]:
    """Yield windows that cover a shape in turn, each of at most about so many cells.

    >>> list(tiles((2, 3), 3))
    [(slice(0, 1, None), slice(0, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    extents = []
    for size in reversed(shape):
        extents.append(max(1, min(size, cells)))
        cells //= max(1, size)
    ranges = [
        [slice(i, min(i + step, size)) for i in range(0, size, step)]
        for size, step in zip(shape, reversed(extents), strict=True)
    ]
    return product(*ranges)


def _along(values: Array, axis: int, start: int, stop: int) -> Array:
    return values[(slice(None),) * axis + (slice(start, stop),)]


def uneven_piece(
    nodes: Floats, start: int, stop: int, offsets: tuple[int, ...], order: int, shift: int = 0
) -> Piece:
    """Return a piece whose rows differ in their weights: a table, or nodes to make them from."""
    if stop - start > TABLE_ROWS:
        return Piece(start, stop, offsets, order, None, nodes, shift)
    weights = _uneven_weights(nodes, start + shift, stop + shift, offsets, order)
    return Piece(start, stop, offsets, order, weights)


def _uneven_weights(
    nodes: Floats, start: int, stop: int, offsets: tuple[int, ...], order: int
) -> Floats:
    rows = np.arange(start, stop)
    every = sorted({0, *offsets})
    distances = nodes[rows[:, None] + np.array(every)] - nodes[rows][:, None]
    weights = fornberg(distances, order)
    return np.ascontiguousarray(np.delete(weights, every.index(0), axis=1))
