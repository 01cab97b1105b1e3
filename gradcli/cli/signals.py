"""Signals that end a run, so that it removes its temporary files first."""

from __future__ import annotations

import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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


def _end(number: int, _: object) -> None:
    # A second signal would interrupt the cleanup.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise Terminated(number)
