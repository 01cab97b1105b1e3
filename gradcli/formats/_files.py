"""Write beside, then move: outputs that appear complete or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Self

from gradcli.errors import InputError, OutputError

STDOUT = "-"


@dataclass
class _Target:
    asked: str
    final: str
    scratch: str
    straight: bool
    backup: str | None = None
    published: bool = False


class Staging:
    """Files being written beside their targets; all appear together, or none does.

    ``overwrite`` lets existing files be replaced. Without it a file that exists is refused, also
    one that appears while the run lasts. Standard output, FIFOs and devices are written straight
    at the end.
    """

    def __init__(self, overwrite: bool) -> None:
        self._overwrite = overwrite
        self._targets: list[_Target] = []

    def add(self, path: str) -> str:
        """Return the name to write to in place of a path."""
        final = path if path == STDOUT else os.path.realpath(path)
        straight = path == STDOUT or is_special(final)
        if any(t.final == final for t in self._targets):
            raise OutputError(f"{path}: two results would go to this file; use {{component}}")
        if not straight:
            self._refuse_existing(path, final)
        scratch = _free_name(_spool_folder() if straight else final)
        # Known before it is made: a signal in between leaves nothing behind.
        self._targets.append(_Target(path, final, scratch, straight))
        try:
            os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except OSError as error:
            raise write_error(path, error) from error
        return scratch

    def _refuse_existing(self, path: str, final: str) -> None:
        if os.path.isdir(final):
            raise OutputError(f"{path}: is a folder; name a file, or use --output-dir")
        if os.path.lexists(final) and not self._overwrite:
            raise OutputError(f"{path}: exists already; -O replaces it, -o names another")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            for target in self._targets:
                _remove(target.scratch)

    def _publish(self) -> None:
        try:
            for target in self._targets:
                self._publish_one(target)
        except BaseException:
            for target in reversed(self._targets):
                _undo(target)
            raise
        for target in self._targets:
            if target.backup:
                _remove(target.backup)

    def _publish_one(self, target: _Target) -> None:
        try:
            if target.straight:
                _copy_straight(target)
            elif self._overwrite:
                _replace(target, last=target is self._targets[-1])
            else:
                _link(target)
        except FileExistsError:
            raise OutputError(
                f"{target.asked}: appeared while this run was writing it; "
                "it was left as it is (-O would replace it)"
            ) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise write_error(target.asked, error) from error


def _copy_straight(target: _Target) -> None:
    import shutil

    with open(target.scratch, "rb") as made:
        if target.asked == STDOUT:
            shutil.copyfileobj(made, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with open(target.final, "wb") as device:
                shutil.copyfileobj(made, device)


def _replace(target: _Target, last: bool) -> None:
    """Move over what is there; keep that under another name until the last target is in place."""
    with suppress(FileNotFoundError):
        found = os.stat(target.final).st_mode
        if stat.S_ISDIR(found):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        os.chmod(target.scratch, stat.S_IMODE(found))
        if not last:
            _keep_aside(target)
    os.replace(target.scratch, target.final)
    target.published = True


def _keep_aside(target: _Target) -> None:
    target.backup = _free_name(target.final, told=False)  # may be all there is of the old file
    try:
        os.link(target.final, target.backup)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        os.rename(target.final, target.backup)
        target.published = True


def _link(target: _Target) -> None:
    """Publish by a link, which fails where the name exists, unlike a rename."""
    try:
        os.link(target.scratch, target.final)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links: the name is claimed first, then replaced.
        os.close(os.open(target.final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        target.published = True
        os.replace(target.scratch, target.final)
    target.published = True


def _undo(target: _Target) -> None:
    if target.backup and target.published:
        with suppress(OSError):
            os.replace(target.backup, target.final)
    elif target.backup:
        _remove(target.backup)
    elif target.published:
        _remove(target.final)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


def _tell_nobody(path: str) -> None:
    pass


# Whoever cleans up after a process that dies is told each name before it is made.
on_name: Callable[[str], None] = _tell_nobody


def _free_name(final: str, told: bool = True) -> str:
    folder, name = os.path.split(final)
    # A leading dot hides it; names near the limit of 255 bytes are cut.
    short = os.fsdecode(os.fsencode(name)[:200])
    path = os.path.join(folder, f".{short}.{os.urandom(4).hex()}.gradcli-tmp")
    if told:
        on_name(path)
    return path


def _spool_folder() -> str:
    import tempfile

    return os.path.join(tempfile.gettempdir(), "gradcli")


def make_folder(path: str) -> None:
    """Create a folder for outputs, where there is none."""
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


def write_error(path: str, error: OSError) -> OutputError:
    """Return the error for an output that the system refuses."""
    return OutputError(f"{path}: cannot be written: {error.strerror or error}")


def read_error(error: OSError) -> InputError:
    """Return the error for an input that the system refuses."""
    return InputError(f"cannot be read: {error.strerror or error}")


def spool() -> BinaryIO:
    """Return a temporary file without a name."""
    import tempfile

    return tempfile.TemporaryFile()


@contextmanager
def spooled_stdin(name: str) -> Iterator[str]:
    """Copy standard input to a temporary file of a name, which is gone when the block ends."""
    import shutil

    folder = _free_name(_spool_folder())
    path = os.path.join(folder, name)
    try:
        try:
            os.mkdir(folder, 0o700)
            with open(path, "wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
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


def content_of(path: str) -> str:
    """Return what a file holds by its first bytes, whatever its name.

    HDF5 may begin behind a user block: at 512 bytes, 1024 and so on.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
            for magic, name in _MAGIC:
                if head.startswith(magic):
                    return name
            if not head:
                return "empty"
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
