"""differentiate_file(): open, plan, then for each block read, differentiate, pack, put; close."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gradcli.arrangement import reader
from gradcli.errors import GradcliError, OutputError, located
from gradcli.formats import create_sink, open_source
from gradcli.formats._files import make_folder, read_error
from gradcli.model import Axis, Field, Hints, Packet, Sink, Source, Window, axis_label
from gradcli.numerics.arrays import real_view, result_like
from gradcli.numerics.operators import GRADIENT
from gradcli.outputs import Destination
from gradcli.plan import Block
from gradcli.precision import Precision
from gradcli.prepare import Partial, Plan, Run, Task, make_plan
from gradcli.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future

Array = NDArray[Any]


@dataclass
class Report:
    """What a run did, or would do."""

    input: str
    format: str
    outputs: list[str]
    variables: list[dict[str, Any]]
    notes: list[str]
    workers: int
    blocks: int
    memory: int
    bytes_in: int
    bytes_out: int
    seconds: float = 0.0
    skipped: bool = False
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report in plain types, for JSON."""
        return dict(vars(self))


class Executor(Protocol):
    """What runs blocks: one thread, a pool of threads, a cluster."""

    def submit(
        self, step: Callable[[Block], list[Packet]], block: Block, /
    ) -> Future[list[Packet]]:
        """Start a step."""
        ...


def differentiate_file(
    path: str, settings: Settings, hints: Hints, destination: Destination, run: Run
) -> Report:
    """Differentiate a file into a file.

    Raises
    ------
    GradcliError
        Whatever went wrong, with the file in front; no output was changed.
    """
    began = time.monotonic()
    try:
        with open_source(path, hints) as source:
            plan = make_plan(source, GRADIENT, settings, destination, run)
            paths = [name for name, _ in plan.outputs]
            report = describe(source, plan, run)
            if run.skip_existing and all(os.path.lexists(p) for p in paths):
                report.skipped = True
            elif not run.dry_run:
                execute(source, plan, run, report)
    except OutputError:
        raise  # it names the output
    except GradcliError as error:
        raise located(path, error) from error
    report.seconds = time.monotonic() - began
    return report


def execute(source: Source, plan: Plan, run: Run, report: Report) -> None:
    """Work through the blocks of a plan into its outputs."""
    carry = run.carry
    if plan.folder:
        make_folder(plan.folder)
    with create_sink(plan.outputs, plan.format, source, carry, run.overwrite) as sink:
        report.notes += sink.notes
        precision = Precision()
        step = partial(differentiate_block, source, plan.tasks, sink, precision)
        done, count = 0, report.blocks
        with Threads(plan.schedule.workers) as pool:
            for packets in in_order(pool, step, _blocks(source, plan), plan.schedule.workers):
                for packet in packets:
                    sink.put(packet)
                done += 1
                if run.on_block:
                    run.on_block(done, count)
    report.notes += precision.notes(plan.tasks)


def _blocks(source: Source, plan: Plan) -> Iterator[Block]:
    """Yield the blocks of a plan; a field's decoded chunks are kept while it is worked on."""
    name = None
    for block in plan.schedule.blocks():
        if plan.tasks[block.task].field.name != name:
            if name is not None:
                source.hold(name, 0)
            name = plan.tasks[block.task].field.name
            source.hold(name, plan.schedule.grids[block.task].kept)
        yield block


def differentiate_block(
    source: Source, tasks: tuple[Task, ...], sink: Sink, precision: Precision, block: Block
) -> list[Packet]:
    """Read a block, differentiate it, and make its results ready to be placed."""
    task = tasks[block.task]
    reads = task.reads(block.window)
    values = read_pieces(source, task.field, reads).astype(task.dtype, copy=False)
    partials = (
        _differentiate(values, reads, block.window, part, precision) for part in task.partials
    )
    results = task.operator.combine(partials)
    return [
        sink.pack(part.result.name, block.window, result)
        for part, result in zip(task.partials, results, strict=True)
    ]


def _differentiate(
    values: Array, reads: Window, window: Window, part: Partial, precision: Precision
) -> Array:
    keep = list(window)
    keep[part.axis] = part.stencil.reach(window[part.axis])
    inner = tuple(
        slice(k.start - r.start, k.stop - r.start) for k, r in zip(keep, reads, strict=True)
    )
    out = result_like(values, tuple(w.stop - w.start for w in window))
    part.stencil.apply(real_view(values)[inner], window[part.axis], part.axis, real_view(out))
    precision.see(part.result.name, values, out)
    return out


def read_pieces(source: Source, origin: Field, reads: Window) -> Array:
    """Return a window of a field; where it leaves a periodic axis it is read in pieces."""
    pieces = [_inside(part, axis) for part, axis in zip(reads, origin.axes, strict=True)]
    try:
        return _join(source, origin, reads, pieces)
    except OSError as error:
        raise read_error(error) from error


def _join(source: Source, origin: Field, reads: Window, pieces: list[list[slice]]) -> Array:
    read = reader(source, origin)
    if all(len(axis_pieces) == 1 for axis_pieces in pieces):
        return read(tuple(p[0] for p in pieces))
    values = np.empty([r.stop - r.start for r in reads], origin.dtype)
    starts = [_offsets(axis_pieces) for axis_pieces in pieces]
    for places in product(
        *(list(zip(p, s, strict=True)) for p, s in zip(pieces, starts, strict=True))
    ):
        window = tuple(piece for piece, _ in places)
        into = tuple(slice(s, s + p.stop - p.start) for p, s in places)
        values[into] = read(window)
    return values


def _inside(rows: slice, axis: Axis) -> list[slice]:
    """Return rows of an axis as pieces of the file, wrapped where they leave it."""
    pieces, row = [], rows.start
    while row < rows.stop:
        first = row % axis.size
        length = min(axis.size - first, rows.stop - row)
        pieces.append(slice(axis.start + first, axis.start + first + length))
        row += length
    return pieces


def _offsets(pieces: list[slice]) -> list[int]:
    places = [0]
    for piece in pieces[:-1]:
        places.append(places[-1] + piece.stop - piece.start)
    return places


class Threads:
    """A pool of threads, or nothing where one thread is enough: then steps run when asked for."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: Any = None

    def __enter__(self) -> Executor | None:
        if self._workers > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._workers)
        pool: Executor | None = self._pool
        return pool

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    pool: Executor | None,
    step: Callable[[Block], list[Packet]],
    blocks: Iterable[Block],
    ahead: int,
) -> Iterator[list[Packet]]:
    """Yield what a step makes of each block, in order, with a bounded number under way."""
    if pool is None:
        yield from map(step, blocks)
        return
    waiting: deque[Future[list[Packet]]] = deque()
    for block in blocks:
        waiting.append(pool.submit(step, block))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def describe(source: Source, plan: Plan, run: Run) -> Report:
    """Return what a plan will do."""
    results = [result for _, group in plan.outputs for result in group]
    return Report(
        input=source.path,
        format=source.format,
        outputs=[path for path, _ in plan.outputs],
        variables=[_describe_task(task) for task in plan.tasks],
        notes=list(dict.fromkeys(plan.notes)),
        workers=plan.schedule.workers,
        blocks=sum(grid.count for grid in plan.schedule.grids),
        memory=plan.schedule.memory,
        bytes_in=plan.bytes_in,
        bytes_out=sum(int(np.prod(r.shape, dtype=object)) * r.dtype.itemsize for r in results),
        dry_run=run.dry_run,
    )


def _describe_task(task: Task) -> dict[str, Any]:
    return {
        "name": task.field.name,
        "shape": list(task.field.shape),
        "dtype": task.field.stored,
        "axes": [
            {
                "axis": axis_label(task.field.axes, part.axis),
                "result": part.result.name,
                "dtype": str(part.result.dtype),
                "units": part.result.attributes.get("units"),
                "spacing": part.spacing.describe(),
                "order": part.result.attributes["derivative_order"],
                "accuracy": part.result.attributes.get("derivative_accuracy"),
                "smooth": part.result.attributes.get("derivative_smooth"),
                "edges": part.result.attributes["derivative_edges"],
                "edge_order": part.result.attributes.get("derivative_edge_order"),
                "missing": part.result.attributes["derivative_missing"],
                "metric": part.result.attributes["derivative_metric"],
            }
            for part in task.partials
        ],
    }
