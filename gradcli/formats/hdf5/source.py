"""Read HDF5: datasets are named by their path, and dimension scales are coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from gradcli.cf import packing, references
from gradcli.cf.roles import make_axis
from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.hdf5.attributes import attributes_of
from gradcli.formats.hdf5.below import BelowLibrary, refuse_long
from gradcli.formats.hdf5.chunks import ChunkReader
from gradcli.formats.hdf5.containers import Column, Containers, columns_of
from gradcli.formats.hdf5.library import h5py, translated
from gradcli.formats.hdf5.links import address, inside_links, refuse_outside
from gradcli.formats.hdf5.nexus import Nexus
from gradcli.formats.hdf5.openpmd import mesh_axes
from gradcli.formats.hdf5.storage import storage_of
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Result, text
from gradcli.model.protocols import Hints
from gradcli.model.sharing import Room
from gradcli.numerics.bins import centres_of
from gradcli.numerics.dtypes import Array
from gradcli.record import replace
from gradcli.system.watch import WATCHED

SCALE_ONLY = "This is a netCDF dimension but not a netCDF variable"


class Hdf5Source(Traits):
    """An open HDF5 file."""

    format = "hdf5"
    description = "HDF5"

    def __init__(self, path: str, hints: Hints) -> None:
        self.path = path
        self._memory, self._hints = hints.limits.memory, hints
        self.notes: list[str] = []
        self.fields: dict[str, Field] = {}
        self._words: dict[str, str] = {}
        self.words_in = self._words
        self.datasets: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self.columns: dict[str, Column] = {}
        self._containers = Containers()
        self._nexus = Nexus()
        self._paths: dict[object, str] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        self._decodings: dict[str, packing.Decoding] = {}
        self._vectors: dict[str, Array] = {}
        self._attached: dict[tuple[str, int], list[str]] = {}
        self._keys: dict[str, str] = {}
        with WATCHED.within_bounds(path), translated("cannot be read as HDF5"):
            self.file = h5py.File(path, "r")
            try:
                self._below = BelowLibrary(self.file, self.datasets)
            except BaseException:
                self.file.close()
                raise
            try:
                self._survey()
            except BaseException:
                self._below.close()
                raise

    def _survey(self) -> None:
        left: list[str] = []
        aliases: dict[str, str] = {}
        for path, item in inside_links(self.file):
            if isinstance(item, str):
                aliases[path] = item
                continue
            problem = self._list(path, item)
            if problem:
                left.append(f"{path} ({problem})")
        if left:
            more = f" and {len(left) - 6} more" if len(left) > 6 else ""
            self.notes.append(f"left out: {', '.join(left[:6])}{more}")
        self.aliases = aliases
        self._nexus.settle(self.file, self.datasets, aliases)
        self._openpmd = "openPMD" in self.file.attrs
        self._join_scales()
        axes = {path: self._axes(path) for path in self._decodings}
        dimensions = {path: tuple(axis.name for axis in axes[path]) for path in axes}
        shapes = {path: tuple(axis.size for axis in axes[path]) for path in axes}
        attributes = {path: self.attributes[path] for path in axes}
        kinds = references.kinds(attributes, dimensions, shapes)
        for path in axes:
            if path not in self.columns and _is_scale(self.datasets[path]):
                kinds[path] = "coordinate"
            if h5py.check_enum_dtype(self._array(path).dtype) is not None:
                kinds[path] = "flag"
            kinds[path] = self._containers.kind(path, attributes[path]) or kinds.get(path, "data")
            if kinds[path] == "data":
                kinds[path] = self._nexus.kind(path) or "data"
            self.fields[path] = self._field(path, axes[path], kinds[path])
        if self._nexus.others and not self._hints.variables:
            some = self._nexus.others
            more = f" and {len(some) - 6} more" if len(some) > 6 else ""
            self.notes.append(
                f"{', '.join(self._nexus.signals)}: the default of the file; its other signals "
                f"need --var: {', '.join(some[:6])}{more}"
            )
        if self._containers.matlab and any(len(own) > 1 for own in axes.values()):
            self.notes.append("MATLAB stores arrays transposed: its last axis is axis 0 here")

    def _array(self, path: str) -> Any:
        """Return the dataset of a path, or the column of a table."""
        return self.columns.get(path) or self.datasets[path]

    def _list(self, path: str, item: object) -> str | None:
        """Add an object of the file; if it is skipped, return the reason."""
        if isinstance(item, h5py.ExternalLink):
            return "a link out of the file, never followed"
        if isinstance(item, BaseException):
            return "damaged"
        if self._containers.holds(path):
            return None
        if isinstance(item, h5py.Group):
            try:
                if len(item.attrs):  # others stay closed: names within each other take memory
                    self.groups[path] = item
                self._nexus.group(path, item)
                return self._containers.group(path, item)
            except Exception:  # as below
                return "damaged"
        if not isinstance(item, h5py.Dataset):
            return None
        try:
            dtype, shape = item.dtype, item.shape
            self.attributes[path] = attributes_of(item) | self._hints.said_of(path)
        except Exception:  # h5py raises many kinds of exceptions for types that it does not know
            return "of a type that cannot be read"
        if shape is None:
            return "empty"
        self.datasets[path] = item
        self._paths[address(item)] = path
        problem = self._containers.problem(self.attributes[path])
        if problem is not None:
            return problem
        if dtype.names and self._list_columns(path, item):
            return None
        if dtype.kind not in "fiubc" or dtype.subdtype is not None:
            if h5py.check_string_dtype(dtype) is not None and len(shape) == 1:
                self._words[path] = ""
            return _word(dtype)
        if not _is_bare_dimension(item):
            self._decodings[path] = packing.decoding(
                dtype, self.attributes[path], None, path.rpartition("/")[2], self._hints.valid_range
            )
            if dtype.itemsize > (16 if dtype.kind == "c" else 8):
                self.notes.append(f"{path}: {dtype} is computed in double precision")
        return None

    def _list_columns(self, path: str, dataset: Any) -> bool:
        """Add the columns of a table; return whether there are any."""
        found = dict(columns_of(path, dataset))
        for name, column in found.items():
            if name != path:
                self.attributes[name] = self._hints.said_of(name)
            self.columns[name] = column
            if column.is_words:
                self._words[name] = f"{path}#0"
                continue
            self._decodings[name] = packing.decoding(
                column.dtype, self.attributes[name], None, name.rpartition("/")[2]
            )
        return bool(found)

    def _field(self, path: str, axes: tuple[Axis, ...], kind: str) -> Field:
        dataset, rule = self._array(path), self._decodings[path]
        column = self.columns.get(path)
        name = "" if column is None else column.name or ""
        order = " (big-endian)" if dataset.dtype.byteorder == ">" else ""
        return Field(
            name=path,
            axes=axes,
            stored=f"{dataset.dtype.name}{order}",
            dtype=rule.dtype,
            result_dtype=rule.result,
            units=text(self.attributes[path].get("units")),
            attributes={
                name: value
                for name, value in self.attributes[path].items()
                if not name.startswith("MATLAB_")
            },
            storage=storage_of(dataset) if column is None else column.storage(),
            kind=kind,
            missing=rule.describe(),
            cell_bytes=rule.cell_bytes(dataset.dtype),
            precision=rule.precision(dataset.dtype),
            unheeded=rule.unheeded,
            label=name if "/" in name else "",
        )

    def _axes(self, path: str) -> tuple[Axis, ...]:
        column = self.columns.get(path)
        if column is not None:
            table = self._paths[address(column.dataset)]
            keys = [f"{table}#{i}" for i in range(column.dataset.ndim)]
            keys += [f"{path}#{i}" for i in range(len(keys), len(column.shape))]
            return tuple(make_axis(None, n, k) for n, k in zip(column.shape, keys, strict=True))
        if self._openpmd:
            found = mesh_axes(path, self.datasets[path], self.attributes[path])
            if found is not None:
                return found
        return tuple(self._axis(path, index) for index in range(self.datasets[path].ndim))

    def _axis(self, path: str, index: int) -> Axis:
        dataset = self.datasets[path]
        size, label = dataset.shape[index], dataset.dims[index].label
        found: list[Axis] = []
        for scale in [path] if self._is_own(path) else self._tied(path, index):
            name = label if label and not found else scale.rpartition("/")[2]
            known = self._is_vector(scale)
            if known and self.datasets[scale].shape != (size,):
                if not found:
                    found += self._of_edges(path, scale, name, size)
            elif not found:
                found.append(self._scale(scale, name, size))
            elif known:
                with suppress(InputError):  # nobody may need it
                    found.append(self._scale(scale, name, size))
        if not found:
            return make_axis(label or None, size, f"{path}#{index}")
        return replace(found[0], others=tuple(found[1:]))

    def _is_own(self, path: str) -> bool:
        """Return whether a dataset is the coordinate of its own dimension."""
        dataset = self.datasets[path]
        return dataset.ndim == 1 and (_is_scale(dataset) or self._nexus.is_coordinate(path))

    def _of_edges(self, path: str, scale: str, name: str, size: int) -> list[Axis]:
        """Return the axis of bins whose edges a scale holds, if it does, and say so."""
        count = self.datasets[scale].shape[0]
        centres = centres_of(self._vector(scale)) if count == size + 1 else None
        if centres is None:
            self.notes.append(
                f"{path}: {scale} has {count} values for {size} points and is not used"
            )
            return []
        note = f"{scale}: {count} coordinates for {size} points are edges of bins; the centres "
        if f"{note}are used" not in self.notes:
            self.notes.append(f"{note}are used")
        key, said, stored = f"{scale}#bins", self.attributes[scale], self.datasets[scale].dtype
        return [make_axis(name, size, key, f"{scale}_centres", centres, said, stored)]

    def _is_vector(self, scale: str) -> bool:
        """Return whether a scale holds numbers along one dimension."""
        return scale in self._decodings and self.datasets[scale].ndim == 1

    def _scale(self, scale: str, name: str, size: int) -> Axis:
        """Return the axis of a dimension by one of its scales."""
        key = self._keys.get(scale, scale)
        if not self._is_vector(scale):
            return make_axis(name, size, key)
        stored, values = self.datasets[scale].dtype, self._vector(scale)
        return make_axis(name, size, key, scale, values, self.attributes[scale], stored)

    def _join_scales(self) -> None:
        """Note which scales are of one dimension: the first that fits it names them all."""
        for path in [name for name in self._decodings if name not in self.columns]:
            for index, size in enumerate(self.datasets[path].shape):
                scales = self._tied(path, index)
                if len(scales) > 1:
                    fits = [s for s in scales if self.datasets[s].shape == (size,)]
                    for scale in fits[1:]:
                        self._keys.setdefault(scale, self._keys.get(fits[0], fits[0]))

    def scales(self, path: str, index: int) -> list[str]:
        """Return the paths of the scales attached to a dimension, but for edges of bins."""
        if path in self.columns:
            return []
        found = self._scales(path, index)
        edges = (self.datasets[path].shape[index] + 1,) if found else ()
        return [s for s in found if self.datasets[s].shape != edges or not self._is_vector(s)]

    def _scales(self, path: str, index: int) -> list[str]:
        if (path, index) not in self._attached:
            # Not scale.name, for which the library would search the whole file.
            every = map(address, self.datasets[path].dims[index].values())
            self._attached[path, index] = [self._paths[at] for at in every if at in self._paths]
        return self._attached[path, index]

    def _tied(self, path: str, index: int) -> list[str]:
        """Return the paths of what holds the coordinates of a dimension: scales, or by NeXus."""
        named = self._nexus.along.get((path, index), [])
        return self._scales(path, index) or [name for name in named if name in self._decodings]

    def _vector(self, path: str) -> Array:
        """Return the values of a coordinate, which are read once for all datasets."""
        if path not in self._vectors:
            if path in self.datasets:
                refuse_outside(path, self.datasets[path])
            shape = self._array(path).shape
            refuse_long(path, shape, self._memory)
            whole = tuple(slice(0, n) for n in shape)
            self._vectors[path] = self._decodings[path].coordinates(self._raw(path, whole))
        return self._vectors[path]

    def vector(self, name: str) -> Vector:
        """Return a whole dataset as coordinates."""
        field = self.fields[name]
        return Vector(self._vector(name), field.precision, field.units)

    def read_words(self, name: str) -> Array:
        """Return a whole dataset of words."""
        if name in self.columns:
            with translated(f"{name}: cannot be read"):
                return self.columns[name].words()
        dataset = self.datasets[name]
        refuse_long(name, dataset.shape, self._memory)
        with translated(f"{name}: cannot be read"):
            return np.asarray(dataset.asstr(errors="replace")[...], dtype=str)

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a dataset may be kept."""
        if name in self.columns:
            return
        reader = self._below.reader(name, self.datasets[name].shape)
        if isinstance(reader, ChunkReader):
            reader.hold(room)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a dataset, decoded. h5py has its own lock, so threads may read."""
        return self._decodings[name].decode(self._raw(name, window))

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        return self._decodings[name].hides(self._raw(name, window))

    def _raw(self, name: str, window: Window) -> Array:
        if name in self.columns:
            refuse_outside(name, self.columns[name].dataset)
            with translated(f"{name}: cannot be read"):
                return self.columns[name].read(window)
        reader = self._below.reader(name, self.datasets[name].shape)
        if reader is not None:
            return reader.read(window)
        with translated(f"{name}: cannot be read"):
            return np.asarray(self.datasets[name][window])

    def close(self) -> None:
        """Close the file."""
        self._below.close()


def _word(dtype: np.dtype[Any]) -> str:
    if dtype.subdtype is not None:
        return "array type"
    if dtype.kind == "O":
        return "text" if h5py.check_string_dtype(dtype) else "references or variable length"
    return {"V": "compound or opaque", "S": "text", "U": "text"}.get(dtype.kind, str(dtype))


def _is_scale(dataset: Any) -> bool:
    return bool(h5py.h5ds.is_scale(dataset.id))


def _is_bare_dimension(dataset: Any) -> bool:
    """Return whether a dataset only represents a netCDF dimension without coordinates."""
    name = dataset.attrs.get("NAME", b"")
    label = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return label.startswith(SCALE_ONLY)


def windows_of(results: list[Result]) -> Mapping[str, slice]:
    """Return the part of each dimension that the results cover, by the key of its axis."""
    return {axis.key: axis.file_window for result in results for axis in result.axes}
