"""Derivatives of which every point has nodes of its own."""

from __future__ import annotations

import numpy as np

from gradcli.numerics.dtypes import Array
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import point_weights


def derivative(
    values: list[Array],
    nodes: list[Array],
    here: int,
    scheme: Scheme,
    clean: bool,
    wraps: float | None = None,
) -> Array:
    """Return the derivative at one of some points, in float64.

    Parameters
    ----------
    values, nodes : list of ndarray
        The field and the coordinates at each point of a window, of one shape.
    here : int
        Index of the point in the window.
    scheme : Scheme
    clean : bool
        Whether all coordinates of a window differ, and none is missing. Otherwise the derivative
        is arbitrary where they do not.
    wraps : float or None
        The period of values that wrap, such as angles.

    Returns
    -------
    ndarray of float64
        NaN where a value is missing. Constants give exactly 0.

    Examples
    --------
    >>> nodes = [np.array([x]) for x in (0.0, 1.0, 3.0)]
    >>> derivative([x**2 for x in nodes], nodes, 1, Scheme(), True)
    array([2.])
    """
    others = [k for k in range(len(values)) if k != here]
    gaps = [np.subtract(nodes[k], nodes[here], dtype=np.float64) for k in others]
    rises = _rises(values, here, wraps)
    if scheme.order == 1 and scheme.smooth is None:
        return (
            _at_zero(
                gaps,
                [np.divide(rise, gap, out=rise) for rise, gap in zip(rises, gaps, strict=True)],
            )
            + 0.0
        )
    every = np.stack([*gaps[:here], np.zeros(gaps[0].shape), *gaps[here:]], axis=-1)
    if not clean:
        odd = ~np.isfinite(every).all(axis=-1)
        every[odd] = np.arange(len(values)) - float(here)
    weights = point_weights(every, scheme.order, scheme.degree)
    total = weights[..., others[0]] * rises[0]
    for k, rise in zip(others[1:], rises[1:], strict=True):
        total += weights[..., k] * rise
    return total + 0.0


def shortened(steps: Array, period: float) -> Array:
    """Return steps between values that wrap at a period, the short way around, in place.

    >>> shortened(np.array([350.0, -10.0]), 360.0)
    array([-10., -10.])
    """
    turns = np.rint(steps / period)
    turns *= period
    return np.subtract(steps, turns, out=steps)


def _rises(values: list[Array], here: int, wraps: float | None) -> list[Array]:
    """Return the values of the other points less that of one, the short way from each to the next.

    Like the kernel, this adds up steps outwards from the point.
    """
    others = [k for k in range(len(values)) if k != here]
    if wraps is None:
        return [np.subtract(values[k], values[here], dtype=np.float64) for k in others]
    found = {here: np.zeros(values[here].shape)}
    for k in (*range(here - 1, -1, -1), *range(here + 1, len(values))):
        before = k + 1 if k < here else k - 1
        step = np.subtract(values[k], values[before], dtype=np.float64)
        found[k] = found[before] + shortened(step, wraps)
    return [found[k] for k in others]


def _at_zero(gaps: list[Array], slopes: list[Array]) -> Array:
    """Return the slopes from a point, continued to the point itself: the first derivative.

    Neville's algorithm extrapolates the polynomial through the slopes to distance 0.
    """
    for level in range(1, len(slopes)):
        for k in range(len(slopes) - level):
            # P_i + x_i (P_i - P_j) / (x_j - x_i)
            change = slopes[k] - slopes[k + 1]
            change *= gaps[k]
            change /= gaps[k + level] - gaps[k]
            slopes[k] = slopes[k] + change
    return slopes[0]
