"""Opening inputs: files, FIFOs and standard input."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from math import prod

from gradcli.errors import InputError, located, suggest
from gradcli.formats.registry import LIVE, MODULES, format_of, no_format, suffix_of
from gradcli.model.blocks import size_text
from gradcli.model.fields import Field
from gradcli.model.protocols import Hints, Source
from gradcli.system.limits import capped, require_room
from gradcli.system.paths import STDOUT, is_fifo, read_error, split_suffix
from gradcli.system.temporary import spooled_stdin

HOLLOW = 2**40  # bytes that a file may declare whatever its size
MOST_DEFLATED = 1100  # times that deflate makes numbers smaller at most, about


def open_source(path: str, hints: Hints | None = None) -> Source:
    """Open an input; the source is a context manager.

    Raises
    ------
    UsageError
        The suffix stands for no format, and none is given.
    InputError
        The file cannot be read, or is not what its suffix promises.
    """
    hints = hints or Hints()
    if hints.format is not None and hints.format not in MODULES:
        raise suggest("format", hints.format, list(MODULES))
    if os.path.isdir(path):
        raise InputError("is a folder; name the files in it (--recursive takes them all)")
    if path == STDOUT:
        return _open_piped(hints)
    name = format_of(path, hints.format)
    if name is None:
        raise no_format(f"the suffix {split_suffix(path)[1]!r}")
    hints = _roomy(name, hints)
    if name != "csv" and is_fifo(path):
        return _open_fifo(path, name, hints)
    before = _identity(path)
    source: Source = import_module(MODULES[name]).open_source(path, hints)
    source.opened, after = before, _identity(path)
    if before is not None and after is not None and before[:2] != after[:2]:
        source.__exit__(None)
        raise InputError("was replaced while it was being opened; try again")
    return source


def _identity(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size) if stat.S_ISREG(found.st_mode) else None


def refuse_truncated(source: Source) -> None:
    """Raise InputError where a file has lost its end: libraries read zeros there, unasked.

    Where another has its name by now, nobody can have cut the one that was read.
    """
    then, now = source.opened, _identity(source.path)
    if then is not None and now is not None and then[:2] == now[:2] and now[2] < then[2]:
        raise located(source.path, InputError("was truncated while it was being read"))


def _roomy(name: str, hints: Hints) -> Hints:
    """Return hints whose memory is there, beside what a format's libraries take."""
    require_room(name, hints.limits.jobs)
    memory = capped(hints.limits.memory, hints.limits.jobs, {name})
    return replace(hints, limits=replace(hints.limits, memory=memory))


def _open_piped(hints: Hints) -> Source:
    """Open standard input: as it arrives where that will do, or else copied to a file first."""
    from gradcli.formats.detect import format_of_feed
    from gradcli.system.streams import standard_input

    feed = standard_input(hints.answers)
    name = hints.format or format_of_feed(feed)
    if name is None:
        raise no_format("standard input")
    hints = _roomy(name, hints)
    source: Source | None = None
    if name in hints.live:
        source = import_module(LIVE[name]).open_live(feed, hints)
    if source is None:
        source = _open_copy(name, feed.rest(), hints)
    source.path = STDOUT
    return source


def _open_fifo(path: str, name: str, hints: Hints) -> Source:
    """Open what comes through a FIFO, copied to a file first."""
    from gradcli.system.streams import Feed

    try:
        with open(path, "rb", buffering=0) as file:
            source = _open_copy(name, Feed(file.fileno()).rest(), hints)
    except OSError as error:
        raise read_error(error) from error
    source.path = path
    return source


def _open_copy(name: str, pieces: Iterator[bytes], hints: Hints) -> Source:
    with spooled_stdin("stdin" + suffix_of(name), pieces) as copy:
        source: Source = import_module(MODULES[name]).open_source(copy, hints)
    return source


def refuse_hollow(source: Source, fields: list[Field]) -> None:
    """Raise InputError where a file declares terabytes of numbers and cannot hold them.

    What was never written takes no room in HDF5, however much of it there is said to be; the
    results would, and would take days.
    """
    if not os.path.isfile(source.path):
        return
    size = os.path.getsize(source.path)
    for field in fields:
        declared = prod(field.shape) * field.storage.item
        if declared > max(HOLLOW, MOST_DEFLATED * size):
            raise InputError(
                f"{field.name}: declares {size_text(declared)} of numbers, the file has "
                f"{size_text(size)}; they were never written, or the file is damaged "
                "(--isel works on a part)"
            )
