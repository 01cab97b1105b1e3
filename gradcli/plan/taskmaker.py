"""Make tasks from choices: geometry, partials, and the stencils that fields share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import is_latitude, is_longitude, is_parametric, radians_in
from gradcli.errors import InputError
from gradcli.geometry.terms import Geometry, Term
from gradcli.model.along import Along
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.operator import Wanted
from gradcli.numerics.schemes import Scheme, edge_notes
from gradcli.numerics.stencils import Stencil
from gradcli.numerics.value import VALUE
from gradcli.plan.choose import Choice
from gradcli.plan.orientation import bearing_notes, handedness_notes, orient
from gradcli.plan.per import converted
from gradcli.plan.results import ResultMaker
from gradcli.plan.spacing import spacing_of
from gradcli.plan.tasks import AnyStencil, Partial, Product, StencilTerm, Task
from gradcli.plan.variables import advice_on
from gradcli.plan.vectors import refuse_misfit
from gradcli.record import replace
from gradcli.settings import Settings

# What only some grids need is imported where they need it: small files wait for each module.
if TYPE_CHECKING:
    from gradcli.geometry.auxiliary import Chart
    from gradcli.geometry.factors import Tables
    from gradcli.geometry.gridmap import GridMap
    from gradcli.model.poles import Poles
    from gradcli.numerics.live import LiveAxis
    from gradcli.numerics.live_tracks import LiveTracks
    from gradcli.plan.column_reads import ColumnMaker


class TaskMaker:
    """Makes a task from each choice; fields that share an axis share its stencils."""

    def __init__(self, source: Source, settings: Settings, notes: list[str]) -> None:
        self._source = source
        self._settings = settings
        self._notes = notes
        self._spacings: dict[object, Spacing] = {}
        self._columns: ColumnMaker | None = None
        self._stencils: dict[object, Stencil] = {}
        self.tables: dict[object, Tables] = {}
        self._maps: dict[object, GridMap] = {}

    def make(self, choice: Choice) -> Task:
        """Return the task of a field, or of the components of a vector."""
        settings, origin = self._settings, choice.field
        self._columns = None
        operators = settings.operators
        metric = self._geometry(choice)
        measured, geometry = converted(origin, choice.along, metric)
        choice = choice._replace(along=measured)
        refuse_misfit(choice, operators, geometry)
        for name, attributes in _read_by(self._source, choice):
            if attributes:
                from gradcli.cf.packing import refuse_many_factors

                refuse_many_factors(name, attributes)
        alongs = tuple(self._closed(origin, along, geometry) for along in choice.along)
        pointed = self._pointed(choice, alongs, geometry)
        metric = metric if pointed is geometry else pointed
        poles: Poles | None = None
        turned: tuple[int, ...] = ()
        if settings.metric.on_earth or settings.scheme.edges == "pole":
            from gradcli.plan.polar import over_poles, turned_at_poles

            alongs = over_poles(choice, alongs, metric, settings, self._notes)
            poles = next((along.poles for along in alongs if along.poles), None)
            turned = turned_at_poles(choice, metric, settings, self._notes) if poles else ()
        geometry = pointed
        spacings = {along.index: self._spacing(origin, along) for along in alongs}
        steps = (*alongs, *choice.beneath)
        if any(along.column(origin) is not None for along in alongs):
            from gradcli.plan.columns import along_levels

            self._notes += along_levels(origin, alongs, settings)
        for along in alongs if operators != (VALUE,) else ():  # values have no steps to tell of
            self._notes += self._level_notes(origin, along)
            told = geometry if self._settings.metric.name is None else None
            self._notes += _axis_notes(origin, along, spacings[along.index], told)
        self._notes += dict.fromkeys(
            f"{part.name}: {told}, so it limits nothing"
            for part in choice.components
            for told in part.unheeded
        )
        kind = self._result_dtype(origin)
        work = np.result_type(*(part.dtype for part in choice.components), kind)
        partials: dict[object, tuple[int, Partial]] = {}
        products = []
        maker = ResultMaker(choice, alongs, spacings, geometry, settings)
        given_axes = bool(settings.axis)
        for each in operators:
            operator, places = orient(each, choice, given_axes, settings.metric)
            order = operator.order or settings.scheme.order
            given = kind.type(0).real.dtype if operator.real else kind
            self._notes += handedness_notes(operator, choice)
            self._notes += bearing_notes(operator, choice, places)
            for component in range(1 if operator.vector else len(choice.components)):
                uses = []
                for wanted in operator.wanted(len(alongs), order):
                    wanted = replace(wanted, along=tuple(places[i] for i in wanted.along))
                    if not operator.vector:
                        wanted = replace(wanted, component=component)
                    itself = [Term(wanted.component, ())]
                    terms = geometry.terms(wanted, operator) if wanted.along else itself
                    manner = (operator.flux, operator.covariant)
                    uses.append(self._share(partials, (wanted, manner), terms, origin, steps))
                results = tuple(
                    maker.make(outcome, operator, given, component)
                    for outcome in operator.outcomes(len(alongs), order)
                )
                products.append(Product(operator, tuple(uses), results))
        every = tuple(partial for _, partial in partials.values())
        task = Task(
            choice.components,
            work,
            every,
            tuple(products),
            spacings,
            columns=() if self._columns is None else self._columns.reads,
            region=choice.region,
            poles=poles,
            turned=turned,
        )
        geometry.cover(task.reads(origin.window))
        return task

    def _share(
        self,
        partials: dict[object, tuple[int, Partial]],
        asked: tuple[Wanted, object],
        terms: list[Term],
        origin: Field,
        steps: tuple[Along, ...],
    ) -> int:
        """Return the index of a partial, and make it unless an operator has asked for it before.

        Operators of different manners may share those partials that have the same terms.
        """
        wanted, manner = asked
        plain = all(term.before is None for term in terms)
        key = (wanted, plain or manner, tuple((s.component, s.along) for s in terms))
        if key not in partials:
            order = len(wanted.along)
            made = tuple(self._term(origin, steps, term, order) for term in terms)
            partials[key] = len(partials), Partial(made)
        return partials[key][0]

    def _geometry(self, choice: Choice) -> Geometry:
        settings, origin, chart = self._settings, choice.field, choice.chart
        if chart is None or settings.metric.around:
            from gradcli.plan.measured import measured

            return measured(self._source, choice, settings, self.tables, self._notes)
        from gradcli.geometry.curvilinear import Curvilinear

        places: list[int | None] = [None, None]
        for place, along in enumerate(choice.along):
            if along.sheet is not None:
                places[along.sheet is chart.y.axis] = place
        grid = self._grid(choice, chart)
        count, moving = len(choice.along), grid.moving(self._source, chart, origin)
        return Curvilinear(
            grid, chart, moving, (places[0], places[1]), count, settings.metric.name == "none"
        )

    def _closed(self, origin: Field, along: Along, geometry: Geometry) -> Along:
        """Return an axis with what is known of its ends: where it closes, or that tracks end."""
        if origin.axes[along.index].tracks is not None:
            from gradcli.plan.tracks import tracked

            return tracked(origin, along, geometry)
        from gradcli.plan.measured import closed_by

        return closed_by(origin, along, geometry, self._settings, self._notes)

    def _level_notes(self, origin: Field, along: Along) -> Iterable[str]:
        axis = along.axis(origin)
        own = self._source.attributes.get(axis.coordinate or "", {})
        if not (is_parametric(axis.standard_name) or "A_var" in own):
            return ()
        from gradcli.plan.formulas import level_notes

        return level_notes(self._source, origin, along)

    def _pointed(self, choice: Choice, alongs: tuple[Along, ...], geometry: Geometry) -> Geometry:
        """Return a geometry that turns the components of a vector first, where they need it."""
        if not any(operator.vector for operator in self._settings.operators):
            return geometry
        if self._settings.metric.around:
            if self._settings.vectors is not None:
                self._notes.append("--vectors changes nothing: components lie along the axes")
            return geometry
        from gradcli.plan.pointing import Pointer

        pointer = Pointer(self._source, choice, alongs, self._settings, self._notes)
        made = pointer.turned(geometry)
        if made is None:
            return geometry
        self.tables["turn", choice.field.name] = made[1]
        return made[0]

    def _grid(self, choice: Choice, chart: Chart) -> GridMap:
        """Return the map of a chart; fields on the same chart share it."""
        from gradcli.geometry.curvilinear import make_map, refuse_unfit

        settings, origin = self._settings, choice.field
        slower, faster = (self._stencil(origin, along, 1) for along in choice.beneath)
        parts = tuple(origin.axes[place].written().file_window for place in chart.over)
        refuse_unfit(chart, origin, len(choice.along), settings.metric, settings.operators)
        key = (*chart.key, *((part.start, part.stop) for part in parts), id(slower), id(faster))
        if settings.scheme.missing == "adapt":  # the map then depends on the gaps of the field
            key = (*key, origin.name)
        if key not in self._maps:
            self._maps[key] = make_map(
                chart, origin, (slower, faster), settings.metric, settings.operators
            )
            self.tables[key] = self._maps[key]
        return self._maps[key]

    def _result_dtype(self, origin: Field) -> np.dtype[Any]:
        asked = self._settings.dtype
        kind = np.dtype(asked) if asked else origin.result_dtype.type(0).real.dtype
        return np.result_type(kind, np.complex64) if origin.dtype.kind == "c" else kind

    def _term(
        self, origin: Field, alongs: tuple[Along, ...], term: Term, order: int
    ) -> StencilTerm:
        """Return a term of a derivative of an order, all of whose steps are as exact as it is."""
        steps = tuple(
            (alongs[place].index, self._any_stencil(origin, alongs[place], len(list(same)), order))
            for place, same in groupby(term.along)
        )
        if self._settings.unwrap is not None:
            from gradcli.plan.unwrap import unwrapping

            steps = unwrapping(origin, steps, term, self._settings.unwrap)
        if len(steps) > 1 and any(origin.axes[axis].tracks is not None for axis, _ in steps):
            from gradcli.plan.tracks import mixed_notes

            self._notes += mixed_notes(steps)
        return StencilTerm(term.component, steps, term.before, term.after, term.more)

    def _any_stencil(self, origin: Field, along: Along, order: int, of: int) -> AnyStencil:
        if along.column(origin) is None:
            return self._stencil(origin, along, order, of)
        if self._columns is None:
            from gradcli.plan.column_reads import ColumnMaker

            self._columns = ColumnMaker(self._source)
        return self._columns.stencil(origin, along, self._settings.scheme_of(order, of))

    def _spacing(self, origin: Field, along: Along) -> Spacing:
        same = _same_axis(origin, along)
        if same not in self._spacings:
            told = advice_on(self._source, origin, origin.axes[along.index])
            try:
                found = spacing_of(origin, along, self._settings.snap, told)
            except InputError as error:
                self._blame_limits(origin.axes[along.index], error)
                raise
            self._spacings[same] = found
        return self._spacings[same]

    def _blame_limits(self, axis: Axis, error: InputError) -> None:
        """Add to an error that the valid range of a coordinate makes it missing, if it does."""
        own = self._source.fields.get(axis.coordinate or "")
        if own is None or axis.values is None or not np.isnan(axis.values).any():
            return
        if self._source.limits_hide(own.name, tuple(each.file_window for each in own.axes)):
            error.args = (f"{error}; its valid range excludes it (--no-valid-range)",)

    def _stencil(self, origin: Field, along: Along, order: int, of: int | None = None) -> Stencil:
        """Return the stencil of a derivative along an axis, a factor of one of order ``of``."""
        scheme = self._settings.scheme_of(order, of)
        same = (_same_axis(origin, along), scheme)
        if same not in self._stencils:
            spacing = self._spacing(origin, along)
            live = origin.axes[along.index].live
            if live is not None:
                step = spacing.step if spacing.kind == "index" else None
                stencil: Stencil = _live_stencil(along, live, scheme, step)
            elif origin.axes[along.index].tracks is not None:
                stencil = self._track_stencil(along, spacing, scheme)
            elif along.poles is not None:
                from gradcli.plan.polar import polar_stencil

                stencil = polar_stencil(origin, along, spacing, scheme, self._settings.snap)
            else:
                stencil = make_stencil(
                    along.label, spacing, scheme, along.periodic, along.period, along.repeated
                )
                if not along.periodic:
                    self._notes += edge_notes(along.label, scheme, spacing.size)
            self._stencils[same] = stencil
        return self._stencils[same]

    def _track_stencil(self, along: Along, spacing: Spacing, scheme: Scheme) -> Stencil:
        from gradcli.numerics.track_spacing import TrackSpacing
        from gradcli.numerics.track_stencils import make_track_stencil, margin_of
        from gradcli.plan.tracks import short_notes

        assert isinstance(spacing, TrackSpacing)
        made = make_track_stencil(along.label, spacing, scheme, margin_of(self._settings.schemes()))
        self._notes += short_notes(along.label, made)
        return made


def _read_by(source: Source, choice: Choice) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the variables whose numbers a task reads, and their attributes."""
    for part in choice.components:
        yield part.name, part.attributes
    for along in choice.along:
        own = source.fields.get(along.axis(choice.field).coordinate or "")
        if own is not None:
            yield own.name, own.attributes


def _live_stencil(
    along: Along, live: LiveAxis | LiveTracks, scheme: Scheme, step: float | None
) -> Stencil:
    from gradcli.numerics.live import LiveAxis, make_live_stencil

    if isinstance(live, LiveAxis):
        return make_live_stencil(along.label, live, scheme, step, along.scale)
    from gradcli.numerics.live_tracks import make_live_track_stencil

    return make_live_track_stencil(along.label, live, scheme, step, along.scale)


def _same_axis(origin: Field, along: Along) -> object:
    """Return a key that is equal for fields that can share the stencils of an axis."""
    axis = origin.axes[along.index]
    column = None if axis.column is None else axis.column.words
    return (axis.key, axis.coordinate, column, axis.size, axis.start, replace(along, index=0))


def _axis_notes(
    origin: Field, along: Along, spacing: Spacing, geometry: Geometry | None
) -> Iterator[str]:
    """Yield notes on an axis; ``geometry`` is None if the user chose a metric."""
    if spacing.kind == "snapped":
        step = f"{spacing.step:.10g}"
        yield (
            f"{along.label}: float32 coordinates are taken as equal steps of {step}; --no-snap "
            "takes them as stored"
        )
    said = along.axis(origin)
    if is_longitude(said) and along.sheet is None and spacing.kind != "index":
        yield from _seam_notes(along, said)
    degrees = (is_longitude(said) or is_latitude(said)) and radians_in(said) != 1
    plain = along.step is None and along.units is None
    untold = geometry is not None and geometry.text.startswith("none")
    if degrees and plain and untold and spacing.kind != "index":
        yield f"{along.label}: derivatives are per degree, not per metre (--metric sphere)"


def _seam_notes(along: Along, axis: Axis) -> Iterator[str]:
    """Say where stencils reach around more of the globe than the longitudes between them cover."""
    values = None if axis.values is None or axis.live else axis.values.astype(np.float64)
    if values is None or len(values) < 2 or along.turn is not None:
        return
    steps = np.abs(np.diff(values))
    widest = int(steps.argmax())
    if steps[widest] * radians_in(axis) > np.pi:
        yield (
            f"{along.label}: {values[widest]:g} and {values[widest + 1]:g} at index {widest} and "
            f"{widest + 1} are neighbours {steps[widest]:g} degrees apart, and stencils reach "
            "across; put the part beyond in front, or select one part (--sel, --isel)"
        )
