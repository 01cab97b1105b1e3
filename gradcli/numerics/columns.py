"""Derivatives along columns: coordinates that also run over further dimensions of a field.

First derivatives of accuracy 2 come from the two slopes beside a point, others from divided
differences, which neighbours share (`divided.py`), and those of fitted polynomials from weights of
each point. A column may be shorter than its axis: beside a missing coordinate, a point gets the
window that an end of an axis would give it, in a second pass. All decisions at a point depend on a
few rows around it, so that results do not depend on how a field is cut into blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from gradcli.numerics.adapt import Counts, tall_extents
from gradcli.numerics.column_tiles import Tiles
from gradcli.numerics.column_windows import BESIDE, ColumnWindows
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Window, tiles
from gradcli.record import record

TALLEST = 16  # tiles are this many times TALL rows high, so that most columns are never cut

Nodes = Callable[[Window], Array]


@record(frozen=True)
class ColumnStencil(ColumnWindows):
    """The stencil of an axis on which every column has coordinates of its own."""

    def apply(
        self,
        values: Array,
        nodes: Nodes,
        rows: slice,
        axis: int,
        out: Array,
        first: tuple[int, ...],
    ) -> Counts:
        """Write the derivative at some rows into ``out``, and count points next to gaps.

        Parameters
        ----------
        values : ndarray, floating or complex
            The field, with the rows ``reach(rows)`` along ``axis``.
        nodes : callable
            Returns the coordinates in a window of the values, NaN where missing, in a shape that
            broadcasts to that of the window. It is asked tile by tile.
        rows : slice
            The rows of the axis to compute.
        axis : int
            Counted from 0.
        out : ndarray
            Same type as ``values``, and same shape except along ``axis``.
        first : tuple of int
            Indices of the first of the values, for messages.

        Raises
        ------
        InputError
            A column goes back and forth, or holds an infinite coordinate.
        """
        if values.dtype.kind == "c":
            whole = values + 0  # a complex value is missing if either part is
            whole[np.isnan(values)] = complex(np.nan, np.nan)
            counts = self.apply(whole.real, nodes, rows, axis, out.real, first)
            self.apply(whole.imag, nodes, rows, axis, out.imag, first)
            return counts
        counts, base = Counts(), self.reach(rows).start
        tall = max(TALLEST, self.windows.reach + BESIDE)
        extents = tall_extents(out.shape, axis, tall, self.cells)
        work = Tiles(self, out.dtype)
        with np.errstate(all="ignore"):
            for tile in tiles(out.shape, extents, axis):
                part = slice(rows.start + tile[axis].start, rows.start + tile[axis].stop)
                read = self.reach(part)
                beside = slice(read.start - base, read.stop - base)
                window = (*tile[:axis], beside, *tile[axis + 1 :])
                places = tuple(n + s.start for n, s in zip(first, window, strict=True))
                f = values[window]
                x = np.broadcast_to(nodes(window), f.shape)
                form = prod(f.shape[:axis]), part.stop - part.start, prod(f.shape[axis + 1 :])
                made = out[tile].reshape(form)
                counts = counts.plus(work.make(f, x, part, axis, places, made))
                if not np.may_share_memory(made, out):  # reshaped, it became a copy
                    out[tile] = made.reshape(out[tile].shape)
        return counts


def spread(nodes: Array) -> Nodes:
    """Return a function that gives the coordinates in a window.

    Dimensions of one point are spread over the window.

    >>> spread(np.array([[0.0], [1.0]]))((slice(1, 2), slice(5, 9)))
    array([[1.]])
    """
    return lambda window: nodes[part_of(nodes.shape, window)]


def part_of(shape: tuple[int, ...], window: Window) -> Window:
    """Return the window of an array some of whose dimensions have one point for all.

    >>> part_of((1, 5), (slice(2, 3), slice(2, 3)))
    (slice(0, 1, None), slice(2, 3, None))
    """
    whole = slice(0, 1)
    return tuple(w if n > 1 else whole for w, n in zip(window, shape, strict=True))
