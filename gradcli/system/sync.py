"""Flush data and file names to the disk (``--sync``)."""

from __future__ import annotations

import errno
import os
import sys


def flush(path: str) -> None:
    """Wait until the data of a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _flush_descriptor(descriptor)
    finally:
        os.close(descriptor)


def flush_stdout() -> None:
    """Flush standard output to the disk if it is a file; pipes and devices cannot be flushed."""
    try:
        _flush_descriptor(sys.stdout.fileno())
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise


def _flush_descriptor(descriptor: int) -> None:
    os.fsync(descriptor)
    if sys.platform == "darwin":
        # On macOS fsync leaves data in the cache of the drive.
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
