"""Keep C libraries from writing to stderr."""

from __future__ import annotations

import os
import sys

STDERR = 2


def mute_libraries() -> None:
    """Let only Python write to stderr.

    Decompressors, polars and the memory allocator print lines of their own about damaged files.
    The error message that follows says the same in one line.
    """
    try:
        if sys.stderr.fileno() != STDERR:
            return
    except (AttributeError, OSError, ValueError):  # stderr is closed or captured
        return
    kept = os.dup(STDERR)
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = open(kept, "w", 1, encoding, errors, closefd=False)  # noqa: SIM115
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, STDERR)
    os.close(nothing)
