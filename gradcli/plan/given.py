"""What the user says of axes, variables and two-dimensional coordinates, by any of their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from gradcli.cf.roles import role_of, sheet_names
from gradcli.errors import UsageError
from gradcli.model.axes import Axis, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import replace
from gradcli.settings import Settings

if TYPE_CHECKING:
    from gradcli.geometry.auxiliary import Chart

T = TypeVar("T")


def with_units(field: Field, units: Mapping[str, str]) -> Field:
    """Return a field with the units that ``--units`` gives for it or for its axes.

    Units may change the role of an axis, if it has no attribute ``axis`` or standard name.

    >>> import numpy as np
    >>> axes, double = (Axis("a", 3), Axis("b", 4)), np.dtype("f8")
    >>> found = with_units(Field("T", axes, "f8", double, double), {"b": "m", "T": "K"})
    >>> found.units, [axis.units for axis in found.axes]
    ('K', [None, 'm'])
    """
    if not units:
        return field
    axes = list(field.axes)
    for name, unit in units.items():
        with suppress(UsageError):
            place = find_axis(field.axes, name)
            made = replace(axes[place], units=unit)
            told = {"standard_name": made.standard_name, "units": unit}
            axes[place] = replace(made, role=made.role or role_of(told))
    own = units.get(field.name, units.get(field.base, field.units))
    return replace(field, axes=tuple(axes), units=own)


def with_marks(field: Field, marks: tuple[float, ...]) -> Field:
    """Return a field with the values that ``--missing-value`` says mean missing."""
    if not marks:
        return field
    told = ", ".join(filter(None, [field.missing, *(f"{mark:.10g}" for mark in marks)]))
    return replace(field, marks=(*field.marks, *marks), missing=told)


def variable_names(paths: Iterable[str]) -> set[str]:
    """Return the names that ``--units`` may use for variables: with their groups, and without."""
    return {name for path in paths for name in (path, path.rpartition("/")[2])}


def names_of(charts: Iterable[Chart | None]) -> Iterator[str]:
    """Yield the names that options may use for two-dimensional coordinates."""
    for chart in filter(None, charts):
        for sheet in (chart.x.axis, chart.y.axis):
            yield from sheet_names(sheet)


def sheet_option(sheet: Axis, options: Mapping[str, T]) -> tuple[str, T] | None:
    """Return the name and the value of an option for a two-dimensional coordinate, if given."""
    mine = sheet_names(sheet)
    return next(((name, value) for name, value in options.items() if name in mine), None)


def axes_named(
    source: Source, field: Field, settings: Settings, chart: Chart | None
) -> tuple[tuple[int, bool], ...] | None:
    """Return the axes that ``--axis`` names, or None if the field lacks one of them."""
    if not settings.axis:
        return tuple((index, False) for index in range(len(field.axes)))
    found = []
    try:
        for name in settings.axis:
            place = None
            if chart is not None:
                from gradcli.geometry.auxiliary import sheet_of

                place = sheet_of(source, chart, field, name, settings.needs_lengths)
            through = place is not None
            found.append((_known(field.axes, chart, name) if place is None else place, through))
    except UsageError:
        if settings.var:
            raise
        return None
    if len({index for index, _ in found}) < len(found):
        raise UsageError(f"--axis {','.join(settings.axis)} names an axis of {field.name} twice")
    return tuple(found)


def _known(axes: tuple[Axis, ...], chart: Chart | None, name: str) -> int:
    """Return the axis of a name; the error for an unknown one lists the chart's coordinates too."""
    try:
        return find_axis(axes, name)
    except UsageError as error:
        if chart is None or "there are" not in str(error).lower():
            raise
        raise unknown_axis((*axes, chart.x.axis, chart.y.axis), name) from None
