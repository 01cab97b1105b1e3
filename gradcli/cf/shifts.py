"""Numbers of one file in the units of another: units, and dates counted from another date."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.dates import counts_from_date, date_shift
from gradcli.cf.units import are_equal, linear_between
from gradcli.errors import InputError
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

EXACT = 2**53  # integers up to here are exact in float64


class Shift(NamedTuple):
    """How numbers are converted: times a factor, plus a number."""

    factor: Fraction
    added: Fraction

    def apply(self, values: Array) -> Array:
        """Return values of a field in the other units, in their own type.

        >>> Shift(Fraction(24), Fraction(1, 2)).apply(np.array([1.0, 2.5], np.float32))
        array([24.5, 60.5], dtype=float32)
        """
        moved = values.astype(np.float64) * float(self.factor) + float(self.added)
        return moved.astype(values.dtype)

    def exact(self, values: Array) -> Array:
        """Return coordinates in the other units, in float64, each rounded once.

        >>> Shift(Fraction(1, 24), Fraction(0)).exact(np.array([1, 12, 24]))
        array([0.04166667, 0.5       , 1.        ])
        """
        below = self.factor.denominator * self.added.denominator
        times = self.factor.numerator * self.added.denominator
        added = self.added.numerator * self.factor.denominator
        largest = float(np.abs(values).max(initial=0)) * abs(times) + abs(added)
        whole = bool(np.isfinite(values).all() and (values == np.rint(values)).all())
        kind: Any = np.float64 if whole and largest < EXACT else np.longdouble
        moved: Array = (values.astype(kind) * kind(times) + kind(added)) / kind(below)
        return moved.astype(np.float64)


def shift_between(axis: Axis, wanted: Axis, low: float) -> Shift | None:
    """Return how numbers with the units of one axis become those of another; None if they are same.

    Parameters
    ----------
    axis, wanted : Axis
        With units and calendars.
    low : float
        The lowest number that is converted.

    Raises
    ------
    InputError
        One cannot be converted to the other.

    Examples
    --------
    >>> days = Axis("time", 2, units="days since 2000-01-02")
    >>> hours = Axis("time", 2, units="hours since 2000-01-01")
    >>> shift_between(days, hours, 0.0)
    Shift(factor=Fraction(24, 1), added=Fraction(24, 1))
    """
    name, old, new = axis.name, axis.units, wanted.units
    if counts_from_date(axis) and counts_from_date(wanted):
        factor, added = date_shift(axis, wanted, low)
        return None if factor == 1 and not added else Shift(factor, added)
    if are_equal(old, new):
        return None
    if old and new and not (counts_from_date(axis) or counts_from_date(wanted)):
        linear = linear_between(old, new)
        if linear is not None:
            return Shift(*map(Fraction, linear))
    raise InputError(
        f"{name}: its units are {old or 'none'}, which cannot be converted to {new or 'none'}"
    )
