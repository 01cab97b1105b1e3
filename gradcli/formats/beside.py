"""Coordinates over several axes, for results in another format than that of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.cf.references import referenced, resolve
from gradcli.model.arrangement import Read, read_points
from gradcli.model.axes import Axis
from gradcli.model.blocks import Need, Window, cut
from gradcli.model.fields import Result, text
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    import numpy as np

    from gradcli.numerics.dtypes import Array

PIECE_BYTES = 2**24
TELLING = ("units", "standard_name", "long_name", "axis", "positive", "calendar")


class Beside(NamedTuple):
    """A coordinate that lies over axes of results, and is none of their own.

    Attributes
    ----------
    name, path : str
        Its name in the output and in the input.
    axes : tuple of Axis
        Those of the results.
    like : Source
    """

    name: str
    path: str
    axes: tuple[Axis, ...]
    like: Source

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its values."""
        return self.like.fields[self.path].dtype

    @property
    def attributes(self) -> dict[str, str]:
        """What it says of itself."""
        own = self.like.attributes.get(self.path, {})
        return {key: told for key in TELLING if (told := text(own.get(key))) is not None}

    def pieces(self) -> Iterator[tuple[Window, Array]]:
        """Yield the values in pieces of bounded size, NaN where missing."""
        read: Read = partial(self.like.read, self.path)
        for index, axis in enumerate(self.axes):
            if axis.arrangement is not None:
                read = partial(read_points, read, index, axis.arrangement.firsts(), 1)
        chunks = self.like.fields[self.path].storage.chunks or (1,) * len(self.shape)
        item = self.dtype.itemsize
        need = Need(self.shape, chunks, (0,) * len(self.shape), item, item)
        grid = cut(need, PIECE_BYTES) or cut(need, need.cost(need.smallest))
        if grid is None or not prod(self.shape):
            return
        starts = [axis.start for axis in self.axes]
        for part in grid.windows():
            there = (
                slice(each.start + start, each.stop + start)
                for each, start in zip(part, starts, strict=True)
            )
            yield part, read(tuple(there))


def named_beside(results: Sequence[Result], like: Source) -> list[str]:
    """Return the coordinates that results or their variables name, or that columns have.

    Those that an axis has for itself are not among them.
    """
    written = {axis.coordinate for result in results for axis in result.axes}
    found: dict[str, None] = {}
    for result in results:
        origin = result.origin.name
        words = referenced(like.attributes.get(origin, {}), "coordinates")
        words += referenced(result.attributes, "coordinates")
        columns = [axis.column for axis in result.axes if axis.column and not axis.column.formula]
        words += [part.name for column in columns for part in column.parts]
        for word in words:
            known = resolve(origin, word, like.fields)
            dimensions = len(like.fields[known].shape) if known else 0
            if known and dimensions > (known in written):
                found[known] = None
    return list(found)


def beside(results: Sequence[Result], like: Source) -> list[Beside]:
    """Return those of them that lie over axes of the results alone, under names that are free."""
    axes = {axis.key: axis for result in results for axis in result.axes}
    taken = {result.name for result in results}
    taken |= {axis.name or "" for axis in axes.values()}
    found = []
    for path in named_beside(results, like):
        field = like.fields[path]
        over = [axes.get(axis.key) for axis in field.axes]
        name = field.base
        if name in taken or field.dtype.kind == "c" or not all(over):
            continue
        taken.add(name)
        found.append(Beside(name, path, tuple(axis for axis in over if axis), like))
    return found


def names_beside(result: Result, every: Sequence[Beside]) -> str:
    """Return the names of the coordinates of one result, for its attribute ``coordinates``."""
    keys = {axis.key for axis in result.axes}
    mine = [each.name for each in every if keys >= {axis.key for axis in each.axes}]
    return " ".join(mine)
