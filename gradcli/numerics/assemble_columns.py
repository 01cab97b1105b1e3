"""Assemble the stencil of an axis on which every column has coordinates of its own."""

from __future__ import annotations

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.column_steps import ColumnNames
from gradcli.numerics.columns import ColumnStencil
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.windows import Span, Windows


def make_column_stencil(
    size: int, scheme: Scheme, names: ColumnNames, column: int = 0, computed: bool = False
) -> ColumnStencil:
    """Return the stencil of an axis whose columns have coordinates of their own.

    Raises
    ------
    InputError
        No column can be long enough.

    Examples
    --------
    >>> from gradcli.numerics.columns import spread
    >>> stencil = make_column_stencil(3, Scheme(edge_order=2), ColumnNames("z", ("i", "k")))
    >>> values = np.array([[0.0, 1.0, 4.0], [0.0, 2.0, 4.0]])
    >>> nodes = spread(np.array([[0.0, 1.0, 2.0]]))
    >>> out = np.empty((2, 3))
    >>> stencil.apply(values, nodes, slice(0, 3), 1, out, (0, 0))
    Counts(adapted=0, lost=0)
    >>> out
    array([[0., 2., 4.],
           [2., 2., 2.]])
    """
    least = scheme.order + 1 if scheme.smooth is None else scheme.smooth.window
    first, last = scheme.offsets(False)
    if scheme.edges == "missing":
        least = last - first + 1
    if size < least:
        points = "1 point" if size == 1 else f"{size} points"
        raise InputError(
            f"{names.name}: has {points}, and a stencil needs {least}; "
            "ask for a lower order or accuracy, or leave the axis out (--axis)"
        )
    return ColumnStencil(size, scheme, _windows(scheme), names, column, computed=computed)


def _windows(scheme: Scheme) -> Windows:
    """Return the windows of points, by the number of points with a coordinate on each side."""
    first, last = scheme.offsets(False)
    none = scheme.edges == "missing"
    reach = max(-first, last, 0 if none else scheme.edge_width - 1)

    def window(left: int, right: int) -> Span | None:
        if left >= -first and right >= last:
            return first, last
        if none:
            return None
        if scheme.smooth is not None and left + right + 1 < scheme.smooth.window:
            return None
        return scheme.window(left, right)

    chosen = [window(left, right) for left in range(reach + 1) for right in range(reach + 1)]
    spans = sorted({span for span in chosen if span is not None})
    choice = [len(spans) if span is None else spans.index(span) for span in chosen]
    return Windows(reach, tuple(spans), np.array(choice, np.uint8))
