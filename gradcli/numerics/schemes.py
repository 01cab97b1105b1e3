"""Schemes: the order, accuracy, side and edges of a derivative."""

from __future__ import annotations

from collections.abc import Iterator
from operator import index
from typing import TYPE_CHECKING, Literal, get_args

from gradcli.errors import KindError, UsageError
from gradcli.record import record, replace

if TYPE_CHECKING:
    from gradcli.numerics.smoothing import Savgol

Side = Literal["central", "forward", "backward"]
Edges = Literal["one-sided", "missing", "pole"]
Missing = Literal["propagate", "adapt"]


@record(frozen=True)
class Scheme:
    """How to differentiate, independent of the axis.

    Attributes
    ----------
    order : int
        Order of the derivative, 1 to 6.
    accuracy : int
        Order of accuracy where the whole stencil fits.
    edge_order : int
        Order of accuracy where it does not fit.
    side : str
        ``central``, ``forward`` or ``backward``.
    edges : str
        What to do where the whole stencil does not fit: ``one-sided``, or ``missing``. ``pole``:
        next to a pole, take the rows across it; elsewhere ``one-sided``.
    missing : str
        ``propagate``: a point that lacks a neighbour is missing. ``adapt``: it is treated like an
        end of the axis.
    smooth : Savgol or None
        A polynomial fitted to more points than it needs, in place of both orders of accuracy.
    yields : bool
        Whether the edge order gives way where an axis has just enough points for a derivative,
        because nobody asked for it.
    """

    order: int = 1
    accuracy: int = 2
    edge_order: int = 1
    side: Side = "central"
    edges: Edges = "one-sided"
    missing: Missing = "propagate"
    smooth: Savgol | None = None
    yields: bool = False

    def fitted(self, size: int) -> Scheme:
        """Return the scheme for an open axis of so many points.

        >>> Scheme(2, edge_order=2, yields=True).fitted(3).edge_order
        1
        """
        if self.yields and self.edges != "missing" and size == self.order + 1:
            return replace(self, edge_order=1)
        return self

    @property
    def degree(self) -> int | None:
        """The degree of the fitted polynomial; None if it passes through all of its points."""
        return None if self.smooth is None else self.smooth.degree

    @property
    def edge_width(self) -> int:
        """The number of points of a one-sided stencil."""
        return self.order + self.edge_order if self.smooth is None else self.smooth.window

    def offsets(self, equal: bool) -> tuple[int, int]:
        """Return the offsets of the first and the last point of the whole stencil.

        With equal spacing, a centred stencil needs one point less for even orders. With uneven
        spacing it needs ``order + accuracy`` points. An even count is made odd, so that the
        stencil stays centred and a reversed axis gives the reversed result.
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
        """Return the offsets of the first and the last point where the whole stencil does not fit.

        The window is as close to centred as the points on the left and right allow, and as wide as
        the edge order requires or they allow. A derivative of order m needs m + 1 points. With as
        many points on either side, an even count is made odd: a window that leans to one side
        would give another result on the reversed axis.

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


def edge_notes(label: str, scheme: Scheme, size: int) -> Iterator[str]:
    """Yield a note if an open axis of so many points lowers the default edge order.

    >>> list(edge_notes("x", Scheme(2, edge_order=2, yields=True), 3))
    ['x: 3 points allow an edge order of 1, not 2 as by default']
    """
    edge = scheme.fitted(size).edge_order
    if edge < scheme.edge_order:
        yield (
            f"{label}: {size} points allow an edge order of {edge}, "
            f"not {scheme.edge_order} as by default"
        )


def default_edge_order(accuracy: int, order: int) -> int:
    """Return the default edge order: 1 for numpy's scheme, otherwise the accuracy.

    >>> default_edge_order(2, 1), default_edge_order(2, 2)
    (1, 2)
    """
    return 1 if accuracy == 2 and order == 1 else accuracy


def checked_scheme(
    order: int = 1,
    accuracy: int | None = None,
    edge_order: int | None = None,
    side: Side = "central",
    edges: Edges = "one-sided",
    missing: Missing = "propagate",
    smooth: str | None = None,
) -> Scheme:
    """Check the options of a scheme, and fill in defaults.

    Raises
    ------
    UsageError
        An option is out of range, or options exclude each other.

    Examples
    --------
    >>> checked_scheme(accuracy=4).edge_order
    4
    """
    for name, number in (("order", order), ("accuracy", accuracy), ("edge order", edge_order)):
        if number is not None:
            whole_number(name, number)
    if smooth is not None:
        if (accuracy, edge_order, side) != (None, None, "central"):
            raise UsageError(
                "--smooth excludes --accuracy, --edge-order and --scheme: "
                "its degree and window say how exact it is, at the ends too"
            )
        if missing != "propagate":
            raise UsageError(
                f"--smooth excludes --missing {missing}: the fit takes its whole window"
            )
        from gradcli.numerics.smoothing import parse_smooth

        fitted = parse_smooth(smooth, order)
        return Scheme(checked_order(order), edges=checked_edges(edges), smooth=fitted)
    if side not in ("central", "forward", "backward"):
        raise UsageError(f"scheme {side!r}; there are: central, forward, backward")
    if missing not in get_args(Missing):
        raise UsageError(f"missing {missing!r}; there are: {', '.join(get_args(Missing))}")
    if accuracy is None:
        accuracy = 2 if side == "central" else 1
    if side == "central" and accuracy not in (2, 4, 6, 8):
        raise UsageError(f"accuracy {accuracy}; a central scheme takes 2, 4, 6 or 8")
    if not 1 <= accuracy <= 8:
        raise UsageError(f"accuracy {accuracy}; a {side} scheme takes 1 to 8")
    if edge_order is None:
        edge_order = default_edge_order(accuracy, order)
    if not 1 <= edge_order <= 8:
        raise UsageError(f"edge order {edge_order}; it goes from 1 to 8")
    return Scheme(checked_order(order), accuracy, edge_order, side, checked_edges(edges), missing)


def whole_number(name: str, number: object) -> int:
    """Return a value as a whole number, or raise KindError if it is none.

    >>> whole_number("axis", True)
    1
    """
    try:
        return index(number)  # type: ignore[arg-type]
    except TypeError:
        raise KindError(f"{name} {number!r:.60} is not a whole number") from None


def checked_order(order: int) -> int:
    """Return the order of a derivative, or raise UsageError if it is not supported."""
    if not 1 <= order <= 6:
        raise UsageError(f"order {order}; there are derivatives of order 1 to 6")
    return order


def checked_edges(edges: Edges) -> Edges:
    """Return the treatment of the edges, or raise UsageError if it is unknown."""
    if edges not in get_args(Edges):
        raise UsageError(f"edges {edges!r}; there are: {', '.join(get_args(Edges))}")
    return edges
