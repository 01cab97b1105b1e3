"""Temporary files and their names; what a file holds by its first bytes."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from gradcli.errors import (
    InputError,
    MissingFileError,
    OutputError,
    UnreadableError,
    UnwritableError,
)
from gradcli.system.sync import flush

STDIN = "-"


STDOUT = "-"


def make_folder(path: str, sync: bool = False) -> None:
    """Create a folder for outputs, where there is none; with ``sync`` its name is on the disk."""
    made, folder = [], os.path.realpath(path)
    while not os.path.exists(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    try:
        os.makedirs(path, exist_ok=True)
        for folder in made if sync else ():
            flush(os.path.dirname(folder))
    except OSError as error:
        text = f"{path}: cannot be made a folder: {error.strerror}"
        raise UnwritableError(text).because(error) from error


def is_special(path: str) -> bool:
    """Return whether a path is a FIFO, a device or a socket.

    >>> is_special("/dev/null")
    True
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_fifo(path: str) -> bool:
    """Return whether a path is a FIFO, which can be read but once and from its beginning."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def open_empty(path: str) -> BinaryIO:
    """Open an output that was made empty, to write.

    It is not cut to nothing once more, as ``open(path, "wb")`` would: ext4 takes that for a file
    that is written anew in place, and has all of it go to the disk when it is closed.
    """
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666), "wb")
    if os.fstat(file.fileno()).st_size:
        file.truncate(0)
    return file


def close_early(path: str) -> None:
    """Close an output that a library has just cut to nothing, so that ext4 writes out no more.

    It does so at the first end of any use (see ``open_empty``), and is done with it.
    """
    os.close(os.open(path, os.O_WRONLY))


def write_error(path: str, error: OSError) -> OutputError:
    """Return the error for an output that the system refuses."""
    if isinstance(error, OutputError):  # which said so itself
        return error.reworded(str(error))
    text = f"{path}: cannot be written: {error.strerror or error}"
    return UnwritableError(text).because(error)


def read_error(error: OSError) -> InputError:
    """Return the error for an input that the system refuses."""
    if isinstance(error, InputError):
        return error.reworded(str(error))
    kind = MissingFileError if isinstance(error, FileNotFoundError) else UnreadableError
    return kind(f"cannot be read: {error.strerror or error}").because(error)


def split_suffix(path: str) -> tuple[str, str]:
    """Return the stem of a file's name and its suffix, ``.gz`` included.

    >>> split_suffix("data/log.csv.gz")
    ('log', '.csv.gz')
    """
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    if suffix.lower() == ".gz":
        stem, inner = os.path.splitext(stem)
        suffix = inner + suffix
    return stem, suffix
