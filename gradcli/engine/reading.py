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
    starts = [_offsets(axis_pieces) for axis_pieces in pieces]
    for places in product(
        *(list(zip(p, s, strict=True)) for p, s in zip(pieces, starts, strict=True))
    ):
        window = tuple(piece for piece, _ in places)
        into = tuple(slice(s, s + p.stop - p.start) for p, s in places)
        values[into] = read(window)
    return values


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
            from gradcli.model.arrangement import read_points

            read = partial(read_points, read, index, axis.arrangement, chunk)
    return read
