"""The stencil of an axis: which rows it reads, and how it weighs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.kernel import Segment, Term, sweep, terms_of
from gradcli.numerics.weights import Floats, fornberg

Array = NDArray[Any]

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
            return weights_at(self.nodes, np.arange(first, last), self.offsets, self.order)
        return (
            self.weights
            if len(self.weights) == 1
            else self.weights[start - self.start : stop - self.start]
        )

    def terms(self) -> list[Term]:
        """Return how neighbours are joined, whichever rows are at hand."""
        if self.weights is None or len(self.weights) > 1:
            return terms_of(self.offsets, None)
        return terms_of(self.offsets, self.weights[0])

    def within(self, rows: slice) -> tuple[int, int]:
        """Return which of some rows are the piece's."""
        return max(self.start, rows.start), min(self.stop, rows.stop)

    def runs(self, rows: slice) -> Iterator[tuple[int, int]]:
        """Yield which of some rows are the piece's, in runs that need few enough weights."""
        first, last = self.within(rows)
        for start in range(first, last, TABLE_ROWS):
            yield start, min(start + TABLE_ROWS, last)


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
        for piece in self.pieces_in(rows):
            start = min(start, max(piece.start, rows.start) + min(piece.offsets))
            stop = max(stop, min(piece.stop, rows.stop) + max(piece.offsets))
        return slice(start, stop)

    def halo(self) -> int:
        """Return how many rows more than it gives a block may have to read."""
        spans = [max(0, *p.offsets) - min(0, *p.offsets) for p in self.pieces]
        return max(spans, default=0)

    def held(self) -> int:
        """Return the bytes of its tables of weights."""
        return sum(p.weights.nbytes for p in self.pieces if p.weights is not None)

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
        pieces = self.pieces_in(rows)
        with np.errstate(invalid="ignore", over="ignore"):
            ready = [p for p in pieces if p.weights is not None]
            sweep(
                values,
                axis,
                out,
                [self._segment(p, *p.within(rows), rows, base, out) for p in ready],
            )
            for piece in pieces:
                if piece.weights is None:
                    for start, stop in piece.runs(rows):
                        segment = self._segment(piece, start, stop, slice(start, stop), base, out)
                        sweep(
                            values,
                            axis,
                            _along(out, axis, start - rows.start, stop - rows.start),
                            [segment],
                        )
            if self.exponent:
                np.ldexp(out, self.exponent, out=out)
        for start, stop in _gaps(pieces, rows):
            _along(out, axis, start, stop)[...] = np.nan

    def _segment(
        self, piece: Piece, start: int, stop: int, rows: slice, base: int, out: Array
    ) -> Segment:
        """Return rows of a piece, counted from the first of ``rows``, with weights as the field."""
        weights = piece.weights_of(start, stop)
        return Segment(
            start - rows.start,
            stop - rows.start,
            start - base,
            piece.offsets,
            np.ascontiguousarray(np.ldexp(weights, -self.exponent).astype(out.dtype).T),
            piece.terms(),
        )

    def pieces_in(self, rows: slice) -> list[Piece]:
        """Return the pieces that have some of the rows."""
        return [p for p in self.pieces if p.start < rows.stop and rows.start < p.stop]


def _gaps(pieces: list[Piece], rows: slice) -> Iterator[tuple[int, int]]:
    """Yield the rows that no piece covers, counted from the first of ``rows``."""
    done = rows.start
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if piece.start > done:
            yield done - rows.start, piece.start - rows.start
        done = max(done, piece.stop)
    if done < rows.stop:
        yield done - rows.start, rows.stop - rows.start


def _along(values: Array, axis: int, start: int, stop: int) -> Array:
    return values[(slice(None),) * axis + (slice(start, stop),)]


def uneven_piece(
    nodes: Floats, start: int, stop: int, offsets: tuple[int, ...], order: int, shift: int = 0
) -> Piece:
    """Return a piece whose rows differ in their weights: a table, or nodes to make them from."""
    if stop - start > TABLE_ROWS:
        return Piece(start, stop, offsets, order, None, nodes, shift)
    weights = weights_at(nodes, np.arange(start, stop) + shift, offsets, order)
    return Piece(start, stop, offsets, order, weights)


def weights_at(
    nodes: Floats, rows: NDArray[np.int64], offsets: tuple[int, ...], order: int
) -> Floats:
    """Return the weights of some rows of uneven nodes, shape (rows, neighbours).

    >>> weights_at(np.array([0.0, 1.0, 3.0]), np.array([0]), (1, 2), 1)
    array([[ 1.5       , -0.16666667]])
    """
    every = sorted({0, *offsets})
    distances = nodes[rows[:, None] + np.array(every)] - nodes[rows][:, None]
    weights = fornberg(distances, order)
    return np.ascontiguousarray(np.delete(weights, every.index(0), axis=1))
