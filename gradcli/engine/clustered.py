"""Differentiate a file on a cluster: plan here, compute there, put the parts together here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from gradcli.engine.block import BlockResult
from gradcli.engine.cluster import Cluster, compute, connected, copy, put, require_distributed
from gradcli.engine.job import Done, Job, sent, task_sizes
from gradcli.engine.kept import Kept
from gradcli.engine.merging import Copies, merge_parts
from gradcli.engine.parts import Work, begun
from gradcli.engine.report import Report, are_current, peak_memory
from gradcli.engine.run import carry_out, limits_of
from gradcli.engine.scheduler import Scheduler, scheduler_of
from gradcli.engine.stored import is_whole
from gradcli.errors import GradcliError, InputError, OutputError, UsageError, located
from gradcli.formats.direct import Direct
from gradcli.formats.opening import input_name
from gradcli.model.groups import bytes_of_task, grouped
from gradcli.model.protocols import Limits
from gradcli.plan.plan import Plan
from gradcli.record import field, record, replace
from gradcli.settings import Request
from gradcli.system.paths import STDIN, STDOUT, is_address, is_special, make_folder

MERGING = 10  # of the progress that is shown, the share in per cent of putting parts together
MIB = 2**20


def differentiate_on_cluster(request: Request) -> Report:
    """Differentiate a file on the workers of a scheduler, with the bytes of a run without one.

    Raises
    ------
    GradcliError
        Whatever went wrong; no output was changed. Parts that are done stay for ``--resume``,
        unless the input or the options are to blame.
    """
    scheduler = scheduler_of(request.run.cluster or "")
    _refuse(request)
    jobs = min(request.run.limits.jobs, scheduler.threads or request.run.limits.jobs)
    limits = request.run.limits._replace(jobs=jobs)
    return _differentiate(scheduler, _leaving_room(_limited(request, limits)))


def _differentiate(scheduler: Scheduler, request: Request) -> Report:
    began = time.monotonic()
    with begun(request) as work:
        outputs = [path for path, _ in work.plan.outputs]
        _refuse_outputs(outputs)
        current = all(are_current(outputs, path) for path, _ in work.source.files())
        if request.run.dry_run or (request.destination.skip_existing and current):
            return carry_out(work.source, work.plan, request)
        place = Kept.beside(outputs[0])
        earlier = _earlier_limits(request, place)
    if earlier is not None:
        return _differentiate(scheduler, _leaving_room(_limited(request, earlier)))
    spread = _Spread(request, work, place)
    spread.refuse_earlier(outputs)
    require_distributed()
    report = spread.carry_out(scheduler)
    report.seconds = time.monotonic() - began
    report.peak_memory = peak_memory()
    return report


def _refuse(request: Request) -> None:
    if request.hints.grid is None and request.path == STDIN:
        raise UsageError("--cluster: workers cannot read standard input; name a file")
    if request.hints.join is not None and request.destination.is_each:
        raise UsageError("--cluster makes one output; with --join name one for all (-o)")


def _refuse_outputs(outputs: list[str]) -> None:
    for path in outputs:
        if path == STDOUT or is_special(path) or is_address(path):
            raise UsageError(
                f"--cluster: {path} is no file that workers can write beside; name one (-o)"
            )


def _leaving_room(request: Request) -> Request:
    """Return a request that takes less where the memory of a process is limited (ulimit -v).

    Workers have the same limit, and load what this process does not.
    """
    found, _ = limits_of(request)
    if found.memory == request.run.limits.memory:
        return request
    return _limited(request, Limits(max(MIB, found.memory * 3 // 4 // MIB * MIB), found.jobs))


def _earlier_limits(request: Request, place: Kept) -> Limits | None:
    """Return the limits of the run that is gone on from, if they are not those of this one.

    Blocks are cut by them.
    """
    asked = request.run.limits
    said = place.said() if request.run.resume and place.count() else {}
    earlier = said.get("memory"), said.get("jobs")
    if not said or earlier == (asked.memory, asked.jobs):
        return None
    memory, jobs = int(said["memory"]), int(said["jobs"])
    if memory > asked.memory:
        text = f"{-(-memory // MIB)}MiB"
        raise UsageError(
            f"--resume: the run before had --memory {text}, which takes more than "
            f"{asked.memory // MIB}MiB; give --memory {text}, or start anew with -O"
        )
    return Limits(memory, jobs)


def _limited(request: Request, limits: Limits) -> Request:
    run, hints = replace(request.run, limits=limits), replace(request.hints, limits=limits)
    return request._replace(run=run, hints=hints)


@record
class _Spread:
    """What is to be done for one output, and what is done of it; the input is closed."""

    request: Request
    work: Work
    place: Kept
    count: int = 0
    resumed: int = 0
    workers: dict[str, dict[str, Any]] = field(default_factory=dict)
    bytes_done: int = 0

    @property
    def plan(self) -> Plan:
        """The plan of the output."""
        return self.work.plan

    def refuse_earlier(self, outputs: list[str]) -> None:
        """Raise OutputError for an output that exists, or parts that nobody asked to go on from."""
        destination, run = self.request.destination, self.request.run
        for path in outputs:
            if os.path.lexists(path) and not (destination.overwrite or destination.skip_existing):
                raise OutputError(f"{path}: exists already; -O replaces it, -o names another")
        found = self.place.count()
        if found and run.resume:
            if self.place.token() != self.work.token:
                raise OutputError(
                    f"{outputs[0]}: its parts in {self.place.folder} are of another plan: the "
                    "input, the options or gradcli have changed since; start anew with -O"
                )
        elif found and not destination.overwrite:
            raise OutputError(
                f"{outputs[0]}: a run before has done {found} of its tasks; --resume goes on "
                f"from there, -O starts anew ({self.place.folder})"
            )
        else:
            self.place.remove()

    def carry_out(self, scheduler: Scheduler) -> Report:
        """Have the parts computed, and put them together."""
        with (
            self._keeping(),
            scheduler as address,
            connected(address, scheduler.is_alive) as cluster,
        ):
            job = self._begin(cluster)
            self._compute(cluster, job)
            report = self._merge(cluster, job)
        self.place.remove()
        report.cluster = {
            "tasks": self.count,
            "resumed": self.resumed,
            "retried": cluster.retried,
            "workers": [{"worker": name} | self.workers[name] for name in sorted(self.workers)],
        }
        return report

    def _begin(self, cluster: Cluster) -> Job:
        """Cut the blocks into tasks, and make the folder for their parts."""
        enough = self._enough(cluster)
        self.count = len(grouped(task_sizes(self.plan), enough)) - 1
        limits = self.request.run.limits
        said = {"plan": self.work.token, "tasks": self.count, "enough": enough}
        if self.plan.folder:
            make_folder(self.plan.folder, self.request.destination.sync)
        self.place.begin(said | {"memory": limits.memory, "jobs": limits.jobs})
        return Job(sent(self.request), self.work.token, enough, self.place)

    def _compute(self, cluster: Cluster, job: Job) -> None:
        """Have those tasks done that are not."""
        done = self._parts_done()
        self.resumed = len(done)
        self.bytes_done = self.plan.bytes_in * self.resumed // max(1, self.count)
        left = (number for number in range(self.count) if number not in done)
        try:
            for worker, one in cluster.each(job, compute, left):
                self._seen(worker, one)
        except InputError as error:
            raise located(input_name(self.request.path, self.request.hints), error) from error

    def _merge(self, cluster: Cluster, job: Job) -> Report:
        """Put the parts together; workers copy their bytes where that is possible."""

        def copier(copies: Iterable[Copies]) -> Iterator[int]:
            return cluster.each(job, copy, copies)

        def placer(direct: Direct) -> Iterator[BlockResult]:
            every = ((number, direct) for number in range(self.count))
            return chain.from_iterable(cluster.each(job, put, every))

        places = [self.place.part(number) for number in range(self.count)]
        return merge_parts(self._merging(), places, copier, placer)

    def _parts_done(self) -> set[int]:
        """Return the numbers of the parts that are there; all are, their bytes are checked too."""
        places = {number: self.place.part(number) for number in range(self.count)}
        token = self.work.token
        found = {n for n, path in places.items() if is_whole(path, token, read=False)}
        if len(found) < self.count:
            return found
        return {n for n, path in places.items() if is_whole(path, token)}

    def _enough(self, cluster: Cluster) -> int:
        threads = cluster.threads()
        said = self.place.said()
        if said.get("plan") == self.work.token:
            return int(said["enough"])
        return bytes_of_task(self.plan.bytes_in + self.plan.bytes_out, threads)

    def _seen(self, worker: str, done: Done) -> None:
        new = dict.fromkeys(("tasks", "blocks", "bytes_read", "bytes_written", "peak_memory"), 0)
        found = self.workers.setdefault(worker, {"seconds": 0.0, "processor": 0.0, **new})
        found["tasks"] += 1
        for name in ("blocks", "bytes_read", "bytes_written", "seconds", "processor"):
            found[name] += getattr(done, name)
        found["peak_memory"] = max(found["peak_memory"], done.peak_memory)
        self.bytes_done += done.bytes_read
        if self.request.run.on_block:
            total = self.plan.bytes_in
            shown = min(self.bytes_done, total) * (100 - MERGING) // 100
            self.request.run.on_block(shown, total)

    def _merging(self) -> Request:
        """Return the request by which parts are put together, which shows the rest of progress."""
        told = self.request.run.on_block
        if told is None:
            return self.request

        def on_block(done: int, total: int) -> None:
            told(total - (total - done) * MERGING // 100, total)

        return self.request._replace(run=replace(self.request.run, on_block=on_block))

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """Keep what is done if a run is stopped, and say so; remove it if it will not be used."""
        try:
            yield
        except BaseException as error:
            self.place.sweep()
            done = self.place.count()
            if not done or isinstance(error, (InputError, UsageError)):
                self.place.remove()
                raise
            left = f"{done} of {self.count} tasks are done, --resume goes on"
            if isinstance(error, GradcliError):
                raise error.reworded(f"{error}; {left}") from error
            error.add_note(left)
            raise
