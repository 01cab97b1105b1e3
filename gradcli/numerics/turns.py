"""Angles along an axis, without the jumps by a full turn that their range gives them."""

from __future__ import annotations

import math
import re

import numpy as np

from gradcli.errors import KindError, UsageError
from gradcli.numerics.weights import Floats

_PERIOD = r"\s*([0-9.eE+]*)\s*\*?\s*(pi|π)?\s*"


def parse_turn(given: object) -> float:
    """Return the period at which values wrap: a number, or a multiple of pi as text.

    Raises
    ------
    UsageError
        It is not a finite number above 0.

    Examples
    --------
    >>> parse_turn("360"), parse_turn("2pi") == parse_turn("2π") == 2 * math.pi
    (360.0, True)
    """
    advice = "a period is a number above 0, such as 360 or 2pi"
    if isinstance(given, str):
        match = re.fullmatch(_PERIOD, given)
        if match is None or not (match[1] or match[2]):
            raise UsageError(f"unwrap {given!r:.60}; {advice}")
        try:
            period = float(match[1] or 1) * (math.pi if match[2] else 1.0)
        except ValueError:
            raise UsageError(f"unwrap {given!r:.60}; {advice}") from None
    else:
        try:
            period = float(given)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            raise KindError(f"unwrap {given!r:.60}; {advice}") from None
    if not 0 < period < math.inf:
        raise UsageError(f"unwrap {given!r:.60}; {advice}")
    return period


def unwrapped(values: Floats, turn: float) -> Floats:
    """Return the angles of an axis as they go on, or unchanged if they go to and fro.

    Angles that go one way as they stand keep their values, however large their steps. Otherwise,
    and between two points, each step goes the shorter way around.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    turn : float
        A full turn, in the units of the angles.

    Examples
    --------
    >>> unwrapped(np.array([170.0, -170.0, -160.0]), 360.0)
    array([170., 190., 200.])
    >>> unwrapped(np.array([0.0, 10.0, 200.0]), 360.0)
    array([  0.,  10., 200.])
    """
    if goes_one_way(values) and len(values) > 2:
        return values
    with np.errstate(invalid="ignore"):
        found: Floats = np.unwrap(values, period=turn)
    return found if goes_one_way(found) else values


def goes_one_way(values: Floats) -> bool:
    """Return whether all steps are up, or all down.

    >>> goes_one_way(np.array([2.0, 1.0, 0.5])), goes_one_way(np.array([0.0, 1.0, 1.0]))
    (True, False)
    """
    with np.errstate(invalid="ignore"):
        steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())
