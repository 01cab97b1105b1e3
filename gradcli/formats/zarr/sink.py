"""Write results to Zarr stores, with the coordinates and other arrays that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Self

from gradcli.cf import packing, references
from gradcli.errors import UsageError
from gradcli.formats.beside import Beside, beside, names_beside
from gradcli.formats.direct import Direct, DirectFolder
from gradcli.formats.packer import StoredPacker
from gradcli.formats.zarr import version3
from gradcli.formats.zarr.carried import Carrier
from gradcli.formats.zarr.forms import form_of
from gradcli.formats.zarr.new_store import NewStore
from gradcli.formats.zarr.packer import ArrayForm
from gradcli.formats.zarr.source import ZarrSource
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Packet, Source

if TYPE_CHECKING:
    from gradcli.model.axes import Axis


class ZarrSink:
    """A Zarr output: chunks are written as blocks come, and metadata when all are written."""

    def __init__(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> None:
        self.notes: list[str] = []
        self._results = results
        self._like = like if isinstance(like, ZarrSource) else None
        self._version = self._like.version if self._like else 3
        self._store = NewStore(scratch, path, self._version, destination.overwrite)
        self._forms: dict[str, ArrayForm] = {}
        self._names: dict[str, str] = {}
        self._others = [] if self._like is not None else beside(results, like)
        try:
            self._define(destination)
        except BaseException:
            self._store.drop()
            raise

    @property
    def packer(self) -> StoredPacker:
        """The packer of all blocks."""
        types = {result.name: result.dtype for result in self._results}
        forms = {name: self._forms[name] for name in types}
        return StoredPacker(types, {name: form.fill for name, form in forms.items()}, forms)

    def put(self, packet: Packet) -> None:
        """Write the chunks, or shards, of a block."""
        self._store.write(packet.name, packet.payload)

    def direct(self) -> Direct | None:
        """Return what writes packets from any process, if the store is a folder."""
        return None if self._store.folder is None else DirectFolder(self._store.folder)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set the values of attributes of a result."""
        self._store.set(name, attributes)

    def _define(self, destination: Destination) -> None:
        if self._like is None:
            self._store.header = {"Conventions": "CF-1.11"}
            dims: list[tuple[str | None, ...]] = [self._named(r.axes) for r in self._results]
            for other in self._others:
                self._write_beside(other)
        else:
            self._store.header = dict(self._like.header)
            self._store.groups = self._like.groups
            carrier = Carrier(self._store, self._like, self._results)
            dims = carrier.carry(destination.keep)
            self.notes += carrier.notes
        for result, names in zip(self._results, dims, strict=True):
            self._result(result, names)
        if destination.history is not None:
            old = self._store.header.get("history")
            lines = [destination.history] + ([str(old)] if old else [])
            self._store.header["history"] = "\n".join(lines)

    def _result(self, result: Result, dims: tuple[str | None, ...]) -> None:
        if result.name in self._store:
            raise UsageError(f"the store has an array {result.name!r} already; use --name")
        origin = result.origin.attributes
        fill = packing.result_fill(origin, result.dtype)
        kept = dict(result.attributes)
        if self._like is None:
            kept = references.without_references(kept)
            if told := names_beside(result, self._others):
                kept["coordinates"] = told
        kept = {name: value for name, value in kept.items() if name != "_FillValue"}
        if self._version == 3 and result.dtype.kind == "f":
            kept["_FillValue"] = version3.written_mark(fill)
        form, left = form_of(result, fill, self._like)
        if left:
            name = result.origin.name
            note = f"{left}: not written, it changes numbers; results of {name} go without"
            self.notes += [note] if note not in self.notes else []
        self._forms[result.name] = form
        self._store.add(result.name, form, dims, kept, fill)

    def _named(self, axes: Iterable[Axis]) -> tuple[str, ...]:
        return tuple(self._dimension(axis, index) for index, axis in enumerate(axes))

    def _write_beside(self, other: Beside) -> None:
        """Write a coordinate over several axes, from another format."""
        dims, form = self._named(other.axes), None
        for window, values in other.pieces():
            if form is None:  # a piece is a chunk: the first is as large as any
                form = self._store.form(other.shape, values.shape, values.dtype)
                self._store.add(other.name, form, dims, other.attributes, None)
            self._store.write(other.name, form.pack(window, values))

    def _dimension(self, axis: Axis, index: int) -> str:
        """Return the name of the dimension of an axis from another format; write its coordinate."""
        key = f"{axis.key}\0{axis.file_window}"
        if key not in self._names:
            name = (axis.name or f"dim_{index}").replace("/", "_")
            taken = set(self._names.values()) | {result.name for result in self._results}
            while name in taken:
                name += "_"
            self._names[key] = name
            if axis.values is not None:
                self._store.coordinate(name, name, axis)
        return self._names[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        if kind is not None:
            self._store.drop()
            return
        try:
            self._store.complete()
        except BaseException:
            self._store.drop()
            raise
