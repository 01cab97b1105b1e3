"""Import netCDF4 and h5py in the order in which their two HDF5 libraries work together.

Their settings are global to the process, so gradcli does not change them for other users.
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

HIDDEN = "_nc4_non_coord_"  # prefix of a variable that has the name of a dimension

CACHE = 2**20, 521, 0.75  # bytes, slots and preemption, as HDF5 has them by default
LOCK = threading.RLock()  # netCDF-C is not thread-safe

# Exceptions that the libraries raise for damaged files.
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
    """Give the variables that are opened or created in this block a small cache of chunks.

    gradcli reads and writes whole chunks, so the caches of netCDF4, 64 MiB for each variable,
    would only add up. The setting of the process is restored at the end. ``LOCK`` is held, as for
    every call of netCDF4.
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
    """Turn any exception that a library raises for a damaged file into an InputError."""
    try:
        yield
    except GradcliError:
        raise
    except FAULTS as error:
        text = " ".join(str(error).split()) or type(error).__name__
        hint = ""
        if "unable to lock" in text.lower():
            hint = "; HDF5_USE_FILE_LOCKING=FALSE in the environment turns locking off"
        if "find plugin" in text or "undefined filter" in text:
            text = "its filter is not installed here"
            hint = "; HDF5_PLUGIN_PATH can name the folder of its plugin"
        raise InputError(f"{what}: {printable(text)[:300]}{hint}") from error


def stored_name(file: h5py.File, name: str) -> str:
    """Return the HDF5 name of a netCDF variable; it differs if a dimension has the same name."""
    group, _, leaf = name.rpartition("/")
    hidden = f"{group}/{HIDDEN}{leaf}".lstrip("/")
    return hidden if hidden in file else name
