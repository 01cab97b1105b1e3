"""Names of files, and how outputs are opened and closed."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from typing import BinaryIO

from gradcli.errors import (
    InputError,
    MissingFileError,
    OutputError,
    UnreadableError,
    UnwritableError,
)

STDIN = "-"


STDOUT = "-"


def make_folder(path: str, sync: bool = False) -> None:
    """Create a folder for outputs if there is none; with ``sync``, flush its name to the disk.

    Object stores have no folders.
    """
    if is_address(path):
        return
    made, folder = [], os.path.realpath(path)
    while not os.path.exists(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    try:
        os.makedirs(path, exist_ok=True)
        if sync:
            from gradcli.system.sync import flush

            for folder in made:
                flush(os.path.dirname(folder))
    except OSError as error:
        text = f"{path}: cannot be made a folder: {error.strerror}"
        raise UnwritableError(text).because(error) from error


def is_address(path: str) -> bool:
    """Return whether a path is the address of a store on a server.

    >>> is_address("s3://bucket/a.zarr"), is_address("a.zarr")
    (True, False)
    """
    return path.startswith(("s3://", "gs://", "https://", "http://"))


def is_special(path: str) -> bool:
    """Return whether a path is a FIFO, a device or a socket.

    >>> is_special("/dev/null")
    True
    """
    mode = mode_of(path)
    return mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def mode_of(path: str) -> int | None:
    """Return what the system says of the kind of a file, or None if there is none."""
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):  # ValueError: a name with a NUL
        return None


def open_empty(path: str) -> BinaryIO:
    """Open for writing an output that was created empty, without truncating it again.

    ``open(path, "wb")`` would truncate it. To ext4 this looks like a file that is rewritten in
    place, so it writes the whole file to the disk when it is closed.
    """
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "wb")
    if os.fstat(file.fileno()).st_size:
        file.truncate(0)
    return file


def close_early(path: str) -> None:
    """Open and close an output that a library has just truncated.

    ext4 writes out a truncated file when it is closed for the first time (see ``open_empty``).
    Closing it while it is still empty makes this cheap.
    """
    os.close(os.open(path, os.O_WRONLY))


def write_error(path: str, error: OSError) -> OutputError:
    """Return the error for an output that the system refuses to create or write."""
    if isinstance(error, OutputError):  # its message already names the output
        return error.reworded(str(error))
    text = f"{path}: cannot be written: {error.strerror or error}"
    return UnwritableError(text).because(error)


def read_error(error: OSError) -> InputError:
    """Return the error for an input that the system refuses to open or read."""
    if isinstance(error, InputError):
        return error.reworded(str(error))
    kind = MissingFileError if isinstance(error, FileNotFoundError) else UnreadableError
    return kind(f"cannot be read: {error.strerror or error}").because(error)


@lru_cache(maxsize=64)  # a run asks for the suffixes of its files again and again
def split_suffix(path: str) -> tuple[str, str]:
    """Return the stem and the suffix of a file name; ``.gz`` and ``.zarr.zip`` are one suffix.

    >>> split_suffix("data/log.csv.gz"), split_suffix("a.zarr.zip"), split_suffix("a.b.zip")
    (('log', '.csv.gz'), ('a', '.zarr.zip'), ('a.b', '.zip'))
    """
    name = os.path.basename(path.rstrip("/"))
    stem, suffix = os.path.splitext(name)
    before, inner = os.path.splitext(stem)
    if suffix.lower() == ".gz" or (inner + suffix).lower() == ".zarr.zip":
        return before, inner + suffix
    return stem, suffix
