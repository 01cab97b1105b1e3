"""The geometry of axes that are no sheets of a chart, and which of them close on themselves."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

from gradcli.cf.roles import is_longitude
from gradcli.errors import UsageError
from gradcli.geometry.terms import Geometry, plain_geometry
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.metric import RADII
from gradcli.model.protocols import Source
from gradcli.plan.choose import Choice
from gradcli.record import replace
from gradcli.settings import Settings

# What only some metrics need is imported where they need it: small files wait for each module.
if TYPE_CHECKING:
    from gradcli.geometry.factors import Tables


def measured(
    source: Source,
    choice: Choice,
    settings: Settings,
    tables: dict[object, Tables],
    notes: list[str],
) -> Geometry:
    """Return the geometry of the axes of a choice; tables that it needs are added.

    Raises
    ------
    UsageError
        The axes do not fit the metric.
    NoMetricError
        They are not those that it needs.
    """
    origin, metric, operators = choice.field, settings.metric, settings.operators
    chosen = tuple(along.index for along in choice.along)
    if metric.around:
        from gradcli.geometry.orthogonal import make_orthogonal

        if choice.chart is not None:
            x, y = choice.chart.x.axis.name, choice.chart.y.axis.name
            raise UsageError(
                f"{origin.name}: --metric {metric.name} takes coordinates along axes, and {x} and "
                f"{y} lie over two axes; name the axes (--axis)"
            )
        return make_orthogonal(origin, choice.along, metric, operators, notes)
    if not metric.on_earth:
        if metric.name is None and any(map(_may_be_radius, origin.axes)):
            from gradcli.geometry.coordinates import straight_notes

            notes += straight_notes(origin, chosen, operators)
        return plain_geometry(origin, chosen, metric, operators)
    from gradcli.geometry.geographic import Geographic, make_geometry
    from gradcli.geometry.projected import make_projected

    projected = make_projected(source, origin, chosen, metric, operators)
    if projected is not None:
        tables[origin.name] = projected[1]
        notes += filter(None, [projected[0].misfit])
        return projected[0]
    made = make_geometry(origin, chosen, metric, operators)
    if isinstance(made, Geographic) and made.has_pole(origin):
        notes.append("rows at a pole are missing: no direction is east there")
    return made


def _may_be_radius(axis: Axis) -> bool:
    paths = filter(None, (axis.name, axis.coordinate))
    return any(path.rpartition("/")[2].lower() in RADII for path in paths)


def closed_by(
    origin: Field, along: Along, geometry: Geometry, settings: Settings, notes: list[str]
) -> Along:
    """Return an axis that closes on itself if it is an angle that covers a full turn."""
    if settings.metric.around:
        return _around(origin, along, settings, notes)
    if not is_longitude(along.axis(origin)):
        return along
    from gradcli.geometry.geographic import closed

    return closed(origin, along, geometry, notes, settings.snap)


def _around(origin: Field, along: Along, settings: Settings, notes: list[str]) -> Along:
    """Return an azimuth with its period, if it covers a full turn."""
    from gradcli.geometry.coordinates import coordinates_of, radians_of
    from gradcli.geometry.geographic import CLOSES, closed_after

    if coordinates_of(origin, settings.metric).get("phi") != along.index:
        return along
    axis, label = along.axis(origin), axis_label(origin.axes, along.index)
    turn = 2 * pi / radians_of(axis, label, "phi", [])
    if along.step is None:
        around = ("the axis", "the end of a turn")
        return closed_after(turn, origin, along, False, notes, settings.snap, around)
    step = abs(along.step)
    if not along.periodic and axis.size > 2 and abs(axis.size * step - turn) < CLOSES * step:
        notes.append(f"{along.label}: goes around the axis, so it is periodic")
        return replace(along, periodic=True)
    return along
