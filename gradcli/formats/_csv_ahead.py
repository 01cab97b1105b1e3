"""Steps in order by several threads: polars works without Python's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

COPIES = 4  # of a slab that a step holds: text, cells, numbers, what polars works in


def workers(jobs: int, memory: int, slab_bytes: int) -> int:
    """Return how many threads may each work on a slab in a part of the memory asked for.

    >>> workers(8, 2**30, 2**22), workers(8, 2**26, 2**20)
    (8, 2)
    """
    return max(1, min(jobs, memory // (8 * COPIES * slab_bytes)))


def ahead(function: Callable[[Item], Made], items: Iterable[Item], threads: int) -> Iterator[Made]:
    """Yield what a function makes of each item, in order, with a bounded number under way.

    The first error is that of the first item, whatever the number of threads.

    >>> list(ahead(abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    if threads < 2:
        yield from map(function, items)
        return
    waiting: deque[Future[Made]] = deque()
    rest = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        try:
            while True:
                try:
                    waiting.append(pool.submit(function, next(rest)))
                except StopIteration:
                    break
                except BaseException:
                    for earlier in waiting:
                        earlier.result()
                    raise
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
