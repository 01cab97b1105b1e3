"""The operator that gives a field as it is, in the same pass as its derivatives."""

from __future__ import annotations

from gradcli.numerics.combine import unchanged
from gradcli.numerics.operator import Operator, Outcome, Wanted


def _itself(count: int, order: int = 0) -> list[Wanted]:
    return [Wanted(0, ())]


def _same(count: int, order: int = 0) -> list[Outcome]:
    return [Outcome(0, ())]


# No command has its name, and `--also` does not know it.
VALUE = Operator(
    name="value",
    wanted=_itself,
    outcomes=_same,
    combine=unchanged,
    result="{}",
    words="{}",
    mixes=False,
    order=0,
)
