"""Operators: what is made of the partial derivatives of a field or of a vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product
from typing import Literal, NamedTuple

import numpy as np

from gradcli.errors import UsageError
from gradcli.numerics.dtypes import Array

Partials = Iterator[Array]


class Wanted(NamedTuple):
    """A partial derivative: of which component, along which of the chosen axes in turn.

    An axis that occurs m times in a row is differentiated m times by one stencil.
    """

    component: int
    along: tuple[int, ...]


class Outcome(NamedTuple):
    """A result: how it is named, of which component (None: of the vector), along which axes.

    ``units`` are what it has whatever the field's are.
    """

    form: str
    component: int | None
    along: tuple[int, ...]
    units: str | None = None


Wanting = Callable[[int, int], list[Wanted]]
Giving = Callable[[int, int], list[Outcome]]


@dataclass(frozen=True)
class Manner:
    """How directions are told: degrees from north, downwards, toward a vector.

    One number of ``toward`` is a bearing: degrees clockwise from north.
    """

    bearing: bool = False
    downslope: bool = False
    toward: tuple[float, ...] = ()


@dataclass(frozen=True)
class Operator:
    """What is made of partials.

    Attributes
    ----------
    name : str
    vector : bool
        Whether it takes the components of a vector, one an axis.
    wanted : callable
        The partials of so many axes (and of which order), in the order ``combine`` takes them.
    outcomes : callable
        The results of so many axes (and of which order).
    combine : callable
        From an iterator of partials to an iterator of results; it changes no partial.
    mixes : bool
        Whether values along different axes are summed, so that these must have the same units.
    order : int
        Of its derivatives, where ``--order`` has no say; 0 where it has.
    axes : tuple of int
        How many axes it takes; empty where any number will do.
    facing : str
        ``compass`` where it counts from north, so that it takes x and then y; ``axes`` where it
        counts from the first axis that it is given; empty where it does neither.
    mirrored : Operator or None
        The same for axes that are left-handed, where that matters.
    manner : str
        How it tells directions, for people; {0}, {1} and {north} stand for its axes and north.
    """

    name: str
    vector: bool
    wanted: Wanting
    outcomes: Giving
    combine: Callable[[Partials], Iterator[Array]]
    mixes: bool = True
    order: int = 1
    axes: tuple[int, ...] = ()
    facing: Literal["", "axes", "compass"] = ""
    mirrored: Operator | None = None
    manner: str = ""


def _each(count: int, order: int = 1) -> list[Wanted]:
    return [Wanted(0, (axis,) * order) for axis in range(count)]


def _twice(count: int, _: int = 2) -> list[Wanted]:
    return _each(count, 2)


def _own(count: int, _: int = 1) -> list[Wanted]:
    return [Wanted(axis, (axis,)) for axis in range(count)]


def _pairs(count: int, _: int = 2) -> list[Wanted]:
    return [Wanted(0, pair) for pair in combinations_with_replacement(range(count), 2)]


def _matrix(count: int, _: int = 1) -> list[Wanted]:
    return [Wanted(row, (axis,)) for row, axis in product(range(count), repeat=2)]


def _unchanged(partials: Partials) -> Iterator[Array]:
    yield from partials


def _sum(partials: Partials) -> Iterator[Array]:
    total = next(partials).copy()
    for part in partials:
        np.add(total, part, out=total)
    yield total


def _norm(partials: Partials) -> Iterator[Array]:
    """Yield the length; by ``hypot``, which neither overflows nor underflows on the way."""
    total = np.abs(next(partials))
    for part in partials:
        np.hypot(total, np.abs(part), out=total)
    yield total


def _differences(partials: Partials) -> Iterator[Array]:
    """Yield the difference of each two."""
    for first in partials:
        yield first - next(partials)


def _opposite(partials: Partials) -> Iterator[Array]:
    """Yield the same with the other sign."""
    for first in partials:
        yield next(partials) - first


def _angle(manner: Manner) -> Callable[[Partials], Iterator[Array]]:
    def combine(partials: Partials) -> Iterator[Array]:
        x, y = partials
        if x.dtype.kind == "c":
            raise UsageError("the gradient of a complex field has no direction")
        sign = -1 if manner.downslope else 1
        flat = (x == 0) & (y == 0)
        angle = np.arctan2(sign * x, sign * y) if manner.bearing else np.arctan2(sign * y, sign * x)
        if manner.bearing:
            angle = np.mod(np.degrees(angle), 360)
            angle[angle == 360] = 0  # a little less, rounded
        angle[flat] = np.nan
        yield angle

    return combine


def _toward(vector: tuple[float, ...]) -> Callable[[Partials], Iterator[Array]]:
    length = float(np.linalg.norm(vector))

    def combine(partials: Partials) -> Iterator[Array]:
        total: Array | None = None
        for part, share in zip(partials, vector, strict=True):
            term = part * part.real.dtype.type(share / length)
            total = term if total is None else np.add(total, term, out=total)
        assert total is not None
        yield total

    return combine


def _curls(count: int, _: int = 1) -> list[Wanted]:
    if count == 2:
        return [Wanted(1, (0,)), Wanted(0, (1,))]
    found = []
    for axis in range(3):
        second, third = (axis + 1) % 3, (axis + 2) % 3
        found += [Wanted(third, (second,)), Wanted(second, (third,))]
    return found


def _curl_outcomes(count: int, _: int = 1) -> list[Outcome]:
    if count == 2:
        return [Outcome("curl", None, (0,))]
    return [Outcome("curl", None, (axis,)) for axis in range(3)]


def _each_of(wanted: Wanting) -> Giving:
    """Return the outcomes of an operator that gives its partials as they are."""
    return lambda count, order: [
        Outcome("partial", part.component, part.along) for part in wanted(count, order)
    ]


def _one(form: str, along: tuple[int, ...], component: int | None = 0, units: str = "") -> Giving:
    return lambda count, order: [Outcome(form, component, along, units or None)]


def make_operator(name: str, manner: Manner | None = None) -> Operator:
    """Return an operator.

    Raises
    ------
    UsageError
        No operator has this name, or what it needs is not given.

    Examples
    --------
    >>> [tuple(part) for part in make_operator("curl").wanted(2, 1)]
    [(1, (0,)), (0, (1,))]
    >>> next(make_operator("magnitude").combine(iter([np.array([3.0]), np.array([4.0])])))
    array([5.])
    """
    manner = manner or Manner()
    if name == "gradient":
        return Operator(name, False, _each, _each_of(_each), _unchanged, mixes=False, order=0)
    if name == "magnitude":
        return Operator(name, False, _each, _one("grad", (0,)), _norm)
    if name == "direction":
        return _direction(manner)
    if name == "directional":
        return _directional(manner)
    if name == "laplacian":
        return Operator(name, False, _twice, _one("lap", (0, 0)), _sum, order=2)
    if name == "hessian":
        return Operator(name, False, _pairs, _each_of(_pairs), _unchanged, mixes=False, order=2)
    if name == "divergence":
        return Operator(name, True, _own, _one("div", (0,), None), _sum)
    if name == "curl":
        curl = Operator(name, True, _curls, _curl_outcomes, _differences, axes=(2, 3))
        return replace(curl, mirrored=replace(curl, combine=_opposite))
    if name == "jacobian":
        return Operator(name, True, _matrix, _each_of(_matrix), _unchanged, mixes=False)
    raise UsageError(f"no operator {name!r}; there are: {', '.join(NAMES)}")


def _direction(manner: Manner) -> Operator:
    way = "down the slope" if manner.downslope else "up the slope"
    units, told = "radian", f"radians from {{0}} to {{1}}, {way}"
    if manner.bearing:
        units, told = "degree", f"degrees clockwise from {{north}}, {way}"
    return Operator(
        *("direction", False, _each, _one("dir", (), units=units), _angle(manner)),
        axes=(2,),
        facing="compass" if manner.bearing else "axes",
        manner=told,
    )


def _directional(manner: Manner) -> Operator:
    vector, bearing = manner.toward, len(manner.toward) == 1
    told = "toward " + ", ".join(f"{part:g}" for part in vector)
    if not vector:
        raise UsageError("a derivative in a direction: --toward says which (0,1 or a bearing)")
    if bearing:
        angle = math.radians(vector[0])
        vector, told = (math.sin(angle), math.cos(angle)), f"{told} degrees from {{north}}"
    if not any(vector):
        raise UsageError(f"a derivative in a direction: {told} is none")
    return Operator(
        *("directional", False, _each, _one("along", (0,)), _toward(vector)),
        axes=(len(vector),),
        facing="compass" if bearing else "",
        manner=told,
    )


def make_operators(name: str, also: tuple[str, ...], manner: Manner) -> tuple[Operator, ...]:
    """Return an operator and those that go along in the same pass, each once."""
    names = dict.fromkeys((name, *also))
    if (manner.bearing or manner.downslope) and "direction" not in names:
        raise UsageError("--bearing and --downslope go with direction (--also direction)")
    if manner.toward and "directional" not in names:
        raise UsageError("--toward goes with directional (--also directional)")
    if {"jacobian", "gradient"} <= names.keys():
        raise UsageError(
            "jacobian and gradient give results of the same names; leave one of them out"
        )
    return tuple(make_operator(each, manner) for each in names)


SCALAR = ("gradient", "magnitude", "direction", "directional", "laplacian", "hessian")
VECTOR = ("divergence", "curl", "jacobian")
NAMES = SCALAR + VECTOR
