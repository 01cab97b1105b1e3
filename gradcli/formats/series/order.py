"""The order of the files of a series, and what is wrong at the seams between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from gradcli.cf.dates import counts_from_date, dated
from gradcli.errors import InputError, located
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

# A seam is a gap if the steps are regular (most are near the middle one), and it is far longer.
NEAR, MOST = 0.2, 0.75
LONG = 1.5


class Piece(NamedTuple):
    """The coordinates of a file, in the units of the first."""

    path: str
    values: Array


def order_of(pieces: Sequence[Piece], axis: Axis) -> list[int]:
    """Return the order in which the coordinates of files follow each other.

    Raises
    ------
    InputError
        The coordinates of a file are missing, or run in another direction than those of others.

    Examples
    --------
    >>> pieces = [Piece("b", np.array([3.0, 4.0])), Piece("a", np.array([1.0, 2.0]))]
    >>> order_of(pieces, Axis("t", 2))
    [1, 0]
    """
    falling: bool | None = None
    for piece in pieces:
        bad = np.flatnonzero(~np.isfinite(piece.values))
        if bad.size:
            raise located(
                piece.path, InputError(f"axis {axis.name}: has no coordinate at index {bad[0]}")
            )
        if len(piece.values) > 1:
            falls = bool(piece.values[-1] < piece.values[0])
            if falling is None:
                falling, first = falls, piece.path
            elif falls != falling:
                way = "falls" if falls else "rises"
                raise located(
                    piece.path,
                    InputError(f"axis {axis.name}: {way}, which it does not in {first}"),
                )
    starts = [piece.values.max() if falling else piece.values.min() for piece in pieces]
    order = sorted(range(len(pieces)), key=lambda index: float(starts[index]))
    return order[::-1] if falling else order


def refuse_seams(pieces: Sequence[Piece], axis: Axis) -> None:
    """Raise InputError if files overlap or if something is missing between two of them.

    Parameters
    ----------
    pieces : sequence of Piece
        In their order.
    axis : Axis
        With the units of the coordinates.
    """
    for before, after in pairwise(pieces):
        low, high = _ends(before.values), _ends(after.values)
        if low[1] >= high[0] and high[1] >= low[0]:
            shared = after.values.flat[0]
            raise located(
                after.path,
                InputError(
                    f"axis {axis.name}: begins at {_told(axis, shared)}, which {before.path} has "
                    "passed; files that are joined do not overlap: leave one out"
                ),
            )
    steps = np.abs(np.diff(np.concatenate([piece.values for piece in pieces]).astype(np.float64)))
    if len(steps) < 2:
        return
    middle = float(np.median(steps))
    if np.mean(np.abs(steps - middle) <= NEAR * middle) < MOST:
        return
    seams = np.cumsum([len(piece.values) for piece in pieces])[:-1] - 1
    gaps = np.flatnonzero(steps[seams] >= LONG * middle)
    if gaps.size:
        before, after = pieces[gaps[0]], pieces[gaps[0] + 1]
        raise located(
            after.path,
            InputError(
                f"axis {axis.name}: begins at {_told(axis, after.values[0])}, and {before.path} "
                f"ends at {_told(axis, before.values[-1])}: a gap of "
                f"{steps[seams[gaps[0]]]:.6g}, where steps are {middle:.6g}; is a file missing? "
                "Name it, or work on each side of the gap by itself"
            ),
        )


def _ends(values: Array) -> tuple[float, float]:
    return values.min(), values.max()


def _told(axis: Axis, value: float) -> str:
    number = getattr(value, "item", lambda: value)()
    return dated(axis, number) if counts_from_date(axis) else f"{number!r}"
