"""What the process that works tells the one that watches it: which input, which temporary names."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Item(NamedTuple):
    """An input of a command, and the folder for its results where one was asked for."""

    path: str
    folder: str | None = None


class Outcome(NamedTuple):
    """What became of an input: text for stdout and stderr, and an exit code."""

    out: str
    err: str
    code: int


# Does an input with so much memory and so many threads, and tells of each block.
Work = Callable[[Item, int, int, Callable[[int, int], None]], Outcome]


@dataclass
class Logbook:
    """What has happened in a command; a worker also writes it into a pipe, a line an event.

    A worker that takes over from one that died finds here what is left to do.

    Attributes
    ----------
    items : list of Item
        The inputs, once they are known.
    batch, as_json : bool
        Whether an input that fails leaves the others to be done; whether reports are JSON.
    begun : list of int
        Inputs that are being worked on.
    outcomes : dict of int to Outcome
        Of inputs that are done; the text of one that was printed is forgotten.
    shown : set of int
        Inputs whose outcome was printed.
    suspects : list of int
        Inputs that were being worked on, several at once, when a worker died.
    names : list of str
        Temporary files and folders, made or about to be made.
    pipe : int or None
        Where a worker writes; None where nobody listens.
    watcher : int or None
        The process that listens.
    """

    items: list[Item] = field(default_factory=list)
    batch: bool = False
    as_json: bool = False
    begun: list[int] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    suspects: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    pipe: int | None = None
    watcher: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_out(self, items: list[Item], batch: bool, as_json: bool) -> None:
        """Say which inputs there are."""
        self._tell("set_out", items, batch, as_json)

    def begin(self, index: int) -> None:
        """Say that an input is being worked on."""
        self._tell("begin", index)

    def put_off(self, index: int) -> None:
        """Say that an input will be begun once more."""
        self._tell("put_off", index)

    def end(self, index: int, outcome: Outcome) -> None:
        """Say that an input is done, and that its outcome is to be printed in its turn."""
        self._tell("end", index, outcome)

    def show(self, index: int, code: int) -> None:
        """Say that an input is done, and that its outcome was printed."""
        self._tell("show", index, code)

    def name(self, path: str) -> None:
        """Say that a temporary file or folder is about to be made."""
        self._tell("name", path)

    def _tell(self, *event: Any) -> None:
        with self._lock:
            self._enter(*event)
            if self.pipe is None:
                return
            line = memoryview(json.dumps(event).encode() + b"\n")
            try:
                while line:
                    line = line[os.write(self.pipe, line) :]
            except BrokenPipeError:  # nobody watches any more
                signal.raise_signal(signal.SIGTERM)

    def read(self, text: bytes) -> None:
        """Enter the events that a worker has written, down to its last whole line."""
        for line in text.splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._enter(*json.loads(line))

    def _enter(self, event: str, *what: Any) -> None:
        if event == "set_out":
            items, self.batch, self.as_json = what
            self.items = [Item(*item) for item in items]
        elif event == "begin":
            self.begun += what
        elif event == "put_off":
            self.begun.remove(*what)
        elif event == "end":
            index, outcome = what
            self.outcomes[index] = Outcome(*outcome)
            self.begun.remove(index)
        elif event == "show":
            index, code = what
            self.outcomes[index] = Outcome("", "", code)
            self.shown.add(index)
            self.begun = [other for other in self.begun if other != index]
        else:
            self.names += what

    def bury(self) -> list[int]:
        """Close the log of a worker that died while it worked; return the inputs that failed.

        Where it was busy with several inputs, none has failed yet: they are to be worked on one
        at a time.
        """
        begun, self.begun = self.begun, []
        if len(begun) > 1:
            self.suspects = [*begun, *(i for i in self.suspects if i not in begun)]
            return []
        return begun
