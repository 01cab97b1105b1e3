"""Mixed derivatives beside gaps: both steps take one set of points, a product of two windows.

Adapting one step and then the next over its results would mix rows whose first steps differ in
their windows, and divide the difference of their errors by the step: that does not converge. A
point gets the product of two windows instead, whose points are all valid. Either axis may choose
its window first, as it would alone, and the other makes do with the lines that it crosses. Where
the two choices differ, both are right and their mean is taken, so that the order of the axes does
not matter.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.adapt import (
    STRIP,
    TALL,
    TILE_BYTES,
    AdaptingStencil,
    Counts,
    holds_missing,
)
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch, Term, Window, sum_terms, sum_wrapped, tiles
from gradcli.numerics.windows import Places, Span, offsets_of

Bits = NDArray[Any]  # unsigned: which neighbours along an axis are valid, the furthest before first


class MixedStep(NamedTuple):
    """A step of a mixed derivative: its axis, its stencil and the rows that are given."""

    axis: int
    stencil: AdaptingStencil
    rows: slice


def adapt_mixed(first: MixedStep, second: MixedStep, values: Array, out: Array) -> Counts:
    """Give points beside gaps their mixed derivatives, and return how many.

    Parameters
    ----------
    first, second : MixedStep
    values : ndarray
        The field where both stencils reach.
    out : ndarray
        What both made of it in turn, by `Stencil.apply`.

    Returns
    -------
    Counts
    """
    counts = Counts()
    with np.errstate(invalid="ignore", over="ignore"):
        if not out.size or not holds_missing(values):
            return counts
        if out.flags.f_contiguous and not out.flags.c_contiguous:
            values, out = values.T, out.T
            first, second = (s._replace(axis=out.ndim - 1 - s.axis) for s in (first, second))
        sides = _Side(first), _Side(second)
        scratch = Scratch(out.real.dtype)
        for tile in tiles(out.shape, _extents(out, sides), out.ndim - 1):
            counts = counts.plus(_adapt_tile(sides, values, tile, out, scratch))
    return counts


class _Side:
    """One axis of a mixed derivative: which windows its points may get."""

    def __init__(self, step: MixedStep) -> None:
        self.axis, self.stencil, self.rows = step
        self.base = self.stencil.reach(self.rows).start
        self.reach = self.stencil.windows.reach
        self.needs = self.stencil.needs(self.rows)
        pieces = self.stencil.pieces_in(self.rows)
        whole = [(min(0, *piece.offsets), max(0, *piece.offsets)) for piece in pieces]
        known = self.stencil.windows.spans
        self.spans = known + tuple(dict.fromkeys(s for s in whole if s not in known))
        self.none = len(self.spans)
        self._choice = self.stencil.windows.choice.astype(np.int64)
        self._choice[self._choice == len(known)] = self.none
        self.whole = np.full(self.rows.stop - self.rows.start, self.none)
        for piece, span in zip(pieces, whole, strict=True):
            start, stop = (row - self.rows.start for row in piece.within(self.rows))
            self.whole[start:stop] = self.spans.index(span)

    def read(self, part: slice) -> slice:
        """Return where rows of the result, and what is beside them, lie in the values."""
        first = self.rows.start - self.base
        return slice(first + part.start - self.reach, first + part.stop + self.reach)

    def bits(self, valid: Array) -> Bits:
        """Return which neighbours of each point are valid; of points at the margins, none."""
        kind = np.min_scalar_type((1 << (2 * self.reach + 1)) - 1)
        found = np.zeros(valid.shape, kind)
        count = valid.shape[self.axis] - 2 * self.reach
        inside = found[_along(self.axis, self.reach, self.reach + count)]
        for k in range(2 * self.reach + 1):
            inside |= valid[_along(self.axis, k, k + count)].astype(kind) << kind.type(k)
        return found

    def choose(self, bits: Bits, rows: Places) -> Places:
        """Return the number of the window of each point, by its valid neighbours and its row."""
        left = _runs(self.reach, -1)[bits & np.uint32((1 << self.reach) - 1)]
        right = _runs(self.reach, 1)[bits >> np.uint32(self.reach + 1)]
        alone = (left >= self.needs[0][rows]) & (right >= self.needs[1][rows])
        return np.where(alone, self.whole[rows], self._choice[left * (self.reach + 1) + right])

    def weighed(self, span: Span, rows: Places, like: Array) -> tuple[list[Term], list[Array], int]:
        """Return how the neighbours in a window are joined, their weights, and in which units."""
        weights, exponent = self.stencil.weights, self.stencil.exponent
        exact = np.ldexp(weights.of(span, rows + self.rows.start), -exponent)
        if weights.varies:
            exact = exact.repeat(like.itemsize // like.real.itemsize, axis=1)
        return weights.terms(span), list(exact.astype(like.real.dtype)), exponent


@cache
def _runs(reach: int, side: int) -> NDArray[np.int64]:
    """Return how many neighbours in a row are valid on one side, for all bits of that side.

    >>> _runs(2, -1).tolist(), _runs(2, 1).tolist()
    ([0, 0, 1, 2], [0, 1, 0, 2])
    """
    bits = np.arange(1 << reach)[:, None] >> np.arange(reach)[::side] & 1
    runs: NDArray[np.int64] = np.logical_and.accumulate(bits.astype(bool), axis=1).sum(axis=1)
    return runs


class _Points(NamedTuple):
    """Points of a tile: where they lie in its numbers, and in which rows of both axes."""

    places: Places
    rows: tuple[Places, Places]

    def take(self, some: Places | slice) -> _Points:
        return _Points(self.places[some], (self.rows[0][some], self.rows[1][some]))


class _Tile(NamedTuple):
    """The numbers of a tile and what is beside it, and steps in them along both axes."""

    sides: tuple[_Side, _Side]
    numbers: Array
    steps: tuple[int, int]
    scratch: Scratch


def _extents(out: Array, sides: tuple[_Side, _Side]) -> tuple[int, ...]:
    """Return the shape of tiles that are tall along both axes, so that they read little twice."""
    cells = TILE_BYTES // out.itemsize
    slow, fast = sorted(sides, key=lambda side: side.axis)
    extents = [1] * out.ndim
    extents[slow.axis] = min(out.shape[slow.axis], TALL * slow.reach)
    for axis in (fast.axis, *reversed(range(out.ndim))):
        if axis != slow.axis and extents[axis] == 1:
            left = cells // int(np.prod(extents))
            tall = TALL * fast.reach if axis == fast.axis else 1
            extents[axis] = min(out.shape[axis], max(left, tall))
    more = max(1, cells // int(np.prod(extents)))
    extents[slow.axis] = min(out.shape[slow.axis], extents[slow.axis] * more)
    return tuple(extents)


def _adapt_tile(
    sides: tuple[_Side, _Side], values: Array, tile: Window, out: Array, scratch: Scratch
) -> Counts:
    """Give the points of a tile that are beside gaps their values."""
    if not holds_missing(out[tile]):
        return Counts()
    numbers, inside = _with_margins(sides, values, tile)
    valid = ~np.isnan(numbers)
    made = out[tile]
    touched = np.zeros(valid.shape, bool)
    touched[inside] = np.isnan(made) & valid[inside]
    places = np.flatnonzero(touched)
    steps = tuple(int(np.prod(valid.shape[side.axis + 1 :])) for side in sides)
    rows = tuple(
        places // step % valid.shape[side.axis] - side.reach + tile[side.axis].start
        for side, step in zip(sides, steps, strict=True)
    )
    at = _Tile(sides, numbers.reshape(-1), (steps[0], steps[1]), scratch)
    bits = tuple(side.bits(valid).reshape(-1) for side in sides)
    points = _Points(places, (rows[0], rows[1]))
    choices = [_choose(at, points, bits, by) for by in (0, 1)]
    # What rows without gaps have is left: missing ends, and values that overflow.
    plain = [side.whole[row] for side, row in zip(sides, rows, strict=True)]
    gaps = (choices[0] != plain[0] * (sides[1].none + 1) + plain[1]) & (plain[0] != sides[0].none)
    gaps &= plain[1] != sides[1].none
    points, choices = points.take(gaps), [choice[gaps] for choice in choices]
    sums = _sum_all(at, points, choices)
    given = int((np.minimum(*choices) < _no_pair(sides)).sum())
    whole = np.empty_like(numbers)
    whole[inside] = made
    if numbers.dtype.kind == "c":
        whole[~valid] = complex(np.nan, np.nan)
    whole.reshape(-1)[points.places] = sums
    out[tile] = whole[inside]
    return Counts(given, len(sums) - given)


def _with_margins(sides: tuple[_Side, _Side], values: Array, tile: Window) -> tuple[Array, Window]:
    """Return the numbers of a tile and what is beside it, missing outside of the axes."""
    read, into, inside = list(tile), [slice(None)] * len(tile), [slice(None)] * len(tile)
    shape = [part.stop - part.start for part in tile]
    for side in sides:
        part, axis = side.read(tile[side.axis]), side.axis
        held = slice(max(part.start, 0), min(part.stop, values.shape[axis]))
        read[axis] = held
        into[axis] = slice(held.start - part.start, held.stop - part.start)
        inside[axis] = slice(side.reach, side.reach + shape[axis])
        shape[axis] += 2 * side.reach
    numbers = np.full(shape, np.nan, values.dtype)
    numbers[tuple(into)] = values[tuple(read)]
    return numbers, tuple(inside)


def _no_pair(sides: tuple[_Side, _Side]) -> int:
    """Return the number of a pair of windows that stands for none."""
    return (sides[0].none + 1) * (sides[1].none + 1)


def _choose(at: _Tile, points: _Points, bits: tuple[Bits, ...], by: int) -> Places:
    """Return the number of the pair of windows that each point gets, one side choosing first.

    The other counts the lines across that are valid all through that window.
    """
    one, other = at.sides[by], at.sides[1 - by]
    chosen = one.choose(bits[by][points.places], points.rows[by])
    common = np.zeros(len(chosen), np.uint32)
    for number, some in _groups(chosen):
        if number < one.none:
            low, high = one.spans[number]
            reads = points.places[some] + at.steps[by] * np.arange(low, high + 1)[:, None]
            common[some] = np.bitwise_and.reduce(bits[1 - by][reads], axis=0)
    rest = other.choose(common, points.rows[1 - by])
    first, second = (chosen, rest) if by == 0 else (rest, chosen)
    pairs = first * (at.sides[1].none + 1) + second
    pairs[(chosen == one.none) | (rest == other.none)] = _no_pair(at.sides)
    return pairs


def _groups(numbers: Places) -> list[tuple[int, Places]]:
    """Return each number with the places where it stands, a strip of them at a time."""
    order = np.argsort(numbers, kind="stable")
    sorted_numbers = numbers[order]
    ends = np.flatnonzero(np.diff(sorted_numbers, append=-1)) + 1
    found, start = [], 0
    for end in ends.tolist():
        number = int(sorted_numbers[start])
        found += [(number, order[i : min(i + STRIP, end)]) for i in range(start, end, STRIP)]
        start = end
    return found


def _sum_all(at: _Tile, points: _Points, choices: list[Places]) -> Array:
    """Return the derivatives of points: the mean where two pairs of windows will do."""
    both = [np.full(len(points.places), np.nan, at.numbers.dtype) for _ in choices]
    none = _no_pair(at.sides)
    for choice, sums in zip(choices, both, strict=True):
        for pair, some in _groups(choice):
            if pair < none:
                _sum(at, points, pair, some, sums)
    one, other = (choice < none for choice in choices)
    found = np.where(one, *both)
    differ = one & other & (choices[0] != choices[1])
    real = found.real.dtype
    halves = [sums[differ].view(real) / 2 for sums in both]
    found[differ] = np.add(*halves).view(found.dtype)
    return found


def _sum(at: _Tile, points: _Points, pair: int, some: Places, sums: Array) -> None:
    """Write the derivatives of points that share a pair of windows."""
    inner, outer = at.sides
    numbers = divmod(pair, outer.none + 1)
    spans = inner.spans[numbers[0]], outer.spans[numbers[1]]
    here = points.take(some)
    real = sums.real.dtype
    terms, factors, exponent = inner.weighed(spans[0], here.rows[0], sums)
    reads = here.places + at.steps[0] * np.array([0, *offsets_of(spans[0])])[:, None]
    lines = []
    for k in (0, *offsets_of(spans[1])):
        point, *near = at.numbers.take(reads + k * at.steps[1]).view(real)
        line = np.empty_like(point)
        if inner.stencil.wraps is None:
            sum_terms(point, near, factors, terms, line, at.scratch)
        else:
            away, period = offsets_of(spans[0]), inner.stencil.wraps
            sum_wrapped(point, near, factors, away, period, line, at.scratch)
        lines.append(np.ldexp(line, exponent) if exponent else line)
    terms, factors, exponent = outer.weighed(spans[1], here.rows[1], sums)
    total = np.empty_like(lines[0])
    sum_terms(lines[0], lines[1:], factors, terms, total, at.scratch)
    if exponent:
        np.ldexp(total, exponent, out=total)
    sums[some] = total.view(sums.dtype)


def _along(axis: int, start: int, stop: int) -> Window:
    return (*(slice(None),) * axis, slice(start, stop))
