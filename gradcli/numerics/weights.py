"""Finite-difference weights for arbitrary nodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError

Floats = NDArray[np.float64]

SMALLEST = float(np.finfo(np.float64).tiny)  # smaller numbers have fewer digits


@np.errstate(all="ignore")
def fornberg(nodes: Floats, order: int) -> Floats:
    """Return the weights that give a derivative at 0 from values at the nodes.

    Parameters
    ----------
    nodes : ndarray of float64, shape (..., k)
        Distances of the nodes from the point, all different within a row.
    order : int
        Order of the derivative; ``order < k``.

    Returns
    -------
    ndarray of float64, shape (..., k)
        Weights that are exact for polynomials of degree below k, in units of the nodes to the
        power ``-order``.

    Raises
    ------
    InputError
        Weights are outside the range of float64.

    Notes
    -----
    B. Fornberg, "Calculation of weights in finite difference formulas", SIAM Review 40 (1998),
    685-691. The nodes are scaled by a power of two near the largest of their row. This keeps
    intermediate results of very small or large steps in the range of float64, and is exact.

    Examples
    --------
    >>> fornberg(np.array([-1.0, 0.0, 1.0]), 2)
    array([ 1., -2.,  1.])
    """
    # Nodes first, so that each is contiguous.
    x = np.array(np.moveaxis(nodes, -1, 0), np.float64, order="C")
    scale = np.ldexp(1.0, np.frexp(np.abs(x).max(axis=0))[1] - 1)
    x /= scale
    count = len(x)
    w = np.zeros((count, order + 1, *x.shape[1:]))
    w[0, 0] = 1.0
    last = np.ones(x.shape[1:])
    for i in range(1, count):
        top = min(i, order)
        product = np.ones(x.shape[1:])
        for j in range(i):
            gap = x[i] - x[j]
            product = product * gap
            if j == i - 1:
                for m in range(top, 0, -1):
                    w[i, m] = last * (m * w[j, m - 1] - x[j] * w[j, m]) / product
                w[i, 0] = -last * x[j] * w[j, 0] / product
            for m in range(top, 0, -1):
                w[j, m] = (x[i] * w[j, m] - m * w[j, m - 1]) / gap
            w[j, 0] = x[i] * w[j, 0] / gap
        last = product
    return in_range(np.moveaxis(w[:, order] / scale**order, 0, -1), nodes)


def in_range(weights: Floats, nodes: Floats) -> Floats:
    """Check that weights, shape (..., k), are in the range of float64, and return them.

    Raises
    ------
    InputError
        The weights of a row are too large, or all of them too small. The message gives the steps
        of the nodes, which also have the shape (..., k).

    Examples
    --------
    >>> in_range(np.array([-0.5, 0.5]), np.array([-1.0, 1.0]))
    array([-0.5,  0.5])
    """
    largest = np.abs(weights).max(axis=-1)
    if not ((largest >= SMALLEST) & (largest < np.inf)).all():
        steps = np.abs(np.diff(nodes))
        span = f"{steps.min():.6g} to {steps.max():.6g}"
        raise InputError(
            f"steps of {span} are too small, too large or too different for weights in float64"
        )
    return weights
