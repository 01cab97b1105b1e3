"""Run steps in threads and return their results in order. numpy and polars release the GIL."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Made = TypeVar("Made")


class Executor(Protocol):
    """Anything that runs steps, such as a pool of threads or a cluster."""

    def submit(self, step: Callable[[Item], Made], item: Item, /) -> Future[Made]:
        """Start a step on an item, and return its future."""
        ...


class Threads:
    """A pool of threads; with one worker there is no pool, and steps run when asked for."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: Any = None

    def __enter__(self) -> Executor | None:
        if self._workers > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._workers)
        pool: Executor | None = self._pool
        return pool

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    pool: Executor | None, step: Callable[[Item], Made], items: Iterable[Item], ahead: int
) -> Iterator[Made]:
    """Yield the result of a step for each item, in order.

    At most ``ahead + 1`` steps are running or finished while the caller uses a result. If several
    items fail, the error of the first one is raised, whatever the number of threads.

    >>> with Threads(2) as pool:
    ...     list(in_order(pool, abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    if pool is None:
        yield from map(step, items)
        return
    waiting: deque[Future[Made]] = deque()
    rest = iter(items)
    while True:
        try:
            item = next(rest)
        except StopIteration:
            break
        except BaseException:
            for earlier in waiting:
                earlier.result()
            raise
        made = [waiting.popleft().result()] if len(waiting) > ahead else []
        # Submit before the caller gets a result, so that no thread is idle meanwhile.
        waiting.append(pool.submit(step, item))
        yield from made
    while waiting:
        yield waiting.popleft().result()


def in_threads(step: Callable[[Item], Made], items: Iterable[Item], workers: int) -> Iterator[Made]:
    """Yield the result of a step for each item, in order, from threads that end with the items.

    >>> list(in_threads(abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    with Threads(workers) as pool:
        yield from in_order(pool, step, items, workers)
