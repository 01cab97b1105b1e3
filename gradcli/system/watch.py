"""What the process that watches this one, if there is one, is told and does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gradcli.system.limits import at_most

ENDLESS = 6.0  # seconds in which the headers of every small file that is no bomb have been read
PACE = 2**18  # bytes of a file full of headers that are read in one second more
LONGEST = 120.0
KEPT = 32 * 2**20  # bytes of memory that libraries may take for the headers of an empty file
UNPACKED = 256  # and for each byte of one: netCDF takes 80 kB for a group

# The watcher removes what a process that died has left: it is told each name before it is made.
on_name: Callable[[str], None] | None = None


def tell_name(path: str) -> None:
    """Say that a temporary file or folder is about to be made."""
    if on_name is not None:
        on_name(path)


@contextmanager
def within_bounds(path: str) -> Iterator[None]:
    """Let a watched process fail where a C library goes around in a damaged file for ever.

    Time and memory are what the headers of a file of its size can need at most. With the time
    over the process ends, and the watcher says in a line what it died of; with the memory taken
    the library says so. Without a watcher it goes on.
    """
    if on_name is None:
        yield
        return
    size = os.path.getsize(path)
    # Of the processor's time, which all threads use up; how slow the disk is does not count.
    seconds = min(ENDLESS + size / PACE, LONGEST) * threading.active_count()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        with at_most(KEPT + UNPACKED * size):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
