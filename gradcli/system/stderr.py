"""Only what is meant for the user reaches stderr: libraries in C write there too."""

from __future__ import annotations

import os
import sys

STDERR = 2


def mute_libraries() -> None:
    """Leave stderr to Python alone.

    Decompressors, polars and the memory allocator complain there of files that are damaged, on
    lines of their own; the error that follows says it in one.
    """
    try:
        if sys.stderr.fileno() != STDERR:
            return
    except (AttributeError, OSError, ValueError):  # there is none, or it is collected elsewhere
        return
    kept = os.dup(STDERR)
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = open(kept, "w", 1, encoding, errors, closefd=False)  # noqa: SIM115
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, STDERR)
    os.close(nothing)
