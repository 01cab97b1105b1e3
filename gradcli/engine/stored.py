"""The file of a part: packed blocks one after another, each behind what is known of it.

The file begins with a line that says what it is. Then come a head, blocks, and an end. Each
begins with a frame: its kind, and the size and the checksum of a text in JSON. The bytes of a
block follow its text, which holds the size and the checksum of every piece.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from gradcli.engine.block import BlockResult
from gradcli.errors import InputError, OutputError
from gradcli.formats.deflate import crc32
from gradcli.formats.packets import Apart, Bytes, fits, put_together, taken_apart
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer, Packet
from gradcli.numerics.adapt import Counts
from gradcli.numerics.dtypes import Array
from gradcli.system.paths import read_error

MAGIC = b"gradcli part 2\n"
FRAME = struct.Struct("<cQI")
HEAD, BLOCK, END = b"h", b"b", b"e"


class PartWriter:
    """Writes the blocks of a part to a file, behind a head."""

    def __init__(self, file: BinaryIO, head: Mapping[str, Any]) -> None:
        self._file = file
        self._count = 0
        file.write(MAGIC)
        self._frame(HEAD, head)

    def add(self, number: int, made: BlockResult) -> None:
        """Write a block, which has this number in the plan."""
        apart = [(packet.name, taken_apart(packet.payload)) for packet in made.packets]
        packets = [
            [name, each.keys, each.dtype, each.shape,
             [[len(piece), crc32(piece)] for piece in each.pieces]]
            for name, each in apart
        ]  # fmt: skip
        self._frame(BLOCK, {"block": number, "packets": packets, **_said(made)})
        for _, each in apart:
            for piece in each.pieces:
                self._file.write(piece)
        self._count += 1

    def end(self) -> None:
        """Write how many blocks there were: without that, a part is not complete."""
        self._frame(END, {"blocks": self._count})

    def _frame(self, kind: bytes, said: Mapping[str, Any]) -> None:
        text = json.dumps(said).encode()
        self._file.write(FRAME.pack(kind, len(text), crc32(text)) + text)


def _said(made: BlockResult) -> dict[str, Any]:
    """Return what is known of a block besides its packets, in plain types."""
    return {
        "counts": [[index, *counts] for index, counts in made.counts.items()],
        "seen": [[*key, *map(repr, values)] for key, values in made.seen.items()],
        "given": made.given,
        "found": made.found,
        "met": list(map(repr, made.met)),
        "stats": [list(map(str, each)) for each in made.stats],
    }


class StoredPacket(NamedTuple):
    """A packed block of one result, without its bytes.

    Attributes
    ----------
    name : str
    apart : Apart
        Without pieces.
    offset : int
        Where the first piece is; the others follow.
    sizes, sums : numpy.ndarray
        The bytes of each piece, and their checksums.
    """

    name: str
    apart: Apart
    offset: int
    sizes: Array
    sums: Array


class StoredBlock(NamedTuple):
    """A block as it lies in a part: what is said of it, and where its bytes are.

    Attributes
    ----------
    place : str
        The path of the part.
    number : int
        The place of the block in the plan.
    frame, end : int
        Where it begins and ends in the part.
    packets : tuple of StoredPacket
    said : mapping
    """

    place: str
    number: int
    frame: int
    end: int
    packets: tuple[StoredPacket, ...]
    said: Mapping[str, Any]

    def result(self, packer: Packer, block: Block) -> BlockResult:
        """Return the block with its packets, which are checked.

        Raises
        ------
        OutputError
            They are damaged, or not those that the packer makes of this block.
        """
        self.refuse_unfit(packer, block)
        packets = [Packet(name, block.window, put_together(apart)) for name, apart in self._read()]
        return self.facts(block)._replace(packets=packets)

    def refuse_damaged(self) -> None:
        """Raise OutputError if the bytes of the block are not those that were written."""
        for _ in self._read():
            pass

    def _read(self) -> Iterator[tuple[str, Apart]]:
        with _reading(self.place) as file:
            for name, apart, offset, sizes, sums in self.packets:
                file.seek(offset)
                pieces: list[Bytes] = [file.read(size) for size in sizes.tolist()]
                if list(map(crc32, pieces)) != sums.tolist():
                    raise _damaged(self.place)
                yield name, apart._replace(pieces=pieces)

    def refuse_unfit(self, packer: Packer, block: Block) -> None:
        """Raise OutputError if the packets are not such as a packer makes of a block."""
        for packet in self.packets:
            if not fits(packer, packet.name, block.window, packet.apart, packet.sizes.tolist()):
                raise _damaged(self.place)

    def facts(self, block: Block) -> BlockResult:
        """Return what is known of the block, without its packets."""
        said = self.said
        return BlockResult(
            block,
            [],
            {index: Counts(*counts) for index, *counts in said["counts"]},
            {(i, j): tuple(map(float, values)) for i, j, *values in said["seen"]},
            tuple(said["given"]),
            tuple(said["found"]),
            _statistics(said["stats"]),
            tuple(map(float, said["met"])),
        )


def _statistics(said: list[list[str]]) -> tuple[Any, ...]:
    if not said:
        return ()
    from gradcli.engine.statistics import Statistics

    made = []
    for *counts, low, high, total, absolute in said:
        size, missing, rising, falling = map(int, counts)
        known = size, missing, rising, falling, float(low), float(high), Fraction(total)
        made.append(Statistics(*known, absolute == "True"))
    return tuple(made)


def head_of(place: str) -> dict[str, Any]:
    """Return what a part says of itself.

    Raises
    ------
    OutputError
        The file cannot be read, or is no part.
    """
    with _reading(place) as file:
        return _head(file, place)


def blocks_of(place: str) -> Iterator[StoredBlock]:
    """Yield the blocks of a part, without their bytes.

    Raises
    ------
    OutputError
        The file is damaged, or cut short; if only its end is, this comes last.
    """
    count = 0
    with _reading(place) as file:
        size = os.fstat(file.fileno()).st_size
        _head(file, place)
        while True:
            frame = file.tell()
            kind, said = _frame(file, place)
            if kind == END:
                break
            block = _block(place, frame, file.tell(), said)
            if kind != BLOCK or block.end > size:
                raise _damaged(place)
            yield block
            count += 1
            file.seek(block.end)
        if said.get("blocks") != count or file.tell() != size:
            raise _damaged(place)


def block_at(place: str, frame: int) -> StoredBlock:
    """Return the block that begins at an offset of a part."""
    with _reading(place) as file:
        file.seek(frame)
        _, said = _frame(file, place)
        return _block(place, frame, file.tell(), said)


def is_whole(place: str, token: str, read: bool = True) -> bool:
    """Return whether a part of a plan is there, complete and undamaged.

    Unless it is ``read``, only sizes and what is said of blocks are looked at.
    """
    try:
        if head_of(place).get("plan") != token:
            return False
        for block in blocks_of(place):
            if read:
                block.refuse_damaged()
    except (InputError, OutputError):
        return False
    return True


def _block(place: str, frame: int, start: int, said: dict[str, Any]) -> StoredBlock:
    """Return a block whose text ends where its bytes start."""
    packets, offset = [], start
    try:
        for name, keys, dtype, shape, pieces in said.pop("packets"):
            made = keys and [key if isinstance(key, str) else tuple(key) for key in keys]
            apart = Apart(made, dtype, tuple(shape), [])
            sizes, sums = np.array(pieces, np.int64).reshape(-1, 2).T
            if sizes.min(initial=0) < 0:
                raise _damaged(place)
            packets.append(StoredPacket(name, apart, offset, sizes, sums))
            offset += int(sizes.sum())
        return StoredBlock(place, int(said.pop("block")), frame, offset, tuple(packets), said)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _damaged(place) from None


@contextmanager
def _reading(place: str) -> Iterator[BinaryIO]:
    try:
        with open(place, "rb") as file:
            yield file
    except OSError as error:
        raise read_error(error) from error


def _head(file: BinaryIO, place: str) -> dict[str, Any]:
    if file.read(len(MAGIC)) != MAGIC:
        raise OutputError(f"{place}: is no part of an output that this gradcli makes")
    kind, said = _frame(file, place)
    if kind != HEAD:
        raise _damaged(place)
    return said


def _frame(file: BinaryIO, place: str) -> tuple[bytes, dict[str, Any]]:
    """Return the kind and the text of the frame that comes next."""
    raw = file.read(FRAME.size)
    if len(raw) < FRAME.size:
        raise _damaged(place)
    kind, size, known = FRAME.unpack(raw)
    if size > os.fstat(file.fileno()).st_size - file.tell():
        raise _damaged(place)
    text = file.read(size)
    if kind not in (HEAD, BLOCK, END) or crc32(text) != known:
        raise _damaged(place)
    found = json.loads(text)
    return kind, found


def _damaged(place: str) -> OutputError:
    return OutputError(f"{place}: is damaged or cut short; make this part again")
