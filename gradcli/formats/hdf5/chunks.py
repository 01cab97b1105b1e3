"""Read and decode HDF5 chunks without the HDF5 library.

Contiguous datasets are read by ``pread``.
"""

from __future__ import annotations

from math import ceil, prod
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.packing import Decoding
from gradcli.errors import InputError
from gradcli.formats.chunked import ChunkedReader
from gradcli.formats.deflate import inflate
from gradcli.formats.hdf5.chunk_tree import Index, chunk_tree
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


class Form(NamedTuple):
    """How the chunks of a dataset are stored, wherever they lie."""

    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    fill: Any
    filters: Filters


class ChunkReader(ChunkedReader):
    """Reads windows of a chunked dataset of HDF5.

    Parameters
    ----------
    name : str
        How messages call it.
    form : Form
    shape : tuple of int
    descriptor : int
        Of the open file.
    index : Index
        Where its chunks lie.
    """

    def __init__(
        self, name: str, form: Form, shape: tuple[int, ...], descriptor: int, index: Index
    ) -> None:
        super().__init__(form.dtype, shape, form.chunks)
        self._name, self._form = name, form
        self._fd = descriptor
        self._filters, self._fill = form.filters, form.fill
        self._counts = counts_of(shape, form.chunks)
        self._index = index

    def of_twin(self, shape: tuple[int, ...], descriptor: int, root: int | None) -> ChunkReader:
        """Return a reader for a dataset of this form in another file.

        Parameters
        ----------
        shape : tuple of int
        descriptor : int
            Of the other file.
        root : int or None
            The address of its tree of chunks; None if it has none.

        Raises
        ------
        UnknownTreeError
            The tree is damaged.
        """
        chunks = self._form.chunks
        index = (
            (np.empty(0, np.int64), np.empty((0, 3), np.int64))
            if root is None
            else chunk_tree(descriptor, root, chunks, counts_of(shape, chunks))
        )
        return ChunkReader(self._name, self._form, shape, descriptor, index)

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

    def lacks(self, window: Window, decoding: Decoding) -> bool:
        """Return whether no chunk of a window is stored, and their fill value means missing."""
        keys, _ = self._index
        if len(keys) == prod(self._counts):
            return False
        spans = [
            np.arange(part.start // size, ceil(part.stop / size))
            for part, size in zip(window, self._chunks, strict=True)
        ]
        wanted = np.ravel_multi_index(np.ix_(*spans), self._counts).reshape(-1)
        places = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
        if len(keys) and (keys[places] == wanted).any():
            return False
        return bool(np.isnan(decoding.decode(np.full(1, self._fill, self._dtype))).all())

    def _is_deflated(self, place: int) -> bool:
        """Return whether a chunk is compressed although it has the size of its decoded numbers."""
        if DEFLATE not in self._filters.codes:
            return False
        try:
            data = read_exactly(self._fd, self._bytes, place)
            self._unfilter(data, 0, np.empty(self._chunks, self._dtype))
        except InputError:
            return False
        return True

    def _decode(self, numbers: tuple[int, ...]) -> Array:
        out = np.empty(self._chunks, self._dtype)
        self._decode_into(numbers, out)
        return out

    def _decode_into(self, numbers: tuple[int, ...], out: Array) -> None:
        key = int(np.ravel_multi_index(numbers, self._counts))
        keys, places = self._index
        found = int(np.searchsorted(keys, key))
        if found == len(keys) or keys[found] != key:
            out[...] = self._fill
            return
        place, size, skipped = (int(n) for n in places[found])
        try:
            if size > most_bytes(self._bytes):
                raise InputError(f"it is stored in {size} bytes; expected {self._bytes} or fewer")
            self._unfilter(read_exactly(self._fd, size, place), skipped, out)
        except InputError as error:
            first = [n * c for n, c in zip(numbers, self._chunks, strict=True)]
            raise InputError(f"{self._name}: the chunk at {first}: {error}") from error

    def _unfilter(self, data: bytes | bytearray | Array, skipped: int, out: Array) -> None:
        """Undo the filters that were not skipped, and put the numbers into an array."""
        done = [c for i, c in enumerate(self._filters.codes) if not skipped >> i & 1]
        item = self._filters.item
        octets = out.reshape(-1).view(np.uint8)
        for position, code in reversed(list(enumerate(done))):
            if code == FLETCHER32:
                data = checked(data)
            elif code == DEFLATE:
                again = DEFLATE in done[:position]  # the content is another stream, of unknown size
                size = self._bytes + CHECKSUM * done[:position].count(FLETCHER32)
                data = inflate(data, most_bytes(size) if again else size, exact=not again)
            elif item > 1:
                free = len(data) == len(octets) and data is not octets
                data = unshuffle(data, item, octets if free else None)
        if len(data) != self._bytes:
            raise InputError(f"it has {len(data)} bytes; expected {self._bytes}")
        if data is not octets:
            octets[...] = np.frombuffer(data, np.uint8)


def most_bytes(count: int) -> int:
    """Return the largest size of a stored chunk: filters may add a little to its numbers."""
    return count + count // 8 + 4096


def counts_of(shape: tuple[int, ...], chunks: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many chunks there are along each axis.

    >>> counts_of((5, 4), (2, 4))
    (3, 1)
    """
    return tuple(ceil(n / c) for n, c in zip(shape, chunks, strict=True))


def _chunk_index(dataset: Any, chunks: tuple[int, ...], counts: tuple[int, ...]) -> Index:
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
    form = Form(dtype, dataset.chunks, dataset.fillvalue, filters)
    index = _chunk_index(dataset, form.chunks, counts_of(dataset.shape, form.chunks))
    reader = ChunkReader(name, form, dataset.shape, descriptor, index)
    return None if filters.codes and reader.has_bare_edges() else reader
