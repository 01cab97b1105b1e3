"""How the process keeps its memory."""

from __future__ import annotations

KEPT_BYTES = 2**25  # the most that the C library lets an array of its heap have
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # as malloc.h of glibc numbers them


def keep_freed_memory() -> None:
    """Let freed blocks be used again: fresh pages cost more than the arithmetic on them.

    Elsewhere than on glibc nothing is done. The Python face leaves the process as it is.
    """
    import ctypes

    try:
        option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    option(MMAP_THRESHOLD, KEPT_BYTES)
    option(TRIM_THRESHOLD, 4 * KEPT_BYTES)
    option(ARENA_MAX, 1)  # heaps of threads are too small for blocks
