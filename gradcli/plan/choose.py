"""Which variables, along which axes: names resolved, overrides applied, parts selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcli.cf.units import are_dates, unit_factor
from gradcli.errors import InputError, UsageError, suggest
from gradcli.geometry.auxiliary import Chart, by_default, find_chart, sheet_of
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.plan.arrange import Arranger
from gradcli.plan.asked import option_for, refuse_unknown, refuse_unused, selected, with_coords
from gradcli.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

ReadVector = Callable[[str], "tuple[NDArray[Any], float, str | None]"]


@dataclass(frozen=True)
class Choice:
    """A field, or the components of a vector, and the axes to differentiate along.

    ``chart`` is there where some stand for two-dimensional coordinates, ``beneath`` the two axes
    that these lie over, by steps of one.
    """

    components: tuple[Field, ...]
    along: tuple[Along, ...]
    chart: Chart | None = None
    beneath: tuple[Along, ...] = ()

    @property
    def field(self) -> Field:
        """The field, or the first component."""
        return self.components[0]


def choose(
    source: Source, settings: Settings, read_vector: ReadVector
) -> tuple[list[Choice], list[str]]:
    """Return what to differentiate, and notes on what may surprise.

    Raises
    ------
    UsageError
        A variable or an axis that is not there, or an option for one that is not used.
    InputError
        Coordinates from a file that do not fit.
    """
    notes: list[str] = []
    fields = named_axes(wanted_fields(source, settings), settings)
    vectors = {axis: read_vector(spec) for axis, spec in settings.coords.items()}
    given = {axis: vectors.pop(axis) for axis in settings.coords if vectors[axis][0].ndim == 2}
    refuse_unknown(fields, settings, given)
    charts = {field.name: find_chart(source, field, given) for field in fields}
    fields = [with_coords(field, vectors) for field in fields]
    if settings.sort or settings.duplicates:
        arranger = Arranger(settings.sort, settings.duplicates, notes)
        fields = [
            arranger.arrange(field, _to_arrange(field, settings, charts[field.name]))
            for field in fields
        ]
    fields = [selected(field, settings, notes) for field in fields]
    chosen = [
        (field, axes)
        for field in fields
        if (axes := _axes_of(field, settings, charts[field.name])) is not None
    ]
    short = [field.name for field, axes in chosen if not axes]
    if short and settings.var:
        raise InputError(f"{_listed(short)}: has no axis of two points or more")
    chosen = [(field, axes) for field, axes in chosen if axes]
    if not chosen:
        raise _nothing(fields, settings)
    taken = {field.name for field, _ in chosen}
    left = [field.name for field in fields if field.name not in taken]
    if left and settings.axis:
        notes.append(f"left out, they lack an axis asked for: {_listed(left)}")
    elif left:
        notes.append(f"left out, no axis has two points: {_listed(left)}")
    choices = []
    for field, indices in chosen:
        if not settings.axis:
            notes += _one_point_notes(field)
        choices.append(_choice(field, indices, charts[field.name], settings))
    every = [(choice.field, a.index) for choice in choices for a in choice.along + choice.beneath]
    refuse_unused(every, settings)
    return choices, list(dict.fromkeys(notes))


def _choice(field: Field, indices: list[int], chart: Chart | None, settings: Settings) -> Choice:
    through = _through(field, settings, chart)
    labels = _labels(field, indices, settings)
    along = []
    for index, label in zip(indices, labels, strict=True):
        if chart is not None and index in through:
            sheet = chart.sheets[index].axis
            along.append(Along(index, label if settings.axis else str(sheet.name), sheet=sheet))
        else:
            along.append(_along(field, index, label, settings))
    if not through or chart is None:
        return Choice((field,), tuple(along))
    periodic = [option_for(field, place, settings.periodic) is not None for place in chart.over]
    if any(periodic) and not chart.angles:
        raise UsageError("--periodic: not along curvilinear x and y, which do not say the period")
    beneath = tuple(
        Along(place, axis_label(field.axes, place), 1.0, round_)
        for place, round_ in zip(chart.over, periodic, strict=True)
    )
    return Choice((field,), tuple(along), chart, beneath)


def _through(field: Field, settings: Settings, chart: Chart | None) -> tuple[int, ...]:
    """Return the axes that stand for two-dimensional coordinates."""
    if not settings.axis:
        return by_default(chart, field.axes, settings.metric.on_earth)
    meant = (sheet_of(chart, field.axes, name, settings.metric.on_earth) for name in settings.axis)
    return tuple(place for place in meant if place is not None)


def wanted_fields(source: Source, settings: Settings) -> list[Field]:
    """Return the variables asked for, or every one that is data."""
    if settings.var and not source.named:
        raise UsageError(
            "--var on an array that names no variables; "
            "the array is taken as it is, leave --var out"
        )
    if settings.var:
        names = [name for given in settings.var for name in _split(given, source.fields)]
        found = {field.name: field for field in (_find_field(source, name) for name in names)}
        empty = [field.name for field in found.values() if not _has_points(field)]
        if empty:
            raise InputError(f"{_listed(empty)}: has no points to differentiate")
        return list(found.values())
    data = [f for f in source.fields.values() if f.kind == "data" and f.axes and _has_points(f)]
    if not data:
        raise InputError(f"holds no variable to differentiate{_reason(source)}")
    return data


def _has_points(field: Field) -> bool:
    return 0 not in field.shape


def _reason(source: Source) -> str:
    there = [f"{field.name} ({field.kind})" for field in source.fields.values()]
    return "; there are: " + _listed(there) if there else ""


def _split(given: str, known: Mapping[str, Field]) -> list[str]:
    return [given] if given in known else [part for part in given.split(",") if part]


def _find_field(source: Source, name: str) -> Field:
    path = source.aliases.get(name.strip("/"), name.strip("/"))
    if path in source.fields:
        return source.fields[path]
    same = [field for field in source.fields.values() if field.base == path]
    if len(same) == 1:
        return same[0]
    if same:
        raise UsageError(
            f"variable {name!r} may mean {_listed([f.name for f in same])}; give its path"
        )
    raise suggest("variable", name, list(source.fields))


def named_axes(fields: list[Field], settings: Settings) -> list[Field]:
    """Give the names of ``--dims`` to axes that have none."""
    if not settings.dims:
        return fields
    done, taken = [], False
    for field in fields:
        fits = len(field.axes) == len(settings.dims)
        if fits and all(axis.name is None for axis in field.axes):
            axes = zip(field.axes, settings.dims, strict=True)
            field = replace(field, axes=tuple(replace(axis, name=name) for axis, name in axes))
            taken = True
        elif set(settings.dims) <= {axis.name for axis in field.axes}:
            taken = True
        done.append(field)
    if not taken:
        shown = "; ".join(f"{f.name} has {_axes_text(f)}" for f in fields[:3])
        raise UsageError(f"--dims {','.join(settings.dims)} fits no variable: {shown}")
    return done


def _axes_text(field: Field) -> str:
    if not field.axes:
        return "no axes"
    return "axes " + ", ".join(axis_label(field.axes, i) for i in range(len(field.axes)))


def _axes_of(field: Field, settings: Settings, chart: Chart | None) -> list[int] | None:
    """Return the indices of the axes asked for, or None where the field lacks one."""
    if not settings.axis:
        return [i for i, axis in enumerate(field.axes) if axis.size > 1]
    try:
        found = []
        for name in settings.axis:
            place = sheet_of(chart, field.axes, name, settings.metric.on_earth)
            found.append(find_axis(field.axes, name) if place is None else place)
    except UsageError:
        if settings.var:
            raise
        return None
    if len(set(found)) < len(found):
        raise UsageError(f"--axis {','.join(settings.axis)} names an axis of {field.name} twice")
    return found


def _to_arrange(field: Field, settings: Settings, chart: Chart | None) -> list[int]:
    """Return the axes to differentiate along by coordinates; components stay in their places."""
    chosen = _axes_of(field, settings, chart) or []
    if chosen and settings.components:
        chosen = [i for i in chosen if i != find_axis(field.axes, settings.components)]
    if None in settings.spacing:
        return []
    return [i for i in chosen if not option_for(field, i, settings.spacing)]


def _nothing(fields: list[Field], settings: Settings) -> UsageError | InputError:
    if not settings.axis:
        return InputError("no variable has an axis of two points or more")
    axes: dict[str, Axis] = {}
    for field in fields:
        for name in settings.axis:
            try:
                find_axis(field.axes, name)
            except UsageError as error:
                if len(fields) == 1:
                    return error
        axes.update({axis_label(field.axes, i): axis for i, axis in enumerate(field.axes)})
    every = tuple(axes.values())
    for name in settings.axis:
        try:
            find_axis(every, name)
        except UsageError:
            return unknown_axis(every, name)
    return UsageError(f"no variable has all the axes {', '.join(settings.axis)}")


def _labels(field: Field, indices: list[int], settings: Settings) -> list[str]:
    if not settings.axis:
        return [axis_label(field.axes, index) for index in indices]
    # ``-1`` counts as the index that it means.
    return [
        str(index) if name.lstrip("-").isdigit() and field.axes[index].name != name else name
        for name, index in zip(settings.axis, indices, strict=True)
    ]


def _one_point_notes(field: Field) -> list[str]:
    one = [axis_label(field.axes, i) for i, axis in enumerate(field.axes) if axis.size == 1]
    return [f"{field.name}: no derivative along {_listed(one)}, of one point"] if one else []


def _along(field: Field, index: int, label: str, settings: Settings) -> Along:
    step = option_for(field, index, settings.spacing)
    if step is not None and field.axes[index].given:
        raise UsageError(f"axis {label}: --spacing and --coords exclude each other")
    if step is None and None in settings.spacing:
        step = (settings.spacing[None],)
    axis, units = field.axes[index], option_for(field, index, settings.per)
    if step is None and are_dates(axis.units):
        raise InputError(
            f"axis {label}: its units are {axis.units!r}, numbers that are dates; expected a time "
            "counted from one (days since …), or --spacing"
        )
    if units is not None and step is not None:
        raise UsageError(f"axis {label}: --spacing says no units that --per could convert")
    scale = unit_factor(label, axis.units, units[0], axis.calendar) if units else 1.0
    period = option_for(field, index, settings.periodic)
    return Along(
        index,
        label,
        None if step is None else step[0],
        period is not None,
        None if period is None or period[0] is None else scale * period[0],
        scale=-scale if settings.follow_positive and axis.down and step is None else scale,
        units=units[0] if units else None,
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
