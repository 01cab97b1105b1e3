"""The worker's side of supervision: what it reports to its supervisor, and its bounds."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gradcli.system.limits import at_most

ENDLESS = 6.0  # seconds that suffice to read the headers of any small, sound file
PACE = 2**18  # bytes of a file for which one second more is allowed
LONGEST = 120.0
KEPT = 32 * 2**20  # bytes of memory that libraries may take for the headers of an empty file
UNPACKED = 256  # further bytes of memory for each byte of a file: netCDF takes 80 kB for a group


class Watched:
    """What a worker process does for its supervisor.

    This is the only global state; everything else is passed down. Temporary names are made in
    many places five layers below the command (an output, the columns of a CSV, the copy of a
    pipe), and the layers in between have nothing to do with them. Only the command sets it. When
    gradcli is called from Python it stays as it is made here, and nothing is stored in it.

    Attributes
    ----------
    on_name : callable or None
        Called with each temporary name before it is made, so that the supervisor can remove the
        file if this process dies. None without a supervisor.
    swept : set of str
        Folders that were searched for orphaned temporary files; a command searches each once.
    """

    def __init__(self, on_name: Callable[[str], None] | None = None) -> None:
        self.on_name = on_name
        self.swept: set[str] = set()

    def tell_name(self, path: str) -> None:
        """Report that a temporary file or folder is about to be created."""
        if self.on_name is not None:
            self.on_name(path)

    def has_swept(self, folder: str) -> bool:
        """Return whether this process has searched a folder before, and mark it as searched."""
        if self.on_name is None:
            return False
        known = folder in self.swept
        self.swept.add(folder)
        return known

    @contextmanager
    def within_bounds(self, path: str) -> Iterator[None]:
        """Bound the time and memory of a C library that reads the headers of a file.

        Some damaged files make a library loop for ever. It gets as much time and memory as the
        headers of a file of this size can need at most. When the time is over, a signal ends the
        process and the supervisor reports the error. When the memory is taken, the library fails.
        Without a supervisor there are no bounds.
        """
        if self.on_name is None:
            yield
            return
        size = os.path.getsize(path)
        # This is CPU time, which all threads use up. Waiting for a slow disk does not count.
        seconds = min(ENDLESS + size / PACE, LONGEST) * threading.active_count()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            with at_most(KEPT + UNPACKED * size):
                yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


WATCHED = Watched()
