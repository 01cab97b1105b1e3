"""Which colours the values of a panel get: the limits of its scale, and where they cut."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gradcli.explore.panels import Panel
from gradcli.numerics.dtypes import Array

LOW, HIGH = 2, 98  # percentiles at which the scale of a derivative ends
FAR = 3.0  # times these percentiles are apart that a field reaches before its scale is cut, too
CLOSE = 1.05  # times the limit that a derivative reaches without a cut
LARGEST = 1e300  # values beyond are drawn as this one: the width of a scale must be finite
MISSING = "0.72"  # grey


class Scale(NamedTuple):
    """The scale of the colours of a panel.

    Attributes
    ----------
    name : str
        A colour map of matplotlib: perceptual, diverging, or closed.
    low, high : float
        The values at its ends.
    below, above : bool
        Whether some values lie beyond its ends.
    """

    name: str
    low: float
    high: float
    below: bool = False
    above: bool = False

    @property
    def extend(self) -> str:
        """Which ends of a colour bar are pointed."""
        return {(0, 0): "neither", (1, 0): "min", (0, 1): "max"}.get(
            (int(self.below), int(self.above)), "both"
        )


def scale_of(panel: Panel) -> Scale:
    """Return the scale of a panel.

    Fields go from their smallest to their largest value, unless a few values lie far beyond the
    others. Derivatives are centred on 0, and end at their 2nd or 98th percentile.

    >>> slope = Panel("d", "d", None, np.array([-1.0, 0.5, np.nan]), (), True)
    >>> scale_of(slope)
    Scale(name='RdBu_r', low=-1.0, high=1.0, below=False, above=False)
    """
    values = drawable(panel.values[np.isfinite(panel.values)])
    if panel.operator == "direction":
        return Scale("twilight", *_turn(panel.units, values))
    if not values.size:
        return Scale("viridis", 0.0, 1.0)
    least, most = float(values.min()), float(values.max())
    ends = np.percentile(values, (LOW, HIGH))
    low, high = (float(end) for end in ends)
    if panel.signed:
        bound = max(abs(low), abs(high))
        largest = max(abs(least), abs(most))
        if bound == 0 or largest <= CLOSE * bound:
            bound = largest or 1.0
        return Scale("RdBu_r", -bound, bound, least < -bound, most > bound)
    if most - least <= FAR * (high - low) or high == low:
        low, high = least, most
    if low == high:
        pad = abs(low) * 1e-3 or 0.5
        low, high = low - pad, high + pad
    return Scale("viridis", low, high, least < low, most > high)


def drawable(values: Array) -> Array:
    """Return values that a picture can show; infinite ones are missing.

    >>> drawable(np.array([1.0, np.inf, -1e305])).tolist()
    [1.0, nan, -1e+300]
    """
    return np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)


def _turn(units: str | None, values: Array) -> tuple[float, float]:
    """Return the ends of a full turn."""
    turn = 360.0 if units == "degree" else 2 * np.pi
    return (0.0, turn) if not values.size or values.min() >= 0 else (-turn / 2, turn / 2)


def words_of(scales: list[Scale], missing: bool) -> str:
    """Return what must be said of the colours of a picture.

    >>> words_of([Scale("viridis", 0, 1, True)], True)
    'grey: missing; scales with pointed ends are cut at the 2nd and 98th percentile'
    """
    cut = any(scale.below or scale.above for scale in scales)
    words = ["grey: missing"] * missing
    words += [f"scales with pointed ends are cut at the {LOW}nd and {HIGH}th percentile"] * cut
    return "; ".join(words)
