"""Grids of formulas: points along each axis, written as numpy's `mgrid` takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from numbers import Real
from typing import TypeAlias
from unicodedata import normalize

import numpy as np

from gradcli.errors import UsageError
from gradcli.numerics.dtypes import Array

GridSlice: TypeAlias = slice | Sequence[float]
Grid: TypeAlias = Mapping[str, GridSlice]
MOST = 2**28  # points along one axis, whose coordinates are held in memory
SLACK = 1e-9  # of the number of steps, by which STOP may be missed and still be left out
MOST_SLACK = 1e-3  # of a step


def points(name: str, asked: GridSlice) -> Array:
    """Return the coordinates of an axis.

    Parameters
    ----------
    name : str
        The axis, for errors.
    asked : slice or sequence of float
        ``slice(start, stop, step)`` leaves ``stop`` out; with a step of ``5j``, there are five
        points and ``stop`` is the last. A sequence holds the coordinates themselves.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    UsageError
        There is no point, or more than memory can hold, or a number is not finite.

    Examples
    --------
    >>> points("x", slice(0, 1, 0.25)), points("x", slice(0, 1, 3j)), points("x", (0, 2, 3))
    (array([0.  , 0.25, 0.5 , 0.75]), array([0. , 0.5, 1. ]), array([0., 2., 3.]))
    """
    if not isinstance(asked, slice):
        made = np.asarray(tuple(asked), np.float64)
        if made.ndim != 1 or not made.size or not np.isfinite(made).all():
            raise UsageError(f"--grid {name}: the coordinates must be finite numbers, one or more")
        steps = np.diff(made)
        if not ((steps > 0).all() or (steps < 0).all()):
            raise UsageError(
                f"--grid {name}: the coordinates must rise, or fall, from one to the next"
            )
        return made
    count = count_of(name, asked)
    start, stop, step = asked.start or 0, asked.stop, asked.step
    if isinstance(step, complex):
        return np.linspace(float(start), float(stop), count)
    return float(start) + float(step or 1) * np.arange(count)


def count_of(name: str, asked: GridSlice) -> int:
    """Return how many points an axis has, without making them.

    >>> count_of("x", slice(-100, 101, 25)), count_of("x", slice(0, 0.3, 0.1))
    (9, 3)
    """
    if not isinstance(asked, slice):
        return len(asked)
    start, stop, step = asked.start or 0, asked.stop, 1 if asked.step is None else asked.step
    form = f"--grid {name}: write START:STOP:STEP, or START:STOP:Nj for N points"
    if stop is None:
        raise UsageError(f"{form}; STOP is missing")
    ends = (start, stop) if isinstance(step, complex) else (start, stop, step)
    if not all(isinstance(number, Real) for number in ends):
        raise UsageError(f"{form}; these are real numbers")
    if isinstance(step, complex):
        count = int(step.imag) if math.isfinite(step.imag) else 0
        if step.real or count != step.imag or count < 1:
            raise UsageError(f"{form}; {step.imag:g}j is not a number of points")
        if count > 1 and start == stop:
            raise UsageError(f"{form}; the first and the last point are both {start:g}")
    else:
        numbers = (float(start), float(stop), float(step))
        if not all(map(math.isfinite, numbers)) or not step:
            raise UsageError(f"{form}; a step is finite, and not 0")
        steps = (numbers[1] - numbers[0]) / numbers[2]
        count = (
            math.ceil(steps - min(SLACK * max(1.0, abs(steps)), MOST_SLACK))
            if math.isfinite(steps)
            else MOST + 1
        )
        if count < 1:
            raise UsageError(f"{form}; from {start:g} to {stop:g} by {step:g} there is no point")
    if count > MOST:
        raise UsageError(
            f"--grid {name}: {count:,} points, whose coordinates alone take {8 * count:,} bytes; "
            f"an axis has at most {MOST:,}"
        )
    return count


def parse_grid(text: str) -> dict[str, GridSlice]:
    """Parse the text of ``--grid``.

    Parameters
    ----------
    text : str
        ``AXIS=START:STOP:STEP`` or ``AXIS=A,B,C`` (the coordinates themselves), with commas between
        axes. The numbers may be formulas, as in ``2*pi``.

    Returns
    -------
    dict of str to slice or list of float
        In the order of the text, which is that of the axes of the array: the slowest first.

    Raises
    ------
    UsageError
        The text has another form.

    Examples
    --------
    >>> parse_grid("x=-5:5:0.5,y=0:1:3j,z=0,0.5,2")
    {'x': slice(-5.0, 5.0, 0.5), 'y': slice(0.0, 1.0, 3j), 'z': [0.0, 0.5, 2.0]}
    """
    made: dict[str, GridSlice] = {}
    lists: dict[str, list[str]] = {}
    name = ""
    for piece in text.split(","):
        axis, equals, rest = piece.partition("=")
        if equals:
            name, piece = axis.strip(), rest
            if not name.isidentifier() or iskeyword(name):
                raise UsageError(
                    f"--grid {text!r:.40}: {name!r:.40} is not a name that a formula can hold"
                )
            name = normalize("NFKC", name)  # as Python reads names in a formula
            if name in lists:
                raise UsageError(f"--grid {text!r:.40}: the axis {name} is given twice")
        if not name:
            raise UsageError(f"--grid {text!r:.40}: write AXIS=START:STOP:STEP,…")
        lists.setdefault(name, []).append(piece)
    for name, pieces in lists.items():
        made[name] = _slice(name, pieces)
    return made


def _slice(name: str, pieces: list[str]) -> GridSlice:
    if len(pieces) > 1 or ":" not in pieces[0]:
        return [_number(name, piece) for piece in pieces]
    words = pieces[0].split(":")
    if len(words) not in (2, 3):
        raise UsageError(f"--grid {name}={pieces[0]}: write START:STOP:STEP, or START:STOP:Nj")
    start, stop = (_number(name, word) for word in words[:2])
    if len(words) == 2:
        return slice(start, stop, 1.0)
    last = words[2].strip()
    if last.endswith("j") and last[:-1].strip():
        return slice(start, stop, complex(0, _number(name, last[:-1])))
    return slice(start, stop, _number(name, last))


def _number(name: str, text: str) -> float:
    from gradcli.numerics.expressions import parse_constant

    try:
        return parse_constant(text)
    except UsageError as error:
        raise UsageError(
            f"--grid {name}: {text.strip()!r:.40} is not a number, nor a formula of numbers (2*pi)"
        ) from error
