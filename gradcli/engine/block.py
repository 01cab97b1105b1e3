"""Process one block: read, differentiate, combine, pack."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from gradcli.engine.across import read_across
from gradcli.engine.diagnostics import Seen, TermKey, largest
from gradcli.engine.gather import gathered
from gradcli.geometry.factors import Site
from gradcli.model.arrangement import Read, read_points
from gradcli.model.blocks import Block, Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Packer, Packet, Source
from gradcli.numerics.adapt import AdaptingStencil, Counts
from gradcli.numerics.dtypes import Array, real_view, result_like
from gradcli.numerics.mixed import MixedStep, adapt_mixed
from gradcli.numerics.track_stencils import AdaptingTrackStencil, TrackStencil
from gradcli.plan.tasks import Step, Task
from gradcli.system.paths import read_error


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
    """

    block: Block
    packets: list[Packet]
    counts: dict[int, Counts]
    seen: dict[TermKey, Seen]


def differentiate_block(source: Source, task: Task, packer: Packer, block: Block) -> BlockResult:
    """Read a block, differentiate it, and pack its results.

    The result depends on the arguments alone, and nothing else changes. Any thread may call this
    function, and so may another process: the arguments pickle, unless the source reads a pipe.
    """
    partials = _Partials(source, task, block.window)
    packets: list[Packet] = []
    counts: dict[int, Counts] = {}
    # Overflow and missing values show as inf and NaN in the results, without warnings.
    with np.errstate(over="ignore", invalid="ignore"):
        for made in task.products:
            results = made.operator.combine(partials.take(made.partials))
            for result, values in zip(made.results, results, strict=True):
                packets.append(packer.pack(result.name, block.window, values))
    every = (numbers for made in task.products for _, numbers in made.made_of())
    for index, numbers in enumerate(every):
        for found in filter(None, map(partials.counts.get, numbers)):
            counts[index] = counts.get(index, Counts()).plus(found)
    return BlockResult(block, packets, counts, partials.seen)


class _Partials:
    """The partials of a block; each is computed once, and kept while a product needs it."""

    def __init__(self, source: Source, task: Task, window: Window) -> None:
        self._task = task
        self._window = window
        self._site = Site(source, window)
        self._reads = task.reads(window)
        rings = task.rings()
        read = partial(read_pieces, rings=rings)
        if task.grid is not None:
            closed = {k for term in task.terms() for k, stencil in term.steps if stencil.ring}
            read = partial(read_within, closed=closed)
        self._values = [
            _across(task, number, partial(read, source, part), self._reads)
            for number, part in enumerate(gathered(task, window))
        ]
        self.counts: dict[int, Counts] = {}
        self.seen: dict[TermKey, Seen] = {}
        self._made: dict[int, Array] = {}
        self._uses = [number for made in task.products for number in made.partials]

    def take(self, numbers: tuple[int, ...]) -> Iterator[Array]:
        """Yield the partials with these indices in turn."""
        for number in numbers:
            self._uses.remove(number)
            values = self._made.pop(number, None)
            if values is None:
                values = self._make(number)
            if number in self._uses:
                self._made[number] = values
            yield values

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
        if not term.steps:
            values = values.copy()
        given = values
        for (axis, stencil), wanted in zip(term.steps, windows[1:], strict=True):
            out = result_like(values, tuple(part.stop - part.start for part in wanted))
            stencil.apply(real_view(values), wanted[axis], axis, real_view(out))
            values = out
        found = self._adapt(term.steps, given, values)
        if found is not None:
            self.counts[number] = self.counts.get(number, Counts()).plus(found)
        plain = largest(values)
        if term.after is not None:
            np.multiply(values, _typed(term.after.at(self._window, self._site), values), out=values)
        scaled = plain if term.after is None else largest(values)
        self.seen[number, place] = largest(given), plain, scaled
        return values

    def _adapt(self, steps: tuple[Step, ...], given: Array, out: Array) -> Counts | None:
        """Give points next to gaps their values, and return how many, where stencils adapt.

        Of a derivative along three axes they stay missing: no rule says which windows fit.
        """
        if any(isinstance(stencil, TrackStencil) for _, stencil in steps):
            return _adapt_tracks(steps, given, self._window, out)
        adapting = [
            MixedStep(axis, stencil, self._window[axis])
            for axis, stencil in steps
            if isinstance(stencil, AdaptingStencil)
        ]
        if len(adapting) == 1:
            ((axis, stencil, rows),) = adapting
            return stencil.adapt(given, rows, axis, out)
        if len(adapting) == 2:
            return adapt_mixed(adapting[0], adapting[1], given, out)
        return None


def _adapt_tracks(
    steps: tuple[Step, ...], given: Array, window: Window, out: Array
) -> Counts | None:
    """Adapt a derivative along tracks; of a mixed one, points next to gaps stay missing."""
    axis, stencil = steps[0]
    if len(steps) > 1 or not isinstance(stencil, AdaptingTrackStencil):
        return None
    return stencil.adapt(given, window[axis], axis, out)


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
        values = read_across(read, reads, task.poles, number in task.turned)
    return values.astype(task.dtype, copy=False)


def read_pieces(source: Source, origin: Field, reads: Window, rings: tuple[int, ...]) -> Array:
    """Return a window of a field, read in pieces where it extends beyond a periodic axis."""
    pieces = [
        _pieces(part, axis.size, ring, axis.start)
        for part, axis, ring in zip(reads, origin.axes, rings, strict=True)
    ]
    try:
        return _join(source, origin, reads, pieces)
    except OSError as error:
        raise read_error(error) from error


def read_within(source: Source, origin: Field, reads: Window, closed: set[int]) -> Array:
    """Return a window of a field, with missing values where it extends beyond the field.

    Along axes that are ``closed`` the field goes on at its other end.
    """
    sizes = origin.shape
    clipped = [
        (part.start, part.stop)
        if axis in closed
        else (min(max(part.start, 0), size), min(max(part.stop, 0), size))
        for axis, (part, size) in enumerate(zip(reads, sizes, strict=True))
    ]
    values = np.full([part.stop - part.start for part in reads], np.nan, origin.dtype)
    if all(start < stop for start, stop in clipped):
        into = tuple(
            slice(start - part.start, stop - part.start)
            for part, (start, stop) in zip(reads, clipped, strict=True)
        )
        values[into] = read_pieces(source, origin, tuple(slice(*c) for c in clipped), sizes)
    return values


def _join(source: Source, origin: Field, reads: Window, pieces: list[list[slice]]) -> Array:
    read = reader(_read_of(source, origin), origin)
    if all(len(axis_pieces) == 1 for axis_pieces in pieces):
        return read(tuple(p[0] for p in pieces))
    values = np.empty([r.stop - r.start for r in reads], origin.dtype)
    starts = [_offsets(axis_pieces) for axis_pieces in pieces]
    for places in product(
        *(list(zip(p, s, strict=True)) for p, s in zip(pieces, starts, strict=True))
    ):
        window = tuple(piece for piece, _ in places)
        into = tuple(slice(s, s + p.stop - p.start) for p, s in places)
        values[into] = read(window)
    return values


def _read_of(source: Source, origin: Field) -> Read:
    """Return a function that reads a field, or the component of an array that it is."""
    read: Read = partial(source.read, origin.name)
    return read if origin.fixed is None else partial(_component, read, *origin.fixed)


def _component(read: Read, axis: int, index: int, window: Window) -> Array:
    whole = (*window[:axis], slice(index, index + 1), *window[axis:])
    return read(whole).squeeze(axis)


def _pieces(rows: slice, size: int, ring: int, start: int) -> list[slice]:
    """Return rows of an axis as slices of the file, wrapped around at the ends of the axis."""
    pieces, row = [], rows.start
    while row < rows.stop:
        first = row if 0 <= row < size else row % ring
        length = min(size - first, rows.stop - row)
        pieces.append(slice(start + first, start + first + length))
        row += length
    return pieces


def _offsets(pieces: list[slice]) -> list[int]:
    places = [0]
    for piece in pieces[:-1]:
        places.append(places[-1] + piece.stop - piece.start)
    return places


def reader(read: Read, field: Field) -> Read:
    """Return a function that reads windows of arranged axes by means of ``read``."""
    for index, axis in enumerate(field.axes):
        if axis.arrangement is not None:
            chunk = field.storage.chunks[index] if field.storage.chunks else 1
            read = partial(read_points, read, index, axis.arrangement, chunk)
    return read
