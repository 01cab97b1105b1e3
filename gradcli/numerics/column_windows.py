"""Which rows and windows the points of columns need, and how large their tiles are."""

from __future__ import annotations

import sys
from typing import Any, ClassVar, Literal

import numpy as np

from gradcli.numerics.column_gaps import Rows
from gradcli.numerics.column_steps import ColumnNames
from gradcli.numerics.divided import THREE
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.windows import Span, Windows
from gradcli.record import record

TILE_BYTES = 2**19
TABLE_BYTES = 5 * 2**18  # of a part of a tile with all of its divided differences
LARGE = 2**17  # cells of a tile whose parts have such tables: enough columns for few calls
BESIDE = 2  # rows beyond the stencil that decide whether a coordinate counts as missing
TILE_COPIES = 16  # arrays of a tile in memory at once, for a few threads


@record(frozen=True)
class ColumnWindows:
    """An axis on which every column has coordinates of its own, and how it is differentiated.

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

    @property
    def levels(self) -> int:
        """The number of neighbours in the widest window."""
        return max(last - first for first, last in self.windows.spans)

    @property
    def cells(self) -> int:
        """The number of cells of a tile."""
        if self.simple:
            return TILE_BYTES // 8
        return LARGE if self.scheme.smooth is None else TILE_BYTES // (32 * self.scheme.order)

    def part(self, dtype: np.dtype[Any]) -> int:
        """Return the number of cells of a part of a tile, so that its tables stay in the cache."""
        if self.simple:
            return sys.maxsize  # few tables: a tile is one part
        return TABLE_BYTES // ((2 * self.levels + self.scheme.order + 4) * dtype.itemsize)

    def runs(self, rows: slice) -> list[Rows]:
        """Return the windows of some rows in columns as long as the axis.

        Rows count from the first of those given. Those without a window have None.
        """
        first, last = self.scheme.offsets(False)
        low = min(max(rows.start, -first), rows.stop)
        high = max(min(rows.stop, self.size - last), low)
        found: list[Rows] = []
        if low < high:
            found.append(((first, last), low - rows.start, high - rows.start))
        for row in (*range(rows.start, low), *range(high, rows.stop)):
            found.append((self.expected(row), row - rows.start, row - rows.start + 1))
        return found

    def expected(self, row: int) -> Span | None:
        """Return the window of a row in a column as long as the axis; None if it has none."""
        reach = self.windows.reach
        left, right = min(row, reach), min(self.size - 1 - row, reach)
        number = int(self.windows.choice[left * (reach + 1) + right])
        return self.windows.spans[number] if number < len(self.windows.spans) else None
