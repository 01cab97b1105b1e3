"""The storage of datasets in HDF5 and netCDF-4 files, and library options that reproduce it."""

from __future__ import annotations

from typing import Any

from gradcli.errors import printable
from gradcli.formats.hdf5.filters import DEFLATE, FLETCHER32, SHUFFLE
from gradcli.formats.hdf5.library import h5py
from gradcli.model.blocks import fitting_chunks
from gradcli.model.fields import Storage

DEFAULT_LEVEL = 4
_LAYOUTS = {
    h5py.h5d.COMPACT: "compact",
    h5py.h5d.CONTIGUOUS: "contiguous",
    h5py.h5d.CHUNKED: "chunked",
    h5py.h5d.VIRTUAL: "virtual",
}
# Other filters of the HDF5 library, and plugins that are in wide use.
_FOREIGN = {
    4: "szip",
    5: "nbit",
    6: "scale-offset",
    307: "bzip2",
    32000: "lzf",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32026: "blosc2",
}


def storage_of(dataset: Any) -> Storage:
    """Return the layout, chunks and filters of a dataset."""
    creation = dataset.id.get_create_plist()
    words, foreign, level, codes = [], [], 0, set()
    for index in range(creation.get_nfilters()):
        code, _, values, name = creation.get_filter(index)
        codes.add(code)
        if code == DEFLATE:
            level = int(values[0]) if values else DEFAULT_LEVEL
        own = {DEFLATE: f"deflate {level}", SHUFFLE: "shuffle", FLETCHER32: "fletcher32"}
        label = printable(name.decode("utf-8", "replace").split(";")[0].strip())
        words.append(own.get(code) or _FOREIGN.get(code) or label or f"filter {code}")
        if code not in own:
            foreign.append(words[-1])
    # Outputs use deflate in place of other filters, which are not in every HDF5 library.
    deflated = DEFLATE in codes or bool(foreign)
    return Storage(
        _LAYOUTS.get(creation.get_layout(), "unknown"),
        dataset.chunks,
        ", ".join(words) or None,
        dataset.dtype.itemsize,
        deflate=(level or DEFAULT_LEVEL) if deflated else 0,
        shuffle=SHUFFLE in codes or bool(foreign),
        checksum=FLETCHER32 in codes,
        foreign=", ".join(foreign) or None,
        grows=tuple(limit is None for limit in dataset.maxshape or ()),
    )


def netcdf_options(storage: Storage, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the options with which netCDF4 stores a variable of this shape in this way."""
    if not shape:
        return {}
    if storage.layout != "chunked" or storage.chunks is None:
        return {"contiguous": True}
    options: dict[str, Any] = {
        "chunksizes": fitting_chunks(storage.chunks, shape),
        "fletcher32": storage.checksum,
    }
    if storage.deflate:
        options |= {"zlib": True, "complevel": storage.deflate, "shuffle": storage.shuffle}
    return options


def hdf5_options(storage: Storage, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the options with which h5py stores a dataset of this shape in this way."""
    if storage.layout != "chunked" or storage.chunks is None or 0 in shape:
        return {}
    grows = storage.grows or (False,) * len(shape)
    options: dict[str, Any] = {
        "chunks": fitting_chunks(storage.chunks, shape, grows),
        "maxshape": tuple(None if free else n for n, free in zip(shape, grows, strict=True)),
        "shuffle": storage.shuffle,
        "fletcher32": storage.checksum,
    }
    if storage.deflate:
        options |= {"compression": "gzip", "compression_opts": storage.deflate}
    return options


def foreign_note(found: dict[str, Storage]) -> list[str]:
    """Return a note on filters of the source that the output does not use, if there are any."""
    having = {name: storage.foreign for name, storage in found.items() if storage.foreign}
    if not having:
        return []
    filters = ", ".join(dict.fromkeys(having.values()))
    names = ", ".join(list(having)[:6]) + (
        f" and {len(having) - 6} more" if len(having) > 6 else ""
    )
    return [f"{filters}: not written; shuffle and deflate take its place in {names}"]
