"""What a worker of a cluster does: it opens the input once, and computes blocks into parts."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

from gradcli.engine.block import BlockResult
from gradcli.engine.kept import Kept
from gradcli.engine.merging import place_blocks
from gradcli.engine.parts import Work, begun, write_blocks
from gradcli.engine.report import peak_memory
from gradcli.errors import InputError, OutputError
from gradcli.formats.coordinates import file_of_spec
from gradcli.formats.direct import Direct
from gradcli.model.groups import grouped
from gradcli.plan.plan import Plan
from gradcli.record import field, record, replace
from gradcli.settings import Request
from gradcli.system.paths import is_address


class Done(NamedTuple):
    """What is known of a task that a worker has done."""

    number: int
    blocks: int
    bytes_read: int
    bytes_written: int
    seconds: float
    processor: float
    peak_memory: int


@record
class Job:
    """The blocks of one output, in numbered tasks; the same object serves all tasks of a worker.

    It travels without what it has opened. That is closed when the worker drops the job.

    Parameters
    ----------
    request : Request
        With paths that are absolute.
    token : str
        That of the plan. A worker that makes another plan must not compute blocks of it.
    enough : int
        How many bytes the blocks of a task read and write together, at least.
    place : Kept
        The folder for parts.
    """

    request: Request
    token: str
    enough: int
    place: Kept
    _lock: Any = field(default_factory=threading.Lock)
    _opened: _Opened | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.request, self.token, self.enough, self.place)

    def open(self) -> _Opened:
        """Open the input and make the plan, unless that is done.

        Raises
        ------
        GradcliError
            This worker does not see the input or the folder of the output, or makes another plan.
        """
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def compute(self, number: int) -> Done:
        """Compute the blocks of a task into its part."""
        return self.open().compute(self.place.part(number), number)

    def put(self, number: int, direct: Direct) -> list[BlockResult]:
        """Write the part of a task into an output; return what is known of its blocks."""
        return self.open().put(self.place.part(number), direct)

    def _open(self) -> _Opened:
        if self.place.token() != self.token:
            raise OutputError(
                f"{self.place.folder}: cannot be seen; every worker must see the folder of the "
                "output under the same path"
            )
        held = ExitStack()
        try:
            work = held.enter_context(begun(self.request))
            if work.token != self.token:
                raise InputError("its plan is another: it sees another file, or has less memory")
            work.ready()
        except BaseException:
            held.close()
            raise
        weakref.finalize(self, held.close)
        return _Opened(self, work)


class _Opened:
    """An input and its plan, as a worker holds them."""

    def __init__(self, job: Job, work: Work) -> None:
        self._work = work
        self._edges = grouped(task_sizes(work.plan), job.enough)
        # The memory of the plan is that of so many blocks at once, and each task takes one thread.
        self._turns = threading.Semaphore(work.threads)
        work.threads = 1

    def compute(self, place: str, number: int) -> Done:
        """Compute the blocks of a task, one after another."""
        work = self._work
        with self._turns:
            began, busy = time.monotonic(), time.thread_time()
            numbers = range(self._edges[number], self._edges[number + 1])
            size = write_blocks(work, numbers, place)
            read = sum(work.plan.bytes_of(work.blocks[each]) for each in numbers)
            took = time.monotonic() - began, time.thread_time() - busy
            return Done(number, len(numbers), read, size, *took, peak_memory())

    def put(self, place: str, direct: Direct) -> list[BlockResult]:
        """Write the blocks of a part into an output, one after another."""
        with self._turns:
            return list(place_blocks(self._work, place, direct))


def task_sizes(plan: Plan) -> Iterator[int]:
    """Yield for each block of a plan how many bytes it reads and writes."""
    read = [task.dtype.itemsize * len(task.components) for task in plan.tasks]
    written = [sum(result.dtype.itemsize for result in task.results) for task in plan.tasks]
    for block in plan.schedule.blocks():
        cells = plan.bytes_of(block) // read[block.task]
        yield cells * (read[block.task] + written[block.task])


def sent(request: Request) -> Request:
    """Return a request as it is sent to workers: with absolute paths, and nothing of this process.

    Results of a pickled request are written by the one who sends it.
    """
    path, settings, hints, destination, run = request
    coords = {axis: _absolute_spec(spec) for axis, spec in settings.coords.items()}
    if hints.join is not None:
        joined = tuple(map(_absolute, hints.join.paths))
        hints = replace(hints, join=hints.join._replace(paths=joined))
    if hints.grid is None:
        path = _absolute(path)
    place = None if destination.path is None else _absolute(destination.path)
    folder = None if destination.folder is None else _absolute(destination.folder)
    run = replace(run, on_block=None, claims={}, cluster=None, resume=False)
    return Request(
        path,
        replace(settings, coords=coords),
        hints,
        replace(destination, path=place, folder=folder),
        run,
    )


def _absolute(path: str) -> str:
    return path if is_address(path) else os.path.abspath(path)


def _absolute_spec(spec: str) -> str:
    """Return a specification of coordinates with the absolute path of its file, if it has one."""
    path = file_of_spec(spec)
    return spec if path is None else _absolute(path) + spec[len(path) :]
