"""Values that wrap: the first step of every derivative goes the short way around."""

from __future__ import annotations

from gradcli.errors import UsageError
from gradcli.geometry.terms import Term
from gradcli.model.fields import Field
from gradcli.plan.tasks import Step
from gradcli.record import replace


def unwrapping(
    origin: Field, steps: tuple[Step, ...], term: Term, period: float
) -> tuple[Step, ...]:
    """Return the steps of a term, the first of which differentiates values that wrap.

    Later steps differentiate derivatives, which do not wrap.

    Raises
    ------
    UsageError
        The values are complex, or the term multiplies them before it differentiates them.
    """
    if origin.dtype.kind == "c":
        raise UsageError(f"--unwrap: the values of {origin.name} are complex, and angles are real")
    if not steps and term.before is None and term.after is None:
        return steps  # the value itself, beside its derivatives
    if term.before is not None or not steps:
        raise UsageError(
            f"--unwrap: here {origin.name} is multiplied by a factor of the grid before it is "
            "differentiated, and such a product does not wrap; leave --metric or --unwrap out"
        )
    (axis, stencil), *rest = steps
    return ((axis, replace(stencil, wraps=period)), *rest)
