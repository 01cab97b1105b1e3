"""Schemes, and the stencils that they make of an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.coordinates import Spacing, periodic_gap
from gradcli.numerics.smoothing import Savgol
from gradcli.numerics.stencils import Piece, Stencil, point_weights, uneven_piece
from gradcli.numerics.weights import Floats

LARGE_EXPONENT = 40  # of two; sums of float32 have room for twice as much


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
    smooth : Savgol or None
        A polynomial fitted to more points than it needs, in place of both accuracies.
    """

    order: int = 1
    accuracy: int = 2
    edge_order: int = 1
    side: str = "central"
    edges: str = "one-sided"
    smooth: Savgol | None = None

    @property
    def degree(self) -> int | None:
        """The degree of the polynomial where it passes its points by."""
        return None if self.smooth is None else self.smooth.degree

    @property
    def edge_width(self) -> int:
        """The number of points of a one-sided stencil."""
        return self.order + self.edge_order if self.smooth is None else self.smooth.window

    def offsets(self, equal: bool) -> tuple[int, int]:
        """Return the first and last neighbour of the whole stencil.

        On equal spacing a centred stencil needs one point less for even orders. On uneven axes
        ``order + accuracy`` points do; an even count is made odd, so that the stencil stays
        centred and a reversed axis gives the reversed result.
        """
        if self.smooth is not None:
            return -(self.smooth.window // 2), self.smooth.window // 2
        if self.side == "forward":
            return 0, self.order + self.accuracy - 1
        if self.side == "backward":
            return 1 - self.order - self.accuracy, 0
        if equal:
            half = (self.order + 1) // 2 - 1 + self.accuracy // 2
        else:
            half = (self.order + self.accuracy) // 2
        return -half, half


def default_edge_order(accuracy: int, order: int) -> int:
    """Return the edge order where none is given: 1 as numpy has it, else the accuracy.

    >>> default_edge_order(2, 1), default_edge_order(2, 2)
    (1, 2)
    """
    return 1 if accuracy == 2 and order == 1 else accuracy


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
        The axis, for messages.
    spacing : Spacing
    scheme : Scheme
    periodic : bool
        Whether the axis closes on itself; ``period`` is then needed on uneven spacing.
    repeated : bool
        Whether the last point of a periodic axis is its first once more.

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
    ring = None
    if repeated:
        ring, pieces = spacing.size - 1, _repeated_pieces(name, spacing, scheme)
    elif periodic:
        pieces = _periodic_pieces(name, spacing, scheme, periodic_gap(name, spacing, period))
    else:
        pieces = _open_pieces(name, spacing, scheme)
    return Stencil(spacing.size, pieces, _exponent(spacing, scheme.order), ring)


def _exponent(spacing: Spacing, order: int) -> int:
    exponent = round(-order * float(np.log2(abs(spacing.step) or 1.0)))
    return exponent if abs(exponent) > LARGE_EXPONENT else 0


def _open_pieces(name: str, spacing: Spacing, scheme: Scheme) -> tuple[Piece, ...]:
    first, last = scheme.offsets(spacing.is_equal)
    size = spacing.size
    start, stop = min(-first, size), max(size - last, 0)
    whole = [_piece(spacing, start, stop, first, last, scheme)] if start < stop else []
    if scheme.edges == "missing":
        _need(name, size, last - first + 1, "a stencil", scheme)
        return tuple(whole)
    if start > 0 or stop < size:
        _need(name, size, scheme.edge_width, "one-sided differences", scheme)
    rows = [*range(start), *range(max(start, stop), size)]
    edges = [_edge_piece(spacing, row, scheme) for row in rows]
    return tuple(edges[:start] + whole + edges[start:])


def _need(name: str, size: int, needed: int, what: str, scheme: Scheme) -> None:
    if size < needed:
        points = "1 point" if size == 1 else f"{size} points"
        lower = "lower order or accuracy"
        if scheme.smooth is not None:
            what, lower = "a window", "shorter one"
        raise InputError(
            f"axis {name}: {points}, too short for {what} of {needed}; "
            f"ask for a {lower}, or leave the axis out (--axis)"
        )


def _periodic_pieces(name: str, spacing: Spacing, scheme: Scheme, gap: float) -> tuple[Piece, ...]:
    size, equal = spacing.size, spacing.is_equal and gap == spacing.step
    first, last = scheme.offsets(equal)
    _need(name, size, last - first + 1, "a periodic stencil", scheme)
    if equal:
        return (_piece(spacing, 0, size, first, last, scheme),)
    values = spacing.step * np.arange(size) if spacing.values is None else spacing.values
    turn = values[-1] + gap - values[0]
    nodes = np.concatenate([values[size + first :] - turn, values, values[:last] + turn])
    offsets = tuple(k for k in range(first, last + 1) if k)
    return (uneven_piece(nodes, 0, size, offsets, scheme.order, -first, scheme.degree),)


def _repeated_pieces(name: str, spacing: Spacing, scheme: Scheme) -> tuple[Piece, ...]:
    """Return the pieces of a ring whose last row is its first row once more."""
    size = spacing.size
    first, last = scheme.offsets(spacing.is_equal)
    _need(name, size - 1, last - first + 1, "a periodic stencil", scheme)
    if spacing.values is None or spacing.is_equal:
        return (_piece(spacing, 0, size, first, last, scheme),)
    values = spacing.values
    turn = values[-1] - values[0]
    before, behind = values[size - 1 + first : -1] - turn, values[1 : 1 + last] + turn
    nodes = np.concatenate([before, values, behind])
    offsets = tuple(k for k in range(first, last + 1) if k)
    return (uneven_piece(nodes, 0, size, offsets, scheme.order, -first, scheme.degree),)


def _edge_piece(spacing: Spacing, row: int, scheme: Scheme) -> Piece:
    """Return the one-sided stencil of a row, as near to centred as the axis allows."""
    size, width = spacing.size, scheme.edge_width
    if scheme.side == "forward":
        first = min(row, size - width)
    elif scheme.side == "backward":
        first = max(row - width + 1, 0)
    elif row <= size - 1 - row:
        first = min(max(row - (width - 1) // 2, 0), size - width)
    else:
        first = max(min(row + (width - 1) // 2, size - 1) - width + 1, 0)
    return _piece(spacing, row, row + 1, first - row, first - row + width - 1, scheme)


def _piece(spacing: Spacing, start: int, stop: int, first: int, last: int, scheme: Scheme) -> Piece:
    offsets, order = tuple(k for k in range(first, last + 1) if k), scheme.order
    if not spacing.is_equal:
        assert spacing.values is not None
        return uneven_piece(spacing.values, start, stop, offsets, order, 0, scheme.degree)
    if scheme.smooth is not None and -first > last:
        # The mirror of the other end, and summed in its order.
        weights = (-1) ** order * _equal_weights(-last, -first, order, scheme.degree)
        offsets = offsets[::-1]
    else:
        weights = _equal_weights(first, last, order, scheme.degree)
    return Piece(start, stop, offsets, order, (weights / spacing.step**order)[None])


def _equal_weights(first: int, last: int, order: int, degree: int | None) -> Floats:
    """Return the weights on whole numbers, but for the point itself, symmetric where centred."""
    weights = point_weights(np.arange(first, last + 1, dtype=np.float64), order, degree)
    if first == -last:
        weights = (weights + (-1) ** order * weights[::-1]) / 2
    return np.delete(weights, -first)
