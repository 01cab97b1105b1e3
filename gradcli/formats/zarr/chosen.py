"""The codecs of new arrays: those of the array that they come from, or blosc."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.formats.zarr.codecs import Codecs, Config
from gradcli.model.fields import AUTOMATIC, Storage

# Shuffled, these are smaller than any level of zstd makes of bytes as they lie.
BEST: Config = {"id": "blosc", "cname": "zstd", "clevel": 1, "shuffle": 1, "blocksize": 0}
LOSSLESS = ("shuffle", "zlib", "gzip", "zstd", "blosc", "lz4", "bz2", "lzma")
CHECKS = ("crc32c", "crc32", "adler32", "fletcher32", "jenkins_lookup3")
KEPT = frozenset((*LOSSLESS, *CHECKS))


def codecs_of(storage: Storage, dtype: np.dtype[Any], count: int) -> tuple[Codecs, str]:
    """Return the codecs of an array of ``count`` axes, and the names of those that are left out.

    Left out are codecs of the array that it comes from which change numbers, or fit one type only.

    >>> codecs_of(Storage(deflate=4), np.dtype("f4"), 2)[0].steps[0]["cname"]
    'zlib'
    """
    native = dtype.newbyteorder("<") if dtype.itemsize > 1 else dtype
    if isinstance(storage.codecs, Codecs):
        return _kept(storage.codecs, native, count)
    if storage.codecs == AUTOMATIC:
        return Codecs(native, steps=(BEST,)), ""
    if storage.deflate:
        return Codecs(native, steps=({**BEST, "cname": "zlib", "clevel": storage.deflate},)), ""
    return Codecs(native), ""


def _kept(old: Codecs, dtype: np.dtype[Any], count: int) -> tuple[Codecs, str]:
    order = old.order if len(old.order) == count else ()
    parts = [*old.filters, *old.steps]
    left = [str(config["id"]) for config in parts if config["id"] not in KEPT]
    filters = (_fitted(config, dtype) for config in old.filters if config["id"] in KEPT)
    steps = (_fitted(config, dtype) for config in old.steps if config["id"] in KEPT)
    if old.dtype.byteorder == ">" and dtype.itemsize > 1:
        dtype = dtype.newbyteorder(">")
    return Codecs(dtype, order, tuple(filters), tuple(steps)), ", ".join(left)


def _fitted(config: Config, dtype: np.dtype[Any]) -> Config:
    """Return a codec that fits the size of other numbers.

    >>> _fitted({"id": "shuffle", "elementsize": 2}, np.dtype("f8"))
    {'id': 'shuffle', 'elementsize': 8}
    """
    size = {"shuffle": "elementsize", "blosc": "typesize"}.get(str(config["id"]))
    return config if size is None else {**config, size: dtype.itemsize}
