"""From a source and what was asked to a plan: fields, stencils, results, outputs, blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from gradcli.choose import Along, Choice, choose
from gradcli.errors import UsageError
from gradcli.formats import read_vector
from gradcli.labels import attributes, component, result_name
from gradcli.model import Carry, Field, Result, Source, Window, axis_label
from gradcli.numerics.coordinates import FLOAT64_EPS, Spacing, fit_spacing, index_spacing
from gradcli.numerics.operators import Operator
from gradcli.numerics.schemes import make_stencil
from gradcli.numerics.stencils import Stencil
from gradcli.outputs import (
    Destination,
    output_format,
    place_results,
    refuse_input_as_output,
    refuse_same_output,
    refuse_terminal,
)
from gradcli.plan import Need, Schedule, schedule
from gradcli.settings import Settings

ARRANGE_COPIES = 4  # of a block: a run, rows of it, sums and counts, the result
VECTOR_COPIES = 5  # of a coordinate, while its steps are checked and classified


@dataclass(frozen=True)
class Partial:
    """One derivative of a field: its axis, the stencil made for it, the result it becomes."""

    axis: int
    stencil: Stencil
    spacing: Spacing
    result: Result


@dataclass(frozen=True)
class Task:
    """A field and what is made of it, in the type it is worked in."""

    field: Field
    dtype: np.dtype[Any]
    operator: Operator
    partials: tuple[Partial, ...]

    def reads(self, window: Window) -> Window:
        """Return what must be read to give a window; a periodic axis may be left."""
        reads = list(window)
        for part in self.partials:
            reach, now = part.stencil.reach(window[part.axis]), reads[part.axis]
            reads[part.axis] = slice(min(reach.start, now.start), max(reach.stop, now.stop))
        return tuple(reads)

    def need(self) -> Need:
        """Return what decides how the field is cut into blocks."""
        halo = [0] * len(self.field.shape)
        for part in self.partials:
            halo[part.axis] = max(halo[part.axis], part.stencil.halo())
        item = self.dtype.itemsize
        convert = item if self.dtype != self.field.dtype else 0
        for arrangement in (axis.arrangement for axis in self.field.axes):
            if arrangement is not None:
                convert += ARRANGE_COPIES * max(item, 8)
        # A result, and its form in the file.
        write = sum(item + part.result.dtype.itemsize for part in self.partials)
        chunks = self.field.storage.chunks
        return Need(
            self.field.shape,
            chunks or (1,) * len(halo),
            tuple(halo),
            self.field.cell_bytes + convert,
            write,
            self.field.storage.item if chunks else 0,
        )


@dataclass(frozen=True)
class Plan:
    """Everything decided before the first value is read."""

    tasks: tuple[Task, ...]
    schedule: Schedule
    outputs: list[tuple[str, list[Result]]]
    format: str
    folder: str | None
    notes: list[str]

    @property
    def bytes_in(self) -> int:
        """Bytes of the fields, as they are in memory."""
        return sum(int(np.prod(t.field.shape, dtype=object)) * t.dtype.itemsize for t in self.tasks)


@dataclass(frozen=True)
class Run:
    """How to run a plan.

    Attributes
    ----------
    memory, jobs : int
    overwrite, skip_existing, dry_run : bool
    carry : Carry
    on_block : callable, optional
        Called with blocks done and blocks in all.
    taken : collection of str
        Outputs that must not be written again.
    """

    memory: int
    jobs: int
    overwrite: bool = False
    skip_existing: bool = False
    dry_run: bool = False
    carry: Carry = field(default_factory=Carry)
    on_block: Callable[[int, int], None] | None = None
    taken: Collection[str] = ()


def make_plan(
    source: Source, operator: Operator, settings: Settings, destination: Destination, run: Run
) -> Plan:
    """Decide everything: fields, axes, stencils, outputs, blocks."""
    if source.undecided:
        raise UsageError(source.undecided)
    choices, notes = choose(source, settings, read_vector)
    notes = [*source.notes, *notes]
    stencils: dict[object, tuple[Spacing, Stencil]] = {}
    tasks = tuple(_make_task(choice, operator, settings, notes, stencils) for choice in choices)
    results = [part.result for task in tasks for part in task.partials]
    _refuse_same_names(results)
    outputs = place_results(source, results, operator.name, destination)
    paths = [path for path, _ in outputs]
    refuse_input_as_output(source, paths, run.overwrite)
    refuse_same_output(paths, run.taken)
    if not run.dry_run:
        refuse_terminal(paths, output_format(source, destination))
    _refuse_two_parts(tasks)
    fixed = _fixed_bytes(tasks)
    needs = [(task.field.name, task.need()) for task in tasks]
    cut = schedule(needs, fixed, run.memory, run.jobs)
    kind = output_format(source, destination)
    return Plan(tasks, cut, outputs, kind, destination.folder, notes)


def _make_task(
    choice: Choice,
    operator: Operator,
    settings: Settings,
    notes: list[str],
    stencils: dict[object, tuple[Spacing, Stencil]],
) -> Task:
    origin = choice.field
    kind = np.dtype(settings.dtype) if settings.dtype else origin.result_dtype.type(0).real.dtype
    result_dtype = kind
    if origin.dtype.kind == "c":
        result_dtype = np.result_type(kind, np.complex64)
    work = np.result_type(origin.dtype, result_dtype)
    partials = []
    for along in choice.along:
        axis = origin.axes[along.index]
        # Fields that share an axis share its stencil.
        same = (axis.key, axis.coordinate, axis.size, axis.start, replace(along, index=0))
        if same not in stencils:
            made = spacing_of(origin, along, settings.snap)
            stencil = make_stencil(along.label, made, settings.scheme, along.periodic, along.period)
            stencils[same] = made, stencil
        spacing, stencil = stencils[same]
        notes += _axis_notes(origin, along, spacing)
        name = result_name(origin, along.label, settings.scheme.order, settings.name)
        result = Result(
            name,
            origin.axes,
            result_dtype,
            component(along.label, settings.scheme.order),
            origin,
            attributes(origin, along, spacing, settings.scheme),
        )
        partials.append(Partial(along.index, stencil, spacing, result))
    return Task(origin, work, operator, tuple(partials))


def spacing_of(origin: Field, along: Along, snap: bool = True) -> Spacing:
    """Return the spacing of an axis: as given, from its coordinates, or steps of one."""
    axis = origin.axes[along.index]
    if along.step is not None:
        return index_spacing(axis.size, along.step)
    if axis.values is None:
        return index_spacing(axis.size)
    precision = axis.precision if snap else FLOAT64_EPS
    return fit_spacing(axis_label(origin.axes, along.index), axis.values, precision)


def _axis_notes(origin: Field, along: Along, spacing: Spacing) -> Iterator[str]:
    axis = origin.axes[along.index]
    if spacing.kind == "snapped":
        step = f"{spacing.step:.10g}"
        yield f"{along.label}: coordinates snapped to equal steps of {step} (--no-snap)"
    if spacing.kind == "index" and along.step is None and axis.name is not None:
        yield f"{along.label}: no coordinates, derivatives are per index (--spacing, --coords)"
    if axis.role in ("x", "y") and (axis.units or "").startswith("degree"):
        yield f"{along.label}: derivatives are per degree, not per metre"


def _refuse_same_names(results: list[Result]) -> None:
    names = sorted(result.name for result in results)
    for first, second in pairwise(names):
        if first == second:
            raise UsageError(
                f"two results would be called {first!r}; use --name with {{var}}, {{axis}}"
            )


def _refuse_two_parts(tasks: tuple[Task, ...]) -> None:
    """Raise UsageError where an index selects different parts of a dimension that fields share."""
    seen: dict[str, tuple[str, tuple[slice, bool]]] = {}
    for task in tasks:
        for index, axis in enumerate(task.field.axes):
            points = (axis.file_window, axis.arrangement is None)
            name, others = seen.setdefault(axis.key, (task.field.name, points))
            if points != others:
                raise UsageError(
                    f"axis {axis_label(task.field.axes, index)}: different parts are selected for "
                    f"{name} and {task.field.name}; select by its name, or choose by --var"
                )


def _fixed_bytes(tasks: tuple[Task, ...]) -> int:
    """Return what is held whatever the blocks: tables of weights, coordinates as they are made."""
    stencils = {id(part.stencil): part.stencil for task in tasks for part in task.partials}
    tables = sum(
        piece.weights.nbytes
        for stencil in stencils.values()
        for piece in stencil.pieces
        if piece.weights is not None
    )
    vectors = {
        axis.key: VECTOR_COPIES * axis.size * 8
        for task in tasks
        for axis in task.field.axes
        if axis.values is not None
    }
    arrangements = {
        axis.key: axis.arrangement.nbytes
        for task in tasks
        for axis in task.field.axes
        if axis.arrangement is not None
    }
    return tables + sum(vectors.values()) + sum(arrangements.values())
