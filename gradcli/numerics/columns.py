"""Derivatives along columns: coordinates that also run over further dimensions of a field.

Every column has its own weights, so they are computed where they are used: for first derivatives
of accuracy 2 from the two slopes beside a point, otherwise from all nodes of the stencil. A column
may be shorter than its axis: beside a missing coordinate, a point gets the window that an end of an
axis would give it, in a second pass. All decisions at a point depend on a few rows around it, so
that results do not depend on how a field is cut into blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.adapt import Counts, holds_missing, tall_extents
from gradcli.numerics.column_steps import ColumnNames, Steps, differences, without_strays
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import SHORT, Scratch, Window, tiles
from gradcli.numerics.pointwise import derivative, shortened
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.windows import Span, Windows
from gradcli.record import record

TILE_BYTES = 2**19
BESIDE = 2  # rows beyond the stencil that decide whether a coordinate counts as missing
STRIP = 2**14  # points gathered at a time, with all their neighbours
THREE = (-1, 1)  # the stencil that two slopes give
TALLEST = 16  # tiles are this many times TALL rows high, so that most columns are never cut
TILE_COPIES = 16  # arrays of a tile in memory at once, for a few threads


Nodes = Callable[[Window], Array]


@record(frozen=True)
class ColumnStencil:
    """The stencil of an axis on which every column has coordinates of its own.

    Attributes
    ----------
    size : int
        Number of points of the axis.
    scheme : Scheme
    windows : Windows
        The window of each point by the points with a coordinate on its left and right.
    names : ColumnNames
        What columns are called in messages.
    column : int
        Index of the coordinates among those of the task.
    wraps : float or None
        The period of values that wrap, such as angles.
    computed : bool
        Whether coordinates come from a formula: then infinite ones are missing, not wrong.
    """

    by_column: ClassVar[Literal[True]] = True
    adapts: ClassVar[bool] = False  # `apply` does both passes

    size: int
    scheme: Scheme
    windows: Windows
    names: ColumnNames
    column: int = 0
    wraps: float | None = None
    computed: bool = False
    ring: None = None

    def reach(self, rows: slice) -> slice:
        """Return the rows of the values and of the coordinates that are read for some rows."""
        beyond = self.windows.reach + BESIDE
        return slice(max(0, rows.start - beyond), min(self.size, rows.stop + beyond))

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        return 2 * (self.windows.reach + BESIDE)

    def gain(self) -> float:
        """Return 0: how much errors are amplified depends on the column."""
        return 0.0

    def held(self) -> int:
        """Return the bytes of scratch memory that a block takes, whatever its size."""
        return TILE_COPIES * TILE_BYTES

    @property
    def simple(self) -> bool:
        """Whether two slopes give the derivative away from the ends of columns."""
        scheme = self.scheme
        return scheme.order == 1 and scheme.smooth is None and scheme.offsets(False) == THREE

    def expected(self, row: int) -> Span | None:
        """Return the window of a row in a column as long as the axis; None if it has none."""
        reach = self.windows.reach
        left, right = min(row, reach), min(self.size - 1 - row, reach)
        number = int(self.windows.choice[left * (reach + 1) + right])
        return self.windows.spans[number] if number < len(self.windows.spans) else None

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
        cells = TILE_BYTES // (8 if self.simple else 32 * self.scheme.order)
        extents = tall_extents(out.shape, axis, max(TALLEST, self.windows.reach + BESIDE), cells)
        work = _Tiles(self, out.dtype)
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


class _Tiles:
    """Computes one tile after the other, in arrays that all of them reuse."""

    def __init__(self, stencil: ColumnStencil, dtype: np.dtype[np.floating]) -> None:
        self._stencil = stencil
        self._dtype = dtype
        self._scratch = Scratch(dtype)
        self._rooms: dict[np.dtype[Any], Scratch] = {}

    def make(
        self,
        values: Array,
        nodes: Array,
        rows: slice,
        axis: int,
        places: tuple[int, ...],
        made: Array,
    ) -> Counts:
        """Write the derivative at some rows into ``made``, and count points next to gaps.

        ``places`` are the indices of the first of the values, and ``made`` has the shape (outer,
        rows, inner).
        """
        stencil, shape = self._stencil, values.shape
        form = made.shape[0], shape[axis], made.shape[2]
        f = _folded(values, form, self._dtype)
        x = _folded(nodes, form, np.result_type(nodes, self._dtype))
        scratch = self._rooms.setdefault(x.dtype, Scratch(x.dtype))
        room = scratch.take("steps", x.size - form[2])
        narrow = self._narrow(x)
        steps = Steps(x, room, narrow)
        if stencil.computed and (steps.missing or steps.astray):
            infinite = np.isinf(x)
            if infinite.any():
                x = np.where(infinite, np.nan, x)
                steps = Steps(x, room, narrow)
        if steps.astray:
            checked = without_strays(x, f, steps, stencil.names, shape, axis, places)
            if checked is not x:
                x, steps = checked, Steps(checked, room, narrow)
        skip = rows.start - stencil.reach(rows).start
        if stencil.simple and form[1] > 2:
            self._by_slopes(f, steps, skip, made)
        self._by_windows(f, x, rows, skip, made, not steps.missing)
        adapts = stencil.scheme.missing == "adapt"
        if steps.missing or (adapts and holds_missing(f)):
            return self._beside_gaps(f, x, rows, skip, made)
        return Counts()

    def _narrow(self, x: Array) -> Array | None:
        """Return room for steps in the type of the field, if the coordinates have a wider one."""
        if x.dtype == self._dtype:
            return None
        return self._scratch.take("dx", x.size - x.shape[2])

    def _by_slopes(self, f: Array, steps: Steps, skip: int, made: Array) -> None:
        """Write the mean of the slopes on both sides, each weighted by the other step.

        All rows are one run through the slabs: what mixes two slabs falls on their first and last
        rows, which get other windows.
        """
        take, dx = self._scratch.take, steps.run
        low, high = max(1, skip), min(f.shape[1] - 1, skip + made.shape[1])
        into = made[:, low - skip : high - skip]
        if len(f) == 1:  # then no other rows are needed
            s = f.shape[2]
            f, dx = f[:, low - 1 : high + 1], dx[(low - 1) * s : high * s]
            low, high = 1, f.shape[1] - 1
        s = f.shape[2]
        df = differences(f, take("df", f.size - s))
        if self._stencil.wraps is not None:
            shortened(df, self._stencil.wraps)
        np.divide(df, dx, out=df)
        made_of = take("total", f.size), take("weight", f.size)
        total, weight = (run[s:-s] for run in made_of)
        np.multiply(dx[s:], df[:-s], out=total)
        np.multiply(dx[:-s], df[s:], out=weight)
        np.add(total, weight, out=total)
        np.add(dx[s:], dx[:-s], out=weight)
        upper, lower = (run.reshape(f.shape)[:, low:high] for run in made_of)
        np.divide(upper, lower, out=into)
        if not steps.rising:
            np.add(into, 0.0, out=into)  # -0.0 becomes 0.0

    def _by_windows(
        self, f: Array, x: Array, rows: slice, skip: int, made: Array, clean: bool
    ) -> None:
        """Compute the rows that slopes do not give, as if no coordinate was missing."""
        stencil = self._stencil
        low, high = self._interior(rows)
        if not stencil.simple and low < high:
            whole = stencil.scheme.offsets(False)
            self._rows(f, x, whole, low, high, rows, skip, made, clean)
        for row in (*range(rows.start, low), *range(high, rows.stop)):
            span = stencil.expected(row)
            if span is None:
                made[:, row - rows.start] = np.nan
            else:
                self._rows(f, x, span, row, row + 1, rows, skip, made, clean)

    def _rows(
        self,
        f: Array,
        x: Array,
        span: Span,
        start: int,
        stop: int,
        rows: slice,
        skip: int,
        made: Array,
        clean: bool,
    ) -> None:
        """Compute consecutive rows that share a window."""
        here = start - rows.start + skip
        near = [slice(here + k, here + k + stop - start) for k in range(span[0], span[1] + 1)]
        into = made[:, start - rows.start : stop - rows.start]
        into[...] = derivative(
            [f[:, part] for part in near],
            [x[:, part] for part in near],
            -span[0],
            self._stencil.scheme,
            clean,
            self._stencil.wraps,
        )

    def _beside_gaps(self, f: Array, x: Array, rows: slice, skip: int, made: Array) -> Counts:
        """Compute points beside missing coordinates, or missing values if stencils adapt."""
        stencil, reach = self._stencil, self._stencil.windows.reach
        height, inner = rows.stop - rows.start, f.shape[2]
        absent = np.isnan(x)
        holes = absent | np.isnan(f) if stencil.scheme.missing == "adapt" else absent
        # Beyond the ends of the axis everything is missing.
        valid = np.zeros((f.shape[0], height + 2 * reach, inner), bool)
        low, high = max(0, skip - reach), min(f.shape[1], skip + height + reach)
        shift = skip - reach
        np.logical_not(holes[:, low:high], out=valid[:, low - shift : high - shift])
        places = np.flatnonzero(self._touched(valid, rows))
        outer, rest = np.divmod(places, height * inner)
        centre = places + (2 * outer + 1) * reach * inner
        left, right = (_run_lengths(valid, centre, side * inner, reach) for side in (-1, 1))
        which = stencil.windows.choice[left * (reach + 1) + right]
        point = outer * f.shape[1] * inner + rest + skip * inner
        target = np.empty(places.size, made.dtype)
        for number, span in enumerate(stencil.windows.spans):
            every = np.flatnonzero(which == number)
            for begin in range(0, every.size, STRIP):
                some = every[begin : begin + STRIP]
                near = [point[some] + k * inner for k in range(span[0], span[1] + 1)]
                target[some] = derivative(
                    [f.reshape(-1).take(at) for at in near],
                    [x.reshape(-1).take(at) for at in near],
                    -span[0],
                    stencil.scheme,
                    True,
                    stencil.wraps,
                )
        lost = which == len(stencil.windows.spans)
        target[lost] = np.nan
        made[outer, rest // inner, rest % inner] = target
        if stencil.scheme.order > 1 or stencil.scheme.smooth is not None:
            np.copyto(made, np.nan, where=absent[:, skip : skip + height])
        if stencil.scheme.missing != "adapt":
            return Counts()
        return Counts(len(places) - int(lost.sum()), int(lost.sum()))

    def _touched(self, valid: Array, rows: slice) -> Array:
        """Return which valid points have a gap in their window.

        ``valid`` reaches beyond the rows on both sides.
        """
        stencil, reach = self._stencil, self._stencil.windows.reach
        first, last = stencil.scheme.offsets(False)
        inside = valid[:, reach : valid.shape[1] - reach]
        whole = inside.copy()
        low, high = self._interior(rows)
        spans = [((first, last), low, high)] if low < high else []
        for row in (*range(rows.start, low), *range(high, rows.stop)):
            spans.append((stencil.expected(row) or (0, 0), row, row + 1))
        for span, start, stop in spans:
            here = start - rows.start
            for k in filter(None, range(span[0], span[1] + 1)):
                begin = here + reach + k
                part = valid[:, begin : begin + stop - start]
                np.logical_and(
                    whole[:, here : here + stop - start],
                    part,
                    out=whole[:, here : here + stop - start],
                )
        return np.not_equal(inside, whole, out=whole)

    def _interior(self, rows: slice) -> tuple[int, int]:
        """Return the first and the stop of the rows that the whole stencil fits."""
        first, last = self._stencil.scheme.offsets(False)
        low = min(max(rows.start, -first), rows.stop)
        return low, max(min(rows.stop, self._stencil.size - last), low)


def _run_lengths(valid: Array, centre: NDArray[np.intp], step: int, reach: int) -> NDArray[np.intp]:
    """Return the number of valid points on one side of some up to a gap, at most the reach."""
    flat, length = valid.reshape(-1), np.zeros(centre.size, np.intp)
    unbroken = np.ones(centre.size, bool)
    for k in range(1, reach + 1):
        unbroken &= flat.take(centre + k * step)
        length += unbroken
    return length


def _folded(values: Array, form: tuple[int, int, int], dtype: np.dtype[Any]) -> Array:
    """Return values with three dimensions, copied only if runs through them must be contiguous."""
    folded = values.astype(dtype, copy=False).reshape(form)
    # Rows of a single slab may lie apart: each of them is a run.
    flat = form[0] == 1 and form[2] >= SHORT and folded.strides[2] == folded.itemsize
    return folded if flat else np.ascontiguousarray(folded)


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
