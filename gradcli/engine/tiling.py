"""Compute the results of a block tile by tile, so that what they are made of stays in the cache.

A result of several partials, or a partial of several terms, takes many passes over arrays that are
needed for nothing else. In tiles these passes find the numbers in the cache, and a block needs
memory for its results alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from gradcli.engine.partials import Partials
from gradcli.model.blocks import Window, hull, relative
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import tile_extents
from gradcli.plan.tasks import Task

TILE_BYTES = 2**20  # of one result: in smaller tiles, calls take longer than passes over partials
MANY = 4  # times smaller are tiles whose terms take many arrays at a time


def tiles_of(task: Task, window: Window) -> list[Window]:
    """Return the windows in which a block is computed: only itself if tiles are of no use.

    Those that share rows of the last axes follow each other, as factors of a grid are kept from one
    tile to the next.
    """
    shape = tuple(part.stop - part.start for part in window)
    if not task.tiled or 0 in shape:
        return [window]
    size = TILE_BYTES // (MANY if any(term.more for term in task.terms()) else 1)
    extents = tile_extents(shape, max(1, size // task.dtype.itemsize))
    cuts = [
        [slice(row, min(row + extent, part.stop)) for row in range(part.start, part.stop, extent)]
        for part, extent in zip(window, extents, strict=True)
    ]
    return [tile[::-1] for tile in product(*cuts[::-1])]


def results_of(task: Task, partials: Partials, tiles: list[Window]) -> Iterator[Array]:
    """Yield the results of a block, in their order; all are made first if there are tiles."""
    if len(tiles) == 1:
        yield from _results_in(tiles[0], task, partials)
        return
    block = tuple(map(hull, tiles[0], tiles[-1]))
    shape = tuple(part.stop - part.start for part in block)
    whole: list[Array] = []
    for tile in tiles:
        place = relative(tile, block)
        for number, values in enumerate(_results_in(tile, task, partials)):
            if number == len(whole):
                whole.append(np.empty(shape, values.dtype))
            whole[number][place] = values
    yield from whole


def _results_in(window: Window, task: Task, partials: Partials) -> Iterator[Array]:
    """Yield the results in a window of a block, in their order."""
    partials.enter(window)
    for made in task.products:
        yield from made.operator.combine(partials.take(made.partials))
