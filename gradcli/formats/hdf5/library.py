"""netCDF4 and h5py, imported in the order in which their two HDF5 libraries get along."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import netCDF4  # first: see the docstring

# isort: split
import h5py

from gradcli.errors import GradcliError, InputError, printable
from gradcli.model.blocks import size_text

if TYPE_CHECKING:
    from gradcli.formats.hdf5.chunks import ChunkReader
    from gradcli.formats.raw import RawArray

__all__ = [
    "FAULTS",
    "HIDDEN",
    "LOCK",
    "BelowLibrary",
    "h5py",
    "netCDF4",
    "refuse_long",
    "stored_name",
    "translated",
]

# Blocks are whole chunks: a cache for each variable would only add up.
netCDF4.set_chunk_cache(2**20, 521, 0.75)

HIDDEN = "_nc4_non_coord_"  # in front of a variable's name that a dimension has too

LOCK = threading.RLock()  # netCDF-C is not safe between threads

# What the libraries raise for files that are damaged.
FAULTS = (
    OSError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    AttributeError,
    SystemError,
    IndexError,
    MemoryError,
    ArithmeticError,
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever a library raises for a damaged file into an InputError."""
    try:
        yield
    except GradcliError:
        raise
    except FAULTS as error:
        text = " ".join(str(error).split()) or type(error).__name__
        hint = ""
        if "unable to lock" in text.lower():
            hint = "; HDF5_USE_FILE_LOCKING=FALSE in the environment turns locking off"
        raise InputError(f"{what}: {printable(text)[:300]}{hint}") from error


class BelowLibrary:
    """Readers of a file's datasets that go below the library, made when they are first used."""

    def __init__(self, file: h5py.File, datasets: Mapping[str, h5py.Dataset]) -> None:
        self._file = file
        self._datasets = datasets
        self._shifted = bool(file.userblock_size)  # places in it are not those that the file says
        self._raw = Path(file.filename).open("rb")  # noqa: SIM115
        self._readers: dict[str, ChunkReader | RawArray | None] = {}
        self._lock = threading.Lock()

    def reader(self, name: str, shape: tuple[int, ...]) -> ChunkReader | RawArray | None:
        """Return the reader of a dataset of a shape, or None where the library must be asked."""
        with self._lock:
            if name not in self._readers:
                with translated(f"{name}: cannot be read"):
                    self._readers[name] = self._make(name, shape)
            return self._readers[name]

    def dataset(self, name: str) -> h5py.Dataset | None:
        """Return the dataset of a variable, where it has one."""
        return self._datasets.get(name)

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
        """Close the file that is read below the library, and that of the library."""
        self._raw.close()
        self._file.close()


def stored_name(file: h5py.File, name: str) -> str:
    """Return the name in HDF5 of a netCDF variable: another where a dimension has its own."""
    group, _, leaf = name.rpartition("/")
    hidden = f"{group}/{HIDDEN}{leaf}".lstrip("/")
    return hidden if hidden in file else name


def refuse_long(name: str, shape: tuple[int, ...], memory: int) -> None:
    """Raise InputError where a coordinate, which is read whole, takes more than the memory.

    What it declares need not be in the file: chunks that were never written take no room.
    """
    if 8 * prod(shape) > memory:
        raise InputError(
            f"{name}: a coordinate of {prod(shape)} points takes {size_text(8 * prod(shape))}; "
            f"the memory limit is {size_text(memory)}"
        )
