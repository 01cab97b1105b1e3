"""Differentiate a file: open it, make a plan, work through the blocks, close."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from gradcli.engine.block import BlockResult, differentiate_block
from gradcli.engine.diagnostics import Marks, Precision, Tally
from gradcli.engine.emptiness import Validity
from gradcli.engine.report import Report, are_current, describe, kept, peak_memory, refused_later
from gradcli.errors import GradcliError, InputError, MemoryShortError, OutputError, located
from gradcli.formats.opening import input_name, open_source, refuse_hollow
from gradcli.formats.registry import format_of
from gradcli.formats.writing import Router, create_sink
from gradcli.model.blocks import Block
from gradcli.model.names import missing_counts
from gradcli.model.protocols import Destination, Hints, Limits, Packer, Sink, Source
from gradcli.model.sharing import Room
from gradcli.plan.plan import Plan, make_plan
from gradcli.plan.tasks import Task
from gradcli.record import replace
from gradcli.settings import Request, Run
from gradcli.system.limits import Libraries, capped, explained, is_exhaustion
from gradcli.system.paths import STDIN, make_folder
from gradcli.system.threads import Threads, in_order

if TYPE_CHECKING:
    from gradcli.engine.statistics import Totals


def differentiate_file(request: Request) -> Report:
    """Differentiate a file and write the results.

    Raises
    ------
    GradcliError
        Whatever went wrong, with the name of the file in front; no output was changed.
    """
    began = time.monotonic()
    with planned(request) as (source, plan):
        report = carry_out(source, plan, request)
    report.seconds = time.monotonic() - began
    report.peak_memory = peak_memory()
    return report


def carry_out(source: Source, plan: Plan, request: Request) -> Report:
    """Carry out a plan as far as a request asks for it: not at all if it is a dry run."""
    destination = request.destination
    paths = [name for name, _ in plan.outputs]
    report = describe(source, plan, request.run.dry_run)
    # A formula is as old as it was when the outputs were made.
    formula = request.hints.grid is not None
    inputs = [STDIN if formula else path for path, _ in source.files()]
    if destination.skip_existing and all(are_current(paths, path) for path in inputs):
        report.skipped = True
    elif request.run.dry_run:
        check(source, plan)
        report.notes += refused_later(paths, destination)
        report.keeps = kept(source, destination)
    else:
        execute(source, plan, destination, report, request.run)
    return report


@contextmanager
def planned(request: Request, writes: bool = True) -> Iterator[tuple[Source, Plan]]:
    """Open the input of a request and make its plan; close the input at the end.

    Parameters
    ----------
    request : Request
    writes : bool
        Whether results go to files. If not, the plan has no outputs.

    Raises
    ------
    GradcliError
        Whatever goes wrong, here or in the block, with the name of the input in front.
    """
    with opened(request) as (source, run):
        destination = request.destination if writes else None
        yield source, make_plan(source, request.settings, destination, run)


def limits_of(request: Request) -> tuple[Limits, Libraries]:
    """Return the memory and threads of a run as the limits of this process allow.

    The libraries are those that its formats load.
    """
    path, _, hints, destination, run = request
    formats = format_of(path, hints.format), format_of(destination.path or path)
    libraries = {known.library for known in formats if known}
    asked, jobs = run.limits.memory, run.limits.jobs
    return Limits(capped(asked, jobs, libraries), jobs), libraries


@contextmanager
def opened(request: Request) -> Iterator[tuple[Source, Run]]:
    """Open the input of a request; the run has the memory that libraries leave.

    Raises
    ------
    GradcliError
        Whatever goes wrong, here or in the block, with the name of the input in front.
    """
    path, _, hints, _, run = request
    named = input_name(path, hints)
    asked, jobs = run.limits.memory, run.limits.jobs
    limits, libraries = limits_of(request)
    memory = limits.memory
    hints, run = replace(hints, limits=limits), replace(run, limits=limits)
    try:
        with _open(path, hints) as source:
            yield source, run
    except BaseException as error:
        short = isinstance(error, MemoryShortError) and memory < asked
        if short or is_exhaustion(error):
            text = explained(error, jobs, libraries, memory)
            raise located(named, InputError(text)) from error
        # An OutputError names its file already, and so does an error in a file of a series.
        if isinstance(error, OutputError) or not isinstance(error, GradcliError):
            raise
        if hints.join and any(str(error).startswith(f"{one}: ") for one in hints.join.paths):
            raise
        raise located(named, error) from error


def _open(path: str, hints: Hints) -> Source:
    if hints.join is None:
        return open_source(path, hints)
    from gradcli.formats.series.source import open_series

    return open_series(hints)


def check(source: Source, plan: Plan) -> None:
    """Raise an error for whatever can be found wrong without reading a value of a field.

    Each coordinate is read once, even if several fields use it.
    """
    coordinates = (tables.coordinates for tables in plan.tables)
    for found in {each.key: each for each in coordinates}.values():
        found.check(source)


Step = Callable[[tuple[Packer, Block]], BlockResult]


def execute(source: Source, plan: Plan, destination: Destination, report: Report, run: Run) -> None:
    """Compute the blocks of a plan and make its outputs."""
    refuse_hollow(source, [part for task in plan.tasks for part in task.components])
    load_tables(source, plan, report)
    with created(source, plan, destination, report) as sink:
        # While the source is open: the sink closes it before it publishes.
        work_through(source, plan, sink, report, run)


@contextmanager
def created(
    source: Source, plan: Plan, destination: Destination, report: Report
) -> Iterator[Router]:
    """Create the outputs of a plan, which appear at the end."""
    # Outputs that exist are out of date or incomplete here: otherwise they would be skipped.
    if destination.skip_existing:
        destination = replace(destination, skip_existing=False, overwrite=True)
    if plan.folder:
        make_folder(plan.folder, destination.sync)
    with create_sink(plan.outputs, plan.format, source, destination) as sink:
        report.notes += sink.notes
        yield sink


def load_tables(source: Source, plan: Plan, report: Report) -> None:
    """Compute the tables that a plan left empty."""
    for tables in plan.tables:
        tables.load(source)
        report.notes += [note for note in tables.notes if note not in report.notes]


def work_through(
    source: Source,
    plan: Plan,
    sink: Sink,
    report: Report,
    run: Run | None = None,
    step: Step | None = None,
) -> None:
    """Work through the blocks of a plan, and put all packets into a sink."""
    run = run or Run()
    tally, precision, validity, marks = Tally(), Precision(), Validity(), Marks()
    totals = _totals(run)
    step = step or partial(_work, source, plan.tasks, run.stats)
    # A generator, because each block needs the packer that is current when its turn comes.
    items = ((sink.packer, block) for block in holding(source, plan, plan.schedule.blocks()))
    done = rows = 0
    with Threads(plan.schedule.workers) as pool:
        for made in in_order(pool, step, items, plan.schedule.workers):
            for packet in made.packets:
                sink.put(packet)
            tally.add(plan.tasks[made.block.task], made.counts)
            precision.see(made.block.task, made.seen)
            validity.see(made.block.task, made.given, made.found)
            marks.see(made.met)
            done += plan.bytes_of(made.block)
            report.blocks += source.live
            rows = max(rows, made.block.window[0].stop)
            if totals:
                totals.add(made.block.task, made.stats)
            if run.on_block:
                run.on_block(done, report.bytes_in)
    notes = [*precision.notes(plan.tasks), *validity.notes(source, plan.tasks)]
    notes += [*marks.notes(plan.tasks), *source.late_notes()]
    for name, counts in tally.counts.items():
        if any(counts):
            sink.finish(name, missing_counts(*counts))
    if plan.endless:
        _count_rows(plan, report, rows, done)
    tally.tell(report.variables, report.notes)
    if totals:
        totals.tell(report.variables)
    report.notes += notes


def _totals(run: Run) -> Totals | None:
    if not run.stats:
        return None
    from gradcli.engine.statistics import Totals

    return Totals()


def _work(
    source: Source, tasks: tuple[Task, ...], measured: bool, item: tuple[Packer, Block]
) -> BlockResult:
    """Process a block with its packer."""
    packer, block = item
    return differentiate_block(source, tasks[block.task], packer, block, measured)


def _count_rows(plan: Plan, report: Report, rows: int, done: int) -> None:
    """Write the number of rows of a live source into a report, now that it is known."""
    for variable in report.variables:
        variable["shape"][0] = rows
    cells = [rows * prod(r.shape[1:]) * r.dtype.itemsize for t in plan.tasks for r in t.results]
    report.bytes_in, report.bytes_out = done, sum(cells)
    from gradcli.numerics.live import LiveStencil
    from gradcli.numerics.live_tracks import LiveTrackStencil

    steps = (step for task in plan.tasks for term in task.terms() for step in term.steps)
    live = {
        (made.name, made.scheme): made
        for _, made in steps
        if isinstance(made, LiveStencil | LiveTrackStencil)
    }
    told = (note for stencil in live.values() for note in stencil.notes(rows))
    report.notes += dict.fromkeys(told)


def holding(source: Source, plan: Plan, blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks of a plan, and keep a field's decoded chunks while it is worked on."""
    held: tuple[str, ...] = ()
    for block in blocks:
        names = tuple(dict.fromkeys(part.name for part in plan.tasks[block.task].components))
        if names != held:
            for name in held:
                source.hold(name, Room())
            for name in names:
                source.hold(name, plan.schedule.room(block.task).among(len(names)))
            held = names
        yield block
