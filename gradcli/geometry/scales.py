"""The functions of single coordinates that scale factors around an axis or a centre consist of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.metric import Metric

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

AT_ZERO = 1e-12  # of the largest radius, up to which one is that of the axis or centre
AT_POLE = 1e-6  # radians, up to which an angle is that of a pole


class Scale(NamedTuple):
    """A function of one coordinate, which is a factor of the scales of some directions.

    Attributes
    ----------
    axis : int
        The axis of the field that holds the coordinate.
    values, change : ndarray
        The function, and its derivative divided by it; the latter is missing where it is 0.
    zero : ndarray of bool
        Where the function is 0, so that these directions have no length.
    directions : tuple of str
    limits : bool
        Whether the field changes along none of these directions, so that there are limits at 0.
    missing, symmetric : str
        Notes for results that are missing at 0, and for limits.
    """

    axis: int
    values: Array
    change: Array
    zero: Array
    directions: tuple[str, ...]
    limits: bool
    missing: str
    symmetric: str


def make_scales(
    origin: Field, found: Mapping[str, int], metric: Metric, turns: Mapping[str, float]
) -> dict[str, Scale]:
    """Return the functions that scale factors are products of, by their coordinates.

    Parameters
    ----------
    origin : Field
    found : mapping of str to int
        The axis of each coordinate.
    metric : Metric
    turns : mapping of str to float
        Radians per unit of each angle that is needed.

    Raises
    ------
    UsageError
        An axis has no coordinates.
    InputError
        A radius is negative, or an angle lies beyond the poles.
    """
    labels = {name: axis_label(origin.axes, index) for name, index in found.items()}
    polar = "lat" if "lat" in found else "theta"
    sphere = metric.name == "spherical"
    made = {"r": _radius(origin, found["r"], labels["r"])}
    around = {"r": (polar, "phi") if sphere else ("phi",)}
    words = {"r": f"{labels['r']} = 0"}
    if sphere and polar in turns:
        made[polar] = _polar(origin, found[polar], labels[polar], polar, turns[polar])
        around[polar], words[polar] = ("phi",), f"the poles of {labels[polar]}"
    scales = {}
    for name, (values, slope, zero) in made.items():
        lost = [
            each for each in around[name] if each in found and origin.axes[found[each]].size > 1
        ]
        seen = bool(zero[origin.axes[found[name]].points].any())
        ways = " and ".join(labels[each] for each in lost)
        missing = f"results that need the direction of {ways} are missing at {words[name]}"
        limits = f"results at {words[name]} follow from symmetry: nothing changes around it"
        scales[name] = Scale(
            found[name],
            values,
            slope / np.where(zero, np.nan, values),
            zero,
            around[name],
            not lost,
            missing if seen else "",
            limits if seen else "",
        )
    return scales


def _radius(origin: Field, index: int, label: str) -> tuple[Array, Array, Array]:
    """Return a distance from the axis or centre, its change, and where it is 0."""
    radius = _coordinate(origin, index, label)
    below = np.flatnonzero(radius < 0)
    if below.size:
        at = int(below[0])
        raise InputError(
            f"axis {label}: {radius[at]:.10g} at index {at}; a distance from the axis or the "
            "centre is 0 or more"
        )
    return radius, np.ones_like(radius), radius <= AT_ZERO * float(radius.max(initial=0.0))


def _polar(
    origin: Field, index: int, label: str, polar: str, turn: float
) -> tuple[Array, Array, Array]:
    """Return the sine of the angle from the pole, its change, and where it is 0."""
    angle = _coordinate(origin, index, label) * turn
    low, high = (-np.pi / 2, np.pi / 2) if polar == "lat" else (0.0, np.pi)
    beyond = np.flatnonzero((angle < low - AT_POLE) | (angle > high + AT_POLE))
    if beyond.size:
        at = int(beyond[0])
        what = "a latitude" if polar == "lat" else "an angle from the pole"
        raise InputError(
            f"axis {label}: {angle[at] / turn:.10g} at index {at}; {what} lies from "
            f"{low / turn:.4g} to {high / turn:.4g}"
        )
    pole = (angle < low + AT_POLE) | (angle > high - AT_POLE)
    sine, cosine = np.sin(angle), np.cos(angle)
    scale, slope = (cosine, -sine) if polar == "lat" else (sine, cosine)
    return np.where(pole, 0.0, scale), slope, pole


def _coordinate(origin: Field, index: int, label: str) -> Array:
    """Return the coordinates of an axis; refuse an axis that has none, or misses some."""
    values = origin.axes[index].values
    if values is None:
        raise UsageError(f"axis {label}: a metric needs its coordinates (--coords {label}=FILE)")
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(f"axis {label}: no coordinate at index {at}")
    return values
