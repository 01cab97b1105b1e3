"""Which points of a grid a picture shows, and in which windows they are computed.

A grid of more cells than a picture has pixels is sampled: derivatives are those of the full
resolution, computed at some of its points. Points far apart are computed one by one, with no more
than their stencils reach; those close together in one window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array
from gradcli.system.threads import Threads, in_order

CALL = 4e-4  # seconds that a window takes before its first cell
CELL = 1e-8  # seconds that a cell takes
BLOCK = 2**19  # cells in a window

Compute = Callable[[Window], dict[str, Array]]


class Shown(NamedTuple):
    """Some points of an axis at equal distances.

    Attributes
    ----------
    size : int
        The points of the whole axis.
    step : int
        Every which point is taken.
    reach : int
        To how many points on either side stencils reach.
    longest : int
        The most points in one window, so that the chunks along it can be kept.
    """

    size: int
    step: int = 1
    reach: int = 0
    longest: int = BLOCK

    @property
    def taken(self) -> int:
        """How many points are taken."""
        return -(-self.size // self.step)

    @property
    def slice(self) -> slice:
        """The points as a slice with a step."""
        return slice(0, self.size, self.step)


def step_for(size: int, most: int) -> int:
    """Return every which point is taken so that there are at most so many.

    >>> step_for(1000, 1000), step_for(1001, 1000), step_for(10, 3)
    (1, 2, 4)
    """
    return max(1, -(-size // max(1, most)))


def _separately(shown: Sequence[Shown]) -> tuple[bool, ...]:
    """Return for each axis whether its points are computed one by one, which takes least time.

    >>> _separately([Shown(40_000, 40, 1), Shown(40_000, 40, 1)])
    (True, False)
    >>> _separately([Shown(300, 1, 1), Shown(400, 1, 1)])
    (False, False)
    """

    def seconds(apart: tuple[bool, ...]) -> float:
        calls, cells = 1.0, 1.0
        for one, axis in zip(apart, shown, strict=True):
            calls *= axis.taken if one else 1
            cells *= axis.taken * (1 + 2 * axis.reach) if one else axis.size
        return calls * CALL + cells * CELL

    choices = product((False, True), repeat=len(shown))
    allowed = (
        apart
        for apart in choices
        if all(axis.step > 1 or not one for one, axis in zip(apart, shown, strict=True))
    )
    # Rows lie in one piece, columns in many.
    return min(allowed, key=lambda apart: (seconds(apart), *reversed(apart)))


def windows(shown: Sequence[Shown]) -> Iterator[tuple[Window, Window, Window]]:
    """Yield windows to compute, each with the points in it that are taken, and where these go.

    Windows go along the slower axis first, so that they find the chunks of those before them.

    >>> [given for given, _, _ in windows([Shown(3)])]
    [(slice(0, 3, None),)]
    """
    apart = _separately(shown)
    room = BLOCK
    parts: list[list[tuple[slice, slice, slice]]] = []
    for one, axis in reversed([*zip(apart, shown, strict=True)]):
        parts.append([*_parts(axis, one, min(room, axis.longest))])
        longest = max((part.stop - part.start for part, _, _ in parts[-1]), default=1)
        room = max(1, room // longest)
    for chosen in product(*parts):
        given, taken, into = zip(*reversed(chosen), strict=True)
        yield given, taken, into


def _parts(axis: Shown, apart: bool, room: int) -> Iterator[tuple[slice, slice, slice]]:
    if apart:
        for number in range(axis.taken):
            first = number * axis.step
            yield slice(first, first + 1), slice(0, 1), slice(number, number + 1)
        return
    # Whole steps, so that every part begins with a point that is taken.
    length = max(1, room // axis.step) * axis.step
    for first in range(0, axis.size, length):
        stop = min(first + length, axis.size)
        number = first // axis.step
        count = -(-(stop - first) // axis.step)
        yield slice(first, stop), slice(0, None, axis.step), slice(number, number + count)


def sampled(
    compute: Compute, held: Sequence[int | None], shown: Sequence[Shown], jobs: int
) -> dict[str, Array]:
    """Return results at the points that a picture shows.

    Parameters
    ----------
    compute : callable
        Returns all results in a window, by name.
    held : sequence of int or None
        For each axis of the grid the index of its only point, or None for one that is shown.
    shown : sequence of Shown
        The axes that are shown, in their order.
    jobs : int
        Number of threads.

    Returns
    -------
    dict of str to ndarray
        Real numbers as float64, complex ones as their magnitudes.
    """
    counts = tuple(axis.taken for axis in shown)
    out: dict[str, Array] = {}

    def step(item: tuple[Window, Window, Window]) -> tuple[Window, dict[str, Array]]:
        given, taken, into = item
        rest = iter(given)
        window = tuple(next(rest) if at is None else slice(at, at + 1) for at in held)
        made = compute(window)
        return into, {name: _picked(values, held, taken) for name, values in made.items()}

    with Threads(jobs) as pool:
        for into, found in in_order(pool, step, windows(shown), jobs):
            for name, values in found.items():
                if name not in out:
                    out[name] = np.full(counts, np.nan)
                out[name][into] = values
    return out


def _picked(values: Array, held: Sequence[int | None], taken: Window) -> Array:
    """Return the points that are taken, as real numbers, without the axes that are held."""
    values = values[tuple(slice(None) if at is None else 0 for at in held)][taken]
    return np.abs(values) if values.dtype.kind == "c" else values.astype(np.float64)
