"""Tables of the lengths and areas of the cells of a C grid, and means between its points."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gradcli.cf.roles import role_of
from gradcli.errors import InputError
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.land import masks_of
from gradcli.geometry.staggered import CGrid
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

HELD = 16  # numbers a point that are held while tables are computed


class Cells(NamedTuple):
    """Arrays over y and x: lengths that u and v are multiplied by, and areas to divide by.

    For the divergence these are the lengths of the faces, and the areas of the cells. For the
    curl they are the lengths along u and v, and the areas between the centres of four cells.
    """

    u: Array
    v: Array
    area: Array


class Lengths(Protocol):
    """Where lengths come from."""

    @property
    def text(self) -> str:
        """Description for messages."""
        ...

    @property
    def units(self) -> str | None:
        """Units of the lengths."""
        ...

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the variables that they are taken from."""
        ...

    def cells(self, source: Source, corners: bool) -> Cells:
        """Return the lengths and areas for the divergence, or for the curl at ``corners``."""
        ...


class CellTables:
    """Tables of the factors of a C grid: ``u`` and ``v`` before the differences, ``1/area`` behind.

    Parameters
    ----------
    grid : CGrid
    lengths : Lengths
    corners : bool
        Whether they are for the curl at the corners, and not for the divergence.
    signs : pair of int
        -1 for x or y if differences along it are to count the other way.
    """

    def __init__(
        self, grid: CGrid, lengths: Lengths, corners: bool, signs: tuple[int, int]
    ) -> None:
        self._grid, self._lengths, self._corners = grid, lengths, corners
        # A divergence takes u along x and v along y, a curl v along x and u along y.
        self._signs = signs[::-1] if corners else signs
        self.tables: dict[str, Array] = {}
        self.notes: list[str] = []

    @property
    def coordinates(self) -> CellTables:
        """Itself: it reads its coordinates to check them."""
        return self

    @property
    def key(self) -> object:
        """Key that is equal for tables from the same lengths."""
        return id(self._lengths)

    def check(self, source: Source) -> None:
        """Raise the errors of the lengths."""
        self._lengths.cells(source, self._corners)

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables."""
        u, v = self._grid.u.axes, self._grid.v.axes
        rows = max(u[self._grid.y].size, v[self._grid.y].size)
        points = rows * max(u[self._grid.x].size, v[self._grid.x].size)
        return HELD * 8 * points + min(points, 2 * BAND) * SCRATCH

    def load(self, source: Source) -> None:
        """Compute the tables. Land by a map of the file is missing in them."""
        grid = self._grid
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = self._lengths.cells(source, self._corners)
            made = {
                "u": self._signs[0] * found.u,
                "v": self._signs[1] * found.v,
                "1/area": np.where(found.area > 0, 1 / found.area, np.nan),
            }
            parts, masks = (grid.u, grid.v), masks_of(source, grid)
            for name, part, mask in zip("uv", parts, masks, strict=True):
                if mask is not None and mask.is_map:
                    made[name] = np.where(mask.map(source, part.axes), np.nan, made[name])
        turned = grid.x < grid.y
        self.tables |= {
            name: np.ascontiguousarray(t.T if turned else t) for name, t in made.items()
        }


def fits(found: Field, grid: CGrid, axes: tuple[Axis, ...]) -> bool:
    """Return whether a variable lies over x and y of given axes, and besides over time at most."""
    if len(found.axes) < 2:
        return False
    leading = [axis for axis in found.axes[:-2] if axis.size > 1 and role_of(axis) != "t"]
    return not leading and [axis.size for axis in found.axes[-2:]] == [
        axes[place].size for place in sorted((grid.x, grid.y))
    ]


def read_map(source: Source, found: Field, grid: CGrid, axes: tuple[Axis, ...]) -> Array:
    """Read the map of a variable, with y first.

    Raises
    ------
    InputError
        The maps of several steps differ: the grid moves.
    """
    inner = tuple(axes[place].file_window for place in sorted((grid.x, grid.y)))
    sizes = [part.stop - part.start for part in inner]
    parts = {axis.key: axis.file_window for axis in axes}
    steps = [parts.get(axis.key, slice(0, 1)) for axis in found.axes[:-2]]
    values: Array | None = None
    for step in product(*(range(part.start, part.stop) for part in steps)):
        window = tuple(slice(index, index + 1) for index in step) + inner
        read = source.read(found.name, window).astype(np.float64).reshape(sizes)
        if values is not None and not np.array_equal(values, read, equal_nan=True):
            label = axis_label(found.axes, 0)
            raise InputError(
                f"{found.base} changes along {label}: a grid that moves is not differentiated; "
                f"select one step of it (--isel {label}=0)"
            )
        values = read
    assert values is not None
    return values if grid.y < grid.x else values.T


def beside(
    values: Array, count: int, first: int, axis: int, closed: bool = False
) -> tuple[Array, Array]:
    """Return the two values beside each of some points along an axis; missing beyond the ends.

    ``first`` is the index of the first of the two, for the point of index 0. An axis that is
    ``closed`` goes on at its other end.

    >>> beside(np.array([1.0, 3.0]), 2, 0, 0)
    (array([1., 3.]), array([ 3., nan]))
    """
    size, found = values.shape[axis], []
    for low in (first, first + 1):
        where = np.arange(low, low + count)
        part = values.take(where % size if closed else np.clip(where, 0, size - 1), axis)
        if closed:
            found.append(part)
            continue
        shape = [1] * part.ndim
        shape[axis] = count
        found.append(np.where(((where >= 0) & (where < size)).reshape(shape), part, np.nan))
    return found[0], found[1]


def between(values: Array, count: int, first: int, axis: int, closed: bool = False) -> Array:
    """Return the means of the two values beside each point; at an end the one that is there.

    >>> between(np.array([1.0, 3.0]), 3, -1, 0)
    array([1., 2., 3.])
    """
    low, high = beside(values, count, first, axis, closed)
    low, high = np.where(np.isnan(low), high, low), np.where(np.isnan(high), low, high)
    found: Array = (low + high) / 2
    return found


@record(frozen=True)
class Shape:
    """Numbers of centres and faces along y and x, and the shifts of differences between them."""

    grid: CGrid

    def centres(self, values: Array, axis: int) -> Array:
        """Return means of faces at centres along y (0) or x (1); missing beside an outer face."""
        low, high = self.pairs(values, axis, False)
        found: Array = (low + high) / 2
        return found

    def faces(self, values: Array, axis: int) -> Array:
        """Return means of centres at faces along y (0) or x (1)."""
        place = self._place(axis)
        count = self.grid.axes(True)[place].size
        closed = place in self.grid.closed
        return between(values, count, -1 - self.grid.first[place], axis, closed)

    def pairs(self, values: Array, axis: int, corners: bool) -> tuple[Array, Array]:
        """Return the values to either side of the centres, or of the corners."""
        count, first, closed = self.pairing(axis, corners)
        return beside(values, count, first, axis, closed)

    def pairing(self, axis: int, corners: bool) -> tuple[int, int, bool]:
        """Return how `beside` pairs values along an axis at the centres or corners."""
        place = self._place(axis)
        first, count = self.grid.first[place], self.grid.axes(corners)[place].size
        return count, -1 - first if corners else first, place in self.grid.closed

    def _place(self, axis: int) -> int:
        return (self.grid.y, self.grid.x)[axis]
