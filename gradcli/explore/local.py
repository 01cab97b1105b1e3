"""Values near a place that moves: cubic between points, of tiles that are kept for later."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import product
from math import isfinite, prod
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from gradcli.explore.evaluate import Evaluation
from gradcli.explore.interpolate import Corners
from gradcli.explore.rulers import Ruler
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array
from gradcli.numerics.weights import Floats

NODES = 4  # along each axis: a cubic
SIDES = {1: 512, 2: 32, 3: 12}  # points of a tile along each axis, by their number
FEWEST = 6
KEPT = 2**26  # bytes of tiles
MOST_CELLS = 10_000  # that an axis remembers
ROUNDING = 1e-9  # of a cell, by which a place may lie beyond an end

Nowhere: TypeAlias = Literal["edge", "missing"]


class Wanted(NamedTuple):
    """A result that is wanted, by its task and its name."""

    task: int
    name: str


class LocalValues:
    """Values of some results anywhere on a grid, computed where a path goes.

    Between the points of the grid values are those of a polynomial through the four nearest points
    along each axis. Where one of these is missing they are multilinear.

    Parameters
    ----------
    found : Evaluation
    wanted : sequence of Wanted
    free : sequence of int
        The axes that places may differ on.
    rulers : sequence of Ruler
        Of these axes.
    held : sequence of Corners
        Where places lie on the other axes.
    """

    def __init__(
        self,
        found: Evaluation,
        wanted: Sequence[Wanted],
        free: Sequence[int],
        rulers: Sequence[Ruler],
        held: Sequence[Corners],
    ) -> None:
        self._found, self._wanted = found, list(wanted)
        self._free, self._held = list(free), list(held)
        self._lines = [_Line(ruler) for ruler in rulers]
        self._side = SIDES.get(len(self._free), FEWEST)
        self._tiles: OrderedDict[tuple[int, ...], Array] = OrderedDict()
        size = 8 * len(self._wanted) * (self._side + NODES) ** len(self._free)
        self._most = max(2, KEPT // size)

    def at(self, place: Floats) -> Floats | Nowhere:
        """Return the values at a place, or why there are none."""
        spots = []
        for line, number in zip(self._lines, place.tolist(), strict=True):
            spot = line.find(number)
            if spot is None:
                return "edge"
            spots.append(spot)
        block = self._block([spot.first for spot in spots], [len(spot.weights) for spot in spots])
        values = block
        for spot in reversed(spots):
            values = values @ spot.weights
        if isfinite(values.sum()):
            return values
        values = _linear(block, spots)
        return values if np.isfinite(values).all() else "missing"

    def cell(self, place: Floats) -> Floats:
        """Return the distance of the two points around a place along each axis."""
        return np.array(
            [line.step(number) for line, number in zip(self._lines, place.tolist(), strict=True)]
        )

    def inside(self, place: Floats) -> Floats:
        """Return the nearest place that lies within the ends of all axes."""
        return np.array(
            [line.clip(number) for line, number in zip(self._lines, place.tolist(), strict=True)]
        )

    def _block(self, firsts: list[int], counts: list[int]) -> Array:
        """Return the values of some consecutive points along each axis, one array a result."""
        tile = tuple(first // self._side for first in firsts)
        values = self._tiles.get(tile)
        if values is None:
            values = self._tiles[tile] = self._make(tile)
            while len(self._tiles) > self._most:
                self._tiles.popitem(last=False)
        else:
            self._tiles.move_to_end(tile)
        inside = tuple(
            slice(first - number * self._side, first - number * self._side + count)
            for first, number, count in zip(firsts, tile, counts, strict=True)
        )
        part: Array = values[(slice(None), *inside)]
        return part

    def _make(self, tile: tuple[int, ...]) -> Array:
        """Compute a tile: all points whose stencils begin in it, and those that they reach."""
        runs = [
            line.runs(number * self._side, self._side + NODES - 1)
            for line, number in zip(self._lines, tile, strict=True)
        ]
        shape = [sum(len(run.points) for run in along) for along in runs]
        made = np.empty((len(self._wanted), *shape))
        for parts in product(*runs):
            into = tuple(slice(run.at, run.at + len(run.points)) for run in parts)
            made[(slice(None), *into)] = self._read([run.points for run in parts])
        return made

    def _read(self, ranges: list[range]) -> Array:
        """Return the wanted results in a window along the free axes, at the place on the others."""
        count = len(self._found.results(self._wanted[0].task)[0].axes)
        total: Array | None = None
        for chosen in product(*(range(len(each.points)) for each in self._held)):
            window = [slice(0, 1)] * count
            for axis, points in zip(self._free, ranges, strict=True):
                window[axis] = slice(min(points), max(points) + 1)
            for each, k in zip(self._held, chosen, strict=True):
                for axis, index in zip(each.axes, each.points[k], strict=True):
                    window[axis] = slice(index, index + 1)
            weight = prod(each.weights[k] for each, k in zip(self._held, chosen, strict=True))
            if weight:
                part = weight * self._window(tuple(window), ranges)
                total = part if total is None else total + part
        assert total is not None
        return total

    def _window(self, window: Window, ranges: list[range]) -> Array:
        made = {task: self._found.values(task, window) for task, _ in self._wanted}
        others = tuple(axis for axis in range(len(window)) if axis not in self._free)
        order = np.argsort(np.argsort(self._free))
        turns = tuple(slice(None, None, points.step) for points in ranges)
        found = []
        for task, name in self._wanted:
            values = made[task][name].squeeze(others).transpose(order)
            found.append(values[turns].astype(np.float64))
        return np.stack(found)


class _Run(NamedTuple):
    """Consecutive points of an axis, rising or falling, and where they lie in a tile."""

    at: int
    points: range


class _Spot(NamedTuple):
    """The first of some consecutive places, their weights, and the cell that a place lies in.

    ``share`` is how far in its cell the place lies, whose first point is the ``cell``-th of them.
    """

    first: int
    weights: Floats
    cell: int
    share: float


class _Cell(NamedTuple):
    """What is the same for all places in one cell of a line.

    Attributes
    ----------
    first : int
        The first of the nodes among the points of the axis.
    nodes : list of float
    scales : list of float
        For each node what its product of distances is divided by, in Lagrange's formula.
    within : int
        Which of the nodes is the first of the cell.
    size : float
        The distance of its two points.
    """

    first: int
    nodes: list[float]
    scales: list[float]
    within: int
    size: float


class _Line:
    """Polynomials along one axis, whose places rise."""

    def __init__(self, ruler: Ruler) -> None:
        self._ruler, self._places = ruler, ruler.places
        self._rising: list[float] = ruler.places.tolist()
        self._size = len(self._rising)
        self._low, self._high = self._rising[0], self._rising[-1]
        self.closes = ruler.closes and self._high - self._low < ruler.turn * (1 - 1e-12)
        self._nodes = min(NODES, self._size)
        self._cells: dict[int, _Cell] = {}

    def _wrapped(self, number: float) -> float:
        turn: float = self._ruler.turn
        if not turn or self._low <= number <= self._high:
            return number
        around: float = self._low + (number - self._low) % turn
        return around

    def find(self, number: float) -> _Spot | None:
        """Return where a coordinate lies, or None if beyond an end."""
        number = self._wrapped(number)
        if not self.closes and not self._low <= number <= self._high:
            slack = ROUNDING * self.step(number)
            if not self._low - slack <= number <= self._high + slack:
                return None
            number = min(max(number, self._low), self._high)
        cell = self._cell(number)
        apart = [number - node for node in cell.nodes]
        share = apart[cell.within] / cell.size
        if len(apart) == NODES:  # written out, because most of the time is spent here
            a, b, c, d = apart
            p, q, r, s = cell.scales
            weights = [b * c * d / p, a * c * d / q, a * b * d / r, a * b * c / s]
        else:
            weights = [
                prod(apart[:k] + apart[k + 1 :]) / scale for k, scale in enumerate(cell.scales)
            ]
        return _Spot(cell.first, np.array(weights), cell.within, share)

    def _cell(self, number: float) -> _Cell:
        place = bisect_right(self._rising, number) - 1
        if not self.closes:
            place = min(max(place, 0), max(self._size - 2, 0))
        found = self._cells.get(place)
        if found is None:
            if len(self._cells) > MOST_CELLS:
                self._cells.clear()
            found = self._cells[place] = self._make_cell(place)
        return found

    def _make_cell(self, place: int) -> _Cell:
        first = place - (self._nodes - 1) // 2
        if not self.closes:
            first = min(max(first, 0), self._size - self._nodes)
        nodes = self._at(range(first, first + self._nodes)).tolist()
        scales = [prod(node - other for other in nodes if other != node) for node in nodes]
        within = place - first
        size = nodes[within + 1] - nodes[within] if self._size > 1 else 1.0
        return _Cell(first % self._size, nodes, scales, within, size)

    def _at(self, numbers: range) -> Floats:
        """Return places by their numbers, which may go on around."""
        if numbers.start >= 0 and numbers.stop <= self._size:
            part: Floats = self._places[numbers.start : numbers.stop]
            return part
        every = np.array(numbers)
        found: Floats = self._places[every % self._size] + self._ruler.turn * (every // self._size)
        return found

    def step(self, number: float) -> float:
        """Return the distance of the two places around a coordinate."""
        return self._cell(self._wrapped(number)).size

    def clip(self, number: float) -> float:
        """Return the nearest coordinate within the ends; a longitude may be any turn away.

        It is clipped too where the longitudes do not go all around.
        """
        if self.closes:
            return number
        low: float = self._low
        high: float = self._high
        turn: float = self._ruler.turn
        if not turn:
            return min(max(number, low), high)
        place = self._wrapped(number)
        if low <= place <= high:
            return number
        return number + min(high - place, low + turn - place, key=abs)

    def runs(self, first: int, count: int) -> list[_Run]:
        """Return the points of the axis that some consecutive places are, in pieces."""
        if not self.closes:
            count = min(count, self._size - first)
        runs, done = [], 0
        while done < count:
            place = (first + done) % self._size
            length = min(count - done, self._size - place)
            start = self._ruler.point(place)
            turn = 1 if self._ruler.point(self._size - 1) == self._size - 1 else -1
            runs.append(_Run(done, range(start, start + turn * length, turn)))
            done += length
        return runs


def _linear(block: Array, spots: Sequence[_Spot]) -> Floats:
    """Return multilinear values, to which points without a weight do not matter."""
    values = block
    for spot in reversed(spots):
        ends = [(spot.cell, 1 - spot.share), (spot.cell + 1, spot.share)]
        parts = [weight * values[..., k] for k, weight in ends if weight]
        values = parts[0] if len(parts) == 1 else parts[0] + parts[1]
    return values
