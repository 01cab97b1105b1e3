"""The forms in which blocks of results are written to NetCDF and HDF5 files."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from gradcli.formats.chunked import whole_chunks
from gradcli.formats.deflate import deflate
from gradcli.formats.hdf5.filters import (
    DEFLATE,
    FLETCHER32,
    SHUFFLE,
    Filters,
    checksum,
    shuffle,
)
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


Chunks = list[tuple[tuple[int, ...], bytes]]  # encoded chunks, each with its offset


class ChunkForm(NamedTuple):
    """Blocks as encoded chunks.

    Attributes
    ----------
    shape, chunks : tuple of int
    filters : Filters
    fill : number
        The value that fills partial chunks at the edges.
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
        """Return the encoded chunks of a window, which must begin and end at chunk boundaries."""
        packed = []
        for numbers, part in whole_chunks(values, window, self.chunks, self.shape, self.fill):
            offset = tuple(n * c for n, c in zip(numbers, self.chunks, strict=True))
            packed.append((offset, self._store(part)))
        return packed

    def _store(self, part: Array) -> bytes:
        data = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
        planes, done = 1, None
        for code in self.filters.codes:
            if code == SHUFFLE and self.filters.item > 1:
                data, planes, done = shuffle(data, self.filters.item), self.filters.item, None
            elif code == DEFLATE:
                done = deflate(data, planes, self.filters.level)
                data, planes = np.frombuffer(done, np.uint8), 1
            elif code == FLETCHER32:
                data, done = np.append(data, np.frombuffer(checksum(data), np.uint8)), None
        return data.tobytes() if done is None else done
