"""Fit operators to the order of axes: x before y, bearings from north, right-handed curls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcli.cf.roles import role_of
from gradcli.model.metric import Metric
from gradcli.numerics.operator import Operator
from gradcli.plan.choose import Choice
from gradcli.record import replace

# In these orders of roles, a positive rotation goes from the second axis to the first.
_LEFT_HANDED = {"yx", "zy", "xz", "xzy", "zyx", "yxz"}


def roles_of(choice: Choice, metric: Metric) -> list[str | None]:
    """Return the roles of axes; cylindrical and spherical coordinates stand for x, y and z."""
    if metric.around:
        from gradcli.geometry import coordinates

        return coordinates.roles_of(choice.field, metric, [along.index for along in choice.along])
    return [role_of(along.axis(choice.field)) for along in choice.along]


def orient(
    operator: Operator, choice: Choice, given: bool, metric: Metric
) -> tuple[Operator, tuple[int, ...]]:
    """Return an operator that fits the order of the axes, and the order in which it takes them.

    A bearing counts from north, and a curl is right-handed, whatever the order of the axes. An
    angle goes from the first axis to the second if the axes were ``given``, else from x to y.
    """
    roles = roles_of(choice, metric)
    if operator.mirrored is not None and "".join(map(str, roles)) in _LEFT_HANDED:
        operator = replace(operator, combine=operator.mirrored)
    places = tuple(range(len(roles)))
    if operator.facing == "compass" or (operator.facing and not given):
        places = _x_first(roles, given)
    if operator.manner:
        labels = [choice.along[place].label for place in places]
        told = operator.manner.format(*labels, north=north_of(choice))
        operator = replace(operator, manner=told)
    return operator, places


def handedness_notes(operator: Operator, choice: Choice) -> Iterator[str]:
    """Yield a note where a curl is not right-handed, since a coordinate grows downwards."""
    for along in choice.along if operator.mirrored is not None else ():
        if along.axis(choice.field).down and along.scale > 0:
            yield (
                f"{along.label}: grows downwards, so {operator.name} is that of left-handed axes "
                "(--follow-positive)"
            )


def bearing_notes(operator: Operator, choice: Choice, places: Sequence[int]) -> Iterator[str]:
    """Yield a note where bearings count from another north, or from one that is assumed."""
    if operator.facing != "compass" or len(places) != 2:
        return
    if (north := north_of(choice)) != "north":
        yield f"bearings count from {north}, not from that of the Earth"
    along = choice.along[places[1]]
    axis = along.axis(choice.field)
    known = axis.values is not None or axis.column is not None or along.sheet is not None
    if not known and (along.step is None or along.step > 0):
        yield (
            f"bearings take axis {along.label} as growing northward, for it has no coordinates; if "
            f"it grows southward, give it a negative step (--spacing {along.label}=-1)"
        )


def north_of(choice: Choice) -> str:
    """Return what bearings count from: on projected and rotated grids, the north of the grid."""
    standard = {along.axis(choice.field).standard_name for along in choice.along}
    turned = standard & {"projection_y_coordinate", "grid_latitude"}
    return "the grid's north" if turned else "north"


def _x_first(roles: Sequence[str | None], given: bool) -> tuple[int, ...]:
    """Return the order of two axes with x before y.

    If neither has a role, x is the first of axes that were ``given``, and otherwise the last.

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
