"""A process that has imported everything once, and forks for each run of the command.

A start of Python with all its imports takes ten times as long as most runs. Forked processes run
the same command line. What they do not show is the start itself, and how the interpreter takes
modules apart at its end: tests of those start real processes.
"""

from __future__ import annotations

import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from io import FileIO
from pathlib import Path

from tests.forked import Start, load, run, take
from tests.memory import UNIT
from tests.places import ROOT

# Variables that are read when a command runs, not when Python or a library starts.
READ_LATE = ("GRADCLI", "NO_COLOR", "TERM", "TMPDIR", "TEMP", "TMP", "PYTEST_CURRENT_TEST")
READ_LATE += ("AWS_",)  # when obstore connects to a server
READ_LATE += ("_RJEM_MALLOC_CONF",)  # polars sets it, in this process and in the server
READ_LATE += ("PYTHONIOENCODING",)  # when `tests.forked` opens the standard streams
PATIENCE = 60
GRACE = 5  # seconds in which a process that was killed is gone
COUNT = 8  # bytes of a number that says how long a message is


class Server:
    """The side of the tests; several threads may use it at once."""

    def __init__(
        self,
        python: tuple[str, ...],
        environment: dict[str, str],
        home: Path = ROOT,
        also: tuple[str, ...] = (),
    ) -> None:
        self._environment = environment
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [*python, "-m", "tests.cli.server", str(theirs.fileno()), *also],
                cwd=home,  # its gradcli comes before others
                env=environment | {"PYTHONPATH": _first(ROOT, environment.get("PYTHONPATH"))},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End the process, which hears that nobody is there any more."""
        self._socket.close()
        self._process.wait()

    def knows(self, environment: dict[str, str]) -> bool:
        """Return whether a command would find all as it should that was read at the start."""
        both = environment.keys() | self._environment.keys()
        changed = {key for key in both if environment.get(key) != self._environment.get(key)}
        return all(key.startswith(READ_LATE) for key in changed)

    def run(
        self,
        arguments: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
        stdin: bytes | None,
        patience: float,
    ) -> tuple[int, bytes, bytes, int]:
        """Return the exit code as ``subprocess`` counts it, stdout, stderr and the peak memory."""
        process = self.start(arguments, folder, environment, stdin is not None)
        out, err = process.communicate(stdin, patience)
        assert process.returncode is not None
        return process.returncode, out, err, process.peak

    def start(
        self,
        arguments: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
        speaking: bool = False,
        kind: type[Forked] | None = None,
    ) -> Forked:
        """Return the process of a run that has begun; its stdin is a pipe or the null device."""
        with ExitStack() as theirs:
            given = None
            if not speaking:
                source = os.open(os.devnull, os.O_RDONLY)
            else:
                source, given = os.pipe()
            out, out_end = os.pipe()
            err, err_end = os.pipe()
            told, tell = os.pipe()
            for descriptor in (source, out_end, err_end, tell):
                theirs.callback(os.close, descriptor)
            self._ask((source, out_end, err_end, tell), arguments, folder, environment)
        return (kind or Forked)(arguments, given, (out, err, told))

    def run_on(
        self,
        streams: tuple[int, int, int],
        arguments: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
    ) -> int:
        """Run with these descriptors as stdin, stdout and stderr; return the exit code."""
        told, tell = os.pipe()
        try:
            self._ask((*streams, tell), arguments, folder, environment)
        finally:
            for descriptor in (*streams, tell):
                os.close(descriptor)
        with open(told, encoding="ascii") as report:
            _, code, _ = report.read().split()
        return int(code)

    def _ask(
        self,
        streams: tuple[int, int, int, int],
        arguments: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
    ) -> None:
        words = json.dumps([arguments, str(folder), environment, _umask()]).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(words).to_bytes(COUNT)], streams)
            self._socket.sendall(words)


class Forked:
    """A run in a forked process, with what tests use of ``subprocess.Popen``.

    The server tells its number and, when it has ended, its exit code and the bytes of its peak.
    """

    def __init__(
        self, arguments: tuple[str, ...], given: int | None, outlets: tuple[int, int, int]
    ) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self.peak = 0
        self._given = given
        self._outlets = outlets
        self._told = outlets[-1]
        self._report = b""
        while b" " not in self._report:
            piece = os.read(self._told, COUNT)
            assert piece, "the server has ended"
            self._report += piece
        self.pid = int(self._report.split()[0])

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        while self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._hear(os.read(self._told, COUNT))
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, as soon as it has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            left = None if end is None else max(0.0, end - time.monotonic())
            if timeout is not None and not select.select([self._told], [], [], left)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self._hear(os.read(self._told, COUNT))
        return self.returncode

    def _hear(self, piece: bytes) -> None:
        self._report += piece
        if not piece:
            _, code, peak = self._report.split()
            self.returncode, self.peak = int(code), int(peak)

    def send_signal(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # the server has waited for it a moment ago
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        self.send_signal(signal.SIGKILL)

    def communicate(
        self, data: bytes | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        """Return all that it writes; one that takes too long is killed."""
        try:
            patience = PATIENCE if timeout is None else timeout
            found = _Conversation(self, self._given, data or b"", self._outlets).hold(patience)
        finally:
            for descriptor in self._outlets:
                os.close(descriptor)
        if found is None:
            raise subprocess.TimeoutExpired(self.args, patience)
        out, err, piece = found
        if self.returncode is None:
            self._report += piece
            self._hear(b"")
        return out, err


class Spoken(Forked):
    """A run whose standard streams are files, as those of ``subprocess.Popen`` are."""

    def __init__(
        self, arguments: tuple[str, ...], given: int | None, outlets: tuple[int, int, int]
    ) -> None:
        super().__init__(arguments, None, outlets)
        assert given is not None
        self.stdin: FileIO | None = FileIO(given, "w")
        self.stdout: FileIO | None = FileIO(outlets[0])
        self.stderr: FileIO | None = FileIO(outlets[1])
        self._talked = False

    def communicate(
        self, data: bytes | None = None, timeout: float | None = None
    ) -> tuple[bytes, bytes]:
        """Return all that it still writes, and close the streams; empty the second time."""
        if self._talked:
            return b"", b""
        self._talked = True
        if self.stdin is not None:
            self.stdin.close()
        left = (self.stdout, self.stderr)
        self._outlets = (*(_released(file) for file in left), self._told)
        return super().communicate(data, timeout)


def _released(file: FileIO | None) -> int:
    """Close a file and return another descriptor of it; an end of a pipe if it was closed."""
    if file is None or file.closed:
        kept, other = os.pipe()
        os.close(other)
    else:
        kept = os.dup(file.fileno())
        file.close()
    return kept


class _Conversation:
    """What goes into a process and comes out of it, until all has come.

    One that takes too long is killed.
    """

    def __init__(
        self, process: Forked, given: int | None, stdin: bytes, outlets: tuple[int, ...]
    ) -> None:
        self._process = process
        self._given = given
        self._left = memoryview(stdin)
        self._found = {descriptor: bytearray() for descriptor in outlets}
        self._told = outlets[-1]

    def hold(self, patience: float) -> list[bytes] | None:
        """Return what came out of each outlet, None where the process had to be killed."""
        end = time.monotonic() + patience
        with selectors.DefaultSelector() as waiting:
            if self._given is not None:
                os.set_blocking(self._given, False)
                waiting.register(self._given, selectors.EVENT_WRITE)
            for descriptor in self._found:
                waiting.register(descriptor, selectors.EVENT_READ)
            late = False
            while waiting.get_map():
                ready = waiting.select(end - time.monotonic())
                if not ready and not late:
                    late, end = True, end + GRACE
                    if not self._found[self._told]:  # its exit code
                        with suppress(ProcessLookupError):
                            os.kill(self._process.pid, signal.SIGKILL)
                elif not ready:
                    break
                for key, _ in ready:
                    done = self._write() if key.fd == self._given else self._read(key.fd)
                    if done:
                        waiting.unregister(key.fd)
                        if key.fd == self._given:
                            os.close(key.fd)
                            self._given = None
            if self._given is not None:
                os.close(self._given)
        return None if late else [bytes(found) for found in self._found.values()]

    def _write(self) -> bool:
        assert self._given is not None
        try:
            self._left = self._left[os.write(self._given, self._left[: 2**16]) :]
        except BrokenPipeError:
            return True
        return not self._left

    def _read(self, descriptor: int) -> bool:
        piece = os.read(descriptor, 2**16)
        self._found[descriptor] += piece
        return not piece


def _first(root: Path, others: str | None) -> str:
    return os.pathsep.join([str(root), *([others] if others else [])])


def _umask() -> int:
    """Return the mask of this process, without a moment in which it is another for threads."""
    status = Path("/proc/self/status")
    if status.exists():
        words = status.read_text().partition("\nUmask:")[2].split()
        return int(words[0], 8)
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def serve(requests: socket.socket) -> Start | None:
    """Fork for every request; return in each forked process what it is to run, None at the end."""
    woken, waking = os.pipe()
    for descriptor in (woken, waking):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests, woken], [], [])
        if woken in ready:
            os.read(woken, 2**10)
            for pid, code, peak in _ended(running):
                os.write(running[pid], f"{code} {peak}".encode())
                os.close(running.pop(pid))
        if requests not in ready:
            continue
        head, streams, _, _ = socket.recv_fds(requests, COUNT, 4)
        if not head:
            return None
        words = _exactly(requests.recv, int.from_bytes(head))
        *streams, tell = streams
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            arguments, folder, environment, umask = json.loads(words)
            start = Start(tuple(arguments), folder, tuple(streams), environment, umask)
            take(start)
            for descriptor in (woken, waking, tell, *streams, *running.values()):
                os.close(descriptor)
            return start
        for descriptor in streams:
            os.close(descriptor)
        os.write(tell, f"{pid} ".encode())
        running[pid] = tell


def _ended(running: dict[int, int]) -> list[tuple[int, int, int]]:
    """Return the processes that have ended, each with its exit code and the bytes of its peak."""
    found = []
    for asked in running:
        with suppress(ChildProcessError):
            # The peak is that of the largest: the process, or one that it has waited for.
            pid, status, usage = os.wait4(asked, os.WNOHANG)
            if pid:
                found.append((pid, os.waitstatus_to_exitcode(status), usage.ru_maxrss * UNIT))
    return found


def _exactly(receive: Callable[[int], bytes], size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += receive(size - len(found))
    return found


def run_requests(descriptor: int, *also: str) -> None:
    """Load everything, then run what is asked for until nobody can ask any more."""
    load(*also)
    with socket.socket(fileno=descriptor) as requests:
        start = serve(requests)
    if start is not None:
        run()


if __name__ == "__main__":
    run_requests(int(sys.argv[1]), *sys.argv[2:])
