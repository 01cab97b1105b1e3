"""Assemble the stencil of an axis from weights."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import InputError, located
from gradcli.numerics.coordinates import Spacing, periodic_gap
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import Piece, Stencil, equal_weights, uneven_piece
from gradcli.numerics.weights import Floats, in_range
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.numerics.windows import Span, Windows, WindowWeights

LARGE_EXPONENT = 40  # exponent of two; sums in float32 have room for twice as much


def make_stencil(
    name: str,
    spacing: Spacing,
    scheme: Scheme,
    periodic: bool = False,
    period: float | None = None,
    repeated: bool = False,
) -> Stencil:
    """Return the stencil of an axis.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    spacing : Spacing
    scheme : Scheme
    periodic : bool
        Whether the axis is periodic. With uneven spacing, ``period`` is then needed.
    repeated : bool
        Whether the last point of a periodic axis repeats the first.

    Raises
    ------
    InputError
        The axis is shorter than the stencil, a period is missing or too short, or weights leave
        the range of float64.

    Examples
    --------
    >>> stencil = make_stencil("x", Spacing("index", 3, 1.0, 1.0, 1.0), Scheme(edge_order=2))
    >>> out = np.empty(3)
    >>> stencil.apply(np.array([0.0, 1.0, 4.0]), slice(0, 3), 0, out)
    >>> out
    array([0., 2., 4.])
    """
    if spacing.size == 0:
        raise InputError(f"axis {name}: has no points to differentiate along")
    ring, gap = spacing.size - repeated, None
    if repeated:
        values = spacing.values
        uneven = None if spacing.is_equal else values
        gap = spacing.step if uneven is None else float(uneven[-1] - uneven[-2])
    elif periodic:
        gap = periodic_gap(name, spacing, period)
    if gap is None:
        scheme = scheme.fitted(spacing.size)
    try:
        if gap is None:
            pieces = _open_pieces(name, spacing, scheme)
        else:
            pieces = _periodic_pieces(name, spacing, scheme, ring, gap)
    except InputError as error:
        raise located(f"axis {name}", error) from None
    exponent = _exponent(spacing, scheme.order)
    if scheme.missing == "propagate":
        return Stencil(spacing.size, pieces, exponent, ring)
    from gradcli.numerics.adapt import AdaptingStencil

    windows = _windows(scheme, max(abs(k) for piece in pieces for k in piece.offsets))
    # Beside a gap of one axis, a mixed derivative takes the whole window of the other.
    whole = scheme.offsets(spacing.is_equal and gap in (None, spacing.step))
    spans = {*windows.spans, whole}
    weights = _window_weights(spacing, scheme.order, windows.reach, spans, ring, gap)
    return AdaptingStencil(
        spacing.size,
        pieces,
        exponent,
        ring,
        windows=windows,
        weights=weights,
        limits=None if gap is not None else (0, spacing.size),
    )


def make_continued_stencil(
    name: str, own: Spacing, whole: Spacing, before: int, scheme: Scheme
) -> Stencil:
    """Return the stencil of an axis whose field goes on beyond its ends.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    own : Spacing
        Of the axis itself.
    whole : Spacing
        Of the axis with the rows beyond its ends.
    before : int
        How many of these rows come before the first of the axis.
    scheme : Scheme
    """
    made = make_stencil(name, whole, scheme)
    size = own.size
    pieces = [_moved(piece, before, 0, size) for piece in made.pieces]
    first, last = scheme.offsets(own.is_equal)
    if own.is_equal and not whole.is_equal and -first < size - last:
        # Away from the ends, equal steps are not to be taken as uneven.
        inner = _piece(own, -first, size - last, first, last, scheme)
        before_it = [_moved(piece, 0, 0, inner.start) for piece in pieces if piece is not None]
        after_it = [_moved(piece, 0, inner.stop, size) for piece in pieces if piece is not None]
        pieces = [*before_it, inner, *after_it]
    found = tuple(piece for piece in pieces if piece is not None)
    made = replace(made, size=size, pieces=found, ring=size)
    if made.adapts:
        from gradcli.numerics.adapt import AdaptingStencil

        assert isinstance(made, AdaptingStencil)
        weights = replace(made.weights, size=size, shift=made.weights.shift + before, tables={})
        made = replace(made, weights=weights, limits=(-before, whole.size - before))
    return made


def _moved(piece: Piece, by: int, low: int, high: int) -> Piece | None:
    """Return a piece whose rows count from another one, cut to some rows; None if none is left."""
    start, stop = max(piece.start - by, low), min(piece.stop - by, high)
    if start >= stop:
        return None
    weights = piece.weights
    if weights is not None and len(weights) > 1:
        weights = weights[start + by - piece.start : stop + by - piece.start]
    return piece._replace(start=start, stop=stop, weights=weights, shift=piece.shift + by)


def reach_beyond(scheme: Scheme) -> int:
    """Return how many rows beyond an end a stencil may read at most.

    >>> reach_beyond(Scheme(accuracy=4))
    5
    """
    if scheme.smooth is not None:
        return scheme.smooth.window
    return scheme.order + max(scheme.accuracy, scheme.edge_order)


def _windows(scheme: Scheme, whole: int) -> Windows:
    """Return the windows of points next to gaps, by the number of valid points on each side."""
    from gradcli.numerics.windows import Windows

    none = scheme.edges == "missing"
    reach = whole if none else max(whole, scheme.order + scheme.edge_order - 1)
    sides = [(left, right) for left in range(reach + 1) for right in range(reach + 1)]
    chosen = [None if none else scheme.window(*side) for side in sides]
    spans = sorted({span for span in chosen if span is not None})
    choice = [len(spans) if span is None else spans.index(span) for span in chosen]
    return Windows(reach, tuple(spans), np.array(choice, np.uint8))


def _window_weights(
    spacing: Spacing, order: int, reach: int, spans: set[Span], ring: int, gap: float | None
) -> WindowWeights:
    from gradcli.numerics.windows import TABLE_BYTES, WindowWeights

    size = spacing.size
    if spacing.is_equal and gap in (None, spacing.step):
        return WindowWeights(order, size, spacing.step)
    if gap is None:
        nodes, shift = spacing.values, 0
    else:
        nodes, shift = _ring_nodes(spacing, ring, gap, reach), reach
    tables = 8 * size * sum(last - first for first, last in spans)
    kept = tables if tables <= TABLE_BYTES else 0
    return WindowWeights(order, size, spacing.step, nodes, shift, kept)


def _exponent(spacing: Spacing, order: int) -> int:
    exponent = round(-order * float(np.log2(abs(spacing.step) or 1.0)))
    return exponent if abs(exponent) > LARGE_EXPONENT else 0


def _open_pieces(name: str, spacing: Spacing, scheme: Scheme) -> tuple[Piece, ...]:
    first, last = scheme.offsets(spacing.is_equal)
    size = spacing.size
    start, stop = min(-first, size), max(size - last, 0)
    whole = [_piece(spacing, start, stop, first, last, scheme)] if start < stop else []
    if scheme.edges == "missing":
        _need(name, size, last - first + 1, "a stencil needs", scheme)
        return tuple(whole)
    if start > 0 or stop < size:
        needed = scheme.order + 1 if scheme.yields else scheme.edge_width
        _need(name, size, needed, "one-sided differences need", scheme)
    rows = [*range(start), *range(max(start, stop), size)]
    edges = [_edge_piece(spacing, row, scheme) for row in rows]
    return tuple(edges[:start] + whole + edges[start:])


def _need(name: str, size: int, needed: int, what: str, scheme: Scheme) -> None:
    if size < needed:
        points = "1 point" if size == 1 else f"{size} points"
        lower = "lower order or accuracy"
        if scheme.smooth is not None:
            what, lower = "a window needs", "shorter one"
        raise InputError(
            f"axis {name}: has {points}, and {what} {needed}; "
            f"ask for a {lower}, or leave the axis out (--axis)"
        )


def _periodic_pieces(
    name: str, spacing: Spacing, scheme: Scheme, ring: int, gap: float
) -> tuple[Piece, ...]:
    size, equal = spacing.size, spacing.is_equal and gap == spacing.step
    first, last = scheme.offsets(equal)
    _need(name, ring, last - first + 1, "a periodic stencil", scheme)
    if equal:
        return (_piece(spacing, 0, size, first, last, scheme),)
    beside = max(-first, last)
    nodes = _ring_nodes(spacing, ring, gap, beside)
    offsets = tuple(k for k in range(first, last + 1) if k)
    return (uneven_piece(nodes, 0, size, offsets, scheme.order, beside, scheme.degree),)


def _ring_nodes(spacing: Spacing, ring: int, gap: float, beside: int) -> Floats:
    """Return the coordinates of a periodic axis, continued by some rows on either side.

    The axis repeats after ``ring`` rows. ``gap`` is the step after the last of them.
    """
    values = spacing.step * np.arange(spacing.size) if spacing.values is None else spacing.values
    turns, rows = np.divmod(np.arange(-beside, spacing.size + beside), ring)
    nodes: Floats = values[rows] + turns * (values[ring - 1] + gap - values[0])
    return nodes


def _edge_piece(spacing: Spacing, row: int, scheme: Scheme) -> Piece:
    """Return the one-sided stencil of a row, as close to centred as the axis allows."""
    window = scheme.window(row, spacing.size - 1 - row)
    assert window is not None
    return _piece(spacing, row, row + 1, *window, scheme)


def _piece(spacing: Spacing, start: int, stop: int, first: int, last: int, scheme: Scheme) -> Piece:
    if not spacing.is_equal:
        assert spacing.values is not None
        offsets = tuple(k for k in range(first, last + 1) if k)
        return uneven_piece(spacing.values, start, stop, offsets, scheme.order, 0, scheme.degree)
    return Piece(start, stop, *_equal(spacing.step, first, last, scheme))


@lru_cache(maxsize=64)  # axes of one file, and files of a batch, have the same few steps
def _equal(step: float, first: int, last: int, scheme: Scheme) -> tuple[tuple[int, ...], int, Any]:
    """Return the offsets, the order and the weights of a piece with equal steps."""
    offsets, order = tuple(k for k in range(first, last + 1) if k), scheme.order
    if scheme.smooth is not None and -first > last:
        # Mirror the other end, including its order of summation.
        weights = (-1) ** order * equal_weights(-last, -first, order, scheme.degree)
        offsets = offsets[::-1]
    else:
        weights = equal_weights(first, last, order, scheme.degree)
    with np.errstate(all="ignore"):
        scaled = weights / np.float64(step) ** order
    made = in_range(scaled, step * np.arange(2.0))[None]
    made.flags.writeable = False
    return offsets, order, made
