"""What several blocks need, kept while it fits into some bytes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The things that were made last, as far as they fit; threads share them.

    It pickles without them.

    Parameters
    ----------
    room : int
        Bytes of memory that may be kept.
    alone : bool
        Whether one thing is made at a time, because each takes much memory meanwhile.
    """

    def __init__(self, room: int, alone: bool = False) -> None:
        self._room, self._alone = room, alone
        self._guard = Lock()
        self._made: dict[object, tuple[T, int]] = {}
        self._locks: dict[object, Lock] = {}

    def __reduce__(self) -> tuple[type[Recent[T]], tuple[int, bool]]:
        """Return what makes an empty one."""
        return Recent, (self._room, self._alone)

    def get(self, key: object, size: int, make: Callable[[], T]) -> T:
        """Return what is kept under a key, or else make it; other threads wait for it."""
        if size > self._room and not self._alone:
            return make()
        place = None if self._alone else key
        with self._guard:
            lock = self._locks.setdefault(place, Lock())
        with lock:
            with self._guard:
                held = self._made.get(key)
            if held is not None:
                return held[0]
            found = make()
            with self._guard:
                self._made[key] = found, size
                while sum(each for _, each in self._made.values()) > self._room:
                    del self._made[next(iter(self._made))]
                if not self._alone:
                    self._locks.pop(key, None)
        return found
