"""The forms of results in a Zarr store, told from how they are stored."""

from __future__ import annotations

from typing import Any

from gradcli.cf import packing
from gradcli.formats.packer import StoredPacker
from gradcli.formats.zarr.chosen import codecs_of
from gradcli.formats.zarr.layout import Keys, Shards
from gradcli.formats.zarr.packer import ArrayForm
from gradcli.formats.zarr.source import ZarrSource
from gradcli.model.fields import Result
from gradcli.model.protocols import Source

KEYS = {2: Keys("", "."), 3: Keys("c", "/")}


def stored_packer(results: list[Result], like: Source) -> StoredPacker:
    """Return the packer of results of a Zarr store that is not made yet."""
    types = {result.name: result.dtype for result in results}
    fills = {r.name: packing.result_fill(r.origin.attributes, r.dtype) for r in results}
    zarr = like if isinstance(like, ZarrSource) else None
    forms = {r.name: form_of(r, fills[r.name], zarr)[0] for r in results}
    return StoredPacker(types, fills, forms)


def form_of(result: Result, fill: Any, like: ZarrSource | None) -> tuple[ArrayForm, str]:
    """Return the form of a result, and the codecs of its field that are left out.

    Parameters
    ----------
    result : Result
    fill : number
    like : ZarrSource or None
        The store that the field comes from, if it is one.
    """
    storage, shape = result.stored, result.shape
    codecs, left = codecs_of(storage, result.dtype, len(shape))
    version = like.version if like else 3
    old = like.layouts.get(result.origin.name) if like else None
    keys = old.keys if old else KEYS[version]
    shards = None
    if storage.shards and version == 3:
        had = old.shards if old else None
        shards = (had or Shards(()))._replace(shape=storage.shards)
    chunks = storage.chunks or tuple(max(1, n) for n in shape)
    return ArrayForm(shape, chunks, codecs, keys, fill, shards, sparse=True), left
