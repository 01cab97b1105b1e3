"""Weights of local least-squares polynomials (Savitzky and Golay), for arbitrary nodes."""

from __future__ import annotations

import re

import numpy as np

from gradcli.errors import UsageError
from gradcli.numerics.weights import Floats, in_range
from gradcli.record import record

RUN_CELLS = 2**15  # weights computed at a time, so that their polynomials fit in the cache


@record(frozen=True)
class Savgol:
    """A polynomial of a given degree, fitted to a window of points."""

    window: int
    degree: int

    def describe(self) -> str:
        """Return the filter in words.

        >>> Savgol(7, 2).describe()
        'savgol, window 7, degree 2'
        """
        return f"savgol, window {self.window}, degree {self.degree}"


def parse_smooth(text: str, order: int) -> Savgol:
    """Parse ``savgol:WINDOW,DEGREE``, and check it for a derivative of the given order.

    Raises
    ------
    UsageError
        The text is malformed, or no such polynomial can be fitted or has that derivative.

    Examples
    --------
    >>> parse_smooth("savgol:7,2", 1)
    Savgol(window=7, degree=2)
    """
    match = re.fullmatch(r"savgol:(\d{1,9}),(\d{1,9})", text.replace(" ", ""))
    if match is None:
        raise UsageError(f"smooth {text!r}; write savgol:WINDOW,DEGREE, as savgol:7,2")
    found = Savgol(int(match[1]), int(match[2]))
    if found.window % 2 == 0:
        raise UsageError(
            f"smooth {text}: {found.window} points have no middle point; the window must be odd"
        )
    if not order <= found.degree < found.window:
        raise UsageError(
            f"smooth {text}: the degree is at least the order of the derivative ({order}), "
            f"and less than the window ({found.window})"
        )
    return found


def least_squares(nodes: Floats, order: int, degree: int) -> Floats:
    """Return the weights of a derivative at 0 of the polynomial fitted to values at the nodes.

    Parameters
    ----------
    nodes : ndarray of float64, shape (..., k)
        Distances of the nodes from the point, all different within a row.
    order, degree : int
        ``order <= degree < k``.

    Returns
    -------
    ndarray of float64, shape (..., k)
        Weights in units of the nodes to the power ``-order``. With ``degree = k - 1`` they are
        those of `fornberg`.

    Examples
    --------
    >>> least_squares(np.array([-3.0, -1.0, 1.0, 3.0]), 1, 2).round(9)
    array([-0.15, -0.05,  0.05,  0.15])
    """
    rows = np.ascontiguousarray(nodes.reshape(-1, nodes.shape[-1]))
    step = max(1, RUN_CELLS // rows.shape[-1])
    runs = [rows[i : i + step] for i in range(0, len(rows), step)]
    return np.concatenate([_weights(run, order, degree) for run in runs]).reshape(nodes.shape)


def _weights(nodes: Floats, order: int, degree: int) -> Floats:
    """Return the weights as a sum over orthonormal polynomials times their derivatives at 0.

    Each polynomial is the one before times the coordinate, made orthogonal to all before it, twice.
    Plain powers of the coordinate would soon be nearly dependent. Values and derivatives at 0
    follow the same recurrence. (P. Brubeck, Y. Nakatsukasa, L. N. Trefethen, "Vandermonde with
    Arnoldi", SIAM Review 63 (2021), 405-415.)
    """
    middle = (nodes.max(axis=-1) + nodes.min(axis=-1)) / 2
    # Scaling by a power of two is exact.
    scale = 2.0 ** np.floor(np.log2(np.abs(nodes).max(axis=-1)))
    x = (nodes - middle[:, None]) / scale[:, None]
    zero = -middle / scale
    values = np.ones(x.shape)
    at_zero = np.zeros((order + 1, len(x)))
    at_zero[0] = 1.0
    made: list[tuple[Floats, Floats]] = []
    weights = np.zeros(x.shape)
    for _ in range(degree + 1):
        for before, before_at_zero in made * 2:
            share = (values * before).sum(axis=-1)
            values = values - share[:, None] * before
            at_zero = at_zero - share * before_at_zero
        length = np.sqrt((values**2).sum(axis=-1))
        values, at_zero = values / length[:, None], at_zero / length
        made.append((values, at_zero))
        weights += at_zero[order][:, None] * values
        times = np.arange(order + 1)[:, None] * np.concatenate([at_zero[:1] * 0, at_zero[:-1]])
        values, at_zero = x * values, zero * at_zero + times
    with np.errstate(over="ignore", divide="ignore"):
        weights /= scale[:, None] ** order
    return in_range(weights, nodes)
