"""Two-dimensional coordinates of a field, and the axes that they lie over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.cf.references import referenced, resolve
from gradcli.cf.roles import (
    is_angle,
    is_index,
    is_latitude,
    is_longitude,
    make_axis,
    radians_in,
    role_of,
    sheet_names,
    size_on_globe,
)
from gradcli.errors import InputError, UsageError
from gradcli.model.axes import Axis, Vector, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.neighbours import Neighbours
from gradcli.model.protocols import Source
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

Given = Mapping[str, Vector]
# What tells the name of a longitude from that of its latitude, or of an x from its y.
_POSITION = "longitudes?|latitudes?|long?|lat|glam|gphi|east|north|[xy]"
AGREEING = 0.01  # of a step: 1-D and 2-D coordinates that differ by less are the same


class Sheet(NamedTuple):
    """One of the two coordinates of a chart, over two axes of a field.

    Attributes
    ----------
    axis : Axis
        Name, role, units and precision of the coordinate.
    places : tuple of int
        For each dimension of the coordinate, the index of the field's axis.
    field : Field or None
        The variable in the field's file, unless the user gave the coordinate.
    values : ndarray or None
        The values, if the user gave the coordinate.
    """

    axis: Axis
    places: tuple[int, ...]
    field: Field | None = None
    values: Array | None = None


class Chart(NamedTuple):
    """Two sheets over the same two axes of a field: longitude and latitude, or x and y.

    Attributes
    ----------
    x, y : Sheet
    over : tuple of int
        The slower and the faster axis of the field that they lie over.
    named : bool
        Whether the user or the field's attribute ``coordinates`` names them.
    rivals : tuple of str
        All pairs that might be meant, as text, if there is more than one. Of those that an
        attribute names, the one with the coordinate that it names first is taken.
    """

    x: Sheet
    y: Sheet
    over: tuple[int, int]
    named: bool = True
    rivals: tuple[str, ...] = ()

    @property
    def sheets(self) -> dict[int, Sheet]:
        """The sheets, by the axis that each stands for: y for the slower axis, x for the faster."""
        return {self.over[0]: self.y, self.over[1]: self.x}

    @property
    def key(self) -> tuple[object, ...]:
        """Key that is equal for all fields on the same grid."""
        sheets = (self.x, self.y)
        return tuple((s.field.name if s.field else id(s.values), s.places[-1]) for s in sheets)

    @property
    def given(self) -> bool:
        """Whether the user gave the sheets."""
        return self.x.values is not None

    @property
    def angles(self) -> bool:
        """Whether the sheets are longitude and latitude."""
        return is_angle(self.x.axis)


def find_chart(source: Source, origin: Field, given: Given) -> Chart | None:
    """Return the chart of a field.

    It is the user's, or the one that the attribute ``coordinates`` names, or else two variables
    over the same axes that are a longitude and a latitude.

    Raises
    ------
    InputError
        The sheets do not fit the field or each other.
    UsageError
        The user gave only one coordinate of a pair.
    """
    if given:
        found = _charts(list(_given(origin, given)), origin)
        if not found:
            raise UsageError(
                "--coords: two-dimensional coordinates come in pairs "
                "(--coords x=FILE:NAME --coords y=FILE:NAME)"
            )
        return found[0]
    found = _charts(list(_named(source, origin)), origin)
    if not found:
        found = [chart._replace(named=False) for chart in _charts(_seen(source, origin), origin)]
    if len(found) < 2:
        return found[0] if found else None
    pairs = tuple(f"{chart.x.axis.name} with {chart.y.axis.name}" for chart in found)
    return found[0]._replace(rivals=pairs)


def _charts(sheets: list[Sheet], origin: Field) -> list[Chart]:
    """Return the pairs of sheets that belong together: over the same axes, with similar names.

    Raises InputError if the two differ in units.
    """
    every = [(sheet, role_of(sheet.axis), _over(sheet, origin)) for sheet in sheets]
    found = []
    for x, role, over in every:
        if role != "x" or over is None:
            continue
        partners = [y for y, other, below in every if other == "y" and below == over]
        alike = [y for y in partners if _stem(y) == _stem(x)]
        others = [z for z, same, below in every if same == "x" and below == over]
        if len(alike) != 1 and len(partners) == len(others) == 1:
            alike = partners
        if len(alike) == 1:
            found.append(_chart(x, alike[0], over))
    # The pair of the sheet that comes first.
    rank = {id(sheet): place for place, sheet in enumerate(sheets)}
    return sorted(found, key=lambda chart: min(rank[id(chart.x)], rank[id(chart.y)]))


def _chart(x: Sheet, y: Sheet, over: tuple[int, int]) -> Chart:
    angles = is_angle(x.axis)
    if angles != is_angle(y.axis) or (not angles and x.axis.units != y.axis.units):
        raise InputError(
            f"{x.axis.name} and {y.axis.name} differ in units: {x.axis.units} and {y.axis.units}"
        )
    return Chart(x, y, over)


def _stem(sheet: Sheet) -> str:
    """Return the name of a sheet without what makes it an x or a y: TLONG and TLAT give t."""
    return re.sub(_POSITION, "", str(sheet.axis.name).lower())


def _over(sheet: Sheet, origin: Field) -> tuple[int, int] | None:
    """Return the two axes that a sheet lies over, without a third, slower one such as time."""
    steps = [place for place in sheet.places if origin.axes[place].role == "t"]
    rest = sorted(set(sheet.places) - set(steps))
    if len(rest) == 3 and rest[0] == sheet.places[0]:
        rest = rest[1:]
    return (rest[0], rest[1]) if len(rest) == 2 else None


def _named(source: Source, origin: Field) -> Iterator[Sheet]:
    for name in referenced(origin.attributes, "coordinates"):
        path = resolve(origin.name, name, source.fields)
        field = source.fields.get(path or "")
        if field is not None:
            yield from _sheet(field, origin)


def _seen(source: Source, origin: Field) -> list[Sheet]:
    """Return the longitudes and latitudes over axes of a field that it does not name."""
    every = (each for each in source.once(_places).over(origin) if each.name != origin.name)
    return [sheet for field in every for sheet in _sheet(field, origin)]


def _places(source: Source) -> Neighbours:
    """Return the longitudes and latitudes over two axes or three."""
    several = (field for field in source.fields.values() if len(field.axes) in (2, 3))
    return Neighbours(f for f in several if is_longitude(_axis(f)) or is_latitude(_axis(f)))


def _sheet(field: Field, origin: Field) -> Iterator[Sheet]:
    """Yield a variable as a sheet of a field, if it lies over two of its axes, or three."""
    if len(field.axes) not in (2, 3):
        return
    keys = [axis.key for axis in origin.axes]
    if any(axis.key not in keys for axis in field.axes):
        return
    places = tuple(keys.index(axis.key) for axis in field.axes)
    yield Sheet(replace(_axis(field), precision=field.precision), places, field)


def _axis(field: Field) -> Axis:
    return make_axis(field.base, 0, "", field.name, attributes=field.attributes)


def _given(origin: Field, given: Given) -> Iterator[Sheet]:
    for name, (values, precision, units, own) in given.items():
        last = len(origin.axes) - 1
        pairs = [(last - 1, last), *((i, k) for k in range(last + 1) for i in range(k))]
        whole = [pair for pair in pairs if last and values.shape == _sizes(origin, pair)]
        if not whole:
            listed = ", ".join(
                f"{axis_label(origin.axes, i)} {axis.size}" for i, axis in enumerate(origin.axes)
            )
            raise InputError(
                f"axis {name}: coordinates of shape {values.shape} do not fit two axes of "
                f"{origin.name} ({listed})"
            )
        attributes = {} if units is None else {"units": units}
        # Without units, the name of the variable may say that it is a longitude.
        axis = make_axis(name, 0, "", own, attributes=attributes)
        yield Sheet(replace(axis, precision=precision), whole[0], None, values)


def _sizes(origin: Field, pair: tuple[int, int]) -> tuple[int, ...]:
    return tuple(origin.axes[place].size for place in pair)


def sheet_of(
    source: Source, chart: Chart | None, origin: Field, name: str, needed: bool
) -> int | None:
    """Return the axis whose sheet a name refers to, or None if it refers to an axis itself.

    A sheet that the user gave always takes precedence over the axis. Others do for the role or
    the standard name, if the coordinates of the axis are mere indices or nominal. The name of a
    dimension means the dimension, unless it is ``x`` or ``y``, and it has no coordinates or mere
    indices; ``needed`` says that an operator or a metric needs the sheets then.

    Raises
    ------
    UsageError
        More than one pair of sheets may be meant.
    """
    if chart is None:
        return None
    axes, told = origin.axes, name.lower()
    meant = [
        place
        for place, sheet in chart.sheets.items()
        if sheet.axis.name == name or told in sheet_names(sheet.axis)[1:]
    ]
    if not meant:
        return None
    try:
        index = find_axis(axes, name)
    except UsageError:
        return _only(chart, meant[0])
    own = chart.sheets[meant[0]].axis.name == name
    if chart.given or (own and axes[index].values is None):
        return _only(chart, meant[0])
    if axes[index].name == name and told not in ("x", "y"):
        gives_way = needed and axes[index].values is None
    else:
        # Both give way or neither: each partial is taken with the other coordinate held.
        gives_way = any(
            is_index(axes[place]) or is_nominal(source, chart, origin, place)
            for place in (index, *chart.over)
        )
    return _only(chart, meant[0]) if gives_way else None


def _only(chart: Chart, place: int) -> int:
    if chart.rivals and not chart.named:
        x, y = chart.rivals[0].split(" with ")
        raise UsageError(
            f"several pairs of coordinates lie over the same axes: {'; '.join(chart.rivals)}; "
            f"choose one (--coords x=:{x} --coords y=:{y})"
        )
    return place


def by_default(source: Source, chart: Chart | None, origin: Field, needed: bool) -> tuple[int, ...]:
    """Return the axes whose sheets are used when the user names no axes.

    ``needed`` says that lengths on the Earth are needed.
    """
    if chart is None or not (chart.given or (needed and chart.angles)):
        return ()
    if any(origin.axes[place].size < 2 for place in chart.over):
        return ()
    axes = [origin.axes[place] for place in chart.over]
    gives_way = (
        chart.given
        or all(is_index(axis) for axis in axes)
        or any(is_nominal(source, chart, origin, place) for place in chart.over)
    )
    return tuple(_only(chart, place) for place in chart.over) if gives_way else ()


def is_nominal(source: Source, chart: Chart, origin: Field, index: int) -> bool:
    """Return whether the longitude or latitude of an axis differs from the true one of its sheet.

    The coordinates of a grid mapping are true in their own system.
    """
    axis, sheet = origin.axes[index], chart.sheets.get(index)
    if axis.turned is not None:  # compare the points as they lie in the file
        if axis.turned.before is None:
            return False
        axis = axis.turned.before
    mapped = "grid_mapping" in origin.attributes
    if sheet is None or mapped or axis.values is None or not (chart.angles and is_angle(axis)):
        return False
    if sheet.field is None or axis.size < 2:
        return False
    turn = 2 * np.pi / radians_in(axis)
    scale = radians_in(sheet.axis) / radians_in(axis)
    other = chart.over[chart.over[0] == index]
    step = float(np.abs(np.diff(axis.values.astype(np.float64))).min())
    for row in {0, origin.axes[other].size // 2, origin.axes[other].size - 1}:
        first = origin.axes[other].start + row
        windows = {index: axis.file_window, other: slice(first, first + 1)}
        window = tuple(windows.get(place, slice(0, 1)) for place in sheet.places)
        true = source.read(sheet.field.name, window).reshape(-1).astype(np.float64)
        true[~(np.abs(true) <= (size_on_globe(sheet.axis) or np.inf))] = np.nan
        off = np.abs((scale * true - axis.values + turn / 2) % turn - turn / 2)
        if np.fmax.reduce(off, initial=0.0) > AGREEING * step:
            return True
    return False
