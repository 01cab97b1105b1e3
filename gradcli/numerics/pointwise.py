"""Derivatives of points with nodes of their own."""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.column_steps import shortened
from gradcli.numerics.divided import path_of
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import Scratch
from gradcli.numerics.smoothing import least_squares
from gradcli.numerics.windows import Span

STRIP = 2**14  # neighbours of points gathered at a time, so that their tables stay in the cache


class Paths(NamedTuple):
    """The neighbours of several windows, in the order of `path_of`.

    Column v of ``offsets`` has those of window v, and ``widths`` their number.
    """

    widths: NDArray[np.intp]
    offsets: NDArray[np.intp]

    @staticmethod
    def of(spans: tuple[Span, ...]) -> Paths:
        """Return the paths of windows.

        >>> Paths.of(((0, 1), (-1, 1))).offsets
        array([[ 1,  1],
               [ 0, -1]])
        """
        paths = [path_of(span) for span in spans]
        widths = np.array([len(path) for path in paths], np.intp)
        offsets = np.zeros((int(widths.max(initial=0)), len(spans)), np.intp)
        for number, path in enumerate(paths):
            offsets[: len(path), number] = path
        return Paths(widths, offsets)


class Points(NamedTuple):
    """A field and its coordinates as runs, where neighbours in a column are ``step`` apart."""

    values: Array
    nodes: Array
    step: int
    scale: float = 1.0  # a power of two that distances are multiplied by
    wraps: float | None = None  # the period of values that wrap, such as angles

    def derive(
        self, paths: Paths, order: int, points: Array, which: Array, into: Array, scratch: Scratch
    ) -> None:
        """Write the derivatives at some points, each from its window, in float64.

        Those whose windows are as wide as each other must follow one another.
        """
        widths = paths.widths.take(which)
        ends = np.flatnonzero(np.diff(widths)) + 1
        for start, stop in zip([0, *ends], [*ends, points.size], strict=True):
            width = int(widths[start]) if stop > start else 1
            for begin in range(start, stop, STRIP // width):
                some = slice(begin, min(begin + STRIP // width, stop))
                offsets = paths.offsets[:width].take(which[some], axis=1)
                np.multiply(
                    self._newton(offsets, order, points[some], scratch),
                    factorial(order) * self.scale ** (order - 1),
                    out=into[some],
                )

    def _newton(self, offsets: Array, order: int, points: Array, scratch: Scratch) -> Array:
        """Return the coefficient of the polynomial through some points and their neighbours."""
        shape = offsets.shape
        gaps, slopes, other = (
            scratch.take(use, offsets.size).reshape(shape) for use in ("gaps", "slopes", "other")
        )
        places = offsets * self.step + points
        nodes, values = self.nodes, self.values
        np.subtract(nodes.take(places), nodes.take(points), out=gaps, dtype=np.float64)
        if self.scale != 1.0:
            np.multiply(gaps, self.scale, out=gaps)
        if self.wraps is None:
            np.subtract(values.take(places), values.take(points), out=slopes, dtype=np.float64)
        else:
            self._turned(offsets, places, self.wraps, slopes)
        np.divide(slopes, gaps, out=slopes)
        if self.scale != 1.0:
            np.multiply(slopes, self.scale, out=slopes)
        sums = [slopes[0].copy()]
        for level in range(1, shape[0]):
            count = shape[0] - level
            np.subtract(slopes[1 : count + 1], slopes[:count], out=other[:count])
            apart = np.subtract(gaps[level:], gaps[:count], out=slopes[:count])
            np.divide(other[:count], apart, out=other[:count])
            slopes, other = other, slopes
            sums.append(slopes[0].copy())
        return _coefficient(sums, gaps, order)

    def _turned(self, offsets: Array, places: Array, period: float, rises: Array) -> None:
        """Write the values of neighbours less those of the points, of values that wrap.

        Each step from one neighbour to the next is the short way, outwards from the point.
        """
        sides = {side: np.zeros(places.shape[1]) for side in (-1, 1)}
        for row, place, rise in zip(offsets, places, rises, strict=True):
            before = self.values.take(place - np.sign(row) * self.step).astype(np.float64)
            step = shortened(self.values.take(place) - before, period)
            for side, total in sides.items():
                here = row * side > 0
                np.add(total, step, out=total, where=here)
                np.copyto(rise, total, where=here)


def _coefficient(sums: list[Array], gaps: Array, order: int) -> Array:
    """Return the coefficient of the power order - 1 of a polynomial in Newton's form, by Horner.

    Row k of ``gaps`` holds the distances to the node of the factor that comes after ``sums[k]``.
    """
    found = [sums[-1], *(np.zeros(sums[-1].size) for _ in range(order - 1))]
    for k in range(len(sums) - 2, -1, -1):
        for j in range(order - 1, max(order - k - 1, 0) - 1, -1):
            np.multiply(found[j], gaps[k], out=found[j])
            np.subtract(found[j - 1] if j else sums[k], found[j], out=found[j])
    return found[-1]


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
