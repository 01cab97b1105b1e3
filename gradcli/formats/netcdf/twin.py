"""NetCDF-4 files whose headers are alike: of all but one, little more than values is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.detect import require_content
from gradcli.formats.hdf5.below import BelowLibrary
from gradcli.formats.hdf5.library import FAULTS, LOCK, h5py, netCDF4, small_caches, translated
from gradcli.formats.hdf5.links import refuse_outside
from gradcli.formats.hdf5.mould import Mould, MouldedFile
from gradcli.formats.netcdf.source import NetcdfSource, attributes_of, named, walk
from gradcli.formats.registry import BY_NAME
from gradcli.model.axes import Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.system.watch import WATCHED

if TYPE_CHECKING:
    from gradcli.formats.hdf5.chunks import ChunkReader
    from gradcli.formats.raw import RawArray


MOST = 8  # ways in which the headers of files that are alike are laid out


class Pattern:
    """What the headers of files have in common, but for the size of one dimension.

    Parameters
    ----------
    like : NetcdfSource
        The file in which it was read. It may be closed later.
    dimension : str
        The name of this dimension, in the root group.
    coordinate : str
        The path of its coordinates, which tell its size.
    """

    def __init__(self, like: NetcdfSource, dimension: str, coordinate: str) -> None:
        self.like, self.coordinate = like, coordinate
        self._dimension = dimension
        self.places = {
            path: list(var.dimensions).index(dimension)
            for path, var in like.variables.items()
            if dimension in var.dimensions
        }
        below = ((path, like.below(path)) for path in like.variables)
        self.stored = {path: found.name.lstrip("/") for path, found in below if found is not None}
        self._header = self._header_of(like.dataset)
        self._moulds: list[Mould] = []
        size = like.fields[coordinate].shape[0]
        self._keep(like.mould(self._shapes(size), self._places(), self.stored[coordinate]))

    @classmethod
    def of(cls, source: Source, dimension: str, coordinate: str) -> Pattern | None:
        """Return the pattern of a netCDF-4 file that is open; None if it serves for none."""
        if not isinstance(source, NetcdfSource) or source.is_classic or source.dataset.groups:
            return None
        return cls(source, dimension, coordinate)

    def shape(self, path: str, size: int) -> tuple[int, ...]:
        """Return the shape of a variable in a file in which the dimension is of this size."""
        shape = [axis.size for axis in self.like.fields[path].axes]
        if path in self.places:
            shape[self.places[path]] = size
        return tuple(shape)

    def _shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        return {self.stored[path]: self.shape(path, size) for path in self.like.fields}

    def _places(self) -> dict[str, int]:
        # A dimension without a variable is a dataset too.
        return {self._dimension: 0} | {self.stored[path]: n for path, n in self.places.items()}

    def _keep(self, mould: Mould | None) -> None:
        if mould is not None:
            self._moulds.append(mould)

    def made(self, source: Source) -> bool:
        """Return whether a file was opened by a pattern."""
        return isinstance(source, TwinSource)

    def open(self, path: str, trusted: bool) -> TwinSource | None:
        """Open a file that is like the pattern; return None for others.

        ``trusted`` files have been compared with it before.
        """
        if not os.path.isfile(path):  # such as a store of Zarr
            return None
        try:
            for mould in self._moulds:
                moulded = mould.open(path)
                if moulded is not None:
                    return TwinSource(path, self, moulded)
            require_content(path, BY_NAME["netcdf"])
            with WATCHED.within_bounds(path):
                store = _Library(path, self)
                if trusted or (store.is_plain() and self._fits(path)):
                    if not trusted and len(self._moulds) < MOST:
                        # Another history may have put all headers elsewhere; so may that of others.
                        shapes, coordinate = self._shapes(store.size), self.stored[self.coordinate]
                        self._keep(store.mould(shapes, self._places(), coordinate))
                    return TwinSource(path, self, store)
                store.close()
        except (InputError, *FAULTS):  # the full way says what is wrong
            return None
        return None

    def _fits(self, path: str) -> bool:
        with small_caches():
            dataset = netCDF4.Dataset(mode="r", **named(path))
            try:
                return bool(self._header_of(dataset) == self._header)
            finally:
                dataset.close()

    def _header_of(self, dataset: Any) -> Any:
        """Return all that a header says of variables, in a form that can be compared."""
        return [
            (path, str(var.dtype), self._shape(var), _comparable(attributes_of(var)))
            for path, var in walk(dataset)
        ]

    def _shape(self, var: Any) -> list[tuple[str, int]]:
        pairs = zip(var.dimensions, var.shape, strict=True)
        return [(name, 0 if name == self._dimension else size) for name, size in pairs]


class TwinSource(Traits):
    """A file that is like a pattern; its values are read below the libraries.

    What cannot be read so is read by `NetcdfSource`.
    """

    format, description = "netcdf", "netCDF-4"

    def __init__(self, path: str, pattern: Pattern, store: MouldedFile | _Library) -> None:
        self.path = path
        self.notes: list[str] = []
        self._pattern, self._like, self._store = pattern, pattern.like, store
        self.fields: Mapping[str, Field] = pattern.like.fields
        self.attributes: Mapping[str, Mapping[str, Any]] = pattern.like.attributes
        self._full: NetcdfSource | None = None

    @property
    def needs_library(self) -> bool:
        """Whether the library has opened the file."""
        return isinstance(self._store, _Library)

    def _reader(self, name: str) -> ChunkReader | RawArray | None:
        return self._store.reader(self._pattern.stored[name], self._shape(name))

    def _shape(self, name: str) -> tuple[int, ...]:
        return self._pattern.shape(name, self._store.size)

    def full(self) -> NetcdfSource:
        """Return the file as it is opened without a pattern."""
        with LOCK:
            if self._full is None:
                self._full = NetcdfSource(self.path, self._like.hints)
            return self._full

    def raw(self, name: str, window: Window) -> Array:
        """Return a window of a variable as it is stored."""
        reader = self._reader(name)
        return self.full().raw(name, window) if reader is None else reader.read(window)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable, decoded."""
        return self._like.rule(name).decode(self.raw(name, window))

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        return self._like.rule(name).hides(self.raw(name, window))

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        field, shape = self.fields[name], self._shape(name)
        raw = self._store.whole(self._pattern.stored[name], shape)
        if raw is None:
            return self.full().vector(name)
        return Vector(self._like.coordinates(name, raw), field.precision, field.units)

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept."""
        from gradcli.formats.hdf5.chunks import ChunkReader

        reader = self._reader(name)
        if isinstance(reader, ChunkReader):
            reader.hold(room)

    def close(self) -> None:
        """Close the file."""
        self._store.close()
        if self._full is not None:
            self._full.close()


class _Library:
    """A file that the library has opened, since its header is that of others in meaning only."""

    def __init__(self, path: str, pattern: Pattern) -> None:
        file = h5py.File(path, "r")
        try:
            self._file = file
            self._below = BelowLibrary(file, _Datasets(file))
            found = self._below.dataset(pattern.stored[pattern.coordinate])
            self.size = 0 if found is None else int(found.shape[0])
        except BaseException:
            file.close()
            raise

    def is_plain(self) -> bool:
        """Return whether the file has no links that would be followed."""
        hard = h5py.h5l.TYPE_HARD
        other = self._file.id.links.visit(_first(lambda info: info.type != hard), info=True)
        return other is None and self.size > 0

    def reader(self, name: str, shape: tuple[int, ...]) -> ChunkReader | RawArray | None:
        """Return a reader for a dataset of this shape, or None if the library must read it."""
        return self._below.reader(name, shape)

    def whole(self, name: str, shape: tuple[int, ...]) -> Array | None:
        """Return all numbers of a dataset of this shape as they are stored."""
        dataset = self._below.dataset(name)
        if dataset is None or dataset.shape != shape:
            return None
        refuse_outside(name, dataset)
        # For few numbers the library takes less time than a reader that must be made first.
        with translated(f"{name}: cannot be read"):
            return np.asarray(dataset[...])

    def mould(
        self, shapes: Mapping[str, tuple[int, ...]], places: Mapping[str, int], coordinate: str
    ) -> Mould | None:
        """Return a mould for files like this one; None if there is none."""
        return self._below.mould(shapes, places, coordinate)

    def close(self) -> None:
        """Close the file."""
        self._below.close()


class _Datasets(Mapping[str, Any]):
    """The datasets of a file, each opened when it is asked for."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Any:
        # As ``file[name]`` does, which takes three times as long.
        return h5py.Dataset(h5py.h5d.open(self._file.id, name.encode()))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _first(holds: Any) -> Any:
    return lambda name, info: name if holds(info) else None


def _comparable(attributes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    # As text, in which values that are no numbers are equal too.
    return [
        (name, str(getattr(value, "dtype", type(value))), repr(np.asarray(value).tolist()))
        for name, value in sorted(attributes.items())
    ]
