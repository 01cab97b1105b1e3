"""The stencil of an axis of tracks: each track gets what an axis of its own would get.

Rows of one track need not be next to each other, and there may be a million short tracks, so
points are not swept but gathered: all points of a block with the same window are summed at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.numerics.adapt import AdaptingStencil, Counts, holds_missing
from gradcli.numerics.assemble import LARGE_EXPONENT, make_stencil
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch, sum_terms, sum_wrapped, terms_of
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import Stencil, equal_weights, weights_at
from gradcli.numerics.track_spacing import TrackSpacing
from gradcli.numerics.tracks import Indices
from gradcli.numerics.weights import Floats, in_range
from gradcli.record import record, replace

STRIP_CELLS = 2**16  # cells of a point or of a neighbour that are gathered at a time
STRIP_ROWS = 2**14  # rows whose weights are computed at a time


class Pattern(NamedTuple):
    """A window of the points that surround it, for tracks of equal or of uneven steps.

    ``weights`` are those for unit steps, or None if they differ by row.
    """

    offsets: tuple[int, ...]
    weights: Floats | None


@record(frozen=True, kw_only=True)
class TrackStencil(Stencil):
    """The weights of a derivative along the tracks of an axis.

    Attributes
    ----------
    name : str
        Name of the axis, for messages.
    spacing : TrackSpacing
    scheme : Scheme
    margin : int
        Points on either side of a point, within its track, that are read for it. It is the same
        for all stencils of an axis.
    patterns : tuple of Pattern
    choice : ndarray of int, shape (2, reach + 1, reach + 1)
        The pattern for uneven and for equal steps, by the number of points on the left and the
        right up to the reach; ``len(patterns)`` stands for none.
    short : ndarray of bool
        The tracks that have too few points for any derivative.
    """

    name: str
    spacing: TrackSpacing
    scheme: Scheme
    margin: int
    patterns: tuple[Pattern, ...]
    choice: NDArray[np.int64]
    short: NDArray[np.bool_]

    @property
    def gathers(self) -> bool:
        """Whether rows of a track lie apart, so that what a block reads is no slice."""
        return self.spacing.tracks.apart

    def reads(self, rows: slice) -> Indices:
        """Return the rows that are read for some rows: these, and then others in rising order."""
        tracks = self.spacing.tracks
        places = tracks.places_of(rows)
        near = tracks.rows_at(tracks.around(places[places >= 0], self.margin))
        others = np.sort(near[(near < rows.start) | (near >= rows.stop)])
        return np.concatenate([np.arange(rows.start, rows.stop), others])

    def reach(self, rows: slice) -> slice:
        """Return the rows that must be read for some rows.

        Where rows lie apart this slice stands for as many rows as are read, in the order of
        `reads`.
        """
        if self.gathers:
            return slice(rows.start, rows.start + len(self.reads(rows)))
        if rows.start >= rows.stop:
            return rows
        near = self.spacing.tracks.around(np.array([rows.start, rows.stop - 1]), self.margin)
        return slice(int(near[0]), int(near[-1]) + 1)

    def halo(self) -> int:
        """Return how many rows a block may have to read beyond its own."""
        several = self.spacing.tracks.count if self.gathers else 1
        return min(2 * self.margin * several, self.size)

    def held(self) -> int:
        """Return the bytes of coordinates and of the weights of a strip."""
        nodes = 0 if self.spacing.nodes is None else self.spacing.nodes.nbytes
        return nodes + 16 * STRIP_ROWS * (2 * self.margin + 1)

    def gain(self) -> float:
        """Return the amplification of independent errors of the values, away from the edges."""
        lengths = self.spacing.tracks.lengths
        if not len(lengths):
            return 0.0
        found = self.inner(int(np.argmax(lengths)))
        return 0.0 if found is None else found.gain()

    def inner(self, track: int) -> Stencil | None:
        """Return the stencil of one track as an axis of its own; None if it is too short."""
        if self.short[track]:
            return None
        made = make_stencil(self.name, self.spacing.of(track), self.scheme)
        return replace(made, wraps=self.wraps)

    def apply(self, values: Array, rows: slice, axis: int, out: Array) -> None:
        """Write the derivative at some rows into ``out``, as `Stencil.apply` does."""
        tracks, reach = self.spacing.tracks, self.choice.shape[1] - 1
        places = tracks.places_of(rows)
        known = np.flatnonzero(places >= 0)
        at = places[known]
        mine = tracks.of(at)
        left = np.minimum(at - tracks.starts[mine], reach)
        right = np.minimum(tracks.starts[mine + 1] - 1 - at, reach)
        chosen = self.choice[self.spacing.even[mine].astype(np.intp), left, right]
        chosen[self.short[mine]] = len(self.patterns)
        out[...] = np.nan
        view, beside = _Rows(self, values, rows, axis), prod(out.shape) // max(1, out.shape[axis])
        step = max(1, min(STRIP_ROWS, STRIP_CELLS // max(1, beside)))
        scratch = Scratch(out.dtype)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            for number, pattern in enumerate(self.patterns):
                some = np.flatnonzero(chosen == number)
                for first in range(0, len(some), step):
                    part = some[first : first + step]
                    sums = self._sums(pattern, view, at[part], mine[part], scratch)
                    out[_at(axis, known[part])] = sums

    def _sums(
        self, pattern: Pattern, view: _Rows, places: Indices, mine: Indices, scratch: Scratch
    ) -> Array:
        """Return the derivatives at some places with the same pattern."""
        point, *near = (view.take(places + k) for k in (0, *pattern.offsets))
        weights, exponents = self._weights(pattern, places, mine)
        spread = (-1,) + (1,) * (point.ndim - view.axis - 1)
        factors = [column.astype(point.dtype).reshape(spread) for column in weights]
        target = np.empty_like(point)
        if self.wraps is not None:
            sum_wrapped(point, near, factors, pattern.offsets, self.wraps, target, scratch)
        else:
            terms = terms_of(pattern.offsets, pattern.weights)
            sum_terms(point, near, factors, terms, target, scratch)
        np.add(target, 0.0, out=target)  # steps of either sign: -0.0 becomes 0.0
        if exponents.any():
            target = np.ldexp(target, exponents.reshape(spread))
        return target

    def _weights(self, pattern: Pattern, places: Indices, mine: Indices) -> tuple[Floats, Array]:
        """Return the weights of each neighbour at some places, and their power of two."""
        order, steps = self.scheme.order, self.spacing.steps[mine]
        powers = np.round(-order * np.log2(np.where(steps == 0, 1.0, np.abs(steps))))
        exponents = np.where(np.abs(powers) > LARGE_EXPONENT, powers, 0).astype(np.int32)
        if pattern.weights is None:
            assert self.spacing.nodes is not None
            degree = self.scheme.degree
            weights = weights_at(self.spacing.nodes, places, pattern.offsets, order, degree).T
        else:
            weights = pattern.weights[:, None] / steps**order
        return np.ldexp(weights, -exponents) if exponents.any() else weights, exponents


@record(frozen=True, kw_only=True)
class AdaptingTrackStencil(TrackStencil):
    """A stencil of tracks that adapts next to gaps, in each track as an axis of its own would."""

    adapts: ClassVar[bool] = True

    def adapt(self, values: Array, rows: slice, axis: int, out: Array) -> Counts:
        """Compute the points next to gaps, after `apply`, and count them.

        Parameters
        ----------
        values, rows, axis, out
            As for `apply`; complex numbers as such.
        """
        counts = Counts()
        if not out.size or not holds_missing(values):
            return counts
        tracks, view = self.spacing.tracks, _Rows(self, values, rows, axis)
        for track, run, into in self._runs(rows):
            inner = self.inner(track)
            if not isinstance(inner, AdaptingStencil):
                continue
            reads = inner.reach(run)
            given = view.take(np.arange(reads.start, reads.stop) + tracks.starts[track])
            if not holds_missing(given):
                continue
            where = _at(axis, into)
            made = np.ascontiguousarray(out[where])
            counts = counts.plus(inner.adapt(np.ascontiguousarray(given), run, axis, made))
            out[where] = made
        return counts

    def _runs(self, rows: slice) -> Iterator[tuple[int, slice, Indices]]:
        """Yield points of a track that follow one another: in the track, and in the block."""
        tracks = self.spacing.tracks
        places = tracks.places_of(rows)
        known = np.flatnonzero(places >= 0)
        known = known[np.argsort(places[known], kind="stable")]
        at = places[known]
        mine = tracks.of(at)
        ends = np.flatnonzero((np.diff(at) != 1) | (np.diff(mine) != 0)) + 1
        for part in np.split(np.arange(len(at)), ends) if len(at) else []:
            track = int(mine[part[0]])
            first = int(at[part[0]] - tracks.starts[track])
            yield track, slice(first, first + len(part)), known[part]


class _Rows:
    """The rows of a block that were read, found by their places in the order of the tracks."""

    def __init__(self, stencil: TrackStencil, values: Array, rows: slice, axis: int) -> None:
        self.axis = axis
        self._tracks, self._rows, self._values = stencil.spacing.tracks, rows, values
        self._others = stencil.reads(rows)[rows.stop - rows.start :] if stencil.gathers else None
        self._base = rows.start if stencil.gathers else stencil.reach(rows).start

    def take(self, places: Indices) -> Array:
        """Return the values at some places."""
        rows = self._tracks.rows_at(places)
        local = rows - self._base
        if self._others is not None:
            own = self._rows.stop - self._rows.start
            beyond = (rows < self._rows.start) | (rows >= self._rows.stop)
            local[beyond] = own + np.searchsorted(self._others, rows[beyond])
        found: Array = self._values.take(local, axis=self.axis)
        return found


def _at(axis: int, rows: Indices) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, rows)


def margin_of(schemes: list[Scheme]) -> int:
    """Return how far the stencils of some schemes reach at most, at the edges of tracks too."""
    return max(_reach(scheme, equal) for scheme in schemes for equal in (False, True))


def _reach(scheme: Scheme, equal: bool) -> int:
    first, last = scheme.offsets(equal)
    return max(-first, last, scheme.edge_width - 1)


def make_track_stencil(
    name: str, spacing: TrackSpacing, scheme: Scheme, margin: int
) -> TrackStencil:
    """Return the stencil of an axis of tracks.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    spacing : TrackSpacing
    scheme : Scheme
    margin : int
        From `margin_of`.

    Raises
    ------
    InputError
        No track is long enough, or weights leave the range of float64.

    Examples
    --------
    >>> from gradcli.numerics.track_spacing import track_spacing
    >>> from gradcli.numerics.tracks import Tracks
    >>> tracks = Tracks(5, np.array([0, 3, 5]))
    >>> spacing = track_spacing("t", tracks, np.array([0.0, 1.0, 2.0, 0.0, 2.0]), 2.0**-52)
    >>> stencil = make_track_stencil("t", spacing, Scheme(), margin_of([Scheme()]))
    >>> out = np.empty(5)
    >>> stencil.apply(np.array([0.0, 1.0, 4.0, 7.0, 3.0]), slice(0, 5), 0, out)
    >>> out
    array([ 1.,  2.,  3., -2., -2.])
    """
    reach = max(_reach(scheme, equal) for equal in (False, True))
    patterns: list[Pattern] = []
    choice = np.full((2, reach + 1, reach + 1), -1)
    known: dict[object, int] = {}
    for equal in (False, True):
        for left in range(reach + 1):
            for right in range(reach + 1):
                span = _window(scheme, equal, left, right)
                if span is None:
                    continue
                if (equal, span) not in known:
                    known[equal, span] = len(patterns)
                    patterns.append(_pattern(scheme, equal, span))
                choice[int(equal), left, right] = known[equal, span]
    choice[choice < 0] = len(patterns)
    short = spacing.tracks.lengths < np.where(
        spacing.even, least_points(scheme, True), least_points(scheme, False)
    )
    if short.all():
        longest = int(spacing.tracks.lengths.max(initial=0))
        raise InputError(
            f"axis {name}: no track is long enough for a stencil, the longest has {longest} of "
            f"{least_points(scheme, True)} points; ask for a lower order or accuracy"
        )
    _check(spacing, patterns, scheme, name)
    made = AdaptingTrackStencil if scheme.missing == "adapt" else TrackStencil
    return made(
        spacing.tracks.size,
        (),
        name=name,
        spacing=spacing,
        scheme=scheme,
        margin=margin,
        patterns=tuple(patterns),
        choice=choice,
        short=short,
    )


def _window(scheme: Scheme, equal: bool, left: int, right: int) -> tuple[int, int] | None:
    """Return the window of a point with so many points of its track on either side."""
    first, last = scheme.offsets(equal)
    if left >= -first and right >= last:
        return first, last
    if scheme.edges == "missing":
        return None
    return scheme.fitted(left + right + 1).window(left, right)


def least_points(scheme: Scheme, equal: bool) -> int:
    """Return how many points a track needs, as an axis does."""
    first, last = scheme.offsets(equal)
    if scheme.edges == "missing":
        return last - first + 1
    return scheme.order + 1 if scheme.yields else scheme.edge_width


def _pattern(scheme: Scheme, equal: bool, span: tuple[int, int]) -> Pattern:
    first, last = span
    offsets, order, degree = (
        tuple(k for k in range(first, last + 1) if k),
        scheme.order,
        scheme.degree,
    )
    if not equal:
        return Pattern(offsets, None)
    if scheme.smooth is not None and -first > last:
        # Mirror the other end, including its order of summation.
        return Pattern(offsets[::-1], (-1) ** order * equal_weights(-last, -first, order, degree))
    return Pattern(offsets, equal_weights(first, last, order, degree))


def _check(spacing: TrackSpacing, patterns: list[Pattern], scheme: Scheme, name: str) -> None:
    """Raise InputError if the equal steps of a track are too small or too large for weights."""
    steps = np.abs(spacing.steps[spacing.even & (spacing.tracks.lengths > 1)])
    for step in {float(steps.min()), float(steps.max())} if len(steps) else ():
        for pattern in patterns:
            if pattern.weights is not None:
                with np.errstate(all="ignore"):
                    in_range(pattern.weights / step**scheme.order, step * np.arange(2.0))
