"""Schemes, and the stencils that they make of an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcli.errors import InputError, located
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.coordinates import Spacing, periodic_gap
from gradcli.numerics.smoothing import Savgol
from gradcli.numerics.stencils import Piece, Stencil, equal_weights, uneven_piece
from gradcli.numerics.weights import Floats, in_range
from gradcli.numerics.windows import TABLE_BYTES, Windows, WindowWeights

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
    missing : str
        ``propagate``: a point that lacks a neighbour is missing; ``adapt``: it gets what an end
        of the axis would.
    smooth : Savgol or None
        A polynomial fitted to more points than it needs, in place of both accuracies.
    """

    order: int = 1
    accuracy: int = 2
    edge_order: int = 1
    side: str = "central"
    edges: str = "one-sided"
    missing: str = "propagate"
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

    def window(self, left: int, right: int) -> tuple[int, int] | None:
        """Return the first and last neighbour where the whole stencil does not fit.

        It is as near to centred as the points on the left and right allow, and as wide as the
        edge order says or they allow; a derivative of order m needs m + 1 points. In the very
        middle an even count is made odd: leaning either way would not turn with the axis.

        >>> Scheme(edge_order=2).window(0, 5), Scheme(edge_order=4).window(1, 2)
        ((0, 2), (-1, 2))
        """
        width = min(self.edge_width, left + right + 1)
        if width <= self.order:
            return None
        if self.side == "forward":
            first = min(0, right - width + 1)
        elif self.side == "backward":
            first = max(1 - width, -left)
        elif left == right:
            width += 1 - width % 2
            first = -(width // 2)
        elif left < right:
            first = min(max(-((width - 1) // 2), -left), right - width + 1)
        else:
            first = max(min((width - 1) // 2, right), width - 1 - left) - width + 1
        return first, first + width - 1


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
        The axis is shorter than the stencil, a period is missing or too short, or steps give
        weights that are no numbers.

    Examples
    --------
    >>> stencil = make_stencil("x", Spacing("index", 3, 1.0, 1.0, 1.0), Scheme(edge_order=2))
    >>> out = np.empty(3)
    >>> stencil.apply(np.array([0.0, 1.0, 4.0]), slice(0, 3), 0, out)
    >>> out
    array([0., 2., 4.])
    """
    ring, gap = spacing.size - repeated, None
    if repeated:
        values = spacing.values
        uneven = None if spacing.is_equal else values
        gap = spacing.step if uneven is None else float(uneven[-1] - uneven[-2])
    elif periodic:
        gap = periodic_gap(name, spacing, period)
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
    windows = _windows(scheme, max(abs(k) for piece in pieces for k in piece.offsets))
    weights = _window_weights(spacing, scheme.order, windows, ring, gap)
    return AdaptingStencil(
        spacing.size,
        pieces,
        exponent,
        ring,
        windows=windows,
        weights=weights,
        closed=gap is not None,
    )


def _windows(scheme: Scheme, whole: int) -> Windows:
    """Return the windows of points next to gaps, by their valid neighbours on each side."""
    none = scheme.edges == "missing"
    reach = whole if none else max(whole, scheme.order + scheme.edge_order - 1)
    sides = [(left, right) for left in range(reach + 1) for right in range(reach + 1)]
    chosen = [None if none else scheme.window(*side) for side in sides]
    spans = sorted({span for span in chosen if span is not None})
    choice = [len(spans) if span is None else spans.index(span) for span in chosen]
    return Windows(reach, tuple(spans), np.array(choice, np.uint8))


def _window_weights(
    spacing: Spacing, order: int, windows: Windows, ring: int, gap: float | None
) -> WindowWeights:
    size = spacing.size
    if spacing.is_equal and gap in (None, spacing.step):
        return WindowWeights(order, size, spacing.step)
    if gap is None:
        nodes, shift = spacing.values, 0
    else:
        nodes, shift = _ring_nodes(spacing, ring, gap, windows.reach), windows.reach
    tables = 8 * size * sum(last - first for first, last in windows.spans)
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
    """Return the coordinates of a periodic axis, with some more on either side.

    It repeats after ``ring`` rows; ``gap`` is the step behind the last of them.
    """
    values = spacing.step * np.arange(spacing.size) if spacing.values is None else spacing.values
    turns, rows = np.divmod(np.arange(-beside, spacing.size + beside), ring)
    nodes: Floats = values[rows] + turns * (values[ring - 1] + gap - values[0])
    return nodes


def _edge_piece(spacing: Spacing, row: int, scheme: Scheme) -> Piece:
    """Return the one-sided stencil of a row, as near to centred as the axis allows."""
    window = scheme.window(row, spacing.size - 1 - row)
    assert window is not None
    return _piece(spacing, row, row + 1, *window, scheme)


def _piece(spacing: Spacing, start: int, stop: int, first: int, last: int, scheme: Scheme) -> Piece:
    offsets, order = tuple(k for k in range(first, last + 1) if k), scheme.order
    if not spacing.is_equal:
        assert spacing.values is not None
        return uneven_piece(spacing.values, start, stop, offsets, order, 0, scheme.degree)
    if scheme.smooth is not None and -first > last:
        # The mirror of the other end, and summed in its order.
        weights = (-1) ** order * equal_weights(-last, -first, order, scheme.degree)
        offsets = offsets[::-1]
    else:
        weights = equal_weights(first, last, order, scheme.degree)
    with np.errstate(all="ignore"):
        scaled = weights / np.float64(spacing.step) ** order
    return Piece(start, stop, offsets, order, in_range(scaled, spacing.step * np.arange(2.0))[None])
