"""Blocks of results as encoded chunks and shards of a Zarr array; this can be pickled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcli.formats.chunked import overlapping, whole_chunks
from gradcli.formats.zarr.codecs import Codecs, checksum
from gradcli.formats.zarr.layout import MISSING, Keys, Shards
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array

Encoded = list[tuple[str, bytes]]  # keys within the array, and values


class ArrayForm(NamedTuple):
    """Blocks as encoded chunks, or as whole shards of them.

    Attributes
    ----------
    shape, chunks : tuple of int
    codecs : Codecs
    keys : Keys
    fill : number
        The value that fills partial chunks at the edges.
    shards : Shards or None
    sparse : bool
        Whether chunks of nothing but the fill value are left out: readers fill them in.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    codecs: Codecs
    keys: Keys
    fill: Any
    shards: Shards | None = None
    sparse: bool = False

    @property
    def unit(self) -> tuple[int, ...]:
        """The points of what is written at once."""
        return self.shards.shape if self.shards else self.chunks

    def pieces(self, window: Window) -> list[str]:
        """Return the keys of what a window is stored as, in the order in which it is packed."""
        return [self.keys.key(numbers) for numbers in overlapping(window, self.unit)]

    def pack(self, window: Window, values: Array) -> Encoded:
        """Return the values of the store for a window, which begins and ends at their borders."""
        made = whole_chunks(values, window, self.unit, self.shape, self.fill)
        kept = ((numbers, part) for numbers, part in made if not self._is_left_out(part))
        return [(self.keys.key(numbers), self._encode(part)) for numbers, part in kept]

    def _is_left_out(self, part: Array) -> bool:
        """Return whether a chunk or shard holds the fill value alone; most end at the first."""
        if not self.sparse:
            return False
        # Where the fill value is NaN, it is the one number that differs from itself.
        first = part[(0,) * part.ndim]
        if self.fill != self.fill:
            return bool(first != first) and bool((part != part).all())
        return bool(first == self.fill) and bool((part == self.fill).all())

    def _encode(self, part: Array) -> bytes:
        return self.codecs.encode(part) if self.shards is None else self._shard(self.shards, part)

    def _shard(self, shards: Shards, part: Array) -> bytes:
        """Return a whole shard: its chunks one after another, and their index."""
        chunks, counts = self.chunks, shards.counts(self.chunks)
        size = shards.index_bytes(chunks)
        place = size if shards.first else 0
        index = np.empty((*counts, 2), "<u8")
        stored = []
        for numbers in overlapping(tuple(slice(0, n) for n in part.shape), chunks):
            inside = tuple(slice(n * c, n * c + c) for n, c in zip(numbers, chunks, strict=True))
            if self._is_left_out(part[inside]):
                index[numbers] = MISSING
                continue
            stored.append(self.codecs.encode(part[inside]))
            index[numbers] = place, len(stored[-1])
            place += len(stored[-1])
        told = index.tobytes()
        if shards.checked:
            told += checksum(told)
        return b"".join([told, *stored] if shards.first else [*stored, told])
