"""netCDF4 and h5py, imported in the order in which their two HDF5 libraries get along."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import netCDF4  # first: see the docstring

# isort: split
import h5py

from gradcli.errors import GradcliError, InputError, printable

if TYPE_CHECKING:
    from gradcli.formats._chunks import ChunkReader
    from gradcli.formats._raw import RawArray

__all__ = [
    "LOCK",
    "BelowLibrary",
    "h5py",
    "inside_links",
    "netCDF4",
    "open_below",
    "stored_name",
    "translated",
]

# Blocks are whole chunks: a cache for each variable would only add up.
netCDF4.set_chunk_cache(2**20, 521, 0.75)

LOCK = threading.RLock()  # netCDF-C is not safe between threads

# What the libraries raise for files that are damaged.
_FAULTS = (
    OSError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
    AttributeError,
    SystemError,
    IndexError,
    MemoryError,
    UnicodeError,
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever a library raises for a damaged file into an InputError."""
    try:
        yield
    except GradcliError:
        raise
    except _FAULTS as error:
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
        return self._datasets.get(stored_name(self._datasets, name))

    def _make(self, name: str, shape: tuple[int, ...]) -> ChunkReader | RawArray | None:
        from gradcli.formats._chunks import reader_of

        dataset = self.dataset(name)
        if dataset is None:
            return None
        refuse_outside(name, dataset)
        if dataset.shape != shape:  # a variable shorter than its unlimited dimension
            return None
        return reader_of(name, dataset, self._raw.fileno(), h5py.h5t)

    def close(self) -> None:
        """Close the file that is read below the library, and that of the library."""
        self._raw.close()
        self._file.close()


def stored_name(known: Container[str], name: str) -> str:
    """Return the name in HDF5 of a netCDF variable: another where a dimension has its own."""
    group, _, leaf = name.rpartition("/")
    hidden = f"{group}/_nc4_non_coord_{leaf}".lstrip("/")
    return hidden if hidden in known else name


def open_below(path: str) -> BelowLibrary:
    """Open an HDF5 file and walk through it.

    Raises
    ------
    InputError
        It leads out of itself, or is too damaged to be walked. External links are never followed,
        so that they do not matter here; external storage and virtual datasets with sources in
        other files would be read without a word.
    """
    with translated("cannot be read as HDF5"):
        file = h5py.File(path, "r")
        try:
            return BelowLibrary(file, dict(_datasets_in(file)))
        except BaseException:
            file.close()
            raise


def _datasets_in(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    for name, item in inside_links(file):
        found = file[item or "/"] if isinstance(item, str) else item
        if isinstance(item, str) and isinstance(found, h5py.Group):
            raise InputError(f"{name}: leads back to the group /{item}; groups form a tree")
        if isinstance(found, h5py.Dataset):
            refuse_outside(name, found)
            yield name, found


def refuse_outside(name: str, dataset: h5py.Dataset) -> None:
    """Raise InputError where the values of a dataset lie in other files."""
    creation = dataset.id.get_create_plist()
    if creation.get_external_count():
        raise InputError(f"{name}: keeps its values in another file, which is never followed")
    if creation.get_layout() == h5py.h5d.VIRTUAL:
        for index in range(creation.get_virtual_count()):
            if creation.get_virtual_filename(index) != ".":
                raise InputError(f"{name}: is a view of other files, which are never followed")


def inside_links(file: h5py.File) -> Iterator[tuple[str, object]]:
    """Yield path and object (or what is wrong with it) of everything in a file, each once.

    Links that lead out of the file are yielded as ``h5py.ExternalLink``, objects that cannot be
    opened as the error, further links to an object as its path. Hard links that form a cycle
    end at the object met before.
    """
    seen = {_address(file): ""}
    soft: list[tuple[str, h5py.Group, str]] = []
    waiting: list[tuple[str, h5py.Group]] = [("", file)]
    while waiting:
        prefix, group = waiting.pop()
        inner: list[tuple[str, h5py.Group]] = []
        for name in list(group):
            path = f"{prefix}{name}"
            try:
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.ExternalLink):
                    yield path, link
                    continue
                if isinstance(link, h5py.SoftLink):
                    soft.append((path, group, name))
                    continue
                item = group[name]
            except _FAULTS as error:
                yield path, error
                continue
            if isinstance(item, (h5py.Group, h5py.Dataset)):
                address = _address(item)
                if address in seen:
                    yield path, seen[address]
                    continue
                seen[address] = path
            yield path, item
            if isinstance(item, h5py.Group):
                inner.append((path + "/", item))
        waiting += reversed(inner)
    yield from _soft_links(soft, seen)


def _soft_links(
    links: list[tuple[str, h5py.Group, str]], seen: dict[object, str]
) -> Iterator[tuple[str, str]]:
    """Yield soft links whose target was met; others dangle or lead out of the file."""
    for path, group, name in links:
        try:
            address = _address(group[name])
        except _FAULTS:
            continue
        if address in seen:
            yield path, seen[address]


def _address(item: h5py.Group | h5py.Dataset) -> object:
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr
