"""Read windows of a field beyond the ends of periodic axes, and along axes put in order."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.system.paths import read_error

if TYPE_CHECKING:
    from gradcli.model.arrangement import Read

Placed = tuple[slice, slice]  # a piece of an axis, and its place among the rows that were asked for


def read_pieces(
    source: Source,
    origin: Field,
    reads: Window,
    rings: tuple[int, ...],
    met: set[float] | None = None,
) -> Array:
    """Return a window of a field, read in pieces where it extends beyond a periodic axis.

    Values that the user says mean missing are added to ``met``.
    """
    pieces = [
        _pieces(part, axis.size, ring, axis.start)
        for part, axis, ring in zip(reads, origin.axes, rings, strict=True)
    ]
    try:
        return _join(_read_of(source, origin, met), origin, reads, pieces)
    except OSError as error:
        raise read_error(error) from error


def read_within(
    source: Source,
    origin: Field,
    reads: Window,
    closed: set[int],
    met: set[float] | None = None,
) -> Array:
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
        values[into] = read_pieces(source, origin, tuple(slice(*c) for c in clipped), sizes, met)
    return values


def _join(raw: Read, origin: Field, reads: Window, pieces: list[list[slice]]) -> Array:
    read = reader(raw, origin)
    if all(len(axis_pieces) == 1 for axis_pieces in pieces):
        return read(tuple(p[0] for p in pieces))
    values = np.empty([r.stop - r.start for r in reads], origin.dtype)
    parts, copies = zip(*map(_read_once, pieces), strict=True)
    for found in product(*parts):
        values[tuple(into for _, into in found)] = read(tuple(piece for piece, _ in found))
    for axis, again in enumerate(copies):
        for there, into in again:
            before = (slice(None),) * axis
            values[(*before, into)] = values[(*before, there)]
    return values


def _read_once(pieces: list[slice]) -> tuple[list[Placed], list[Placed]]:
    """Return the pieces of an axis to read, and those that lie in one of them, with their places.

    What goes on at the other end of a periodic axis mostly has been read: a second time, it would
    take a call for each row.

    >>> reads, copies = _read_once([slice(8, 9), slice(0, 9)])
    >>> reads, copies
    ([(slice(0, 9, None), slice(1, 10, None))], [(slice(9, 10, None), slice(0, 1, None))])
    """
    placed, offset = [], 0
    for piece in pieces:
        placed.append((piece, slice(offset, offset := offset + piece.stop - piece.start)))
    longest, into = max(placed, key=lambda each: each[0].stop - each[0].start)
    reads, copies = [], []
    for piece, place in placed:
        start, stop = piece.start - longest.start, piece.stop - longest.start
        if place == into or start < 0 or stop > longest.stop - longest.start:
            reads.append((piece, place))
        else:
            copies.append((slice(into.start + start, into.start + stop), place))
    return reads, copies


def _read_of(source: Source, origin: Field, met: set[float] | None) -> Read:
    """Return a function that reads a field, or the component of an array that it is."""
    read: Read = (
        partial(_marked, origin, source, met) if origin.marks else partial(source.read, origin.name)
    )
    return read if origin.fixed is None else partial(_component, read, *origin.fixed)


def _marked(origin: Field, source: Source, met: set[float] | None, window: Window) -> Array:
    return origin.marked(source.read(origin.name, window), met)


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


def reader(read: Read, field: Field) -> Read:
    """Return a function that reads windows of arranged axes by means of ``read``."""
    for index, axis in enumerate(field.axes):
        if axis.arrangement is not None:
            chunk = field.storage.chunks[index] if field.storage.chunks else 1
            from gradcli.model.arrangement import read_points

            read = partial(read_points, read, index, axis.arrangement, chunk)
    return read
