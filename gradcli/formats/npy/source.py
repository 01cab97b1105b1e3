"""Read NPY arrays of any order and byte order; each field of a structured array is a variable."""

from __future__ import annotations

import os
from math import prod
from typing import Any, BinaryIO

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.npy.header import read_header
from gradcli.formats.raw import RawArray
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Storage
from gradcli.numerics.coordinates import FLOAT64_EPS, coordinates_of, seconds_of
from gradcli.numerics.dtypes import Array, stored_precision, working_dtype
from gradcli.record import replace
from gradcli.system.paths import read_error, split_suffix

EPOCH_SEARCH = 65536  # dates along each axis that are searched for a valid one


class Member:
    """An NPY array, whose values are read in types that can be differentiated."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Read the header at the position of the file; the array takes ``size`` bytes with it."""
        self.dtype, self.fortran, self.shape, length = read_header(file)
        if self.dtype.hasobject:
            raise InputError("holds pickled objects, which are never opened; save plain numbers")
        count = 1
        for extent in self.shape:
            count *= extent
        needed = count * self.dtype.itemsize
        if size - length < needed:
            raise InputError(
                f"its header declares {needed} bytes of data, {max(size - length, 0)} are there; "
                "the file is truncated"
            )
        self.data_bytes = needed
        self.header_bytes = length
        self._raw: RawArray | None = None
        self._epochs: dict[str | None, int] = {}

    def attach(self, descriptor: int, offset: int) -> None:
        """Set the descriptor and the offset of the data."""
        self._raw = RawArray(descriptor, offset, self.dtype, self.shape, self.fortran)

    def fields(self, name: str) -> list[tuple[Field, str | None]]:
        """Return the variables of the array, each with its column if the array is structured."""
        if self.dtype.names is None:
            return [(self._field(name, None), None)]
        return [(self._field(column, column), column) for column in self.dtype.names]

    def numeric_fields(
        self, name: str, notes: list[str]
    ) -> tuple[dict[str, Field], dict[str, str | None]]:
        """Return the variables that can be differentiated, and the column of each; add notes."""
        found: dict[str, Field] = {}
        columns: dict[str, str | None] = {}
        for field, column in self.fields(name):
            if "/" in (column or ""):  # which is no group
                field = replace(field, label=field.name)
            if self.is_numeric(column):
                found[field.name], columns[field.name] = field, column
                notes += filter(None, [self.note(field.name, column)])
            else:
                notes.append(f"{field.name}: {field.stored} left out, because it holds no numbers")
        return found, columns

    def read(self, column: str | None, window: Window) -> Array:
        """Return a window, converted to a type that can be differentiated, with NaT as NaN."""
        assert self._raw is not None
        return self.worked(self._raw.read(window[: len(self.shape)]), column, window)

    def vector(self, field: Field, column: str | None) -> Vector:
        """Return all values as coordinates: exact integers, and times in seconds."""
        assert self._raw is not None
        window = tuple(axis.file_window for axis in field.axes)
        stored = self._raw.read(window[: len(self.shape)])
        stored = stored if column is None else stored[column]
        if stored.dtype.kind in "mM":
            values, first = seconds_of(stored)
            return Vector(values, FLOAT64_EPS, f"seconds since {first}" if first else "s")
        if stored.dtype.kind in "iu":
            return Vector(coordinates_of(stored), field.precision, field.units)
        return Vector(stored.astype(np.float64), field.precision, field.units)

    def words(self, column: str | None) -> Array:
        """Return all values of a vector of words."""
        assert self._raw is not None
        stored = self._raw.read((slice(0, self.shape[0]),))
        return stored if column is None else stored[column]

    def is_words(self, column: str | None) -> bool:
        """Return whether a variable is a vector of words."""
        inner = () if column is None else self.dtype[column].shape
        return self._item(column).kind in "US" and len(self.shape + inner) == 1

    def worked(self, values: Array, column: str | None, window: Window) -> Array:
        """Convert stored values to a type that can be differentiated."""
        item = self._item(column)
        if column is not None:
            outer = len(self.shape)
            values = values[column][(slice(None),) * outer + window[outer:]]
        if item.kind in "mM":
            return self._numbers_of_times(values, column)
        return values.astype(working_dtype(item), copy=False)

    def note(self, name: str, column: str | None) -> str | None:
        """Return a note about a variable whose values are converted, or None."""
        item = self._item(column)
        if item.kind in "mM":
            return f"{name}: {item} becomes numbers of {_time_unit(item)[0]}"
        if item.itemsize > (32 if item.kind == "c" else 8) // (2 if item.kind == "c" else 1):
            return f"{name}: {item} is computed in double precision"
        return None

    def is_numeric(self, column: str | None) -> bool:
        """Return whether a variable can be differentiated."""
        return self._item(column).kind in "fciubmM"

    def _item(self, column: str | None) -> np.dtype[Any]:
        return (self.dtype if column is None else self.dtype[column]).base

    def _field(self, name: str, column: str | None) -> Field:
        item = self._item(column)
        inner = () if column is None else self.dtype[column].shape
        times = item.kind in "mM"
        dtype = np.dtype("f8") if times or not self.is_numeric(column) else working_dtype(item)
        return Field(
            name=name,
            axes=tuple(Axis(None, n, key=f"{name}:{i}") for i, n in enumerate(self.shape + inner)),
            stored=str(item),
            dtype=dtype,
            result_dtype=dtype,
            units=_time_unit(item)[0] if times else None,
            # The fields of a record are stored together, so whole records are read.
            storage=Storage(
                "contiguous, Fortran order" if self.fortran else "contiguous",
                (1,) * len(self.shape) + inner if inner else None,
                item=self.dtype.itemsize // max(1, prod(inner)),
                fortran=self.fortran,
            ),
            precision=stored_precision(item),
            missing="NaT" if times else "NaN" if item.kind in "fc" else "",
            cell_bytes=self.dtype.itemsize // max(1, prod(inner))
            + dtype.itemsize
            + (8 if times else 0),
        )

    def _first(self, column: str | None) -> int:
        """Return the first valid date; as float64, differences from it are exact, dates are not."""
        assert self._raw is not None
        if 0 in self.shape:
            return 0
        for axis in range(len(self.shape)):
            ends = (min(n, EPOCH_SEARCH) if i == axis else 1 for i, n in enumerate(self.shape))
            some = self._raw.read(tuple(slice(0, end) for end in ends))
            stamps = (some if column is None else some[column]).reshape(-1)
            valid = stamps[~np.isnat(stamps)]
            if valid.size:
                return int(_ticks(valid[:1])[0])
        return 0

    def _numbers_of_times(self, values: Array, column: str | None) -> Array:
        missing = np.isnat(values)
        # Two threads may do this search at the same time; they find the same date.
        if column not in self._epochs:
            self._epochs[column] = self._first(column)
        numbers = (_ticks(values) - self._epochs[column]).astype(np.float64)
        numbers *= _time_unit(values.dtype)[1]
        numbers[missing] = np.nan
        return numbers


def _ticks(values: Array) -> Array:
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("="))).view(np.int64)


def _time_unit(dtype: np.dtype[Any]) -> tuple[str, int]:
    unit, count = np.datetime_data(dtype)
    names = {"D": "day", "h": "hour", "m": "minute", "Y": "year", "M": "month", "W": "week"}
    return names.get(unit, unit), count


class NpySource(Traits):
    """An open NPY file."""

    format = "npy"
    description = "NPY"

    def __init__(self, path: str) -> None:
        self.path = path
        self.notes: list[str] = []
        try:
            self._file = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            raise read_error(error) from error
        try:
            self.member = Member(self._file, os.fstat(self._file.fileno()).st_size)
            self.member.attach(self._file.fileno(), self.member.header_bytes)
        except BaseException:
            self._file.close()
            raise
        self.named = self.member.dtype.names is not None
        self.fields, self._columns = self.member.numeric_fields(split_suffix(path)[0], self.notes)
        columns = self.member.dtype.names or ()
        self.words_in = dict.fromkeys(filter(self.member.is_words, columns), "")

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable; several threads may read at the same time."""
        return self.member.read(self._columns[name], window)

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        return self.member.vector(self.fields[name], self._columns[name])

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        return self.member.words(name)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
