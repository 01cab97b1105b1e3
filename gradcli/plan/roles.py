"""What ``x``, ``y``, ``z`` and ``t`` mean for a field, and which metric fits it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from gradcli.cf.roles import is_latitude, is_longitude
from gradcli.errors import GradcliError, UsageError
from gradcli.geometry.auxiliary import Chart, find_chart, sheet_of
from gradcli.geometry.coordinates import metric_by_names
from gradcli.geometry.mapping import find_mapping, with_map_axes
from gradcli.model.axes import axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.plan.auxiliary import with_auxiliary, with_named_roles
from gradcli.plan.columns import with_columns
from gradcli.settings import Settings

ROLES = ("x", "y", "z", "t")


def meanings(source: Source, field: Field) -> dict[str, dict[str, Any]]:
    """Return for each role that ``--axis`` may name the coordinate that it means for a field."""
    found = {}
    with suppress(GradcliError):
        mapped = with_map_axes(source, field)
        chart = find_chart(source, mapped, {})
        for role in ROLES:
            with suppress(UsageError):
                found[role] = _meaning(source, mapped, chart, role)
    return found


def _meaning(source: Source, field: Field, chart: Chart | None, role: str) -> dict[str, Any]:
    """Return the name, the units and the axes of a coordinate.

    Raises UsageError if the role means none, or more than one.
    """
    notes: list[str] = []
    field = with_auxiliary(source, field, [role], notes)
    field = with_columns(source, field, Settings(axis=(role,), var=(field.name,)), notes)
    field = with_named_roles(source, field, [role], notes)
    place = sheet_of(source, chart, field, role, False)
    if place is not None and chart is not None:
        axis, over = chart.sheets[place].axis, sorted(chart.over)
        name = str(axis.name)
    else:
        index = find_axis(field.axes, role)
        axis = field.axes[index]
        own = axis.coordinate if axis.column is None else axis.column.name
        keys = {key for part in axis.column.parts for key in part.keys} if axis.column else set()
        over = [i for i, other in enumerate(field.axes) if i == index or other.key in keys]
        name = (own or "").rpartition("/")[2] or axis_label(field.axes, index)
    return {
        "name": name,
        "units": axis.units,
        "over": [axis_label(field.axes, place) for place in over],
    }


def metric_of(source: Source, field: Field) -> str | None:
    """Return the options of the metric that fits the coordinates of a field, or None.

    Longitude and latitude fit the sphere and the ellipsoid; a map has a figure of its own.
    """
    with suppress(GradcliError):
        mapped = with_map_axes(source, field)
        own = [axis for axis in mapped.axes if axis.values is not None]
        latitudes = [axis for axis in own if is_latitude(axis)]
        if any(map(is_longitude, own)) and latitudes:
            rotated = latitudes[0].standard_name == "grid_latitude"
            return "--metric sphere" if rotated else "--metric sphere or wgs84"
        mapping = find_mapping(source, mapped)
        if mapping is not None and {"x", "y"} <= {axis.role for axis in own}:
            from gradcli.geometry.projected import crs_of, figure_of

            return figure_of(crs_of(*mapping))[1]
        chart = find_chart(source, mapped, {})
        if chart is not None and chart.angles:
            return "--metric sphere or wgs84"
    return metric_by_names(field)
