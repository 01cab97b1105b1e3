"""Settings of the memory allocator."""

from __future__ import annotations

KEPT_BYTES = 2**25  # the largest mmap threshold that glibc accepts
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # from malloc.h of glibc


def keep_freed_memory() -> None:
    """Keep freed memory in the process, so that the next block reuses it.

    Fresh pages cost more than the arithmetic on them. Only glibc can do this; with another C
    library this function does nothing. Only the command calls it, never the Python API.
    """
    import ctypes

    try:
        option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    option(MMAP_THRESHOLD, KEPT_BYTES)
    option(TRIM_THRESHOLD, 4 * KEPT_BYTES)
    option(ARENA_MAX, 1)  # the heaps of single threads are too small for blocks
