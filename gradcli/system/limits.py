"""How much memory a limit on the address space (ulimit -v) leaves, and the error if it is short."""

from __future__ import annotations

import errno
import os
import resource
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from gradcli.errors import GradcliError, InputError, MemoryShortError

MIB = 2**20
BASE = 144 * MIB  # the interpreter and numpy
STACK = 8 * MIB  # of one thread
LEAST = 24 * MIB  # enough to work on small blocks
SIGNS = (
    "can't start new thread",
    "failed to map segment",
    "cannot allocate memory",
    "memory allocation",
    "memory exhausted",
    "insufficient memory",
    "unable to allocate",
)


# A library that only some runs load: its name, the bytes that it takes once it is loaded, and the
# further bytes for each processor if it starts its own threads.
Library = tuple[str, int, int]
Libraries = Collection[Library | None]


def capped(memory: int, jobs: int, libraries: Libraries) -> int:
    """Return the memory that blocks may take: at most half of what the limit leaves.

    The other half is for the working memory of libraries and of the allocator. ``libraries`` are
    those that the formats of the run load.

    >>> capped(2**30, 2, {("h5py", 64 * MIB, 0), None}) <= 2**30
    True
    """
    most = _limit()
    if most is None:
        return memory
    return min(memory, (most - _taken() - _beside(jobs, libraries)) // 2)


def require_base() -> None:
    """Raise InputError if the limit leaves too little for the interpreter and numpy.

    >>> require_base()
    """
    most = _limit()
    if most is not None and most < BASE:
        raise InputError(
            f"out of memory: the process may take {most // MIB} MiB (ulimit -v), the interpreter "
            f"and numpy need about {BASE // MIB}, and libraries for most formats more"
        )


def require_room(library: Library | None, jobs: int) -> None:
    """Raise InputError if the limit leaves too little to load a library and do any work.

    Call this before the library is loaded: some libraries end the process if memory runs out.

    >>> require_room(None, 1)
    """
    if capped(LEAST, jobs, {library}) < LEAST:
        raise InputError(f"out of memory: {_would_do(jobs, {library}, LEAST)}")


def explained(error: BaseException, jobs: int, libraries: Libraries, memory: int) -> str:
    """Return the error message for a run that ran out of memory or threads."""
    if isinstance(error, MemoryShortError):
        return f"out of memory: {_would_do(jobs, libraries, error.needed)}"
    found = " ".join(str(error).split())[:100] or type(error).__name__
    less = max(memory // 4, LEAST) // MIB
    text = f"out of memory ({found}); --memory {less}MiB --jobs 1 takes less"
    return text if _limit() is None else f"{text}, {_would_do(jobs, libraries, memory)}"


def _would_do(jobs: int, libraries: Libraries, memory: int) -> str:
    """Return the part of a message that names the present limit and one that would suffice."""
    need = BASE + _beside(jobs, libraries, loaded=False) + 2 * memory
    threads = "1 thread" if jobs == 1 else f"{jobs} threads"
    return (
        f"the process may take {(_limit() or 0) // MIB} MiB (ulimit -v), {threads} and the "
        f"libraries need about {need // MIB + 1}; ulimit -v {(need // MIB + 1) * 1024} would do"
    )


@contextmanager
def at_most(more: int) -> Iterator[None]:
    """Limit the address space to ``more`` bytes beyond what is taken, so that libraries fail.

    Nothing is limited if other threads are running, because their allocations would fail too, or
    if the system does not tell how much address space is taken.

    >>> with at_most(2**30):
    ...     taken = bytes(2**20)
    """
    old, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _taken() + more
    if sys.platform != "linux" or threading.active_count() > 1 or 0 <= old < most:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (old, hard))


def _limit() -> int | None:
    """Return the limit on the address space in bytes, or None if there is no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def _taken() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return BASE


def _beside(jobs: int, libraries: Libraries, loaded: bool = True) -> int:
    """Return the bytes of threads and libraries; ``loaded`` leaves out what is loaded already."""
    total = jobs * STACK
    for name, size, a_processor in {one for one in libraries if one is not None}:
        if not (loaded and name in sys.modules):
            total += size + a_processor * (os.cpu_count() or 1)
    return total


def is_exhaustion(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, means that memory or threads ran out.

    A damaged file can make a library ask for more memory than any machine has. If the process
    has no limit, such an error is reported as an error of the file.

    >>> is_exhaustion(MemoryError()), is_exhaustion(ValueError("memory is fine"))
    (True, False)
    """
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        return False
    if isinstance(error, GradcliError) and _limit() is None:
        return False
    seen: BaseException | None = error
    while seen is not None:
        if _is_sign(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _is_sign(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    if type(error).__name__ == "PanicException":  # raised by polars; not a subclass of Exception
        return _limit() is not None
    text = str(error).lower()
    return any(sign in text for sign in SIGNS)
