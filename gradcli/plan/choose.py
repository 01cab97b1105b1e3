"""Choose variables and axes: resolve names, apply overrides, select parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gradcli.cf.references import RAGGED
from gradcli.cf.roles import is_angle, is_index
from gradcli.cf.spellings import are_dates
from gradcli.errors import InputError, UsageError
from gradcli.formats.coordinates import vector_of
from gradcli.geometry.mapping import with_map_axes
from gradcli.model.along import Along
from gradcli.model.axes import Axis, Vector, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.value import VALUE
from gradcli.plan.asked import (
    Asked,
    asked_of,
    by_named_scales,
    refuse_unknown,
    refuse_unused,
    selected,
    used_of,
    with_coords,
)
from gradcli.plan.auxiliary import with_auxiliary, with_named_roles
from gradcli.plan.given import (
    axes_named,
    names_of,
    sheet_option,
    variable_names,
    with_marks,
    with_units,
)
from gradcli.plan.step import step_notes
from gradcli.plan.variables import (
    advice_on,
    has_wide,
    listed,
    may_have_columns,
    named_axes,
    nothing_left,
    wanted_fields,
)
from gradcli.record import record, replace
from gradcli.settings import Settings, ValuePart

# What only some options and files need is imported where they need it: small files wait for each
# module.
if TYPE_CHECKING:
    from gradcli.geometry.auxiliary import Chart
    from gradcli.plan.region import Region, Regions

ReadVector = Callable[[str], Vector]


class Choice(NamedTuple):
    """A field, or the components of a vector, and the axes to differentiate along.

    If some of the axes stand for two-dimensional coordinates, ``chart`` holds these coordinates,
    and ``beneath`` the two axes of the field that they lie over, with steps of one. ``region``
    says which points of the part results have.
    """

    components: tuple[Field, ...]
    along: tuple[Along, ...]
    chart: Chart | None = None
    beneath: tuple[Along, ...] = ()
    region: Region | None = None

    @property
    def field(self) -> Field:
        """The field, or the first component."""
        return self.components[0]


@record(frozen=True, eq=False)
class _Candidate:
    """A variable that may be chosen.

    Attributes
    ----------
    field : Field
    asked : tuple of Asked
        What the options ask of each of its axes.
    chart : Chart or None
    named : tuple of (index, bool), or None
        The axes of ``--axis`` in its order, each with whether it stands for a two-dimensional
        coordinate; all axes without ``--axis``; None if the variable lacks one of them.
    bounds : mapping of str to (low, high)
        What ``--sel`` asks of its two-dimensional coordinates.
    region : Region or None
        The points that it selects.
    """

    field: Field
    asked: tuple[Asked, ...]
    chart: Chart | None = None
    named: tuple[tuple[int, bool], ...] | None = None
    bounds: Mapping[str, ValuePart] | None = None
    region: Region | None = None

    def axes(self, settings: Settings) -> list[int]:
        """Return the axes to differentiate along: those asked for, or all longer than one point.

        Values alone need no derivative, so that an axis of one point is as good as any.
        """
        found = [index for index, _ in self.named or ()]
        return (
            found
            if settings.axis or settings.operators == (VALUE,)
            else [i for i in found if self.field.axes[i].size > 1]
        )


def choose(
    source: Source, settings: Settings, read_vector: ReadVector
) -> tuple[list[Choice], list[str]]:
    """Return what to differentiate, and notes on what may surprise the user.

    Raises
    ------
    UsageError
        A variable or an axis does not exist, or an option names an axis that is not used.
    InputError
        Coordinates from a file do not fit, or there is nothing to differentiate.
    """
    notes: list[str] = []
    every = _candidates(source, settings, read_vector, notes)
    every = _with_tracks(source, settings, every, notes)
    if settings.sort or settings.duplicates:
        from gradcli.plan.arrange import Arranger

        arranger = Arranger(settings.sort, settings.duplicates, notes, partial(advice_on, source))
        every = [
            replace(one, field=arranger.arrange(one.field, _to_arrange(one, settings)))
            for one in every
        ]
    every = [
        replace(one, field=selected(one.field, one.asked, settings.halo, notes)) for one in every
    ]
    if any(one.bounds for one in every):
        from gradcli.plan.region import Regions

        regions = Regions(source, settings.halo, notes)
        every = [_within(regions, one) for one in every]
    whole = [one for one in every if one.named is not None]
    short = [one.field.name for one in whole if not one.axes(settings)]
    if short and settings.var:
        raise InputError(f"{listed(short)}: has no axis of two points or more")
    taken = [one for one in whole if one.axes(settings)]
    if not taken:
        raise nothing_left([one.field for one in every], settings)
    taken = _long_enough(taken, settings, notes)
    left = [one.field.name for one in every if one.named is None or not one.axes(settings)]
    if left and settings.axis:
        notes.append(f"{listed(left)}: left out, without an axis that was asked for")
    elif left:
        notes.append(f"{listed(left)}: left out, because no axis has two points")
    choices, used = [], []
    for one in taken:
        if not settings.axis and settings.operators != (VALUE,):
            notes += _short_notes(one.field)
        choice = _choice(source, one, settings)._replace(region=one.region)
        notes += _sheet_notes(choice)
        choices.append(choice)
        used += [used_of(one.asked[a.index], a, settings) for a in choice.along + choice.beneath]
    refuse_unused(used, settings)
    notes += step_notes(source, [(choice.field, choice.along) for choice in choices])
    return choices, list(dict.fromkeys(notes))


def _long_enough(taken: list[_Candidate], settings: Settings, notes: list[str]) -> list[_Candidate]:
    """Leave out variables with one point along an axis asked for, if others have more."""
    if not settings.axis or settings.var:
        return taken
    fits = [
        one
        for one in taken
        if all(one.field.axes[i].size not in (0, 1) for i in one.axes(settings))
    ]
    left = [one.field.name for one in taken if one not in fits]
    if not fits or not left:
        return taken
    notes.append(
        f"{listed(left)}: left out, with fewer than two points along an axis that was asked for"
    )
    return fits


def _candidates(
    source: Source, settings: Settings, read_vector: ReadVector, notes: list[str]
) -> list[_Candidate]:
    """Return the variables asked for, with what the options ask of their axes."""
    fields = named_axes(wanted_fields(source, settings), settings.dims)
    fields = [with_marks(field, settings.missing_value) for field in fields]
    fields = [with_map_axes(source, with_units(field, settings.units)) for field in fields]
    names = dict.fromkeys((*settings.axis, *settings.per, *settings.sel, *settings.periodic))
    alone = len(fields) == 1
    fields = [with_auxiliary(source, field, names, notes, alone) for field in fields]
    columns: Mapping[str, Field] = {}
    if settings.coords or any(may_have_columns(source, field) for field in fields):
        from gradcli.plan.columns import given_columns, with_columns

        fields = [with_columns(source, field, settings, notes) for field in fields]
        columns = given_columns(source, settings)
    fields = [with_named_roles(source, field, names, notes) for field in fields]
    vectors = {
        axis: vector_of(source, spec) or read_vector(spec)
        for axis, spec in settings.coords.items()
        if axis not in columns
    }
    sheets = {axis: vectors.pop(axis) for axis in list(vectors) if vectors[axis][0].ndim == 2}
    for given in (vectors, sheets):
        for axis, unit in settings.units.items():
            if axis in given:
                given[axis] = given[axis]._replace(units=unit)
    charts: list[Chart | None] = [None for _ in fields]
    if sheets or any(has_wide(source, field) for field in fields):
        from gradcli.geometry.auxiliary import find_chart

        charts = [find_chart(source, field, sheets) for field in fields]
    bounds: list[dict[str, ValuePart]] = [{} for _ in fields]
    if settings.sel and any(charts):
        from gradcli.plan.region import bounds_of

        bounds = [
            bounds_of(source, chart, field, settings)
            for chart, field in zip(charts, fields, strict=True)
        ]
    also = {"--per": {*names_of(charts)}, "--units": variable_names(source.fields)}
    refuse_unknown(fields, settings, {*sheets, *chain.from_iterable(bounds)}, also)
    found = []
    for field, chart, region in zip(fields, charts, bounds, strict=True):
        field = by_named_scales(field, settings)
        others = {name: part for name, part in settings.sel.items() if name not in region}
        asked = asked_of(field, replace(settings, sel=others, halo=True), vectors)
        field = with_units(with_coords(field, asked, notes), settings.units)
        named = axes_named(source, field, settings, chart)
        found.append(_Candidate(field, asked, chart, named, region))
    return found


def _with_tracks(
    source: Source, settings: Settings, every: list[_Candidate], notes: list[str]
) -> list[_Candidate]:
    """Return variables whose axes know their tracks, where they are differentiated along them."""
    ragged = (key in own for own in source.attributes.values() for key in RAGGED)
    if settings.by is None and not source.block_rows and not any(ragged):
        return every
    from gradcli.plan.tracks import TrackKeeper

    keeper = TrackKeeper(source, settings, notes)
    every = [replace(one, field=keeper.keep(one.field, one.axes(settings))) for one in every]
    keeper.refuse_unused()
    return every


def _within(regions: Regions, one: _Candidate) -> _Candidate:
    """Return a variable with the region that ``--sel`` asks of its two-dimensional coordinates."""
    if not one.bounds or one.chart is None:
        return one
    field, region = regions.select(one.chart, one.field, one.bounds)
    return replace(one, field=field, region=region)


def _choice(source: Source, one: _Candidate, settings: Settings) -> Choice:
    field, chart, indices = one.field, one.chart, one.axes(settings)
    through = _through(source, one, settings)
    labels = _labels(field, indices, settings)
    along = []
    for index, label in zip(indices, labels, strict=True):
        if chart is not None and index in through:
            sheet = chart.sheets[index].axis
            name = label if settings.axis else str(sheet.name)
            per = sheet_option(sheet, settings.per)
            along.append(Along(index, name, units=per and per[1], sheet=sheet))
        else:
            up = settings.follow_positive
            if field.axes[index].column is not None:
                from gradcli.plan.columns import refuse_column

                refuse_column(field.axes[index], label, one.asked[index].periodic, settings)
            along.append(_along(field.axes[index], one.asked[index], index, label, up))
    if not through or chart is None:
        return Choice((field,), tuple(along))
    turned = [axis_label(field.axes, place) for place in chart.over if field.axes[place].turned]
    if turned:
        raise UsageError(
            f"--sel {turned[0]}: a part across the ends of the axis cannot be taken with "
            f"{chart.x.axis.name} and {chart.y.axis.name}; select by these (--sel), or --isel"
        )
    periodic = [one.asked[place].periodic for place in chart.over]
    if any(periodic) and not chart.angles:
        raise UsageError("--periodic: not along curvilinear x and y, which do not say the period")
    beneath = tuple(
        Along(place, axis_label(field.axes, place), 1.0, round_)
        for place, round_ in zip(chart.over, periodic, strict=True)
    )
    return Choice((field,), tuple(along), chart, beneath)


def _sheet_notes(choice: Choice) -> list[str]:
    """Say that two-dimensional coordinates are taken, where the user may not expect it."""
    chart, axes = choice.chart, choice.field.axes
    if chart is None or chart.given:
        return []
    own = [place for place in chart.over if axes[place].values is not None]
    plain = [place for place in chart.over if str(axes[place].name).lower() in ("x", "y")]
    name = choice.field.name
    if chart.rivals:
        others = "; ".join(chart.rivals[1:])
        return [f"{name}: its coordinates {chart.rivals[0]} come first and are taken, not {others}"]
    if chart.named and not own and not plain:
        return []
    names = " and ".join(axis_label(axes, place) for place in chart.over)
    why = "have none of their own"
    if own:
        indices = all(is_index(axes[place]) for place in own)
        if not indices and not any(is_angle(axes[place]) for place in own):
            why = "are meant by these names"
        else:
            why = "are only numbers of points" if indices else "are nominal"
    subject = "those of " if own else ""
    return [
        f"{name}: its coordinates are {chart.x.axis.name} and {chart.y.axis.name}, "
        f"over two axes; {subject}{names} {why}"
    ]


def _through(source: Source, one: _Candidate, settings: Settings) -> tuple[int, ...]:
    """Return the axes that stand for two-dimensional coordinates."""
    if not settings.axis:
        if one.chart is None:
            return ()
        from gradcli.geometry.auxiliary import by_default

        return by_default(source, one.chart, one.field, settings.needs_lengths)
    return tuple(index for index, through in one.named or () if through)


def _to_arrange(one: _Candidate, settings: Settings) -> list[int]:
    """Return the axes whose coordinates are to be put in order; never the axis of components."""
    chosen = one.axes(settings)
    if chosen and settings.components:
        chosen = [i for i in chosen if i != find_axis(one.field.axes, settings.components)]
    return [index for index in chosen if one.asked[index].step is None]


def _labels(field: Field, indices: list[int], settings: Settings) -> list[str]:
    if not settings.axis:
        return [axis_label(field.axes, index) for index in indices]
    # A negative index is labelled by the index that it refers to.
    return [
        str(index) if name.lstrip("-").isdigit() and axis.name != name else axis.labelled(name)
        for name, index in zip(settings.axis, indices, strict=True)
        for axis in [field.axes[index]]
    ]


def _short_notes(field: Field) -> list[str]:
    found = []
    for size, words in ((1, "of one point"), (0, "without points")):
        short = [axis_label(field.axes, i) for i, a in enumerate(field.axes) if a.size == size]
        if short:
            found.append(f"{field.name}: no derivative along {listed(short)}, {words}")
    return found


def _along(axis: Axis, asked: Asked, index: int, label: str, upwards: bool) -> Along:
    step, units = asked.step, asked.per
    if step is None and are_dates(axis.units):
        raise InputError(
            f"axis {label}: its units are {axis.units!r}, numbers that are dates; expected a time "
            "counted from one (days since …), or --spacing"
        )
    if units is not None and step is not None and asked.units is None:
        raise UsageError(f"axis {label}: --spacing says no units that --per could convert")
    return Along(
        index,
        label,
        step,
        asked.periodic or axis.goes_around,
        asked.period,
        scale=-1.0 if upwards and axis.down and step is None else 1.0,
        units=units,
    )
