"""Axes whose points are not the rows of the file in turn: sorted, or with repeats merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array
from gradcli.record import record, replace

Indices = NDArray[np.intp]
Read = Callable[[Window], Array]

RUN_BYTES = 2**16  # rows closer than this are read together, with the rows between them


@record(frozen=True)
class Arrangement:
    """Which rows of the file the points of an axis consist of.

    Attributes
    ----------
    rows : ndarray of int
        Rows in the file, in the order of the points.
    starts : ndarray of int or None
        Index in ``rows`` where each point begins, followed by the total; None if each point is
        one row. A point of several rows is their mean.
    words : str
        Description of the rearrangement.
    """

    rows: Indices
    starts: Indices | None
    words: str

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the indices take."""
        return self.rows.nbytes + (0 if self.starts is None else self.starts.nbytes)

    def firsts(self) -> Arrangement:
        """Return the same points, each reduced to its first row."""
        if self.starts is None:
            return self
        return replace(self, rows=self.rows[self.starts[:-1]], starts=None)

    def turned(self, first: int, count: int) -> Arrangement:
        """Return as many of the points, beginning with one of them, and going on with the first.

        >>> made = Arrangement(np.array([0, 1, 2, 3]), np.array([0, 1, 3, 4]), "").turned(2, 3)
        >>> made.rows, made.starts
        (array([3, 0, 1, 2]), array([0, 1, 2, 4]))
        """
        order = (np.arange(count) + first) % count
        if self.starts is None:
            return replace(self, rows=self.rows[order])
        parts = np.split(self.rows, self.starts[1:-1])
        taken = [parts[point] for point in order]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in taken])])
        return replace(self, rows=np.concatenate(taken), starts=starts)

    def counts(self) -> Indices:
        """Return of how many rows each point consists."""
        if self.starts is None:
            return np.ones(len(self.rows), np.intp)
        return np.diff(self.starts)

    def rows_of(self, points: slice) -> tuple[Indices, Indices]:
        """Return the rows of some points, in file order, and the point that each belongs to."""
        owners = np.arange(points.stop - points.start)
        rows = self.rows[points]
        if self.starts is not None:
            starts = self.starts[points.start : points.stop + 1]
            rows, owners = self.rows[starts[0] : starts[-1]], np.repeat(owners, np.diff(starts))
        order = np.argsort(rows, kind="stable")
        return rows[order], owners[order]


def read_points(
    read: Read, index: int, arrangement: Arrangement, chunk: int, window: Window
) -> Array:
    """Read a window of points of an arranged axis, in runs of rows.

    Besides the result, one run is held in memory: as many rows as there are points, or a chunk.

    >>> made = Arrangement(np.array([2, 0, 1]), np.array([0, 1, 3]), "")
    >>> read_points(lambda w: np.array([5.0, 7.0, 9.0])[w], 0, made, 1, (slice(0, 2),))
    array([9., 6.])
    """
    shape = tuple(part.stop - part.start for part in window)
    rows, owners = arrangement.rows_of(window[index])
    collect = _Picked(shape, index) if arrangement.starts is None else _Averaged(shape, index)
    beside = prod(shape) // max(1, shape[index])
    near = max(chunk, RUN_BYTES // max(1, 8 * beside))
    for first, stop in _runs(rows, near, max(chunk, shape[index])):
        run = slice(int(rows[first]), int(rows[stop - 1]) + 1)
        values = read((*window[:index], run, *window[index + 1 :]))
        collect.add(values, rows[first:stop] - run.start, owners[first:stop])
    return collect.result()


def _runs(rows: Indices, near: int, most: int) -> Iterator[tuple[int, int]]:
    """Split ascending rows into runs to read together: near each other, and not too many."""
    gaps = np.flatnonzero(np.diff(rows) > near) + 1
    first = 0
    while first < len(rows):
        gap = int(np.searchsorted(gaps, first, "right"))
        stop = int(gaps[gap]) if gap < len(gaps) else len(rows)
        stop = min(stop, int(np.searchsorted(rows, rows[first] + most)))
        yield first, stop
        first = stop


def _at(index: int, points: Indices) -> tuple[Any, ...]:
    return (*(slice(None),) * index, points)


class _Picked:
    """Collects points that are one row each."""

    def __init__(self, shape: tuple[int, ...], index: int) -> None:
        self._shape, self._index = shape, index
        self._out: Array | None = None

    def add(self, values: Array, rows: Indices, owners: Indices) -> None:
        if self._out is None:
            self._out = np.empty(self._shape, values.dtype)
        self._out[_at(self._index, owners)] = values[_at(self._index, rows)]

    def result(self) -> Array:
        assert self._out is not None
        return self._out


class _Averaged:
    """Collects points that are the mean of their valid rows, summed in file order."""

    def __init__(self, shape: tuple[int, ...], index: int) -> None:
        self._shape, self._index = shape, index
        self._sums: Array | None = None

    def add(self, values: Array, rows: Indices, owners: Indices) -> None:
        if self._sums is None:
            self._dtype = values.dtype
            wide = np.result_type(values.dtype, np.float64)
            self._sums, self._counts = np.zeros(self._shape, wide), np.zeros(self._shape, np.int32)
        order = np.argsort(owners, kind="stable")
        rows, owners = rows[order], owners[order]
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        # The first rows of all points, then the second: += by index adds a repeated one only once.
        place = np.arange(len(owners)) - np.repeat(starts, np.diff(starts, append=len(owners)))
        order = np.argsort(place, kind="stable")
        for now in np.split(order, np.cumsum(np.bincount(place))[:-1]):
            some = values[_at(self._index, rows[now])]
            valid = ~np.isnan(some)
            self._sums[_at(self._index, owners[now])] += np.where(valid, some, 0)
            self._counts[_at(self._index, owners[now])] += valid

    def result(self) -> Array:
        assert self._sums is not None
        with np.errstate(invalid="ignore"):
            np.divide(self._sums, self._counts, out=self._sums)
        return self._sums.astype(self._dtype, copy=False)
