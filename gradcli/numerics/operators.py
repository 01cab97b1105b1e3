"""Operators, which combine the partial derivatives of a field or of a vector.

Each operator is one record in ``OPERATORS``. The command line lists the records for ``--help``, so
nothing here imports numpy before an operator runs.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING, Literal

from gradcli.errors import UsageError
from gradcli.numerics.combine import (
    angle,
    differences,
    norm,
    opposite_differences,
    projection,
    total,
    unchanged,
)
from gradcli.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gradcli.numerics.dtypes import Array

    Wanting = Callable[[int, int], list["Wanted"]]
    Giving = Callable[[int, int], list["Outcome"]]
    Combining = Callable[[Iterator[Array]], Iterator[Array]]


class Wanted(Record):
    """A partial derivative: the component, and the chosen axes to differentiate along in turn.

    If an axis occurs m times in a row, one stencil for the m-th derivative is used.
    """

    component: int
    along: tuple[int, ...]


class Outcome(Record):
    """A result: the component that it belongs to (None: the whole vector), and its axes.

    ``units`` are given if they do not depend on those of the field.
    """

    component: int | None
    along: tuple[int, ...]
    units: str | None = None


class Manner(Record):
    """How directions are expressed: as a bearing, down the slope, toward a vector.

    A single number in ``toward`` is a bearing in degrees clockwise from north.
    """

    bearing: bool = False
    downslope: bool = False
    toward: tuple[float, ...] = ()


class Operator(Record):
    """One operator, with all that the rest of the program needs to know about it.

    Attributes
    ----------
    name : str
        Name of its command, also used in default file names.
    wanted : callable
        Returns the partials for a number of axes and an order, in the order that ``combine`` needs.
    outcomes : callable
        Returns the results for a number of axes and an order.
    combine : callable
        Turns an iterator of partials into an iterator of results. It must not modify partials.
    result : str
        Name of its results, with {} for the field: ``grad_{}``. Empty if its results are the
        partials themselves, which are named and described by their axes: ``dT_dx``.
    words : str
        Description of its results, with {} for the field.
    by_axis : bool
        Whether the name of each of several results ends with the label of its axis (``curl_x``).
    vector : bool
        Whether it takes the components of a vector, one per axis.
    mixes : bool
        Whether it combines derivatives along different axes, which must then have the same units.
    order : int
        Order of its derivatives; 0 if ``--order`` decides.
    flux : bool
        Whether it differentiates components times lengths of the grid cells, as fluxes through
        their sides or circulations along them (divergence, curl). On curved surfaces, the lengths
        then stand inside the derivative.
    covariant : bool
        Whether its derivatives are covariant: since east and north turn from place to place, they
        have terms with derivatives of the basis vectors (Jacobian, second derivatives).
    trace : bool
        Whether it sums over all directions in space, whichever axes are chosen (Laplacian). Along a
        meridian alone, the convergence of the meridians then counts too.
    real : bool
        Whether its results are real where the field is complex (magnitude).
    axes : tuple of int
        The numbers of axes that it accepts; empty for any number.
    facing : str
        ``compass`` if its directions count from north, so that it takes x and then y; ``axes`` if
        they count from the first of its axes; empty if neither.
    mirrored : callable or None
        ``combine`` for left-handed axes, if it differs.
    options : tuple of str
        The fields of ``Manner`` that it uses.
    in_manner : callable or None
        Completes an operator with ``options``: takes the record and a manner, returns the operator.
    manner : str
        How it expresses directions, in words. {0}, {1} and {north} stand for its axes and north.
    """

    name: str
    wanted: Wanting
    outcomes: Giving
    combine: Combining
    result: str = ""
    words: str = ""
    by_axis: bool = False
    vector: bool = False
    mixes: bool = True
    order: int = 1
    flux: bool = False
    covariant: bool = False
    trace: bool = False
    real: bool = False
    axes: tuple[int, ...] = ()
    facing: Literal["", "axes", "compass"] = ""
    mirrored: Combining | None = None
    options: tuple[str, ...] = ()
    in_manner: Callable[[Operator, Manner], Operator] | None = None
    manner: str = ""

    @property
    def gives_partials(self) -> bool:
        """Whether its results are the partials themselves."""
        return not self.result

    @property
    def component(self) -> str:
        """Value of ``{component}`` in a template if there is one field.

        >>> OPERATORS["magnitude"].component, OPERATORS["directional"].component
        ('grad', 'd_ds')
        """
        return self.result.replace("{}", "").strip("_")

    @property
    def ending(self) -> str:
        """Suffix of the names of its results, or prefix if they end with the name of the field.

        >>> OPERATORS["magnitude"].ending, OPERATORS["directional"].ending
        ('grad', 'ds')
        """
        before, _, after = self.result.partition("{}")
        return (after or before).strip("_")


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


def _curls(count: int, _: int = 1) -> list[Wanted]:
    if count == 2:
        return [Wanted(1, (0,)), Wanted(0, (1,))]
    found = []
    for axis in range(3):
        second, third = (axis + 1) % 3, (axis + 2) % 3
        found += [Wanted(third, (second,)), Wanted(second, (third,))]
    return found


def _curl_outcomes(count: int, _: int = 1) -> list[Outcome]:
    return [Outcome(None, (axis,)) for axis in range(1 if count == 2 else 3)]


def _outcome_each(wanted: Wanting, count: int, order: int) -> list[Outcome]:
    """Return the outcomes of an operator whose results are its partials."""
    return [Outcome(part.component, part.along) for part in wanted(count, order)]


def _one(outcome: Outcome, count: int, order: int) -> list[Outcome]:
    """Return the outcome of an operator with a single result for any number of axes."""
    return [outcome]


def _direction(record: Operator, manner: Manner) -> Operator:
    way = "down the slope" if manner.downslope else "up the slope"
    record = record.replace(
        combine=partial(angle, bearing=manner.bearing, downslope=manner.downslope)
    )
    if not manner.bearing:
        return record.replace(manner=f"radians from {{0}} to {{1}}, {way}")
    return record.replace(
        outcomes=partial(_one, Outcome(0, (), "degree")),
        facing="compass",
        manner=f"degrees clockwise from {{north}}, {way}",
    )


def _directional(record: Operator, manner: Manner) -> Operator:
    vector, bearing = manner.toward, len(manner.toward) == 1
    told = "toward " + ", ".join(f"{part:g}" for part in vector)
    if not vector:
        raise UsageError("a derivative in a direction: --toward says which (0,1 or a bearing)")
    if bearing:
        turn = math.radians(vector[0])
        vector, told = (math.sin(turn), math.cos(turn)), f"{told} degrees from {{north}}"
    if not any(vector):
        raise UsageError(f"a derivative in a direction: {told} is none")
    return record.replace(
        combine=partial(projection, vector=vector),
        axes=(len(vector),),
        facing="compass" if bearing else "",
        manner=told,
    )


DEFAULT = "gradient"  # the operator if none is named; its results are not named after it either
_RECORDS = (
    Operator(
        name="gradient",
        wanted=_each,
        outcomes=partial(_outcome_each, _each),
        combine=unchanged,
        mixes=False,
        order=0,
    ),
    Operator(
        name="magnitude",
        wanted=_each,
        outcomes=partial(_one, Outcome(0, (0,))),
        combine=norm,
        real=True,
        result="grad_{}",
        words="magnitude of the gradient of {}",
    ),
    Operator(
        name="direction",
        wanted=_each,
        outcomes=partial(_one, Outcome(0, (), "radian")),
        combine=angle,
        result="dir_{}",
        words="direction of the gradient of {}",
        axes=(2,),
        facing="axes",
        options=("bearing", "downslope"),
        in_manner=_direction,
    ),
    Operator(
        name="directional",
        wanted=_each,
        outcomes=partial(_one, Outcome(0, (0,))),
        combine=projection,
        result="d{}_ds",
        words="derivative of {} in a direction",
        options=("toward",),
        in_manner=_directional,
    ),
    Operator(
        name="laplacian",
        wanted=_twice,
        outcomes=partial(_one, Outcome(0, (0, 0))),
        combine=total,
        result="lap_{}",
        words="Laplacian of {}",
        order=2,
        covariant=True,
        trace=True,
    ),
    Operator(
        name="hessian",
        wanted=_pairs,
        outcomes=partial(_outcome_each, _pairs),
        combine=unchanged,
        mixes=False,
        order=2,
        covariant=True,
    ),
    Operator(
        name="divergence",
        wanted=_own,
        outcomes=partial(_one, Outcome(None, (0,))),
        combine=total,
        result="div",
        words="divergence of {}",
        vector=True,
        flux=True,
    ),
    Operator(
        name="curl",
        wanted=_curls,
        outcomes=_curl_outcomes,
        combine=differences,
        result="curl",
        words="curl of {}",
        by_axis=True,
        vector=True,
        flux=True,
        axes=(2, 3),
        mirrored=opposite_differences,
    ),
    Operator(
        name="jacobian",
        wanted=_matrix,
        outcomes=partial(_outcome_each, _matrix),
        combine=unchanged,
        vector=True,
        mixes=False,
        covariant=True,
    ),
)
OPERATORS = {record.name: record for record in _RECORDS}


def make_operator(name: str, manner: Manner | None = None) -> Operator:
    """Return the operator with a given name, in a manner.

    Raises
    ------
    UsageError
        No operator has this name, or an option that it needs is not given.

    Examples
    --------
    >>> import numpy as np
    >>> make_operator("curl").wanted(2, 1)
    [Wanted(component=1, along=(0,)), Wanted(component=0, along=(1,))]
    >>> next(make_operator("magnitude").combine(iter([np.array([3.0]), np.array([4.0])])))
    array([5.])
    """
    record = OPERATORS.get(name)
    if record is None:
        raise UsageError(f"no operator {name!r}; there are: {', '.join(OPERATORS)}")
    return record if record.in_manner is None else record.in_manner(record, manner or Manner())


def make_operators(name: str, also: tuple[str, ...], manner: Manner) -> tuple[Operator, ...]:
    """Return an operator and those to compute in the same pass, without duplicates.

    Raises
    ------
    UsageError
        A name is unknown, an option that an operator needs is not given, an option belongs to
        another operator, or two operators give results of the same names.
    """
    names = dict.fromkeys((name, *also))
    _refuse_idle(manner, names)
    made = tuple(make_operator(each, manner) for each in names)
    _refuse_same_partials(made)
    return made


def _refuse_idle(manner: Manner, names: Iterable[str]) -> None:
    """Raise UsageError if an option is given that none of these operators uses."""
    taken = {option for name in names if name in OPERATORS for option in OPERATORS[name].options}
    for record in OPERATORS.values():
        if any(option not in taken and getattr(manner, option) for option in record.options):
            listed = " and ".join(f"--{option}" for option in record.options)
            verb = "goes" if len(record.options) == 1 else "go"
            raise UsageError(f"{listed} {verb} with {record.name} (--also {record.name})")


def _refuse_same_partials(operators: tuple[Operator, ...]) -> None:
    """Raise UsageError if two operators would write the same derivatives."""
    told: dict[int, Operator] = {}
    for operator in operators:
        if not operator.gives_partials:
            continue
        other = told.setdefault(operator.order or 1, operator)
        if other is not operator:
            first, second = (other, operator) if other.vector else (operator, other)
            raise UsageError(
                f"{first.name} and {second.name} give results of the same names; leave one of "
                "them out"
            )
