"""Grids in long form: find the columns that are coordinates, and the point of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from math import prod
from operator import mul

import numpy as np

from gradcli.errors import InputError, printable
from gradcli.formats.csv.spool import Cells, Rows, scatter
from gradcli.numerics.dtypes import Array

MAX_DIMS = 4


class Ladder:
    """The distinct values of a column, and how often the value changes from row to row."""

    def __init__(self) -> None:
        self.changes = 0
        self.missing_row: int | None = None
        self.too_many = False
        self.size = 0
        # Sorted pieces; each begins above the end of the one before.
        self._parts: list[Array] = []

    @property
    def values(self) -> Array:
        """The distinct values, sorted."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate([np.empty(0), *self._parts])]
        return self._parts[0]

    def add(self, values: Array, last: Array) -> None:
        """Add the values of some rows; ``last`` is the value of the row before them, if any."""
        steps = np.diff(np.concatenate([last, values]))
        self.changes += int(np.count_nonzero(steps))
        top = self._parts[-1][-1] if self._parts else -np.inf
        if values[0] > top and (steps > 0).all():
            self._parts.append(values)
            self.size += values.size
            return
        # First drop values that repeat the row before: most values of a slow coordinate do.
        changed = values[np.flatnonzero(steps) + len(values) - len(steps)]
        fresh = np.unique(np.concatenate([values[:1], changed]))
        known = self.values
        place = np.searchsorted(known, fresh)
        there = place < known.size
        there[there] = known[place[there]] == fresh[there]
        self._parts = [np.insert(known, place[~there], fresh[~there])]
        self.size = self._parts[0].size


def climb(rows: Rows, column: int, budget: int, least: int = 1) -> Ladder:
    """Collect the distinct values of a column, and stop if they are too many for a grid.

    ``least`` is how often each value must come on average.
    """
    ladder = Ladder()
    last = np.empty(0)
    for piece in rows.pieces():
        values = rows.read(piece, slice(column, column + 1))[:, 0]
        missing = np.flatnonzero(np.isnan(values))
        if missing.size:
            ladder.missing_row = piece.start + int(missing[0])
            break
        ladder.add(values, last)
        last = values[-1:]
        if ladder.size * 8 > max(budget, 2**16) or ladder.size > rows.count // least:
            ladder.too_many = True
            break
    return ladder


def find_grid(rows: Rows, candidates: int, budget: int) -> list[int] | None:
    """Return the leading columns that are coordinates of a full grid, slowest first, or None."""
    if candidates < 2 or rows.count < 4:
        return None
    ladders = [climb(rows, 0, budget, 2)]
    if ladders[0].missing_row is not None or ladders[0].too_many:
        return None
    for column in range(1, min(candidates, MAX_DIMS)):
        ladder = climb(rows, column, budget)
        if ladder.missing_row is not None or ladder.too_many:
            return None
        ladders.append(ladder)
        sizes = [ladder.size for ladder in ladders]
        if prod(sizes) > rows.count:
            return None
        if prod(sizes) == rows.count and sum(size > 1 for size in sizes) > 1:
            return _by_speed(ladders)
    return None


def _by_speed(ladders: list[Ladder]) -> list[int]:
    """Order the columns slowest first if the rows are sorted; otherwise keep their order."""
    order = sorted(range(len(ladders)), key=lambda i: (ladders[i].changes, i))
    sizes = [ladders[i].size for i in order]
    expected = [
        count - 1 if size > 1 else 0
        for count, size in zip(accumulate(sizes, mul), sizes, strict=True)
    ]
    in_order = [ladders[i].changes for i in order] == expected
    return order if in_order else list(range(len(ladders)))


class RowGrid:
    """A grid whose points are the rows of a table."""

    def __init__(
        self,
        rows: Rows,
        columns: list[int],
        names: list[str],
        bases: list[int],
        budget: int,
        line_of: Callable[[int], int],
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._names = [printable(name) for name in names]
        self._bases = bases
        self._budget = budget
        self._line_of = line_of
        self.values: list[Array] = []
        for column, name in zip(columns, self._names, strict=True):
            ladder = climb(rows, column, budget)
            if ladder.missing_row is not None:
                line = line_of(ladder.missing_row)
                raise InputError(
                    f"line {line}: the coordinate {name} is missing; fill it or drop it"
                )
            if ladder.too_many:
                raise InputError(
                    f"the coordinate {name} hardly repeats, so the rows are not a grid"
                )
            self.values.append(ladder.values)
        self.shape = tuple(values.size for values in self.values)

    def dense(self, columns: list[int]) -> Cells:
        """Return the values of columns on the grid; a last array has the row of each point.

        Raises
        ------
        InputError
            A point of the grid has no row, or more than one.
        """
        if prod(self.shape) != self._rows.count:
            raise self._flaw()
        cells = Cells((len(columns) + 1, *self.shape), self._budget)
        try:
            if not scatter(self._records(columns), cells, self._budget):
                raise self._flaw()
        except BaseException:
            cells.__exit__()
            raise
        return cells

    def _records(self, columns: list[int]) -> Iterator[tuple[Array, Array]]:
        for piece in self._rows.pieces():
            numbers = np.arange(piece.start, piece.stop, dtype=np.float64)
            parts = [self._rows.read(piece, slice(c, c + 1))[:, 0] for c in columns]
            yield self._places(piece), np.column_stack([*parts, numbers])

    def _places(self, piece: slice) -> Array:
        place = np.zeros(piece.stop - piece.start, np.int64)
        for column, values in zip(self._columns, self.values, strict=True):
            part = self._rows.read(piece, slice(column, column + 1))[:, 0]
            place = place * len(values) + np.searchsorted(values, part)
        return place

    def _flaw(self) -> InputError:
        """Return the error for the first point that has no row or two rows."""
        total = prod(self.shape)
        window = max(self._budget // 8, 2**16)
        for first in range(0, min(total, self._rows.count + window), window):
            owner = np.full(min(window, total - first), -1, np.int64)
            for piece in self._rows.pieces():
                places = self._places(piece) - first
                inside = np.flatnonzero((places >= 0) & (places < len(owner)))
                repeated = self._repeated(owner, places[inside], inside + piece.start)
                if repeated is not None:
                    return repeated
            holes = np.flatnonzero(owner < 0)
            if holes.size:
                return self._missing(first + int(holes[0]), total)
        return InputError("the rows are not a full grid; every point must occur exactly once")

    def _repeated(self, owner: Array, places: Array, rows: Array) -> InputError | None:
        order = np.argsort(places, kind="stable")
        same = np.flatnonzero(np.diff(places[order]) == 0)
        second = int(order[same + 1].min()) if same.size else len(places)
        known = np.flatnonzero(owner[places] >= 0)
        second = min(second, int(known[0]) if known.size else second)
        if second == len(places):
            owner[places] = rows
            return None
        place = int(places[second])
        earlier = int(owner[place])
        if earlier < 0:
            earlier = int(rows[np.flatnonzero(places == place)[0]])
        lines = self._line_of(earlier), self._line_of(int(rows[second]))
        line = self._rows.read(
            slice(int(rows[second]), int(rows[second]) + 1), slice(0, self._rows.width)
        )
        point = self._point([line[0, c] for c in self._columns])
        return InputError(
            f"line {lines[1]}: the point {point} stands on line {lines[0]} already; "
            f"every point of {', '.join(self._names)} must occur once"
        )

    def _point(self, numbers: list[float]) -> str:
        named = zip(self._names, self._bases, numbers, strict=True)
        # Only integers have a base; a float would lose their last digits.
        return ", ".join(
            f"{name}={base + int(number) if base else f'{number:.15g}'}"
            for name, base, number in named
        )

    def _missing(self, place: int, total: int) -> InputError:
        index = np.unravel_index(place, self.shape)
        point = self._point([values[i] for values, i in zip(self.values, index, strict=True)])
        return InputError(
            f"no row has the point {point}; there are {self._rows.count} rows, and the full grid "
            "of "
            f"{' x '.join(map(str, self.shape))} has {total} points; add the missing rows with "
            "empty values, or name other coordinates (--dims)"
        )
