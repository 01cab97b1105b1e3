"""Open inputs: files, FIFOs and standard input."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from math import prod

from gradcli.errors import InputError, UnreadableError, UsageError, located
from gradcli.errors.suggest import suggest
from gradcli.formats.detect import format_of_feed, may_stream, require_content
from gradcli.formats.registry import BY_NAME, Format, engine_of, format_of, no_format
from gradcli.model.blocks import size_text
from gradcli.model.fields import Field
from gradcli.model.protocols import Hints, Identity, Source
from gradcli.record import replace
from gradcli.system.limits import capped, require_room
from gradcli.system.paths import STDOUT, is_address, is_special, mode_of, read_error
from gradcli.system.streams import Feed, standard_input
from gradcli.system.temporary import spooled_stdin

HOLLOW = 2**40  # bytes that a file of any size may declare
MOST_DEFLATED = 1100  # slightly above the highest compression ratio of deflate


def open_source(path: str, hints: Hints | None = None) -> Source:
    """Open an input; the source is a context manager.

    Raises
    ------
    UsageError
        The suffix belongs to no format, and no format is given.
    InputError
        The file cannot be read, or is not of the format that its suffix promises.
    """
    hints = hints or Hints()
    if hints.grid is not None:
        from gradcli.formats.formula import FormulaSource

        return FormulaSource(path, hints.grid, hints)
    engine = hints.engine or (None if hints.format else engine_of(path))
    if engine is not None:
        from gradcli.formats.engines import open_engine

        return open_engine(path, engine, hints)
    if hints.format is not None and hints.format not in BY_NAME:
        raise suggest("format", hints.format, list(BY_NAME))
    if path == STDOUT:
        return _open_piped(hints)
    if is_address(path) and os.path.exists(path):
        path = os.path.normpath(path)  # one slash less: this is a file, and so are its results
    known = format_of(path, hints.format)
    mode = mode_of(path)
    if "://" in path and mode is None and not (known and known.folders):
        from gradcli.formats.absent import not_fetched

        raise not_fetched(path)
    if mode is None and not is_address(path):
        from gradcli.formats.absent import missing_input

        raise missing_input(path)
    if mode is not None and stat.S_ISDIR(mode) and not (known and known.folders):
        raise UnreadableError("is a folder; name the files in it (--recursive, -r, takes them all)")
    if known is None:
        from gradcli.formats.absent import no_reader

        raise no_reader(path)
    _refuse_unfit(known, hints)
    hints = _roomy(known, hints)
    if mode is not None and stat.S_ISFIFO(mode) and not known.reads_fifos:
        return _open_fifo(path, known, hints)
    before = identity_of(path)
    source = _open_file(path, known, hints)
    source.opened, after = before, identity_of(path)
    if before is not None and after is not None and before[:2] != after[:2]:
        source.__exit__(None)
        raise InputError("was replaced while it was being opened; try again")
    if before is not None:
        source.again = partial(_open_again, os.path.abspath(path), path, hints, before)
    return source


def input_name(path: str, hints: Hints) -> str:
    """Return what messages call an input: its path, or the beginning of a formula."""
    if hints.grid is None:
        return path
    from gradcli.formats.formula import shown

    return shown(path)


def _open_again(path: str, named: str, hints: Hints, opened: Identity) -> Source:
    """Open a file again in another process, and check that it has not changed since."""
    source = open_source(path, hints)
    if source.opened != opened:
        source.__exit__(None)
        raise located(named, InputError("was changed since it was opened"))
    source.path = named
    return source


def _open_file(path: str, known: Format, hints: Hints) -> Source:
    # A FIFO can be read only once, so the source itself checks the content.
    beside = os.path.isdir(path) or (known.folders and is_address(path))
    if not (known.reads_fifos and is_special(path)) and not beside:
        require_content(path, known)
    return known.load().open_source(path, hints)


def identity_of(path: str) -> Identity | None:
    """Return the device, inode and size of a file; None for what is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return found.st_dev, found.st_ino, 0
    return (found.st_dev, found.st_ino, found.st_size) if stat.S_ISREG(found.st_mode) else None


def refuse_truncated(source: Source) -> None:
    """Raise InputError if a file has become shorter since it was opened.

    Libraries read zeros behind the end of a truncated file, without an error. If another file has
    its name by now, the one that was read is taken to be complete.
    """
    for path, then in source.files():
        now = identity_of(path)
        if then is not None and now is not None and then[:2] == now[:2] and now[2] < then[2]:
            raise located(path, InputError("was truncated while it was being read"))


def _roomy(known: Format, hints: Hints) -> Hints:
    """Return hints with the memory that is left beside the library of the format."""
    require_room(known.library, hints.limits.jobs)
    memory = capped(hints.limits.memory, hints.limits.jobs, {known.library})
    return replace(hints, limits=hints.limits._replace(memory=memory))


def _refuse_unfit(known: Format, hints: Hints) -> None:
    """Raise UsageError if a hint means nothing to a format."""
    if not hints.valid_range and not known.attributes:
        raise UsageError(f"--no-valid-range: {known.a_file} declares no valid range")
    if known.name != "csv" and (option := hints.of_text()):
        raise UsageError(f"{option}: is for text in CSV, this is {known.a_file}")
    if hints.words and known.name != "csv":
        raise UsageError(
            f"--missing-value {hints.words[0]!r}: {known.a_file} holds numbers, and no words"
        )


def _open_piped(hints: Hints) -> Source:
    """Open standard input as a stream if possible; otherwise copy it to a file first."""
    feed = standard_input(hints.answers)
    known = BY_NAME[hints.format] if hints.format else format_of_feed(feed)
    if known is None:
        raise no_format("standard input")
    _refuse_unfit(known, hints)
    hints = _roomy(known, hints)
    source = open_live(known, feed, hints) if known.name in hints.live else None
    if source is None:
        source = _open_copy(known, feed.rest(), hints)
    source.path = STDOUT
    return source


def open_live(known: Format, feed: Feed, hints: Hints) -> Source | None:
    """Open an input as a stream, or return None if it can only be read as a whole."""
    return known.load_live().open_live(feed, hints) if may_stream(feed, known) else None


def _open_fifo(path: str, known: Format, hints: Hints) -> Source:
    """Copy the content of a FIFO to a file, and open this file."""
    try:
        with open(path, "rb", buffering=0) as file:
            source = _open_copy(known, Feed(file.fileno()).rest(), hints)
    except OSError as error:
        raise read_error(error) from error
    source.path = path
    return source


def _open_copy(known: Format, pieces: Iterator[bytes], hints: Hints) -> Source:
    with spooled_stdin("stdin" + known.suffix, pieces) as copy:
        return _open_file(copy, known, hints)


def refuse_hollow(source: Source, fields: list[Field]) -> None:
    """Raise InputError if a file declares terabytes of numbers and is too small to hold them.

    In HDF5 chunks that were never written take no space, so a tiny file can declare a huge
    array. Its results would take space, and days to compute.
    """
    source.refuse_hollow(fields)
    paths = [path for path, _ in source.files()]
    if not all(map(os.path.isfile, paths)):
        return
    size = sum(map(os.path.getsize, paths))
    for field in fields:
        declared = prod(field.shape) * field.storage.item
        if declared > max(HOLLOW, MOST_DEFLATED * size):
            raise InputError(
                f"{field.name}: declares {size_text(declared)} of numbers, the file has "
                f"{size_text(size)}; they were never written, or the file is damaged "
                "(--isel works on a part)"
            )
