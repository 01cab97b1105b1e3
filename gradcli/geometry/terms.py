"""The terms of a partial derivative, along the grid's own axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from gradcli.cf.roles import are_degrees, is_latitude, is_longitude
from gradcli.errors import UsageError
from gradcli.model.along import Along
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.operator import Operator, Wanted

if TYPE_CHECKING:
    from gradcli.geometry.factors import Factor, StackFactor
    from gradcli.numerics.earth import Earth


class Term(NamedTuple):
    """One term of a partial: a component times a factor, differentiated, times a factor.

    ``along`` holds positions among the chosen axes. If it is empty, nothing is differentiated.
    ``more`` holds further components of a vector, each with its factor. All factors of such a term
    have a further axis in front, for parts in space: what each component adds to them is
    differentiated, and their products with ``after`` are summed.
    """

    component: int
    along: tuple[int, ...]
    before: Factor | None = None
    after: Factor | None = None
    more: tuple[tuple[int, StackFactor], ...] = ()


class Geometry(Protocol):
    """How partials are split into terms along the grid's own axes."""

    text: str
    units: dict[int, str]

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial."""
        ...

    def same_units(self, units: str) -> str:
        """Return units in a form that compares equal for units that may be mixed."""
        ...

    def cover(self, window: Window) -> None:
        """Say for which window of the field tables are needed, if there are any."""
        ...


class Plain:
    """Axes as they are, without a metric. Degrees may count as equal lengths in any direction."""

    text = "none"

    def __init__(self, degrees_alike: bool) -> None:
        self.units: dict[int, str] = {}
        self._alike = degrees_alike

    def same_units(self, units: str) -> str:
        """Return units; for degrees without their direction, if they count as equal."""
        return "degree" if self._alike and are_degrees(units) else units

    def cover(self, window: Window) -> None:
        """Do nothing: there are no tables."""

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the derivative itself as the only term."""
        return [Term(wanted.component, wanted.along)]


def globe_axes(origin: Field) -> tuple[int | None, int | None]:
    """Return the indices of the longitude and the latitude of a field."""
    lon = next((i for i, axis in enumerate(origin.axes) if is_longitude(axis)), None)
    lat = next((i for i, axis in enumerate(origin.axes) if is_latitude(axis)), None)
    return lon, lat


def plain_geometry(
    origin: Field, chosen: tuple[int, ...], metric: Metric, operators: tuple[Operator, ...]
) -> Geometry:
    """Return the geometry of a field's chosen axes without lengths on the Earth.

    Raises UsageError if degrees would be mixed, and the user does not say that they are lengths.
    """
    if len(chosen) > 1 and any(index in globe_axes(origin) for index in chosen):
        refuse_mixed_degrees(origin, metric, operators)
    return Plain(metric.name == "none")


def refuse_mixed_degrees(origin: Field, metric: Metric, operators: tuple[Operator, ...]) -> None:
    """Raise UsageError if an operator would mix degrees and ``--metric none`` is not given."""
    mixing = [operator.name for operator in operators if operator.mixes]
    if mixing and metric.name is None:
        raise UsageError(
            f"{origin.name}: {mixing[0]}: derivatives along longitude and latitude would be mixed "
            "in degrees; give --metric sphere or wgs84 for metres, or --metric none to take "
            "degrees as lengths"
        )


def units_along(geometry: Geometry, place: int, along: Along, origin: Field) -> str | None:
    """Return the units of a chosen axis: those of the metric, those requested, or its own."""
    return geometry.units.get(place) or along.units or along.axis(origin).units


def earth_of(metric: Metric) -> tuple[Earth, str]:
    """Return the Earth of a metric, and a description of the metric for messages."""
    from gradcli.numerics.earth import Earth

    if metric.name == "sphere":
        return Earth(metric.radius), f"sphere, radius {metric.radius:.10g} m"
    import pyproj

    ellipsoid = pyproj.Geod(ellps="WGS84")
    return Earth(ellipsoid.a, ellipsoid.es), "wgs84"
