"""Copy checked pieces of one file to their places in another, by any process that sees both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from gradcli.errors import OutputError
from gradcli.formats.deflate import crc32
from gradcli.numerics.dtypes import Array

RUN_BYTES = 4 * 2**20  # what is read and copied at once

# A piece: its offset in the part, its offset in the output, its size, and its checksum.
SPAN = np.dtype([("source", "i8"), ("target", "i8"), ("size", "i8"), ("sum", "u4")])


def spans(source: int, places: Array, sizes: Array, sums: Array) -> Array:
    """Return spans of pieces that lie one after another from an offset on.

    >>> spans(5, np.array([90, 10]), np.array([2, 4]), np.array([0, 1]))["source"]
    array([5, 7])
    """
    made = np.empty(len(sizes), SPAN)
    made["target"], made["size"], made["sum"] = places, sizes, sums
    made["source"] = source + np.cumsum(sizes) - sizes
    return made


def splice(target: str, part: str, pieces: Array) -> int:
    """Copy pieces of a part to their places in an output, and return how many bytes these are.

    Copying them again does no harm. Any process may do it that sees both files.

    Parameters
    ----------
    target : str
        The path of the output under its temporary name.
    part : str
    pieces : numpy.ndarray
        Of type ``SPAN``.

    Raises
    ------
    OutputError
        A piece is damaged.
    """
    with _opened(part, os.O_RDONLY) as source, _opened(target, os.O_WRONLY) as sink:
        room = bytearray(int(max(RUN_BYTES, pieces["size"].max(initial=0))))
        for run in _runs(pieces):
            _copy(source, sink, run, memoryview(room), part)
    return int(pieces["size"].sum())


def _runs(pieces: Array) -> Iterator[Array]:
    """Yield groups of pieces that follow one another in both files, of bounded size."""
    sources, targets, sizes = (pieces[name] for name in ("source", "target", "size"))
    breaks = (np.diff(sources) != sizes[:-1]) | (np.diff(targets) != sizes[:-1])
    first = 0
    for stop in [*(np.flatnonzero(breaks) + 1).tolist(), len(pieces)]:
        while first < stop:
            ends = np.cumsum(sizes[first:stop])
            count = max(1, int(np.searchsorted(ends, RUN_BYTES, "right")))
            yield pieces[first : first + count]
            first += count


def _copy(source: int, sink: int, run: Array, room: memoryview, part: str) -> None:
    size, first, target = int(run["size"].sum()), int(run["source"][0]), int(run["target"][0])
    data, done = room[:size], 0
    while done < size:
        count = os.preadv(source, [data[done:]], first + done)
        if not count:
            raise OutputError(f"{part}: is damaged or cut short; make this part again")
        done += count
    done = 0
    for length, known in zip(run["size"].tolist(), run["sum"].tolist(), strict=True):
        if crc32(data[done : done + length]) != known:
            raise OutputError(f"{part}: is damaged or cut short; make this part again")
        done += length
    if _copied(source, sink, first, target, size):
        return
    done = 0
    while done < size:
        done += os.pwrite(sink, data[done:], target + done)


def _copied(source: int, sink: int, first: int, target: int, size: int) -> bool:
    """Copy bytes within the system, which a server of files does by itself; or return False."""
    done = 0
    while done < size:
        try:
            count = os.copy_file_range(source, sink, size - done, first + done, target + done)
        except (AttributeError, OSError):
            return False  # written instead, where a full disk is an error again
        if not count:
            return False
        done += count
    return True


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
