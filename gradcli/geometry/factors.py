"""Factors that vary along one axis, or along two: the latter are tables of the whole grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from gradcli.model.blocks import Window, hull
from gradcli.model.protocols import Source
from gradcli.record import field, record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


BAND = 1 << 14  # grid points for which tables are computed at a time
SCRATCH = 64 * 8  # bytes of scratch memory per point in that computation


@record(frozen=True, eq=False)
class Site:
    """The block that factors are computed for.

    Attributes
    ----------
    source : Source
        Where coordinates can be read that differ from step to step.
    window : Window
        What the block writes.
    kept : dict
        What factors of the same block share.
    """

    source: Source
    window: Window
    kept: dict[object, object] = field(default_factory=dict)


class Coordinates(Protocol):
    """Coordinates that tables are computed from."""

    @property
    def key(self) -> object:
        """Key that is equal for all fields on the same coordinates."""
        ...

    def check(self, source: Source) -> None:
        """Raise the errors that can be found without reading values of a field."""
        ...


class Tables(Protocol):
    """Tables of the factors of a grid, by name, computed once before the first block.

    ``tables`` is empty until `load` fills it, which may need values of a field. Then ``notes`` say
    what may surprise the user.
    """

    tables: dict[str, Array]
    notes: list[str]

    @property
    def coordinates(self) -> Coordinates:
        """Coordinates that the tables are computed from."""
        ...

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables."""
        ...

    def load(self, source: Source) -> None:
        """Compute the tables."""
        ...


@record
class Corner:
    """The first row and column of a grid that tables hold; known when they are filled."""

    row: int = 0
    column: int = 0


@record(frozen=True, eq=False)
class SheetFactor:
    """A product of tables over the same two axes of a grid.

    ``ring`` says after how many points each axis would repeat itself, if not after its size.
    It keeps only the tables, so pickling it does not pickle the objects that computed them.
    """

    tables: dict[str, Array]
    over: tuple[int, int]
    names: tuple[str, ...]
    ring: tuple[int, int] | None = None
    corner: Corner = field(default_factory=Corner)

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 16

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return self.over

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window. A window that leaves a periodic axis wraps around."""
        rows = _moved(window[self.over[0]], self.corner.row)
        columns = _moved(window[self.over[1]], self.corner.column)
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
        every, rings = [], self.ring or table.shape
        for part, size, ring in zip((rows, columns), table.shape, rings, strict=True):
            where = np.arange(part.start, part.stop)
            every.append(np.where((where < 0) | (where >= size), where % ring, where))
        return table[np.ix_(*every)]


def _moved(part: slice, first: int) -> slice:
    return slice(part.start - first, part.stop - first)


def covering(held: slice | None, needed: slice, size: int) -> slice:
    """Return the rows of an axis to hold: those held and needed, or all if some lie beyond an end.

    >>> covering(None, slice(2, 5), 9), covering(slice(4, 7), slice(2, 5), 9)
    (slice(2, 5, None), slice(2, 7, None))
    >>> covering(slice(4, 7), slice(-1, 5), 9)
    slice(0, 9, None)
    """
    if needed.start < 0 or needed.stop > size:
        return slice(0, size)
    if held is None:
        return needed
    return hull(held, needed)


class Factor(Protocol):
    """A function of the grid by which a field or its derivative is multiplied."""

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        ...

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        ...

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window, in a shape that broadcasts to that of the window."""
        ...


class AxisFactor(NamedTuple):
    """A factor that varies along one axis; ``first`` is the row of its first value."""

    axis: int
    values: Array
    scratch: int = 0
    first: int = 0

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return (self.axis,)

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        rows = window[self.axis]
        part = self.values[rows.start - self.first : rows.stop - self.first]
        return part.reshape((-1,) + (1,) * (len(window) - self.axis - 1))


@record(frozen=True, eq=False)
class StackFactor:
    """Several factors as one, along a further axis in front of those of the field."""

    parts: tuple[Factor, ...]

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 8 * len(self.parts) + max(part.scratch for part in self.parts)

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return tuple({place for part in self.parts for place in part.places})

    def at(self, window: Window, site: Site) -> Array:
        """Return the values of each in a window."""
        return typed(self, window, site, np.dtype(np.float64))


def typed(factor: Factor, window: Window, site: Site, dtype: np.dtype[Any]) -> Array:
    """Return the values of a factor in a window, in the type that they are multiplied with."""
    if not isinstance(factor, StackFactor):
        return factor.at(window, site).astype(dtype, copy=False)
    found: Array | None = None
    for number, part in enumerate(factor.parts):
        values = part.at(window, site)
        if found is None:
            found = np.empty((len(factor.parts), *values.shape), dtype)
        found[number] = values
    assert found is not None
    return found
