"""Read windows of arrays that are stored in chunks, and keep chunks while blocks share them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np

from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array


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
    for along, size, extent in zip(window, chunks, shape, strict=True):
        if along.start % size or (along.stop % size and along.stop != extent):
            raise ValueError(f"a block at {window} does not begin and end with chunks of {chunks}")
    for numbers in overlapping(window, chunks):
        part = values[
            tuple(
                slice(n * c - w.start, min(n * c + c, w.stop) - w.start)
                for n, c, w in zip(numbers, chunks, window, strict=True)
            )
        ]
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


class ChunkedReader:
    """Reads windows of a chunked array; a chunk that blocks share is decoded only once.

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
        self._room = 1
        self._lock = threading.Lock()

    def hold(self, count: int) -> None:
        """Set how many bytes of decoded chunks may be kept, so that blocks can share them."""
        with self._lock:
            self._room = max(1, count // max(1, self._bytes))
            if not count:
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
            out[tuple(into)] = self._chunk(numbers)[tuple(inside)]
        return out

    def _chunk(self, numbers: tuple[int, ...]) -> Array:
        with self._lock:
            entry = self._kept.get(numbers)
            mine = entry is None
            if entry is None:
                entry = self._kept[numbers] = _Decoded()
            self._kept.move_to_end(numbers)
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
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

    def _decode(self, numbers: tuple[int, ...]) -> Array:
        """Return the chunk with these indices, decoded."""
        raise NotImplementedError
