"""Two-dimensional coordinates of a field, and the axes that they lie over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.cf.references import referenced, resolve
from gradcli.cf.roles import is_angle, make_axis, role_of
from gradcli.errors import InputError, UsageError
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

Given = Mapping[str, "tuple[NDArray[Any], float, str | None]"]


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
    values: NDArray[Any] | None = None


class Chart(NamedTuple):
    """Two sheets over the same two axes of a field: longitude and latitude, or x and y."""

    x: Sheet
    y: Sheet
    over: tuple[int, int]

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
    """Return the chart of a field: the user's, or the one that its attribute ``coordinates`` names.

    Raises
    ------
    InputError
        The sheets do not fit the field or each other.
    UsageError
        The user gave only one coordinate of a pair.
    """
    sheets = list(_given(origin, given) if given else _named(source, origin))
    x = next((sheet for sheet in sheets if role_of(sheet.axis) == "x"), None)
    y = next((sheet for sheet in sheets if role_of(sheet.axis) == "y"), None)
    if x is None or y is None:
        if given:
            raise UsageError(
                "--coords: two-dimensional coordinates come in pairs "
                "(--coords x=FILE:NAME --coords y=FILE:NAME)"
            )
        return None
    over = _over(x, origin)
    if over is None or over != _over(y, origin):
        return None
    if is_angle(x.axis) != is_angle(y.axis) or (
        not is_angle(x.axis) and x.axis.units != y.axis.units
    ):
        raise InputError(
            f"{x.axis.name} and {y.axis.name} differ in units: {x.axis.units} and {y.axis.units}"
        )
    return Chart(x, y, over)


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
        if field is None or len(field.axes) not in (2, 3):
            continue
        keys = [axis.key for axis in origin.axes]
        if any(axis.key not in keys for axis in field.axes):
            continue
        places = tuple(keys.index(axis.key) for axis in field.axes)
        axis = make_axis(field.base, 0, "", field.name, attributes=field.attributes)
        yield Sheet(replace(axis, precision=field.precision), places, field)


def _given(origin: Field, given: Given) -> Iterator[Sheet]:
    for name, (values, precision, units) in given.items():
        last = len(origin.axes) - 1
        pairs = [(last - 1, last), *((i, k) for k in range(last + 1) for i in range(k))]
        whole = [pair for pair in pairs if last and values.shape == _sizes(origin, pair)]
        if not whole:
            listed = ", ".join(
                f"{axis_label(origin.axes, i)} {axis.size}" for i, axis in enumerate(origin.axes)
            )
            raise InputError(
                f"axis {name}: coordinates of shape {values.shape} fit no two axes of "
                f"{origin.name} ({listed})"
            )
        attributes = {} if units is None else {"units": units}
        axis = make_axis(name, 0, "", attributes=attributes)
        yield Sheet(replace(axis, precision=precision), whole[0], None, values)


def _sizes(origin: Field, pair: tuple[int, int]) -> tuple[int, ...]:
    return tuple(origin.axes[place].size for place in pair)


def sheet_of(chart: Chart | None, axes: tuple[Axis, ...], name: str, metric: bool) -> int | None:
    """Return the axis whose sheet a name refers to, or None if it refers to an axis itself.

    An axis with coordinates of its own takes precedence over a sheet. An axis without them does
    not, if the sheet has its name, if the user gave the sheet, or if there is a metric and the
    sheets are longitude and latitude.
    """
    if chart is None:
        return None
    told = name.lower()
    meant = [
        place
        for place, sheet in chart.sheets.items()
        if sheet.axis.name == name or told in (role_of(sheet.axis), sheet.axis.standard_name)
    ]
    if not meant:
        return None
    try:
        found = axes[find_axis(axes, name)]
    except UsageError:
        return meant[0]
    own = chart.sheets[meant[0]].axis.name == name
    gives_way = found.values is None and (own or chart.given or (metric and chart.angles))
    return meant[0] if gives_way else None


def by_default(chart: Chart | None, axes: tuple[Axis, ...], metric: bool) -> tuple[int, ...]:
    """Return the axes whose sheets are used by default, when the user names no axes."""
    if chart is None or not (chart.given or (metric and chart.angles)):
        return ()
    bare = all(axes[place].values is None and axes[place].size > 1 for place in chart.over)
    return chart.over if bare else ()
