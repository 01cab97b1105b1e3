"""The order of accuracy that is observed on grids of half the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import isfinite, log2

from gradcli.errors import UsageError
from gradcli.explore.verify import Verdict, verify
from gradcli.model.protocols import Hints
from gradcli.numerics.grids import GridSlice, count_of
from gradcli.record import record, replace
from gradcli.settings import Request

MOST_GRIDS = 20


@record(frozen=True)
class Convergence:
    """The errors of one derivative on grids of half the step each.

    Attributes
    ----------
    name : str
    grids : list of Verdict
        The coarsest first.
    order, order_all : float or None
        The observed order: the binary logarithm of the ratio of the largest errors on the two
        finest grids, over points whose stencils are centred, and over all points. None where the
        errors are those of rounding on all grids but one.
    """

    name: str
    grids: list[Verdict]
    order: float | None
    order_all: float | None


def convergence(
    request: Request, exact: str, count: int, notes: list[str] | None = None
) -> list[Convergence]:
    """Compare derivatives with those of a formula, on grids of half the step each.

    Parameters
    ----------
    request : Request
        Its input is a formula on the coarsest grid.
    exact : str
    count : int
        The number of grids.
    notes : list of str, optional
        What may surprise the user is added.

    Returns
    -------
    list of Convergence
        One for each derivative.

    Raises
    ------
    UsageError
        The number of grids is out of range, or whatever `verify` refuses.

    Examples
    --------
    >>> from gradcli.api import request
    >>> asked = request("sin(x)", grid={"x": slice(0, 3, 21j)}, accuracy=4)
    >>> made, = convergence(asked, "sin(x)", 3)
    >>> round(made.order, 1), round(made.order_all, 1)
    (4.0, 4.0)
    """
    if not 2 <= count <= MOST_GRIDS:
        raise UsageError(f"--refine {count}: expected 2 to {MOST_GRIDS} grids")
    levels = [verify(each, exact, notes) for each in _refined(request, count)]
    return [
        Convergence(
            same[-1].name,
            list(same),
            _observed([(each.inside, each.rounding_inside) for each in same]),
            _observed([(each.largest, each.rounding) for each in same]),
        )
        for same in zip(*levels, strict=True)
    ]


def _refined(request: Request, count: int) -> Iterator[Request]:
    grid = request.hints.grid
    assert grid is not None
    periods = request.settings.periodic
    for level in range(count):
        hints: Hints = replace(request.hints, grid=grid)
        yield request._replace(hints=hints)
        if level + 1 < count:
            grid = {name: halved(name, asked, periods) for name, asked in grid.items()}


def halved(name: str, asked: GridSlice, periods: Mapping[str, float | None]) -> GridSlice:
    """Return the points of an axis and those half-way between them.

    The first and the last point stay. Where the axis is periodic, there is also a point behind the
    last one, half-way to the first.

    >>> halved("x", slice(0, 1, 3j), {}), halved("x", slice(0, 1, 0.5), {"x": None})
    (slice(0.0, 1.0, 5j), slice(0, 1, 0.25))
    >>> halved("x", [0.0, 1.0, 3.0], {})
    [0.0, 0.5, 1.0, 2.0, 3.0]
    """
    if not isinstance(asked, slice):
        points = [float(point) for point in asked]
        period = periods.get(name)
        if period is not None:
            points.append(points[0] + period)
        between = [(first + second) / 2 for first, second in pairwise(points)]
        every = [point for pair in zip(points, between, strict=False) for point in pair]
        return every if period is not None else [*every, points[-1]]
    start = 0 if asked.start is None else asked.start
    step = 1 if asked.step is None else asked.step
    if isinstance(step, complex):
        return slice(float(start), float(asked.stop), complex(0, 2 * int(step.imag) - 1))
    if name in periods:
        return slice(start, asked.stop, step / 2)
    count = count_of(name, asked)
    return slice(float(start), start + step * (count - 1), complex(0, 2 * count - 1))


def _observed(errors: list[tuple[float, float]]) -> float | None:
    """Return the order of the finest two errors in a row that rounding did not make."""
    for (coarse, _), (fine, rounding) in reversed(list(pairwise(errors))):
        if isfinite(coarse) and isfinite(fine) and fine > rounding and coarse > 0:
            return log2(coarse / fine)
    return None
