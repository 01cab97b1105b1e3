"""Temporary files and their names; what a file holds by its first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from gradcli.errors import InputError, OutputError
from gradcli.system.sync import note_folders
from gradcli.system.temporary import SUFFIX, made_name, remove_leftovers
from gradcli.system.watch import tell_name

STDOUT = "-"


def free_name(final: str) -> str:
    """Return a temporary name beside a path: the one place where such names are made."""
    folder, name = os.path.split(final)
    path = os.path.join(folder, made_name(name))
    tell_name(path)
    return path


def spool_folder() -> str:
    """Return what temporary files lie beside, in the folder for them.

    ``tempfile.gettempdir`` tries the folder by a file, which a signal may leave there.
    """
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    for folder in (*filter(None, named), "/tmp", "/var/tmp", os.curdir):
        if os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK):
            return os.path.join(os.path.abspath(folder), "gradcli")
    raise OutputError("there is no folder for temporary files that may be written; set TMPDIR")


def make_folder(path: str) -> None:
    """Create a folder for outputs, where there is none."""
    note_folders(path)
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made a folder: {error.strerror}") from error


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
    return OutputError(f"{path}: cannot be written: {error.strerror or error}")


def read_error(error: OSError) -> InputError:
    """Return the error for an input that the system refuses."""
    return InputError(f"cannot be read: {error.strerror or error}")


def spool() -> BinaryIO:
    """Return a temporary file without a name."""
    from tempfile import TemporaryFile

    # On a file system where a file must have a name for a moment, it tells who made it.
    folder, name = os.path.split(free_name(spool_folder()))
    return TemporaryFile(dir=folder, prefix=name.removesuffix(SUFFIX), suffix=SUFFIX)


@contextmanager
def spooled_stdin(name: str, pieces: Iterable[bytes]) -> Iterator[str]:
    """Copy what arrives to a temporary file of a name, which is gone when the block ends."""
    import shutil

    beside = spool_folder()
    remove_leftovers(os.path.dirname(beside))
    folder = free_name(beside)
    path = os.path.join(folder, name)
    try:
        try:
            os.mkdir(folder, 0o700)
            with open(path, "wb") as copy:
                copy.writelines(pieces)
        except OSError as error:
            raise write_error(path, error) from error
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# What the first bytes of a file say it is.
_MAGIC = [
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "npz"),
    (b"PK\x05\x06", "npz"),
    (b"CDF\x01", "netcdf"),
    (b"CDF\x02", "netcdf"),
    (b"CDF\x05", "netcdf"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x1f\x8b", "gzip"),
]
_WORDS = {
    "npy": "NPY",
    "npz": "a ZIP archive (NPZ)",
    "netcdf": "classic NetCDF",
    "hdf5": "HDF5",
    "gzip": "compressed by gzip",
    "text": "text",
    "empty": "empty",
    "unknown": "of a kind unknown here",
}


def content_of_head(head: bytes) -> str | None:
    r"""Return what bytes begin, where the first few say it.

    >>> content_of_head(b"CDF\x01"), content_of_head(b""), content_of_head(b"t,x")
    ('netcdf', 'empty', None)
    """
    if not head:
        return "empty"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def content_of(path: str) -> str:
    """Return what a file holds by its first bytes, whatever its name.

    HDF5 may begin behind a user block: at 512 bytes, 1024 and so on.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
            if (found := content_of_head(head)) is not None:
                return found
            size, offset = os.fstat(file.fileno()).st_size, 512
            while offset < min(size, 2**26):
                file.seek(offset)
                if file.read(8) == _MAGIC[6][0]:
                    return "hdf5"
                offset *= 2
            if b"\0" not in head:
                return "text"
    except OSError as error:
        raise read_error(error) from error
    return "unknown"


def require_content(path: str, expected: tuple[str, ...], asked: str) -> str:
    """Return what a file holds, or raise InputError where it is not what its name promises."""
    found = content_of(path)
    if found in expected:
        return found
    if found == "empty":
        raise InputError(f"is empty; expected {asked}")
    raise InputError(
        f"is {_WORDS[found]}, not {asked}; the file may be damaged, or name its format (--format)"
    )
