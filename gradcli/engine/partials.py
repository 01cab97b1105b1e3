"""The partials of a block, a window of it at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, pairwise
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from gradcli.engine.diagnostics import SAMPLE, TermKey, largest
from gradcli.model.blocks import Window, hull, relative
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array, real_view, result_like
from gradcli.numerics.kernel import Scratch
from gradcli.plan.tasks import StencilTerm, Task

# What only some grids and options need is imported where they need it.
if TYPE_CHECKING:
    from gradcli.engine.columns import Columns
    from gradcli.geometry.factors import Factor, Site
    from gradcli.numerics.adapt import Counts
    from gradcli.numerics.columns import ColumnStencil

SEEN_TILES = 8  # of a block, about, in which the largest values are looked for


class Partials:
    """The partials of a block; within a window each is computed once, and kept while needed.

    Parameters
    ----------
    source : Source
    task : Task
    block : tuple of slice
        What the block writes, counted from the first points of the field's axes.
    given : list of ndarray
        What is read of each component for the block.
    count : int
        How many windows the block is computed in.
    """

    def __init__(
        self, source: Source, task: Task, block: Window, given: list[Array], count: int
    ) -> None:
        self._source, self._task, self._block, self._values = source, task, block, given
        self._reads = task.reads(block)
        # Samples of some tiles are enough to say how large values are.
        self._every = max(1, count // SEEN_TILES)
        self._sampled = max(1, SAMPLE * self._every // count)
        self._tiled, self._number = count > 1, -1
        self._scratch = Scratch(task.dtype)
        self._columns: dict[int, Columns] = {}
        self._factors: dict[int, tuple[object, Array]] = {}
        self.counts: dict[int, Counts] = {}
        self.seen: dict[TermKey, list[float]] = {}
        self._numbers = [number for made in task.products for number in made.partials]
        self._once = {number for number in self._numbers if self._numbers.count(number) == 1}
        # What was read may become the result itself if nothing else needs it.
        terms = [task.partials[number].terms for number in self._numbers]
        self._sole = [len(each) for each in terms] == [1] and task.region is None
        self._sole = self._sole and terms[0][0].after is None

    def enter(self, window: Window) -> None:
        """Go on with a window of the block, and forget what was kept of the one before."""
        self._window, self._number = window, self._number + 1
        self._seen = self._number % self._every == 0
        self._uses = list(self._numbers)
        self._made: dict[int, Array] = {}
        self._windows: dict[TermKey, list[Window]] = {}
        self._kept: dict[object, tuple[Window, tuple[Array, list[int]] | None]] = {}
        for number in set(self._numbers):
            for place, term in enumerate(self._task.partials[number].terms):
                found = self._windows[number, place] = term.windows(window)
                if term.more:
                    key = _parts_key(term)
                    before, _ = self._kept.get(key, (found[0], None))
                    self._kept[key] = tuple(map(hull, before, found[0])), None

    @cached_property
    def _site(self) -> Site:
        from gradcli.geometry.factors import Site

        return Site(self._source, self._block)

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
        if term.more:
            return self._stacked(term, (number, place))
        windows = self._windows[number, place]
        values = self._times(term.component, term.before, windows[0])
        if not (term.steps or self._sole or term.before):
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
            add_counts(self.counts, number, found)
        self._see((number, place), 0, given)
        self._see((number, place), 1, values)
        if term.after is not None:
            np.multiply(values, self._factor(term.after, self._window, values), out=values)
        self._see((number, place), 2, values)
        return values

    def _see(self, key: TermKey, what: int, values: Array) -> None:
        """Keep the largest of what a term is given (0), its derivative (1), and its values (2)."""
        if self._seen:
            kept = self.seen.setdefault(key, [0.0, 0.0, 0.0])
            kept[what] = max(kept[what], largest(values, self._sampled))

    def _stacked(self, term: StencilTerm, key: TermKey) -> Array:
        """Return a term that sums over the parts of a vector in space.

        They are differentiated beyond the window too, so that every array is in one piece. What the
        components add to a part is summed after that, when it is small: sums of the values
        themselves would be rounded once more.
        """
        ((axis, stencil),) = term.steps
        assert term.after is not None
        assert not stencil.by_column
        whole, given, starts = self._parts(term)
        rows = self._window[axis]
        wanted = (*whole[:axis], rows, *whole[axis + 1 :])
        needed = (*whole[:axis], stencil.reach(rows), *whole[axis + 1 :])
        parts = given[(slice(None), *relative(needed, whole))]
        made = self._room("made", (len(given), *(part.stop - part.start for part in wanted)))
        stencil.apply(real_view(parts), rows, axis + 1, real_view(made))
        made = made[(slice(None), *relative(self._window, wanted))]
        if stencil.adapts:
            from gradcli.engine.adapting import adapt

            own = (*self._window[:axis], stencil.reach(rows), *self._window[axis + 1 :])
            for number, part in enumerate(given[(slice(None), *relative(own, whole))]):
                found = adapt(term.steps, part, self._window, made[number])
                if number in starts and found is not None:
                    add_counts(self.counts, key[0], found)
        self._see(key, 0, given)
        self._see(key, 1, made)
        after = self._factor(term.after, self._window, given)
        first, *others = (made[start:stop] for start, stop in pairwise(starts))
        for other in others:
            np.add(first[: len(other)], other, out=first[: len(other)])
        first = first[: len(after)]
        np.multiply(first, after, out=first)
        total: Array = first[0] + first[1]
        for part in first[2:]:
            np.add(total, part, out=total)
        self._see(key, 2, total)
        return total

    def _parts(self, term: StencilTerm) -> tuple[Window, Array, list[int]]:
        """Return the parts in space of each component, over all that terms need, and their starts.

        Terms along other axes have the same.
        """
        key = _parts_key(term)
        whole, kept = self._kept[key]
        if kept is None:
            each = ((term.component, term.before), *term.more)
            factors = [self._factor(factor, whole, self._values[0]) for _, factor in each if factor]
            starts = [0, *accumulate(map(len, factors))]
            shape = (starts[-1], *(part.stop - part.start for part in whole))
            made = self._room(key, shape)
            for (component, _), factor, start, stop in zip(
                each, factors, starts[:-1], starts[1:], strict=True
            ):
                values = self._values[component][relative(whole, self._reads)]
                np.multiply(values, factor, out=made[start:stop])
            kept = made, starts
            self._kept[key] = whole, kept
        return whole, *kept

    def _room(self, use: object, shape: tuple[int, ...]) -> Array:
        """Return an array of arbitrary numbers, which holds until the same use needs one again."""
        return self._scratch.take(use, prod(shape)).reshape(shape)

    def _times(self, component: int, factor: Factor | None, window: Window) -> Array:
        values = self._values[component][relative(window, self._reads)]
        return values if factor is None else values * self._factor(factor, window, values)

    def _factor(self, factor: Factor, window: Window, values: Array) -> Array:
        """Return a factor in the type of values. Tiles that differ in other axes alone share it."""
        from gradcli.geometry.factors import typed

        dtype = values.real.dtype
        if not self._tiled:
            return typed(factor, window, self._site, dtype)
        key = [(window[axis].start, window[axis].stop) for axis in factor.places]
        kept = self._factors.get(id(factor))
        if kept is None or kept[0] != key:
            kept = self._factors[id(factor)] = key, typed(factor, window, self._site, dtype)
        return kept[1]

    def _by_column(
        self, stencil: ColumnStencil, values: Array, wanted: Window, axis: int, out: Array
    ) -> Counts:
        """Differentiate along columns, whose coordinates are read once per block."""
        number = stencil.column
        if number not in self._columns:
            from gradcli.engine.columns import read_columns

            window = self._task.column_reads(self._block, number)
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


def add_counts(counts: dict[int, Counts], number: int, more: Counts) -> None:
    """Add to what is counted under a number."""
    counts[number] = counts[number].plus(more) if number in counts else more


def _parts_key(term: StencilTerm) -> object:
    """Return a key that is equal for terms that differentiate the same parts of a vector."""
    more = tuple((component, id(factor)) for component, factor in term.more)
    return term.component, id(term.before), more
