"""The Runge-Kutta method of Dormand and Prince, of order 5 with an error estimate of order 4.

J. R. Dormand and P. J. Prince (1980), A family of embedded Runge-Kutta formulae, Journal of
Computational and Applied Mathematics 6, 19-26, table 2. The step is chosen as in E. Hairer,
S. P. Norsett and G. Wanner (1993), Solving Ordinary Differential Equations I, section II.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from gradcli.numerics.weights import Floats

Slope: TypeAlias = Callable[[Floats], "Floats | None"]

_STAGES = tuple(
    np.array(row)
    for row in (
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),  # the result itself
    )
)
# The result of order 5 less that of order 4.
_ERROR = np.array((71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40))
SAFETY, LEAST, MOST = 0.9, 0.2, 5.0  # of the factor by which a step may change
ORDER = 5


class Trial(NamedTuple):
    """One step.

    Attributes
    ----------
    place : ndarray
        Where it ends.
    slope : ndarray
        The slope there, which is the first of the next step.
    error : ndarray
        The estimated error of the place.
    """

    place: Floats
    slope: Floats
    error: Floats


def try_step(slope: Slope, place: Floats, first: Floats, step: float) -> Trial | None:
    """Return one step of an autonomous equation, or None if a slope on its way is None.

    Parameters
    ----------
    slope : callable
        Gives the slope at a place, or None where there is none.
    place : ndarray, shape (n,)
    first : ndarray, shape (n,)
        The slope at the place.
    step : float

    Examples
    --------
    >>> made = try_step(lambda place: -place, np.array([1.0]), np.array([-1.0]), 0.1)
    >>> float(abs(made.place[0] - np.exp(-0.1))) < 1e-9
    True
    """
    slopes = np.empty((len(_STAGES) + 1, len(place)))
    slopes[0] = first
    there = place
    for stage, weights in enumerate(_STAGES, 1):
        there = place + step * (weights @ slopes[:stage])
        found = slope(there)
        if found is None:
            return None
        slopes[stage] = found
    return Trial(there, slopes[-1].copy(), step * (_ERROR @ slopes))


def factor_of(error: float) -> float:
    """Return the factor by which a step should change, by its error relative to the tolerance.

    >>> factor_of(0.0), factor_of(1.0), factor_of(1e9)
    (5.0, 0.9, 0.2)
    """
    if not error > 0:
        return MOST
    return min(MOST, max(LEAST, SAFETY * math.pow(error, -1 / ORDER)))
