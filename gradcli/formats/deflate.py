"""Compress and decompress zlib streams. Only this file uses isal, libdeflate and zlib-ng."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from struct import pack

import deflate as deflate_library
import numpy as np
from isal import isal_zlib
from zlib_ng import zlib_ng

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array

ISAL_LEVEL = 1
KNOWN = 8  # bytes before those that isal compresses
LEAST_BYTES = 2**10  # in shorter planes, codes of their own take more than they save
HEADER = b"\x78\x01"  # of a zlib stream with a window of 32 KiB
LAST_BLOCK = b"\x03\x00"  # empty, in fixed codes
STORED_BYTES = 2**16 - 1  # the longest stored block of a deflate stream
SAMPLE_BYTES = 40 * 2**10  # more than the window, in which repetitions are found
PIECES, PIECE_BYTES = 64, 128  # of a byte plane, that are counted
DENSE = 0.955  # a plane of more bits of information per bit is stored
PROBE_BYTES, LEAST_PROBE = 48 * 2**10, 16 * 2**10  # of a chunk, for both libraries; of a plane
PROBE_SHARE = 8  # of a plane, one in so many bytes at most
LIKE_ENTROPY = 0.95, 1.22  # of the entropy
LEAST_GAIN, GAIN_OF_PLANE = 0.04, 0.01  # of a chunk, for which zlib-ng is worth its time
GZIP = 31  # the window bits that stand for a stream of gzip


Piece = bytes | memoryview


def inflate(
    data: bytes | bytearray | Array, size: int, exact: bool = True, gzip: bool = False
) -> bytes | bytearray:
    """Return the content of a zlib stream: ``size`` bytes, or up to ``size`` if not ``exact``.

    With ``gzip`` it is a stream of gzip.

    >>> bytes(inflate(isal_zlib.compress(b"abc"), 3))
    b'abc'
    """
    if not gzip:
        # libdeflate is twice as fast. It stops at the size, and says nothing of what is wrong.
        with suppress(deflate_library.DeflateError):
            made = deflate_library.zlib_decompress(data, size)
            if len(made) == size or not exact:
                return made
    stream = isal_zlib.decompressobj(GZIP) if gzip else isal_zlib.decompressobj()
    # Ask for at most one byte too many, so that a huge stream does not fill the memory.
    try:
        out = stream.decompress(data, max_length=size + 1)
        if len(out) == size and not stream.eof:
            out += stream.decompress(stream.unconsumed_tail, max_length=1)
    except isal_zlib.error as error:  # type: ignore[misc]
        raise InputError(f"bad deflate stream ({error})") from error
    if stream.eof and len(out) < size and not exact:
        return bytes(out)
    if len(out) != size or not stream.eof:
        if len(out) == size:
            raise InputError("its deflate stream is cut short")
        more = "more" if len(out) > size else f"{len(out)}"
        raise InputError(f"its stream holds {more} bytes where the chunk has {size}")
    return out


def deflate(data: Array, item: int, level: int) -> bytes:
    """Return bytes as a zlib stream, which depends on them alone.

    Each byte plane is a part of the stream of its own, with its own codes. A plane that does not
    become smaller is stored, one that zlib-ng compresses much better is left to it, and isal
    compresses the others. Short planes are left to zlib-ng together.

    Parameters
    ----------
    data : ndarray of uint8
    item : int
        The number of byte planes, one after another: the bytes of a number if they were shuffled.
    level : int
        The compression level of zlib-ng.

    Examples
    --------
    >>> bytes(inflate(deflate(np.arange(9, dtype="u1"), 3, 4), 9)).hex()
    '000102030405060708'
    """
    count = len(data) // item
    if count < LEAST_BYTES:
        return bytes(zlib_ng.compress(data.data, level))
    planes = [data[start : start + count] for start in range(0, count * item, count)]
    parts = _parts(planes, level)
    rest = _stored(data[count * item :])
    checksum = isal_zlib.adler32(data.data).to_bytes(4, "big")
    return b"".join([HEADER, *chain.from_iterable(parts), *rest, LAST_BLOCK, checksum])


def _parts(planes: list[Array], level: int) -> list[list[Piece]]:
    """Return the part of the stream that holds each byte plane."""
    evenness = [_entropy(plane) for plane in planes]
    dense = [even > DENSE and _is_dense(p) for p, even in zip(planes, evenness, strict=True)]
    parts = [
        _stored(plane) if is_dense else _by_isal(plane)
        for plane, is_dense in zip(planes, dense, strict=True)
    ]
    for number in _better_small(planes, parts, evenness, level):
        parts[number] = _by_zlib_ng(planes[number], level)
    return parts


def _stored(data: Array) -> list[Piece]:
    """Return bytes as stored blocks of a deflate stream."""
    pieces: list[Piece] = []
    for start in range(0, len(data), STORED_BYTES):
        block = data[start : start + STORED_BYTES].data
        pieces += [pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block]
    return pieces


def _by_isal(plane: Array) -> list[Piece]:
    """Return a part of a deflate stream that ends with a whole byte, as other parts follow.

    The first bytes are stored, and what follows knows them. ISA-L looks up an address of memory
    before the third byte of a stream that knows nothing (`shr tmp2, 16` after `.write_first_byte`
    in igzip_icf_body_h1_gr_bt.asm), so that what it finds depends on where the stream lies.
    """
    first, others = plane[:KNOWN], plane[KNOWN:]
    stream = isal_zlib.compressobj(
        ISAL_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS, zdict=first.data
    )
    return [*_stored(first), stream.compress(others.data), stream.flush(isal_zlib.Z_SYNC_FLUSH)]


def _by_zlib_ng(plane: Array, level: int) -> list[Piece]:
    """Return the same by zlib-ng."""
    stream = zlib_ng.compressobj(level, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
    return [stream.compress(plane.data), stream.flush(zlib_ng.Z_SYNC_FLUSH)]


def _size(pieces: list[Piece]) -> int:
    return sum(map(len, pieces))


def _entropy(plane: Array) -> float:
    """Return the bits of information per bit of some bytes, each taken by itself.

    Pieces from all over the plane are counted, because a field may be missing in a part of it.
    """
    spread = plane[: len(plane) // PIECES * PIECES].reshape(PIECES, -1)[:, :PIECE_BYTES]
    counts = np.bincount(spread.reshape(-1), minlength=256)
    return float(np.log2(spread.size) - counts @ np.log2(np.maximum(counts, 1)) / spread.size) / 8


def _middle(plane: Array, count: int) -> Array:
    start = max(0, len(plane) - count) // 2
    return plane[start : start + count]


def _is_dense(plane: Array) -> bool:
    """Return whether a plane of even bytes has no repetitions either."""
    sample = _middle(plane, SAMPLE_BYTES)
    return _size(_by_isal(sample)) > DENSE * len(sample)


def _better_small(
    planes: list[Array], parts: list[list[Piece]], evenness: list[float], level: int
) -> list[int]:
    """Return the planes that are left to zlib-ng, which is ten times slower.

    It is tried where isal found repetitions, of which zlib-ng may find more, and where isal needs
    more bits than bytes take one by one.
    """
    sizes = [_size(part) for part in parts]
    tried = [
        number
        for number, (plane, size) in enumerate(zip(planes, sizes, strict=True))
        if LEAST_GAIN * sum(sizes) < size < DENSE * len(plane)
        and not _like_entropy(size / len(plane), evenness[number])
    ]
    gains = {}
    for number in tried:
        most = len(planes[number]) // PROBE_SHARE
        sample = _middle(planes[number], min(max(PROBE_BYTES // len(tried), LEAST_PROBE), most))
        small, quick = _size(_by_zlib_ng(sample, level)), _size(_by_isal(sample))
        # Of some long planes isal makes much more than their samples let expect.
        whole = sizes[number] * len(sample) / len(planes[number])
        gains[number] = sizes[number] * (1 - small / max(quick, whole))
    if sum(gains.values()) < LEAST_GAIN * sum(sizes):
        return []
    return [number for number, gain in gains.items() if gain > GAIN_OF_PLANE * sum(sizes)]


def _like_entropy(size: float, entropy: float) -> bool:
    """Return whether a size by isal is one that zlib-ng rarely makes much smaller."""
    return LIKE_ENTROPY[0] * entropy < size < LIKE_ENTROPY[1] * entropy


def crc32(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum CRC-32 of some bytes.

    >>> f"{crc32(b'123456789'):08x}"
    'cbf43926'
    """
    return int(isal_zlib.crc32(data))
