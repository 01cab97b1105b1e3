"""Writers that write packed blocks to NetCDF and HDF5 files, in the form that each asks for."""

from __future__ import annotations

from typing import Any

from gradcli.formats.hdf5.filters import filters_of
from gradcli.formats.hdf5.library import LOCK, h5py
from gradcli.formats.hdf5.packer import ChunkForm, Chunks, PlainForm
from gradcli.formats.packer import Form
from gradcli.formats.raw import RawArray
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array


class ChunkWriter:
    """Writes encoded chunks to a dataset, bypassing the filters of the library."""

    def __init__(self, dataset: Any, form: ChunkForm) -> None:
        self._dataset = dataset
        self._form = form
        self._unwritten: bytes | None = None

    @property
    def form(self) -> ChunkForm:
        """The form of a block."""
        return self._form

    def put(self, window: Window, payload: Chunks) -> None:
        """Write the chunks; those of nothing but the fill value only if it would not be read."""
        for offset, data in payload:
            if not len(data):
                if self.fills_itself():
                    continue
                self._unwritten = self._unwritten or self.form.unwritten(self._dataset.dtype)
                data = self._unwritten
            self._dataset.id.write_direct_chunk(offset, data)

    def fills_itself(self) -> bool:
        """Return whether the fill value is read where no chunk was written."""
        creation = self._dataset.id.get_create_plist()
        own, fill = self._dataset.fillvalue, self.form.fill
        return creation.get_fill_time() != h5py.h5d.FILL_TIME_NEVER and _same(own, fill)


class RawWriter:
    """Writes windows of a contiguous dataset by ``pwrite``."""

    def __init__(self, array: RawArray) -> None:
        array.reserve()
        self.array = array
        self.form: Form = PlainForm(array.dtype)

    def put(self, window: Window, payload: Array) -> None:
        """Write the values."""
        self.array.write(window, payload)


class LibraryWriter:
    """Writes windows of a variable through its library, netCDF4 or h5py."""

    def __init__(self, variable: Any) -> None:
        self._variable = variable
        self.form: Form = PlainForm()

    def put(self, window: Window, payload: Array) -> None:
        """Write the values."""
        with LOCK:
            self._variable[window] = payload


Writer = ChunkWriter | RawWriter | LibraryWriter


def writer_of(dataset: Any, fill: Any) -> Writer:
    """Return a writer that bypasses the library if possible, or else one that uses it."""
    if dataset.chunks is not None:
        filters = filters_of(dataset)
        if filters is None:
            return LibraryWriter(dataset)
        return ChunkWriter(dataset, ChunkForm(dataset.shape, dataset.chunks, filters, fill))
    if not dataset.ndim or 0 in dataset.shape:
        return LibraryWriter(dataset)
    # The library allocates the dataset, and knows its offset, only after something was written.
    dataset[(0,) * dataset.ndim] = fill
    file = dataset.file
    file.flush()
    offset = dataset.id.get_offset()
    if offset is None:
        return LibraryWriter(dataset)
    return RawWriter(RawArray(file.id.get_vfd_handle(), offset, dataset.dtype, dataset.shape))


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))
