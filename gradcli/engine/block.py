"""Process one block: read, differentiate, combine, pack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.engine.diagnostics import Seen, TermKey, largest
from gradcli.engine.emptiness import has_values
from gradcli.engine.nothing import is_nothing, missing
from gradcli.engine.reading import read_pieces, read_within
from gradcli.model.blocks import Block, Window
from gradcli.model.protocols import Packer, Packet, Source
from gradcli.numerics.dtypes import Array, real_view, result_like
from gradcli.plan.tasks import Task

# What only some grids and options need is imported where they need it.
if TYPE_CHECKING:
    from gradcli.engine.columns import Columns
    from gradcli.engine.statistics import Statistics
    from gradcli.geometry.factors import Site
    from gradcli.model.arrangement import Read
    from gradcli.model.fields import Field
    from gradcli.numerics.adapt import Counts
    from gradcli.numerics.columns import ColumnStencil


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
    partials = _Partials(source, task, task.inside(block.window))
    packets: list[Packet] = []
    found: list[bool] = []
    counts: dict[int, Counts] = {}
    stats: list[Statistics] = []
    if measured:
        from gradcli.engine.statistics import statistics_of
    # Overflow and missing values show as inf and NaN in the results, without warnings.
    with np.errstate(over="ignore", invalid="ignore"):
        for made in task.products:
            results = made.operator.combine(partials.take(made.partials))
            for result, values in zip(made.results, results, strict=True):
                if task.region is not None:
                    task.region.leave_out(values, block.window)
                found.append(has_values(values))
                if measured:
                    stats.append(statistics_of(values))
                packets.append(packer.pack(result.name, block.window, values))
    every = (numbers for made in task.products for _, numbers in made.made_of())
    for index, numbers in enumerate(every):
        for more in filter(None, map(partials.counts.get, numbers)):
            _count(counts, index, more)
    seen, given, met = partials.seen, partials.given, tuple(partials.met)
    return BlockResult(block, packets, counts, seen, given, tuple(found), tuple(stats), met)


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


class _Partials:
    """The partials of a block; each is computed once, and kept while a product needs it."""

    def __init__(self, source: Source, task: Task, window: Window) -> None:
        self._task = task
        self._window = window
        self._reads = task.reads(window)
        self.met: set[float] = set()
        self._values = read_components(source, task, window, self.met)
        self.given = tuple(map(has_values, self._values))
        self._source = source
        self._columns: dict[int, Columns] = {}
        self.counts: dict[int, Counts] = {}
        self.seen: dict[TermKey, Seen] = {}
        self._made: dict[int, Array] = {}
        self._uses = [number for made in task.products for number in made.partials]
        self._once = {number for number in self._uses if self._uses.count(number) == 1}
        # What was read may become the result itself if nothing else needs it.
        terms = [task.partials[number].terms for number in self._uses]
        self._sole = [len(each) for each in terms] == [1] and task.region is None
        self._sole = self._sole and terms[0][0].after is None

    @cached_property
    def _site(self) -> Site:
        from gradcli.geometry.factors import Site

        return Site(self._source, self._window)

    def take(self, numbers: tuple[int, ...]) -> Iterator[Array]:
        """Yield the partials with these indices in turn."""
        for number in numbers:
            self._uses.remove(number)
            values = self._made.pop(number, None)
            if values is None:
                values = self._make(number)
            if number in self._uses:
                self._made[number] = values
            # What is no view may be changed; packets may hold what was used before.
            yield values if number in self._once else values.view()

    def _make(self, number: int) -> Array:
        total = self._term(number, 0)
        for place in range(1, len(self._task.partials[number].terms)):
            np.add(total, self._term(number, place), out=total)
        return total

    def _term(self, number: int, place: int) -> Array:
        term = self._task.partials[number].terms[place]
        windows = term.windows(self._window)
        values = self._values[term.component][_inside(windows[0], self._reads)]
        if term.before is not None:
            values = values * _typed(term.before.at(windows[0], self._site), values)
        if not (term.steps or self._sole):
            values = values.copy()
        given, found = values, None
        for (axis, stencil), wanted in zip(term.steps, windows[1:], strict=True):
            out = result_like(values, tuple(part.stop - part.start for part in wanted))
            if stencil.by_column:
                found = self._by_column(stencil, values, wanted, axis, out)
            else:
                stencil.apply(real_view(values), wanted[axis], axis, real_view(out))
            values = out
        if found is None and any(stencil.adapts for _, stencil in term.steps):
            from gradcli.engine.adapting import adapt

            found = adapt(term.steps, given, self._window, values)
        if found is not None:
            _count(self.counts, number, found)
        plain = largest(values)
        if term.after is not None:
            np.multiply(values, _typed(term.after.at(self._window, self._site), values), out=values)
        scaled = plain if term.after is None else largest(values)
        self.seen[number, place] = largest(given), plain, scaled
        return values

    def _by_column(
        self, stencil: ColumnStencil, values: Array, wanted: Window, axis: int, out: Array
    ) -> Counts:
        """Differentiate along columns, whose coordinates are read once per block."""
        number = stencil.column
        if number not in self._columns:
            from gradcli.engine.columns import read_columns

            window = self._task.column_reads(self._window, number)
            reads = self._task.columns[number]
            self._columns[number] = read_columns(self._source, reads, window)
        columns = self._columns[number]
        rows = stencil.reach(wanted[axis])
        shift = rows.start - columns.window[axis].start

        def nodes(part: Window) -> Array:
            here = slice(part[axis].start + shift, part[axis].stop + shift)
            return columns.at((*part[:axis], here, *part[axis + 1 :]))

        starts = [each.start for each in self._task.field.axes]
        first = [part.start + start for part, start in zip(wanted, starts, strict=True)]
        first[axis] = rows.start + starts[axis]
        return stencil.apply(values, nodes, wanted[axis], axis, out, tuple(first))


def _count(counts: dict[int, Counts], number: int, more: Counts) -> None:
    counts[number] = counts[number].plus(more) if number in counts else more


def _components(task: Task, window: Window) -> tuple[Field, ...]:
    """Return the components of a task as they are read for a block."""
    if all(axis.tracks is None for axis in task.field.axes):
        return task.components
    from gradcli.engine.gather import gathered

    return gathered(task, window)


def _typed(factor: Array, values: Array) -> Array:
    return factor.astype(values.real.dtype, copy=False)


def _inside(window: Window, outer: Window) -> Window:
    return tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(window, outer, strict=True)
    )


def _across(task: Task, number: int, read: Read, reads: Window) -> Array:
    """Return a window of a component, which may extend across the poles."""
    if task.poles is None:
        values = read(reads)
    else:
        from gradcli.engine.across import read_across

        values = read_across(read, reads, task.poles, number in task.turned)
    return values.astype(task.dtype, copy=False)
