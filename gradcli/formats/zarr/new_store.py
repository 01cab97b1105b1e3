"""A new Zarr store: arrays are added, their chunks written, and metadata when all are written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcli.formats.zarr import version2, version3
from gradcli.formats.zarr.chosen import codecs_of
from gradcli.formats.zarr.forms import KEYS
from gradcli.formats.zarr.layout import ArrayLayout
from gradcli.formats.zarr.packer import ArrayForm, Encoded
from gradcli.formats.zarr.target import (
    FolderTarget,
    Target,
    as_json,
    plain_attributes,
    refuse_name,
)
from gradcli.model.axes import Axis
from gradcli.model.fields import AUTOMATIC, Storage
from gradcli.system.paths import is_address


class NewStore:
    """A store that is being written.

    Attributes
    ----------
    version : int
        2 or 3.
    header : dict
        The attributes of the root.
    groups : mapping
        The attributes of groups, by path.
    folder : str or None
        The folder in which it is written, if it is no archive, and at no address.
    """

    def __init__(self, scratch: str, path: str, version: int, overwrite: bool) -> None:
        self.version = version
        self.header: dict[str, Any] = {}
        self.groups: Mapping[str, Mapping[str, Any]] = {}
        self.folder = scratch if os.path.isdir(scratch) else None
        self._path = path
        self._target = _target(scratch, overwrite)
        self._documents: dict[str, dict[str, Any]] = {}
        self._attributes: dict[str, dict[str, Any]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._documents

    def write(self, name: str, encoded: Encoded) -> None:
        """Write values of an array."""
        for key, data in encoded:
            self._target.write(f"{name}/{key}", data)

    def set(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set attributes of an array."""
        self._attributes[name] |= attributes

    def add(
        self,
        name: str,
        form: ArrayForm,
        dims: tuple[str | None, ...],
        attributes: Mapping[str, Any],
        fill: Any,
    ) -> None:
        """Add an array; ``fill`` is what its metadata say, and None if they need none."""
        refuse_name(self._path, name)
        version = version2 if self.version == 2 else version3
        place = form.shape, form.chunks, form.codecs, form.keys
        made = version.document_of(*place, fill if self.version == 2 else form.fill, form.shards)
        said = plain_attributes(attributes)
        if self.version == 2:
            if all(dim is not None for dim in dims):
                said[version2.DIMENSIONS] = list(dims)
        elif any(dim is not None for dim in dims):
            made["dimension_names"] = list(dims)
        self._documents[name], self._attributes[name] = made, said

    def add_as_is(self, name: str, layout: ArrayLayout) -> None:
        """Add an array whose values are copied as they are."""
        self._documents[name] = dict(layout.document)
        self._attributes[name] = dict(layout.said)

    def coordinate(self, name: str, dim: str, axis: Axis) -> None:
        """Write the coordinate of an axis."""
        assert axis.values is not None
        self.whole(name, (dim,), np.asarray(axis.values), axis.words())

    def form(
        self, shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype[Any]
    ) -> ArrayForm:
        """Return the form of an array with codecs that are chosen for it."""
        codecs = codecs_of(Storage(codecs=AUTOMATIC), dtype, len(shape))[0]
        return ArrayForm(shape, chunks, codecs, KEYS[self.version], dtype.type(0))

    def whole(
        self, name: str, dims: tuple[str | None, ...], values: Any, attributes: Mapping[str, Any]
    ) -> None:
        """Write an array in one chunk."""
        shape = values.shape
        form = self.form(shape, tuple(max(1, n) for n in shape), values.dtype)
        self.add(name, form, dims, attributes, None)
        if 0 not in shape:
            self.write(name, form.pack(tuple(slice(0, n) for n in shape), values))

    def complete(self) -> None:
        """Write the metadata: those of arrays first, those of the root last."""
        groups = {name[:i] for name in self._documents for i, c in enumerate(name) if c == "/"}
        kept = {name: plain_attributes(self.groups.get(name, {})) for name in sorted(groups)}
        kept[""] = plain_attributes(self.header)
        made = self._documents3(kept) if self.version == 3 else self._documents2(kept)
        self._target.close([(key, as_json(document)) for key, document in made.items()])

    def _documents3(self, groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, document in self._documents.items():
            made[f"{name}/zarr.json"] = document | {"attributes": self._attributes[name]}
        for name, attributes in groups.items():
            document = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
            made[f"{name}/zarr.json".lstrip("/")] = document
        return made

    def _documents2(self, groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, document in self._documents.items():
            made[f"{name}/.zarray"] = document
            made[f"{name}/.zattrs"] = self._attributes[name]
        for name, attributes in groups.items():
            start = f"{name}/" if name else ""
            made[f"{start}.zattrs"] = attributes
            made[f"{start}.zgroup"] = {"zarr_format": 2}
        gathered = {"zarr_consolidated_format": 1, "metadata": dict(made)}
        return made | {".zmetadata": gathered}

    def drop(self) -> None:
        """Give up a store that will be removed."""
        self._target.drop()


def _target(scratch: str, overwrite: bool) -> Target:
    """Return a target in a folder, in an archive if ``scratch`` is a file, or at an address."""
    if is_address(scratch):
        from gradcli.formats.zarr.objects import ObjectTarget

        return ObjectTarget(scratch, overwrite)
    if os.path.isdir(scratch):
        return FolderTarget(scratch)
    from gradcli.formats.zarr.zips import ZipTarget

    return ZipTarget(scratch)
