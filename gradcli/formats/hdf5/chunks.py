"""Read and decode HDF5 chunks without the HDF5 library, and keep them while blocks share them.

Contiguous datasets are read by ``pread``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.formats.deflate import inflate
from gradcli.formats.hdf5.filters import (
    CHECKSUM,
    DEFLATE,
    FLETCHER32,
    Filters,
    checked,
    filters_of,
    unshuffle,
)
from gradcli.formats.raw import RawArray, read_exactly
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


class _Decoded:
    """A decoded chunk, or one that a thread is decoding while others wait for it."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.values: Array | None = None


class ChunkReader:
    """Reads windows of a chunked dataset; a chunk that blocks share is decoded only once."""

    def __init__(self, name: str, dataset: Any, descriptor: int, filters: Filters) -> None:
        self._name = name
        self._fd = descriptor
        self._filters = filters
        self._dtype = dataset.dtype
        self._shape = dataset.shape
        self._chunks = dataset.chunks
        self._counts = [ceil(n / c) for n, c in zip(self._shape, self._chunks, strict=True)]
        self._bytes = prod(self._chunks) * self._dtype.itemsize
        self._fill = dataset.fillvalue
        self._index = _chunk_index(dataset, self._chunks, self._counts)
        self._kept: OrderedDict[int, _Decoded] = OrderedDict()
        self._room = 1
        self._lock = threading.Lock()

    def has_bare_edges(self) -> bool:
        """Return whether partial chunks at the edges may be stored without filters.

        HDF5 has an option for this (H5Pset_chunk_opts), which neither h5py nor the index of chunks
        shows. Such a chunk has exactly the size of its decoded numbers.
        """
        keys, places = self._index
        last = np.array(self._counts) - 1
        ragged = np.array(self._shape) % np.array(self._chunks) != 0
        numbers = np.stack(np.unravel_index(keys, self._counts), -1)
        partial = ((numbers == last) & ragged).any(axis=1)
        bare = places[partial & (places[:, 1] == self._bytes) & (places[:, 2] == 0)]
        return any(not self._is_deflated(int(place)) for place, _, _ in bare)

    def _is_deflated(self, place: int) -> bool:
        """Return whether a chunk is compressed although it has the size of its decoded numbers."""
        if DEFLATE not in self._filters.codes:
            return False
        try:
            self._unfilter(read_exactly(self._fd, self._bytes, place), 0)
        except InputError:
            return False
        return True

    def hold(self, count: int) -> None:
        """Set how many bytes of decoded chunks may be kept, so that blocks can share them."""
        with self._lock:
            self._room = max(1, count // self._bytes)
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
        key = int(np.ravel_multi_index(numbers, self._counts))
        with self._lock:
            entry = self._kept.get(key)
            mine = entry is None
            if entry is None:
                entry = self._kept[key] = _Decoded()
            self._kept.move_to_end(key)
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        if mine:
            try:
                entry.values = self._decode(key, numbers)
            finally:
                entry.ready.set()
        else:
            entry.ready.wait()
        if entry.values is None:  # the thread that was to decode it failed
            return self._decode(key, numbers)
        return entry.values

    def _decode(self, key: int, numbers: tuple[int, ...]) -> Array:
        keys, places = self._index
        found = int(np.searchsorted(keys, key))
        if found == len(keys) or keys[found] != key:
            return np.full(self._chunks, self._fill, self._dtype)
        place, size, skipped = (int(n) for n in places[found])
        try:
            if size > most_bytes(self._bytes):
                raise InputError(f"it is stored in {size} bytes; expected {self._bytes} or fewer")
            return self._unfilter(read_exactly(self._fd, size, place), skipped)
        except InputError as error:
            first = [n * c for n, c in zip(numbers, self._chunks, strict=True)]
            raise InputError(f"{self._name}: the chunk at {first}: {error}") from error

    def _unfilter(self, data: bytes | bytearray | Array, skipped: int) -> Array:
        done = [c for i, c in enumerate(self._filters.codes) if not skipped >> i & 1]
        item = self._filters.item
        for position, code in reversed(list(enumerate(done))):
            if code == FLETCHER32:
                data = checked(data)
            elif code == DEFLATE:
                again = DEFLATE in done[:position]  # the content is another stream, of unknown size
                size = self._bytes + CHECKSUM * done[:position].count(FLETCHER32)
                data = inflate(data, most_bytes(size) if again else size, exact=not again)
            elif item > 1:
                data = unshuffle(data, item)
        if len(data) != self._bytes:
            raise InputError(f"it has {len(data)} bytes; expected {self._bytes}")
        plain = np.frombuffer(data, np.uint8)
        values: Array = plain.view(self._dtype).reshape(self._chunks)
        return values


def most_bytes(count: int) -> int:
    """Return the largest size of a stored chunk: filters may add a little to its numbers."""
    return count + count // 8 + 4096


def _chunk_index(
    dataset: Any, chunks: tuple[int, ...], counts: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the flat indices of the stored chunks, and offset, size and filter mask of each."""
    rows: list[tuple[int, int, int, int]] = []

    def take(info: Any) -> None:
        numbers = [o // c for o, c in zip(info.chunk_offset, chunks, strict=True)]
        if all(n < count for n, count in zip(numbers, counts, strict=True)):
            key = int(np.ravel_multi_index(numbers, counts))
            rows.append((key, info.byte_offset, info.size, info.filter_mask))

    dataset.id.chunk_iter(take)
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    return table[:, 0].copy(), table[:, 1:].copy()


def reader_of(name: str, dataset: Any, descriptor: int, h5t: Any) -> ChunkReader | RawArray | None:
    """Return a reader that bypasses the library, or None if the library must read the dataset."""
    dtype = dataset.dtype
    if dtype.kind not in "iufbc" or not dataset.ndim:
        return None
    # The library converts stored types that numpy does not have, such as bfloat16 or 12 bits.
    if h5t.py_create(dtype, logical=True) != dataset.id.get_type():
        return None
    if dataset.chunks is None:
        offset = dataset.id.get_offset()
        plain = offset is not None and not dataset.external and not dataset.is_virtual
        return RawArray(descriptor, offset, dtype, dataset.shape) if plain else None
    filters = filters_of(dataset)
    if filters is None:
        return None
    reader = ChunkReader(name, dataset, descriptor, filters)
    return None if filters.codes and reader.has_bare_edges() else reader
