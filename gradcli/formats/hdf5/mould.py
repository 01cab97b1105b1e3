"""Files whose headers are those of another to the byte: they are read without the library."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from operator import itemgetter
from struct import unpack_from

from gradcli.formats.hdf5.chunk_tree import UnknownTreeError
from gradcli.formats.hdf5.chunks import ChunkReader
from gradcli.formats.hdf5.headers import CHECKSUM, END, NOWHERE, ROOT, Headers, Part
from gradcli.formats.hdf5.lookup3 import lookup3
from gradcli.formats.raw import RawArray
from gradcli.numerics.dtypes import Array

_APART = 2**16  # bytes between headers that are read in two steps
_SUPERBLOCK = Part(0, ROOT + 8)

Reader = ChunkReader | RawArray


class Mould:
    """The headers of a file, with which those of others are compared.

    Other files may have another size along one dimension, values at other addresses, and other
    attributes of the file itself, if these are of the same length.

    Parameters
    ----------
    descriptor : int
        Of the file, which may be closed later.
    headers : Headers
    readers : mapping of str to Reader
        Those of its datasets that are read without the library, by their names in HDF5.
    shapes : mapping of str to tuple of int
        Their shapes.
    places : mapping of str to int
        The index of the dimension in each dataset that has it.
    coordinate : str
        The dataset that tells the size of the dimension.
    """

    def __init__(
        self,
        descriptor: int,
        headers: Headers,
        readers: Mapping[str, Reader],
        shapes: Mapping[str, tuple[int, ...]],
        places: Mapping[str, int],
        coordinate: str,
    ) -> None:
        self.readers, self.shapes, self.places = readers, shapes, places
        self.coordinate, self.spots = coordinate, headers.spots
        fixed = headers.fixed()
        cuts = [i + 1 for i, (a, b) in enumerate(pairwise(fixed)) if b[0] - a[1] > _APART]
        groups = [fixed[i:j] for i, j in pairwise([0, *cuts, len(fixed)])]
        self._spans = [Part(group[0][0], group[-1][1] + CHECKSUM) for group in groups]
        self._cut = [
            itemgetter(slice(0, 0), *(slice(a - span.start, b - span.start) for a, b in group))
            for span, group in zip(self._spans, groups, strict=True)
        ]
        self._same = self._fixed(self.taken(descriptor))
        self._parts = [(part, _read(descriptor, part)) for part in headers.parts]

    def taken(self, descriptor: int) -> list[bytes]:
        """Return the bytes of a file in which its headers lie."""
        return [os.pread(descriptor, stop - start, start) for start, stop in self._spans]

    def _fixed(self, taken: Sequence[bytes]) -> list[tuple[bytes, ...]]:
        return [cut(data) for cut, data in zip(self._cut, taken, strict=True)]

    def number(self, taken: Sequence[bytes], at: int) -> int:
        """Return a number of eight bytes in the headers."""
        for span, data in zip(self._spans, taken, strict=True):
            if span.start <= at < span.stop:
                return int(unpack_from("<Q", data, at - span.start)[0])
        raise ValueError(f"no header is at {at}")

    def open(self, path: str) -> MouldedFile | None:
        """Open a file; return None if its headers are others, so that the library must read it."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            taken = self.taken(descriptor)
            if self._fixed(taken) == self._same and self._holds(descriptor):
                made = MouldedFile(descriptor, self, taken)
                if made.is_whole():
                    return made
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _holds(self, descriptor: int) -> bool:
        """Return whether a file is as long as it says, and its checksums are right."""
        head = _read(descriptor, _SUPERBLOCK)
        if unpack_from("<Q", head, END)[0] != os.fstat(descriptor).st_size or not _is_right(head):
            return False
        for part, same in self._parts:
            own = _read(descriptor, part)
            if own != same and not _is_right(own):
                return False
        return True


class MouldedFile:
    """An open file whose headers are known from a mould.

    Parameters
    ----------
    descriptor : int
        It is closed with this.
    mould : Mould
    taken : sequence of bytes
        Its headers.
    """

    def __init__(self, descriptor: int, mould: Mould, taken: Sequence[bytes]) -> None:
        self._fd, self._mould, self._taken = descriptor, mould, taken
        self._length = os.fstat(descriptor).st_size
        size = mould.spots[mould.coordinate].size
        self.size = 0 if size is None else mould.number(taken, size)
        self._readers: dict[str, Reader | None] = {}
        self._lock = threading.Lock()

    def is_whole(self) -> bool:
        """Return whether it has points, and every largest size that is fixed is the size."""
        number, taken = self._mould.number, self._taken
        return self.size > 0 and all(
            number(taken, spot.size) == number(taken, spot.most)
            for spot in self._mould.spots.values()
            if spot.size is not None and spot.most is not None
        )

    def reader(self, name: str, shape: tuple[int, ...]) -> Reader | None:
        """Return a reader for a dataset of this shape, or None if the library must read it."""
        with self._lock:
            if name not in self._readers:
                fits = name in self._mould.readers and self._shape(name) == shape
                self._readers[name] = self._made(name, shape) if fits else None
            return self._readers[name]

    def whole(self, name: str, shape: tuple[int, ...]) -> Array | None:
        """Return all numbers of a dataset of this shape as they are stored."""
        reader = self.reader(name, shape)
        return None if reader is None else reader.read(tuple(slice(0, size) for size in shape))

    def _shape(self, name: str) -> tuple[int, ...]:
        shape, at = self._mould.shapes[name], self._mould.spots[name].size
        if at is None:
            return shape
        place = self._mould.places[name]
        return (*shape[:place], self._mould.number(self._taken, at), *shape[place + 1 :])

    def _made(self, name: str, shape: tuple[int, ...]) -> Reader | None:
        like, spot = self._mould.readers[name], self._mould.spots[name]
        if spot.address is None:
            return None
        address = self._mould.number(self._taken, spot.address)
        if isinstance(like, ChunkReader):
            try:
                return like.of_twin(shape, self._fd, None if address == NOWHERE else address)
            except UnknownTreeError:
                return None
        count = prod(shape) * like.dtype.itemsize
        told = spot.length is not None and self._mould.number(self._taken, spot.length)
        if told != count or address + count > self._length:
            return None
        return RawArray(self._fd, address, like.dtype, shape)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def _read(descriptor: int, part: Part) -> bytes:
    return os.pread(descriptor, part.stop - part.start + CHECKSUM, part.start)


def _is_right(data: bytes) -> bool:
    """Return whether bytes end with their checksum."""
    return lookup3(data[:-CHECKSUM]) == int.from_bytes(data[-CHECKSUM:], "little")
