"""The stencil of an axis: which rows it reads, and how it weighs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.numerics.coordinates import Spacing, periodic_gap
from gradcli.numerics.weights import Floats, fornberg

Array = NDArray[Any]

TILE_CELLS = 32768  # a tile, its neighbours and its scratch stay in the second-level cache
LARGE_EXPONENT = 40  # of two; sums of float32 have room for twice as much
TABLE_ROWS = 65536  # weights of longer uneven axes are made for the rows at hand


@dataclass(frozen=True)
class Scheme:
    """How to differentiate along an axis, whatever the axis.

    Attributes
    ----------
    order : int
        Which derivative, 1 to 6.
    accuracy : int
        Order of accuracy where the stencil is whole.
    edge_order : int
        Order of accuracy of the rows where it is not.
    side : str
        ``central``, ``forward`` or ``backward``.
    edges : str
        ``one-sided``, or ``missing`` for rows where the stencil is not whole.
    """

    order: int = 1
    accuracy: int = 2
    edge_order: int = 1
    side: str = "central"
    edges: str = "one-sided"

    def offsets(self, equal: bool) -> tuple[int, int]:
        """Return the first and last neighbour of the whole stencil.

        On equal spacing a centred stencil needs one point less for even orders. On uneven axes
        ``order + accuracy`` points do; an even count is made odd, so that the stencil stays
        centred and a reversed axis gives the reversed result.
        """
        if self.side == "forward":
            return 0, self.order + self.accuracy - 1
        if self.side == "backward":
            return 1 - self.order - self.accuracy, 0
        if equal:
            half = (self.order + 1) // 2 - 1 + self.accuracy // 2
        else:
            half = (self.order + self.accuracy) // 2
        return -half, half


@dataclass(frozen=True)
class Piece:
    """Rows that share their neighbours' offsets.

    ``weights`` holds one row for all, or one for each row; where it is None the rows' weights
    are made from ``nodes`` (the coordinates, by row plus ``offsets``) when they are asked for.
    """

    start: int
    stop: int
    offsets: tuple[int, ...]
    order: int
    weights: Floats | None
    nodes: Floats | None = None

    def weights_of(self, start: int, stop: int) -> Floats:
        """Return the weights of some rows, shape (1 or rows, neighbours)."""
        if self.weights is None:
            assert self.nodes is not None
            return _uneven_weights(self.nodes, start, stop, self.offsets, self.order)
        return (
            self.weights
            if len(self.weights) == 1
            else self.weights[start - self.start : stop - self.start]
        )


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

        >>> make_stencil("x", Spacing("index", 9, 1.0, 1.0, 1.0), Scheme()).reach(slice(3, 5))
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
                start, stop = max(piece.start, rows.start), min(piece.stop, rows.stop)
                target = _along(out, axis, start - rows.start, stop - rows.start)
                weights = np.ldexp(piece.weights_of(start, stop), -self.exponent).astype(out.dtype)
                _weigh(values, start - base, piece.offsets, weights, axis, target, scratch)
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
) -> None:
    """Sum ``w_k (f_k - f_0)`` tile by tile: constants give 0, a hole gives a hole."""
    count = out.shape[axis]
    points = _along(values, axis, centre, centre + count)
    neighbours = [_along(values, axis, centre + k, centre + k + count) for k in offsets]
    spread = (-1,) + (1,) * (out.ndim - axis - 1)
    columns = [weights[:, k].reshape(spread) for k in range(len(offsets))]
    varies = len(weights) > 1
    terms = _terms(offsets, weights)
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


def _terms(offsets: tuple[int, ...], weights: Array) -> list[tuple[int, int, Any]]:
    """Return the neighbours in turn; of mirrored ones with the same weight two are one term.

    The third entry joins the two differences; None where a neighbour stands alone.
    """
    last = len(offsets) - 1
    if len(weights) == 1 and all(offsets[k] == -offsets[last - k] for k in range(last + 1)):
        row = weights[0]
        for join, sign in ((np.subtract, -1), (np.add, 1)):
            if (row == sign * row[::-1]).all():
                return [(k, last - k, join) for k in range((last + 1) // 2, last + 1)]
    return [(k, k, None) for k in range(last + 1)]


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


def make_stencil(
    name: str, spacing: Spacing, scheme: Scheme, periodic: bool = False, period: float | None = None
) -> Stencil:
    """Return the stencil of an axis.

    Parameters
    ----------
    name : str
        The axis, for messages.
    spacing : Spacing
    scheme : Scheme
    periodic : bool
        Whether the axis closes on itself; ``period`` is then needed on uneven spacing.

    Raises
    ------
    InputError
        The axis is shorter than the stencil, or a period is missing or too short.

    Examples
    --------
    >>> stencil = make_stencil("x", Spacing("index", 3, 1.0, 1.0, 1.0), Scheme(edge_order=2))
    >>> out = np.empty(3)
    >>> stencil.apply(np.array([0.0, 1.0, 4.0]), slice(0, 3), 0, out)
    >>> out
    array([0., 2., 4.])
    """
    if periodic:
        pieces = _periodic_pieces(name, spacing, scheme, periodic_gap(name, spacing, period))
    else:
        pieces = _open_pieces(name, spacing, scheme)
    return Stencil(spacing.size, pieces, _exponent(spacing, scheme.order))


def _exponent(spacing: Spacing, order: int) -> int:
    exponent = round(-order * float(np.log2(abs(spacing.step) or 1.0)))
    return exponent if abs(exponent) > LARGE_EXPONENT else 0


def _open_pieces(name: str, spacing: Spacing, scheme: Scheme) -> tuple[Piece, ...]:
    first, last = scheme.offsets(spacing.is_equal)
    size = spacing.size
    start, stop = min(-first, size), max(size - last, 0)
    whole = [_piece(spacing, start, stop, first, last, scheme.order)] if start < stop else []
    if scheme.edges == "missing":
        _need(name, size, last - first + 1, "a stencil")
        return tuple(whole)
    if start > 0 or stop < size:
        _need(name, size, scheme.order + scheme.edge_order, "one-sided differences")
    edges = [_edge_piece(spacing, row, scheme) for row in range(size) if not start <= row < stop]
    return tuple(edges[:start] + whole + edges[start:])


def _need(name: str, size: int, needed: int, what: str) -> None:
    if size < needed:
        points = "1 point" if size == 1 else f"{size} points"
        raise InputError(
            f"axis {name}: {points}, too short for {what} of {needed}; "
            "ask for a lower order or accuracy, or leave the axis out (--axis)"
        )


def _periodic_pieces(name: str, spacing: Spacing, scheme: Scheme, gap: float) -> tuple[Piece, ...]:
    size, equal = spacing.size, spacing.is_equal and gap == spacing.step
    first, last = scheme.offsets(equal)
    _need(name, size, last - first + 1, "a periodic stencil")
    if equal:
        return (_piece(spacing, 0, size, first, last, scheme.order),)
    values = spacing.step * np.arange(size) if spacing.values is None else spacing.values
    turn = values[-1] + gap - values[0]
    nodes = np.concatenate([values[size + first :] - turn, values, values[:last] + turn])
    offsets = tuple(k for k in range(first, last + 1) if k)
    weights = _uneven_weights(nodes, -first, size - first, offsets, scheme.order)
    return (Piece(0, size, offsets, scheme.order, weights),)


def _edge_piece(spacing: Spacing, row: int, scheme: Scheme) -> Piece:
    """Return the one-sided stencil of a row, as near to centred as the axis allows."""
    size, width = spacing.size, scheme.order + scheme.edge_order
    if scheme.side == "forward":
        first = min(row, size - width)
    elif scheme.side == "backward":
        first = max(row - width + 1, 0)
    elif row <= size - 1 - row:
        first = min(max(row - (width - 1) // 2, 0), size - width)
    else:
        first = max(min(row + (width - 1) // 2, size - 1) - width + 1, 0)
    return _piece(spacing, row, row + 1, first - row, first - row + width - 1, scheme.order)


def _piece(spacing: Spacing, start: int, stop: int, first: int, last: int, order: int) -> Piece:
    offsets = tuple(k for k in range(first, last + 1) if k)
    if spacing.is_equal:
        weights = _equal_weights(first, last, order) / spacing.step**order
        return Piece(start, stop, offsets, order, weights[None])
    assert spacing.values is not None
    if stop - start > TABLE_ROWS:
        return Piece(start, stop, offsets, order, None, spacing.values)
    weights = _uneven_weights(spacing.values, start, stop, offsets, order)
    return Piece(start, stop, offsets, order, weights)


def _equal_weights(first: int, last: int, order: int) -> Floats:
    """Return the weights on whole numbers, but for the point itself, symmetric where centred."""
    weights = fornberg(np.arange(first, last + 1, dtype=np.float64), order)
    if first == -last:
        weights = (weights + (-1) ** order * weights[::-1]) / 2
    return np.delete(weights, -first)


def _uneven_weights(
    nodes: Floats, start: int, stop: int, offsets: tuple[int, ...], order: int
) -> Floats:
    rows = np.arange(start, stop)
    every = sorted({0, *offsets})
    distances = nodes[rows[:, None] + np.array(every)] - nodes[rows][:, None]
    weights = fornberg(distances, order)
    return np.ascontiguousarray(np.delete(weights, every.index(0), axis=1))
