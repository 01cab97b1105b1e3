"""Tables of the lengths and areas of the cells of a C grid, and means between its points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gradcli.cf.roles import role_of
from gradcli.errors import InputError
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.staggered import CGrid
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

# Masks of the points u and v, where 0 is land: ROMS, NEMO, MOM6, MITgcm.
MASKS = (("mask_u", "mask_v"), ("umask", "vmask"), ("wet_u", "wet_v"), ("maskw", "masks"))


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
        """Compute the tables. Land by a mask of the file is missing in them."""
        grid = self._grid
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = self._lengths.cells(source, self._corners)
            made = {
                "u": self._signs[0] * found.u,
                "v": self._signs[1] * found.v,
                "1/area": np.where(found.area > 0, 1 / found.area, np.nan),
            }
            for name, part in (("u", grid.u), ("v", grid.v)):
                mask = mask_of(source, grid, part)
                if mask is not None:
                    land = read_map(source, mask, grid, part.axes) == 0
                    made[name] = np.where(land, np.nan, made[name])
        turned = grid.x < grid.y
        self.tables |= {
            name: np.ascontiguousarray(t.T if turned else t) for name, t in made.items()
        }


def mask_of(source: Source, grid: CGrid, part: Field) -> Field | None:
    """Return the mask of land at the points of a component, if the file has one over x and y."""
    names = {name.lower(): found for name, found in source.fields.items()}
    for pair in MASKS:
        found = names.get((part.group + pair[part is grid.v]).lower())
        if found is not None and fits(found, grid, part.axes):
            return found
    return None


def unused_masks(source: Source, grid: CGrid) -> list[str]:
    """Return notes on masks that lie over further axes, such as depth, and are not used."""
    named = {name.lower(): found for name, found in source.fields.items()}
    found = []
    for part, names in zip((grid.u, grid.v), zip(*MASKS, strict=True), strict=True):
        masks = [named.get((part.group + name).lower()) for name in names]
        found += [
            f"{mask.base}: lies over further axes than x and y, and is not used as a mask"
            for mask in masks
            if mask is not None and len(mask.axes) > 2 and not fits(mask, grid, part.axes)
        ]
    return found


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
    sizes = [axes[place].size for place in sorted((grid.x, grid.y))]
    inner = tuple(slice(0, size) for size in sizes)
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


@dataclass(frozen=True)
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
