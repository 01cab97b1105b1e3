"""An axis that arrives row by row, and its stencil.

The result at a row depends on the rows up to the furthest that its stencil uses, never on how many
more have arrived. So it does not matter in which portions the bytes come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError, located
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import EQUAL_ULPS, FLOAT64_EPS, Spacing
from gradcli.numerics.dtypes import Array
from gradcli.numerics.schemes import Scheme, edge_notes
from gradcli.numerics.stencils import Stencil, along
from gradcli.numerics.weights import Floats, in_range
from gradcli.record import field, record, replace

# Steps of points within EQUAL_ULPS roundings of a line are this close to the mean of earlier steps.
STEP_ULPS = 4 * EQUAL_ULPS
BLOCK_ROWS = 2**14  # rows whose weights are computed at a time
OPEN_SIZE = 2**62


class Flaw(NamedTuple):
    """An invalid coordinate: the number of its row, and what is wrong with it."""

    row: int
    words: str


class LiveAxis:
    """The part of an axis that has arrived: its coordinates, or else the number of rows.

    Attributes
    ----------
    count : int
        Number of rows that have arrived.
    ended : bool
        Whether these are all.
    even : int
        Number of rows, from the first on, with equal steps up to rounding.
    """

    def __init__(self) -> None:
        self.count = 0
        self.ended = False
        self.even = 0
        self.first = 0.0
        self._nodes: Floats = np.empty(0)
        self._start = 0
        self._largest = 0.0

    def grow(self, count: int) -> None:
        """Add rows without coordinates."""
        self.count += count
        self.even = self.count

    def extend(self, values: Floats) -> Flaw | None:
        """Add the coordinates of new rows, up to the first that is invalid, and return its flaw.

        >>> axis = LiveAxis()
        >>> axis.extend(np.array([0.0, 1.0, 2.0, 4.0])), axis.count, axis.even
        (None, 4, 3)
        >>> axis.extend(np.array([5.0, 4.0]))
        Flaw(row=5, words='changes direction')
        """
        flaw = self._flaw(values)
        if flaw is not None:
            values = values[: flaw.row - self.count]
        if not self.count and len(values):
            self.first = float(values[0])
        self._nodes = np.concatenate([self._nodes, values])
        old, self.count = self.count, self.count + len(values)
        if self.even == old:
            self.even = self._even_from(max(1, old))
        return flaw

    def _flaw(self, values: Floats) -> Flaw | None:
        last = self._nodes[-1:]
        steps = np.diff(np.concatenate([last, values]))
        known = np.concatenate([np.diff(self._nodes[-2:]), steps])
        ahead = np.sign(known[0]) if len(known) else 1.0
        wrong = np.zeros(len(values), bool)
        wrong[len(values) - len(steps) :] = np.sign(steps) != (ahead or 1.0)
        wrong |= ~np.isfinite(values)
        if not wrong.any():
            return None
        place = int(wrong.argmax())
        before = float(values[place - 1] if place else last[0] if len(last) else np.nan)
        if not np.isfinite(values[place]):
            words = "is missing" if np.isnan(values[place]) else "is infinite"
        else:
            words = "repeats the one before" if values[place] == before else "changes direction"
        return Flaw(self.count + place, words)

    def _even_from(self, row: int) -> int:
        """Return how many rows have equal steps, given that those before ``row`` do."""
        if row >= self.count:
            return self.count
        points = self._nodes[row - 1 - self._start :]
        sizes = np.maximum.accumulate(np.abs(points))
        sizes = np.maximum(sizes, max(self._largest, abs(self.first)))
        self._largest = float(sizes[-1])
        index = np.arange(row - 1, self.count - 1)
        # Compare each step with the mean of those before it.
        mean = (points[:-1] - self.first) / np.maximum(index, 1)
        off = np.abs(np.diff(points) - mean) > STEP_ULPS * FLOAT64_EPS * sizes[1:]
        off[index == 0] = False
        return row + int(off.argmax()) if off.any() else self.count

    def nodes(self, rows: slice) -> Floats:
        """Return the coordinates of some rows, which must not have been dropped."""
        return self._nodes[rows.start - self._start : rows.stop - self._start]

    def forget(self, row: int) -> None:
        """Drop the coordinates before a row, but keep the last two."""
        gone = min(row - self._start, len(self._nodes) - 2)
        if gone > 0:
            self._nodes = self._nodes[gone:].copy()
            self._start += gone

    def mean_steps(self, rows: NDArray[np.int64]) -> Floats:
        """Return the mean of all steps up to each of the given rows."""
        steps: Floats = (self._nodes[rows - self._start] - self.first) / rows
        return steps


@record(frozen=True, kw_only=True)
class LiveStencil(Stencil):
    """The stencil of a live axis, made for the part of the axis that is in memory.

    Attributes
    ----------
    name : str
        Name of the axis, for messages.
    scheme : Scheme
    axis : LiveAxis
    step : float or None
        The equal step, if given; otherwise the coordinates are used.
    scale : float
        Factor on the coordinates.
    early : tuple of int
        For each of the first rows, the furthest row that it or an earlier row uses. Later rows
        use up to ``wide`` rows after themselves.
    """

    name: str
    scheme: Scheme
    axis: LiveAxis
    step: float | None
    scale: float
    early: tuple[int, ...]
    wide: int
    made: dict[tuple[object, ...], Stencil] = field(default_factory=dict)

    @property
    def _margin(self) -> int:
        """Rows needed on either side for a part of the axis to give the weights of the whole."""
        first, last = self.scheme.offsets(False)
        return 2 * max(self.scheme.edge_width, last - first + 1)

    def look(self, row: int) -> int:
        """Return the furthest row that a row, or one before it, uses."""
        return max(row + self.wide, self.early[min(row, len(self.early) - 1)])

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read for some rows."""
        stop = self.look(rows.stop - 1) + 1
        if self.axis.ended:
            stop = max(rows.stop, min(stop, self.axis.count))
        return slice(max(0, rows.start - self._margin), stop)

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        return 2 * self._margin

    def held(self) -> int:
        """Return the bytes of the weights of a block."""
        return 16 * BLOCK_ROWS * self._margin

    def gain(self) -> float:
        """Return the amplification of independent errors of the values, away from the edges."""
        step = self.step
        if step is None:
            last = self.axis.count - 1
            if last < 1:
                return 0.0
            step = float(self.axis.mean_steps(np.array([last]))[0])
        spacing = Spacing("equal", 2 * self._margin, step, 1.0, 1.0)
        return make_stencil(self.name, spacing, self.scheme).gain()

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the derivative at some rows into ``out``, as `Stencil.apply` does."""
        base = self.reach(rows).start
        for part, equal in self._parts(rows):
            first = max(0, part.start - self._margin)
            small = self._once(slice(first, part.stop), equal)
            local = slice(part.start - first, part.stop - first)
            reads = small.reach(local)
            given = along(values, axis, reads.start + first - base, reads.stop + first - base)
            target = along(out, axis, part.start - rows.start, part.stop - rows.start)
            small.apply(given, local, axis, target)

    def notes(self, rows: int) -> Iterator[str]:
        """Yield notes on what came, of so many rows in all."""
        yield from edge_notes(self.name, self.scheme, rows)

    def _parts(self, rows: slice) -> Iterator[tuple[slice, bool]]:
        """Yield the rows whose stencils see equal steps only, then the others."""
        axis = self.axis
        change = rows.stop if axis.even == axis.count else self._equal_rows()
        if rows.start < change:
            yield slice(rows.start, min(change, rows.stop)), True
        if change < rows.stop:
            yield slice(max(change, rows.start), rows.stop), False

    def _equal_rows(self) -> int:
        """Return the number of rows whose stencils see equal steps only."""
        row = max(0, self.axis.even - self.wide)
        while row and self.look(row - 1) >= self.axis.even:
            row -= 1
        return row

    def _once(self, rows: slice, equal: bool) -> Stencil:
        """Return the stencil around some rows, cached because many columns need it in turn."""
        key = rows.start, rows.stop, equal, self.axis.count, self.axis.ended, self.wraps
        if key not in self.made:
            if len(self.made) > 1:
                self.made.clear()
            self.made[key] = replace(self._small(rows, equal), wraps=self.wraps)
        return self.made[key]

    def _small(self, rows: slice, equal: bool) -> Stencil:
        """Make the stencil of the axis around some rows, counted from the first of them."""
        stop = min(self.axis.count, rows.stop + self._margin)
        size = stop - rows.start
        if self.step is not None:
            spacing = Spacing("index", size, self.step, 1.0, 1.0)
            return make_stencil(self.name, spacing, self.scheme)
        if equal:
            unit = make_stencil(self.name, Spacing("equal", size, 1.0, 1.0, 1.0), self.scheme)
            return self._stretched(unit, rows)
        nodes = self.scale * self.axis.nodes(slice(rows.start, stop))
        spacing = Spacing("uneven", size, 1.0, 1.0, 1.0, nodes)
        return make_stencil(self.name, spacing, self.scheme)

    def _stretched(self, unit: Stencil, rows: slice) -> Stencil:
        """Scale a stencil of unit steps to the mean step of the rows up to the furthest used."""
        first, count = rows.start, rows.stop - rows.start
        every = np.arange(first, rows.stop)
        early = np.array(self.early)[np.minimum(every, len(self.early) - 1)]
        looked = np.minimum(np.maximum(every + self.wide, early), self.axis.count - 1)
        steps = self.scale * self.axis.mean_steps(looked)
        pieces = []
        for piece in unit.pieces_in(slice(0, count)):
            assert piece.weights is not None
            stop = min(piece.stop, count)
            weights = self._scaled(piece.weights, steps[piece.start : stop])
            like = piece.weights[0]
            pieces.append(piece._replace(stop=stop, weights=np.asfortranarray(weights), like=like))
        return replace(unit, pieces=tuple(pieces))

    def _scaled(self, weights: Floats, steps: Floats) -> Floats:
        with np.errstate(all="ignore"):
            scaled = weights / steps[:, None] ** self.scheme.order
        try:
            return in_range(scaled, np.outer(steps, (0.0, 1.0)))
        except InputError as error:
            raise located(f"axis {self.name}", error) from None


def make_live_stencil(
    name: str, axis: LiveAxis, scheme: Scheme, step: float | None = None, scale: float = 1.0
) -> LiveStencil:
    """Return the stencil of a live axis.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    axis : LiveAxis
    scheme : Scheme
    step : float, optional
        The equal step, in place of coordinates.
    scale : float
        Factor on the coordinates.

    Examples
    --------
    >>> axis = LiveAxis()
    >>> stencil = make_live_stencil("t", axis, Scheme(edge_order=2))
    >>> axis.extend(np.array([0.0, 1.0, 3.0]))
    >>> axis.ended, out = True, np.empty(3)
    >>> stencil.apply(np.array([0.0, 1.0, 9.0]), slice(0, 3), 0, out)
    >>> out
    array([0., 2., 6.])
    """
    first, last = scheme.offsets(False)
    if scheme.edges == "missing":
        early = [last - first]
    else:
        early = [scheme.edge_width - 1]
        for row in range(-first):
            window = scheme.window(row, OPEN_SIZE)
            assert window is not None
            # Unless more rows follow it than precede it, a row would lean the other way.
            early.append(max(early[-1], row + window[1], 2 * row + 1))
        early = early[1:] or early
    return LiveStencil(
        OPEN_SIZE,
        (),
        name=name,
        scheme=scheme,
        axis=axis,
        step=step,
        scale=scale,
        early=tuple(early),
        wide=last,
    )
