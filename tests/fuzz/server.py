"""The real command line in forked processes, watched from outside."""

from __future__ import annotations

import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.forked import Start, load, run, take

PATIENCE = 10.0  # seconds, then it hangs
MEMORY = 64 * 2**20  # what --memory says
SLACK = 100 * 2**20  # beside it, and beside what was there before
ROOM = 2**32  # of addresses, so that what asks for much more does no harm
FILE_BYTES = 2**28


@dataclass
class Outcome:
    """What a process did.

    Attributes
    ----------
    code : int or None
        Its exit code; None where a signal ended it.
    signal : int
    out, err : bytes
    seconds : float
    peak : int
        Bytes of memory beyond those that were there when it began.
    """

    code: int | None
    signal: int
    out: bytes
    err: bytes
    seconds: float
    peak: int
    opened: list[str] = field(default_factory=list)


class Server:
    """Imports everything once, and forks for every run of the command."""

    def __init__(self, folder: Path) -> None:
        sys.dont_write_bytecode = True  # what is compiled on the way is no file of a case
        self.folder = folder
        self.work = folder / "outer" / "work"
        self.temporary = folder / "tmp"
        for made in (self.work, self.temporary):
            made.mkdir(parents=True)
        tempfile.tempdir = os.environ["TMPDIR"] = str(self.temporary)
        self._said = [os.memfd_create(name) for name in ("out", "err", "opened")]
        load()

    def clear(self) -> None:
        """Empty the folders."""
        for place in (self.work, self.temporary):
            for path in place.iterdir():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def run(self, *args: str) -> Outcome:
        """Run the command in the work folder."""
        for descriptor in self._said:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
        sys.stdout.flush()
        began, bare = time.monotonic(), _memory()
        pid = os.fork()
        if not pid:
            self._child(list(args))
        watched = os.pidfd_open(pid)
        ended, _, _ = select.select([watched], [], [], PATIENCE)
        os.close(watched)
        if not ended:
            os.killpg(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        out, err, opened = (os.pread(descriptor, 2**22, 0) for descriptor in self._said)
        return Outcome(
            os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None,
            os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            out,
            err,
            time.monotonic() - began,
            usage.ru_maxrss * 1024 - bare,
            opened.decode("utf-8", "replace").split("\0")[:-1],
        )

    def _child(self, args: list[str]) -> None:
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDONLY)
            take(Start(tuple(args), str(self.work), (nothing, self._said[0], self._said[1])))
            for what, most in {
                resource.RLIMIT_AS: _addresses() + ROOM,
                resource.RLIMIT_CPU: int(PATIENCE) + 2,
                resource.RLIMIT_FSIZE: FILE_BYTES,
                resource.RLIMIT_CORE: 0,
            }.items():
                resource.setrlimit(what, (most, most))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            sys.addaudithook(self._watch)
            # A warning says of numbers what should have been refused, or expected.
            sys.warnoptions = ["error"]
            warnings.simplefilter("error")
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        run(handlers=False)

    def _watch(self, event: str, given: tuple[Any, ...]) -> None:
        """Note what Python runs, and what it opens for writing beside the folders of the run."""
        if event in ("os.system", "subprocess.Popen", "os.exec", "pickle.find_class"):
            os.write(self._said[2], f"{event} {given}\0".encode())
        if event != "open" or not isinstance(given[0], (str, bytes)):
            return
        path, flags = os.path.realpath(os.fsdecode(given[0])), given[2] or 0
        # A temporary file without a name is opened by the name of its folder.
        inside = f"{path}/".startswith((f"{self.work}/", f"{self.temporary}/"))
        if not inside and flags & (os.O_WRONLY | os.O_RDWR) and not path.startswith("/dev/"):
            os.write(self._said[2], f"open {path}\0".encode())


def _addresses() -> int:
    return _pages()[0] * resource.getpagesize()


def _memory() -> int:
    """Return the bytes that a fork of this process has when it begins: all but those of files."""
    _, resident, shared = _pages()
    return (resident - shared) * resource.getpagesize()


def _pages() -> list[int]:
    with open("/proc/self/statm") as file:
        return [int(word) for word in file.read().split()[:3]]
