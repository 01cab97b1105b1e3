"""Terms: what a partial derivative is made of, on the grid's own axes."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from gradcli.cf.roles import are_degrees
from gradcli.errors import UsageError
from gradcli.geometry.factors import Factor
from gradcli.model.along import Along
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.earth import Earth
from gradcli.numerics.operators import Operator, Wanted


class Summand(NamedTuple):
    """One term of a partial: a component times a factor, differentiated, times a factor.

    ``along`` counts the chosen axes; an empty one stands for the component itself.
    """

    component: int
    along: tuple[int, ...]
    before: Factor | None = None
    after: Factor | None = None


class Geometry(Protocol):
    """What partials are made of."""

    text: str
    units: dict[int, str]

    def summands(self, wanted: Wanted, operator: Operator) -> list[Summand]:
        """Return the terms of a partial."""
        ...

    def same_units(self, units: str) -> str:
        """Return units in a form that is equal where they may be mixed."""
        ...


class Plain:
    """Axes as they stand; a degree of longitude is one of latitude where that was asked for."""

    text = "none"

    def __init__(self, degrees_alike: bool) -> None:
        self.units: dict[int, str] = {}
        self._alike = degrees_alike

    def same_units(self, units: str) -> str:
        """Return units, and degrees of any direction as degrees."""
        return "degree" if self._alike and are_degrees(units) else units

    def summands(self, wanted: Wanted, operator: Operator) -> list[Summand]:
        """Return the derivative itself."""
        return [Summand(wanted.component, wanted.along)]


def refuse_mixed_degrees(origin: Field, metric: Metric, operators: tuple[Operator, ...]) -> None:
    """Raise UsageError where an operator would sum derivatives per degree, and none said so."""
    mixing = [operator.name for operator in operators if operator.mixes]
    if mixing and metric.name is None:
        raise UsageError(
            f"{origin.name}: {mixing[0]}: derivatives along longitude and latitude would be mixed "
            "in degrees; give --metric sphere or wgs84 for metres, or --metric none to take "
            "degrees as lengths"
        )


def units_along(geometry: Geometry, place: int, along: Along, origin: Field) -> str | None:
    """Return the units of one of the chosen axes: the metric's, those asked for, its own."""
    return geometry.units.get(place) or along.units or along.axis(origin).units


def refuse_other_units(alongs: tuple[Along, ...], geometry: Geometry) -> None:
    """Raise UsageError where an axis is to be in other units than those the geometry gives it."""
    for place, along in enumerate(alongs):
        if place in geometry.units and along.units is not None:
            raise UsageError(f"axis {along.label}: --metric makes it metres, --per other units")


def earth_of(metric: Metric) -> tuple[Earth, str]:
    """Return the Earth that a metric means, and the metric for people."""
    if metric.name == "sphere":
        return Earth(metric.radius), f"sphere, radius {metric.radius:.10g} m"
    import pyproj

    ellipsoid = pyproj.Geod(ellps="WGS84")
    return Earth(ellipsoid.a, ellipsoid.es), "wgs84"
