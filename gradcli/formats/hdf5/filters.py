"""The filters of HDF5 chunks that are done here: shuffle, deflate and checksums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
CHECKSUM = 4  # bytes of one
WORDS = 2**16  # that are summed at a time


class Filters(NamedTuple):
    """What is done to a chunk.

    Attributes
    ----------
    codes : tuple of int
        The filters in order, as HDF5 numbers them.
    level : int
        Of deflate, for readers of the file; any zlib stream is valid under it.
    item : int
        Bytes of a number.
    """

    codes: tuple[int, ...]
    level: int
    item: int


def filters_of(dataset: Any) -> Filters | None:
    """Return the filters of an HDF5 dataset, or None where the library must be asked."""
    creation = dataset.id.get_create_plist()
    found = [creation.get_filter(index) for index in range(creation.get_nfilters())]
    codes = tuple(code for code, *_ in found)
    if not set(codes) <= {DEFLATE, SHUFFLE, FLETCHER32}:
        return None
    level = next((values[0] for code, _, values, _ in found if code == DEFLATE and values), 4)
    return Filters(codes, int(level), dataset.dtype.itemsize)


def unshuffle(data: bytes | bytearray | Array, item: int) -> Array:
    """Return numbers' bytes in order; the planes of first, second … bytes come in.

    >>> unshuffle(b"adbecf", 3).tobytes()
    b'abcdef'
    """
    octets = np.frombuffer(data, np.uint8)
    count = len(octets) // item
    planes = octets[: count * item].reshape(item, count)
    out = np.empty((count, item), np.uint8)
    for k in range(item):
        out[:, k] = planes[k]
    return np.append(out, octets[count * item :]) if len(octets) % item else out.reshape(-1)


def shuffle(data: Array, item: int) -> Array:
    """Return the planes of numbers' first, second … bytes, one behind the other.

    >>> shuffle(np.frombuffer(b"abcdef", np.uint8), 3).tobytes()
    b'adbecf'
    """
    count = len(data) // item
    numbers = data[: count * item].reshape(count, item)
    planes = np.empty((item, count), np.uint8)
    for k in range(item):
        planes[k] = numbers[:, k]
    return np.append(planes, data[count * item :]) if len(data) % item else planes.reshape(-1)


def checksum(data: bytes | bytearray | Array) -> bytes:
    """Return Fletcher's checksum of some bytes, as HDF5 stores it behind them.

    Fletcher (1982), https://doi.org/10.1109/TCOM.1982.1095369; of 16-bit words, modulo 65535,
    with 65535 in place of 0 where anything was summed.

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
    """Return bytes without the checksum behind them; a wrong one is an InputError."""
    octets = np.frombuffer(data, np.uint8)
    body, stored = octets[:-CHECKSUM], octets[-CHECKSUM:].tobytes()
    found = checksum(body)
    # Old writers swapped the bytes of each half.
    if stored not in (found, bytes(found[i] for i in (1, 0, 3, 2))):
        raise InputError(f"its checksum is {stored.hex()}; expected {found.hex()}")
    return body
