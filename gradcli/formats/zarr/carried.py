"""Copy arrays of a Zarr input that go with results, without decoding packed numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.formats.copying import arrangements_of, copy_window
from gradcli.formats.hdf5.turned import TurnedRows, turned_rows, unlimited
from gradcli.formats.netcdf.ragged import lengths_in_part
from gradcli.formats.zarr.new_store import NewStore
from gradcli.formats.zarr.packer import ArrayForm
from gradcli.formats.zarr.source import MOST_CHUNKS, ZarrSource
from gradcli.model.blocks import Window, fitting_chunks
from gradcli.model.fields import Result
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.model.arrangement import Arrangement

MOST_VALUE = 2**31  # bytes of a value that is copied as it is


class Carrier:
    """Copies arrays from a Zarr source to a new store.

    Parameters
    ----------
    store : NewStore
    like : ZarrSource
    results : list of Result

    Attributes
    ----------
    notes : list of str
    """

    def __init__(self, store: NewStore, like: ZarrSource, results: list[Result]) -> None:
        self.notes: list[str] = []
        self._store, self._like, self._results = store, like, results
        self._arrangements = arrangements_of(results)
        self._windows = {a.key: a.file_window for r in results for a in r.axes}

    def carry(self, everything: bool) -> list[tuple[str | None, ...]]:
        """Copy what goes with the results, and return the dimensions of each result."""
        like, results = self._like, self._results
        names = list(like.variables) if everything else like.needed_by(results)
        taken = {result.name for result in results} & set(names)
        if taken:
            raise UsageError(f"the store has an array {min(taken)!r} already; use --name")
        given = {axis.key: axis for result in results for axis in result.axes if axis.given}
        for name in names:
            if name not in given:
                self._carry(name)
        every = {
            key: dim
            for name, var in like.variables.items()
            for key, dim in zip(like.keys_of(name), var.dims, strict=True)
        }
        found = []
        for result in results:
            dims: list[str | None] = []
            for index, axis in enumerate(result.axes):
                place = result.origin.stored_axis(index)
                dim = every.get(axis.key, like.variables[result.origin.name].dims[place])
                if dim is None and (axis.given or axis.name):
                    dim = (axis.name or f"dim_{index}").replace("/", "_")
                dims.append(dim)
                if axis.given and axis.key in given:
                    path = axis.key.partition("#")[0].rpartition("/")[0]
                    self._store.coordinate(f"{path}/{dim}".lstrip("/"), str(dim), axis)
                    del given[axis.key]
            found.append(tuple(dims))
        return found

    def _carry(self, name: str) -> None:
        like, layout = self._like, self._like.layouts[name]
        keys = like.keys_of(name)
        whole = tuple(slice(0, size) for size in layout.shape)
        window = tuple(self._windows.get(key, part) for key, part in zip(keys, whole, strict=True))
        made = self._arrangements_of(name, keys)
        added = turned_rows(name, self._results, like, layout.attributes)
        numbers = like.variables[name].holds_numbers
        if window == whole and added is None and not any(made):
            self._copy(name)
        elif not numbers:
            self.notes.append(f"{name}: left out, because some of its words cannot be written")
        else:
            self._recode(name, window, made, added)

    def _arrangements_of(self, name: str, keys: list[str]) -> list[Arrangement | None]:
        made = [self._arrangements.get(key) for key in keys]
        coordinates = {axis.coordinate for r in self._results for axis in r.axes}
        if name not in coordinates and any(one and one.starts is not None for one in made):
            note = f"{name}: has the value of the first row, not the average of all"
            self.notes.append(note)
        return made

    def _copy(self, name: str) -> None:
        """Copy the values of an array as they are."""
        like, layout = self._like, self._like.layouts[name]
        unit = layout.shards.shape if layout.shards else layout.chunks
        self._store.add_as_is(name, layout)
        if layout.files > MOST_CHUNKS:
            raise InputError(f"{name}: {layout.files} chunks are not copied; leave --keep out")
        counts = [-(-n // c) for n, c in zip(layout.shape, unit, strict=True)]
        for numbers in np.ndindex(*counts):
            key = layout.keys.key(tuple(numbers))
            data = like.store.read(like.prefixes[name] + key, MOST_VALUE)
            if data is not None:
                self._store.write(name, [(key, data)])

    def _recode(
        self, name: str, window: Window, made: list[Arrangement | None], added: Array | None
    ) -> None:
        """Copy a part of an array, or one whose rows are put in order."""
        like, layout = self._like, self._like.layouts[name]
        attributes = dict(layout.attributes)
        source: Any = _Stored(like, name)
        if added is not None:
            source, attributes = TurnedRows(name, source, added), unlimited(attributes)
        lengths = lengths_in_part(source, attributes, self._results)
        shape = tuple(part.stop - part.start for part in window)
        chunks = fitting_chunks(layout.chunks, shape) if 0 not in shape else layout.chunks
        shards = None
        if layout.shards is not None:
            inside = zip(layout.shards.shape, chunks, strict=True)
            shards = layout.shards._replace(shape=tuple(max(c, s // c * c) for s, c in inside))
        form = ArrayForm(shape, chunks, layout.codecs, layout.keys, layout.fill, shards)
        mark = attributes.pop("_FillValue", None)
        if mark is not None and self._store.version == 3:
            from gradcli.formats.zarr.version3 import written_mark

            attributes["_FillValue"] = written_mark(mark)
        self._store.add(name, form, layout.dims, attributes, mark)
        target = _Pieces(self._store, name, form)
        if lengths is not None:
            target[(slice(0, len(lengths)),)] = lengths
            return
        item = layout.codecs.dtype.itemsize
        copy_window(source, target, window, form.unit, item, made)


class _Stored:
    """A variable that is read as it is stored."""

    def __init__(self, like: ZarrSource, name: str) -> None:
        self._like, self._name = like, name
        self.shape = like.variables[name].shape
        self.ndim = len(self.shape)

    def __getitem__(self, window: Any) -> Array:
        parts = window if isinstance(window, tuple) else (window,)
        if parts and parts[0] is Ellipsis:
            parts = ()
        whole = [slice(0, size) for size in self.shape]
        inside = [slice(*p.indices(n)) for p, n in zip(parts, self.shape, strict=False)]
        return self._like.stored(self._name, (*inside, *whole[len(inside) :]))


class _Pieces:
    """An array of a new store to which whole chunks are written."""

    def __init__(self, store: NewStore, name: str, form: ArrayForm) -> None:
        self._store, self._name, self._form = store, name, form

    def __setitem__(self, window: Any, values: Array) -> None:
        parts = () if window is Ellipsis else window
        self._store.write(self._name, self._form.pack(parts, values))
