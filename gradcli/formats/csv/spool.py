"""Tables and arrays of numbers, kept in memory or, if they are large, in a temporary file."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import ExitStack
from math import prod
from typing import Any, Self

import numpy as np

from gradcli.formats.raw import RawArray
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array
from gradcli.system.temporary import spool

DOUBLE = np.dtype("f8")


class Rows:
    """A table of float64 to which slabs of rows are added, stored by rows or by columns."""

    def __init__(self, width: int, budget: int, by_columns: bool) -> None:
        self.width = width
        self.count = 0
        self._budget = budget
        self._by_columns = by_columns
        self._starts: list[int] = []
        self._slabs: list[Array | RawArray] = []
        self._file: Any = None
        self._end = 0

    @property
    def in_memory(self) -> bool:
        """Whether the rows are in memory."""
        return self._file is None

    def append(self, values: Array) -> None:
        """Add rows."""
        if self._by_columns:
            values = np.asfortranarray(values)
        self._starts.append(self.count)
        self._slabs.append(values)
        self.count += len(values)
        if self._file is None and self.count * self.width * 8 > self._budget:
            self._file = spool()
            self._slabs = [self._place(slab) for slab in self._slabs]
        elif self._file is not None:
            self._slabs[-1] = self._place(values)

    def _place(self, values: Array | RawArray) -> RawArray:
        assert isinstance(values, np.ndarray)
        shape = values.shape
        raw = RawArray(
            self._file.fileno(), self._end, DOUBLE, (shape[0], shape[1]), self._by_columns
        )
        raw.write((slice(0, shape[0]), slice(0, shape[1])), values)
        self._end += values.size * 8
        return raw

    def read(self, rows: slice, columns: slice) -> Array:
        """Return a window as a new array."""
        out = np.empty((rows.stop - rows.start, columns.stop - columns.start))
        index = max(bisect_right(self._starts, rows.start) - 1, 0)
        done = rows.start
        while done < rows.stop:
            start, slab = self._starts[index], self._slabs[index]
            stop = min(start + slab.shape[0], rows.stop)
            window = (slice(done - start, stop - start), columns)
            values = slab[window] if isinstance(slab, np.ndarray) else slab.read(window)
            out[done - rows.start : stop - rows.start] = values
            done, index = stop, index + 1
        return out

    def pieces(self) -> Iterable[slice]:
        """Return the range of rows of each slab."""
        return (slice(a, a + s.shape[0]) for a, s in zip(self._starts, self._slabs, strict=True))

    def cut(self, count: int) -> None:
        """Keep only the first rows; the others stay where they are, and are not read."""
        self.count = count

    def close(self) -> None:
        """Free the memory, and close the temporary file if there is one."""
        self._slabs, self._starts, self.count = [], [], 0
        if self._file is not None:
            self._file.close()


class Cells:
    """An array of float64 of known shape, filled with zeros at first."""

    def __init__(self, shape: tuple[int, ...], budget: int) -> None:
        self.shape = shape
        self._stack = ExitStack()
        self._array: Array | None = None
        self._descriptor = -1
        if prod(shape) * 8 <= budget:
            self._array = np.zeros(shape)
        else:
            self._descriptor = self._stack.enter_context(spool()).fileno()
            os.ftruncate(self._descriptor, prod(shape) * 8)

    @property
    def in_memory(self) -> bool:
        """Whether the array is in memory."""
        return self._array is not None

    def block(self, shape: tuple[int, int], span: slice) -> Array:
        """Return an array for a block of columns, to be filled and then written.

        If the cells are in memory this is a view, which need not be written.
        """
        if self._array is not None:
            view: Array = self._array.reshape(shape)[:, span]
            return view
        return np.zeros((shape[0], span.stop - span.start))

    def read(self, window: Window, shape: tuple[int, ...] | None = None) -> Array:
        """Return a window as a new array; with ``shape``, the cells are reshaped first."""
        if self._array is not None:
            return np.array(self._array.reshape(shape or self.shape)[window])
        return RawArray(self._descriptor, 0, DOUBLE, shape or self.shape).read(window)

    def write(self, window: Window, values: Array, shape: tuple[int, ...] | None = None) -> None:
        """Write values to a window; with ``shape``, the cells are reshaped first."""
        if self._array is not None:
            self._array.reshape(shape or self.shape)[window] = values
        else:
            RawArray(self._descriptor, 0, DOUBLE, shape or self.shape).write(window, values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._array = None
        self._stack.close()


def scatter(pieces: Iterable[tuple[Array, Array]], cells: Cells, budget: int) -> bool:
    """Write rows of values at given indices; return whether each index came exactly once.

    ``cells`` has the shape (values of a row, number of indices …). If the cells are in a file, the
    rows are first sorted into buckets of indices in a second file, and each bucket is then sorted
    in memory, so that the cells are written in order.

    >>> cells = Cells((1, 3), 1000)
    >>> scatter([(np.array([2, 0, 1]), np.array([[5.0], [6.0], [7.0]]))], cells, 1000)
    True
    >>> cells.read((slice(0, 1), slice(0, 3)))
    array([[6., 7., 5.]])
    """
    width, count = cells.shape[0], prod(cells.shape[1:])
    room = count if cells.in_memory else max(1, budget // (16 * (width + 1)))
    if cells.in_memory:
        return _settle(pieces, cells, (width, count), slice(0, count))
    fills = np.zeros(-(-count // room), np.int64)
    with spool() as file:
        raw = RawArray(file.fileno(), 0, DOUBLE, (count, width + 1))
        for index, values in pieces:
            # Indices up to 2**53 are exact as float64.
            record = np.column_stack([index, values])
            bucket = index // room
            order = np.argsort(bucket, kind="stable")
            numbers, starts = np.unique(bucket[order], return_index=True)
            for number, part in zip(numbers, np.split(order, starts[1:]), strict=True):
                first = int(number * room + fills[number])
                fills[number] += len(part)
                if fills[number] > min(room, count - number * room):
                    return False
                raw.write((slice(first, first + len(part)), slice(0, width + 1)), record[part])
        whole = True
        for number, fill in enumerate(fills.tolist()):
            first = number * room
            record = raw.read((slice(first, first + fill), slice(0, width + 1)))
            settled = [(record[:, 0].astype(np.int64), record[:, 1:])]
            span = slice(first, min(first + room, count))
            whole &= _settle(settled, cells, (width, count), span)
    return whole


def _settle(
    pieces: Iterable[tuple[Array, Array]], cells: Cells, shape: tuple[int, int], span: slice
) -> bool:
    seen = np.zeros(span.stop - span.start, bool)
    block = cells.block(shape, span)
    placed = 0
    for index, values in pieces:
        block[:, index - span.start] = values.T
        seen[index - span.start] = True
        placed += len(index)
    if not cells.in_memory:
        cells.write((slice(0, shape[0]), span), block, shape)
    return bool(seen.all()) and placed == len(seen)
