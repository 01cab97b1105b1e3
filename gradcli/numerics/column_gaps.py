"""Which points of columns lie beside missing ones, and the window that each of them gets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.dtypes import Array
from gradcli.numerics.windows import Span, Windows

Rows = tuple[Span | None, int, int]  # rows from a first to a stop, and the window that they share


class Beside(NamedTuple):
    """Points beside gaps, as they lie in an array of shape (outer, rows, inner).

    ``which`` has the number of the window of each, or the number of windows if it gets none.
    """

    outer: NDArray[np.intp]
    row: NDArray[np.intp]
    inner: NDArray[np.intp]
    which: Array


def beside_gaps(holes: Array, skip: int, height: int, windows: Windows, runs: list[Rows]) -> Beside:
    """Return the points with a gap in the window that they would have in a whole column.

    Parameters
    ----------
    holes : ndarray of bool, shape (outer, rows, inner)
        Which points are missing. Rows that are not there lie beyond the ends of the axis.
    skip, height : int
        The first of the rows to look at, and their number.
    windows : Windows
    runs : list of (window, first, stop)
        The windows of whole columns, by rows counted from the first of those to look at.

    Examples
    --------
    >>> holes = np.array([False, False, False, True]).reshape(1, 4, 1)
    >>> windows = Windows(1, ((-1, 0), (-1, 1), (0, 1)), np.array([3, 2, 0, 1], np.uint8))
    >>> found = beside_gaps(holes, 0, 4, windows, [((-1, 1), 1, 3)])
    >>> found.row, found.which
    (array([2]), array([0], dtype=uint8))
    """
    reach, inner = windows.reach, holes.shape[2]
    # Beyond the ends of the axis everything is missing.
    valid = np.zeros((holes.shape[0], height + 2 * reach, inner), bool)
    low, high = max(0, skip - reach), min(holes.shape[1], skip + height + reach)
    shift = skip - reach
    np.logical_not(holes[:, low:high], out=valid[:, low - shift : high - shift])
    places = np.flatnonzero(_touched(valid, reach, runs))
    outer, rest = np.divmod(places, height * inner)
    centre = places + (2 * outer + 1) * reach * inner
    left, right = (_run_lengths(valid, centre, side * inner, reach) for side in (-1, 1))
    which = windows.choice[left * (reach + 1) + right]
    return Beside(outer, rest // inner, rest % inner, which)


def ends_of(runs: list[Rows], height: int) -> tuple[list[list[Rows]], list[Rows]]:
    """Return the rows at both ends of columns that are worth tables of their own, and others.

    >>> ends_of([((-1, 1), 1, 9), ((0, 1), 0, 1), ((-1, 0), 9, 10)], 10)
    ([[((0, 1), 0, 1)], [((-1, 0), 9, 10)]], [((-1, 1), 1, 9)])
    """
    inside = [run for run in runs if run[2] - run[1] > 1]
    if not inside:
        return [], runs
    single = [run for run in runs if run[2] - run[1] == 1]
    left = [run for run in single if run[1] < inside[0][1]]
    right = [run for run in single if run[1] > inside[0][1]]
    ends = [group for group in (left, right) if any(run[0] for run in group)]
    if sum(stop - start for start, stop in map(reads_of, ends)) > height // 2:
        return [], runs
    return ends, inside


def reads_of(runs: list[Rows]) -> tuple[int, int]:
    """Return the first row and the stop of those that some rows are computed from.

    >>> reads_of([((0, 2), 0, 1), ((-1, 2), 1, 2)])
    (0, 4)
    """
    spans = [(start + span[0], stop + span[1]) for span, start, stop in runs if span]
    return min(first for first, _ in spans), max(last for _, last in spans)


def windows_of(
    steps: Array, skip: int, runs: list[Rows], shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """Return the least and the largest number of the steps in the window of each point.

    >>> steps = np.array([3, 1, 5, 0]).reshape(1, 4, 1)
    >>> [each.ravel() for each in windows_of(steps, 1, [((-1, 1), 0, 2)], (1, 2, 1))]
    [array([1, 1]), array([3, 5])]
    """
    low, high = np.zeros((2, *shape), steps.dtype)
    for span, start, stop in runs:
        for k in range(*span) if span else ():
            part = steps[:, start + skip + k : stop + skip + k]
            for whole, reduce in ((low, np.minimum), (high, np.maximum)):
                here = whole[:, start:stop]
                reduce(part if span and k == span[0] else here, part, out=here)
    return low, high


def _touched(valid: Array, reach: int, runs: list[Rows]) -> Array:
    """Return which valid points have a gap in their window.

    ``valid`` reaches beyond the rows on both sides.
    """
    inside = valid[:, reach : valid.shape[1] - reach]
    whole = inside.copy()
    for span, start, stop in runs:
        here = whole[:, start:stop]
        for k in filter(None, range(span[0], span[1] + 1) if span else ()):
            begin = start + reach + k
            np.logical_and(here, valid[:, begin : begin + stop - start], out=here)
    return np.not_equal(inside, whole, out=whole)


def _run_lengths(valid: Array, centre: NDArray[np.intp], step: int, reach: int) -> NDArray[np.intp]:
    """Return the number of valid points on one side of some up to a gap, at most the reach."""
    flat, length = valid.reshape(-1), np.zeros(centre.size, np.intp)
    unbroken = np.ones(centre.size, bool)
    for k in range(1, reach + 1):
        unbroken &= flat.take(centre + k * step)
        length += unbroken
    return length
