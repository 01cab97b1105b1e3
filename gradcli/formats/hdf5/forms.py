"""The forms of results in NetCDF and HDF5 files, told from how they are stored, without a file."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from gradcli.cf import packing
from gradcli.formats.hdf5.filters import DEFLATE, Filters, filters_of
from gradcli.formats.hdf5.library import LOCK, h5py, netCDF4
from gradcli.formats.hdf5.packer import ChunkForm, PlainForm
from gradcli.formats.hdf5.storage import DEFAULT_LEVEL, hdf5_options, netcdf_options
from gradcli.formats.packer import Form, StoredPacker
from gradcli.model.fields import Result, Storage

TINY = "tiny", 1024  # name and first size of a file in memory


def stored_packer(results: list[Result], netcdf: bool) -> StoredPacker:
    """Return the packer of results of a NetCDF or HDF5 file that is not made yet."""
    types = {result.name: result.dtype for result in results}
    fills = {r.name: packing.result_fill(r.origin.attributes, r.dtype) for r in results}
    forms = {result.name: _form(result, fills[result.name], netcdf) for result in results}
    return StoredPacker(types, fills, forms)


def _form(result: Result, fill: Any, netcdf: bool) -> Form:
    stored, shape = result.stored, result.shape
    if 0 in shape:
        return PlainForm()
    options = netcdf_options(stored, shape) if netcdf else hdf5_options(stored, shape)
    chunks = options.get("chunksizes" if netcdf else "chunks")
    if chunks is None:
        return PlainForm()
    codes = _codes(netcdf, stored.deflate > 0, stored.shuffle, stored.checksum)
    level = stored.deflate if DEFLATE in codes else DEFAULT_LEVEL
    return ChunkForm(shape, chunks, Filters(codes, level, result.dtype.itemsize), fill)


@cache
def _codes(netcdf: bool, deflated: bool, shuffled: bool, checked: bool) -> tuple[int, ...]:
    """Return the filters of a dataset in the order in which a library applies them.

    The order is that of the library and its version, so it is looked up in a file in memory.
    """
    stored = Storage("chunked", (1,), deflate=int(deflated), shuffle=shuffled, checksum=checked)
    with LOCK:
        if netcdf:
            file = netCDF4.Dataset(TINY[0], "w", memory=TINY[1])
            file.createDimension("x", 1)
            file.createVariable("x", "f4", ("x",), **netcdf_options(stored, (1,)))
            made = io.BytesIO(file.close())
        else:
            made = io.BytesIO()
            with h5py.File(made, "w") as file:
                file.create_dataset("x", (1,), "f4", **hdf5_options(stored, (1,)))
    with h5py.File(made, "r") as file:
        found = filters_of(file["x"])
    assert found is not None  # gradcli writes no others
    return found.codes
