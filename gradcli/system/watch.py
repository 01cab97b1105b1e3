"""What the process that watches this one, if there is one, is told and does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gradcli.system.limits import at_most

ENDLESS = 6.0  # seconds in which the headers of every small file that is no bomb have been read
PACE = 2**18  # bytes of a file full of headers that are read in one second more
LONGEST = 120.0
KEPT = 32 * 2**20  # bytes of memory that libraries may take for the headers of an empty file
UNPACKED = 256  # and for each byte of one: netCDF takes 80 kB for a group


@dataclass
class Watched:
    """What a process that is watched does for the process that watches it.

    This is the one thing that is shared in place of being handed down. Temporary names are made
    at many places five layers below the command (an output, the columns of a CSV, the copy of a
    pipe), and no layer in between has to do with them. The command alone sets it; while Python
    code uses gradcli it stays as it is made here, and nothing is kept in it.

    Attributes
    ----------
    on_name : callable or None
        Is told each temporary name before it is made: the watcher removes what a process that
        died has left. None where nobody watches.
    swept : set of str
        Folders that were searched for what dead processes have left: once is enough for a command.
    """

    on_name: Callable[[str], None] | None = None
    swept: set[str] = field(default_factory=set)

    def tell_name(self, path: str) -> None:
        """Say that a temporary file or folder is about to be made."""
        if self.on_name is not None:
            self.on_name(path)

    def has_swept(self, folder: str) -> bool:
        """Return whether this process has searched a folder before; from now on it has."""
        if self.on_name is None:
            return False
        known = folder in self.swept
        self.swept.add(folder)
        return known

    @contextmanager
    def within_bounds(self, path: str) -> Iterator[None]:
        """Let this process fail where a C library goes around in a damaged file for ever.

        Time and memory are what the headers of a file of its size can need at most. With the time
        over the process ends, and the watcher says in a line what it died of; with the memory
        taken the library says so. Without a watcher it goes on.
        """
        if self.on_name is None:
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


WATCHED = Watched()
