"""Make the plan of a run: fields, stencils, results, outputs, blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from math import ceil, prod
from typing import TYPE_CHECKING, cast

import numpy as np

from gradcli.cf.references import RAGGED
from gradcli.errors import NoMetricError, UsageError
from gradcli.formats.coordinates import read_vector
from gradcli.formats.registry import BY_NAME
from gradcli.model.axes import OPEN, axis_label, rejoined
from gradcli.model.blocks import Block, Need
from gradcli.model.fields import Field, Result, Storage
from gradcli.model.protocols import Destination, LiveSource, Source
from gradcli.plan.applies import refuse_idle_axes, refuse_idle_outputs
from gradcli.plan.choose import Choice, choose
from gradcli.plan.escaped import with_names
from gradcli.plan.idle import idle_notes
from gradcli.plan.outputs import (
    claim,
    output_format,
    place_results,
    refuse_addresses,
    refuse_input_as_output,
    refuse_same_paths,
    refuse_terminal,
)
from gradcli.plan.results import unread_notes
from gradcli.plan.schedule import Schedule, least_memory, schedule
from gradcli.plan.storage import refuse_storage, result_storage
from gradcli.plan.taskmaker import TaskMaker
from gradcli.plan.tasks import Task
from gradcli.plan.vectors import as_vectors
from gradcli.record import record, replace
from gradcli.settings import Run, Settings

if TYPE_CHECKING:
    from gradcli.geometry.factors import Tables
    from gradcli.geometry.staggered import CGrid
    from gradcli.plan.live import LiveSchedule
    from gradcli.plan.staggered import StaggeredMaker

NOTABLE = 1.1  # times a chunk is decoded before a note is worth it
VECTOR_COPIES = 5  # copies of a coordinate while its steps are checked and classified


@record(frozen=True)
class Plan:
    """Everything that is decided before the first value of a field is read.

    ``tables`` are factors that `Tables.load` computes when the plan is carried out. A dry run
    leaves them empty.
    """

    tasks: tuple[Task, ...]
    tables: tuple[Tables, ...]
    schedule: Schedule | LiveSchedule
    outputs: list[tuple[str, list[Result]]]
    format: str
    folder: str | None
    notes: list[str]

    @property
    def endless(self) -> bool:
        """Whether the number of rows is unknown until the input ends."""
        return any(task.field.shape[0] == OPEN for task in self.tasks)

    @property
    def bytes_in(self) -> int:
        """Bytes of the fields in memory, or 0 if the number of rows is unknown."""
        if self.endless:
            return 0
        return sum(
            int(np.prod(part.shape, dtype=object)) * task.dtype.itemsize
            for task in self.tasks
            for part in task.components
        )

    @property
    def bytes_out(self) -> int:
        """Bytes of the results, or 0 if the number of rows is unknown."""
        if self.endless:
            return 0
        results = (result for _, group in self.outputs for result in group)
        return sum(int(np.prod(r.shape, dtype=object)) * r.dtype.itemsize for r in results)

    def bytes_of(self, block: Block) -> int:
        """Return the bytes that a block of a field takes in memory, without its halo."""
        task = self.tasks[block.task]
        cells: int = prod(part.stop - part.start for part in block.window)
        return cells * task.dtype.itemsize * len(task.components)


def make_plan(
    source: Source, settings: Settings, destination: Destination | None, run: Run
) -> Plan:
    """Decide everything: fields, axes, stencils, outputs, blocks.

    Only headers and the coordinates of axes are read. Without a destination the plan has no
    outputs, and results are stored nowhere.
    """
    if source.undecided:
        raise UsageError(source.undecided)
    known = (axis.name for found in source.fields.values() for axis in found.axes)
    settings = replace(settings, axis=rejoined(settings.axis, known))
    notes = [*source.notes]
    staggered = _staggered(source, settings, notes)
    choices: list[Choice] = []
    if staggered is None:
        settings = _by_tracks(source, settings, notes)
        read = partial(read_vector, memory=run.limits.memory)
        choices, chosen = choose(source, settings, read)
        choices = as_vectors(choices, settings)
        if not source.live:
            refuse_idle_axes(choices, settings)
        notes += chosen
    storing = None if destination is None else _storing(source, settings, destination)
    maker: TaskMaker | StaggeredMaker
    if staggered is None:
        maker = TaskMaker(source, settings, notes)
        made = _tasks(maker, choices, settings, notes)
    else:
        from gradcli.plan.staggered import StaggeredMaker

        maker = StaggeredMaker(source, settings, notes)
        made = maker.tasks(staggered)
    tasks = tuple(made if storing is None else (_stored(task, storing) for task in made))
    _refuse_same_names([result for task in tasks for result in task.results])
    outputs: list[tuple[str, list[Result]]] = []
    kind, folder = source.format, None
    if destination is None:
        notes += idle_notes(choices, settings, None)
    else:
        kind, folder = output_format(source, destination), destination.folder
        tasks = with_names(tasks, BY_NAME[kind], kind != source.format, notes)
        results = [result for task in tasks for result in task.results]
        notes += unread_notes(results) if BY_NAME[kind].attributes else []
        notes += idle_notes(choices, settings, BY_NAME[kind])
        outputs = _outputs(source, results, settings, destination, run)
    _refuse_two_parts(tasks)
    fixed = _fixed_bytes(tasks) + sum(grid.held for grid in maker.tables.values())
    needs = [(task.field.name, task.need()) for task in tasks]
    cut: Schedule | LiveSchedule | None = None
    if source.live:
        from gradcli.plan.live import live_schedule

        cut = live_schedule(cast(LiveSource, source), tasks, fixed, run.limits.memory)
    if cut is None:
        cut = schedule(needs, fixed, run.limits.memory, run.limits.jobs)
        notes += _again_notes(needs, cut, fixed, run.limits.memory)
    tables = tuple(maker.tables.values())
    return Plan(tasks, tables, cut, outputs, kind, folder, notes)


def _storing(
    source: Source, settings: Settings, destination: Destination
) -> Callable[[Field, int], Storage]:
    """Return the function that says how results are stored, which the format may refuse."""
    kind = output_format(source, destination)
    form = BY_NAME[kind]
    can = form.storing(source, destination.path)
    refuse_storage(settings, can, form.plain or form.title)
    if destination.stack:
        can -= {"order"}  # in Fortran order, the numbers of each component would lie apart
    return partial(result_storage, settings=settings, can=can, same=kind == source.format)


def _outputs(
    source: Source, results: list[Result], settings: Settings, destination: Destination, run: Run
) -> list[tuple[str, list[Result]]]:
    """Return the files of a run and the results in each, which no other input may have."""
    kind = BY_NAME[output_format(source, destination)]
    refuse_idle_outputs(source, settings, destination, kind, kind.holds_one_array(results, source))
    outputs = place_results(source, results, settings.operators[0].name, destination)
    paths = [path for path, _ in outputs]
    refuse_same_paths(paths)
    refuse_addresses(paths, kind)
    refuse_input_as_output(source, paths)
    claim(source, paths, run.claims)
    if not run.dry_run:
        refuse_terminal(paths, kind.name)
    return outputs


def _by_tracks(source: Source, settings: Settings, notes: list[str]) -> Settings:
    """Return settings in which parts of tracks are parts of their rows, if the file has tracks."""
    declared = (name in own for own in source.attributes.values() for name in RAGGED)
    if not (settings.isel or settings.sel) or not any(declared):
        return settings
    from gradcli.plan.track_parts import parts_of_tracks

    return parts_of_tracks(source, settings, notes)


def _staggered(source: Source, settings: Settings, notes: list[str]) -> CGrid | None:
    """Return the C grid of a vector, if it lies on one; other runs need not import its modules."""
    if not any(operator.vector for operator in settings.operators):
        return None
    from gradcli.plan.staggered import find_staggered

    return find_staggered(source, settings, notes)


def _tasks(
    maker: TaskMaker, choices: list[Choice], settings: Settings, notes: list[str]
) -> Iterator[Task]:
    """Yield the tasks, without the fields that the metric does not apply to.

    An error is raised instead if variables were asked for by name, or if no field is left.
    """
    left: list[NoMetricError] = []
    for choice in choices:
        try:
            yield maker.make(choice)
        except NoMetricError as error:
            left.append(error)
            needed = (
                "coordinates around an axis or a centre"
                if settings.metric.around
                else "longitude and latitude"
            )
            notes.append(f"{choice.field.name}: left out, its axes are no {needed}")
    if left and (settings.var or len(left) == len(choices)):
        raise left[0]


def _stored(task: Task, storage: Callable[[Field, int], Storage]) -> Task:
    """Return a task whose results know how they are stored; all are stored alike."""
    products = tuple(
        product._replace(
            results=tuple(
                replace(result, storage=storage(task.field, result.dtype.itemsize))
                for result in product.results
            ),
        )
        for product in task.products
    )
    return replace(task, products=products)


def _again_notes(
    needs: list[tuple[str, Need]], cut: Schedule, fixed: int, memory: int
) -> Iterator[str]:
    """Yield a note for each field whose chunks are decoded again because memory is short."""
    for (name, need), grid in zip(needs, cut.partitions, strict=True):
        enough = least_memory(need, fixed)
        if grid.times >= NOTABLE and enough > memory:
            yield (
                f"{name}: its chunks lie across those of the results, each is decoded "
                f"{grid.times:.1f} times; with --memory {ceil(enough / 2**20)}MiB once"
            )


def _refuse_same_names(results: list[Result]) -> None:
    names = sorted(result.name for result in results)
    for first, second in pairwise(names):
        if first == second:
            raise UsageError(
                f"two results would be called {first!r}; use --name with {{var}}, {{axis}}"
            )


def _refuse_two_parts(tasks: tuple[Task, ...]) -> None:
    """Raise UsageError if fields share a dimension, but different parts of it are selected."""
    seen: dict[str, tuple[str, tuple[slice, bool]]] = {}
    for task in tasks:
        for index, axis in enumerate(task.field.axes):
            points = (axis.written().file_window, axis.arrangement is None)
            name, others = seen.setdefault(axis.key, (task.field.name, points))
            if points != others:
                raise UsageError(
                    f"axis {axis_label(task.field.axes, index)}: different parts are selected for "
                    f"{name} and {task.field.name}; select by its name, or choose by --var"
                )


def _fixed_bytes(tasks: tuple[Task, ...]) -> int:
    """Return the bytes that do not depend on blocks: weights, coordinates and arrangements."""
    stencils = {
        id(stencil): stencil for task in tasks for term in task.terms() for _, stencil in term.steps
    }
    tables = sum(stencil.held() for stencil in stencils.values())
    vectors = {
        axis.key: VECTOR_COPIES * axis.size * 8
        for task in tasks
        for axis in task.field.axes
        if axis.values is not None
    }
    regions = {id(task.region.outside): task.region.outside.nbytes for task in tasks if task.region}
    arrangements = {
        axis.key: axis.arrangement.nbytes
        for task in tasks
        for axis in task.field.axes
        if axis.arrangement is not None
    }
    tracks = {
        axis.key: axis.tracks.nbytes
        for task in tasks
        for axis in task.field.axes
        if axis.tracks is not None
    }
    tables += sum(column.chunk_bytes() for task in tasks for column in task.columns)
    every = (vectors, arrangements, tracks, regions)
    return tables + sum(sum(each.values()) for each in every)
