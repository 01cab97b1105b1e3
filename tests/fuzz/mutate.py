"""What is done to a file to make it hostile: changes drawn from a random number generator."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable
from random import Random

from gradcli.formats.hdf5.lookup3 import lookup3

EXTREME = [0, 1, 2, 7, 127, 128, 255, 256, 32767, 65535, 2**16, 2**31 - 1, 2**31, 2**32 - 1]
EXTREME += [2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
TOKENS = [
    *(b"-1", b"0", b"1e308", b"-1e308", b"1e999", b"nan", b"inf", b"9" * 400, b"0x" + b"f" * 5000),
    *(b"", b" ", b",", b",,,,", b";", b"\t", b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b"\0", b"#"),
    *(
        b"\x1b[31m",
        b"\x1b]0;title\x07",
        b"\x7f",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
        b"\xff\xfe",
        b"\xed",
    ),
    *(b"../../etc/passwd", b"/", b"..", b"{stem}", b"%s%n", b"2024-01-01", b"9999-99-99", b"words"),
    *(b"__import__('os').system('id')", b"(" * 300, b"[" * 90_000, b"\\d", b"'|O'", b"'<f8'"),
]
HEAD = 2048  # bytes in which most of what describes a file lies


def mutate(rng: Random, data: bytes, other: bytes) -> bytes:
    """Return a damaged copy of a file; ``other`` is one to splice with."""
    inner = _inside(data)
    if inner is not None and rng.random() < 0.7:
        return inner(rng, other)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        data = rng.choice(CHANGES)(rng, data, other)
    return _sealed(data) if rng.random() < 0.8 else data


def _inside(data: bytes) -> Callable[[Random, bytes], bytes] | None:
    """Return what damages the content of a container and packs it again, or None."""
    if data.startswith(b"PK\x03\x04"):
        return lambda rng, other: _archive(rng, data, other)
    if data.startswith(b"\x1f\x8b"):
        return lambda rng, other: gzip.compress(
            mutate(rng, gzip.decompress(data), b"1,2\n3,4\n"), 1, mtime=0
        )
    return None


def _archive(rng: Random, data: bytes, other: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        often = min(0.7, 1.5 / max(1, len(old.infolist())))  # a store has many entries
        for info in old.infolist():
            inner, name = old.read(info), info.filename
            if rng.random() < often:
                inner = mutate(rng, inner, other)
            if rng.random() < often / 7:
                word = rng.choice(TOKENS)[:100].decode("latin1").replace("\0", "0")
                name = word + name
            new.writestr(zipfile.ZipInfo(name), inner, rng.choice((0, 8)))
    return made.getvalue()


def _place(rng: Random, data: bytes) -> int:
    """Return a place: mostly among the first bytes, at a multiple of four."""
    place = rng.randrange((min(len(data), HEAD) if rng.random() < 0.6 else len(data)) or 1)
    return place & ~3 if rng.random() < 0.5 else place


def _put(data: bytes, place: int, piece: bytes) -> bytes:
    return data[:place] + piece + data[place + len(piece) :]


def _flip(rng: Random, data: bytes, _: bytes) -> bytes:
    if not data:
        return data
    place = _place(rng, data)
    return _put(data, place, bytes([data[place] ^ 1 << rng.randrange(8)]))


def _run(rng: Random, data: bytes, _: bytes) -> bytes:
    count = rng.choice((1, 2, 4, 8, 64, 512))
    piece = rng.choice((b"\0" * count, b"\xff" * count, rng.randbytes(count), b"A" * count))
    return _put(data, _place(rng, data), piece) if data else piece


def _number(rng: Random, data: bytes, _: bytes) -> bytes:
    width = rng.choice("BHIQ")
    value = rng.choice([*EXTREME, len(data), len(data) + 1, max(len(data) - 1, 0)])
    size = struct.calcsize(width)
    piece = (value % 2 ** (8 * size)).to_bytes(size, rng.choice(("little", "big")))
    return _put(data, _place(rng, data), piece) if data else piece


def _nudge(rng: Random, data: bytes, _: bytes) -> bytes:
    """Change a small number: a length, a count, a type."""
    order = rng.choice(("little", "big"))
    width = rng.choice((1, 2, 4, 8))
    for _attempt in range(64):
        place = _place(rng, data) if data else 0
        value = int.from_bytes(data[place : place + width], order)
        if 0 < value < 70_000:
            changed = rng.choice((value - 1, value + 1, 2 * value, 256 * value, 2**31 - value))
            piece = (changed % 2 ** (8 * width)).to_bytes(width, order)
            return _put(data, place, piece)[: len(data)]
    return data


def _cut(rng: Random, data: bytes, _: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _insert(rng: Random, data: bytes, _: bytes) -> bytes:
    place = _place(rng, data)
    piece = rng.choice((rng.randbytes(rng.randrange(1, 40)), data[place : place + 64], b"\0" * 8))
    return data[:place] + piece + data[place:]


def _delete(rng: Random, data: bytes, _: bytes) -> bytes:
    place = _place(rng, data)
    return data[:place] + data[place + rng.choice((1, 2, 4, 8, 100)) :]


def _splice(rng: Random, data: bytes, other: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + other[rng.choice((place, rng.randrange(len(other) + 1))) :]


def _swap(rng: Random, data: bytes, _: bytes) -> bytes:
    first, second = sorted((_place(rng, data), _place(rng, data)))
    size = rng.choice((4, 8, 32))
    pieces = data[first : first + size], data[second : second + size]
    return _put(_put(data, first, pieces[1]), second, pieces[0])[: len(data)]


def _token(rng: Random, data: bytes, _: bytes) -> bytes:
    """Replace a number or a word of text by another, whatever its length."""
    found = list(re.finditer(rb"[\w.+-]+|[,;\t\n\"']", data[: 8 * HEAD]))
    word = rng.choice(TOKENS)
    if not found:
        return data + word
    match = rng.choice(found)
    return data[: match.start()] + word + data[match.end() :]


def _same_length(rng: Random, data: bytes, _: bytes) -> bytes:
    """Write over text with other text of its length, so that nothing moves."""
    found = list(re.finditer(rb"[ -~]{3,}", data[: 8 * HEAD]))
    if not found:
        return data
    match = rng.choice(found)
    word = rng.choice([b"\x1b[2J", b"../..", b"\n\n\n\n", b"/" * 9, b"\0\0\0", b"\xff\xff\xff"])
    return _put(data, match.start(), word[: match.end() - match.start()])


CHANGES = [_flip, _flip, _run, _number, _number, _nudge, _nudge, _cut, _insert, _delete, _splice]
CHANGES += [_swap, _token, _same_length]


def _sealed(data: bytes) -> bytes:
    """Return HDF5 with the checksums of its superblock and object headers made right again.

    Else the library would refuse nearly every change before it looks further.
    """
    if data[:8] != b"\x89HDF\r\n\x1a\n" or len(data) < 48:
        return data
    made = bytearray(data)
    if made[8] in (2, 3):
        made[44:48] = lookup3(bytes(made[:44])).to_bytes(4, "little")
    for match in re.finditer(rb"OHDR\x02", data):
        start, flags = match.start(), made[match.end()] if match.end() < len(made) else 0
        size_at = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(made[size_at : size_at + width], "little")
        end = size_at + width + size
        if size < 2**16 and end + 4 <= len(made):
            made[end : end + 4] = lookup3(bytes(made[start:end])).to_bytes(4, "little")
    return bytes(made)
