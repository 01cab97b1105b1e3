"""From a source and what was asked to a plan: fields, stencils, results, outputs, blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby, pairwise
from math import ceil, prod
from typing import Any

import numpy as np

from gradcli.charts import Chart
from gradcli.choose import Along, Choice, choose
from gradcli.curvilinear import Curvilinear, make_map, refuse_unfit
from gradcli.errors import UsageError
from gradcli.factors import Tables
from gradcli.formats import read_vector, storing
from gradcli.geometry import Geometry, Summand, closed, make_geometry, refuse_other_units
from gradcli.gridmap import GridMap
from gradcli.model import Carry, Field, Result, Source, Storage, axis_label
from gradcli.numerics.coordinates import FLOAT64_EPS, Spacing, fit_spacing, index_spacing
from gradcli.numerics.schemes import make_stencil
from gradcli.numerics.stencils import Stencil
from gradcli.outputs import (
    Destination,
    claim,
    output_format,
    place_results,
    refuse_input_as_output,
    refuse_terminal,
)
from gradcli.plan import Block, Need, Schedule, least_memory, schedule
from gradcli.projection import make_projected
from gradcli.results import ResultMaker
from gradcli.settings import Settings
from gradcli.storage import refuse_storage, result_storage
from gradcli.tasks import Partial, Product, Task, Term
from gradcli.vectors import as_vectors, refuse_misfit

NOTABLE = 1.1  # times that chunks are decoded before it is worth a word
VECTOR_COPIES = 5  # of a coordinate, while its steps are checked and classified


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
        return sum(
            int(np.prod(part.shape, dtype=object)) * task.dtype.itemsize
            for task in self.tasks
            for part in task.components
        )

    def bytes_of(self, block: Block) -> int:
        """Return the bytes of a block of a field, as it is in memory, without its halo."""
        task = self.tasks[block.task]
        cells: int = prod(part.stop - part.start for part in block.window)
        return cells * task.dtype.itemsize * len(task.components)


@dataclass(frozen=True)
class Run:
    """How to run a plan.

    Attributes
    ----------
    memory, jobs : int
    overwrite, skip_existing, dry_run : bool
    carry : Carry
    on_block : callable, optional
        Called after each block with bytes of input done and bytes in all.
    claims : mapping of path to input
        What files belong to, where several inputs are worked on; outputs are added.
    """

    memory: int
    jobs: int
    overwrite: bool = False
    skip_existing: bool = False
    dry_run: bool = False
    carry: Carry = field(default_factory=Carry)
    on_block: Callable[[int, int], None] | None = None
    claims: MutableMapping[str, str] = field(default_factory=dict)


def make_plan(source: Source, settings: Settings, destination: Destination, run: Run) -> Plan:
    """Decide everything: fields, axes, stencils, outputs, blocks."""
    if source.undecided:
        raise UsageError(source.undecided)
    choices, notes = choose(source, settings, read_vector)
    choices = as_vectors(choices, settings)
    notes = [*source.notes, *notes]
    kind = output_format(source, destination)
    can = storing(kind, source, destination.path)
    refuse_storage(settings, can, "classic NetCDF" if kind == "netcdf" else kind.upper())
    storage = partial(result_storage, settings=settings, can=can, same=kind == source.format)
    maker = TaskMaker(source, settings, notes)
    tasks = tuple(_stored(maker.make(choice), storage) for choice in choices)
    results = [result for task in tasks for result in task.results]
    _refuse_same_names(results)
    outputs = place_results(source, results, settings.operators[0].name, destination)
    paths = [path for path, _ in outputs]
    refuse_input_as_output(source, paths, run.overwrite)
    claim(source, paths, run.claims)
    if not run.dry_run:
        refuse_terminal(paths, kind)
    _refuse_two_parts(tasks)
    fixed = _fixed_bytes(tasks) + sum(grid.held for grid in maker.grids.values())
    needs = [(task.field.name, task.need()) for task in tasks]
    cut = schedule(needs, fixed, run.memory, run.jobs)
    for grid in maker.grids.values():
        grid.load(source)
    notes += _again_notes(needs, cut, fixed, run.memory)
    return Plan(tasks, cut, outputs, kind, destination.folder, notes)


def _stored(task: Task, storage: Callable[[Field, int], Storage]) -> Task:
    """Return a task whose results know how they are to lie in their file: all alike."""
    products = tuple(
        replace(
            product,
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
    """Say where chunks of the input are decoded again for want of memory."""
    for (name, need), grid in zip(needs, cut.grids, strict=True):
        enough = least_memory(need, fixed)
        if grid.times >= NOTABLE and enough > memory:
            yield (
                f"{name}: its chunks lie across those of the results, each is decoded "
                f"{grid.times:.1f} times; with --memory {ceil(enough / 2**20)}MiB once"
            )


class TaskMaker:
    """Makes tasks of choices; fields that share an axis share its stencils."""

    def __init__(self, source: Source, settings: Settings, notes: list[str]) -> None:
        self._source = source
        self._settings = settings
        self._notes = notes
        self._spacings: dict[object, Spacing] = {}
        self._stencils: dict[object, Stencil] = {}
        self.grids: dict[object, Tables] = {}
        self._maps: dict[object, GridMap] = {}

    def make(self, choice: Choice) -> Task:
        """Return the task of a field, or of the components of a vector."""
        settings, origin = self._settings, choice.field
        operators = settings.operators
        geometry = self._geometry(choice)
        refuse_other_units(choice.along, geometry)
        refuse_misfit(choice, operators, geometry)
        alongs = tuple(closed(origin, along, geometry, self._notes) for along in choice.along)
        spacings = {along.index: self._spacing(origin, along) for along in alongs}
        steps = (*alongs, *choice.beneath)
        for along in alongs:
            self._notes += _axis_notes(origin, along, spacings[along.index], geometry)
        kind = self._result_dtype(origin)
        work = np.result_type(*(part.dtype for part in choice.components), kind)
        partials: dict[tuple[object, ...], tuple[int, Partial]] = {}
        products = []
        maker = ResultMaker(choice, alongs, spacings, geometry, settings)
        for operator in operators:
            order = operator.order or settings.scheme.order
            for component in range(1 if operator.vector else len(choice.components)):
                uses = []
                for wanted in operator.wanted(len(alongs), order):
                    if not operator.vector:
                        wanted = wanted._replace(component=component)
                    summands = geometry.summands(wanted, operator)
                    terms = tuple((s.component, s.along, s.before is not None) for s in summands)
                    key = (wanted, terms)
                    if key not in partials:
                        made = tuple(self._term(origin, steps, part) for part in summands)
                        partials[key] = len(partials), Partial(made)
                    uses.append(partials[key][0])
                results = tuple(
                    maker.make(outcome, operator, kind, component)
                    for outcome in operator.outcomes(len(alongs), order)
                )
                products.append(Product(operator, tuple(uses), results))
        every = tuple(partial for _, partial in partials.values())
        return Task(choice.components, work, every, tuple(products), spacings)

    def _geometry(self, choice: Choice) -> Geometry:
        settings, origin, chart = self._settings, choice.field, choice.chart
        operators, metric, radius = settings.operators, settings.metric, settings.radius
        if chart is None:
            chosen = tuple(along.index for along in choice.along)
            projected = make_projected(self._source, origin, chosen, settings)
            if projected is not None:
                self.grids[origin.name] = projected[1]
                return projected[0]
            return make_geometry(origin, chosen, operators, metric, radius)
        places: list[int | None] = [None, None]
        for place, along in enumerate(choice.along):
            if along.sheet is not None:
                places[along.sheet is chart.y.axis] = place
        grid = self._grid(choice, chart)
        if any(operator.vector for operator in operators) and grid.on_earth:
            self._notes.append("components are taken as eastward and northward")
        count = len(choice.along)
        return Curvilinear(grid, chart, (places[0], places[1]), count, metric == "none")

    def _grid(self, choice: Choice, chart: Chart) -> GridMap:
        """Return the map of a chart; fields on the same one share it."""
        settings, origin = self._settings, choice.field
        slower, faster = (self._stencil(origin, along, 1) for along in choice.beneath)
        parts = tuple(origin.axes[place].file_window for place in chart.over)
        refuse_unfit(chart, origin, len(choice.along), settings)
        key = (*chart.key, *((part.start, part.stop) for part in parts), id(slower), id(faster))
        if key not in self._maps:
            self._maps[key] = make_map(chart, origin, (slower, faster), settings)
            self.grids[key] = self._maps[key]
        return self._maps[key]

    def _result_dtype(self, origin: Field) -> np.dtype[Any]:
        asked = self._settings.dtype
        kind = np.dtype(asked) if asked else origin.result_dtype.type(0).real.dtype
        return np.result_type(kind, np.complex64) if origin.dtype.kind == "c" else kind

    def _term(self, origin: Field, alongs: tuple[Along, ...], summand: Summand) -> Term:
        steps = tuple(
            (alongs[place].index, self._stencil(origin, alongs[place], len(list(same))))
            for place, same in groupby(summand.along)
        )
        return Term(summand.component, steps, summand.before, summand.after)

    def _spacing(self, origin: Field, along: Along) -> Spacing:
        same = _same_axis(origin, along)
        if same not in self._spacings:
            self._spacings[same] = spacing_of(origin, along, self._settings.snap)
        return self._spacings[same]

    def _stencil(self, origin: Field, along: Along, order: int) -> Stencil:
        same = (_same_axis(origin, along), order)
        if same not in self._stencils:
            spacing, scheme = self._spacing(origin, along), self._settings.scheme_of(order)
            self._stencils[same] = make_stencil(
                along.label, spacing, scheme, along.periodic, along.period, along.repeated
            )
        return self._stencils[same]


def _same_axis(origin: Field, along: Along) -> object:
    """Return what fields must have alike to share the stencils of an axis."""
    axis = origin.axes[along.index]
    return (axis.key, axis.coordinate, axis.size, axis.start, replace(along, index=0))


def spacing_of(origin: Field, along: Along, snap: bool = True) -> Spacing:
    """Return the spacing of an axis: as given, from its coordinates, or steps of one."""
    axis = origin.axes[along.index]
    if along.sheet is not None:
        return replace(index_spacing(axis.size), kind="curvilinear")
    if along.step is not None:
        return index_spacing(axis.size, along.step)
    if axis.values is None:
        return index_spacing(axis.size)
    values = axis.values
    if along.turn is not None:
        values = np.unwrap(values, period=along.turn)
    if along.scale != 1:
        values = along.scale * values
    precision = axis.precision if snap else FLOAT64_EPS
    return fit_spacing(axis_label(origin.axes, along.index), values, precision)


def _axis_notes(origin: Field, along: Along, spacing: Spacing, geometry: Geometry) -> Iterator[str]:
    axis = origin.axes[along.index]
    if spacing.kind == "snapped":
        step = f"{spacing.step:.10g}"
        yield f"{along.label}: coordinates snapped to equal steps of {step} (--no-snap)"
    if spacing.kind == "index" and along.step is None and axis.name is not None:
        yield f"{along.label}: no coordinates, derivatives are per index (--spacing, --coords)"
    said = along.axis(origin)
    degrees = said.role in ("x", "y") and (said.units or "").startswith("degree")
    if degrees and geometry.text.startswith("none"):
        yield f"{along.label}: derivatives are per degree, not per metre (--metric sphere)"


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
    arrangements = {
        axis.key: axis.arrangement.nbytes
        for task in tasks
        for axis in task.field.axes
        if axis.arrangement is not None
    }
    return tables + sum(vectors.values()) + sum(arrangements.values())
