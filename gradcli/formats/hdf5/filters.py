"""The HDF5 filters that gradcli applies itself: shuffle, deflate and Fletcher's checksum."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
CHECKSUM = 4  # bytes of a checksum
WORDS = 2**16  # 16-bit words that are summed at a time
TILE = 2**15  # numbers that are shuffled at a time
WORD_SIZES = (2, 4)  # bytes of numbers that are shuffled as words


class Filters(NamedTuple):
    """The filter pipeline of a dataset.

    Attributes
    ----------
    codes : tuple of int
        The HDF5 identifiers of the filters, in the order in which they are applied.
    level : int
        The level of deflate. It is recorded in the file; chunks may be compressed at any level.
    item : int
        Bytes of a number.
    """

    codes: tuple[int, ...]
    level: int
    item: int


def filters_of(dataset: Any) -> Filters | None:
    """Return the filters of an HDF5 dataset, or None if it has filters that only HDF5 knows."""
    creation = dataset.id.get_create_plist()
    found = [creation.get_filter(index) for index in range(creation.get_nfilters())]
    codes = tuple(code for code, *_ in found)
    if not set(codes) <= {DEFLATE, SHUFFLE, FLETCHER32}:
        return None
    level = next((values[0] for code, _, values, _ in found if code == DEFLATE and values), 4)
    return Filters(codes, int(level), dataset.dtype.itemsize)


def unshuffle(data: bytes | bytearray | Array, item: int, out: Array | None = None) -> Array:
    """Undo the shuffle filter: put the bytes of each number together again.

    >>> unshuffle(b"adbecf", 3).tobytes()
    b'abcdef'
    """
    octets = np.frombuffer(data, np.uint8)
    out = np.empty(len(octets), np.uint8) if out is None else out
    count = len(octets) // item
    planes, body = octets[: count * item].reshape(item, count), out[: count * item]
    out[count * item :] = octets[count * item :]
    if item not in WORD_SIZES or sys.byteorder != "little":
        numbers = body.reshape(count, item)
        for tile in _tiles(count):
            for k in range(item):
                numbers[tile, k] = planes[k, tile]
        return out
    # Sums of shifted words are vectorized; single bytes of each number are not.
    words = body.view(f"u{item}")
    scratch = np.empty(min(count, TILE), words.dtype)
    for tile in _tiles(count):
        part = words[tile]
        shifted = scratch[: len(part)]
        part[...] = planes[0, tile]
        for k in range(1, item):
            shifted[...] = planes[k, tile]
            np.left_shift(shifted, 8 * k, out=shifted)
            np.bitwise_or(part, shifted, out=part)
    return out


def shuffle(data: Array, item: int, out: Array | None = None) -> Array:
    """Apply the shuffle filter: put the first bytes of all numbers first, then the second bytes.

    >>> shuffle(np.frombuffer(b"abcdef", np.uint8), 3).tobytes()
    b'adbecf'
    """
    out = np.empty(len(data), np.uint8) if out is None else out
    count = len(data) // item
    body, planes = data[: count * item], out[: count * item].reshape(item, count)
    out[count * item :] = data[count * item :]
    if item not in WORD_SIZES or sys.byteorder != "little":
        numbers = body.reshape(count, item)
        for tile in _tiles(count):
            for k in range(item):
                planes[k, tile] = numbers[tile, k]
        return out
    words = body.view(f"u{item}")
    scratch = np.empty(min(count, TILE), words.dtype)
    for tile in _tiles(count):
        part = words[tile]
        shifted = scratch[: len(part)]
        for k in range(item):
            np.right_shift(part, 8 * k, out=shifted)
            np.copyto(planes[k, tile], shifted, casting="unsafe")
    return out


def _tiles(count: int) -> Iterator[slice]:
    """Yield parts of so many numbers that stay in the cache with all their planes."""
    for start in range(0, count, TILE):
        yield slice(start, min(start + TILE, count))


def checksum(data: bytes | bytearray | Array) -> bytes:
    """Return Fletcher's checksum of some bytes, which HDF5 stores after them.

    See Fletcher (1982), https://doi.org/10.1109/TCOM.1982.1095369. HDF5 sums 16-bit words modulo
    65535, and writes 65535 instead of 0 unless all words are 0.

    >>> checksum(b"abcd").hex()
    'c6c42926'
    """
    octets = np.frombuffer(data, np.uint8)
    if len(octets) % 2:
        octets = np.append(octets, np.uint8(0))
    words, simple, weighted = octets.view(">u2"), 0, 0
    for start in range(0, len(words), WORDS):
        run = words[start : start + WORDS].astype(np.uint64)
        weighted += len(run) * simple + int(run @ np.arange(len(run), 0, -1, dtype=np.uint64))
        simple += int(run.sum())
    low, high = (total and (total - 1) % 65535 + 1 for total in (simple, weighted))
    return (high << 16 | low).to_bytes(CHECKSUM, "little")


def checked(data: bytes | bytearray | Array) -> Array:
    """Return bytes without the checksum at their end; raise InputError if it is wrong."""
    octets = np.frombuffer(data, np.uint8)
    body, stored = octets[:-CHECKSUM], octets[-CHECKSUM:].tobytes()
    found = checksum(body)
    # Old versions of HDF5 swapped the bytes of each half.
    if stored not in (found, bytes(found[i] for i in (1, 0, 3, 2))):
        raise InputError(f"its checksum is {stored.hex()}; expected {found.hex()}")
    return body
