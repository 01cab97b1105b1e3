"""Tracks: rows of an axis that belong together, and that no stencil leaves."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import printable
from gradcli.numerics.coordinates import (
    directions,
)
from gradcli.numerics.dtypes import Array
from gradcli.record import record

Indices = NDArray[np.int64]
NONE = -1  # the track of a row that belongs to none


@record(frozen=True, eq=False)
class Tracks:
    """Which rows of an axis belong to which track.

    Attributes
    ----------
    size : int
        Number of rows of the axis.
    starts : ndarray of int
        Index in the order of the tracks where each begins, followed by the total.
    order : ndarray of int or None
        The rows in the order of the tracks. None if this is their own order, and each has a track.
    names : ndarray or None
        What each track is called; None if they are counted from 1.
    words : str
        How the tracks are told apart.
    """

    size: int
    starts: Indices
    order: Indices | None = None
    names: NDArray[Any] | None = None
    words: str = ""

    @property
    def count(self) -> int:
        """The number of tracks."""
        return len(self.starts) - 1

    @property
    def apart(self) -> bool:
        """Whether rows of a track may lie apart, or in another order."""
        return self.order is not None

    @property
    def lengths(self) -> Indices:
        """The number of points of each track."""
        return np.diff(self.starts)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the indices take, with those that are made from them."""
        return self.starts.nbytes + (0 if self.order is None else 2 * self.order.nbytes + self.size)

    @cached_property
    def places(self) -> Indices:
        """The place of each row in the order of the tracks, or -1 if it has none."""
        if self.order is None:
            return np.arange(self.size)
        places = np.full(self.size, NONE)
        places[self.order] = np.arange(len(self.order))
        return places

    def places_of(self, rows: slice) -> Indices:
        """Return the places of some rows."""
        if self.order is None:
            return np.arange(rows.start, rows.stop)
        return self.places[rows]

    def rows_at(self, places: Indices) -> Indices:
        """Return the rows at some places."""
        return places if self.order is None else self.order[places]

    def of(self, places: Indices) -> Indices:
        """Return the numbers of the tracks that have these places."""
        found: Indices = np.searchsorted(self.starts, places, "right") - 1
        return found

    def around(self, places: Indices, margin: int) -> Indices:
        """Return all places up to ``margin`` from some, within their tracks, in rising order.

        >>> Tracks(9, np.array([0, 4, 9])).around(np.array([5, 3]), 1)
        array([2, 3, 4, 5, 6])
        """
        places = np.sort(places)
        mine = self.of(places)
        low = np.maximum(places - margin, self.starts[mine])
        high = np.minimum(places + margin + 1, self.starts[mine + 1])
        low[1:] = np.maximum(low[1:], high[:-1])
        counts = np.maximum(high - low, 0)
        ends = np.cumsum(counts)
        found: Indices = np.arange(counts.sum()) + np.repeat(low - ends + counts, counts)
        return found

    def name(self, track: int) -> str:
        """Return how a track is called in messages.

        >>> Tracks(2, np.array([0, 1, 2]), names=np.array(["a", "b"])).name(1)
        'track b'
        """
        if self.names is None:
            return f"track {track + 1}"
        name = self.names[track]
        shown = f"{name:.15g}" if self.names.dtype.kind == "f" else printable(str(name))
        return f"track {shown}"

    def select(self, first: int, stop: int) -> Tracks:
        """Return the tracks of some of the rows, counted from the first of them.

        >>> Tracks(9, np.array([0, 4, 9])).select(2, 6).starts
        array([0, 2, 4])
        """
        rows = self.order if self.order is not None else np.arange(self.size)
        kept = (rows >= first) & (rows < stop)
        starts = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        filled = np.flatnonzero(np.diff(starts))
        names = None if self.names is None else self.names[filled]
        order = None if self.order is None else rows[kept] - first
        starts = np.append(starts[filled], starts[-1])
        return Tracks(stop - first, starts, order, names, self.words)

    def describe(self) -> str:
        """Return the tracks in words."""
        longest = int(self.lengths.max(initial=0))
        tracks = "1 track" if self.count == 1 else f"{self.count} tracks"
        return f"{tracks} {self.words}, the longest of {longest} points"


class Ids(NamedTuple):
    """What each row of an axis says of its track.

    Attributes
    ----------
    key : str
        Identity of the axis in its file.
    values : ndarray
        Equal ones are one track.
    none : ndarray of bool, or None
        The rows that belong to no track.
    names : ndarray or None
        What values stand for that are indices.
    """

    key: str
    values: NDArray[Any]
    none: NDArray[np.bool_] | None = None
    names: NDArray[Any] | None = None


def ids_of_words(key: str, words: NDArray[Any]) -> Ids:
    """Return what words say of tracks; blanks around them, and NUL behind, do not count.

    >>> ids_of_words("obs", np.array(["b", " a", "b "])).values
    array([1, 0, 1])
    """
    shown = np.char.strip(words.astype(str), " \t\0")
    names, codes = np.unique(shown, return_inverse=True)
    return Ids(key, codes, (names == "")[codes], names)


def tracks_of(
    ids: NDArray[Any],
    none: NDArray[np.bool_] | None,
    words: str,
    named: NDArray[Any] | None = None,
) -> Tracks:
    """Return the tracks of rows from what each row says of its track.

    Parameters
    ----------
    ids : ndarray
        Numbers or text; equal ones are one track.
    none : ndarray of bool, or None
        The rows that belong to no track.
    words : str
    named : ndarray, optional
        What the ids stand for, if they are indices.

    Examples
    --------
    >>> tracks_of(np.array(["b", "b", "a"]), None, "").starts
    array([0, 2, 3])
    >>> tracks_of(np.array([4, 7, 4]), None, "").order
    array([0, 2, 1])
    """
    size = len(ids)
    whole = none is None or not none.any()
    if whole:
        changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
        firsts = np.concatenate([[0], changes]) if size else np.empty(0, np.int64)
        names = ids[firsts]
        if len(np.unique(names)) == len(names):
            return Tracks(size, np.append(firsts, size), None, _named(names, named), words)
    names, codes = np.unique(ids, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=len(names))
    if not whole:
        assert none is not None
        order = order[~none[order]]
        counts = np.bincount(codes[~none], minlength=len(names))
        names, counts = names[counts > 0], counts[counts > 0]
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Tracks(size, starts, order, _named(names, named), words)


def _named(ids: NDArray[Any], named: NDArray[Any] | None) -> NDArray[Any]:
    return ids if named is None else named[ids]


def in_order(tracks: Tracks, values: Array) -> Tracks:
    """Return the tracks with the rows of each in rising order, unless it goes one way already.

    >>> in_order(Tracks(5, np.array([0, 3, 5])), np.array([1.0, 0.0, 2.0, 5.0, 4.0])).order
    array([1, 0, 2, 3, 4])
    """
    order = tracks.order if tracks.order is not None else np.arange(tracks.size)
    steps = np.sign(directions(values[order])[0])
    steps = np.append(steps, 0)
    steps[tracks.starts[1:-1] - 1] = 0  # from the last of one track to the first of the next
    filled = tracks.starts[:-1][tracks.lengths > 0]
    to_and_fro = np.zeros(tracks.count, bool)
    if len(filled):
        rises, falls = np.maximum.reduceat(steps, filled), np.minimum.reduceat(steps, filled)
        to_and_fro[tracks.lengths > 0] = (rises > 0) & (falls < 0)
    if not to_and_fro.any():
        return tracks
    mine = np.repeat(np.arange(tracks.count), tracks.lengths)
    within = np.where(to_and_fro[mine], values[order], np.arange(len(order)))
    order = order[np.lexsort((within, mine))]
    return Tracks(tracks.size, tracks.starts, order, tracks.names, tracks.words)


def first_repeat(tracks: Tracks, values: Array) -> int | None:
    """Return the place of the first coordinate that repeats the one before it in its track.

    >>> first_repeat(Tracks(4, np.array([0, 2, 4])), np.array([0.0, 1.0, 1.0, 1.0]))
    3
    """
    places = np.arange(int(tracks.starts[-1]))
    steps = directions(values[tracks.rows_at(places)])[0]
    repeats = np.flatnonzero(steps == 0) + 1
    repeats = repeats[~np.isin(repeats, tracks.starts)]
    return int(repeats[0]) if len(repeats) else None
