"""Worker processes that take small inputs of a batch from the process that forked them.

Small inputs spend their time in Python, which runs one thread of a process. All workers take the
numbers of inputs from one pipe, so that none waits while there are any. Each writes the events of
its log to a pipe of its own, and to the supervisor. The process that forked it enters them into
the log of the command.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, NoReturn, Self

from gradcli.system.logbook import Logbook, Outcome
from gradcli.system.supervisor import (
    ASKED_TO_END,
    FORWARDED,
    end_with,
    failure,
    obituary,
    remove_names,
)

ORPHANED = signal.SIGUSR1  # sent to a worker when the process that forked it dies
LEFT = 75  # exit code of a worker that leaves its input to the process that forked it
SIZE = 8  # bytes of a number in the pipe
AHEAD = 64  # inputs in the pipe beside those at hand, so that none waits for this process
PATIENCE = 1.0  # seconds after which signals are looked for that came just before a wait
KEPT = b'["begin"', b'["name"', b'["put_off"', b'["end"'  # events of the log of a command
REFRESH = 0.1  # seconds between reports of the blocks of an input

# Reports how much of an input is done: its number, bytes done, bytes in all.
Advance = Callable[[int, int, int], None]
# Works on an input and returns its outcome, or None if it was put off.
Do = Callable[[int, Advance], Outcome | None]


class _Worker:
    """What is known of a worker: its process, its events, its input and its temporary names."""

    def __init__(self, pid: int, events: int) -> None:
        self.pid, self.events = pid, events
        self.begun: int | None = None
        self.used = False
        self.names: list[str] = []
        self.unread = b""

    def lines(self) -> list[bytes] | None:
        """Return the events that have arrived, or None if the worker has ended."""
        piece = os.read(self.events, 2**16)
        *whole, self.unread = (self.unread + piece).split(b"\n")
        return whole if piece else None


class Workers:
    """A pool of processes that work on inputs of a batch; a context manager.

    A worker that dies fails the input that it had begun, and another is forked. At the end all
    workers have ended: at once if an error or a signal ends the batch.

    Parameters
    ----------
    log : Logbook
    count : int
        How many processes work.
    do : callable
        Works on one input, given its number, in a worker.
    advance : callable
        Called here with what workers report of the blocks of an input.
    fail_fast : bool
        Whether no input is begun after one has failed.
    """

    def __init__(self, log: Logbook, count: int, do: Do, advance: Advance, fail_fast: bool) -> None:
        self._log, self._do, self._advance = log, do, advance
        self._count = count
        self._fail_fast = fail_fast
        self._workers: list[_Worker] = []
        self._handed: set[int] = set()
        self._made: dict[int, Outcome | None] = {}
        self._over = self._strays = self._orphaned = False
        self._told = 0.0  # when a worker reported last, in that worker

    def __enter__(self) -> Self:
        self._log.shared = True
        self._log.claims.share()
        self._tasks, self._handing = os.pipe()
        self._resumed = signal.signal(signal.SIGCONT, self._resume)
        for _ in range(self._count):
            self._fork()
        return self

    def __exit__(self, kind: object, error: object, /, *_: object) -> None:
        # A worker ends when it finds the end of the tasks. A terminal may have sent it the same
        # signal already, which it then ignores.
        number = getattr(error, "number", signal.SIGTERM)
        os.close(self._handing)
        os.close(self._tasks)
        for worker in self._workers if kind is not None else ():
            os.kill(worker.pid, number)
        for worker in self._workers:
            while (lines := worker.lines()) is not None:
                self._enter(worker, [line for line in lines if line.startswith(KEPT)])
            os.waitpid(worker.pid, 0)
            os.close(worker.events)
            remove_names(worker.names)
        signal.signal(signal.SIGCONT, self._resumed)

    def _resume(self, number: int, _: FrameType | None) -> None:
        for worker in self._workers:
            os.kill(worker.pid, number)

    def outcomes(self, indices: Sequence[int]) -> Iterator[tuple[int, Outcome | None]]:
        """Yield inputs with their outcomes, in order; None for those that are left to do.

        These were put off, need this process to end the command, or come after a failure.
        """
        waiting = deque(indices)
        for index in indices:
            while index not in self._made:
                self._hand_out(waiting)
                if index not in self._handed:
                    break
                self._listen()
            yield index, self._made.pop(index, None)

    def _hand_out(self, waiting: deque[int]) -> None:
        if not self._workers:
            self._handed.clear()
            return
        most = len(self._workers) + (0 if self._fail_fast else AHEAD)
        while waiting and len(self._handed) < most and not self._over:
            index = waiting.popleft()
            self._handed.add(index)
            os.write(self._handing, index.to_bytes(SIZE, "little"))

    def _listen(self) -> None:
        ready, _, _ = select.select([each.events for each in self._workers], [], [], PATIENCE)
        for worker in [each for each in self._workers if each.events in ready]:
            lines = worker.lines()
            if lines is None:
                self._bury(worker)
            else:
                self._enter(worker, lines)
        # A worker may have died between taking a task and saying so.
        idle = not ready and all(worker.begun is None for worker in self._workers)
        if self._strays and idle and not select.select([self._tasks], [], [], 0)[0]:
            self._handed.clear()

    def _enter(self, worker: _Worker, lines: list[bytes]) -> None:
        for line in lines:
            event, *what = told = json.loads(line)
            if event == "advance":
                self._advance(*what)
            else:
                self._log.hear(told)
                self._note(worker, event, *what)

    def _note(self, worker: _Worker, event: str, *what: Any) -> None:
        if event == "begin":
            worker.used, worker.begun, worker.names = True, what[0], []
        elif event == "name":
            worker.names += what
        else:
            self._ends(worker, what[0], Outcome(*what[1]) if event == "end" else None)

    def _ends(self, worker: _Worker, index: int, outcome: Outcome | None) -> None:
        worker.begun = None
        self._handed.discard(index)
        self._made[index] = outcome
        if outcome is not None and outcome.code and self._fail_fast:
            self._over = True

    def _bury(self, worker: _Worker) -> None:
        """See to the input of a worker that has ended, and to what it left."""
        self._workers.remove(worker)
        _, status = os.waitpid(worker.pid, 0)
        os.close(worker.events)
        remove_names(worker.names)
        code = os.waitstatus_to_exitcode(status)
        number = -code if code < 0 else code - 128
        if number in ASKED_TO_END:
            signal.raise_signal(number)  # whoever ends one of them ends the command
        index = worker.begun
        if index is None:
            self._strays = True
        elif code >= 0:
            self._log.put_off(index)
            self._ends(worker, index, None)
            self._over = True
        else:
            item = self._log.items[index]
            outcome = failure(item.path, obituary(-code), 1, self._log.as_json)
            self._log.end(index, outcome)
            self._ends(worker, index, outcome)
        if code < 0 and worker.used and is_single():
            self._fork()

    def _fork(self) -> None:
        """Fork a worker; if no process can be forked, there is one fewer."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        events, writing = os.pipe()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            os.close(events)
            os.close(writing)
        else:
            if pid == 0:
                for end in (self._handing, events, *(other.events for other in self._workers)):
                    os.close(end)
                self._serve(parent, writing, mask)
            os.close(writing)
            self._workers.append(_Worker(pid, events))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _serve(self, parent: int, writing: int, mask: set[Any]) -> NoReturn:
        """Work on inputs in the process that was forked."""
        code = LEFT
        try:
            signal.signal(signal.SIGCONT, self._resumed)
            signal.signal(ORPHANED, self._go_on)
            end_with(parent, ORPHANED)
            os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when they are started
            # The supervisor is told too. It waits until this process has ended as well.
            self._log.forker = writing
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            while not self._orphaned and (task := os.read(self._tasks, SIZE)):
                index = int.from_bytes(task, "little")
                outcome = self._do(index, self._report)
                if outcome is not None:
                    self._log.end(index, outcome)
            code = 0
        except KeyboardInterrupt as error:
            code = 128 + getattr(error, "number", signal.SIGINT)
        finally:
            os._exit(code)

    def _report(self, index: int, done: int, count: int) -> None:
        now = time.monotonic()
        if now - self._told > REFRESH:
            self._told = now
            self._log.send("advance", index, done, count)

    def _go_on(self, _: int, __: FrameType | None) -> None:
        """Finish the input at hand, which the supervisor is told of, unless that is gone too."""
        waiting = select.poll()
        if self._log.pipe is not None:
            waiting.register(self._log.pipe, 0)
        if self._log.pipe is None or waiting.poll(0):  # it has no reader
            os.kill(os.getpid(), signal.SIGKILL)
        self._orphaned = True


def is_single() -> bool:
    """Return whether this process has one thread, those of libraries counted.

    Libraries whose threads are not forked would wait for them for ever. Only Linux tells.
    """
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False
