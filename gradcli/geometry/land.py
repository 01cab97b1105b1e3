"""Masks of land on C grids: maps, or masks over depth too, which are read block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import role_of
from gradcli.geometry.factors import SheetFactor, Site
from gradcli.geometry.masks import CENTRES, FACES, named
from gradcli.geometry.staggered import CGrid
from gradcli.model.axes import Axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

Places = tuple[int | None, ...]


@record(frozen=True, eq=False)
class Land:
    """A mask of the points of a component.

    Attributes
    ----------
    field : Field
        The variable.
    places : tuple of int or None
        For each dimension of the mask, the axis of the component; None if index 0 is meant.
    axes : tuple of Axis
        The axes that the mask lies over, in the order of those of the component.
    over : pair of int
        The axes that are y and x.
    closed : frozenset of int
        The axes that close on themselves.
    beside : (int, int) or None
        For a mask of the centres: the axis along which a face has a cell on either side, and the
        index of the cell behind the face of index 0.
    """

    field: Field
    places: Places
    axes: tuple[Axis, ...]
    over: tuple[int, int]
    closed: frozenset[int]
    beside: tuple[int, int] | None = None

    @property
    def is_map(self) -> bool:
        """Whether the mask lies over x and y alone."""
        return {place for place in self.places if place is not None} == set(self.over)

    @property
    def text(self) -> str:
        """Where there is land, in words."""
        return f"{self.field.base} is 0{' on either side' if self.beside else ''}"

    def map(self, source: Source, axes: tuple[Axis, ...]) -> Array:
        """Return where there is land, over y and x of a component with these axes."""
        found = self.at(source, tuple(slice(0, axis.size) for axis in axes))
        flat = found.reshape([axes[place].size for place in sorted(self.over)])
        return flat if self.over[0] < self.over[1] else flat.T

    def at(self, source: Source, window: Window) -> Array:
        """Return where there is land in a window of the component, in a shape that broadcasts."""
        if self.beside is None:
            return self._zero(source, window)
        axis, first = self.beside
        land: Array | None = None
        for cell in (first - 1, first):
            part = slice(window[axis].start + cell, window[axis].stop + cell)
            found = self._zero(source, (*window[:axis], part, *window[axis + 1 :]))
            land = found if land is None else land | found
        assert land is not None
        return land

    def _zero(self, source: Source, window: Window) -> Array:
        """Return where the mask is 0 or missing; beyond an end as at the end."""
        reads, picks = [], []
        shape = [1] * len(window)
        for place in self.places:
            if place is None:
                reads.append(slice(0, 1))
                picks.append(np.zeros(1, np.intp))
                continue
            axis, part = self.axes[place], window[place]
            rows = np.arange(part.start, part.stop)
            inside = rows % axis.size if place in self.closed else rows.clip(0, axis.size - 1)
            if axis.arrangement is not None:
                inside = axis.arrangement.rows[inside]
            low, high = int(inside.min()), int(inside.max())
            reads.append(slice(axis.start + low, axis.start + high + 1))
            picks.append(inside - low)
            shape[place] = len(rows)
        values = source.read(self.field.name, tuple(reads))[np.ix_(*picks)]
        zero: Array = ~(np.abs(values) > 0)
        return zero.reshape(shape)


@record(frozen=True, eq=False)
class LandFactor:
    """A table of lengths, and a mask that each block reads for itself."""

    table: SheetFactor
    land: Land

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return self.table.scratch + self.land.field.cell_bytes + 16

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return (*self.table.over, *(place for place in self.land.places if place is not None))

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window, missing on land."""
        found: Array = np.where(
            self.land.at(site.source, window), np.nan, self.table.at(window, site)
        )
        return found


def masks_of(source: Source, grid: CGrid) -> tuple[Land | None, Land | None]:
    """Return the masks of land of both components, as far as the file has them."""
    return _mask(source, grid, 0), _mask(source, grid, 1)


def _mask(source: Source, grid: CGrid, which: int) -> Land | None:
    """Return the mask of a component, or that of the centres on either side of its points."""
    part, whole = (grid.u, grid.v)[which], grid.whole(source)
    over = (grid.y, grid.x)
    mine = (whole.u, whole.v)[which].axes
    for found in named(source, part, [pair[which] for pair in FACES]):
        places = _places(found, mine, over)
        if places is not None:
            return Land(found, places, part.axes, over, grid.closed)
    along = (grid.x, grid.y)[which]
    for found in named(source, part, CENTRES):
        places = _places(found, whole.axes(False), over)
        if places is not None:
            beside = along, -grid.first[along]
            return Land(found, places, grid.axes(False), over, grid.closed, beside)
    return None


def _places(mask: Field, axes: tuple[Axis, ...], over: tuple[int, int]) -> Places | None:
    """Return the axis for each dimension of a mask, or None if it does not fit.

    Further dimensions fit an axis of the same name, or else the only one of their size. Of steps
    of another time the first is taken.
    """
    inner = sorted(over)
    if len(mask.axes) < 2 or [a.size for a in mask.axes[-2:]] != [axes[k].size for k in inner]:
        return None
    found: list[int | None] = []
    for own in mask.axes[:-2]:
        free = [k for k in range(len(axes)) if k not in (*over, *found)]
        same = [k for k in free if axes[k].key == own.key]
        like = [k for k in free if axes[k].size == own.size and role_of(axes[k]) != "t"]
        if same:
            found.append(same[0])
        elif own.size == 1 or role_of(own) == "t":
            found.append(None)
        elif len(like) == 1:
            found.append(like[0])
        else:
            return None
    found += inner
    taken = [place for place in found if place is not None]
    return tuple(found) if taken == sorted(taken) else None


def unused_masks(source: Source, grid: CGrid) -> list[str]:
    """Return notes on masks of the components that do not fit them, and are not used."""
    found = []
    for which, part in enumerate((grid.u, grid.v)):
        used = _mask(source, grid, which)
        if used is None or used.beside is not None:
            found += [
                f"{mask.base}: does not lie over the axes of {part.base}, and is not used as a mask"
                for mask in named(source, part, [pair[which] for pair in FACES])
            ]
    return found
