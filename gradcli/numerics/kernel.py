"""The kernel: weighted sums of differences, tile by tile, in place.

A tile, its neighbours and its scratch arrays fit in the cache. Numpy processes long one-dimensional
runs several times faster than short rows, so a tile is processed as one run wherever it is
contiguous. A run over several slabs continues across the ends of the axis. The few sums that mix
two slabs fall on rows outside of the segment, and are overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from gradcli.numerics.dtypes import Array
from gradcli.record import field, record, replace

Term = tuple[int, int, str]
Window = tuple[slice, ...]

TILE_BYTES = 2**20  # with smaller tiles, threads lose more time at the interpreter than they save
WIDE = 8  # neighbours that may have a weight per element before tiles are made smaller
FEW_EDGES = 16  # up to this many edge rows are computed along with each tile
LINE = 64  # bytes of a cache line
SHORT = 32  # for inner runs shorter than this, weights are repeated instead of broadcast


def terms_of(offsets: tuple[int, ...], weights: Array | None) -> list[Term]:
    """Return the terms of a sum over neighbours. A mirrored pair of neighbours may be one term.

    ``odd``: the two weights are opposite, so the point itself cancels: ``w (f_k - f_-k)``.
    ``even``: the two weights are equal: ``w ((f_k - f_0) + (f_-k - f_0))``. ``alone``: a single
    neighbour: ``w (f_k - f_0)``. Weights that differ by row (``weights`` is None) are never paired,
    because this would depend on which rows a block has.

    >>> terms_of((-1, 1), np.array([-0.5, 0.5]))
    [(1, 0, 'odd')]
    """
    last = len(offsets) - 1
    if weights is not None and all(offsets[k] == -offsets[last - k] for k in range(last + 1)):
        for form, sign in (("odd", -1), ("even", 1)):
            if (weights == sign * weights[::-1]).all():
                pairs = [(k, last - k) for k in range((last + 1) // 2, last + 1)]
                if form == "odd":  # by the weight above 0: below it, 0 would become -0.0
                    pairs = [(k, m) if weights[k] >= 0 else (m, k) for k, m in pairs]
                return [(k, m, form) for k, m in pairs]
    return [(k, k, "alone") for k in range(last + 1)]


@record(frozen=True)
class Segment:
    """Rows whose neighbours have the same offsets, with weights in the type of the field.

    Attributes
    ----------
    start, stop : int
        The rows, counted in the result.
    point : int
        Index of the first row in the values.
    offsets : tuple of int
        Offsets of the neighbours.
    weights : ndarray
        Shape (neighbours, 1 or rows).
    terms : list of (neighbour, mirror, form)
        How neighbours are paired; see `terms_of`.
    wraps : float or None
        The period at which the values wrap; see `sum_wrapped`.
    """

    start: int
    stop: int
    point: int
    offsets: tuple[int, ...]
    weights: Array
    terms: list[Term]
    wraps: float | None = None
    patterns: dict[int, list[Array]] = field(default_factory=dict)

    @property
    def varies(self) -> bool:
        """Whether weights differ by row."""
        return len(self.weights[0]) > 1

    def part(self, start: int, stop: int) -> Segment:
        """Return the segment limited to some of its rows."""
        if (start, stop) == (self.start, self.stop):
            return self
        first = start - self.start
        weights = self.weights[:, first : stop - self.start] if self.varies else self.weights
        point = self.point + first
        return Segment(start, stop, point, self.offsets, weights, self.terms, self.wraps)

    def sum(
        self,
        point: Array,
        near: list[Array],
        weights: list[Array],
        target: Array,
        scratch: Scratch,
    ) -> None:
        """Write the sums over the neighbours of some points into ``target``."""
        if self.wraps is None:
            sum_terms(point, near, weights, self.terms, target, scratch)
        else:
            sum_wrapped(point, near, weights, self.offsets, self.wraps, target, scratch)

    def along_slabs(self, rest: int, inner: int, count: int) -> list[Array]:
        """Return the weights of each neighbour along a run of ``count`` numbers through slabs.

        A slab has ``rest`` rows beyond the segment, with weight 0, and ``inner`` numbers per row.
        """
        if not self.varies:
            return [column[0] for column in self.weights]
        made = self.patterns.get(inner, [])
        if not made or len(made[0]) < count:
            none = np.zeros(rest * inner, self.weights.dtype)
            slabs = [np.concatenate([np.repeat(column, inner), none]) for column in self.weights]
            made = self.patterns[inner] = [np.tile(s, -(-count // len(s))) for s in slabs]
        return [column[:count] for column in made]


class Scratch:
    """Arrays that all tiles reuse."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._arrays: dict[object, Array] = {}

    def take(self, use: object, count: int) -> Array:
        """Return an array of ``count`` arbitrary numbers for a given use."""
        kept = self._arrays.get(use)
        if kept is None or len(kept) < count:
            kept = self._arrays[use] = aligned(count, self._dtype)
        return kept[:count]

    def as_run(self, values: Array) -> Array:
        """Return values as a one-dimensional run, copied only if they are not contiguous."""
        if values.flags.c_contiguous:
            return values.reshape(-1)
        run = self.take("source", values.size)
        np.copyto(run.reshape(values.shape), values)
        return run


def aligned(count: int, dtype: np.dtype[Any]) -> Array:
    """Return an array of arbitrary numbers that begins where a cache line does.

    Sums into other places take twice the time, because each vector is written to two lines.

    >>> aligned(3, np.dtype("f4")).__array_interface__["data"][0] % LINE
    0
    """
    room = np.empty(count * dtype.itemsize + LINE, np.uint8)
    first = -room.__array_interface__["data"][0] % LINE
    return room[first : first + count * dtype.itemsize].view(dtype)


def sweep(values: Array, axis: int, out: Array, segments: list[Segment]) -> None:
    """Write the sums of all segments into ``out``.

    Parameters
    ----------
    values : ndarray, floating
        The field, with all rows that the segments read.
    axis : int
    out : ndarray
        Same type, and same shape except along ``axis``. Rows outside of all segments are left
        with arbitrary values.
    segments : list of Segment
    """
    if out.flags.f_contiguous and not out.flags.c_contiguous:
        values, out, axis = values.T, out.T, out.ndim - 1 - axis
    widest = max((len(s.offsets) for s in segments if s.varies), default=0)
    cells = TILE_BYTES // out.itemsize // max(1, widest // WIDE)
    extents = out.shape if 0 < out.size <= cells else tile_extents(out.shape, cells)
    split = next((i for i, extent in enumerate(extents) if extent > 1), out.ndim - 1)
    scratch = Scratch(out.dtype)
    # The longest segment first, because it may spill into rows of the others.
    segments = sorted(segments, key=lambda segment: segment.start - segment.stop)
    edges = [s for s in segments[1:] if s.stop - s.start == 1]
    if len(edges) > FEW_EDGES:
        segments = segments[: len(segments) - len(edges)]
    # Tiles shorter than a row advance along the axis, because the rows that they share are cached.
    for tile in tiles(out.shape, extents, axis if split > axis else out.ndim - 1):
        for number, segment in enumerate(segments):
            start, stop = max(segment.start, tile[axis].start), min(segment.stop, tile[axis].stop)
            if start < stop:
                part, work = segment.part(start, stop), _by_rows
                if split == axis:
                    work = _in_one_slab
                elif split < axis and not number:
                    work = _across_slabs
                work(values, tile, axis, out, part, scratch)
    if len(edges) > FEW_EDGES:
        # Many edge rows are computed one by one: within each tile, calls would outweigh the sums.
        flat = (*out.shape[:axis], 1, *out.shape[axis + 1 :])
        apart = axis > 0 and prod(out.shape[axis + 1 :]) < SHORT
        extents = tile_extents(flat, TILE_BYTES // out.itemsize // (len(edges) if apart else 1))
        for tile in tiles(flat, extents, out.ndim - 1):
            if apart:
                _turned(values, tile, axis, out, edges, scratch)
            else:
                for edge in edges:
                    _by_rows(values, tile, axis, out, edge, scratch)


def tile_extents(shape: tuple[int, ...], cells: int) -> tuple[int, ...]:
    """Return the extents of tiles of about ``cells`` cells, which fill the last axes first.

    >>> tile_extents((2, 6, 4), 10)
    (1, 2, 4)
    """
    extents = []
    for size in reversed(shape):
        extents.append(max(1, min(size, cells)))
        cells //= max(1, size)
    return tuple(reversed(extents))


def tiles(shape: tuple[int, ...], extents: tuple[int, ...], fastest: int) -> Iterator[Window]:
    """Yield windows of given extents that cover a shape, with one axis varying fastest.

    >>> list(tiles((2, 3), (1, 3), 1))
    [(slice(0, 1, None), slice(0, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    ranges = [
        [slice(i, min(i + step, size)) for i in range(0, size, step)]
        for size, step in zip(shape, extents, strict=True)
    ]
    last = ranges.pop(fastest)
    for others in product(*ranges):
        for part in last:
            yield (*others[:fastest], part, *others[fastest:])


def _by_rows(
    values: Array, tile: Window, axis: int, out: Array, part: Segment, scratch: Scratch
) -> None:
    """Process a tile without flattening it."""
    count = part.stop - part.start
    firsts = [part.point + k for k in (0, *part.offsets)]
    point, *near = [values[_rows(tile, axis, first, first + count)] for first in firsts]
    spread = (-1,) + (1,) * (out.ndim - axis - 1)
    weights = [column.reshape(spread) for column in part.weights]
    target = out[_rows(tile, axis, part.start, part.stop)]
    part.sum(point, near, weights, target, scratch)


def _turned(
    values: Array, tile: Window, axis: int, out: Array, edges: list[Segment], scratch: Scratch
) -> None:
    """Process single rows whose numbers lie far apart, in copies with the axis first."""
    edges = sorted(edges, key=lambda edge: edge.start)
    cuts = [k for k in range(1, len(edges)) if edges[k].start > edges[k - 1].stop]
    for begin, end in zip([0, *cuts], [*cuts, len(edges)], strict=True):
        some = edges[begin:end]
        start, stop = some[0].start, some[-1].stop
        low = min(edge.point + min(0, *edge.offsets) for edge in some)
        high = max(edge.point + 1 + max(0, *edge.offsets) for edge in some)
        near = np.moveaxis(values[_rows(tile, axis, low, high)], axis, 0)
        copied = scratch.take("turned", near.size).reshape(near.shape)
        np.copyto(copied, near)
        made = scratch.take("made", near.size // len(near) * (stop - start))
        made = made.reshape(stop - start, *near.shape[1:])
        whole = tuple(slice(0, size) for size in made.shape)
        for edge in some:
            row = replace(
                edge, start=edge.start - start, stop=edge.stop - start, point=edge.point - low
            )
            _by_rows(copied, whole, 0, made, row, scratch)
        np.copyto(out[_rows(tile, axis, start, stop)], np.moveaxis(made, 0, axis))


def _in_one_slab(
    values: Array, tile: Window, axis: int, out: Array, part: Segment, scratch: Scratch
) -> None:
    """Process rows of a single slab as one run."""
    count, low, high = part.stop - part.start, min(0, *part.offsets), max(0, *part.offsets)
    reads = _rows(tile, axis, part.point + low, part.point + count + high)
    numbers = scratch.as_run(values[reads])
    target = out[_rows(tile, axis, part.start, part.stop)]
    inner = target.size // count
    firsts = [(k - low) * inner for k in (0, *part.offsets)]
    point, *near = [numbers[first : first + target.size] for first in firsts]
    weights = list(part.weights)
    if part.varies and inner < SHORT:
        weights = [np.repeat(column, inner) for column in weights]
    elif part.varies:
        weights = [column[:, None] for column in weights]
        point, *near = [run.reshape(count, inner) for run in (point, *near)]
    direct = target.flags.c_contiguous
    sums = (target if direct else scratch.take("sums", target.size)).reshape(point.shape)
    part.sum(point, near, weights, sums, scratch)
    if not direct:
        np.copyto(target, sums.reshape(target.shape))


def _across_slabs(
    values: Array, tile: Window, axis: int, out: Array, part: Segment, scratch: Scratch
) -> None:
    """Process whole slabs as one run, from the first row of the first to the last of the last."""
    count, height = part.stop - part.start, values.shape[axis]
    slabs = values[_rows(tile, axis, 0, height)]
    numbers = scratch.as_run(slabs)
    inner = prod(slabs.shape[axis + 1 :])
    begin, end = part.point * inner, len(numbers) - (height - part.point - count) * inner
    point, *near = [numbers[begin + k * inner : end + k * inner] for k in (0, *part.offsets)]
    weights = part.along_slabs(height - count, inner, end - begin)
    whole = out[tile]
    direct = whole.flags.c_contiguous and whole.shape == slabs.shape and part.point == part.start
    sums = whole.reshape(-1) if direct else scratch.take("sums", len(numbers))
    part.sum(point, near, weights, sums[begin:end], scratch)
    if not direct:
        made = sums.reshape(slabs.shape)[
            _rows((slice(None),) * out.ndim, axis, part.point, part.point + count)
        ]
        np.copyto(out[_rows(tile, axis, part.start, part.stop)], made)


def _rows(tile: Window, axis: int, start: int, stop: int) -> Window:
    return (*tile[:axis], slice(start, stop), *tile[axis + 1 :])


def sum_terms(
    point: Array,
    near: list[Array],
    weights: list[Array],
    terms: list[Term],
    target: Array,
    scratch: Scratch,
) -> None:
    """Sum the terms of all neighbours. Constants give exactly 0; a missing point stays missing."""
    for number, (k, mirror, form) in enumerate(terms):
        into = scratch.take("first", target.size).reshape(target.shape) if number else target
        np.subtract(near[k], near[mirror] if form == "odd" else point, out=into)
        if form == "even":
            second = scratch.take("second", target.size).reshape(target.shape)
            np.subtract(near[mirror], point, out=second)
            np.add(into, second, out=into)
        np.multiply(into, weights[k], out=into)
        if number:
            np.add(target, into, out=target)
    if all(weights[k].item(0) < 0 for k, _, _ in terms):
        np.add(target, 0.0, out=target)  # -0.0 becomes 0.0
    if terms[0][2] == "odd" and np.isnan(np.maximum.reduce(point, axis=None)):
        target[np.isnan(point)] = np.nan


def sum_wrapped(
    point: Array,
    near: list[Array],
    weights: list[Array],
    offsets: tuple[int, ...],
    period: float,
    target: Array,
    scratch: Scratch,
) -> None:
    """Sum the differences of values that wrap at a period, such as angles.

    Each step from one neighbour to the next is taken the short way around, and steps are added up
    outwards from the point. A sum therefore depends on nothing but the values that it is made of.

    >>> angles = np.array([350.0, 355.0, 2.0])
    >>> out, scratch = np.empty(1), Scratch(angles.dtype)
    >>> weights = [np.array(-0.5), np.array(0.5)]
    >>> sum_wrapped(angles[1:2], [angles[:1], angles[2:]], weights, (-1, 1), 360.0, out, scratch)
    >>> out
    array([6.])
    """
    step = scratch.take("first", target.size).reshape(target.shape)
    turns = scratch.take("second", target.size).reshape(target.shape)
    total = scratch.take("total", target.size).reshape(target.shape)
    target[...] = 0.0
    for side in (-1, 1):
        before = point
        total[...] = 0.0
        for k in _outwards(offsets, side):
            np.subtract(near[k], before, out=step)
            np.divide(step, period, out=turns)
            np.rint(turns, out=turns)
            np.multiply(turns, period, out=turns)
            np.subtract(step, turns, out=step)
            np.add(total, step, out=total)
            np.multiply(total, weights[k], out=step)
            np.add(target, step, out=target)
            before = near[k]


def _outwards(offsets: tuple[int, ...], side: int) -> list[int]:
    """Return the numbers of the neighbours on one side, the nearest first.

    >>> _outwards((-2, -1, 1), -1)
    [1, 0]
    """
    beside = [k for k, offset in enumerate(offsets) if offset * side > 0]
    return sorted(beside, key=lambda k: abs(offsets[k]))
