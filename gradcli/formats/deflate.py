"""Deflate, both ways: the one place of isal and zlib-ng."""

from __future__ import annotations

from isal import isal_zlib
from zlib_ng import zlib_ng

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array

ISAL_LEVEL = 1
PROBES = 2  # chunks that are deflated both ways before one is chosen
PROBE_SLACK = 1.05  # isal may be so much larger than zlib at the source's level

Probes = tuple[tuple[int, int], ...]  # bytes of chunks by isal and by zlib-ng


def inflate(data: bytes | bytearray | Array, size: int, exact: bool = True) -> bytes:
    """Return what a zlib stream holds; it must be just so many bytes, or so many at most.

    >>> inflate(isal_zlib.compress(b"abc"), 3)
    b'abc'
    """
    stream = isal_zlib.decompressobj()
    # One byte more than there may be: memory is bounded by the chunk, not by the stream.
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
    """Deflates the chunks of a block with isal, or with zlib-ng where isal's are too large.

    Parameters
    ----------
    level : int
        Of zlib-ng.
    probes : tuple of (int, int)
        Sizes of chunks that were deflated both ways before.
    first : bool
        Whether this is the first block, which probes its first chunks; so do later ones while
        what they were told of is too little to choose by. Those told of nothing take isal: they
        are begun before the first is done.
    """

    def __init__(self, level: int, probes: Probes, first: bool) -> None:
        self._level = level
        self._before = len(probes)
        self._probes = list(probes)
        self._left = max(0, PROBES - len(probes)) if probes or first else 0

    @property
    def probed(self) -> Probes:
        """The sizes of the chunks that were probed here."""
        return tuple(self._probes[self._before :])

    def __call__(self, data: Array) -> bytes:
        """Return a zlib stream."""
        if not self._left:
            isal, ng = (sum(sizes[way] for sizes in self._probes) for way in (0, 1))
            return self._isal(data) if isal <= PROBE_SLACK * ng else self._ng(data)
        self._left -= 1
        # Of whole chunks: samples favour zlib-ng, whose window reaches further back.
        quick, small = self._isal(data), self._ng(data)
        self._probes.append((len(quick), len(small)))
        return quick if len(quick) <= PROBE_SLACK * len(small) else small

    def _isal(self, data: Array) -> bytes:
        return bytes(isal_zlib.compress(data.data, ISAL_LEVEL))

    def _ng(self, data: Array) -> bytes:
        return bytes(zlib_ng.compress(data.data, self._level))
