"""The stencil of an axis: which rows it reads, and their weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Segment, sweep, terms_of
from gradcli.numerics.weights import Floats, fornberg
from gradcli.record import record

TABLE_BYTES = 32 * 2**20  # for longer uneven axes, weights are computed as rows need them
STEP_ROWS = 65536  # rows whose weights are computed at a time
USUAL_NEIGHBOURS = 8  # with more neighbours, fewer rows at a time


class Piece(NamedTuple):
    """Rows whose neighbours have the same offsets.

    ``weights`` holds one row for all, or one per row. Those that differ by row come from ``nodes``,
    the coordinates, which are indexed by row plus ``shift`` plus offset: if ``weights`` is None,
    when they are needed. They are never paired, even if those of a single row mirror each other.
    ``degree`` is the degree of the polynomial fitted to the neighbours; if None, it passes through
    all of them. If all rows are multiples of the weights ``like``, these decide which are paired.
    """

    start: int
    stop: int
    offsets: tuple[int, ...]
    order: int
    weights: Floats | None
    nodes: Array | None = None
    shift: int = 0
    degree: int | None = None
    like: Floats | None = None

    def weights_of(self, start: int, stop: int) -> Floats:
        """Return the weights of some rows, shape (1 or rows, neighbours)."""
        if self.weights is None:
            assert self.nodes is not None
            rows = np.arange(start, stop) + self.shift
            return weights_at(self.nodes, rows, self.offsets, self.order, self.degree)
        return (
            self.weights
            if len(self.weights) == 1
            else self.weights[start - self.start : stop - self.start]
        )

    def within(self, rows: slice) -> tuple[int, int]:
        """Return the first row and the stop of the given rows within the piece."""
        return max(self.start, rows.start), min(self.stop, rows.stop)

    def runs(self, rows: slice) -> Iterator[tuple[int, int]]:
        """Split the given rows within the piece into runs with a limited number of weights."""
        first, last = self.within(rows)
        yield from _steps(first, last, self.offsets)


@record(frozen=True)
class Stencil:
    """The weights of a derivative at every point of one axis, made from the whole axis.

    Rows that no piece covers are missing. If steps are so small or large that sums in float32 could
    overflow, these are computed in units of ``2**exponent``. ``ring`` is the number of rows after
    which a periodic axis repeats, if this is not its size. ``wraps`` is the period of values that
    wrap, such as angles.

    ``by_column`` tells it from a `ColumnStencil`, and ``adapts`` whether points next to gaps are
    computed in a second pass; neither question needs the classes imported.
    """

    by_column: ClassVar[Literal[False]] = False
    adapts: ClassVar[bool] = False

    size: int
    pieces: tuple[Piece, ...]
    exponent: int = 0
    ring: int | None = None
    wraps: float | None = None

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read for some rows; they may leave a periodic axis.

        >>> Stencil(9, (Piece(0, 9, (-1, 1), 1, None),)).reach(slice(3, 5))
        slice(2, 6, None)
        """
        start, stop = rows.start, rows.stop
        for piece in self.pieces_in(rows):
            start = min(start, max(piece.start, rows.start) + min(piece.offsets))
            stop = max(stop, min(piece.stop, rows.stop) + max(piece.offsets))
        return slice(start, stop)

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        spans = [max(0, *p.offsets) - min(0, *p.offsets) for p in self.pieces]
        return max(spans, default=0)

    def gain(self) -> float:
        """Return the amplification of independent errors of the values, away from the edges.

        >>> Stencil(9, (Piece(1, 8, (-1, 1), 1, np.array([[-0.5, 0.5]])),)).gain() ** 2
        0.5000000000000001
        """
        if not self.pieces:
            return 0.0
        piece = max(self.pieces, key=lambda piece: piece.stop - piece.start)
        middle = (piece.start + piece.stop) // 2
        weights = piece.weights_of(middle, middle + 1)
        return float(np.hypot.reduce([*weights.reshape(-1), weights.sum()]))

    def held(self) -> int:
        """Return the bytes of its tables of weights."""
        return sum(p.weights.nbytes for p in self.pieces if p.weights is not None)

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the derivative at some rows into ``out``.

        Parameters
        ----------
        values : ndarray, floating
            The field, with the rows ``reach(rows)`` along ``axis``.
        rows : slice
            The rows of the axis to compute.
        axis : int
            Counted from 0.
        out : ndarray
            Same type as ``values``, and same shape except along ``axis``.
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
                            along(out, axis, start - rows.start, stop - rows.start),
                            [segment],
                        )
            if self.exponent:
                np.ldexp(out, self.exponent, out=out)
        for start, stop in _gaps(pieces, rows):
            along(out, axis, start, stop)[...] = np.nan

    def _segment(
        self, piece: Piece, start: int, stop: int, rows: slice, base: int, out: Array
    ) -> Segment:
        """Return part of a piece as a segment whose rows count from the first of ``rows``."""
        begin, end, point = start - rows.start, stop - rows.start, start - base
        if piece.weights is not None and piece.nodes is None and piece.like is None:
            same = piece.weights[0].tobytes(), self.exponent, out.dtype
            return _segment_of(begin, end, point, piece.offsets, same, self.wraps)
        weights = piece.weights_of(start, stop)
        if self.exponent:
            weights = np.ldexp(weights, -self.exponent)
        return Segment(
            begin,
            end,
            point,
            piece.offsets,
            weights.astype(out.dtype, copy=False).T,
            terms_of(piece.offsets, piece.like),
            self.wraps,
        )

    def pieces_in(self, rows: slice) -> list[Piece]:
        """Return the pieces that cover any of the rows."""
        return [p for p in self.pieces if p.start < rows.stop and rows.start < p.stop]


@lru_cache(256)
def _segment_of(
    start: int,
    stop: int,
    point: int,
    offsets: tuple[int, ...],
    same: tuple[bytes, int, np.dtype[Any]],
    wraps: float | None,
) -> Segment:
    """Return a segment whose rows have the same weights: tiles ask for it again and again."""
    numbers, exponent, dtype = same
    weights = np.frombuffer(numbers)
    made = np.ldexp(weights, -exponent).astype(dtype)[:, None]
    return Segment(start, stop, point, offsets, made, terms_of(offsets, weights), wraps)


def _gaps(pieces: list[Piece], rows: slice) -> Iterator[tuple[int, int]]:
    """Yield the rows that no piece covers, counted from the first of ``rows``."""
    done = rows.start
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if piece.start > done:
            yield done - rows.start, piece.start - rows.start
        done = max(done, piece.stop)
    if done < rows.stop:
        yield done - rows.start, rows.stop - rows.start


def along(values: Array, axis: int, start: int, stop: int) -> Array:
    """Return a view of some rows along an axis.

    >>> along(np.arange(6).reshape(2, 3), 1, 1, 3)
    array([[1, 2],
           [4, 5]])
    """
    return values[(slice(None),) * axis + (slice(start, stop),)]


def uneven_piece(
    nodes: Array,
    start: int,
    stop: int,
    offsets: tuple[int, ...],
    order: int,
    shift: int = 0,
    degree: int | None = None,
) -> Piece:
    """Return a piece with weights that differ by row: a table of them, or nodes if it is long."""
    if 8 * (stop - start) * len(offsets) > TABLE_BYTES:
        return Piece(start, stop, offsets, order, None, nodes, shift, degree)
    weights = np.empty((stop - start, len(offsets)), order="F")
    for first, last in _steps(start, stop, offsets):
        rows = np.arange(first, last) + shift
        weights[first - start : last - start] = weights_at(nodes, rows, offsets, order, degree)
    return Piece(start, stop, offsets, order, weights, nodes, shift, degree)


def _steps(start: int, stop: int, offsets: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    step = max(1, STEP_ROWS * USUAL_NEIGHBOURS // max(USUAL_NEIGHBOURS, len(offsets)))
    for first in range(start, stop, step):
        yield first, min(first + step, stop)


def point_weights(distances: Floats, order: int, degree: int | None) -> Floats:
    """Return the weights of a derivative from values at given distances.

    >>> point_weights(np.array([-1.0, 0.0, 1.0]), 1, None)
    array([-0.5,  0. ,  0.5])
    """
    if degree is None:
        return fornberg(distances, order)
    from gradcli.numerics.smoothing import least_squares

    return least_squares(distances, order, degree)


@cache
def equal_weights(first: int, last: int, order: int, degree: int | None = None) -> Floats:
    """Return the weights for unit steps, without the point itself; symmetric if centred.

    >>> equal_weights(-1, 1, 1)
    array([-0.5,  0.5])
    """
    weights = point_weights(np.arange(first, last + 1, dtype=np.float64), order, degree)
    if first == -last:
        weights = (weights + (-1) ** order * weights[::-1]) / 2
    return np.delete(weights, -first)


def weights_at(
    nodes: Array,
    rows: NDArray[np.int64],
    offsets: tuple[int, ...],
    order: int,
    degree: int | None = None,
) -> Floats:
    """Return the weights of some rows of uneven nodes, shape (rows, neighbours).

    The weights of each neighbour are contiguous, as the kernel needs them.

    >>> weights_at(np.array([0.0, 1.0, 3.0]), np.array([0]), (1, 2), 1)
    array([[ 1.5       , -0.16666667]])
    """
    every = sorted({0, *offsets})
    # Neighbours first: the computation of the weights needs each contiguous.
    # Integers are subtracted before they become float64, which could not tell large ones apart.
    distances = np.stack([nodes[rows + offset] for offset in every]) - nodes[rows]
    distances = distances.astype(np.float64, copy=False)
    weights = point_weights(np.moveaxis(distances, 0, -1), order, degree)
    return np.asfortranarray(np.delete(weights, every.index(0), axis=1))
