"""Select part of a longitude, which goes around the globe."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, inf, pi
from typing import NamedTuple

import numpy as np

from gradcli.cf.roles import is_longitude, radians_in
from gradcli.errors import UsageError
from gradcli.model.arrangement import Arrangement
from gradcli.model.axes import OPEN, Axis, Turned
from gradcli.numerics.turns import goes_one_way, unwrapped
from gradcli.numerics.weights import Floats
from gradcli.plan.rounding import rounding
from gradcli.plan.select import (
    Span,
    closest,
    coordinate,
    distance,
    ends_of,
    nearest,
    points_inside,
    spans_of,
    value_range,
)
from gradcli.record import replace
from gradcli.settings import ValuePart

REPEATS = 1e-3  # of a step: points closer than this, a turn apart, are the same
WIDEST = 1.5  # steps: an axis whose seam is wider does not close
MOST = 1000  # turns: bounds farther away, such as those that are infinite, are only numbers


class Circle(NamedTuple):
    """A longitude without jumps: its values, a full turn, and whether it closes, or repeats."""

    values: Floats
    turn: Fraction
    closes: bool
    repeats: bool

    @property
    def size(self) -> int:
        """The number of points, without one that repeats the first."""
        return len(self.values) - self.repeats


def part_of(
    label: str, axis: Axis, other: Axis | None, asked: ValuePart, notes: list[str]
) -> tuple[Axis, int, int]:
    """Return the axis, turned if the part crosses its seam, and the start and stop of the part.

    Parameters
    ----------
    label : str
    axis : Axis
    other : Axis or None
        The same dimension by the coordinate that the part is given in, if that is a further one.
    asked : pair of float or str
    notes : list of str
        Notes for the user are added.

    Raises
    ------
    UsageError
        No point lies in the part, or it crosses the seam of a longitude that does not close.

    Examples
    --------
    >>> lon = Axis("lon", 4, np.arange(4) * 90.0, units="degrees_east")
    >>> turned, first, stop = part_of("lon", lon, None, (-90, 90), [])
    >>> first, stop, turned.values
    (0, 3, array([-90.,   0.,  90., 180.]))
    """
    by = axis if other is None else other
    circle = circle_of(by)
    if circle is None:
        return axis, *value_range(label, by, asked, notes)
    spans = spans_of(label, by, [bound for bound in asked if bound is not None], notes)
    if any(abs(float(span.start)) > MOST * float(circle.turn) for span in spans):
        return axis, *value_range(label, by, asked, notes)
    if len(spans) == 1:
        return axis, *_nearest(label, by, circle, spans[0], notes)
    turns = _inside(label, by, circle, spans, notes)
    if not turns:
        words = " to ".join(span.word for span in spans)
        raise UsageError(f"--sel {label}: no point from {words}{ends_of(by, spans)}")
    order = _in_order(circle, turns)
    first, count = order[0], len(order)
    if _in_one_piece(order, turns):
        if turns[first]:
            ends = dict.fromkeys(coordinate(by, point, False) for point in (first, order[-1]))
            notes.append(
                f"{label}: is written with the longitudes of the file, {' to '.join(ends)}"
            )
        return axis, first, first + count
    if not circle.closes:
        raise _open(label, by, spans)
    if other is not None:
        raise UsageError(
            f"--sel {label}: the part crosses the seam of {other.name}, which the axis is not "
            "differentiated by; name it with --axis"
        )
    made = _turned(axis, circle, first, turns[first])
    written = " to ".join(coordinate(made, point, False) for point in (0, count - 1))
    notes.append(
        f"{label}: the part crosses the ends of the axis in the file, as it goes around the "
        f"globe; its coordinates are written as {written}"
    )
    return made, 0, count


def _in_order(circle: Circle, turns: dict[int, int]) -> list[int]:
    """Return the points of a part as they follow one another, in the direction of the axis."""

    def place(point: int) -> float:
        return float(circle.values[point]) + float(circle.turn * turns[point])

    order = sorted(turns, key=place, reverse=bool(circle.values[-1] < circle.values[0]))
    last = len(circle.values) - 1
    if circle.repeats and {0, last} <= turns.keys():
        step = abs(float(circle.values[1] - circle.values[0]))
        if abs(place(0) - place(last)) < REPEATS * step:  # the two are one point
            without = [point for point in order if point]
            if _in_one_piece(without, turns):
                return without
            order.remove(last)
    return order


def _in_one_piece(order: list[int], turns: dict[int, int]) -> bool:
    follow = order == list(range(order[0], order[0] + len(order)))
    return follow and len({turns[point] for point in order}) == 1


def circle_of(axis: Axis) -> Circle | None:
    """Return a longitude as it goes on without jumps; None for other axes, and if it does not."""
    if axis.values is None or not 0 < axis.size < OPEN or not is_longitude(axis):
        return None
    turn = 2 * pi / radians_in(axis)
    exact = Fraction(round(turn)) if abs(turn - round(turn)) < 1e-9 else Fraction(turn)
    values = unwrapped(axis.values.astype(np.float64, copy=False), float(exact))
    if not goes_one_way(values) or not np.isfinite(values).all():
        return None
    steps = np.abs(np.diff(values))
    gap = float(exact) - abs(float(values[-1] - values[0]))
    least, most = steps.min(initial=inf), steps.max(initial=0.0)
    if len(values) < 3 or gap < -REPEATS * least:
        return Circle(values, exact, False, False)
    repeats = gap < REPEATS * least
    return Circle(values, exact, repeats or gap <= WIDEST * most, repeats)


def _inside(
    label: str, axis: Axis, circle: Circle, spans: list[Span], notes: list[str]
) -> dict[int, int]:
    """Return the points from one longitude eastward to another, each with its full turns."""
    first, last = spans
    turn = circle.turn
    start, end = Fraction(first.start), Fraction(last.start)
    if end < start:
        end += turn * ceil((start - end) / turn)
    low, high = (Fraction(float(far)) for far in (circle.values.min(), circle.values.max()))
    straight = _straight(axis, circle)
    found: dict[int, int] = {}
    plain: list[int] = []
    for turns in range(floor((start - high) / turn), ceil((end - low) / turn) + 1):
        ends = ((first, start - turns * turn), (last, end - turns * turn))
        pair = [Span(span.word, moved, moved) for span, moved in ends]
        points = points_inside(label, straight, pair, notes).tolist()
        plain = points if turns == 0 else plain
        for point in points:
            found.setdefault(point, turns)
    return dict.fromkeys(plain, 0) if len(plain) == len(found) else found


def _nearest(
    label: str, axis: Axis, circle: Circle, span: Span, notes: list[str]
) -> tuple[int, int]:
    """Return the point nearest to a longitude, the shorter way around."""
    straight, wanted = _straight(axis, circle), Fraction(span.start)
    low, high = (Fraction(float(end)) for end in (circle.values.min(), circle.values.max()))
    if not low <= wanted <= high:  # at most half a turn from the middle
        wanted += circle.turn * round(((low + high) / 2 - wanted) / circle.turn)
    near = (wanted, wanted - circle.turn, wanted + circle.turn)
    meant = [Span(span.word, place, place) for place in near]
    if not circle.closes:
        return nearest(label, straight, meant[0], notes)
    found = [(one, closest(circle.values, one.start)) for one in meant]
    apart, index = min((distance(circle.values[at], one.start), at) for one, at in found)
    if apart > rounding(straight)[index]:
        close = coordinate(axis, index, False)
        notes.append(f"{label}: the point nearest to {span.word} is taken, {close}")
    return index, index + 1


def _straight(axis: Axis, circle: Circle) -> Axis:
    return replace(axis, values=circle.values)


def _open(label: str, axis: Axis, spans: list[Span]) -> UsageError:
    """Return the error for a part that crosses the ends of an axis that does not close."""
    first, last = spans
    back = first.start > last.start
    hint = f"; for the points between them write {label}={last.word}:{first.word}" if back else ""
    return UsageError(
        f"--sel {label}: eastward from {first.word} to {last.word} lies beyond the ends of the "
        f"axis, which does not close around the globe{ends_of(axis, spans)}{hint}"
    )


def _turned(axis: Axis, circle: Circle, first: int, turns: int) -> Axis:
    """Return an axis that begins with one of its points and goes on with full turns added."""
    assert axis.values is not None
    count, turn = circle.size, float(circle.turn)
    points = (np.arange(count) + first) % count
    onward = 1 if circle.values[-1] > circle.values[0] else -1
    added = turn * (turns + onward * (np.arange(count) + first >= count))
    values = circle.values[points] + added
    made = axis.arrangement or Arrangement(np.arange(axis.size), None, "")
    words = f"begins at index {first}, and goes on around the globe"
    words = f"{made.words}; {words}" if made.words else words
    arrangement = replace(made.turned(first, count), words=words)
    rows = np.zeros(int(made.rows.max()) + 1)
    rows[arrangement.rows] = np.repeat(values - axis.values[points], arrangement.counts())
    before = replace(axis.select(0, count), values=circle.values[:count])
    turned = Turned(first, added, rows, before)
    return replace(before, values=values, arrangement=arrangement, turned=turned, others=())
