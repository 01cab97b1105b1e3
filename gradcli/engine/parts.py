"""Compute groups of blocks of an output, each into a file of its own, a part.

A run may do a part of an output by itself (`make_part`); a cluster keeps a `Work` open in each
worker, and has it write one part after another. `gradcli.engine.merging` puts parts together.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, cast

from gradcli.engine.block import BlockResult, differentiate_block
from gradcli.engine.report import Report, describe, kept
from gradcli.engine.run import holding, load_tables, planned
from gradcli.engine.shares import Share
from gradcli.engine.stored import PartWriter, is_whole
from gradcli.errors import OutputError, UsageError
from gradcli.formats.opening import refuse_hollow, refuse_truncated
from gradcli.formats.packer import forms_of
from gradcli.formats.writing import make_packer, writing
from gradcli.model.blocks import Block
from gradcli.model.protocols import Packer, Source
from gradcli.plan.plan import Plan
from gradcli.plan.schedule import Schedule
from gradcli.record import field, record
from gradcli.settings import Request
from gradcli.system.paths import is_address
from gradcli.system.publish import Staging
from gradcli.system.threads import Threads, in_order


@record
class Work:
    """An open input, and everything that is needed to compute its blocks.

    Several threads may write parts from the same object.

    Attributes
    ----------
    request : Request
    source : Source
    plan : Plan
    packer : Packer
        The packer with which an output begins.
    token : str
        The same for all parts that belong together.
    notes : list of str
        What was found while tables were loaded.
    """

    request: Request
    source: Source
    plan: Plan
    packer: Packer
    token: str
    notes: list[str] = field(default_factory=list)
    _lock: Any = field(default_factory=Lock)
    _loaded: bool = False

    @property
    def output(self) -> str:
        """The path of the output.

        Raises
        ------
        UsageError
            There are several outputs, or the input is no file.
        """
        outputs = self.plan.outputs
        if self.source.live or len(outputs) != 1 or outputs[0][0] == "-":
            raise UsageError(
                "--part makes one file of a file; name it with -o (several results go to .npz, "
                ".nc or .h5, or --stack)"
            )
        return outputs[0][0]

    @property
    def schedule(self) -> Schedule:
        """The schedule, which numbers the blocks."""
        return cast("Schedule", self.plan.schedule)

    def load(self) -> None:
        """Load the tables of the plan, unless that is done."""
        with self._lock:
            if self._loaded:
                return
            refuse_hollow(self.source, [p for task in self.plan.tasks for p in task.components])
            report = describe(self.source, self.plan, dry_run=False)
            known = len(report.notes)
            load_tables(self.source, self.plan, report)
            self.notes += report.notes[known:]
            self._loaded = True

    def refuse_other_forms(self, packer: Packer) -> None:
        """Raise OutputError if an output has other chunks or filters than parts were made for.

        Both follow from the plan, by the same libraries: this is the last guard against bytes
        that a reader would take for other numbers.
        """
        expected = forms_of(self.packer)
        for name, form in forms_of(packer).items():
            if hasattr(form, "chunks") and repr(form) != repr(expected.get(name)):
                raise OutputError(f"{name}: is stored otherwise than its parts; make them again")

    def results(
        self, numbers: Sequence[int], workers: int | None = None
    ) -> Iterator[tuple[int, BlockResult]]:
        """Compute the blocks with some numbers, in ascending order, and yield them in order.

        ``workers`` is the number of threads, by default that of the plan.
        """
        self.load()
        workers = workers or self.schedule.workers
        step = partial(_computed, self.source, self.plan, self.request.run.stats)
        blocks = holding(self.source, self.plan, map(self.schedule.block, numbers))
        items = ((self.packer, block) for block in blocks)
        with Threads(workers) as pool:
            yield from zip(numbers, in_order(pool, step, items, workers), strict=True)


@contextmanager
def begun(request: Request) -> Iterator[Work]:
    """Open the input of a request and plan it; close the input at the end.

    Raises
    ------
    GradcliError
        Whatever goes wrong, here or in the block, with the name of the input in front.
    """
    if request.hints.join is not None and request.destination.is_each:
        raise UsageError("--part makes one file; with --join name one output for all (-o)")
    with planned(request) as (source, plan):
        packer = make_packer(plan.outputs, plan.format, source, request.destination)
        yield Work(request, source, plan, packer, token_of(source, plan, packer))


def token_of(source: Source, plan: Plan, packer: Packer) -> str:
    """Return a text that is the same for all parts of one output."""
    results = [
        (result.name, result.shape, str(result.dtype), sorted(map(str, result.attributes.items())))
        for task in plan.tasks
        for result in task.results
    ]
    sizes = [None if opened is None else opened[2] for _, opened in source.files()]
    cut = None if source.live else cast("Schedule", plan.schedule).partitions
    return hashlib.sha256(repr((results, cut, sizes, packer)).encode()).hexdigest()


def write_blocks(
    work: Work,
    numbers: Sequence[int],
    place: str,
    said: Mapping[str, Any] | None = None,
    workers: int | None = None,
) -> int:
    """Compute blocks and write them, packed, to a part, which appears when it is complete.

    Parameters
    ----------
    work : Work
    numbers : sequence of int
        Of the blocks, in ascending order.
    place : str
        The path of the part; what is there is replaced.
    said : mapping, optional
        What its head says besides, in plain types.
    workers : int, optional
        The number of threads; by default that of the plan.

    Returns
    -------
    int
        The bytes of the part.
    """
    run = work.request.run
    whole = sum(work.plan.bytes_of(work.schedule.block(number)) for number in numbers)
    done = 0
    sync = work.request.destination.sync
    with Staging(overwrite=True, sync=sync) as staging, open(staging.add(place), "wb") as file:
        with writing(place):
            writer = PartWriter(file, {"plan": work.token, **(said or {})})
        for number, made in work.results(numbers, workers):
            with writing(place):
                writer.add(number, made)
            done += work.plan.bytes_of(made.block)
            if run.on_block:
                run.on_block(done, whole)
        with writing(place):
            writer.end()
            file.flush()
        refuse_truncated(work.source)
        return file.tell()


def make_part(request: Request, share: Share, words: list[str]) -> Report:
    """Compute one part of an output, and write it beside the output.

    Parameters
    ----------
    request : Request
    share : Share
    words : list of str
        The command line, from which `gradcli merge` makes the same request again.

    Returns
    -------
    Report
        With the path of the part in place of that of the output. A part of the same plan that is
        there already is left as it is.

    Raises
    ------
    UsageError
        The request has no single file as output.
    OutputError
        The output exists, or the part cannot be written.
    """
    with begun(request) as work:
        output = work.output
        if is_address(output):
            raise UsageError("--part: parts lie beside the output, as files; name a file (-o)")
        if os.path.exists(output) and not request.destination.overwrite:
            raise OutputError(f"{output}: exists already; -O replaces it, -o names another")
        report = describe(work.source, work.plan, request.run.dry_run)
        place = share.place(output)
        numbers = share.numbers(work.schedule.count)
        report.outputs, report.blocks = [place], len(numbers)
        if request.run.dry_run:
            report.keeps = kept(work.source, request.destination)
            return report
        if is_whole(place, work.token):
            report.notes.append(f"{place}: is there already, and complete")
            return report
        said: dict[str, Any] = {"part": share, "words": words, "folder": os.getcwd()}
        said |= {"output": os.path.abspath(output)}
        said |= {"memory": request.run.limits.memory, "jobs": request.run.limits.jobs}
        write_blocks(work, numbers, place, said)
        report.notes += work.notes
    return report


def _computed(
    source: Source, plan: Plan, measured: bool, item: tuple[Packer, Block]
) -> BlockResult:
    packer, block = item
    return differentiate_block(source, plan.tasks[block.task], packer, block, measured)
