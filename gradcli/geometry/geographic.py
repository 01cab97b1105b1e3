"""Derivatives in metres along axes of longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcli.cf.roles import is_longitude, radians_in
from gradcli.errors import InputError, NoMetricError, UsageError
from gradcli.geometry.factors import AxisFactor
from gradcli.geometry.terms import Geometry, Term, earth_of, globe_axes, plain_geometry
from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.coordinates import FLOAT64_EPS, fit_spacing
from gradcli.numerics.earth import Earth
from gradcli.numerics.operator import Operator, Wanted
from gradcli.numerics.turns import goes_one_way, unwrapped
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

CLOSES = 1e-3  # fraction of a step by which rounding may keep a longitude from closing


class Geographic:
    """Longitude and latitude as lengths on a sphere or an ellipsoid.

    With P the radius of the parallel and M that of the meridian, lengths are P dλ and M dφ.
    Divergence and curl are in flux form, ``(∂u/∂λ + ∂(v P)/∂φ / M) / P``, which avoids the tangent
    of latitude that grows towards the poles. Second derivatives and the Jacobian are covariant, so
    that their traces are the Laplacian and the divergence.

    Parameters
    ----------
    earth : Earth
    text : str
        Description of the metric, for messages.
    latitude : ndarray
        Latitudes in radians.
    axis : int
        Index of the latitude axis of the field.
    x, y : int or None
        Positions of longitude and latitude among the chosen axes.
    turn : float
        Radians per unit of the coordinates.
    """

    def __init__(
        self,
        earth: Earth,
        text: str,
        latitude: Array,
        axis: int,
        x: int | None,
        y: int | None,
        turn: float,
    ) -> None:
        self.text = text
        self.units = {place: "m" for place in (x, y) if place is not None}
        self._earth, self._axis, self._x, self._y, self._turn = earth, axis, x, y, turn
        self._p, self._m = earth.parallel(latitude), earth.meridian(latitude)
        self._dp, self._dm = earth.parallel_change(latitude), earth.meridian_change(latitude)
        self._pole = earth.at_pole(latitude)
        self._sides = AxisFactor(axis, self._p)

    @property
    def over(self) -> tuple[int | None, int | None]:
        """Positions of longitude and latitude among the chosen axes."""
        return self._x, self._y

    def continue_across(self, latitude: Array, before: int) -> None:
        """Take latitudes that go on across the poles, with so many rows before the first.

        Beyond a pole the radius of the parallel is negative, as its change goes on smoothly.
        """
        self._sides = AxisFactor(self._axis, self._earth.parallel(latitude), first=-before)

    def has_pole(self, origin: Field) -> bool:
        """Return whether the selected part of a field has rows at a pole."""
        return bool(self._pole[origin.axes[self._axis].points].any())

    def same_units(self, units: str) -> str:
        """Return units unchanged."""
        return units

    def cover(self, window: Window) -> None:
        """Do nothing: the factors of all latitudes are known."""

    def _after(self, values: Array, count: int) -> AxisFactor:
        """Return the factor of a term with `count` derivatives by angle; missing at the poles."""
        values = np.where(self._pole, np.nan, values / self._turn**count)
        return AxisFactor(self._axis, values)

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial. All are missing at the poles, where east is undefined."""
        with np.errstate(divide="ignore", invalid="ignore"):
            flux = operator.flux and wanted.along == (self._y,)
            if flux and wanted.component in (self._x, self._y):
                return [self._flux(wanted)]
            if operator.trace and self._x is None and wanted.along == (self._y,) * 2:
                return [*self._repeated(wanted), self._converging(wanted.component)]
            if operator.covariant and operator.vector:
                return [self._plain(wanted), *self._turning(wanted)]
            if operator.covariant:
                return [self._plain(wanted), *self._bending(wanted.component, wanted.along)]
            return self._repeated(wanted)

    def _plain(self, wanted: Wanted) -> Term:
        """Return a derivative in metres: that by angle, divided by the length of a radian."""
        in_x, in_y = wanted.along.count(self._x), wanted.along.count(self._y)
        if not in_x + in_y:
            return Term(wanted.component, wanted.along)
        after = self._after(self._p**-in_x * self._m**-in_y, in_x + in_y)
        return Term(wanted.component, wanted.along, None, after)

    def _flux(self, wanted: Wanted) -> Term:
        after = self._after(1 / (self._p * self._m), 1)
        return Term(wanted.component, wanted.along, self._sides, after)

    def _turning(self, wanted: Wanted) -> list[Term]:
        """Return the term that couples u and v because east and north turn along a parallel."""
        if wanted.along != (self._x,) or wanted.component not in (self._x, self._y):
            return []
        if self._y is None:
            return []
        other, sign = (self._y, 1) if wanted.component == self._x else (self._x, -1)
        assert other is not None
        return [Term(other, (), None, self._after(sign * self._dp / (self._p * self._m), 0))]

    def _bending(self, component: int, along: tuple[int, ...]) -> list[Term]:
        """Return the term that the curvature of the surface adds to a second derivative."""
        p, m, dp, dm = self._p, self._m, self._dp, self._dm
        if self._y is None:
            return []
        if along == (self._x, self._x):
            return [self._converging(component)]
        if along == (self._y, self._y) and dm.any():
            return [Term(component, (self._y,), None, self._after(-dm / m**3, 1))]
        if set(along) == {self._x, self._y} and self._x is not None:
            return [Term(component, (self._x,), None, self._after(-dp / (p**2 * m), 1))]
        return []

    def _converging(self, component: int) -> Term:
        """Return the term that the convergence of meridians adds to the Laplacian."""
        assert self._y is not None
        after = self._after(self._dp / (self._p * self._m**2), 1)
        return Term(component, (self._y,), None, after)

    def _repeated(self, wanted: Wanted) -> list[Term]:
        """Return the terms of a derivative of any order along one axis."""
        found = [self._plain(wanted)]
        if wanted.along.count(self._y) > 1 and self._dm.any():
            if len(wanted.along) > 2:
                raise UsageError("along a meridian of the ellipsoid there are orders 1 and 2")
            found += self._bending(wanted.component, wanted.along)
        return found


def make_geometry(
    origin: Field, chosen: tuple[int, ...], metric: Metric, operators: tuple[Operator, ...]
) -> Geometry:
    """Return the geometry of a field's chosen axes.

    Raises
    ------
    UsageError
        The axes do not fit the metric, or a metric is needed and none is given.
    InputError
        A latitude lies beyond the poles.
    """
    if not metric.on_earth:
        return plain_geometry(origin, chosen, metric, operators)
    lon, lat = globe_axes(origin)
    angles = [index for index in chosen if index in (lon, lat)]
    if not angles or lat is None:
        listed = ", ".join(axis_label(origin.axes, index) for index in range(len(origin.axes)))
        raise NoMetricError(
            f"{origin.name}: --metric {metric.name} needs longitude and latitude among the "
            f"axes (by units, standard_name or name); they are {listed}"
        )
    if metric.name == "wgs84" and origin.axes[lat].standard_name == "grid_latitude":
        raise UsageError(
            f"{origin.name}: a rotated pole is one of a sphere: --metric sphere, or --axis lon,lat "
            "where the file has longitude and latitude over both dimensions"
        )
    turn = radians_in(origin.axes[lat])
    if lon is not None and radians_in(origin.axes[lon]) != turn:
        raise UsageError(f"{origin.name}: longitude and latitude differ in units")
    earth, text = earth_of(metric)
    places = [chosen.index(axis) if axis in chosen else None for axis in (lon, lat)]
    latitude = _latitudes(origin, lat) * turn
    return Geographic(earth, text, latitude, lat, places[0], places[1], turn)


def closed(
    origin: Field, along: Along, geometry: Geometry, notes: list[str], snap: bool = True
) -> Along:
    """Unwrap a longitude, and say where it closes if it goes around the Earth.

    Without a metric, a longitude that crosses the dateline is unwrapped, but made periodic only if
    the user says so. ``snap`` is as for `spacing_of`.
    """
    axis = along.axis(origin)
    if not is_longitude(axis):
        return along
    turn, plain = 2 * np.pi / radians_in(axis), geometry.text == "none"
    return closed_after(turn, origin, along, plain, notes, snap)


def closed_after(
    turn: float,
    origin: Field,
    along: Along,
    plain: bool,
    notes: list[str],
    snap: bool = True,
    around: tuple[str, str] = ("the Earth", "the dateline"),
) -> Along:
    """Unwrap an angle, and say where it closes if it covers a full turn, unless it stays plain.

    ``around`` names what the angle goes around, and its seam.
    """
    axis = along.axis(origin)
    if along.step is not None or axis.values is None or axis.size < 2:
        return along
    given = axis.values.astype(np.float64, copy=False)
    values = given if plain and axis.size == 2 else unwrapped(given, turn)
    if (jumps := np.flatnonzero(values != given)).size:
        if plain or axis.size == 2:
            notes.append(f"{along.label}: goes on across {around[1]} at index {jumps[0]}")
        along = replace(along, turn=turn)
    if axis.size < 3 or along.period is not None or not goes_one_way(values):
        return along
    step, span = (values[-1] - values[0]) / (axis.size - 1), abs(values[-1] - values[0])
    slack = CLOSES * abs(step)
    repeated, closes = abs(span - turn) < slack, abs(span + abs(step) - turn) < slack
    if along.periodic and not repeated:
        precision = axis.precision if snap else min(axis.precision, FLOAT64_EPS)
        if not fit_spacing(along.label, values, precision).is_equal:
            return replace(along, period=turn * abs(along.scale))
        if not closes:
            notes.append(
                f"{along.label}: its equal steps close after {span + abs(step):.6g}, not after a "
                f"full turn; say --periodic {along.label}={turn:.6g} if a full turn is meant"
            )
        return along
    if along.periodic:
        notes.append(
            f"{along.label}: goes around {around[0]}, so its last point is taken as its first"
        )
    elif plain or not (repeated or closes):
        return along
    else:
        notes.append(
            f"{along.label}: goes around {around[0]}, so it is periodic"
            + (", and its last point is its first" if repeated else "")
        )
    return replace(along, periodic=True, period=turn * abs(along.scale), repeated=bool(repeated))


def _latitudes(origin: Field, index: int) -> Array:
    axis = origin.axes[index]
    label = axis_label(origin.axes, index)
    if axis.values is None:
        raise UsageError(f"axis {label}: a metric needs its coordinates (--coords {label}=FILE)")
    limit = np.pi / 2 / radians_in(axis)
    beyond = np.flatnonzero(np.abs(axis.values) > limit * (1 + 1e-6))
    if beyond.size:
        at = int(beyond[0])
        raise InputError(
            f"axis {label}: latitude {axis.values[at]:.10g} at index {at} lies beyond the pole"
        )
    return np.clip(axis.values, -limit, limit)
