"""Find the bytes of an HDF5 file that are headers, without the library.

Two files whose headers are the same bytes are described by one of them. Found are the headers of
all objects, and whatever addresses in these bytes lead to: heaps, trees of names, words. Where a
header says a size, or where values lie, is told apart (`Spot`), because this may differ.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from struct import unpack_from
from typing import NamedTuple

import numpy as np

SUPERBLOCK = 48  # bytes of it, in the versions that are known here
END, ROOT = 28, 36  # where it has the size of the file and the address of the root group
CHECKSUM = 4
MAGIC = b"\x89HDF\r\n\x1a\n"
MOST = 2**22  # bytes of headers; files with more are left to the library
NOWHERE = 2**64 - 1  # the address of what was never written

# Messages of headers whose content lies in the message, or behind addresses with a signature.
_SPACE, _LAYOUT, _ATTRIBUTE, _CONTINUED, _ATTRIBUTES = 0x01, 0x08, 0x0C, 0x10, 0x15
_KNOWN = {0, _SPACE, 2, 3, 4, 5, 6, _LAYOUT, 10, 11, _ATTRIBUTE, 13, 14, _CONTINUED, 18}
_KNOWN |= {_ATTRIBUTES, 0x16}
_SHARED = 2  # the flag of a message that lies elsewhere
_TIMES, _LIMITS, _ORDERED = 0x20, 0x10, 0x04  # flags of an object header


class UnknownHeaderError(ValueError):
    """A file has structures that are not known here; the library must read it."""


class Part(NamedTuple):
    """Bytes of a file that end with their checksum."""

    start: int
    stop: int


class Spot(NamedTuple):
    """Where the header of a dataset says what may differ between files.

    Attributes
    ----------
    size : int or None
        The place of its size along the dimension that is joined.
    most : int or None
        The place of its largest size there, where that is the size itself.
    address : int or None
        The place of the address of its values, or of the index of its chunks.
    length : int or None
        The place of the number of bytes of contiguous values.
    """

    size: int | None = None
    most: int | None = None
    address: int | None = None
    length: int | None = None

    def places(self) -> Iterator[int]:
        """Yield the first byte of each of these numbers of eight bytes."""
        yield from (place for place in self if place is not None)


class Headers:
    """The headers of a file.

    Parameters
    ----------
    descriptor : int
        Of the open file.
    objects : mapping of str to int
        The addresses of the objects in the root group.
    places : mapping of str to int
        The index of the joined dimension in each dataset that has it.

    Raises
    ------
    UnknownHeaderError
        The library must read this file.
    """

    def __init__(
        self, descriptor: int, objects: Mapping[str, int], places: Mapping[str, int]
    ) -> None:
        self._fd = descriptor
        self._size = os.fstat(descriptor).st_size
        self._ranges: list[tuple[int, int]] = [(0, END), (ROOT, ROOT + 8)]
        self._masks: list[tuple[int, int]] = []
        self._seen: set[int] = set()
        self._total = 0
        self.spots: dict[str, Spot] = {}
        self.parts: list[Part] = []
        head = self._take(0, SUPERBLOCK)
        sizes, base, beyond = head[9:11], *unpack_from("<QQ", head, 12)
        if not head.startswith(MAGIC) or head[8] not in (2, 3) or sizes != b"\x08\x08":
            raise UnknownHeaderError
        if base or beyond != NOWHERE:
            raise UnknownHeaderError
        self._object(unpack_from("<Q", head, ROOT)[0], None)
        for name, address in objects.items():
            self.spots[name] = self._object(address, places.get(name, -1))
        self.parts = [part for part in self.parts if self._has_masks(part)]
        self._masks += [(part.stop, part.stop + CHECKSUM) for part in self.parts]
        self._follow()

    def fixed(self) -> list[tuple[int, int]]:
        """Return the first byte and the end of all that is the same in files that are alike."""
        found: list[tuple[int, int]] = []
        masks = [*sorted(self._masks), (self._size, self._size)]
        for start, stop in _merged(self._ranges):
            for first, end in masks:
                if end <= start or first >= stop:
                    continue
                if start < first:
                    found.append((start, first))
                start = max(start, end)
            if start < stop:
                found.append((start, stop))
        return found

    def _take(self, offset: int, count: int) -> bytes:
        if offset + count > self._size:
            raise UnknownHeaderError
        data = os.pread(self._fd, count, offset)
        if len(data) != count:
            raise UnknownHeaderError
        return data

    def _add(self, start: int, count: int) -> bool:
        """Add bytes to the headers; return whether they are new."""
        if start in self._seen:
            return False
        self._seen.add(start)
        self._ranges.append((start, start + count))
        self._total += count
        if self._total > MOST or start + count > self._size:
            raise UnknownHeaderError
        return True

    def _has_masks(self, part: Part) -> bool:
        return any(part.start <= first < part.stop for first, _ in self._masks)

    # Object headers.

    def _object(self, address: int, place: int | None) -> Spot:
        """Add the header of an object: of the root group, or one with the dimension at a place."""
        head = self._take(address, 40)
        if head[:5] != b"OHDR\x02":
            raise UnknownHeaderError
        flags, start = head[5], 6
        if flags & _TIMES:
            self._masks.append((address + start, address + start + 16))
            start += 16
        start += 4 if flags & _LIMITS else 0
        width = 1 << (flags & 3)
        count = int.from_bytes(head[start : start + width], "little")
        waiting = [(address, start + width, start + width + count + CHECKSUM)]
        spot = Spot()
        while waiting:
            first, skipped, whole = waiting.pop()
            if not self._add(first, whole):  # as when a group has another name for an object
                continue
            self.parts.append(Part(first, first + whole - CHECKSUM))
            body = range(first + skipped, first + whole - CHECKSUM)
            for kind, at, data in self._messages(body, bool(flags & _ORDERED)):
                if kind == _CONTINUED:
                    where, length = unpack_from("<QQ", data)
                    if self._take(where, 4) != b"OCHK":
                        raise UnknownHeaderError
                    waiting.append((where, 4, length))
                elif place is None:
                    if kind in (_ATTRIBUTE, _ATTRIBUTES):  # attributes of the file
                        self._masks.append((at, at + len(data)))
                elif kind == _SPACE:
                    spot = spot._replace(**_sizes(data, at, place))
                elif kind == _LAYOUT:
                    spot = spot._replace(**_values(data, at))
        self._masks += [(at, at + 8) for at in spot.places()]
        return spot

    def _messages(self, body: range, ordered: bool) -> Iterator[tuple[int, int, bytes]]:
        """Yield the kind, the place and the content of each message in a part of a header."""
        data = self._take(body.start, len(body))
        before, at = 6 if ordered else 4, 0
        while at + before <= len(data):
            kind, count, flags = unpack_from("<BHB", data, at)
            at += before
            content = data[at : at + count]
            unfit = flags & _SHARED and kind in (_SPACE, _LAYOUT)
            if kind not in _KNOWN or unfit or len(content) < count:
                raise UnknownHeaderError
            yield kind, body.start + at, content
            at += count

    # What addresses lead to.

    def _follow(self) -> None:
        """Add all to which any eight bytes of the headers may lead, whether they are an address.

        What is added without need costs only that fewer files are alike.
        """
        done: set[tuple[int, int]] = set()
        while waiting := [part for part in self.fixed() if part not in done]:
            for part in waiting:
                for target, mark, index in self._marked(*part):
                    if mark == b"FRHP":
                        self._heap(target)
                    elif mark == b"BTHD":
                        self._tree(target)
                    elif mark == b"GCOL":
                        self._words(target, index)
            done |= set(waiting)

    def _marked(self, start: int, stop: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield the addresses in a range that lead to a signature, and the four bytes behind."""
        data = np.frombuffer(self._take(start, stop - start) + bytes(4), np.uint8)
        if len(data) < 12:
            return
        windows = np.lib.stride_tricks.sliding_window_view(data, 12)
        numbers = np.ascontiguousarray(windows[:, :8]).view("<u8")[:, 0]
        for at in np.flatnonzero((numbers >= SUPERBLOCK) & (numbers < self._size - 8)):
            target = int(numbers[at])
            yield target, self._take(target, 4), int.from_bytes(windows[at, 8:].tobytes(), "little")

    def _heap(self, address: int) -> None:
        """Add a fractal heap, which holds many attributes or links."""
        head = self._take(address, 146)
        filters, most = unpack_from("<H", head, 7)[0], unpack_from("<Q", head, 120)[0]
        huge = unpack_from("<Q", head, 78)[0]
        width, first = unpack_from("<HQ", head, 110)
        bits, _, root, rows = unpack_from("<HHQH", head, 128)
        if filters or huge:
            raise UnknownHeaderError
        if not self._add(address, 146) or root == NOWHERE:
            return
        if not rows:
            self._add(root, first)
            return
        before, children = 13 + (bits + 7) // 8, rows * width
        data = self._take(root, before + 8 * children + CHECKSUM)
        self._add(root, len(data))
        for number, child in enumerate(unpack_from(f"<{children}Q", data, before)):
            size = first << max(0, number // width - 1)
            if size > most:
                raise UnknownHeaderError
            if child != NOWHERE:
                self._add(child, size)

    def _tree(self, address: int) -> None:
        """Add a tree of version 2, which puts names in order."""
        if not self._add(address, 38):
            return
        size, root = unpack_from("<I", self._take(address, 10), 6)[0], self._take(address, 24)[16:]
        waiting = [unpack_from("<Q", root)[0]]
        while waiting:
            node = waiting.pop()
            if node == NOWHERE or not self._add(node, size):
                continue
            if self._take(node, 4) == b"BTIN":
                inner = self._marked(node, node + size)
                waiting += [child for child, mark, _ in inner if mark in (b"BTIN", b"BTLF")]

    def _words(self, address: int, index: int) -> None:
        """Add an object of a global heap, and the headers of all in it."""
        size = unpack_from("<Q", self._take(address, 16), 8)[0]
        if not SUPERBLOCK <= size <= MOST:
            return
        data = self._take(address, size)
        self._add(address, 16)
        at = 16
        while at + 16 <= size:
            number, _, length = unpack_from("<HHxxxxQ", data, at)
            self._add(address + at, 16)
            if not number or length > size:
                break
            if number == index and length:
                self._add(address + at + 16, length)
            at += 16 + -(-length // 8) * 8


def _sizes(data: bytes, at: int, place: int) -> dict[str, int]:
    """Return where a message says the size along a dimension."""
    version, rank, flags = data[:3]
    if place < 0:
        return {}
    if version not in (1, 2) or place >= rank:
        raise UnknownHeaderError
    first = (4 if version == 2 else 8) + 8 * place
    found = {"size": at + first}
    most = first + 8 * rank
    if flags & 1 and data[most : most + 8] == data[first : first + 8]:
        found["most"] = at + most
    return found


def _values(data: bytes, at: int) -> dict[str, int]:
    """Return where a message says at which address values lie."""
    version, kind = data[:2]
    if kind == 0 and version in (3, 4):
        return {}
    if kind == 1 and version in (3, 4):
        return {"address": at + 2, "length": at + 10}
    if kind == 2 and version == 3:
        return {"address": at + 3}
    raise UnknownHeaderError


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges in their order, those that touch as one.

    >>> _merged([(5, 7), (0, 2), (2, 4), (6, 9)])
    [(0, 4), (5, 9)]
    """
    found: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        else:
            found.append((start, stop))
    return found
