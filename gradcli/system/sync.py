"""Data and names on the disk before anything is said of them (``--sync``)."""

from __future__ import annotations

import errno
import os
import sys


def flush(path: str) -> None:
    """Wait until what a file holds, or which names a folder has, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _flush_descriptor(descriptor)
    finally:
        os.close(descriptor)


def flush_folders(path: str) -> None:
    """Flush the names on the way to a file: its folder, and that of a folder made by this run."""
    folder = os.path.dirname(path)
    flush(folder)
    while folder in _made:
        _made.discard(folder)
        folder = os.path.dirname(folder)
        flush(folder)


_made: set[str] = set()


def note_folders(path: str) -> None:
    """Remember the folders on the way to a path that are about to be made."""
    folder = os.path.realpath(path)
    while not os.path.exists(folder):
        _made.add(folder)
        folder = os.path.dirname(folder)


def flush_stdout() -> None:
    """Flush standard output where it is a file; pipes and devices have nothing to flush."""
    try:
        _flush_descriptor(sys.stdout.fileno())
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise


def _flush_descriptor(descriptor: int) -> None:
    os.fsync(descriptor)
    if sys.platform == "darwin":
        # There fsync leaves data in the drive.
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
