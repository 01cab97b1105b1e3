"""Read NetCDF, both classic and netCDF-4, with the help of netCDF4."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gradcli.cf import packing, references
from gradcli.cf.roles import make_axis, role_of
from gradcli.formats.base import Traits
from gradcli.formats.copying import dimensions_kept
from gradcli.formats.hdf5.below import open_below, refuse_long
from gradcli.formats.hdf5.chunks import ChunkReader
from gradcli.formats.hdf5.library import LOCK, netCDF4, small_caches, translated
from gradcli.formats.hdf5.mould import Mould
from gradcli.formats.hdf5.storage import storage_of
from gradcli.formats.netcdf.classic import check_classic, is_classic
from gradcli.formats.raw import RawArray
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Result, Storage, text
from gradcli.model.protocols import Hints
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.system.watch import WATCHED

KINDS = {
    "NETCDF3_CLASSIC": "classic NetCDF (CDF-1)",
    "NETCDF3_64BIT_OFFSET": "classic NetCDF, 64-bit offsets (CDF-2)",
    "NETCDF3_64BIT_DATA": "classic NetCDF, 64-bit data (CDF-5)",
    "NETCDF4": "netCDF-4",
    "NETCDF4_CLASSIC": "netCDF-4, classic model",
}


class NetcdfSource(Traits):
    """An open NetCDF file."""

    format = "netcdf"

    def __init__(self, path: str, hints: Hints) -> None:
        self.path = path
        self._memory, self.hints = hints.limits.memory, hints
        self.notes: list[str] = []
        self._classic = check_classic(path) if is_classic(path) else None
        if self._classic is None:
            self._below = open_below(path)
        else:
            self._raw = Path(path).open("rb")  # noqa: SIM115
        try:
            self._open(path)
        except BaseException:
            self._close_below()
            raise
        self.description = KINDS.get(self.dataset.data_model, self.dataset.data_model)

    def _open(self, path: str) -> None:
        with (
            small_caches(),
            WATCHED.within_bounds(path),
            translated("cannot be read as NetCDF"),
            warnings.catch_warnings(record=True) as said,
        ):
            warnings.simplefilter("always")
            self.dataset = netCDF4.Dataset(mode="r", **named(path))
            try:
                self.dataset.set_auto_maskandscale(False)
                self.dataset.set_auto_chartostring(False)
                self._survey()
            except BaseException:
                self.dataset.close()
                raise
        self.notes += [str(warning.message).strip() for warning in said]

    def _survey(self) -> None:
        self.variables = dict(walk(self.dataset))
        self.attributes = {
            path: attributes_of(var) | self.hints.said_of(path)
            for path, var in self.variables.items()
        }
        self.header = attributes_of(self.dataset)
        self._axes: dict[tuple[str, str | None], Axis] = {}
        # They are kept, since patterns are used when this file is closed.
        self._types = {
            path: np.dtype(var.dtype) for path, var in self.variables.items() if _is_numeric(var)
        }
        self._storages: dict[str, Storage] = {}
        self._coordinate_rules: dict[str, packing.Decoding] = {}
        self._decodings = {
            path: self._decoding(path, _default_fill(var))
            for path, var in self.variables.items()
            if _is_numeric(var)
        }
        dimensions = {path: var.dimensions for path, var in self.variables.items()}
        shapes = {path: var.shape for path, var in self.variables.items()}
        kinds = references.kinds(self.attributes, dimensions, shapes)
        self.fields: dict[str, Field] = {}
        self._words: dict[str, str] = {}
        self.words_in = self._words
        for path, var in self.variables.items():
            if path in self._decodings:
                self.fields[path] = self._field(path, var, kinds.get(path, "data"))
            elif _is_text(var):
                self._list_words(path, var)
            else:
                self.notes.append(f"{path}: left out, because its type is not a plain number")

    def _decoding(self, path: str, fill: float | None) -> packing.Decoding:
        dtype, name = self._types[path], path.rpartition("/")[2]
        return packing.decoding(dtype, self.attributes[path], fill, name, self.hints.valid_range)

    def _list_words(self, path: str, var: Any) -> None:
        """Add a vector of words: strings, or characters along a further dimension."""
        if len(var.dimensions) == (1 if var.dtype is str else 2):
            dim = var.get_dims()[0]
            self._words[path] = f"{dim.group().path.strip('/')}/{dim.name}"

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        var = self.variables[name]
        refuse_long(name, var.shape, self._memory)
        with LOCK, translated(f"{name}: cannot be read"):
            raw = np.asarray(var[...])
            return raw.astype(str) if var.dtype is str else joined(raw)

    def below(self, path: str) -> Any:
        """Return the dataset of HDF5 that holds a variable, or None."""
        return None if self._classic is not None else self._below.dataset(path)

    def mould(
        self, shapes: Mapping[str, tuple[int, ...]], places: Mapping[str, int], coordinate: str
    ) -> Mould | None:
        """Return a mould for files like this one; None if there is none. See `Mould`."""
        return None if self._classic is not None else self._below.mould(shapes, places, coordinate)

    @property
    def is_classic(self) -> bool:
        """Whether the file is of a kind from before netCDF-4."""
        return self._classic is not None

    def resolve(self, path: str, name: str) -> str | None:
        """Return the variable that a name refers to in an attribute of the variable ``path``."""
        return references.resolve(path, name, self.variables)

    def _field(self, path: str, var: Any, kind: str) -> Field:
        rule = self._decodings[path]
        attributes = self.attributes[path]
        order = " (big-endian)" if np.dtype(var.dtype).byteorder == ">" else ""
        return Field(
            name=path,
            axes=tuple(self._axis(path, dim) for dim in var.get_dims()),
            stored=f"{np.dtype(var.dtype).name}{order}",
            dtype=rule.dtype,
            result_dtype=rule.result,
            units=text(attributes.get("units")),
            attributes=attributes,
            storage=self.storage(path),
            kind=kind,
            missing=rule.describe(),
            cell_bytes=rule.cell_bytes(np.dtype(var.dtype)),
            precision=rule.precision(np.dtype(var.dtype)),
            unheeded=rule.unheeded,
        )

    def storage(self, path: str) -> Storage:
        """Return the layout, chunks and filters of a variable."""
        if path not in self._storages:
            self._storages[path] = self._storage(path)
        return self._storages[path]

    def _storage(self, path: str) -> Storage:
        var = self.variables[path]
        dataset = self.below(path)
        if dataset is not None:
            return storage_of(dataset)
        records = self._classic is not None and any(d.isunlimited() for d in var.get_dims())
        return Storage("records" if records else "contiguous", item=np.dtype(var.dtype).itemsize)

    def _axis(self, path: str, dim: Any) -> Axis:
        group = dim.group().path.strip("/")
        coordinate = self._coordinate(path, dim.name, group)
        key = (f"{group}/{dim.name}", coordinate)
        if key not in self._axes:
            make = partial(make_axis, dim.name, dim.size, key[0])
            if coordinate is None:
                self._axes[key] = make()
            else:
                var = self.variables[coordinate]
                values = self._vector(coordinate)
                self._axes[key] = make(
                    coordinate, values, self.attributes[coordinate], np.dtype(var.dtype)
                )
        return self._axes[key]

    def _coordinate(self, path: str, dimension: str, group: str) -> str | None:
        """Return the coordinate of a dimension for the variable ``path``, or None."""
        own = f"{group}/{dimension}" if group else dimension
        if self._is_vector(own, dimension):
            return own
        named = references.referenced(self.attributes[path], "coordinates")
        found = {self.resolve(path, name) for name in named}
        fitting = [name for name in found if name and self._is_vector(name, dimension)]
        with_role = [name for name in fitting if role_of(self.attributes[name])]
        for candidates in (with_role, fitting):
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _is_vector(self, path: str, dimension: str) -> bool:
        return path in self._decodings and self.variables[path].dimensions == (dimension,)

    def _vector(self, path: str) -> Array:
        """Return the values of a coordinate, where default fill values are ordinary numbers."""
        var = self.variables[path]
        refuse_long(path, var.shape, self._memory)
        reader = None if self._classic is not None else self._below.reader(path, var.shape)
        whole = tuple(slice(0, n) for n in var.shape)
        raw = np.asarray(var[...]) if reader is None else reader.read(whole)
        return self.coordinates(path, raw)

    def coordinates(self, path: str, raw: Array) -> Array:
        """Return stored numbers of a variable as coordinates."""
        if path not in self._coordinate_rules:
            self._coordinate_rules[path] = self._decoding(path, None)
        return self._coordinate_rules[path].coordinates(raw)

    def rule(self, path: str) -> packing.Decoding:
        """Return how stored numbers of a variable are decoded."""
        return self._decodings[path]

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        field = self.fields[name]
        return Vector(self._vector(name), field.precision, field.units)

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept."""
        reader = self._reader(name)
        if isinstance(reader, ChunkReader):
            reader.hold(room)

    def _reader(self, name: str) -> ChunkReader | RawArray | None:
        if self._classic is None:
            # Not the shape from netCDF4, which would ask the library: that is not thread-safe.
            return self._below.reader(name, self.fields[name].shape)
        variable = self._classic.get(name)
        if variable is None or variable.has_records:
            return None
        return RawArray(self._raw.fileno(), variable.begin, variable.dtype, variable.shape)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable, decoded."""
        return self._decodings[name].decode(self.raw(name, window))

    def is_unwritten(self, name: str, window: Window) -> bool:
        """Return whether it is known that nothing was written in a window, so all is missing."""
        reader = self._reader(name)
        return isinstance(reader, ChunkReader) and reader.lacks(window, self._decodings[name])

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        return self._decodings[name].hides(self.raw(name, window))

    def raw(self, name: str, window: Window) -> Array:
        """Return a window of a variable as it is stored."""
        reader = self._reader(name)
        if reader is not None:
            return reader.read(window)
        with LOCK, translated(f"{name}: cannot be read"):
            return np.asarray(self.variables[name][window])

    def plain_bytes(self, path: str) -> RawArray | None:
        """Return a variable as plain bytes of the file, or None if it is stored otherwise."""
        reader = self._reader(path) if path in self.fields else None
        return reader if isinstance(reader, RawArray) else None

    def needed_by(self, results: list[Result]) -> list[str]:
        """Return the variables that results refer to, such as coordinates and grid mappings."""
        waiting, found = [], {}
        for result in results:
            waiting += [axis.coordinate for axis in result.axes if axis.coordinate]
            waiting += self._references(result.origin.name, result.attributes)
        waiting += self._tracks(results)
        while waiting:
            path = waiting.pop(0)
            if path not in found and path in self.variables:
                found[path] = True
                waiting += self._references(path, self.attributes[path])
                waiting += [
                    own
                    for dim in self.variables[path].get_dims()
                    if (own := self._coordinate(path, dim.name, dim.group().path.strip("/")))
                ]
        return [path for path in self.variables if path in found]

    def _tracks(self, results: list[Result]) -> list[str]:
        """Return the variables that cut axes of results into tracks."""
        dimensions = {path: var.dimensions for path, var in self.variables.items()}
        kept, attributes = dimensions_kept(results, self.fields), self.attributes
        return [p for name in kept for p in references.of_tracks(attributes, dimensions, name)]

    def _references(self, path: str, attributes: Mapping[str, Any]) -> list[str]:
        names = references.referenced(attributes, *references.REFERENCES, *references.BOUNDS)
        return [found for name in names if (found := self.resolve(path, name))]

    def _close_below(self) -> None:
        if self._classic is None:
            self._below.close()
        else:
            self._raw.close()

    def close(self) -> None:
        """Close the file."""
        self._close_below()
        with LOCK:
            if self.dataset.isopen():
                self.dataset.close()


def named(path: str) -> dict[str, Any]:
    """Return arguments of netCDF4 for a path of any bytes, which it never takes for a URL."""
    whole = os.path.abspath(path)
    try:
        whole.encode()
    except UnicodeEncodeError:
        return {"filename": os.fsencode(whole).decode("latin1"), "encoding": "latin1"}
    return {"filename": whole}


def walk(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the variables of a group and of those in it, with their paths."""
    for name, var in group.variables.items():
        yield prefix + name, var
    for name, inner in group.groups.items():
        yield from walk(inner, f"{prefix}{name}/")


def attributes_of(item: Any) -> dict[str, Any]:
    """Return the attributes of a variable or group, except those that cannot be read."""
    found = {}
    for name in item.ncattrs():
        try:
            found[name] = item.getncattr(name)
        except (AttributeError, KeyError, RuntimeError, ValueError, TypeError):
            continue
    return found


def _is_numeric(var: Any) -> bool:
    plain = isinstance(var.dtype, np.dtype) and var.dtype.kind in "iuf"
    return plain and not isinstance(var.datatype, (netCDF4.EnumType, netCDF4.VLType))


def joined(characters: Array) -> Array:
    """Return rows of characters as words.

    >>> joined(np.array([[b"a", b"b"], [b"c", b""]]))
    array(['ab', 'c'], dtype='<U2')
    """
    width = characters.shape[1] * characters.dtype.itemsize
    rows = np.ascontiguousarray(characters).view(f"S{width}")[:, 0]
    return np.char.decode(rows, "utf-8", "replace")


def _is_text(var: Any) -> bool:
    return var.dtype is str or (isinstance(var.dtype, np.dtype) and var.dtype.kind in "SU")


def _default_fill(var: Any) -> float | None:
    """Return the value of cells that were never written, or None for integers.

    For integers the default fill value may also be data.
    """
    dtype = np.dtype(var.dtype)
    return float(netCDF4.default_fillvals[f"f{dtype.itemsize}"]) if dtype.kind == "f" else None
