"""How operators lie on axes: x before y, north up, right-handed."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.cf.roles import role_of
from gradcli.numerics.operators import Operator
from gradcli.plan.choose import Choice

# In these orders a positive turn goes from the second axis to the first.
_LEFT_HANDED = {"yx", "zy", "xz", "xzy", "zyx", "yxz"}


def orient(operator: Operator, choice: Choice, given: bool) -> tuple[Operator, tuple[int, ...]]:
    """Return an operator that fits how the axes lie, and the order in which it takes them.

    A bearing counts from north whatever the order of the axes; an angle from the first to the
    second where they were ``given``, else from x to y. A curl is right-handed whatever the order.
    """
    roles = [role_of(along.axis(choice.field)) for along in choice.along]
    if operator.mirrored is not None and "".join(map(str, roles)) in _LEFT_HANDED:
        operator = operator._replace(combine=operator.mirrored)
    places = tuple(range(len(roles)))
    if operator.facing == "compass" or (operator.facing and not given):
        places = _x_first(roles, given)
    if operator.manner:
        labels = [choice.along[place].label for place in places]
        told = operator.manner.format(*labels, north=north_of(choice))
        operator = operator._replace(manner=told)
    return operator, places


def north_of(choice: Choice) -> str:
    """Return what a bearing counts from: on maps and rotated poles y points elsewhere."""
    standard = {along.axis(choice.field).standard_name for along in choice.along}
    turned = standard & {"projection_y_coordinate", "grid_latitude"}
    return "the grid's north" if turned else "north"


def _x_first(roles: Sequence[str | None], given: bool) -> tuple[int, ...]:
    """Return two axes with x before y; where none says so x is the first given, else the last.

    >>> _x_first(["y", "x"], True), _x_first([None, None], True), _x_first([None, None], False)
    ((1, 0), (0, 1), (1, 0))
    """
    if len(roles) != 2:
        return tuple(range(len(roles)))
    first, second = roles
    if first == "x" or second == "y":
        return 0, 1
    if first == "y" or second == "x":
        return 1, 0
    return (0, 1) if given else (1, 0)
