"""Read HDF5 files without the HDF5 library, and list their datasets without leaving the file."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from gradcli.errors import InputError
from gradcli.formats.hdf5.library import FAULTS, HIDDEN, h5py, translated
from gradcli.formats.hdf5.links import DEEPEST, inside_links, refuse_outside
from gradcli.model.blocks import size_text
from gradcli.system.watch import WATCHED

if TYPE_CHECKING:
    from gradcli.formats.hdf5.chunks import ChunkReader
    from gradcli.formats.hdf5.mould import Mould
    from gradcli.formats.raw import RawArray


class BelowLibrary:
    """Readers for the datasets of a file that bypass the HDF5 library, made on first use."""

    def __init__(self, file: h5py.File, datasets: Mapping[str, h5py.Dataset]) -> None:
        self._file = file
        self._datasets = datasets
        self._shifted = bool(file.userblock_size)  # a user block shifts all offsets
        self._raw = Path(file.filename).open("rb")  # noqa: SIM115
        self._readers: dict[str, ChunkReader | RawArray | None] = {}
        self._lock = threading.Lock()

    def reader(self, name: str, shape: tuple[int, ...]) -> ChunkReader | RawArray | None:
        """Return a reader for a dataset of this shape, or None if the library must read it."""
        with self._lock:
            if name not in self._readers:
                with translated(f"{name}: cannot be read"):
                    self._readers[name] = self._make(name, shape)
            return self._readers[name]

    def dataset(self, name: str) -> h5py.Dataset | None:
        """Return the dataset of a variable, or None if it has none."""
        return self._datasets.get(name)

    def mould(
        self, shapes: Mapping[str, tuple[int, ...]], places: Mapping[str, int], coordinate: str
    ) -> Mould | None:
        """Return a mould for files whose headers are those of this one; None if there is none.

        Parameters
        ----------
        shapes : mapping of str to tuple of int
            The shapes of datasets in the root group, which are to be read.
        places : mapping of str to int
            The index of the dimension that is joined in each dataset that has it.
        coordinate : str
            The dataset that tells the size of this dimension.
        """
        from gradcli.formats.hdf5.headers import Headers
        from gradcli.formats.hdf5.mould import Mould

        try:
            addresses = _addresses(self._file)
            if addresses is None or self._shifted:
                return None
            headers = Headers(self._raw.fileno(), addresses, places)
            found = {name: self.reader(name, shape) for name, shape in shapes.items()}
            readers = {name: reader for name, reader in found.items() if reader is not None}
            return Mould(self._raw.fileno(), headers, readers, shapes, places, coordinate)
        except (InputError, struct.error, *FAULTS):  # the library reads all of them
            return None

    def _make(self, name: str, shape: tuple[int, ...]) -> ChunkReader | RawArray | None:
        from gradcli.formats.hdf5.chunks import reader_of
        from gradcli.formats.hdf5.links import refuse_outside

        dataset = self.dataset(name)
        if dataset is None:
            return None
        refuse_outside(name, dataset)
        # A variable may be shorter than its unlimited dimension.
        if self._shifted or dataset.shape != shape:
            return None
        return reader_of(name, dataset, self._raw.fileno(), h5py.h5t)

    def close(self) -> None:
        """Close both file objects: the one of the library and the one that bypasses it."""
        self._raw.close()
        self._file.close()


def _addresses(file: h5py.File) -> dict[str, int] | None:
    """Return the addresses of all in the root group; None if some may lie elsewhere."""
    names = list(file)
    infos = [file.id.links.get_info(name.encode()) for name in names]
    if any(info.type != h5py.h5l.TYPE_HARD for info in infos):
        return None
    return {name: h5py.h5o.get_info(file.id, name.encode()).addr for name in names}


def refuse_long(name: str, shape: tuple[int, ...], memory: int) -> None:
    """Raise InputError if a coordinate, which is read as a whole, exceeds the memory limit.

    Even a small file can declare such a coordinate, since chunks that were never written take no
    space.
    """
    if 8 * prod(shape) > memory:
        raise InputError(
            f"{name}: a coordinate of {prod(shape)} points takes {size_text(8 * prod(shape))}; "
            f"the memory limit is {size_text(memory)}"
        )


def open_below(path: str) -> BelowLibrary:
    """Open an HDF5 file and check that the netCDF library can read it safely.

    Raises
    ------
    InputError
        The file has an external link, external storage, or a virtual dataset with sources in
        other files, all of which the netCDF library would follow silently. Or its groups form a
        cycle or are nested too deeply, which this library cannot handle.
    """
    with WATCHED.within_bounds(path), translated("cannot be read as HDF5"):
        file = h5py.File(path, "r")
        try:
            found = dict(_datasets_in(file))
            hidden = {name.replace(HIDDEN, ""): found[name] for name in found if HIDDEN in name}
            return BelowLibrary(file, found | hidden)
        except BaseException:
            file.close()
            raise


def _datasets_in(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    for name, item in inside_links(file):
        if isinstance(item, h5py.ExternalLink):
            raise InputError(
                f"{name}: is a link out of the file, which is never followed; "
                "--format hdf5 reads what is beside it"
            )
        found = file[item or "/"] if isinstance(item, str) else item
        if isinstance(item, str) and isinstance(found, h5py.Group):
            raise InputError(f"{name}: leads back to the group /{item}; groups form a tree")
        if name.count("/") > DEEPEST:
            raise InputError(f"{name:.60}…: lies in more than {DEEPEST} groups")
        if isinstance(found, h5py.Dataset):
            refuse_outside(name, found)
            yield name, found
