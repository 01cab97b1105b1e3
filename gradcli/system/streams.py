"""Standard input read as bytes arrive, and standard output written without a buffer."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gradcli.errors import InputError, OutputError
from gradcli.system.paths import read_error

PIPE_BYTES = 2**20  # capacity of the pipe; a larger one needs fewer switches between processes
HEAD_BYTES = 8
GONE = select.POLLERR | select.POLLHUP


class Feed:
    """Bytes that arrive at a file descriptor.

    Parameters
    ----------
    descriptor : int
    answers : int, optional
        The descriptor that the results go to. When its reader closes it, waiting for more input
        ends with a BrokenPipeError.

    Attributes
    ----------
    descriptor : int
    ended : bool
        Whether the end of the input was reached.
    taken : list of bytes or None
        Everything that was read so far, or None after `keep_no_more` was called.
    """

    def __init__(self, descriptor: int, answers: int | None = None) -> None:
        self.ended = False
        self.taken: list[bytes] | None = []
        self.descriptor = descriptor
        self._answers = answers
        self._back = b""
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        if answers is not None:
            self._poll.register(answers, 0)
        _widen(descriptor)

    def waits(self, seconds: float | None) -> bool:
        """Return whether bytes or the end of the input arrive within some seconds."""
        while True:
            found = dict(self._poll.poll(None if seconds is None else 1000 * seconds))
            if self._answers is not None and found.get(self._answers, 0) & GONE:
                raise BrokenPipeError
            if self.descriptor in found or not found:
                return self.descriptor in found
            # The output is a kind of file that cannot be polled.
            self._poll.unregister(found.popitem()[0])

    def read(self, most: int, patience: float | None = None) -> bytes | None:
        """Return the bytes that have arrived, at most ``most``; wait for the first of them.

        Empty bytes mean the end of the input. None means that nothing came within ``patience``
        seconds.
        """
        parts: list[bytes] = []
        if self._back:
            parts, self._back = [self._back[:most]], self._back[most:]
        size = sum(map(len, parts))
        while size < most and not self.ended:
            if not self.waits(0 if parts else patience):
                break
            try:
                data = os.read(self.descriptor, most - size)
            except OSError as error:
                raise read_error(error) from error
            self.ended = not data
            size += len(data)
            parts.append(data)
        if not parts and not self.ended:
            return None
        data = b"".join(parts)
        if self.taken is not None:
            self.taken.append(data)
        return data

    def put_back(self) -> None:
        """Put back everything that was read, to be read again."""
        self._back = b"".join([*(self.taken or []), self._back])
        self.taken = []

    def keep_no_more(self) -> None:
        """Stop keeping the bytes that are read, so that `put_back` has nothing to put back."""
        self.taken = None

    def rest(self) -> Iterator[bytes]:
        """Yield everything that was read before, and then the rest of the input."""
        self.put_back()
        self.keep_no_more()
        while data := self.read(PIPE_BYTES):
            yield data


def standard_input(answers: bool) -> Feed:
    """Return standard input as a feed; with ``answers``, notice if stdout loses its reader."""
    if sys.stdin is None:
        raise InputError("standard input is closed")
    watched = sys.stdout.fileno() if answers and sys.stdout is not None else None
    return Feed(0, watched)


def begin(feed: Feed) -> bytes:
    """Return the first bytes of an input without consuming them."""
    head = b""
    while len(head) < HEAD_BYTES and b"\n" not in head:
        data = feed.read(HEAD_BYTES - len(head))
        if not data:
            break
        head += data
    feed.put_back()
    return head


class Outlet:
    """A descriptor that is written without a buffer, so that nothing needs flushing at the end."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    def send(self, data: bytes | memoryview) -> None:
        """Write all bytes."""
        rest = memoryview(data).cast("B")
        while rest:
            with _when_ready(self._fd):
                rest = rest[os.write(self._fd, rest) :]


def standard_output() -> Outlet:
    """Return standard output as an unbuffered outlet."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    sys.stdout.flush()
    return Outlet(sys.stdout.fileno())


@contextmanager
def _when_ready(descriptor: int) -> Iterator[None]:
    """Wait until a descriptor can be written, if another process made it non-blocking."""
    try:
        yield
    except BlockingIOError:
        select.select([], [descriptor], [])


def _widen(descriptor: int) -> None:
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
