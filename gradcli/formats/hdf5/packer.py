"""The forms in which blocks of results are written to NetCDF and HDF5 files."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from gradcli.formats.chunked import parts_of_chunks
from gradcli.formats.deflate import deflate
from gradcli.formats.hdf5.filters import (
    DEFLATE,
    FLETCHER32,
    SHUFFLE,
    Filters,
    checksum,
    shuffle,
)
from gradcli.formats.packer import is_one_number
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array


class PlainForm(NamedTuple):
    """Blocks as plain arrays, converted to the stored type if one is given."""

    dtype: np.dtype[Any] | None = None

    def pack(self, window: Window, values: Array) -> Array:
        """Return the values in the stored type."""
        return values if self.dtype is None else values.astype(self.dtype, copy=False)

    def pieces(self, window: Window) -> None:
        """Return None: a block is in one piece."""


Chunks = list[tuple[tuple[int, ...], bytes | memoryview]]  # encoded chunks, each with its offset


class ChunkForm(NamedTuple):
    """Blocks as encoded chunks.

    Attributes
    ----------
    shape, chunks : tuple of int
    filters : Filters
    fill : number
        The fill value, in the type of the dataset; it fills partial chunks at the edges.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    filters: Filters
    fill: Any

    def pieces(self, window: Window) -> list[tuple[int, ...]]:
        """Return the offsets of the chunks of a window, in the order in which they are packed."""
        each = zip(window, self.chunks, strict=True)
        return list(product(*(range(part.start, part.stop, size) for part, size in each)))

    def pack(self, window: Window, values: Array) -> Chunks:
        """Return the encoded chunks of a window, which must begin and end at chunk boundaries.

        Chunks of nothing but the fill value come without bytes, if the block says so by being
        one number; the writer may leave them out.
        """
        if is_one_number(values) and _is(values.flat[0], self.fill):
            return [(offset, b"") for offset in self.pieces(window)]
        packed = []
        scratch = _Scratch(self.chunks, values.dtype)
        for numbers, part in parts_of_chunks(values, window, self.chunks, self.shape):
            offset = tuple(n * c for n, c in zip(numbers, self.chunks, strict=True))
            whole = scratch.whole(part, self.fill)
            plain = not self.filters.codes and np.may_share_memory(whole, values)
            packed.append((offset, whole.data if plain else self._store(whole, scratch)))
        return packed

    def unwritten(self, dtype: np.dtype[Any]) -> bytes:
        """Return a chunk of nothing but the fill value."""
        values = np.full(self.chunks, self.fill, dtype)
        return self._store(values.reshape(-1).view(np.uint8), _Scratch(self.chunks, values.dtype))

    def _store(self, data: Array, scratch: _Scratch) -> bytes:
        planes, done = 1, None
        for code in self.filters.codes:
            if code == SHUFFLE and self.filters.item > 1:
                out, planes, done = scratch.shuffled, self.filters.item, None
                free = len(data) == len(out) and data is not out
                data = shuffle(data, planes, out if free else None)
            elif code == DEFLATE:
                done = deflate(data, planes, self.filters.level)
                data, planes = np.frombuffer(done, np.uint8), 1
            elif code == FLETCHER32:
                data, done = np.append(data, np.frombuffer(checksum(data), np.uint8)), None
        return data.tobytes() if done is None else done


def _is(number: Any, fill: Any) -> bool:
    return bool(number == fill or (number != number and fill != fill))


class _Scratch:
    """Memory for a chunk, which the chunks of a block use one after another."""

    def __init__(self, chunks: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._plain = np.empty(chunks, dtype)
        self.shuffled = np.empty(self._plain.nbytes, np.uint8)

    def whole(self, part: Array, fill: Any) -> Array:
        """Return the bytes of a chunk; where only a part of it is given, it is filled up."""
        if part.shape == self._plain.shape and part.flags.c_contiguous:
            return part.reshape(-1).view(np.uint8)
        if part.shape != self._plain.shape:
            self._plain[...] = fill
        self._plain[tuple(map(slice, part.shape))] = part
        return self._plain.reshape(-1).view(np.uint8)
