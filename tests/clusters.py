"""A scheduler of Dask and its workers, as real processes on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.places import ROOT

PATIENCE = 60
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


class Cluster:
    """A scheduler and workers of one thread each, which end with the tests.

    Parameters
    ----------
    folder : Path
        For what they write.
    port : int
        Of the scheduler; 0 is a free one.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self.file = folder / "scheduler.json"
        self.file.unlink(missing_ok=True)
        self.scheduler = self._start("scheduler", "--port", str(port), *LOCAL)
        self.workers: list[subprocess.Popen[bytes]] = []

    def add(self, *options: str, folder: str | None = None, **variables: str) -> None:
        """Start a worker, in another working directory than the tests."""
        place = ("--local-directory", str(self._folder), "--memory-limit", "0")
        nanny = () if "--nworkers" in options else ("--no-nanny", "--nthreads", "1")
        self.workers.append(self._start("worker", *place, *nanny, *options, *LOCAL, **variables))

    def _start(self, kind: str, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        program = (sys.executable, "-P", "-W", "ignore", "-m", "gradcli.system.bound")
        program = (*program, str(os.getpid()))
        said = ("--scheduler-file", str(self.file))
        path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        with open(self._folder / f"{kind}.log", "ab") as log:
            return subprocess.Popen(
                [*program, f"distributed.cli.dask_{kind}", *said, *options],
                env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"} | variables,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Wait until the scheduler has said its address."""
        end = time.monotonic() + PATIENCE
        while not self.file.exists() or not self.file.read_bytes().endswith(b"}"):
            assert time.monotonic() < end, "the scheduler does not start"
            time.sleep(0.01)

    def end(self) -> None:
        """Kill everything that was started."""
        for process in (*self.workers, self.scheduler):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, as a machine that fails does."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def cluster_of(folder: Path, workers: int, port: int = 0) -> Iterator[Cluster]:
    """Start a scheduler and some workers, and end them with the block."""
    made = Cluster(folder, port)
    try:
        for _ in range(workers):
            made.add()
        made.wait()
        yield made
    finally:
        made.end()
