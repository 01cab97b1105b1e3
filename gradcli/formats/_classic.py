"""The header of a classic NetCDF file, read to see whether its data can be there.

The library reads a truncated file without a word, its tail as zeros, and believes counts that
would take all memory. The layout is that of the NetCDF Classic Format Specification (Unidata).
"""

from __future__ import annotations

import os
import struct
from math import prod
from typing import BinaryIO

from gradcli.errors import InputError

TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
CLASSIC_TYPES = 6
DIMENSION, VARIABLE, ATTRIBUTE = 10, 11, 12


class _Header:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self.version = file.read(4)[3]
        self.wide_counts = self.version == 5

    def number(self, wide: bool) -> int:
        data = self._file.read(8 if wide else 4)
        if len(data) < (8 if wide else 4):
            raise InputError("ends within its header; the file is truncated")
        return int(struct.unpack(">Q" if wide else ">I", data)[0])

    def count(self, item: int) -> int:
        """Return a count of things that take some bytes each, which must fit the file."""
        number = self.number(self.wide_counts)
        if number * item > self.size:
            raise InputError(
                f"its header declares {number} entries at byte {self._file.tell()}, more than the "
                "file has room for; the file is damaged"
            )
        return number

    def skip(self, count: int) -> None:
        self._file.seek(count + -count % 4, os.SEEK_CUR)

    def name(self) -> str:
        length = self.count(1)
        text = self._file.read(length)
        self._file.seek(-length % 4, os.SEEK_CUR)
        return text.decode("utf-8", "replace")

    def entries(self, tag: int) -> int:
        found = self.number(False)
        count = self.count(4)
        if found not in (0, tag) or (found == 0 and count):
            raise InputError(
                f"has the tag {found} in its header where {tag} belongs; it is damaged"
            )
        return count

    def type_bytes(self) -> int:
        kind = self.number(False)
        if kind not in TYPE_BYTES or (kind > CLASSIC_TYPES and not self.wide_counts):
            raise InputError(f"has the unknown type {kind} in its header; the file is damaged")
        return TYPE_BYTES[kind]

    def attributes(self) -> None:
        for _ in range(self.entries(ATTRIBUTE)):
            self.name()
            item = self.type_bytes()
            self.skip(self.count(item) * item)


def check_classic(path: str) -> None:
    """Raise InputError unless a classic file is as long as its header says.

    Raises
    ------
    InputError
        The header is damaged, or data that it declares lie outside the file.
    """
    with open(path, "rb") as file:
        header = _Header(file)
        records = header.number(header.wide_counts)
        streaming = records == (2**64 - 1 if header.wide_counts else 2**32 - 1)
        sizes = []
        for _ in range(header.entries(DIMENSION)):
            header.name()
            sizes.append(header.number(header.wide_counts))
        header.attributes()
        variables = [_variable(header, sizes) for _ in range(header.entries(VARIABLE))]
        _check_extents(header, variables, 0 if streaming else records)


def _variable(header: _Header, sizes: list[int]) -> tuple[str, int, int, bool]:
    """Return name, begin, bytes (of one record where it has records) and whether it has."""
    name = header.name()
    dims = [header.number(header.wide_counts) for _ in range(header.count(4))]
    if any(index >= len(sizes) for index in dims):
        raise InputError(f"{name}: names a dimension that is not there; the file is damaged")
    header.attributes()
    item = header.type_bytes()
    header.number(header.wide_counts)
    begin = header.number(header.version != 1)
    has_records = bool(dims) and sizes[dims[0]] == 0
    shape = [sizes[index] for index in dims[has_records:]]
    return name, begin, prod(shape) * item, has_records


def _check_extents(
    header: _Header, variables: list[tuple[str, int, int, bool]], records: int
) -> None:
    lengths = [length for _, _, length, has_records in variables if has_records]
    # One record variable alone is not padded to four bytes between its records.
    stride = lengths[0] if len(lengths) == 1 else sum(n + -n % 4 for n in lengths)
    for name, begin, length, has_records in variables:
        if has_records and not records:
            continue
        end = begin + length + (stride * (records - 1) if has_records else 0)
        if end > header.size:
            raise InputError(
                f"{name}: its data end at byte {end}, the file at byte {header.size}; "
                "the file is truncated or damaged"
            )
