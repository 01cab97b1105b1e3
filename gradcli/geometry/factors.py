"""Factors that change along two axes: tables of the whole grid, made before the blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gradcli.model.blocks import Window
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


BAND = 1 << 14  # points of a grid that tables are made of at once
SCRATCH = 64 * 8  # bytes a point while they are


class Coordinates(Protocol):
    """The coordinates that tables are made from."""

    @property
    def key(self) -> object:
        """What is the same for every field that lies on the same coordinates."""
        ...

    def check(self, source: Source) -> None:
        """Raise what can be said against them without reading a value of a field."""
        ...


class Tables(Protocol):
    """Factors of a grid by their names: planned first, made once, before the first block.

    ``tables`` is empty until then. Only `load` reads, and what it reads may be values of a field.
    """

    tables: dict[str, Array]

    @property
    def coordinates(self) -> Coordinates:
        """What the tables are made from, besides the values of a field."""
        ...

    @property
    def held(self) -> int:
        """Bytes that they take while they are made."""
        ...

    def load(self, source: Source) -> None:
        """Make them."""
        ...


@dataclass(frozen=True, eq=False)
class SheetFactor:
    """A product of tables of a grid, each over the same two axes.

    It keeps the tables alone, not what they were made from: so it pickles by their values.
    """

    tables: dict[str, Array]
    over: tuple[int, int]
    names: tuple[str, ...]
    scratch = 16

    def at(self, window: Window) -> Array:
        """Return its values in a window; one that leaves a periodic axis comes around."""
        rows, columns = window[self.over[0]], window[self.over[1]]
        total = self._part(self.names[0], rows, columns)
        for name in self.names[1:]:
            total = total * self._part(name, rows, columns)
        shape = [1] * len(window)
        shape[self.over[0]], shape[self.over[1]] = total.shape
        return total.reshape(shape)

    def _part(self, name: str, rows: slice, columns: slice) -> Array:
        table = self.tables[name]
        height, width = table.shape
        if rows.start >= 0 and rows.stop <= height and columns.start >= 0 and columns.stop <= width:
            return table[rows, columns]
        every = (np.arange(part.start, part.stop) for part in (rows, columns))
        return table[np.ix_(*(where % n for where, n in zip(every, table.shape, strict=True)))]


class Factor(Protocol):
    """A function of the grid, that a field or its derivative is multiplied by.

    ``scratch`` is how many bytes a cell it needs on the way.
    """

    @property
    def scratch(self) -> int:
        """Bytes a cell."""
        ...

    def at(self, window: Window) -> Array:
        """Return its values in a window, in a shape that broadcasts to the window's."""
        ...


class AxisFactor(NamedTuple):
    """A factor that changes along one axis."""

    axis: int
    values: Array
    scratch: int = 0

    def at(self, window: Window) -> Array:
        """Return its values in a window."""
        part = self.values[window[self.axis]]
        return part.reshape((-1,) + (1,) * (len(window) - self.axis - 1))
