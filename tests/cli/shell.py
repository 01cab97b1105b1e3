"""The command in a process of its own, in a folder of its own."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cli.server import PATIENCE, Forked, Server, Spoken

PYTHON = (sys.executable, "-W", "error")
# What a signal interrupts anywhere may leave a file object to the collector.
LENIENT = (*PYTHON, "-W", "ignore::ResourceWarning")
# What `gradcli plot` imports, and what would make every other fork larger.
PLOTTING = (
    "matplotlib.backends.backend_agg",
    "matplotlib.colors",
    "matplotlib.figure",
    "mpl_toolkits.mplot3d",
)
Process = subprocess.Popen[bytes] | Forked
Code = int | tuple[int, ...]
STARTING = threading.Lock()


@dataclass(frozen=True)
class Done:
    """What a process left: exit code, stdout as bytes, stderr as text.

    ``peak`` is the most memory that a forked run took, in bytes, the libraries included.
    """

    code: int
    data: bytes
    err: str
    peak: int | None = None

    @property
    def out(self) -> list[str]:
        return self.data.decode().splitlines()

    def json(self) -> dict[str, Any]:
        (line,) = self.out
        return json.loads(line)


def environment_of(compiling: bool = True) -> dict[str, str]:
    """Return the environment of a command: none of gradcli's own variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GRADCLI")}
    # Both make starting faster: compiled modules, and no threads for linear algebra.
    faster = {"PYTHONDONTWRITEBYTECODE": "" if compiling else "1", "OPENBLAS_NUM_THREADS": "1"}
    # What the command sets for itself, in this process too where a test calls it here.
    return kept | faster | {"RUST_BACKTRACE": "0"}


class Shell:
    """Runs gradcli in a folder of its own.

    Samples named on the command line are copied into the folder first. ``TMPDIR`` is another
    folder, watched too.
    """

    def __init__(self, folder: Path, inputs: Path) -> None:
        self.folder = folder / "work"
        self.spool = folder / "spool"
        self._inputs = inputs
        self.patience = PATIENCE
        self.taken: set[str] = set()
        for made in (self.folder, self.spool):
            made.mkdir()

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def take(self, *names: str) -> None:
        """Copy inputs into the folder."""
        for name in names:
            self.taken.add(name)
            if not (self.folder / name).exists():
                shutil.copy(self._inputs / name, self.folder / name)

    def _take_named(self, args: tuple[str, ...]) -> None:
        words = {word for arg in args for word in re.split(r"[=:]", arg)}
        self.take(*(w for w in words if w and (self._inputs / w).is_file()))

    def _environment(self, extra: dict[str, str] | None, compiling: bool) -> dict[str, str]:
        return environment_of(compiling) | {"TMPDIR": str(self.spool)} | (extra or {})

    def start(
        self,
        *args: str,
        env: dict[str, str] | None = None,
        under: tuple[str, ...] = (),
        python: tuple[str, ...] = PYTHON,
        **popen: Any,
    ) -> subprocess.Popen[bytes]:
        """Start the command, ``under`` another such as prlimit, and return its process."""
        if under and not shutil.which(under[0]):
            pytest.skip(f"there is no {under[0]}")
        self._take_named(args)
        # Limits and faults are for what the command writes: Python takes a compiled module that
        # was cut short for whole, in every run that follows.
        environment = self._environment(env, compiling=not under)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*under, *python, "-m", "gradcli", *args],
            cwd=self.folder,
            env=environment,
            **(pipes | popen),
        )

    def fork(self, *args: str, python: tuple[str, ...] = PYTHON) -> Forked:
        """Start the command like ``start``, in a forked process that has imported everything."""
        self._take_named(args)
        environment = self._environment(None, compiling=True)
        assert the_server(python).knows(environment)
        return the_server(python).start(args, self.folder, environment)

    def speak(self, *args: str) -> Spoken:
        """Start the command like ``fork``, with streams to write to and to read from."""
        self._take_named(args)
        server, environment = the_server(LENIENT), self._environment(None, compiling=True)
        assert server.knows(environment)
        process = server.start(args, self.folder, environment, speaking=True, kind=Spoken)
        assert isinstance(process, Spoken)
        return process

    def _fork(
        self, args: tuple[str, ...], stdin: bytes | None, env: dict[str, str] | None = None
    ) -> Done | None:
        """Run the command in a forked process; None where that would not be as a fresh one."""
        environment = self._environment(env, compiling=True)
        server = the_server(also=PLOTTING if args[:1] == ("plot",) else ())
        if not server.knows(environment):
            # Else every run after it would start Python anew, which takes ten times as long.
            assert env is not None, "a test has changed the environment of all tests"
            return None
        self._take_named(args)
        code, data, err, peak = server.run(args, self.folder, environment, stdin, self.patience)
        return Done(code, data, err.decode(), peak)

    def finish(self, process: Process, stdin: bytes | None = None) -> Done:
        """Wait for a process; one that hangs is killed and fails the test."""
        try:
            data, err = process.communicate(stdin, timeout=self.patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        assert process.returncode is not None
        return Done(process.returncode, data or b"", (err or b"").decode())

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        code: Code = 0,
        fresh: bool = False,
        **popen: Any,
    ) -> Done:
        """Run the command, whose exit code must be as said.

        A forked process runs it, which need not import everything anew. A ``fresh`` one is started
        where that is asked for, and for whatever else than variables of gradcli is given.
        """
        done = None if fresh or popen.keys() - {"env"} else self._fork(args, stdin, **popen)
        if done is None:
            if stdin is not None:
                popen["stdin"] = subprocess.PIPE
            done = self.finish(self.start(*args, **popen), stdin)
        assert done.code in (code if isinstance(code, tuple) else (code,)), done.err
        assert "Traceback" not in done.err
        return done

    def refuse(self, *args: str, code: Code = 1, **popen: Any) -> str:
        """Run a command that must fail: one line on stderr, nothing changed; return the line."""
        self._take_named(args)
        before = self.files()
        done = self.run(*args, code=code, **popen)
        assert self.changed(before) == []
        assert done.data == b""
        return single_error(done.err)

    def files(self) -> dict[str, bytes]:
        """Return every file of the folder, dot files too, with its content."""
        return {
            str(path.relative_to(self.folder)): b"" if path.is_dir() else path.read_bytes()
            for path in self.folder.rglob("*")
        }

    def changed(self, before: dict[str, bytes]) -> list[str]:
        """Return the names of files that are not as they were, spooled ones too."""
        now = self.files()
        differ = [n for n in before.keys() | now.keys() if before.get(n) != now.get(n)]
        return sorted(differ) + self.spooled()

    def names(self) -> set[str]:
        """Return the names of everything in the folder, dot files too."""
        return set(os.listdir(self.folder))

    def spooled(self) -> list[str]:
        """Return what lies in the folder for temporary files."""
        return os.listdir(self.spool)

    def pause_when_writing(self, process: Process) -> None:
        """Stop a process (SIGSTOP) as soon as its first temporary file stands beside its target."""
        until(lambda: any("gradcli-tmp" in n for n in self.names()), process)
        # SIGCONT is passed on by the one that waits; SIGSTOP reaches nobody else.
        for pid in (*workers(process), process.pid):
            os.kill(pid, signal.SIGSTOP)
        assert process.poll() is None, "the run was over before it could be stopped"


@cache
def _server(python: tuple[str, ...], also: tuple[str, ...]) -> Server:
    server = Server(python, environment_of(), also=also)
    atexit.register(server.close)
    return server


def the_server(python: tuple[str, ...] = PYTHON, also: tuple[str, ...] = ()) -> Server:
    """Return the server of a python for this process, started when a thread first asks for it.

    It imports ``also`` what most commands do not.
    """
    with STARTING:
        return _server(python, also)


def workers(process: Process) -> list[int]:
    """Return the processes that a command has started: the one that works."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if listed.parent.parent.parent.exists():
        found = listed.read_text()
    else:
        found = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
        ).stdout
    return [int(pid) for pid in found.split()]


def single_error(err: str) -> str:
    """Return the error that is all there is on stderr, notes apart."""
    lines = [line for line in err.splitlines() if not line.startswith("Note: ")]
    assert len(lines) == 1, err
    assert lines[0].startswith("Error: "), err
    return lines[0]


def until(
    happened: Callable[[], bool],
    process: Process | None = None,
    patience: float = PATIENCE,
) -> None:
    """Wait for something that a process does."""
    end = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        assert process is None or process.poll() is None, "the process ended first"
        time.sleep(0.001)
