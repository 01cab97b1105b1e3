"""Copy variables that go with results from an input to an output, in pieces, undecoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcli.model.axes import Axis
from gradcli.model.blocks import Need, Window, cut
from gradcli.model.fields import Field, Result

if TYPE_CHECKING:
    from gradcli.model.arrangement import Arrangement, Read

COPY_BYTES = 16 * 2**20


def arrangements_of(results: list[Result]) -> dict[str, Arrangement]:
    """Return the arrangements of the axes of results, by the keys of the axes."""
    axes: list[Axis] = [axis for result in results for axis in result.axes]
    return {axis.key: axis.arrangement for axis in axes if axis.arrangement is not None}


def dimensions_kept(results: list[Result], fields: Mapping[str, Field]) -> list[str]:
    """Return the names of the axes that results have from their fields."""
    found: dict[str, None] = {}
    for result in results:
        pairs = zip(result.axes, fields[result.origin.name].axes, strict=False)
        found.update((a.name, None) for a, own in pairs if a.name and a.name == own.name)
    return list(found)


def copy_window(
    source: Any,
    target: Any,
    window: Window,
    chunks: tuple[int, ...] | None,
    item: int,
    arrangements: Sequence[Arrangement | None] = (),
) -> None:
    """Copy a window of a variable without decoding it, in pieces of bounded size.

    If an axis is arranged, each point is copied from the first of its rows.
    """
    if not window:
        target[...] = source[...]
        return
    shape = tuple(part.stop - part.start for part in window)
    if 0 in shape:
        return
    unit = chunks or (1,) * len(shape)
    read: Read = source.__getitem__
    for index, arrangement in enumerate(arrangements):
        if arrangement is not None:
            from gradcli.model.arrangement import read_points

            read = partial(read_points, read, index, arrangement.firsts(), unit[index])
    need = Need(shape, unit, (0,) * len(shape), item, item)
    grid = cut(need, COPY_BYTES) or cut(need, need.cost(unit))
    assert grid is not None
    for part in grid.windows():
        inside = tuple(
            slice(w.start + p.start, w.start + p.stop) for w, p in zip(window, part, strict=True)
        )
        target[part] = read(inside)
