"""Process one block: read, differentiate, combine, pack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.engine.diagnostics import Seen, TermKey
from gradcli.engine.emptiness import has_values
from gradcli.engine.nothing import is_nothing, missing
from gradcli.engine.partials import Partials, add_counts
from gradcli.engine.reading import read_pieces, read_within
from gradcli.engine.tiling import results_of, tiles_of
from gradcli.model.blocks import Block, Window
from gradcli.model.protocols import Packer, Packet, Source
from gradcli.numerics.dtypes import Array
from gradcli.plan.tasks import Task

# What only some grids and options need is imported where they need it.
if TYPE_CHECKING:
    from gradcli.engine.statistics import Statistics
    from gradcli.model.arrangement import Read
    from gradcli.model.fields import Field
    from gradcli.numerics.adapt import Counts


class BlockResult(NamedTuple):
    """What is computed from a block, as values that can be sent between processes.

    Attributes
    ----------
    block : Block
    packets : list of Packet
        The packets of the task's results, in their order.
    counts : dict of int to Counts
        Points next to missing ones, by the index of the result; empty unless stencils adapt.
    seen : dict of (int, int) to tuple of float
        The largest values, by the indices of the partial and of its term.
    given, found : tuple of bool
        For each component and each result, whether it has a value that is not missing.
    stats : tuple of Statistics
        Of each result; empty unless they were asked for.
    met : tuple of float
        The values that the user says mean missing, as far as they occur.
    """

    block: Block
    packets: list[Packet]
    counts: dict[int, Counts]
    seen: dict[TermKey, Seen]
    given: tuple[bool, ...]
    found: tuple[bool, ...]
    stats: tuple[Statistics, ...] = ()
    met: tuple[float, ...] = ()


def differentiate_block(
    source: Source, task: Task, packer: Packer, block: Block, measured: bool = False
) -> BlockResult:
    """Read a block, differentiate it, and pack its results, which are ``measured`` on request.

    The result depends on the arguments alone, and nothing else changes. Any thread may call this
    function, and so may another process: the arguments pickle, unless the source reads a pipe.
    """
    if is_nothing(source, task, task.inside(block.window)):
        return _of_nothing(task, packer, block, measured)
    window, met = task.inside(block.window), set[float]()
    components = read_components(source, task, window, met)
    given = tuple(map(has_values, components))
    tiles = tiles_of(task, window)
    partials = Partials(source, task, window, components, len(tiles))
    packets: list[Packet] = []
    found: list[bool] = []
    counts: dict[int, Counts] = {}
    stats: list[Statistics] = []
    if measured:
        from gradcli.engine.statistics import statistics_of
    # Overflow and missing values show as inf and NaN in the results, without warnings.
    with np.errstate(over="ignore", invalid="ignore"):
        results = results_of(task, partials, tiles)
        for result, values in zip(task.results, results, strict=True):
            if task.region is not None:
                task.region.leave_out(values, block.window)
            found.append(has_values(values))
            if measured:
                stats.append(statistics_of(values))
            packets.append(packer.pack(result.name, block.window, values))
    every = (numbers for made in task.products for _, numbers in made.made_of())
    for index, numbers in enumerate(every):
        for more in filter(None, map(partials.counts.get, numbers)):
            add_counts(counts, index, more)
    seen = {key: tuple(values) for key, values in partials.seen.items()}
    return BlockResult(block, packets, counts, seen, given, tuple(found), tuple(stats), tuple(met))


def _of_nothing(task: Task, packer: Packer, block: Block, measured: bool) -> BlockResult:
    """Return the results of a block that was never written: all of them are missing."""
    values = missing(task, block.window)
    packets = [packer.pack(result.name, block.window, values) for result in task.results]
    stats: tuple[Statistics, ...] = ()
    if measured:
        from gradcli.engine.statistics import statistics_of

        stats = (statistics_of(values),) * len(packets)
    nothing = (False,) * len(packets)
    return BlockResult(block, packets, {}, {}, (False,) * len(task.components), nothing, stats)


def read_components(
    source: Source, task: Task, window: Window, met: set[float] | None = None
) -> list[Array]:
    """Return what a block reads of each component: its window with a halo, in the task's type.

    Parameters
    ----------
    source : Source
    task : Task
    window : tuple of slice
        Counted from the first points of the field's axes (``task.inside``).
    met : set of float, optional
        Gets those of the values that the user says mean missing which occur.
    """
    rings = task.rings()
    read = partial(read_pieces, rings=rings, met=met)
    if task.grid is not None:
        closed = {k for term in task.terms() for k, stencil in term.steps if stencil.ring}
        read = partial(read_within, closed=closed, met=met)
    reads = task.reads(window)
    return [
        _across(task, number, partial(read, source, part), reads)
        for number, part in enumerate(_components(task, window))
    ]


def _components(task: Task, window: Window) -> tuple[Field, ...]:
    """Return the components of a task as they are read for a block."""
    if all(axis.tracks is None for axis in task.field.axes):
        return task.components
    from gradcli.engine.gather import gathered

    return gathered(task, window)


def _across(task: Task, number: int, read: Read, reads: Window) -> Array:
    """Return a window of a component, which may extend across the poles."""
    if task.poles is None:
        values = read(reads)
    else:
        from gradcli.engine.across import read_across

        values = read_across(read, reads, task.poles, number in task.turned)
    return values.astype(task.dtype, copy=False)
