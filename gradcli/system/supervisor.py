"""A supervisor process that survives when a C library crashes in the worker process.

The command forks before anything heavy is imported. The child does the work. The parent waits,
forwards signals and, if the child dies, removes its temporary files and reports the error in one
line. In a batch it then forks a new child, which goes on with the inputs that are left.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from gradcli.errors import one_line, printable
from gradcli.system.logbook import Logbook, Outcome

ASKED_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FORWARDED = (*ASKED_TO_END, signal.SIGTSTP, signal.SIGCONT)
GRACE = 10  # seconds until a child that was asked to end is killed: C code may not react
UNREAD = 2**24  # bytes of events that wait to be decoded, which is only needed if a child dies
PR_SET_PDEATHSIG = 1  # from prctl.h of Linux


def supervise() -> Logbook:
    """Fork; return in the child, which does the work, while the parent waits.

    The parent exits with the exit code of the child. If no process can be forked, this process
    returns and does the work itself. The log that is returned says which inputs are left.
    """
    log = Logbook()
    handlers = {number: signal.getsignal(number) for number in FORWARDED}
    while True:
        # Block signals until parent and child have their handlers.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        reading, writing = os.pipe()
        log.pipe, log.watcher = writing, os.getpid()
        try:
            child = os.fork()
        except OSError:
            child, log.pipe = 0, None
            os.close(writing)
        if child == 0:
            os.close(reading)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return log
        os.close(writing)
        watch = _Watch(child, log)
        for number, handler in handlers.items():
            if handler != signal.SIG_IGN:  # nohup and background jobs ignore signals
                signal.signal(number, watch.stop if number == signal.SIGTSTP else watch.forward)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        watch.wait(reading)


class _Watch:
    """The supervision of one child."""

    def __init__(self, child: int, log: Logbook) -> None:
        self._child = child
        self._log = log
        self._before = len(log.outcomes)
        self._asked: int | None = None

    def forward(self, number: int, _: FrameType | None) -> None:
        """Forward a signal to the child, which ignores it if the terminal sent it one already."""
        if number in ASKED_TO_END:
            self._asked = self._asked or number
            signal.signal(signal.SIGALRM, self._kill)
            signal.alarm(GRACE)
        with suppress(ProcessLookupError):
            os.kill(self._child, number)

    def _kill(self, _: int, __: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Suspend the child and this process; SIGCONT resumes both."""
        self.forward(number, frame)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self.stop)

    def wait(self, reading: int) -> None:
        """Wait for the child and exit as it did; return if a new child must go on with a batch."""
        told = bytearray()
        for piece in _heard(reading):
            told += piece
            if len(told) > UNREAD:  # texts of outcomes are dropped once they were printed
                whole = told.rindex(b"\n") + 1
                self._log.read(bytes(told[:whole]))
                del told[:whole]
        os.close(reading)
        _, status = os.waitpid(self._child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            os._exit(code)
        self._log.read(bytes(told))
        remove_names(self._log.names)
        asked = self._asked or (-code if -code in ASKED_TO_END else None)
        if asked:
            os._exit(128 + asked)
        bury(self._log, -code, went_on=len(self._log.outcomes) > self._before)


def _heard(reading: int) -> Iterator[bytes]:
    """Yield what a child writes until it closes the pipe, and let signal handlers run meanwhile.

    If a signal came just before a blocking read, its handler would wait until the child writes
    again. Signals therefore also write a byte to a second pipe, which ends the wait.
    """
    waking, woken = os.pipe()
    os.set_blocking(waking, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    try:
        while True:
            ready, _, _ = select.select([reading, waking], [], [])
            if waking in ready:
                os.read(waking, 2**10)
            if reading in ready:
                piece = os.read(reading, 2**16)
                if not piece:
                    return
                yield piece
    finally:
        signal.set_wakeup_fd(-1)
        os.close(waking)
        os.close(woken)


def remove_names(names: Iterable[str]) -> None:
    """Remove those temporary files and folders that exist."""
    for name in names:
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass
        except OSError:
            import shutil

            shutil.rmtree(name, ignore_errors=True)


def bury(log: Logbook, number: int, went_on: bool = False) -> None:
    """Record the input that a worker died of; exit unless the rest of a batch is left to do.

    A worker that was not busy has ``went_on`` if it had done inputs of the batch, or others for it.
    """
    busy = bool(log.begun)
    failed = log.bury()
    for index in failed:
        log.outcomes[index] = failure(log.items[index].path, obituary(number), 1, log.as_json)
    if log.batch and (busy or went_on):
        return
    shown = [log.outcomes[index] for index in failed]
    _leave(*shown or [Outcome("", f"Error: {obituary(number)}", 1)])


def _leave(outcome: Outcome) -> NoReturn:
    for stream, text in ((sys.stdout, outcome.out), (sys.stderr, outcome.err)):
        if text:
            with suppress(OSError):
                print(text, file=stream, flush=True)
    os._exit(outcome.code)


def failure(path: str, text: str, code: int, as_json: bool) -> Outcome:
    """Return the outcome of an input that failed: a line and, with ``as_json``, a JSON object."""
    import json

    line, place = printable(one_line(text)), printable(path)
    line = line if line.startswith(f"{place}: ") else f"{place}: {line}"
    told = {"status": "failed", "input": path, "error": line, "exit_code": code}
    return Outcome(json.dumps(told) if as_json else "", f"Error: {line}", code)


def obituary(number: int) -> str:
    """Return an error message for a process that a signal killed, and what may help.

    >>> obituary(signal.SIGSEGV)
    'the process that read it was killed by SIGSEGV (segmentation fault); the file may be damaged'
    """
    if number == signal.SIGKILL:
        return (
            "the process that worked on it was killed (SIGKILL); memory has probably run out: "
            "a smaller --memory or fewer --jobs may do"
        )
    if number == signal.SIGPROF:
        return "the library that reads it does not finish; the file is probably damaged"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    words = (signal.strsignal(number) or "unknown").lower()
    text = f"the process that read it was killed by {name} ({words}); the file may be damaged"
    # Libraries also abort when they get no memory.
    return f"{text}, or memory has run out (--memory)" if number == signal.SIGABRT else text


def be_watched(log: Logbook) -> None:
    """Report temporary files to the supervisor, if there is one, before they are created.

    On Linux, also ask the kernel to kill this process when the supervisor dies.
    """
    if log.pipe is None:
        return
    from gradcli.system.watch import WATCHED

    WATCHED.on_name = log.name
    end_with(log.watcher)


def end_with(parent: int | None, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent dies, if it is Linux."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
