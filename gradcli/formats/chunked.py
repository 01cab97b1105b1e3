"""Read windows of arrays that are stored in chunks, and keep chunks while blocks share them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import product
from math import ceil, prod
from typing import Any, NamedTuple

import numpy as np

from gradcli.model.blocks import Window
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array

Extent = tuple[int, ...]
Rows = tuple[tuple[int, int], ...]


def overlapping(window: Window, chunks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the index along each axis of every chunk that a window overlaps.

    >>> list(overlapping((slice(3, 5), slice(0, 2)), (4, 2)))
    [(0, 0), (1, 0)]
    """
    yield from product(
        *(
            range(part.start // size, ceil(part.stop / size))
            for part, size in zip(window, chunks, strict=True)
        )
    )


def parts_of_chunks(
    values: Array, window: Window, chunks: tuple[int, ...], shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield the chunks of a window with their indices, as far as the array extends in them.

    >>> [(numbers, part.tolist()) for numbers, part in
    ...  parts_of_chunks(np.arange(3), (slice(0, 3),), (2,), (3,))]
    [((0,), [0, 1]), ((1,), [2])]

    Raises
    ------
    ValueError
        The window does not begin and end at chunk boundaries.
    """
    for along, size, extent in zip(window, chunks, shape, strict=True):
        if along.start % size or (along.stop % size and along.stop != extent):
            raise ValueError(f"a block at {window} does not begin and end with chunks of {chunks}")
    for numbers in overlapping(window, chunks):
        yield (
            numbers,
            values[
                tuple(
                    slice(n * c - w.start, min(n * c + c, w.stop) - w.start)
                    for n, c, w in zip(numbers, chunks, window, strict=True)
                )
            ],
        )


def whole_chunks(
    values: Array, window: Window, chunks: tuple[int, ...], shape: tuple[int, ...], fill: Any
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield the chunks of a window with their indices; partial ones at the edges are filled up.

    >>> [(numbers, part.tolist()) for numbers, part in
    ...  whole_chunks(np.arange(3), (slice(0, 3),), (2,), (3,), 9)]
    [((0,), [0, 1]), ((1,), [2, 9])]

    Raises
    ------
    ValueError
        The window does not begin and end at chunk boundaries.
    """
    for numbers, part in parts_of_chunks(values, window, chunks, shape):
        if part.shape != chunks:
            whole = np.full(chunks, fill, part.dtype)
            whole[tuple(slice(0, n) for n in part.shape)] = part
            part = whole
        yield numbers, part


class _Decoded:
    """A decoded chunk, or one that a thread is decoding while others wait for it."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.values: Array | None = None


class _Faces(NamedTuple):
    """The rows at the ends of a chunk: the axis, the rows and the values of each face."""

    parts: tuple[tuple[int, slice, Array], ...]

    @classmethod
    def of(cls, values: Array, extent: Extent, rows: Rows) -> _Faces:
        """Copy the faces of a chunk, of which the points of the field extend this far."""
        parts = []
        for axis, (size, (first, last)) in enumerate(zip(extent, rows, strict=True)):
            for part in (slice(0, min(first, size)), slice(max(0, size - last), size)):
                if part.start < part.stop:
                    here = (*map(slice, extent[:axis]), part, *map(slice, extent[axis + 1 :]))
                    parts.append((axis, part, values[here].copy()))
        return cls(tuple(parts))

    @property
    def nbytes(self) -> int:
        return sum(values.nbytes for _, _, values in self.parts)

    def within(self, inside: Window) -> Array | None:
        """Return a part of the chunk, or None if it does not lie within one face."""
        for axis, rows, values in self.parts:
            wanted = inside[axis]
            if rows.start <= wanted.start and wanted.stop <= rows.stop:
                shifted = slice(wanted.start - rows.start, wanted.stop - rows.start)
                return values[(*inside[:axis], shifted, *inside[axis + 1 :])]
        return None


class ChunkedReader:
    """Reads windows of a chunked array; a chunk that blocks share is decoded only once.

    Whole chunks are kept until their own block has read them; after that, only their faces.

    Parameters
    ----------
    dtype : numpy.dtype
        The type in which chunks are decoded.
    shape, chunks : tuple of int
    """

    def __init__(
        self, dtype: np.dtype[Any], shape: tuple[int, ...], chunks: tuple[int, ...]
    ) -> None:
        self._dtype = dtype
        self._shape = shape
        self._chunks = chunks
        self._bytes = prod(chunks) * dtype.itemsize
        self._kept: OrderedDict[tuple[int, ...], _Decoded] = OrderedDict()
        self._faces: dict[tuple[int, ...], _Faces] = {}
        self._turns: list[tuple[tuple[int, ...], tuple[int, ...]]] = []  # a heap: next to go
        self._faces_bytes = 0
        self._room = Room()
        self._lock = threading.Lock()

    def hold(self, room: Room) -> None:
        """Set which decoded chunks may be kept, so that blocks can share them."""
        with self._lock:
            self._room = room
            self._faces.clear()
            self._turns.clear()
            self._faces_bytes = 0
            if not room.whole:
                self._kept.clear()

    def read(self, window: Window) -> Array:
        """Return a window as a new array in the stored type."""
        out = np.empty([part.stop - part.start for part in window], self._dtype)
        for numbers in overlapping(window, self._chunks):
            firsts = [n * c for n, c in zip(numbers, self._chunks, strict=True)]
            into, inside = [], []
            for part, first, size in zip(window, firsts, self._chunks, strict=True):
                start, stop = max(part.start, first), min(part.stop, first + size)
                into.append(slice(start - part.start, stop - part.start))
                inside.append(slice(start - first, stop - first))
            self._copy(numbers, tuple(inside), out[tuple(into)])
        return out

    def _copy(self, numbers: tuple[int, ...], inside: Window, out: Array) -> None:
        """Copy a part of a chunk, and keep of the chunk what later blocks need."""
        if self._room.once and out.shape == self._chunks and out.flags.c_contiguous:
            self._decode_into(numbers, out)
            return
        with self._lock:
            entry, faces = self._kept.get(numbers), self._faces.get(numbers)
            if entry is None and faces is not None:
                found = faces.within(inside)
                if found is not None:
                    out[...] = found
                    return
            mine = entry is None
            if entry is None:
                entry = self._kept[numbers] = _Decoded()
            self._kept.move_to_end(numbers)
            late = self._beyond_room()
        for other, chunk in late:
            self._keep_faces(other, chunk)
        values = self._decoded(numbers, entry, mine)
        out[...] = values[inside]
        if self._is_done(numbers, inside):
            self._keep_faces(numbers, values)
            with self._lock:
                if self._kept.get(numbers) is entry:
                    del self._kept[numbers]

    def _beyond_room(self) -> list[tuple[tuple[int, ...], Array]]:
        """Drop the whole chunks that were read longest ago; return those with faces to keep."""
        late = []
        while len(self._kept) > max(1, self._room.whole // max(1, self._bytes)):
            numbers, entry = self._kept.popitem(last=False)
            if self._room.faces and entry.values is not None and numbers not in self._faces:
                late.append((numbers, entry.values))
        return late

    def _decoded(self, numbers: tuple[int, ...], entry: _Decoded, mine: bool) -> Array:
        if mine:
            try:
                entry.values = self._decode(numbers)
            finally:
                entry.ready.set()
        else:
            entry.ready.wait()
        if entry.values is None:  # the thread that was to decode it failed
            return self._decode(numbers)
        return entry.values

    def _is_done(self, numbers: tuple[int, ...], inside: Window) -> bool:
        """Return whether the faces of a chunk are enough, once this part of it was read."""
        if not self._room.faces:
            return False
        extent = self._extent(numbers)
        if all(part == slice(0, size) for part, size in zip(inside, extent, strict=True)):
            return True
        rows = self._room.rows
        return any(
            inside[axis].stop <= rows[axis][0] or inside[axis].start >= extent[axis] - rows[axis][1]
            for axis in self._room.twice
        )

    def _extent(self, numbers: tuple[int, ...]) -> Extent:
        """Return how far the field extends in a chunk."""
        each = zip(numbers, self._chunks, self._shape, strict=True)
        return tuple(min(c, n - i * c) for i, c, n in each)

    def _keep_faces(self, numbers: tuple[int, ...], values: Array) -> None:
        room = self._room
        if not room.faces or numbers in self._faces:
            return
        made = _Faces.of(values, self._extent(numbers), room.rows)
        with self._lock:
            if numbers in self._faces or room is not self._room:
                return
            self._faces[numbers] = made
            self._faces_bytes += made.nbytes
            heappush(self._turns, (tuple(numbers[axis] for axis in room.order), numbers))
            # The first in the order of the blocks is the first that no later block needs.
            while self._faces_bytes > room.faces:
                self._faces_bytes -= self._faces.pop(heappop(self._turns)[1]).nbytes

    def _decode_into(self, numbers: tuple[int, ...], out: Array) -> None:
        """Decode the chunk with these indices into an array of its shape."""
        out[...] = self._decode(numbers)

    def _decode(self, numbers: tuple[int, ...]) -> Array:
        """Return the chunk with these indices, decoded."""
        raise NotImplementedError
