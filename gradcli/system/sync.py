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
