"""Read Zarr stores: metadata by their JSON, chunks by ourselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.errors import InputError
from gradcli.formats.described import Described, DescribedSource
from gradcli.formats.zarr.layout import ArrayLayout
from gradcli.formats.zarr.reader import ZarrReader
from gradcli.formats.zarr.stores import FolderStore, Store
from gradcli.formats.zarr.survey import Survey, survey
from gradcli.formats.zarr.version2 import UNKNOWN
from gradcli.model.blocks import Window, size_text
from gradcli.model.fields import Field, Storage
from gradcli.model.protocols import Hints
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.system.paths import is_address, split_suffix

if TYPE_CHECKING:
    from gradcli.formats.zarr.unusual import UnusualReader

LEVEL = 4  # of deflate, which takes the place of other codecs in NetCDF and HDF5
MOST_CHUNKS = 10**6  # of a coordinate, or of a store that holds few of its chunks
SPARSE = 1000  # chunks that a store of this many declared ones holds at least one of
HOLLOW = 2**40  # declared bytes that any store may have
DENSEST = 1100  # declared bytes for each that is stored, at most


class ZarrSource(DescribedSource):
    """An open Zarr store.

    Attributes
    ----------
    version : int
    layouts : dict of str to ArrayLayout
        By the names of variables.
    prefixes : dict of str to str
        What the keys of a variable begin with.
    groups : dict of str to mapping
        The attributes of each group, by path.
    """

    format = "zarr"

    def __init__(self, path: str, hints: Hints) -> None:
        super().__init__(path, hints)
        self.store = store_at(path)
        try:
            found = survey(self.store)
            self.version, self.groups = found.version, found.groups
            alone = split_suffix(path)[0] or "data"
            self._readers: dict[str, ZarrReader | UnusualReader] = {}
            self._take_unusual(found, alone)
            self.layouts = {n or alone: _unmarked(n, made) for n, made in found.arrays.items()}
            self.prefixes = {name or alone: f"{name}/" * bool(name) for name in found.arrays}
            self.description = f"Zarr {found.version}"
            self.variables = {name: _described(made) for name, made in self.layouts.items()}
            self.attributes = {
                name: dict(layout.attributes) | hints.said_of(name)
                for name, layout in self.layouts.items()
            }
            self.header = dict(self.groups.get("", {}))
            self.describe()
        except BaseException:
            self.store.close()
            raise

    def _take_unusual(self, found: Survey, alone: str) -> None:
        """Have zarr-python read what is not read here; what it does not read is left out.

        Raises
        ------
        InputError
            That is a coordinate, without which results would be wrong.
        """
        waiting: dict[str, tuple[Mapping[str, Any], str]] = dict(found.odd)
        for path, layout in found.arrays.items():
            codecs = layout.codecs.unknown
            if codecs and layout.codecs.dtype != UNKNOWN:
                waiting[path] = layout.document, f"its codec {codecs!r:.60} is not known here"
        if not waiting:
            return
        from gradcli.formats.zarr.unusual import UnusualReader

        for path, (document, reason) in waiting.items():
            name, old = path or alone, found.arrays.pop(path, None)
            try:
                reader = UnusualReader(name, path, self.store, document)
                found.arrays[path] = reader.layout(document, old)
            except InputError as error:
                self.refused = {**self.refused, name: reason}
                dims = {dim for layout in found.arrays.values() for dim in layout.dims}
                if path.rpartition("/")[2] in dims:
                    raise InputError(f"{name}: {reason}") from error
                self.notes.append(f"{name}: is left alone, {reason}")
            else:
                self._readers[name] = reader
                self.notes.append(
                    f"{name}: {reason}; zarr-python reads it, and what is written has blosc"
                )

    def reader(self, name: str) -> ZarrReader | UnusualReader:
        """Return what reads windows of a variable."""
        if name not in self._readers:
            made = ZarrReader(name, self.prefixes[name], self.layouts[name], self.store)
            self._readers.setdefault(name, made)
        return self._readers[name]

    def stored(self, name: str, window: Window) -> Array:
        """Return a window of a variable as it is stored."""
        return self.reader(name).read(window)

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept."""
        self.reader(name).hold(room)

    def _whole(self, name: str) -> Array:
        layout = self.layouts[name]
        item = max(layout.codecs.dtype.itemsize, 8)
        taken = item * max(prod(layout.shape), 3 * prod(layout.chunks))
        if taken > self.hints.limits.memory:
            raise InputError(
                f"{name}: {size_text(taken)} of coordinates are more than the memory limit"
            )
        if layout.files > MOST_CHUNKS:
            raise InputError(f"{name}: a coordinate of {layout.files} chunks is not read")
        return super()._whole(name)

    def refuse_hollow(self, fields: list[Field]) -> None:
        """Raise InputError if the store declares far more than it can hold."""
        for field in fields:
            layout = self.layouts[field.name]
            declared = prod(field.shape) * field.storage.item
            unit = layout.shards.shape if layout.shards else layout.chunks
            within = tuple(axis.size for axis in field.axes)
            files = layout.files * prod(field.shape) // max(1, prod(within))
            least = max(files // SPARSE if files > MOST_CHUNKS else 0, 0)
            if declared <= HOLLOW and not least:
                continue
            held = count = 0
            for size in self.store.lengths():
                held, count = held + size, count + 1
                if held * DENSEST >= declared and count >= least:
                    break
            else:
                raise InputError(
                    f"{field.name}: declares {size_text(declared)} in chunks of {list(unit)}, the "
                    f"store has {count} files of {size_text(held)}; they were never written, or "
                    "the store is damaged (--isel works on a part)"
                )

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def store_at(path: str) -> Store:
    """Return the store in a folder or an archive, or at an address."""
    if is_address(path):
        from gradcli.formats.zarr.remote import RemoteStore

        return RemoteStore(path)
    if os.path.isdir(path):
        return FolderStore(path)
    from gradcli.formats.zarr.zips import ZipStore

    return ZipStore(path)


def _unmarked(path: str, layout: ArrayLayout) -> ArrayLayout:
    """Return the layout of a coordinate of its own dimension without what fills its chunks.

    Of the field it stands for missing values. Of a coordinate it is the default 0 of a library,
    and a point at the equator is not missing.
    """
    own = layout.dims == (path.rpartition("/")[2],)
    if not own or "_FillValue" in layout.said:
        return layout
    kept = {name: value for name, value in layout.attributes.items() if name != "_FillValue"}
    return layout._replace(attributes=kept)


def _described(layout: ArrayLayout) -> Described:
    return Described(layout.dims, layout.shape, layout.codecs.dtype, _storage(layout))


def _storage(layout: ArrayLayout) -> Storage:
    if not layout.shape:
        return Storage(item=layout.codecs.dtype.itemsize)
    codecs = layout.codecs
    words = [_word(config) for config in (*codecs.filters, *codecs.steps)]
    deflated = codecs.steps[-1]["id"] in ("zlib", "gzip") if codecs.steps else False
    return Storage(
        "chunked",
        layout.chunks,
        ", ".join(words) or None,
        codecs.dtype.itemsize,
        deflate=LEVEL if codecs.steps else 0,
        shuffle=bool(codecs.steps),
        foreign=None if deflated or not words else ", ".join(words),
        shards=layout.shards.shape if layout.shards else None,
        codecs=codecs,
    )


def _word(config: Any) -> str:
    inside = [str(config[key]) for key in ("cname", "clevel", "level") if key in config]
    return " ".join([str(config["id"]), *inside])
