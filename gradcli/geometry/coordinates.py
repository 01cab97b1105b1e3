"""Which axes of a field are cylindrical or spherical coordinates, by their names or as told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from gradcli.cf.roles import are_degrees, is_angle, is_latitude, is_longitude, radians_in, role_of
from gradcli.errors import NoMetricError, UsageError
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.metric import RADII, Metric
from gradcli.numerics.operator import Operator

# Right-handed: each coordinate with the role that it takes in the place of x, y and z.
ROLES = {
    "cylindrical": {"r": "x", "phi": "y", "z": "z"},
    "spherical": {"r": "x", "theta": "y", "phi": "z"},
    "latitude": {"phi": "x", "lat": "y", "r": "z"},
}
_PHI = ("phi", "φ", "ϕ", "varphi", "azimuth", "azimuthal", "az")
_THETA = ("theta", "θ", "ϑ", "th", "colatitude", "colat")
ANGLES = ("phi", "theta", "lat")


def coordinates_of(origin: Field, metric: Metric) -> dict[str, int]:
    """Return the axis of each coordinate of a metric, as far as a field has them.

    A latitude takes the place of ``theta``, and a longitude is ``phi``. Around a cylinder, an angle
    called theta is the azimuth too, if none is called phi.

    Raises
    ------
    UsageError
        An axis that the metric names is none of the field, or is named twice.
    NoMetricError
        The field has no such axes.
    """
    found = {}
    for place, name in metric.named.items():
        try:
            found["phi" if place == "lon" else place] = find_axis(origin.axes, name)
        except UsageError as error:
            raise UsageError(f"--metric {metric.name}:{place}={name}: {error}") from None
    if len({*found.values()}) < len(found):
        raise UsageError(f"--metric {metric.name}: names an axis of {origin.name} twice")
    for place, index in _by_names(origin, str(metric.name), {*found.values()}):
        same = {"lat", "theta"} if place in ("lat", "theta") else {place}
        if not same & found.keys():
            found[place] = index
    if "r" in found:
        return found
    listed = ", ".join(axis_label(origin.axes, index) for index in range(len(origin.axes)))
    raise NoMetricError(
        f"{origin.name}: --metric {metric.name} needs the distance from the "
        f"{'axis' if metric.name == 'cylindrical' else 'centre'}, an axis called r or radius, or "
        f"named (--metric {metric.name}:r=NAME,phi=NAME); the axes are {listed}"
    )


def _by_names(origin: Field, metric: str, taken: set[int]) -> Iterator[tuple[str, int]]:
    """Yield coordinates and axes by their names, the likeliest first."""
    names = [_names(axis) for axis in origin.axes]
    left = [index for index in range(len(names)) if index not in taken]
    wanted = {"r": (*RADII, "rho"), "phi": _PHI, "theta": _THETA}
    if metric == "cylindrical":
        wanted = {"r": wanted["r"], "phi": (*_PHI, *_THETA)}
    for place, words in wanted.items():
        yield from ((place, i) for word in words for i in left if word in names[i])
    if metric == "cylindrical":
        yield from (("z", i) for i in left if role_of(origin.axes[i]) == "z")
    else:
        yield from (("phi", i) for i in left if is_longitude(origin.axes[i]))
        yield from (("lat", i) for i in left if is_latitude(origin.axes[i]))


def _names(axis: Axis) -> set[str]:
    paths = (axis.coordinate, axis.name)
    return {str(path).rpartition("/")[2].lower() for path in paths if path is not None}


def roles_of(origin: Field, metric: Metric, indices: Iterable[int]) -> list[str | None]:
    """Return for axes the role that each takes in the place of x, y and z."""
    found = coordinates_of(origin, metric)
    roles = ROLES["latitude" if "lat" in found else str(metric.name)]
    places = {index: roles.get(place) for place, index in found.items()}
    return [places.get(index) for index in indices]


def radians_of(axis: Axis, label: str, place: str, notes: list[str]) -> float:
    """Return the radians per unit of an angle. Without units it is in radians, which a note says.

    Longitude and latitude are in degrees without units, as everywhere.

    Raises UsageError if the units are none of an angle, or if the angles are too large for radians.
    """
    units = (axis.units or "").strip()
    if is_longitude(axis) or is_latitude(axis) or are_degrees(units):
        return radians_in(axis) if units else math.pi / 180
    if is_angle(axis):
        return 1.0
    if units not in ("", "1"):
        raise UsageError(
            f"axis {label}: its units are {units!r}, and {place} is an angle; expected degrees or "
            f"radians (--units {label}=degrees)"
        )
    most = (2 if place == "phi" else 1) * math.pi * (1 + 1e-6)
    values = axis.values
    span = 0.0 if values is None or not len(values) else float(values.max() - values.min())
    if span > most:
        raise UsageError(
            f"axis {label}: has no units, and its values extend over {span:.6g}, more than radians "
            f"of an angle do; say what they are (--units {label}=degrees)"
        )
    told = f"axis {label}: has no units, its values are taken as radians"
    notes.append(f"{told} (--units {label}=degrees)")
    return 1.0


def straight_notes(
    origin: Field, chosen: tuple[int, ...], operators: tuple[Operator, ...]
) -> Iterator[str]:
    """Yield a note where axes are called r and phi or theta, and are taken as straight lines."""
    names = [_names(axis) for axis in origin.axes]
    radii = [i for i, own in enumerate(names) if own & {*RADII}]
    angles = [i for i, own in enumerate(names) if own & {*_PHI, *_THETA}]
    around = any(operator.trace or operator.flux for operator in operators)
    matters = {*angles, *radii} if around else {*angles}
    if radii and angles and matters & {*chosen}:
        labels = [axis_label(origin.axes, index) for index in (*radii[:1], *angles)]
        fits = "spherical" if len(angles) > 1 else "cylindrical"
        yield (
            f"{' and '.join(labels)} are taken as straight axes, as their numbers stand "
            f"(--metric {fits} for lengths around the axis)"
        )


def metric_by_names(origin: Field) -> str | None:
    """Return the option of the metric that fits axes by their names, or None."""
    names = [_names(axis) for axis in origin.axes]
    if not any(own & {*RADII} for own in names):
        return None
    phi, theta = (any(own & {*words} for own in names) for words in (_PHI, _THETA))
    if not (phi or theta):
        return None
    return "--metric spherical" if phi and theta else "--metric cylindrical"
