"""Windows of points next to gaps: which window a point gets, and its weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Term, terms_of
from gradcli.numerics.stencils import equal_weights, weights_at
from gradcli.numerics.weights import Floats
from gradcli.record import field, record

Places = NDArray[np.int64]
Span = tuple[int, int]

TABLE_BYTES = 8 * 2**20  # limit for weights of windows on uneven axes that all blocks share
WORK_CELLS = 2**17  # numbers in memory while weights are computed


class Windows(NamedTuple):
    """Which window a point next to a gap gets, by the valid points on its left and right.

    Attributes
    ----------
    reach : int
        The largest number of points that are considered on each side.
    spans : tuple of (first, last)
        The windows, as the offsets of their first and last point.
    choice : ndarray of uint8, shape ((reach + 1) ** 2,)
        Index of the span for ``left * (reach + 1) + right``; ``len(spans)`` means none.
    """

    reach: int
    spans: tuple[Span, ...]
    choice: NDArray[np.uint8]


@record(frozen=True)
class WindowWeights:
    """The weights of windows on one axis, which differ by point if steps are uneven.

    Attributes
    ----------
    order : int
        Order of the derivative.
    size : int
        Number of points of the axis.
    step : float
        The step of equal spacing.
    nodes : ndarray of float64 or int64, or None
        The coordinates of uneven spacing, indexed by row plus ``shift``.
    kept : int
        Bytes of tables for the whole axis; 0 if they are too large to be kept.
    """

    order: int
    size: int
    step: float
    nodes: Array | None = None
    shift: int = 0
    kept: int = 0
    tables: dict[Span, Floats] = field(default_factory=dict)

    @property
    def varies(self) -> bool:
        """Whether weights differ by row."""
        return self.nodes is not None

    def terms(self, span: Span) -> list[Term]:
        """Return the terms of a window. Neighbours are not paired if weights differ by row."""
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
        # Two threads may compute the same table at once. This is harmless, since both are equal.
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
    """Return the offsets of the neighbours in a window, without the point itself.

    >>> offsets_of((-1, 2))
    (-1, 1, 2)
    """
    return tuple(k for k in range(span[0], span[1] + 1) if k)
