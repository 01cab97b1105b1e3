"""What a file or a stream holds, by its first bytes."""

from __future__ import annotations

import os

from gradcli.errors import InputError
from gradcli.system.paths import read_error
from gradcli.system.streams import Feed, begin

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


def format_of_feed(feed: Feed) -> str | None:
    """Return the format that the first bytes of an input say, where they say one."""
    if os.isatty(feed.descriptor):
        return None
    head = begin(feed)
    found = content_of_head(head)
    if found is None and b"\0" not in head:
        return "csv"
    # HDF5 may be NetCDF: that must be said.
    return {"gzip": "csv", "npy": "npy", "npz": "npz", "netcdf": "netcdf"}.get(found or "")
