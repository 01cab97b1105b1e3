"""Tracks that arrive one after another, and their stencil.

A track has ended when the next one has begun, so the rows at its end are complete then. Each has a
live axis and a live stencil of its own; those of past tracks are let go of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from gradcli.numerics.dtypes import Array
from gradcli.numerics.live import Flaw, LiveAxis, LiveStencil, make_live_stencil
from gradcli.numerics.schemes import Scheme, edge_notes
from gradcli.numerics.stencils import Stencil, along
from gradcli.numerics.track_stencils import least_points
from gradcli.numerics.weights import Floats
from gradcli.record import field, record, replace

KEPT = 4  # stencils of tracks that blocks may need at the same time
LONG = 64  # tracks of so many points are counted together; no stencil needs more


class LiveTracks:
    """The tracks of an axis that is arriving: those whose rows are still in memory.

    Attributes
    ----------
    count : int
        Number of rows that have arrived.
    lengths : Counter of int
        How many tracks have ended, by their number of points up to ``LONG``.

    Examples
    --------
    >>> tracks = LiveTracks()
    >>> tracks.extend(np.array([0.0, 1.0, 0.5, 2.0]), [2])
    >>> [(start, part) for _, start, part in tracks.parts(slice(1, 4))]
    [(0, slice(1, 2, None)), (2, slice(0, 2, None))]
    """

    def __init__(self) -> None:
        self.count = 0
        self.lengths: Counter[int] = Counter()
        self._starts = [0]
        self._axes = [LiveAxis()]

    @property
    def several(self) -> bool:
        """Whether a second track has begun."""
        return bool(self.lengths)

    @property
    def last(self) -> LiveAxis:
        """The axis of the track that is arriving."""
        return self._axes[-1]

    def end(self) -> None:
        """Say that no more rows come."""
        self.last.ended = True

    def grow(self, count: int, cuts: Sequence[int] = ()) -> None:
        """Add rows without coordinates; at ``cuts``, counted in these rows, tracks begin."""
        for first, stop, begins in self._cut(count, cuts):
            self._begin(begins)
            self.last.grow(stop - first)
            self.count += stop - first

    def extend(self, values: Floats, cuts: Sequence[int] = ()) -> Flaw | None:
        """Add the coordinates of new rows, up to the first that is invalid, and return its flaw."""
        for first, stop, begins in self._cut(len(values), cuts):
            self._begin(begins)
            flaw = self.last.extend(values[first:stop])
            self.count = self._starts[-1] + self.last.count
            if flaw is not None:
                return flaw._replace(row=flaw.row + self._starts[-1])
        return None

    def _cut(self, count: int, cuts: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
        firsts = sorted({0, *(cut for cut in cuts if cut < count)})
        for first, stop in zip(firsts, [*firsts[1:], count], strict=True):
            yield first, stop, first in cuts

    def _begin(self, begins: bool) -> None:
        if begins and self.last.count:
            self.end()
            self.lengths[min(self.last.count, LONG)] += 1
            self._starts.append(self.count)
            self._axes.append(LiveAxis())

    def parts(self, rows: slice) -> Iterator[tuple[LiveAxis, int, slice]]:
        """Yield the axis of each track that has some of the rows, its first row, and which."""
        for number, (start, axis) in enumerate(zip(self._starts, self._axes, strict=True)):
            is_last = number == len(self._axes) - 1
            stop = rows.stop if is_last else min(rows.stop, start + axis.count)
            first = max(rows.start, start)
            if first < stop or (is_last and rows.start >= stop):
                yield axis, start, slice(first - start, stop - start)

    def starts_in(self, rows: slice) -> list[int]:
        """Return which of some rows are the first of a track, but for the very first."""
        return [row for row in self._starts if row and rows.start <= row < rows.stop]

    def forget(self, row: int) -> None:
        """Drop the coordinates before a row, but keep the last two of a track."""
        while len(self._starts) > 1 and self._starts[1] <= row:
            del self._starts[0], self._axes[0]
        self._axes[0].forget(row - self._starts[0])


@record(frozen=True, kw_only=True)
class LiveTrackStencil(Stencil):
    """The stencil of tracks that arrive, each with a live stencil of its own.

    Attributes
    ----------
    name : str
        Name of the axis, for messages.
    scheme : Scheme
    tracks : LiveTracks
    step : float or None
        The equal step, if given; otherwise the coordinates are used.
    scale : float
        Factor on the coordinates.
    """

    name: str
    scheme: Scheme
    tracks: LiveTracks
    step: float | None
    scale: float
    made: dict[object, LiveStencil] = field(default_factory=dict)

    def _of(self, axis: LiveAxis) -> LiveStencil:
        """Return the stencil of a track."""
        key = axis, self.wraps
        if key not in self.made:
            if len(self.made) >= KEPT:
                self.made.clear()
            made = make_live_stencil(self.name, axis, self.scheme, self.step, self.scale)
            self.made[key] = replace(made, wraps=self.wraps)
        return self.made[key]

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read for some rows."""
        first, stop = rows.start, rows.stop
        for axis, start, part in self.tracks.parts(rows):
            near = self._of(axis).reach(part)
            first, stop = min(first, near.start + start), max(stop, near.stop + start)
        return slice(first, stop)

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        return self._of(self.tracks.last).halo()

    def held(self) -> int:
        """Return the bytes of the weights of a block."""
        return self._of(self.tracks.last).held()

    def gain(self) -> float:
        """Return the amplification of independent errors of the values, away from the edges."""
        last = self.tracks.last
        return 0.0 if self._is_short(last) else self._of(last).gain()

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the derivative at some rows into ``out``, as `Stencil.apply` does."""
        base = self.reach(rows).start
        for track, start, part in self.tracks.parts(rows):
            if part.start >= part.stop:
                continue
            first, stop = start + part.start - rows.start, start + part.stop - rows.start
            target = along(out, axis, first, stop)
            if self.tracks.several and self._is_short(track):
                target[...] = np.nan
                continue
            stencil = self._of(track)
            reads = stencil.reach(part)
            given = along(values, axis, start + reads.start - base, start + reads.stop - base)
            stencil.apply(given, part, axis, target)

    def _is_short(self, axis: LiveAxis) -> bool:
        """Return whether a track has ended with too few points."""
        equal = self.step is not None or axis.even == axis.count
        return axis.ended and axis.count < least_points(self.scheme, equal)

    def notes(self, rows: int) -> Iterator[str]:
        """Yield notes on what came, of so many rows in all."""
        if not self.tracks.several:
            yield from edge_notes(self.name, self.scheme, rows)
            return
        lengths = self.tracks.lengths + Counter([min(self.tracks.last.count, LONG)])
        yield (
            f"{self.name}: {lengths.total()} tracks came; no stencil crosses from one to the next"
        )
        least = least_points(self.scheme, True)
        short = sum(count for length, count in lengths.items() if length < least)
        if short:
            have = "has" if short == 1 else "have"
            yield (
                f"{self.name}: {short} of {lengths.total()} tracks {have} too few points for the "
                "stencil; there results are missing"
            )


def make_live_track_stencil(
    name: str, tracks: LiveTracks, scheme: Scheme, step: float | None = None, scale: float = 1.0
) -> LiveTrackStencil:
    """Return the stencil of tracks that arrive; parameters are those of `make_live_stencil`."""
    from gradcli.numerics.live import OPEN_SIZE

    return LiveTrackStencil(
        OPEN_SIZE, (), name=name, scheme=scheme, tracks=tracks, step=step, scale=scale
    )
