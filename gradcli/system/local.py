"""A scheduler and workers of Dask on this machine, in processes that end with a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Self

from gradcli.errors import GradcliError
from gradcli.system.temporary import free_name, spool_folder

STARTING = 60.0  # seconds until a scheduler must have said its address
PAUSE = 0.02


class LocalProcesses:
    """A scheduler and some workers of one thread each, which listen on loopback alone.

    They are started when the block begins, and killed when it ends; they also end when this
    process is killed. What they print goes to a file, which is quoted if one of them fails.

    Parameters
    ----------
    count : int
        The number of workers.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._folder = ""
        self._scheduler: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._folder = free_name(spool_folder())
        os.mkdir(self._folder, 0o700)
        try:
            self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
            one = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0")
            self._workers += (self._start("worker", *one) for _ in range(self._count))
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        program = ("-P", "-m", "gradcli.system.bound", str(os.getpid()))
        shared = ("--no-dashboard", "--scheduler-file", self.file)
        # Each arena of glibc takes address space, which `ulimit -v` may limit.
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment |= {"MALLOC_ARENA_MAX": "2", "PYTHONWARNINGS": "ignore"}
        environment |= {"DASK_TEMPORARY_DIRECTORY": self._folder}
        with open(self._log, "ab") as log:
            return subprocess.Popen(
                [sys.executable, *program, f"distributed.cli.dask_{kind}", *shared, *arguments],
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is for this process alone
            )

    @property
    def file(self) -> str:
        """The file in which the scheduler says its address."""
        return os.path.join(self._folder, "scheduler.json")

    @property
    def _log(self) -> str:
        return os.path.join(self._folder, "log")

    def wait(self) -> None:
        """Wait until the scheduler has said its address, all of it.

        Raises
        ------
        GradcliError
            It ends first, or takes too long.
        """
        end = time.monotonic() + STARTING
        while not _is_complete(self.file):
            if not self.are_alive() or time.monotonic() > end:
                raise GradcliError(f"--cluster local:{self._count} does not start: {self.said()}")
            time.sleep(PAUSE)

    def are_alive(self) -> bool:
        """Return whether the scheduler and at least one of the workers run."""
        scheduler = self._scheduler is not None and self._scheduler.poll() is None
        return scheduler and any(worker.poll() is None for worker in self._workers)

    def said(self) -> str:
        """Return the last line that one of them has printed."""
        with open(self._log, "rb") as log:
            lines = log.read()[-4096:].decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")

    def __exit__(self, *_: object) -> None:
        import shutil

        started = [*self._workers, *filter(None, [self._scheduler])]
        for process in started:
            process.kill()  # asked to end, a worker would take a second
        for process in started:
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _is_complete(path: str) -> bool:
    """Return whether a file of JSON is there and written to its end."""
    try:
        with open(path, "rb") as file:
            json.load(file)
    except (OSError, ValueError):
        return False
    return True
