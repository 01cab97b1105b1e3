"""Read windows of Zarr arrays, whose chunks lie by themselves or in shards."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.chunked import ChunkedReader
from gradcli.formats.zarr.codecs import checksum
from gradcli.formats.zarr.layout import MISSING, ArrayLayout
from gradcli.formats.zarr.stores import Store
from gradcli.numerics.dtypes import Array

INDEXES = 64  # indexes of shards that are kept


class ZarrReader(ChunkedReader):
    """Reads windows of an array; chunks that the store does not hold have the fill value."""

    def __init__(self, name: str, prefix: str, layout: ArrayLayout, store: Store) -> None:
        super().__init__(layout.codecs.dtype, layout.shape, layout.chunks)
        self._name = name
        self._prefix = prefix
        self._layout = layout
        self._store = store
        self._indexes: OrderedDict[tuple[int, ...], Array | None] = OrderedDict()

    def _decode(self, numbers: tuple[int, ...]) -> Array:
        with self._told(numbers):
            data = self._stored(numbers)
            if data is None:
                return np.full(self._chunks, self._layout.fill, self._dtype)
            return self._layout.codecs.decode(data, self._chunks)

    def _decode_into(self, numbers: tuple[int, ...], out: Array) -> None:
        with self._told(numbers):
            data, codecs = self._stored(numbers), self._layout.codecs
            if data is None:
                out[...] = self._layout.fill
            elif not codecs.decode_into(data, out):
                out[...] = codecs.decode(data, self._chunks)

    @contextmanager
    def _told(self, numbers: tuple[int, ...]) -> Iterator[None]:
        """Say in errors of a block which chunk is meant."""
        try:
            yield
        except InputError as error:
            raise InputError(f"{self._name}: the chunk {list(numbers)}: {error}") from error

    def _stored(self, numbers: tuple[int, ...]) -> bytes | None:
        """Return a chunk as it is stored; None if the store does not hold it."""
        layout = self._layout
        if layout.shards is not None:
            return self._in_shard(numbers)
        return self._store.read(self._prefix + layout.keys.key(numbers), self._most())

    def _most(self) -> int:
        """Return the largest size of a stored chunk; words take as much as they do."""
        plain = self._dtype.kind in "iufcb"
        return 2 * self._bytes + 65536 if plain else 2**31

    def _in_shard(self, numbers: tuple[int, ...]) -> bytes | None:
        shards = self._layout.shards
        assert shards is not None
        counts = shards.counts(self._chunks)
        shard = tuple(n // c for n, c in zip(numbers, counts, strict=True))
        key = self._prefix + self._layout.keys.key(shard)
        index = self._index(shard, key)
        if index is None:
            return None
        inside = tuple(n % c for n, c in zip(numbers, counts, strict=True))
        start, size = (int(n) for n in index[inside])
        if start == MISSING and size == MISSING:
            return None
        if size > self._most() or start >= 2**62:
            raise InputError(f"its shard declares {size} bytes at {start}; the shard is damaged")
        return self._store.read_range(key, start, size)

    def _index(self, shard: tuple[int, ...], key: str) -> Array | None:
        """Return the offset and size of each chunk of a shard; None if there is no shard."""
        with self._lock:
            if shard in self._indexes:
                self._indexes.move_to_end(shard)
                return self._indexes[shard]
        shards = self._layout.shards
        assert shards is not None
        size = shards.index_bytes(self._chunks)
        data = self._store.read_range(key, 0 if shards.first else -size, size)
        found = None
        if data is not None:
            if shards.checked and checksum(data[:-4]) != data[-4:]:
                raise InputError("the checksum of the index of its shard is wrong")
            counts = shards.counts(self._chunks)
            found = np.frombuffer(data, "<u8", 2 * prod(counts)).reshape(*counts, 2)
        with self._lock:
            self._indexes[shard] = found
            while len(self._indexes) > INDEXES:
                self._indexes.popitem(last=False)
        return found
