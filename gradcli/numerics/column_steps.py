"""Check that the coordinates of every column rise or fall."""

from __future__ import annotations

from math import prod
from typing import NamedTuple, NoReturn

import numpy as np

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array


class ColumnNames(NamedTuple):
    """The name of a coordinate over several dimensions, and those of the axes of its field."""

    name: str
    axes: tuple[str, ...]


class Steps:
    """The steps between the coordinates of columns, shape (outer, rows, inner).

    Attributes
    ----------
    run : ndarray
        The steps as one run through all slabs; those from one slab to the next mean nothing.
    missing : bool
        Whether a coordinate is missing.
    rising : bool
        Whether all steps between coordinates are up.
    astray : bool
        Whether they are neither all up nor all down, or a coordinate is infinite.
    """

    def __init__(
        self, nodes: Array, room: Array | None = None, narrow: Array | None = None
    ) -> None:
        self.run = differences(nodes, room)
        if narrow is not None:  # the type of the field, in half the bytes
            np.copyto(narrow, self.run, casting="same_kind")
            self.run = narrow
        if nodes.shape[1] < 2 or not nodes.size:
            self.missing, self.rising = bool(np.isnan(nodes).any()), True
            self.astray = bool(np.isinf(nodes).any())
            self._ends = np.nan, np.nan
            return
        within = self.run if nodes.shape[0] == 1 else _within(self.run, nodes.shape)
        self._within = within
        most = float(np.maximum.reduce(within, axis=None))
        self.missing = bool(np.isnan(most))
        if self.missing:
            most = float(np.fmax.reduce(within, axis=None))
        least = float(np.fmin.reduce(within, axis=None))  # NaN only if all steps are
        self.rising, falling = not least <= 0, not most >= 0
        self.astray = not (self.rising or falling) or np.inf in (-least, most)
        self._ends = least, most

    def sizes(self) -> tuple[float, float]:
        """Return the smallest and the largest step without its sign; NaN or 0 if there is none."""
        least, most = self._ends
        if least <= 0 <= most:
            return float(np.fmin.reduce(np.abs(self._within), axis=None)), max(-least, most)
        return min(abs(least), abs(most)), max(abs(least), abs(most))

    def exponents(self, shape: tuple[int, ...]) -> Array:
        """Return the exponents of two of the steps, in the shape of the nodes; the last mean none.

        >>> Steps(np.array([0.0, 1.0, 9.0]).reshape(1, 3, 1)).exponents((1, 3, 1))[0, :2, 0]
        array([1, 4], dtype=int16)
        """
        found = np.zeros(prod(shape), np.int16)
        found[: self.run.size] = np.frexp(self.run)[1]
        return found.reshape(shape)


def differences(values: Array, out: Array | None = None) -> Array:
    """Return the differences from row to row of (outer, rows, inner), as one run through the slabs.

    >>> differences(np.array([1.0, 2.0, 4.0]).reshape(1, 3, 1))
    array([1., 2.])
    """
    outer, height, inner = values.shape
    if outer == 1 and height and out is not None:  # these rows need not be next to each other
        np.subtract(values[0, 1:], values[0, :-1], out=out.reshape(height - 1, inner))
        return out
    flat = values.reshape(-1)
    return np.subtract(flat[inner:], flat[: flat.size - inner], out=out)


def shortened(steps: Array, period: float) -> Array:
    """Return steps between values that wrap at a period, the short way around, in place.

    >>> shortened(np.array([350.0, -10.0]), 360.0)
    array([-10., -10.])
    """
    turns = np.rint(steps / period)
    turns *= period
    return np.subtract(steps, turns, out=steps)


def _within(run: Array, shape: tuple[int, ...]) -> Array:
    """Return the steps without those from one slab to the next, shape (outer, rows - 1, inner)."""
    outer, height, inner = shape
    steps, item = run.itemsize, run.itemsize
    return np.lib.stride_tricks.as_strided(
        run, (outer, height - 1, inner), (height * inner * steps, inner * steps, item)
    )


def without_strays(
    nodes: Array,
    values: Array,
    steps: Steps,
    names: ColumnNames,
    shape: tuple[int, ...],
    axis: int,
    places: tuple[int, ...],
) -> Array:
    """Return coordinates without those that go back and forth where the field is missing.

    Below the end of a column, some files repeat a coordinate or write another number. Where the
    field has no value either, such a coordinate counts as missing.

    Parameters
    ----------
    nodes, values : ndarray, shape (outer, rows, inner)
    steps : Steps
        Those of the nodes.
    names : ColumnNames
    shape : tuple of int
        The shape of the values before they were folded into three dimensions.
    axis : int
    places : tuple of int
        Indices of the first of the values along each axis, for messages.

    Raises
    ------
    InputError
        A column goes back and forth where the field has values, or a coordinate is infinite.

    Examples
    --------
    >>> nodes, values = np.array([[1.0, 2.0, 2.0]]), np.array([[5.0, 6.0, np.nan]])
    >>> three = nodes.reshape(1, 3, 1)
    >>> names = ColumnNames("PRES", ("profile", "level"))
    >>> without_strays(three, values.reshape(1, 3, 1), Steps(three), names, (1, 3), 1, (0, 0))[0].T
    array([[ 1.,  2., nan]])
    """
    empty = np.isnan(values)

    def refuse(where: Array, what: str) -> NoReturn:
        outer, row, inner = (int(each[0]) for each in np.nonzero(where))
        flat = (outer * shape[axis] + row) * nodes.shape[2] + inner
        index = [
            int(at) + first for at, first in zip(np.unravel_index(flat, shape), places, strict=True)
        ]
        raise InputError(_message(names, index, axis, nodes[outer, : row + 1, inner], what))

    infinite = np.isinf(nodes)
    if (infinite & ~empty).any():
        refuse(infinite & ~empty, "infinite")
    stray = infinite
    if nodes.shape[1] > 1:
        ways = np.sign(_within(steps.run, nodes.shape))
        same = ways == 0
        bad = same & ~empty[:, 1:] & ~empty[:, :-1]
        if bad.any():
            refuse(_shifted(bad, 1, nodes.shape), "repeats")
        stray[:, 1:] |= same & empty[:, 1:]
        stray[:, :-1] |= same & empty[:, :-1]
        turns = ways[:, 1:] * ways[:, :-1] < 0
        bad = turns & ~empty[:, 2:] & ~empty[:, 1:-1] & ~empty[:, :-2]
        if bad.any():
            refuse(_shifted(bad, 2, nodes.shape), "turns")
        for k in range(3):
            rows = slice(k, nodes.shape[1] - 2 + k)
            stray[:, rows] |= turns & empty[:, rows]
    return np.where(stray, np.nan, nodes) if stray.any() else nodes


def _shifted(found: Array, rows: int, shape: tuple[int, ...]) -> Array:
    """Return what was found about steps or turns at the last row of each."""
    whole = np.zeros(shape, bool)
    whole[:, rows:] = found
    return whole


def _message(names: ColumnNames, index: list[int], axis: int, column: Array, what: str) -> str:
    """Return the message about the last coordinate of a column."""
    where = ", ".join(
        f"{name} {at}"
        for place, (name, at) in enumerate(zip(names.axes, index, strict=True))
        if place != axis
    )
    here = f"{names.name}: in the column at {where}, " if where else f"{names.name}: "
    row, value = f"{names.axes[axis]} {index[axis]}", repr(column[-1].item())
    if what == "infinite":
        return f"{here}the coordinate at {row} is {value}; expected a finite one, or a missing one"
    before = repr(column[-2].item())
    if what == "repeats":
        return f"{here}the coordinate {value} at {row} repeats the one before; they must differ"
    return (
        f"{here}the coordinates go back and forth at {row} ({before}, then {value}); "
        "each column must rise or fall"
    )
