"""By how much rounding may keep the coordinates of an axis from the numbers that were meant."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

ROUNDINGS = 4  # of one coordinate: of the step, of the product, of the sum, and of the bound
PART_OF_STEP = 1 / 8  # more is never put down to rounding


def rounding(axis: Axis) -> Array:
    """Return for each coordinate how far it may be from the number that it stands for.

    Each coordinate may be off by the rounding of its stored type. Where steps were added up, one
    after another, the roundings add up as well. Integers are exact.

    Examples
    --------
    >>> bool(1e-16 < rounding(Axis("x", 9, np.arange(9) * 0.1)).max() < 2e-15)
    True
    """
    values = axis.values
    assert values is not None
    if axis.precision == 0:
        return np.zeros(values.shape)
    with np.errstate(all="ignore"):  # of coordinates that are infinite or missing
        largest, steps = np.abs(values), np.abs(np.diff(values))
        unit = axis.precision * largest.max(initial=0.0)
        even = bool(steps.size) and float(np.ptp(steps)) <= ROUNDINGS * unit
        if even:  # each may have been computed from the farthest one
            largest = np.full(values.shape, largest.max())
        summed = values.size / 2 if not (even and _without_drift(values, unit)) else 0.0
        apart = np.where(steps == 0, np.inf, steps)  # repeats tell nothing
        between = np.concatenate([[np.inf], apart, [np.inf]])
        smallest = np.minimum(between[1:], between[:-1])
        slack = (ROUNDINGS + summed) * axis.precision * largest
        found: Array = np.minimum(slack, PART_OF_STEP * smallest)
        return found


def _without_drift(values: Array, unit: float) -> bool:
    """Return whether no roundings have added up along an axis of equal steps.

    A sum of many steps leaves the line, or its mean step is not the number that was added. That
    number is taken to be the simplest fraction that a step may stand for. ``unit`` is the spacing
    of floating-point numbers at the largest coordinate.
    """
    count = values.size - 1
    mean = abs(float(values[-1] - values[0])) / count
    if not unit < mean < np.inf:
        return False
    line = np.linspace(values[0], values[-1], values.size)
    if np.abs(values - line).max() > 2 * unit:
        return False
    step = _simplest(Fraction(mean) - Fraction(unit) / 2, Fraction(mean) + Fraction(unit) / 2)
    return abs(float(step) - mean) <= 2 * unit / count


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction of the smallest denominator between two positive numbers.

    >>> _simplest(Fraction("0.0416"), Fraction("0.0417"))
    Fraction(1, 24)
    """
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    return whole - 1 + 1 / _simplest(1 / (high - whole + 1), 1 / (low - whole + 1))
