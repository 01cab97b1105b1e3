"""Detect the format of a file or a stream by its first bytes."""

from __future__ import annotations

import os
from typing import BinaryIO

from gradcli.errors import InputError
from gradcli.formats.registry import FORMATS, GZIP, TEXT, UTF16, Format
from gradcli.system.paths import read_error
from gradcli.system.streams import Feed, begin

EMPTY, UNKNOWN = "empty", "unknown"
ARCHIVE = "npz"  # what a ZIP archive is called; it may also hold a folder of another format
_MAGIC = [(magic, known.name) for known in FORMATS for magic in known.magic] + [
    (b"\x1f\x8b", GZIP),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
]
# Formats that may begin with a user block; the first bytes then follow at 512, 1024 and so on.
_BEHIND = [(magic, known.name) for known in FORMATS if known.user_block for magic in known.magic]
_FARTHEST = 2**26
_WORDS = {known.name: known.words or known.title for known in FORMATS if known.magic} | {
    GZIP: "compressed by gzip",
    TEXT: "text",
    UTF16: "text in UTF-16",
    EMPTY: "empty",
    UNKNOWN: "of a kind unknown here",
}


def content_of_head(head: bytes) -> str:
    r"""Return the name of the content that begins with these bytes.

    >>> content_of_head(b"CDF\x01"), content_of_head(b""), content_of_head(b"t,x")
    ('netcdf', 'empty', 'text')
    """
    if not head:
        return EMPTY
    known = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    return known or (UNKNOWN if b"\0" in head else TEXT)


def content_of(path: str) -> str:
    """Return the name of the content of a file, by its first bytes and not by its name."""
    try:
        with open(path, "rb") as file:
            found = content_of_head(file.read(4096))
            return _behind(file) or found if found in (TEXT, UNKNOWN) else found
    except OSError as error:
        raise read_error(error) from error


def _behind(file: BinaryIO) -> str | None:
    """Return the name of a format whose first bytes follow a user block, if there is one."""
    size, offset = os.fstat(file.fileno()).st_size, 512
    while offset < min(size, _FARTHEST):
        file.seek(offset)
        head = file.read(16)
        for magic, name in _BEHIND:
            if head.startswith(magic):
                return name
        offset *= 2
    return None


def require_content(path: str, wanted: Format) -> None:
    """Raise InputError if the content of a file is not of the format that its name promises."""
    found = content_of(path)
    if found in wanted.may_hold or (wanted.folders and found == ARCHIVE):
        return
    if found == EMPTY:
        raise InputError(f"is empty; expected {wanted.title}")
    raise InputError(
        f"is {_WORDS[found]}, not {wanted.title}; "
        "the file may be damaged, or name its format (--format)"
    )


def may_stream(feed: Feed, wanted: Format) -> bool:
    """Return whether an input can be streamed in a format, by its first bytes."""
    return content_of_head(begin(feed)) == wanted.may_hold[0]


def format_of_feed(feed: Feed) -> Format | None:
    """Return the format of an input by its first bytes, or None if they do not decide.

    The first bytes of HDF5 do not decide, because the file may also be NetCDF. Input from a
    terminal is not read.
    """
    if os.isatty(feed.descriptor):
        return None
    found = content_of_head(begin(feed))
    known = [one for one in FORMATS if found in one.may_hold]
    return known[0] if len(known) == 1 else None
