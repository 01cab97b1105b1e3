"""The rows of a live source that are still in memory."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from gradcli.numerics.dtypes import Array


class HeldRows:
    """Rows that arrive in slabs and are forgotten in order.

    >>> rows = HeldRows()
    >>> rows.append(np.arange(4.0)), rows.append(np.arange(4.0, 6.0)), rows.forget(3)
    (None, None, None)
    >>> rows.read(slice(3, 6)), rows.count
    (array([3., 4., 5.]), 6)
    """

    def __init__(self) -> None:
        self.count = 0
        self._starts: list[int] = []
        self._slabs: list[Array] = []

    def append(self, values: Array) -> None:
        """Add rows."""
        if len(values):
            self._starts.append(self.count)
            self._slabs.append(values)
            self.count += len(values)

    def read(self, rows: slice, *others: slice) -> Array:
        """Return a window as a new array."""
        index = bisect_right(self._starts, rows.start) - 1
        assert index >= 0, "rows that were let go of are read"
        parts = []
        done = rows.start
        while done < rows.stop:
            start, slab = self._starts[index], self._slabs[index]
            stop = min(start + len(slab), rows.stop)
            parts.append(slab[(slice(done - start, stop - start), *others)])
            done, index = stop, index + 1
        return np.concatenate(parts)

    def forget(self, row: int) -> None:
        """Free the rows before ``row``."""
        while self._starts and self._starts[0] + len(self._slabs[0]) <= row:
            del self._starts[0], self._slabs[0]
        if self._starts and self._starts[0] < row:
            rest = self._slabs[0][row - self._starts[0] :]
            # Copy a short rest, since a view would keep the whole slab in memory.
            self._slabs[0] = rest.copy() if 4 * len(rest) < len(self._slabs[0]) else rest
            self._starts[0] = row

    def close(self) -> None:
        """Free all rows."""
        self._slabs, self._starts = [], []
