"""Signals that end a run, so that it removes its temporary files first."""

from __future__ import annotations

import signal
import sys

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN = 0.01  # seconds until what Python has dropped is raised again


class Terminated(KeyboardInterrupt):
    """Raised when a signal asks the run to end, so that temporary files are removed.

    It is a KeyboardInterrupt because CPython's compiler swallows every other exception that a
    signal handler raises while a module is compiled.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_on_signals() -> None:
    """Raise Terminated when a signal asks this process to end."""
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup and background jobs ignore it
            signal.signal(number, _end)
    sys.unraisablehook = _raise_again


def _end(number: int, _: object) -> None:
    # A second signal would interrupt the cleanup.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Terminated(number)


def _raise_again(dropped: sys.UnraisableHookArgs) -> None:
    """Raise Terminated a moment later, if it came where Python lets no exception through.

    Such places are the ends of objects, those of HDF5 among them, and calls from C.
    """
    if not isinstance(dropped.exc_value, Terminated):
        sys.__unraisablehook__(dropped)
        return
    number = dropped.exc_value.number

    def again(*_: object) -> None:
        raise Terminated(number)

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)
