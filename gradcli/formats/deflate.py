"""Compress and decompress zlib streams. Only this file uses isal and zlib-ng."""

from __future__ import annotations

from isal import isal_zlib
from zlib_ng import zlib_ng

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array

ISAL_LEVEL = 1
PROBES = 2  # chunks that are compressed with both libraries before one is chosen
PROBE_SLACK = 1.05  # isal is chosen if its chunks are at most this much larger

Probes = tuple[tuple[int, int], ...]  # size of each probed chunk with isal and with zlib-ng


GZIP = 31  # the window bits that stand for a stream of gzip


def inflate(
    data: bytes | bytearray | Array, size: int, exact: bool = True, gzip: bool = False
) -> bytes:
    """Return the content of a zlib stream: ``size`` bytes, or up to ``size`` if not ``exact``.

    With ``gzip`` it is a stream of gzip.

    >>> inflate(isal_zlib.compress(b"abc"), 3)
    b'abc'
    """
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


class Deflater:
    """Compresses the chunks of a block with isal, or with zlib-ng if isal's are too large.

    Parameters
    ----------
    level : int
        The compression level of zlib-ng.
    probes : tuple of (int, int)
        Sizes of chunks that were compressed with both libraries before.
    first : bool
        Whether this is the first block. The first block compresses its first chunks with both
        libraries to choose one. Later blocks do so too as long as they know of fewer probes than
        are needed. Blocks that know of none, because they begin before the first block is done,
        try one chunk: so the number of threads does not decide how a block is compressed.
    """

    def __init__(self, level: int, probes: Probes, first: bool) -> None:
        self._level = level
        self._before = len(probes)
        self._probes = list(probes)
        self._left = max(0, PROBES - len(probes)) if probes or first else 1

    @property
    def probed(self) -> Probes:
        """The sizes of the chunks that this object compressed with both libraries."""
        return tuple(self._probes[self._before :])

    def __call__(self, data: Array) -> bytes:
        """Return the data as a zlib stream."""
        if not self._left:
            isal, ng = (sum(sizes[way] for sizes in self._probes) for way in (0, 1))
            return self._isal(data) if isal <= PROBE_SLACK * ng else self._ng(data)
        self._left -= 1
        # Probe whole chunks: parts of a chunk would favour zlib-ng, whose window is longer.
        quick, small = self._isal(data), self._ng(data)
        self._probes.append((len(quick), len(small)))
        return quick if len(quick) <= PROBE_SLACK * len(small) else small

    def _isal(self, data: Array) -> bytes:
        return bytes(isal_zlib.compress(data.data, ISAL_LEVEL))

    def _ng(self, data: Array) -> bytes:
        return bytes(zlib_ng.compress(data.data, self._level))


def crc32(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum CRC-32 of some bytes.

    >>> f"{crc32(b'123456789'):08x}"
    'cbf43926'
    """
    return int(isal_zlib.crc32(data))
