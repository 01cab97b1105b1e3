"""The files of a series, of which a bounded number is open at a time."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TYPE_CHECKING, Any

from gradcli.errors import GradcliError, InputError, located
from gradcli.formats.opening import identity_of, open_source
from gradcli.model.axes import Axis
from gradcli.model.protocols import Hints, Identity, Source

if TYPE_CHECKING:
    from gradcli.formats.netcdf.twin import Pattern

DEFAULT = 64  # files that are open at once
EACH = 2**24  # bytes of the memory limit for each of them; libraries take about 1.5 MiB
FEWEST = 4


class _Entry:
    """A file that is open or about to be, and how many threads read it."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self.users = 0
        self.lock = Lock()


class Members:
    """Files that are opened when they are used, and closed when others need their place.

    Parameters
    ----------
    paths : sequence of str
    hints : Hints
    most : int, optional
        How many may be open at once. By default 64, or fewer where little memory is allowed.
    """

    def __init__(self, paths: Sequence[str], hints: Hints, most: int | None) -> None:
        self.paths = list(paths)
        self._hints = hints
        self._most = most or min(DEFAULT, max(FEWEST, hints.limits.memory // EACH))
        self._opened: dict[int, Identity | None] = {}
        self._pattern: Pattern | None = None
        self._twins: set[int] = set()
        self._start()

    def _start(self) -> None:
        self._open: OrderedDict[int, _Entry] = OrderedDict()
        self._changed = Condition()

    def identity(self, index: int) -> Identity | None:
        """Return what a file was when it was first opened: device, inode and size."""
        return self._opened.get(index)

    @contextmanager
    def using(self, index: int) -> Iterator[Source]:
        """Open a file unless it is open, and keep it open in this block.

        No thread may use a second one in such a block, or all could wait for each other.

        Raises
        ------
        GradcliError
            Whatever goes wrong, here or in the block, with the name of the file in front.
        """
        try:
            entry = self._enter(index)
            try:
                with entry.lock:
                    if entry.source is None:
                        entry.source = self.open(index, twins=True)
                yield entry.source
            finally:
                self._leave(index, entry)
        except GradcliError as error:
            raise located(self.paths[index], error) from error

    def _enter(self, index: int) -> _Entry:
        with self._changed:
            while index not in self._open and len(self._open) >= self._most:
                idle = next((i for i, entry in self._open.items() if not entry.users), None)
                if idle is None:
                    self._changed.wait()
                else:
                    _close(self._open.pop(idle))
            entry = self._open.setdefault(index, _Entry())
            self._open.move_to_end(index)
            entry.users += 1
            return entry

    def _leave(self, index: int, entry: _Entry) -> None:
        with self._changed:
            entry.users -= 1
            if entry.source is None and not entry.users:  # it could not be opened
                self._open.pop(index, None)
            self._changed.notify()

    def when_open(self, index: int, work: Callable[[Source], None]) -> None:
        """Do something with a file if it is open."""
        with self._changed:
            entry = self._open.get(index)
            source = None if entry is None else entry.source
        if source is not None:
            work(source)

    def open(self, index: int, twins: bool = False) -> Source:
        """Open a file beside those that are held; the caller closes it.

        With ``twins`` a file whose header is that of the first may be opened by its pattern.

        Raises
        ------
        InputError
            It cannot be opened, or has changed since it was first opened.
        """
        path = self.paths[index]
        source = self._opened_twin(index) if twins else None
        if source is None:
            source = open_source(path, self._hints)
        if self._opened.setdefault(index, source.opened) != source.opened:
            source.close()
            raise located(path, InputError("was changed since it was opened"))
        return source

    def _opened_twin(self, index: int) -> Source | None:
        known = index in self._opened
        if self._pattern is None or (known and index not in self._twins):
            return None
        path = self.paths[index]
        before = identity_of(path)
        if before is None:
            return None
        source: Source | None = self._pattern.open(path, known)
        if source is not None:
            source.opened = before
            self._twins.add(index)
        return source

    def take_pattern(self, index: int, source: Source, axis: Axis, coordinate: str | None) -> None:
        """Open files of which the headers are like that of this one with less work."""
        if source.format != "netcdf" or not axis.name or not coordinate:
            return
        from gradcli.formats.netcdf.twin import Pattern

        self._pattern = Pattern.of(source, axis.name, coordinate)
        self._twins.add(index)

    @property
    def has_pattern(self) -> bool:
        """Whether there is a file with which others are compared."""
        return self._pattern is not None

    def is_twin(self, source: Source) -> bool:
        """Return whether a file was opened by the pattern."""
        return self._pattern is not None and self._pattern.made(source)

    def reordered(self, order: Sequence[int]) -> None:
        """Put the files in another order, in which they are counted from now on."""
        places = {index: place for place, index in enumerate(order)}
        with self._changed:
            entries, self._open = self._open, OrderedDict()
            for index, entry in entries.items():
                if index in places:
                    self._open[places[index]] = entry
                else:
                    _close(entry)
        self.paths = [self.paths[index] for index in order]
        self._opened = {place: self._opened[index] for place, index in enumerate(order)}
        self._twins = {place for place, index in enumerate(order) if index in self._twins}

    def close(self) -> None:
        """Close the files that are open; they are opened again when they are used again."""
        with self._changed:
            while self._open:
                _close(self._open.popitem()[1])

    def __getstate__(self) -> dict[str, Any]:
        kept = {key: value for key, value in vars(self).items() if key not in ("_open", "_changed")}
        kept |= {"_pattern": None, "_twins": set()}
        return kept | {"paths": [os.path.abspath(path) for path in self.paths]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._start()


def _close(entry: _Entry) -> None:
    if entry.source is not None:
        entry.source.close()
