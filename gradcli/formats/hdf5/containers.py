"""What other programs keep in HDF5 files: tables and their indices, arrays of MATLAB, pandas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from gradcli.formats.hdf5.library import h5py
from gradcli.formats.hdf5.storage import storage_of
from gradcli.model.blocks import Window
from gradcli.model.fields import Storage
from gradcli.numerics.dtypes import Array
from gradcli.record import replace

MATLAB_NUMBERS = {"double", "single", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64))}
MATLAB_CELLS = ("#refs#/", "#subsystem#/")  # where MATLAB keeps what cells and objects hold
# What pandas keeps of its indices, in a group that has the attribute pandas_type.
PANDAS = re.compile(r"axis\d+.*|block\d+_items.*|index|labels?\d*|levels?\d*")


class Column(NamedTuple):
    """A column of a compound dataset, or the one of complex numbers that it makes as a whole."""

    dataset: Any
    name: str | None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        if self.name is None:
            return np.result_type(self.dataset.dtype["real"], np.complex64)
        return self.dataset.dtype[self.name].base  # type: ignore[no-any-return]

    @property
    def inner(self) -> tuple[int, ...]:
        """The shape of a cell."""
        return () if self.name is None else tuple(self.dataset.dtype[self.name].shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the table, followed by that of a cell."""
        return (*self.dataset.shape, *self.inner)

    @property
    def is_words(self) -> bool:
        """Whether it is a vector of words."""
        text = self.dtype.kind == "S" or h5py.check_string_dtype(self.dtype) is not None
        return text and len(self.shape) == 1

    def read(self, window: Window) -> Array:
        """Return a window of the column."""
        outer = window[: len(self.dataset.shape)]
        if self.name is None:
            raw = self.dataset[outer]
            found = np.empty(raw.shape, self.dtype)
            found.real, found.imag = raw["real"], raw["imag"]
            return found
        values = np.asarray(self.dataset.fields(self.name)[outer])
        return values[(slice(None),) * len(outer) + window[len(outer) :]]

    def words(self) -> Array:
        """Return a column of words."""
        raw = np.asarray(self.dataset.fields(self.name)[...])
        texts = (t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in raw)
        return np.array(list(texts), dtype=str)

    def storage(self) -> Storage:
        """Return how the column is stored: in the chunks of its table."""
        whole = storage_of(self.dataset)
        chunks = whole.chunks and (*whole.chunks, *self.inner)
        grows = (*whole.grows, *(False for _ in self.inner))
        return replace(whole, chunks=chunks, grows=grows, item=self.dtype.itemsize)


def columns_of(path: str, dataset: Any) -> Iterator[tuple[str, Column]]:
    """Yield the columns of a compound dataset that hold numbers or words, with their paths."""
    dtype = dataset.dtype
    if not dtype.names:
        return
    pair = dtype.names == ("real", "imag") and dtype["real"] == dtype["imag"]
    if pair and dtype["real"].kind == "f":
        yield path, Column(dataset, None)
        return
    for name in dtype.names:
        column = Column(dataset, name)
        if column.dtype.kind in "fiubc" or column.is_words:
            yield f"{path}/{name}".replace("//", "/"), column


class Containers:
    """The groups and datasets that are no fields, as they are met from the top of a file down."""

    def __init__(self) -> None:
        self._inside: list[str] = []
        self._pandas: list[str] = []
        self.matlab = False

    def group(self, path: str, group: Any) -> str | None:
        """Take note of a group; return the reason if all that is in it is left alone."""
        reason = None
        if _text(group.attrs, "CLASS") == "TINDEX":
            reason = "index of a table"
        elif "MATLAB_sparse" in group.attrs:
            reason = "sparse matrix"
        if "pandas_type" in group.attrs:
            self._pandas.append(f"{path}/")
        if reason is not None and not self.holds(path):
            self._inside.append(f"{path}/")
            return reason
        return None

    def holds(self, path: str) -> bool:
        """Return whether an object lies in a group that is left alone as a whole."""
        return any(path.startswith(group) for group in self._inside)

    def problem(self, attributes: Mapping[str, Any]) -> str | None:
        """Return why a dataset of MATLAB holds no numbers, or None."""
        kind = str(attributes.get("MATLAB_class", ""))
        self.matlab |= bool(kind)
        if "MATLAB_empty" in attributes:
            return "empty"
        known = not kind or kind == "logical" or kind in MATLAB_NUMBERS
        return None if known else f"MATLAB {kind}"

    def kind(self, path: str, attributes: Mapping[str, Any]) -> str | None:
        """Return what a dataset of numbers is, if it is no field."""
        if attributes.get("MATLAB_class") == "logical":
            return "logical"
        if path.startswith(MATLAB_CELLS):
            return "cell"
        leaf = path.rpartition("/")[2]
        if any(path.startswith(group) for group in self._pandas) and PANDAS.fullmatch(leaf):
            return "coordinate"
        return None


def _text(attributes: Any, name: str) -> str:
    value = attributes.get(name, b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
