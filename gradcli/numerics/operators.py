"""Operators, which combine the partial derivatives of a field or of a vector.

Each operator is one record in ``OPERATORS``. The command line lists the records for ``--help``, so
nothing here imports numpy before an operator runs.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.numerics.combine import (
    angle,
    differences,
    means,
    norm,
    opposite_differences,
    projection,
    second_invariant,
    strain_over_rotation,
    total,
    unchanged,
)
from gradcli.numerics.operator import (
    Manner,
    Operator,
    Outcome,
    all_couples,
    couples,
    curl_outcomes,
    curls,
    each,
    matrix,
    one,
    outcome_each,
    own,
    pairs,
    twice,
    upper_outcomes,
)
from gradcli.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable


def _direction(record: Operator, manner: Manner) -> Operator:
    way = "down the slope" if manner.downslope else "up the slope"
    record = replace(
        record, combine=partial(angle, bearing=manner.bearing, downslope=manner.downslope)
    )
    if not manner.bearing:
        return replace(record, manner=f"radians from {{0}} to {{1}}, {way}")
    return replace(
        record,
        outcomes=partial(one, Outcome(0, (), "degree")),
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
    return replace(
        record,
        combine=partial(projection, vector=vector),
        axes=(len(vector),),
        facing="compass" if bearing else "",
        manner=told,
    )


DEFAULT = "gradient"  # the operator if none is named; its results are not named after it either
_RECORDS = (
    Operator(
        name="gradient",
        wanted=each,
        outcomes=partial(outcome_each, each),
        combine=unchanged,
        mixes=False,
        order=0,
    ),
    Operator(
        name="magnitude",
        wanted=each,
        outcomes=partial(one, Outcome(0, (0,))),
        combine=norm,
        real=True,
        result="grad_{}",
        words="magnitude of the gradient of {}",
    ),
    Operator(
        name="direction",
        wanted=each,
        outcomes=partial(one, Outcome(0, (), "radian")),
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
        wanted=each,
        outcomes=partial(one, Outcome(0, (0,))),
        combine=projection,
        result="d{}_ds",
        words="derivative of {} in a direction",
        options=("toward",),
        in_manner=_directional,
    ),
    Operator(
        name="laplacian",
        wanted=twice,
        outcomes=partial(one, Outcome(0, (0, 0))),
        combine=total,
        result="lap_{}",
        words="Laplacian of {}",
        order=2,
        covariant=True,
        trace=True,
    ),
    Operator(
        name="hessian",
        wanted=pairs,
        outcomes=partial(outcome_each, pairs),
        combine=unchanged,
        mixes=False,
        order=2,
        covariant=True,
    ),
    Operator(
        name="divergence",
        wanted=own,
        outcomes=partial(one, Outcome(None, (0,))),
        combine=total,
        result="div",
        words="divergence of {}",
        vector=True,
        flux=True,
    ),
    Operator(
        name="curl",
        wanted=curls,
        outcomes=curl_outcomes,
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
        wanted=matrix,
        outcomes=partial(outcome_each, matrix),
        combine=unchanged,
        vector=True,
        mixes=False,
        covariant=True,
    ),
    Operator(
        name="strain",
        wanted=couples,
        outcomes=upper_outcomes,
        combine=means,
        result="strain",
        words="strain of {}",
        by_axis=True,
        vector=True,
        covariant=True,
    ),
    Operator(
        name="qcriterion",
        wanted=all_couples,
        outcomes=partial(one, Outcome(None, (0,), power=2)),
        combine=second_invariant,
        result="qcriterion",
        words="Q-criterion of {}",
        vector=True,
        covariant=True,
        axes=(2, 3),
    ),
    Operator(
        name="okubo-weiss",
        wanted=couples,
        outcomes=partial(one, Outcome(None, (0,), power=2)),
        combine=strain_over_rotation,
        result="okubo_weiss",
        words="Okubo-Weiss parameter of {}",
        vector=True,
        covariant=True,
        axes=(2,),
    ),
)
OPERATORS = {record.name: record for record in _RECORDS}
OTHER_NAMES = {"vorticity": "curl"}  # of operators, in their own fields


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
    record = OPERATORS.get(OTHER_NAMES.get(name, name))
    if record is None:
        raise UsageError(f"no operator {name!r}; there are: {', '.join(OPERATORS)}")
    return record if record.in_manner is None else record.in_manner(record, manner or Manner())


def make_operators(name: str, also: tuple[str, ...], manner: Manner) -> tuple[Operator, ...]:
    """Return an operator and those to compute in the same pass.

    Raises
    ------
    UsageError
        A name is unknown or given twice, an option that an operator needs is not given, an option
        belongs to another operator, or two operators give results of the same names.
    """
    first, *more = (OTHER_NAMES.get(given, given) for given in (name, *also))
    if first in more:
        raise UsageError(f"--also {first}: is what is asked for without it; leave it out")
    names = dict.fromkeys((first, *more))
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
