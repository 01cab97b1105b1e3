"""Uncompressed arrays in a file, read and written in windows by ``pread`` and ``pwrite``."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from math import prod
from typing import Any

import numpy as np

from gradcli.errors import InputError
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array

COPIED_AT_ONCE = 2**26  # by the kernel, which does not notice Ctrl-C meanwhile
COPY_BYTES = 2**18  # larger pieces would leave the cache between reading and writing


class RawArray:
    """An array at an offset of an open file, in C order or in Fortran order.

    Several threads may share an array, because reads and writes do not move a file position.
    """

    def __init__(
        self,
        descriptor: int,
        offset: int,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        fortran: bool = False,
    ) -> None:
        self._fd = descriptor
        self._offset = offset
        self._fortran = fortran
        self.dtype = dtype
        self.shape = shape

    def read(self, window: Window) -> Array:
        """Return a window as a new array in the stored type."""
        if self._fortran:
            return self._read_rows(window[::-1], self.shape[::-1]).T
        return self._read_rows(window, self.shape)

    def write(self, window: Window, values: Array) -> None:
        """Write values, converted to the stored type, to a window."""
        if self._fortran:
            window, values = window[::-1], values.T
        shape = self.shape[::-1] if self._fortran else self.shape
        data = _bytes_of(np.ascontiguousarray(values, self.dtype))
        done = 0
        for start, length in self._runs(window, shape):
            _write_all(self._fd, data[done : done + length], start)
            done += length

    def copy_to(self, other: RawArray) -> bool:
        """Copy all bytes to an array of the same type, shape and order; return False for others.

        Nothing is decoded, and file systems that can share the space between files do.
        """
        kinds = [(one.dtype.str, one.shape, one._fortran) for one in (self, other)]
        if kinds[0] != kinds[1]:
            return False
        count = prod(self.shape) * self.dtype.itemsize
        _copy_all(self._fd, self._offset, other._fd, other._offset, count)
        return True

    def at(self, path: str) -> tuple[str, int, np.dtype[Any], tuple[int, ...], bool]:
        """Return what another process needs to open this array in a file."""
        return path, self._offset, self.dtype, self.shape, self._fortran

    def reserve(self) -> None:
        """Allocate the space of the array in the file.

        A full disk is then reported before the work begins, and blocks are written faster,
        because the file system has allocated their space already. If the file system cannot
        allocate space, the file is only made long enough and stays sparse.
        """
        count = prod(self.shape) * self.dtype.itemsize
        if not count or _allocate(self._fd, self._offset, count):
            return
        end = self._offset + count
        if os.fstat(self._fd).st_size < end:
            os.ftruncate(self._fd, end)

    def _read_rows(self, window: Window, shape: tuple[int, ...]) -> Array:
        extent = tuple(part.stop - part.start for part in window)
        values = np.empty(extent, self.dtype)
        if not values.size:
            return values
        data = _bytes_of(values)
        done = 0
        for start, length in self._runs(window, shape):
            _read_all(self._fd, data[done : done + length], start)
            done += length
        return values

    def _runs(self, window: Window, shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        """Yield offset and length in bytes of each contiguous run of the window."""
        item = self.dtype.itemsize
        if not shape:
            yield self._offset, item
            return
        split = len(shape) - 1
        while split > 0 and window[split] == slice(0, shape[split]):
            split -= 1
        strides = [item * prod(shape[i + 1 :]) for i in range(len(shape))]
        length = (window[split].stop - window[split].start) * strides[split]
        first = self._offset + window[split].start * strides[split]
        outer = [range(part.start, part.stop) for part in window[:split]]
        for index in product(*outer):
            yield first + sum(i * s for i, s in zip(index, strides, strict=False)), length


def read_exactly(descriptor: int, count: int, offset: int) -> bytearray:
    """Return ``count`` bytes at an offset of a file; raise InputError if there are fewer."""
    data = bytearray(count)
    _read_all(descriptor, memoryview(data), offset)
    return data


def _bytes_of(values: Array) -> memoryview:
    return values.reshape(-1).view(np.uint8).data


def _read_all(descriptor: int, into: memoryview, offset: int) -> None:
    while into:
        count = os.preadv(descriptor, [into], offset)
        if not count:
            raise InputError("ends before its data does; the file is truncated or being written")
        into, offset = into[count:], offset + count


def _copy_all(source: int, first: int, target: int, into: int, count: int) -> None:
    """Copy bytes from one file to another, in the kernel if it can."""
    done = 0
    with suppress(AttributeError, OSError):  # another system, or file systems that cannot
        while done < count:
            part = min(COPIED_AT_ONCE, count - done)
            more = os.copy_file_range(source, target, part, first + done, into + done)
            if not more:
                break
            done += more
    room = memoryview(bytearray(min(COPY_BYTES, count - done)))
    while done < count:
        piece = room[: count - done]
        _read_all(source, piece, first + done)
        _write_all(target, piece, into + done)
        done += len(piece)


def _allocate(descriptor: int, offset: int, count: int) -> bool:
    """Allocate space in a file; return False if the file system does not support it.

    ``os.posix_fallocate`` is not used: without support, it writes into every block.
    """
    try:
        call = ctypes.CDLL(None, use_errno=True).fallocate
    except (AttributeError, OSError, TypeError):
        return False
    place = ctypes.c_int64(offset), ctypes.c_int64(count)
    if not call(descriptor, 0, *place):
        return True
    number = ctypes.get_errno()
    if number in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EPERM):
        return False
    raise OSError(number, os.strerror(number))


def _write_all(descriptor: int, data: memoryview, offset: int) -> None:
    while data:
        count = os.pwrite(descriptor, data, offset)
        data, offset = data[count:], offset + count
