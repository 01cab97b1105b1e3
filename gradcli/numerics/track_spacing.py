"""The spacing of an axis that holds tracks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError, located
from gradcli.numerics.coordinates import EQUAL_ULPS, FLOAT64_EPS, Spacing, fit_spacing
from gradcli.numerics.dtypes import Array
from gradcli.numerics.tracks import Tracks
from gradcli.numerics.turns import unwrapped
from gradcli.record import record


@record(frozen=True, eq=False, kw_only=True)
class TrackSpacing(Spacing):
    """The spacing of an axis of tracks, each classified by itself.

    Attributes
    ----------
    tracks : Tracks
    steps : ndarray of float64
        The signed step of each track; the mean of those that are uneven.
    even : ndarray of bool
        Whether all steps of a track are the same.
    nodes : ndarray or None
        The coordinates in the order of the tracks, each up to a constant.
    """

    tracks: Tracks
    steps: NDArray[np.float64]
    even: NDArray[np.bool_]
    nodes: Array | None

    def of(self, track: int) -> Spacing:
        """Return the spacing of one track."""
        part = slice(int(self.tracks.starts[track]), int(self.tracks.starts[track + 1]))
        step = float(self.steps[track])
        kind = "equal" if self.even[track] else "uneven"
        nodes = None if self.nodes is None else self.nodes[part]
        return Spacing(kind, part.stop - part.start, step, abs(step), abs(step), nodes)

    def describe(self) -> str:
        """Return the spacing in words."""
        told = self.tracks.describe()
        if self.nodes is None:
            return f"{told}, step {abs(self.step):.10g}"
        return f"{told}, steps {self.smallest:.6g} to {self.largest:.6g}"


def track_spacing(
    name: str,
    tracks: Tracks,
    values: Array | None,
    precision: float,
    step: float | None = None,
    turn: float | None = None,
    scale: float = 1.0,
) -> TrackSpacing:
    """Check and classify the coordinates of every track.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    tracks : Tracks
    values : ndarray or None
        The coordinates of the rows; None for steps of ``step``, or of one.
    precision : float
        As for `fit_spacing`.
    step, turn, scale : float
        The equal step; a full turn if the coordinates are longitudes; a factor on the coordinates.

    Raises
    ------
    InputError
        What `fit_spacing` refuses, with the track in front.
    """
    if values is None or step is not None:
        steps = np.full(tracks.count, 1.0 if step is None else step)
        even = np.ones(tracks.count, bool)
        first = float(steps[0]) if tracks.count else 1.0
        size = abs(first)
        return TrackSpacing(
            "tracks",
            tracks.size,
            first,
            size,
            size,
            tracks=tracks,
            steps=steps,
            even=even,
            nodes=None,
        )
    table = _uneven_table(tracks, values, precision, turn)
    if scale != 1:
        size = abs(scale)
        table = _Table(
            table.known,
            scale * table.step,
            size * table.smallest,
            size * table.largest,
            scale * table.nodes,
        )
    parts = []
    for track in np.flatnonzero(~table.known).tolist():
        found = _spacing_of(name, tracks, track, values, precision, turn).scaled(scale)
        table.step[track], table.known[track] = found.step, not found.is_equal
        table.smallest[track], table.largest[track] = found.smallest, found.largest
        parts.append((int(tracks.starts[track]), found.values))
    longest = int(np.argmax(tracks.lengths)) if tracks.count else 0
    several = tracks.lengths > 1
    return TrackSpacing(
        "tracks",
        tracks.size,
        float(table.step[longest]) if tracks.count else 1.0,
        float(table.smallest[several].min(initial=np.inf)) if several.any() else 1.0,
        float(table.largest[several].max(initial=0.0)) if several.any() else 1.0,
        tracks=tracks,
        steps=table.step,
        even=~table.known,
        nodes=_with_parts(table.nodes, parts),
    )


class _Table(NamedTuple):
    """Steps of tracks, with the coordinates of all of them one behind another.

    ``known`` says which tracks are certainly uneven and good; the others are looked at one by one.
    """

    known: NDArray[np.bool_]
    step: NDArray[np.float64]
    smallest: NDArray[np.float64]
    largest: NDArray[np.float64]
    nodes: Array


def _uneven_table(tracks: Tracks, values: Array, precision: float, turn: float | None) -> _Table:
    """Return the steps of all tracks at once, since a file may hold a million of them."""
    nodes = values if tracks.order is None else values[tracks.order]
    firsts, stops, count = tracks.starts[:-1], tracks.starts[1:], tracks.count
    blank = np.ones(count)
    none = _Table(np.zeros(count, bool), blank, blank.copy(), blank.copy(), nodes)
    if turn is not None or nodes.dtype != np.float64 or not count or not (stops > firsts).all():
        return none
    with np.errstate(all="ignore"):
        steps = np.diff(nodes, append=np.nan)
        steps[stops - 1] = np.inf
        least = np.minimum.reduceat(steps, firsts)
        steps[stops - 1] = -np.inf
        most = np.maximum.reduceat(steps, firsts)
        smallest, largest = np.sort(np.abs([least, most]), axis=0)
        farthest = np.maximum(np.abs(nodes[firsts]), np.abs(nodes[stops - 1]))
        ulp = precision * 2.0 ** np.floor(np.log2(farthest))
        # Closer steps than these may be equal up to rounding, as `fit_spacing` finds out.
        known = largest - smallest > np.maximum(8 * EQUAL_ULPS * FLOAT64_EPS * farthest, 4 * ulp)
        known &= ((least > 0) | (most < 0)) & np.isfinite(largest) & (tracks.lengths > 2)
        span = nodes[stops - 1] - nodes[firsts]
        known &= np.isfinite(span)
        step = span / np.maximum(tracks.lengths - 1, 1)
    return _Table(known, step, smallest, largest, nodes)


def _with_parts(nodes: Array, parts: list[tuple[int, Array | None]]) -> Array:
    """Return coordinates with those of some tracks in place, each from its first place on."""
    given = [(first, part) for first, part in parts if part is not None and len(part)]
    if not given:
        return nodes
    kind = np.result_type(*(part.dtype for _, part in given))
    whole = sum(len(part) for _, part in given) == len(nodes)
    made = nodes.astype(kind if whole else np.result_type(kind, nodes.dtype))
    for first, part in given:
        made[first : first + len(part)] = part
    return made


def _spacing_of(
    name: str, tracks: Tracks, track: int, values: Array, precision: float, turn: float | None
) -> Spacing:
    rows = tracks.rows_at(np.arange(tracks.starts[track], tracks.starts[track + 1]))
    mine = values[rows]
    if turn is not None:
        mine = unwrapped(mine.astype(np.float64), turn)
    try:
        return fit_spacing(name, mine, precision)
    except InputError as error:
        place = f"{tracks.name(track)} (from row {rows.min() if len(rows) else 0})"
        raise located(place, error) from None
