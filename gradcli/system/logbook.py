"""The events that a worker process reports to its supervisor, and the state they add up to."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from select import PIPE_BUF
from typing import Any, NamedTuple


class Item(NamedTuple):
    """An input of a command, and the output folder if one was asked for."""

    path: str
    folder: str | None = None


class Outcome(NamedTuple):
    """The outcome of an input: text for stdout and stderr, an exit code, whether it was skipped."""

    out: str
    err: str
    code: int
    skipped: bool = False


# Works on an input with a number of bytes and threads; calls the last argument after each block.
Work = Callable[[Item, int, int, Callable[[int, int], None]], Outcome]


class Claims(dict[str, str]):
    """Which input each file belongs to, so that no two inputs write the same.

    Processes that are forked after `share` know each other's claims: they are lines of a file in
    memory, which is locked while one looks and adds its own.
    """

    def __init__(self, *given: Mapping[str, str], **named: str) -> None:
        super().__init__(*given, **named)
        self._file: int | None = None
        self._read = 0
        self._lock = threading.Lock()

    def share(self) -> None:
        """Let processes that are forked from now on know what the others claim."""
        if self._file is None:
            self._file = os.memfd_create("claims")

    def setdefault(self, path: str, owner: str, /) -> str:
        """Claim a file for an input unless it belongs to one, and return that.

        >>> claims = Claims()
        >>> claims.setdefault("out.npy", "a.npy"), claims.setdefault("out.npy", "b.npy")
        ('a.npy', 'a.npy')
        """
        if self._file is None or path in self:
            return super().setdefault(path, owner)
        with self._lock:  # the file is locked for a process, not for a thread
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                return self._claim(self._file, path, owner)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _claim(self, file: int, path: str, owner: str) -> str:
        lines = os.pread(file, os.fstat(file).st_size - self._read, self._read)
        for line in lines.splitlines():
            super().setdefault(*json.loads(line))
        self._read += len(lines)
        if path not in self:
            self._read += os.pwrite(file, _line((path, owner)), self._read)
        return super().setdefault(path, owner)


class Logbook:
    """The state of a command; a worker also writes each event to a pipe, as a line of JSON.

    A worker that replaces one that died reads here which inputs are left.

    Attributes
    ----------
    items : list of Item
        The inputs, once they are known.
    batch, as_json : bool
        Whether the run goes on after an input fails; whether reports are JSON.
    begun : list of int
        Inputs that are being worked on.
    outcomes : dict of int to Outcome
        Outcomes of the inputs that are done. The text is dropped once it was printed.
    shown : set of int
        Inputs whose outcome was printed.
    suspects : list of int
        Inputs that were being worked on at the same time when a worker died.
    names : list of str
        Temporary files and folders that were created or are about to be.
    claims : Claims
        Which input each file belongs to. These are not reported.
    pipe : int or None
        The descriptor that a worker writes events to, or None without a supervisor.
    shared : bool
        Whether other processes write to ``pipe`` too.
    forker : int or None
        The descriptor for events to the process that forked this worker, if that is another.
    watcher : int or None
        The process ID of the supervisor.
    """

    def __init__(self, pipe: int | None = None, suspects: Iterable[int] = ()) -> None:
        self.items: list[Item] = []
        self.batch = self.as_json = False
        self.begun: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.shown: set[int] = set()
        self.suspects = list(suspects)
        self.names: list[str] = []
        self.claims = Claims()
        self.pipe = pipe
        self.shared = False
        self.forker: int | None = None
        self.watcher: int | None = None
        self._lock = threading.Lock()

    def set_out(self, items: list[Item], batch: bool, as_json: bool) -> None:
        """Report which inputs there are."""
        self._tell("set_out", items, batch, as_json)

    def begin(self, index: int) -> None:
        """Report that work on an input begins."""
        self._tell("begin", index)

    def put_off(self, index: int) -> None:
        """Report that an input was given up for now and will begin again later."""
        self._tell("put_off", index)

    def end(self, index: int, outcome: Outcome) -> None:
        """Report that an input is done; its outcome is printed when its turn comes."""
        self._tell("end", index, outcome)

    def show(self, index: int, outcome: Outcome) -> None:
        """Report that an input is done and that its outcome was printed."""
        self._tell("show", index, outcome.code, outcome.skipped)

    def name(self, path: str) -> None:
        """Report that a temporary file or folder is about to be created."""
        self._tell("name", path)

    def hear(self, event: list[Any]) -> None:
        """Enter an event that another process has reported itself."""
        with self._lock:
            self._enter(*event)

    def send(self, *words: Any) -> None:
        """Write what is no event to the process that forked this one."""
        with self._lock:
            _write(self.forker, _line(words))

    def _tell(self, *event: Any) -> None:
        with self._lock:
            self._enter(*event)
            line = _line(event)
            _write(self.forker, line)
            if not _write(self.pipe, self._whole(line, event) if self.shared else line):
                signal.raise_signal(signal.SIGTERM)  # the supervisor is gone

    def _whole(self, line: bytes, event: tuple[Any, ...]) -> bytes:
        """Return a line that is not mixed with those that other processes write meanwhile."""
        if len(line) <= PIPE_BUF:
            return line
        if event[0] != "end":
            return b""  # a name that is this long is found by the next run
        index, outcome = event[1:]
        note = f"Note: {self.items[index].path[:500]}: what was to be printed is lost"
        return _line(("end", index, outcome._replace(out="", err=note)))

    def read(self, text: bytes) -> None:
        """Apply the events that a worker has written; an incomplete last line is ignored."""
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
            self._forget(*what)
        elif event == "end":
            index, outcome = what
            self.outcomes[index] = Outcome(*outcome)
            self._forget(index)
        elif event == "show":
            index, code, skipped = what
            self.outcomes[index] = Outcome("", "", code, skipped)
            self.shown.add(index)
            self._forget(index)
        else:
            self.names += what

    def _forget(self, index: int) -> None:
        # It may have been told twice, or an event of another process comes late.
        self.begun = [other for other in self.begun if other != index]

    def bury(self) -> list[int]:
        """Close the log of a worker that died, and return the inputs that failed.

        If the worker was busy with several inputs, any of them may be the cause. None is counted
        as failed; they become suspects, to be worked on again one at a time.
        """
        begun, self.begun = self.begun, []
        if len(begun) > 1:
            self.suspects = [*begun, *(i for i in self.suspects if i not in begun)]
            return []
        return begun


def _line(event: tuple[Any, ...]) -> bytes:
    return json.dumps(event).encode() + b"\n"


def _write(pipe: int | None, line: bytes) -> bool:
    """Write a line to a pipe, if there is one; return whether somebody reads it."""
    rest = memoryview(line)
    try:
        while rest and pipe is not None:
            rest = rest[os.write(pipe, rest) :]
    except BrokenPipeError:
        return False
    return True
