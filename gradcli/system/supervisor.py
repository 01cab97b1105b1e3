"""A process that outlives what C libraries do: it watches the one that works, and speaks for it.

The command forks before anything heavy is imported. The child works; the parent waits, forwards
signals, removes what a child that died has left, and says so in one line. In a batch a new child
goes on with the rest.
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
GRACE = 10  # seconds for a child that was asked to end: inside a C library it hears nothing
PR_SET_PDEATHSIG = 1  # as prctl.h of Linux numbers it


def supervise() -> Logbook:
    """Return in a child, which does the work; the parent leaves with the child's exit code.

    Where no process can be forked this one returns. The log says what is left to do.
    """
    log = Logbook()
    handlers = {number: signal.getsignal(number) for number in FORWARDED}
    while True:
        # A signal is for one of the two, not for what is halfway between them.
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
            if handler != signal.SIG_IGN:  # as nohup and background jobs have it
                signal.signal(number, watch.stop if number == signal.SIGTSTP else watch.forward)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        watch.wait(reading)


class _Watch:
    """What a supervisor does for one child."""

    def __init__(self, child: int, log: Logbook) -> None:
        self._child = child
        self._log = log
        self._asked: int | None = None

    def forward(self, number: int, _: FrameType | None) -> None:
        """Pass a signal on; a child that has it from its terminal takes the first alone."""
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
        """Stop the child and this process; SIGCONT lets both go on."""
        self.forward(number, frame)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self.stop)

    def wait(self, reading: int) -> None:
        """Leave as the child does; return where another has to go on with a batch."""
        told = bytearray().join(_heard(reading))
        os.close(reading)
        _, status = os.waitpid(self._child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            os._exit(code)
        self._log.read(bytes(told))
        remove_names(self._log.names)
        end = self._asked or (-code if -code in ASKED_TO_END else None)
        if end:
            os._exit(128 + end)
        bury(self._log, -code)


def _heard(reading: int) -> Iterator[bytes]:
    """Yield what a child says, to its end; handlers of signals run meanwhile.

    Those of one that comes between the last look at signals and a blocking read would wait for
    the child to say more: the signal is a byte in a second pipe too.
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
    """Remove temporary files and folders, where they are."""
    for name in names:
        try:
            os.unlink(name)
        except FileNotFoundError:
            pass
        except OSError:
            import shutil

            shutil.rmtree(name, ignore_errors=True)


def bury(log: Logbook, number: int) -> None:
    """Note the input that a worker died of; return where the rest of a batch is to be done."""
    busy = bool(log.begun)
    failed = log.bury()
    for index in failed:
        log.outcomes[index] = failure(log.items[index].path, obituary(number), 1, log.as_json)
    if log.batch and busy:
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
    """Return the outcome of an input that failed: a line, and an object where reports are JSON."""
    import json

    line, place = printable(one_line(text)), printable(path)
    line = line if line.startswith(f"{place}: ") else f"{place}: {line}"
    told = {"input": path, "error": line, "exit_code": code}
    return Outcome(json.dumps(told) if as_json else "", f"Error: {line}", code)


def obituary(number: int) -> str:
    """Return what a process died of, and what may help.

    >>> obituary(signal.SIGSEGV)
    'the process that read it was killed by SIGSEGV (segmentation fault); the file may be damaged'
    """
    if number == signal.SIGKILL:
        return (
            "the process that worked on it was killed (SIGKILL); memory has probably run out: "
            "a smaller --memory or fewer --jobs may do"
        )
    if number == signal.SIGPROF:
        return "the library that reads it comes to no end; the file is probably damaged"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    words = (signal.strsignal(number) or "unknown").lower()
    text = f"the process that read it was killed by {name} ({words}); the file may be damaged"
    # So do libraries end that get no memory.
    return f"{text}, or memory has run out (--memory)" if number == signal.SIGABRT else text


def be_watched(log: Logbook) -> None:
    """Let the process that watches, where there is one, know temporary files before they are made.

    This one is killed when that is gone, where systems can do so.
    """
    if log.pipe is None:
        return
    from gradcli.system.watch import WATCHED

    WATCHED.on_name = log.name
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != log.watcher:
        os.kill(os.getpid(), signal.SIGKILL)
