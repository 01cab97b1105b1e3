"""netCDF4 and h5py, imported in the order in which their two HDF5 libraries get along.

Their settings are those of the process, and stay as its other users have them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import netCDF4  # first: see the docstring

# isort: split
import h5py

from gradcli.errors import GradcliError, InputError, printable

__all__ = [
    "FAULTS",
    "HIDDEN",
    "LOCK",
    "h5py",
    "netCDF4",
    "small_caches",
    "stored_name",
    "translated",
]

HIDDEN = "_nc4_non_coord_"  # in front of a variable's name that a dimension has too

CACHE = 2**20, 521, 0.75  # bytes, slots and preemption, as HDF5 has them by default
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
def small_caches() -> Iterator[None]:
    """Let variables that are opened or created have a small cache of chunks, as long as they are.

    Blocks are whole chunks: the caches of netCDF4, of 64 MiB for each variable, would only add
    up. The setting for the process is put back. ``LOCK`` is held, as for all that netCDF4 does.
    """
    with LOCK:
        before = netCDF4.get_chunk_cache()
        netCDF4.set_chunk_cache(*CACHE)
        try:
            yield
        finally:
            netCDF4.set_chunk_cache(*before)


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


def stored_name(file: h5py.File, name: str) -> str:
    """Return the name in HDF5 of a netCDF variable: another where a dimension has its own."""
    group, _, leaf = name.rpartition("/")
    hidden = f"{group}/{HIDDEN}{leaf}".lstrip("/")
    return hidden if hidden in file else name
