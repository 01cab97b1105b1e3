"""Derivatives of polynomials that are fitted to points with nodes of their own."""

from __future__ import annotations

import numpy as np

from gradcli.numerics.column_steps import shortened
from gradcli.numerics.dtypes import Array
from gradcli.numerics.smoothing import least_squares


def smoothed(
    values: list[Array],
    nodes: list[Array],
    here: int,
    order: int,
    degree: int,
    clean: bool,
    wraps: float | None = None,
) -> Array:
    """Return the derivative at one of some points of the polynomial fitted to all, in float64.

    Parameters
    ----------
    values, nodes : list of ndarray
        The field and the coordinates at each point of a window, of one shape.
    here : int
        Index of the point in the window.
    order, degree : int
        Order of the derivative, and degree of the polynomial.
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
    >>> nodes = [np.array([x]) for x in (0.0, 1.0, 3.0, 4.0)]
    >>> smoothed([x**2 for x in nodes], nodes, 1, 1, 2, True).round(9)
    array([2.])
    """
    others = [k for k in range(len(values)) if k != here]
    gaps = [np.subtract(nodes[k], nodes[here], dtype=np.float64) for k in others]
    rises = _rises(values, here, wraps)
    every = np.stack([*gaps[:here], np.zeros(gaps[0].shape), *gaps[here:]], axis=-1)
    if not clean:
        odd = ~np.isfinite(every).all(axis=-1)
        every[odd] = np.arange(len(values)) - float(here)
    weights = least_squares(every, order, degree)
    total = weights[..., others[0]] * rises[0]
    for k, rise in zip(others[1:], rises[1:], strict=True):
        total += weights[..., k] * rise
    return total + 0.0


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
