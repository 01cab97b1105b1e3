"""From a request to the panels of a picture: what is shown, computed at the points it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import TypeAlias

import numpy as np

from gradcli.cf.roles import is_index, radians_in
from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.errors.suggest import suggest
from gradcli.explore.evaluate import Evaluation, evaluation
from gradcli.explore.layout import ratio_of
from gradcli.explore.panels import FIELD, Panel
from gradcli.explore.places import PLAIN, Place, place_of
from gradcli.explore.sampling import Shown, sampled, step_for
from gradcli.explore.slices import Slice, place_text, slice_of
from gradcli.formats.coordinates import read_vector, vector_of
from gradcli.geometry.auxiliary import Chart, find_chart, is_nominal
from gradcli.geometry.positions import Positions
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Result
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.numerics.operator import Operator
from gradcli.numerics.operators import DEFAULT, OPERATORS, OTHER_NAMES, make_operator
from gradcli.numerics.value import VALUE
from gradcli.plan.plan import make_plan
from gradcli.plan.tasks import Task
from gradcli.record import replace
from gradcli.settings import Request

MOST = (1024, 1024)
Most: TypeAlias = "tuple[int, int] | Callable[[int, float], tuple[int, int]]"
MOST_PANELS = 40
LINE = 2048  # points that a line has at least, if there are so many
MOST_CELLS = 2**24  # of all panels together
DECODED = 64 * 2**20  # bytes of decoded chunks that are kept for windows to share
MOST_JOBS = 4  # threads: pictures are small, and each thread takes memory
UNSIGNED = (VALUE.name, "magnitude", "direction")  # results whose sign says nothing


def panels_of(
    request: Request,
    show: tuple[str, ...] = (),
    at: Mapping[str, str] | None = None,
    most: Most = MOST,
    dimensions: int = 2,
    notes: list[str] | None = None,
) -> list[Panel]:
    """Return the panels of a picture: the fields of an input and their derivatives.

    Parameters
    ----------
    request : Request
        As `api.request` makes it. Its operators give the manner of those that have one.
    show : tuple of str
        ``field`` and names of operators, in the order in which they are shown; by default the
        field, its gradient, and its magnitude where that exists.
    at : mapping of str to str, optional
        For axes that are not shown the coordinate, date or index to hold them at; by default
        their first point.
    most : (int, int) or callable
        The most rows and columns, or a function that returns these for a number of panels and for
        how many times wider than high each is; a line
        has as many points as columns. Where a slice has more, derivatives are computed at the full
        resolution, and sampled.
    dimensions : int
        The number of axes that are shown, 1 or 2.
    notes : list of str, optional
        What may surprise the user is added.

    Returns
    -------
    list of Panel

    Raises
    ------
    UsageError
        A name in ``show`` or ``at`` is unknown, or there are too many panels.
    InputError
        There is nothing to show.
    """
    notes = [] if notes is None else notes
    at = at or {}
    with _opened(request, show) as evaluation_:
        return _Maker(evaluation_, request, at, most, dimensions, notes).panels()


def check(request: Request, show: tuple[str, ...]) -> None:
    """Raise an error for what is wrong with an input or a request, before values are read."""
    with _opened(request, show):
        pass


@contextmanager
def _opened(request: Request, show: tuple[str, ...]) -> Iterator[Evaluation]:
    """Open the input and plan what is shown."""
    given = {operator.name: operator for operator in request.settings.operators}
    operators = (VALUE, *given.values())
    if names := [OTHER_NAMES.get(name, name) for name in show]:
        operators = tuple(_operator(name, given) for name in dict.fromkeys(names))
    settings = replace(request.settings, operators=operators)
    with evaluation(request._replace(settings=settings), values=False) as found:
        if not show and DEFAULT in given and settings.scheme.order == 1:
            found = _with_lengths(found, request._replace(settings=settings))
        yield found


def _operator(name: str, given: Mapping[str, Operator]) -> Operator:
    if name == FIELD:
        return VALUE
    if name in given:
        return given[name]
    if name not in OPERATORS:
        raise suggest("panel", name, [FIELD, *OPERATORS])
    return make_operator(name)


def _with_lengths(found: Evaluation, request: Request) -> Evaluation:
    """Return an evaluation with the magnitude of the gradient, if it exists and is not one part."""
    if all(len(task.spacings) < 2 for task in found.tasks):
        return found
    operators = (*request.settings.operators, make_operator("magnitude"))
    settings = replace(request.settings, operators=operators)
    try:
        plan = make_plan(found.source, settings, None, request.run)
    except GradcliError:  # a mix of units, or degrees without a metric
        return found
    for tables in plan.tables:
        tables.load(found.source)
    return Evaluation(found.source, plan)


class _Maker:
    """Makes the panels of an evaluation."""

    def __init__(
        self,
        found: Evaluation,
        request: Request,
        at: Mapping[str, str],
        most: Most,
        dimensions: int,
        notes: list[str],
    ) -> None:
        self._found, self._request, self._at = found, request, at
        self._most, self._dimensions, self._notes = most, dimensions, notes
        self._count = 1

    def panels(self) -> list[Panel]:
        """Return the panels of all fields."""
        tasks = self._found.tasks
        count = sum(len(task.results) for task in tasks)
        if count > MOST_PANELS:
            raise UsageError(
                f"{count} panels, more than the {MOST_PANELS} that a picture holds; choose with "
                "--var, --axis or --show"
            )
        self._count = count
        self._refuse_unknown([result.axes for task in tasks for result in task.results])
        self._notes += self._found.plan.notes
        made = [panel for number in range(len(tasks)) for panel in self._panels(number)]
        empty = [panel.name for panel in made if not np.isfinite(panel.values).any()]
        if made and len(empty) == len(made):
            raise InputError("every value that would be shown is missing; show another part (--at)")
        self._notes += [f"{name}: missing everywhere in what is shown" for name in empty]
        return made

    def _refuse_unknown(self, every: list[tuple[Axis, ...]]) -> None:
        for name in self._at:
            for axes in every:
                try:
                    find_axis(axes, name)
                    break
                except UsageError as error:
                    last = error
            else:
                raise last.reworded(f"--at: {last}")

    def _panels(self, number: int) -> Iterator[Panel]:
        task = self._found.tasks[number]
        axes = task.results[0].axes
        if any(axis.size == 0 for axis in axes):
            raise InputError(f"{task.field.name}: has no points to show")
        chart = self._chart(task)
        own: list[str] = []
        over = () if chart is None else chart.over
        cut = slice_of(axes, self._at, self._dimensions, own, over)
        if any(result.dtype.kind == "c" for result in task.results):
            own.append(f"{task.field.name}: complex; what is shown are magnitudes")
        if not cut.shown:
            raise InputError(f"{task.field.name}: no axis of two points or more is left to show")
        if chart is not None and set(cut.shown) != set(chart.over):
            chart = None
        if chart is not None:
            cut = cut._replace(shown=chart.over)
        self._notes += [note for note in own if note not in self._notes]
        self._say_guesses(axes, cut)
        shown = self._shown(task, axes, cut)
        self._hold(task, cut, shown)
        jobs = min(self._request.run.limits.jobs, MOST_JOBS)
        values = sampled(partial(self._found.values, number), cut.held, shown, jobs)
        steps = dict(zip(sorted(cut.shown), shown, strict=True))
        self._say_steps(axes, steps)
        shorter = tuple(_thinned(axes[i], steps[i].step) for i in cut.shown)
        turn = cut.shown != tuple(sorted(cut.shown))
        positions = None if chart is None else self._positions(task, chart, cut, shown)
        place = self._place(task, chart, shorter)
        for product in task.products:
            if product.operator.name == "magnitude" and len(task.spacings) < 2:
                continue  # it would be that of the only component
            for result, partials in product.made_of():
                plane = values[result.name]
                along = _along(task, result, partials, cut, chart)
                yield Panel(
                    result.name,
                    _title(result, cut),
                    result.units,
                    plane.T if turn else plane,
                    shorter,
                    product.operator.name not in UNSIGNED and result.dtype.kind != "c",
                    positions,
                    result.origin.name if len(task.components) == 1 else task.components[0].name,
                    FIELD if product.operator is VALUE else product.operator.name,
                    along,
                    place,
                    cut.words,
                )

    def _chart(self, task: Task) -> Chart | None:
        """Return two-dimensional coordinates of a field, if its axes give way to them."""
        source, field, settings = self._found.source, task.field, self._request.settings
        sheets = {}
        for axis, spec in settings.coords.items():
            vector = vector_of(source, spec) or read_vector(spec)
            if vector.values.ndim == 2:
                sheets[axis] = vector
        try:
            chart = find_chart(source, field, sheets)
            if chart is None:
                return None
            plain = all(is_index(field.axes[i]) for i in chart.over)
            nominal = any(is_nominal(source, chart, field, i) for i in chart.over)
        except GradcliError:  # those that derivatives need have been refused already
            return None
        return chart if chart.given or plain or nominal else None

    def _say_guesses(self, axes: tuple[Axis, ...], cut: Slice) -> None:
        if not cut.guessed:
            return
        labels = [axis_label(axes, index) for index in range(len(axes))]
        told = [f"{name} {place_text(axes[labels.index(name)], 0)}" for name in cut.guessed]
        points = "the first point" if len(told) == 1 else "the first points"
        note = f"shown at {points}, {', '.join(told)} (--at {cut.guessed[0]}=…)"
        if note not in self._notes:
            self._notes.append(note)

    def _say_steps(self, axes: tuple[Axis, ...], steps: Mapping[int, Shown]) -> None:
        for index, shown in steps.items():
            if shown.step > 1:
                note = (
                    f"{axis_label(axes, index)}: every {_ordinal(shown.step)} of its {shown.size} "
                    "points is shown; derivatives are those of the full resolution"
                )
                if note not in self._notes:
                    self._notes.append(note)

    def _shown(self, task: Task, axes: tuple[Axis, ...], cut: Slice) -> list[Shown]:
        """Return the points of the axes that are shown, in the order of the grid."""
        halo = task.need().halo
        most_of, ratio = self._most, ratio_of([axes[i] for i in cut.shown])
        rows, columns = most_of(self._count, ratio) if callable(most_of) else most_of
        if len(cut.shown) == 1 and callable(most_of):
            columns = max(columns, LINE)
        share = min(1.0, (MOST_CELLS / (rows * columns * self._count)) ** 0.5)
        rows, columns = max(1, int(rows * share)), max(1, int(columns * share))
        most = {cut.shown[-1]: columns, cut.shown[0]: rows if len(cut.shown) > 1 else columns}
        return [
            Shown(axes[i].size, step_for(axes[i].size, most[i]), halo[i]) for i in sorted(cut.shown)
        ]

    def _hold(self, task: Task, cut: Slice, shown: list[Shown]) -> None:
        """Let windows share decoded chunks, and cut them so that these are few enough."""
        chunks = task.field.storage.chunks
        if not chunks or task.field.fixed is not None:
            return
        last = max(cut.shown)
        # A window may lie across a boundary of chunks along every other axis.
        size = 2 * prod(chunks) * task.field.storage.item
        row = max(1, DECODED // size)
        shown[-1] = shown[-1]._replace(longest=max(row * chunks[last], shown[-1].step))
        for name in dict.fromkeys(part.name for part in task.components):
            self._found.source.hold(name, Room(DECODED // len(task.components)))

    def _positions(
        self, task: Task, chart: Chart, cut: Slice, shown: list[Shown]
    ) -> tuple[Array, Array]:
        """Return the two-dimensional coordinates of the points, in degrees if they are angles."""
        field, source = task.field, self._found.source
        made = Positions(chart, field)
        starts = [field.axes[i].points.start for i in chart.over]
        turned = chart.over[0] > chart.over[1]
        assert not turned
        at = 0
        if made.step is not None:
            at = (cut.held[made.step] or 0) + field.axes[made.step].points.start

        def read(window: Window) -> dict[str, Array]:
            parts = [
                slice(part.start + start, part.stop + start)
                for part, start in zip(window, starts, strict=True)
            ]
            steps = slice(at, at + 1)
            x, y = (made.window(source, sheet, steps, *parts)[0] for sheet in made.sheets)
            made.mark_missing(x, y)
            return {"x": x, "y": y}

        plain = [one._replace(reach=0) for one in shown]
        found = sampled(read, (None, None), plain, 1)
        if not chart.angles:
            return found["x"], found["y"]
        x, y = (
            np.degrees(found[name] * radians_in(sheet.axis))
            for name, sheet in zip("xy", made.sheets, strict=True)
        )
        return x, y

    def _place(self, task: Task, chart: Chart | None, axes: tuple[Axis, ...]) -> Place | None:
        if len(axes) < 2:
            return None
        if chart is not None:
            return PLAIN if chart.angles else None
        return place_of(self._found.source, task.field, axes[1], axes[0])


def _thinned(axis: Axis, step: int) -> Axis:
    """Return an axis of every so many points."""
    if step == 1:
        return axis
    values = None if axis.values is None else axis.values[::step]
    if values is None:
        values = np.arange(0.0, axis.size, step)
    return Axis(
        axis.name,
        len(values),
        values,
        axis.units,
        axis.role,
        axis.standard_name,
        axis.long_name,
        axis.coordinate,
        axis.calendar,
        axis.key,
        down=axis.down or (axis.values is None and axis.name is None),
    )


def heading(result: Result) -> str:
    """Return the name of a result with its units, for titles."""
    name = result.name.rpartition("/")[2] or result.name
    name = f"|{name}|" if result.dtype.kind == "c" else name
    return f"{name} [{result.units}]" if result.units and result.units != "1" else name


def _title(result: Result, cut: Slice) -> str:
    return heading(result) + (f", {cut.words}" if cut.words else "")


def _ordinal(number: int) -> str:
    """Return a number as an ordinal.

    >>> [_ordinal(n) for n in (2, 3, 11, 21, 40)]
    ['2nd', '3rd', '11th', '21st', '40th']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _along(
    task: Task, result: Result, partials: tuple[int, ...], cut: Slice, chart: Chart | None
) -> int | None:
    """Return the dimension of a panel that its first derivative is taken along."""
    decided = result.decisions
    if decided is None or decided.order != 1 or len(partials) != 1:
        return None
    if chart is not None:
        names = [str(sheet.axis.name) for sheet in (chart.y, chart.x)]
        if decided.axis in names:
            return names.index(decided.axis)
    axes = {axis for term in task.partials[partials[0]].terms for axis, _ in term.steps}
    if len(axes) == 1 and (axis := axes.pop()) in cut.shown:
        return cut.shown.index(axis)
    return None
