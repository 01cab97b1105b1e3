"""Read the header of a classic NetCDF file, to check that its data are within the file.

The library reads zeros behind the end of a truncated file, without an error, and trusts counts
that would take all memory. The layout is described in the NetCDF Classic Format Specification
(Unidata).
"""

from __future__ import annotations

import os
import struct
from math import prod
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from gradcli.errors import InputError

TYPES = ["i1", "S1", ">i2", ">i4", ">f4", ">f8", "u1", ">u2", ">u4", ">i8", ">u8"]
CLASSIC_TYPES = 6
DIMENSION, VARIABLE, ATTRIBUTE = 10, 11, 12


def is_classic(path: str) -> bool:
    """Return whether a NetCDF file is classic; otherwise it is HDF5."""
    with open(path, "rb") as file:
        return file.read(3) == b"CDF"


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
        """Read a count of entries of ``item`` bytes each, and check that they fit into the file."""
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

    def dtype(self) -> np.dtype[Any]:
        kind = self.number(False)
        if not 1 <= kind <= (len(TYPES) if self.wide_counts else CLASSIC_TYPES):
            raise InputError(f"has the unknown type {kind} in its header; the file is damaged")
        return np.dtype(TYPES[kind - 1])

    def attributes(self) -> None:
        for _ in range(self.entries(ATTRIBUTE)):
            self.name()
            item = self.dtype().itemsize
            self.skip(self.count(item) * item)


class Variable(NamedTuple):
    """The type, shape and offset of a variable in a classic file.

    Attributes
    ----------
    name : str
    dtype : numpy.dtype
        Big-endian, like all numbers in classic files.
    shape : tuple of int
        The shape of one record if the variable has records.
    begin : int
        The offset of the data in the file.
    has_records : bool
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    has_records: bool

    @property
    def length(self) -> int:
        """The bytes of the variable, or of one of its records."""
        return prod(self.shape) * self.dtype.itemsize


def check_classic(path: str) -> dict[str, Variable]:
    """Return the variables of a classic file, after checking that the file is long enough.

    Raises
    ------
    InputError
        The header is damaged, or data that it declares lie outside the file.
    """
    with open(path, "rb") as file:
        header = _Header(file)
        records, variables = _parse(header)
        _check_extents(header, variables, records)
        return {variable.name: variable for variable in variables}


def make_room(path: str) -> dict[str, Variable]:
    """Extend a file that netCDF4 has defined to its full length, and return its variables."""
    with open(path, "r+b") as file:
        _, variables = _parse(_Header(file))
        ends = [v.begin + v.length for v in variables if not v.has_records]
        file.seek(0, os.SEEK_END)
        file.truncate(max([file.tell(), *(end + -end % 4 for end in ends)]))
        return {variable.name: variable for variable in variables}


def _parse(header: _Header) -> tuple[int, list[Variable]]:
    records = header.number(header.wide_counts)
    if records == (2**64 - 1 if header.wide_counts else 2**32 - 1):
        raise InputError(
            "does not say how many records it has; it is being written, or was cut off"
        )
    sizes = []
    for _ in range(header.entries(DIMENSION)):
        header.name()
        sizes.append(header.number(header.wide_counts))
    header.attributes()
    return records, [_variable(header, sizes) for _ in range(header.entries(VARIABLE))]


def _variable(header: _Header, sizes: list[int]) -> Variable:
    name = header.name()
    dims = [header.number(header.wide_counts) for _ in range(header.count(4))]
    if any(index >= len(sizes) for index in dims):
        raise InputError(f"{name}: names a dimension that is not there; the file is damaged")
    header.attributes()
    dtype = header.dtype()
    header.number(header.wide_counts)
    begin = header.number(header.version != 1)
    has_records = bool(dims) and sizes[dims[0]] == 0
    shape = tuple(sizes[index] for index in dims[has_records:])
    return Variable(name, dtype, shape, begin, has_records)


def _check_extents(header: _Header, variables: list[Variable], records: int) -> None:
    lengths = [variable.length for variable in variables if variable.has_records]
    # Records are padded to four bytes, unless there is only one record variable.
    stride = lengths[0] if len(lengths) == 1 else sum(n + -n % 4 for n in lengths)
    for variable in variables:
        if variable.has_records and not records:
            continue
        end = variable.begin + variable.length
        if variable.has_records:
            end += stride * (records - 1)
        if end > header.size:
            raise InputError(
                f"{variable.name}: its data end at byte {end}, the file at byte {header.size}; "
                "the file is truncated or damaged"
            )
