"""What the process that watches this one, if there is one, is told and does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDLESS = 6.0  # seconds in which every header that is none of a bomb has been read

# The watcher removes what a process that died has left: it is told each name before it is made.
on_name: Callable[[str], None] | None = None


def tell_name(path: str) -> None:
    """Say that a temporary file or folder is about to be made."""
    if on_name is not None:
        on_name(path)


@contextmanager
def in_time() -> Iterator[None]:
    """Let a watched process end where a C library goes around in a damaged file for ever.

    The watcher says in a line what it died of; without one it goes on.
    """
    if on_name is None:
        yield
        return
    # Of the processor's time, which all threads use up; how slow the disk is does not count.
    signal.setitimer(signal.ITIMER_PROF, ENDLESS * threading.active_count())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
