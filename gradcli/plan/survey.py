"""Describe a file, and how each axis would be differentiated, by its header alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from gradcli.cf.dates import counts_from_date, moment_text
from gradcli.cf.packing import refuse_many_factors
from gradcli.cf.units import derivative_units
from gradcli.errors import GradcliError, located
from gradcli.formats.opening import open_source
from gradcli.geometry.auxiliary import find_chart
from gradcli.geometry.geographic import closed
from gradcli.geometry.terms import Plain
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.names import derivative_name
from gradcli.model.protocols import Hints, Source
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.track_spacing import TrackSpacing
from gradcli.numerics.track_stencils import make_track_stencil, margin_of
from gradcli.plan.roles import meanings, metric_of
from gradcli.plan.spacing import spacing_of
from gradcli.plan.tracks import tracked, with_declared
from gradcli.plan.variables import named_axes

Measure = Callable[[Source, list[str]], Mapping[str, dict[str, Any]]]  # of these variables
Coordinates = tuple[dict[str, dict[str, Any]], str | None]  # by role, and the metric


def survey(path: str, hints: Hints, measure: Measure | None = None) -> dict[str, Any]:
    """Return a description of a file in plain types.

    The keys are ``file``, ``format``, ``description``, ``variables`` (name, type, shape, axes,
    units, kind, storage, missing, what x, y, z and t mean, which metric fits, what ``compute``
    would do, and what ``measure`` finds in its values), ``axes`` and ``notes``. Values are read
    only by ``measure``.

    Raises
    ------
    GradcliError
        The file cannot be opened.
    """
    try:
        with open_source(path, hints) as source:
            notes = [*source.notes, *filter(None, [source.undecided])]
            fields = [_in_tracks(source, field, notes) for field in source.fields.values()]
            fields = named_axes(fields, hints.dims)
            notes = list(dict.fromkeys(notes))
            axes: dict[str, dict[str, Any]] = {}
            known: dict[object, Coordinates] = {}
            for field in fields:
                for index, axis in enumerate(field.axes):
                    if axis.name is not None or field.kind == "data":
                        axes.setdefault(_axis_title(field, index), _axis(field, index, axis))
            variables = [_variable(source, field, known) for field in fields]
            if measure is not None:
                found = measure(source, _readable(source, notes))
                for variable in variables:
                    variable["stats"] = found.get(variable["name"])
            return {
                "file": path,
                "format": source.format,
                "description": source.description,
                "variables": variables,
                "axes": list(axes.values()),
                "notes": notes,
            }
    except GradcliError as error:
        raise located(path, error) from error


def _in_tracks(source: Source, field: Field, notes: list[str]) -> Field:
    """Return a field with the tracks that its file declares; a note says why it cannot be."""
    try:
        return with_declared(source, field)
    except GradcliError as error:
        notes.append(str(error))
        return field


def _readable(source: Source, notes: list[str]) -> list[str]:
    """Return the variables that are data; a note says why the values of one mean nothing."""
    names = []
    for name, field in source.fields.items():
        if field.kind == "data":
            try:
                refuse_many_factors(name, field.attributes)
                names.append(name)
            except GradcliError as error:
                notes.append(str(error))
    return names


def _axis_title(field: Field, index: int) -> str:
    """Return a key that two variables have in common only if they share the axis."""
    axis = field.axes[index]
    return f"{axis.name or field.name + ' axis ' + str(index)}\0{axis.key}\0{axis.size}"


def _axis(field: Field, index: int, axis: Axis) -> dict[str, Any]:
    values = axis.values
    spacing, problem = _spacing(field, index)
    return {
        "name": axis.name if axis.name is not None else f"{field.name}[{index}]",
        "option": axis.name if axis.name is not None else str(index),
        "size": axis.size,
        "coordinate": axis.coordinate,
        "role": axis.role,
        "standard_name": axis.standard_name,
        "units": axis.units,
        "first": None if values is None or not axis.size else values[0].item(),
        "last": None if values is None or not axis.size else values[-1].item(),
        "dates": _dates(axis),
        "direction": _direction(axis, spacing),
        "spacing": None if spacing is None else spacing.kind,
        "step": None if spacing is None or not spacing.is_equal else spacing.step,
        "smallest_step": None if spacing is None else spacing.smallest,
        "largest_step": None if spacing is None else spacing.largest,
        "says": problem or (spacing.describe() if spacing else ""),
    }


def _dates(axis: Axis) -> list[str] | None:
    """Return the first and the last date of a time axis."""
    if axis.values is None or not axis.size or not counts_from_date(axis):
        return None
    ends = [axis.values[0].item(), axis.values[-1].item()]
    if not all(map(isfinite, ends)):
        return None
    found = [moment_text(axis, end) for end in ends]
    if found == [f"{end:.10g}" for end in ends]:  # there are no such dates
        return None
    if all(date.endswith("T00:00:00") for date in found):
        found = [date.removesuffix("T00:00:00") for date in found]
    return found


def _direction(axis: Axis, spacing: Spacing | None) -> str | None:
    if axis.values is None or axis.size < 2:
        return None
    rises = axis.values[-1] > axis.values[0] if spacing is None else spacing.step > 0
    return "ascending" if rises else "descending"


def _spacing(field: Field, index: int) -> tuple[Spacing | None, str | None]:
    try:
        along = Along(index, axis_label(field.axes, index))
        plain = Plain(False)
        if field.axes[index].tracks is not None:
            return spacing_of(field, tracked(field, along, plain)), None
        return spacing_of(field, closed(field, along, plain, [])), None
    except GradcliError as error:
        return None, str(error)


def _variable(source: Source, field: Field, known: dict[object, Coordinates]) -> dict[str, Any]:
    coordinates: Coordinates = ({}, None)
    if field.kind == "data":
        # Fields on the same axes share them, which matters in files of hundreds of variables.
        named = [str(field.attributes.get(name)) for name in ("coordinates", "grid_mapping")]
        own = field.name if len(field.axes) < 2 else field.group
        key = (own, *(axis.key for axis in field.axes), *named)
        if key not in known:
            known[key] = meanings(source, field), metric_of(source, field)
        coordinates = known[key]
    return {
        "name": field.name,
        "type": field.stored,
        "shape": list(field.shape),
        "axes": [axis_label(field.axes, i) for i in range(len(field.axes))],
        "units": field.units,
        "kind": field.kind,
        "long_name": _text(field.attributes.get("long_name")),
        "standard_name": _text(field.attributes.get("standard_name")),
        "layout": field.storage.layout,
        "chunks": None if field.storage.chunks is None else list(field.storage.chunks),
        "compression": field.storage.compression,
        "missing": field.missing or None,
        "roles": coordinates[0],
        "metric": coordinates[1],
        "stats": None,
        "curvilinear": _curvilinear(source, field) if field.kind == "data" else None,
        "compute": [_would(field, i) for i, axis in enumerate(field.axes) if axis.size > 1]
        if field.kind == "data"
        else [],
    }


def _curvilinear(source: Source, field: Field) -> dict[str, Any] | None:
    """Return the names of a field's two-dimensional coordinates, and the axes they lie over."""
    try:
        chart = find_chart(source, field, {})
    except GradcliError:
        return None
    if chart is None:
        return None
    over = [axis_label(field.axes, place) for place in chart.over]
    return {"x": chart.x.axis.name, "y": chart.y.axis.name, "over": over}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _would(field: Field, index: int) -> dict[str, Any]:
    label = axis_label(field.axes, index)
    spacing, problem = _spacing(field, index)
    if spacing is not None:
        try:
            refuse_many_factors(field.name, field.attributes)
            if isinstance(spacing, TrackSpacing):
                make_track_stencil(label, spacing, Scheme(), margin_of([Scheme()]))
            else:
                make_stencil(label, spacing, Scheme())
        except GradcliError as error:
            problem = str(error)
    axis = field.axes[index]
    made = None if field.units is None else derivative_units(field.units, [axis.units])
    return {
        "axis": label,
        "result": field.group + derivative_name(field.base, [label]),
        "units": made.text if made is not None and made.readable else None,
        "dtype": str(field.result_dtype),
        "refused": problem,
    }
