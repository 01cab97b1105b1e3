"""The checksum of the structures of HDF5: ``lookup3`` by Bob Jenkins."""

from __future__ import annotations

import struct

_WORD = 0xFFFFFFFF
_BLOCK = 12  # bytes that are mixed at a time


def lookup3(data: bytes) -> int:
    """Return the checksum that HDF5 puts behind these bytes.

    >>> hex(lookup3(b"Four score and seven years ago"))
    '0x17770551'
    """
    a = b = c = (0xDEADBEEF + len(data)) & _WORD
    if not data:
        return c
    data += bytes(-len(data) % _BLOCK)
    words: tuple[int, ...] = struct.unpack(f"<{len(data) // 4}I", data)
    for index in range(0, len(words) - 3, 3):
        a, b, c = a + words[index], b + words[index + 1], c + words[index + 2]
        # Bits beyond a word are dropped where a rotation would bring them back.
        a, c = (a - c ^ _turned(c, 4)) & _WORD, c + b
        b, a = (b - a ^ _turned(a, 6)) & _WORD, a + c
        c, b = (c - b ^ _turned(b, 8)) & _WORD, b + a
        a, c = (a - c ^ _turned(c, 16)) & _WORD, c + b
        b, a = (b - a ^ _turned(a, 19)) & _WORD, a + c
        c, b = (c - b ^ _turned(b, 4)) & _WORD, b + a
    a, b, c = (part + word & _WORD for part, word in zip((a, b, c), words[-3:], strict=True))
    c = (c ^ b) - _turned(b, 14) & _WORD
    a = (a ^ c) - _turned(c, 11) & _WORD
    b = (b ^ a) - _turned(a, 25) & _WORD
    c = (c ^ b) - _turned(b, 16) & _WORD
    a = (a ^ c) - _turned(c, 4) & _WORD
    b = (b ^ a) - _turned(a, 14) & _WORD
    return (c ^ b) - _turned(b, 24) & _WORD


def _turned(word: int, bits: int) -> int:
    word &= _WORD
    return (word << bits | word >> 32 - bits) & _WORD
