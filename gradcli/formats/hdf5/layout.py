"""Let the HDF5 library lay out a file whose chunks are packed elsewhere, without their bytes.

The library gets a file object. It is given a buffer of the size of each chunk, decides where the
chunk lies, and writes its index. What it writes from that buffer is dropped, and the place is
noted; everything else goes to the file. The buffer is known by its address in memory, which
belongs to it as long as it lives: no other bytes that the library writes can lie there.
"""

from __future__ import annotations

import mmap
import os
from typing import Any, Self

import numpy as np

from gradcli.formats.hdf5.packer import ChunkForm
from gradcli.formats.packets import Elsewhere
from gradcli.model.blocks import Window

LEAST_ROOM = 2**20


class LayoutFile:
    """A file object for h5py that keeps what is written, except for bytes of its own buffer."""

    def __init__(self, path: str) -> None:
        self.descriptor = os.open(path, os.O_RDWR)
        self._place = 0
        self._room = mmap.mmap(-1, LEAST_ROOM)
        self._first = _address(self._room)
        self.noted: list[tuple[int, int]] = []

    def bytes_of(self, size: int) -> memoryview:
        """Return a buffer of this size, whose bytes will be dropped; it takes no memory."""
        if size > len(self._room):
            self._room = mmap.mmap(-1, max(size, 2 * len(self._room)))
            self._first = _address(self._room)
        return memoryview(self._room)[:size]

    def write(self, data: Any) -> int:
        """Write bytes, or note the place and size of those of the buffer."""
        size = len(data)
        if 0 <= _address(data) - self._first < len(self._room):
            self.noted.append((self._place, size))
        else:
            left, place = memoryview(data), self._place
            while left:
                done = os.pwrite(self.descriptor, left, place)
                left, place = left[done:], place + done
        self._place += size
        return size

    def read(self, size: int = -1) -> bytes:
        """Return some bytes; h5py takes only objects that have this method, and never calls it."""
        data = os.pread(self.descriptor, size, self._place)
        self._place += len(data)
        return data

    def readinto(self, into: Any) -> int:
        """Fill a buffer; behind the end of the file are zeros."""
        left = memoryview(into).cast("B")
        size = len(left)
        while left and (done := os.preadv(self.descriptor, [left], self._place)):
            left, self._place = left[done:], self._place + done
        left[:] = bytes(len(left))
        self._place += len(left)
        return size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the place of the next read or write."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence)
        self._place = offset + (os.fstat(self.descriptor).st_size if base is None else base)
        return self._place

    def tell(self) -> int:
        """Return the place of the next read or write."""
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file."""
        os.ftruncate(self.descriptor, size := self._place if size is None else size)
        return size

    def flush(self) -> None:
        """Do nothing: nothing is kept back."""

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _address(data: Any) -> int:
    return int(np.frombuffer(data, np.uint8).__array_interface__["data"][0])


class LayoutWriter:
    """Gives the chunks of blocks that lie elsewhere their places in a dataset."""

    def __init__(self, dataset: Any, form: ChunkForm, file: LayoutFile) -> None:
        self._dataset = dataset
        self._file = file
        self.form = form

    def put(self, window: Window, payload: Elsewhere) -> None:
        """Find the place of each chunk of a block; one without bytes stays unwritten."""
        chunks = self.form.pieces(window)
        payload.places = np.zeros(len(chunks), np.int64)
        for index, (offset, size) in enumerate(zip(chunks, payload.sizes.tolist(), strict=True)):
            if size:
                payload.places[index] = self._placed(offset, size)

    def _placed(self, offset: tuple[int, ...], size: int) -> int:
        noted = self._file.noted
        noted.clear()
        self._dataset.id.write_direct_chunk(offset, self._file.bytes_of(size))
        if len(noted) == 1 and noted[0][1] == size:
            return noted[0][0]
        # The library has copied the buffer, and zeros were written, over which the chunk will go.
        return int(self._dataset.id.get_chunk_info_by_coord(offset).byte_offset)
