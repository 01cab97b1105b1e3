"""Where a coordinate, a date or an index lies between the points of an axis."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, isfinite
from typing import NamedTuple

import numpy as np

from gradcli.cf.dates import date_text
from gradcli.errors import UsageError
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array
from gradcli.plan.around import Circle, circle_of
from gradcli.plan.rounding import rounding
from gradcli.plan.select import Span, ends_of, spans_of
from gradcli.record import replace


class Spot(NamedTuple):
    """Where a coordinate lies: one point of an axis, or two with their weights.

    Attributes
    ----------
    points : tuple of int
    weights : tuple of float
    shown : float, int or str
        The coordinate, as a number or as the date that was asked for.
    """

    points: tuple[int, ...]
    weights: tuple[float, ...]
    shown: float | int | str


class Ruler:
    """Finds coordinates on one axis.

    Parameters
    ----------
    label : str
        The name of the axis for errors and notes.
    axis : Axis
        Its points, as the results have them.
    period : float, optional
        After which the axis closes on itself, if the user says that it does.

    Attributes
    ----------
    places : ndarray of float64
        The coordinates in rising order, and longitudes without jumps; indices if there are none.
    turn : float
        After which they begin again, or 0.
    closes : bool
        Whether the last of them has the first beside it.

    Raises
    ------
    UsageError
        Coordinates repeat or go back and forth, or differ from column to column.

    Examples
    --------
    >>> ruler = Ruler("x", Axis("x", 3, np.array([5.0, 3.0, 2.0])))
    >>> ruler.find("3", []), ruler.find("2.25", [])
    (Spot(points=(1,), weights=(1.0,), shown=3.0), Spot(points=(2, 1), weights=(0.75, 0.25), shown=2.25))
    """  # noqa: E501

    def __init__(self, label: str, axis: Axis, period: float | None = None) -> None:
        self.label, self.axis = label, axis
        self.indexed = axis.values is None
        circle = circle_of(axis)
        values = _values(axis, circle)
        self._falls = axis.size > 1 and bool(values[0] > values[-1])
        self._exact = values[::-1] if self._falls else values
        self.places: Array = self._exact.astype(np.float64, copy=False)
        steps = np.diff(self._exact)
        if axis.tracks is not None:
            raise UsageError(f"{label}: holds several tracks, so that no point can be found by it")
        if not (np.isfinite(self.places).all() and (steps > 0).all()):
            raise UsageError(
                f"{label}: its coordinates repeat, are missing, or go back and forth, so that no "
                "point can be found by them; --sort puts them in order"
            )
        slack = np.zeros(1) if self.indexed else rounding(_with(axis, values))
        self._slack = slack[::-1] if self._falls else slack
        self.turn, self.closes = _turn(self.places, circle, period)

    def point(self, place: int) -> int:
        """Return the index on the axis of one of the ``places``."""
        return self.axis.size - 1 - place if self._falls else place

    def find(self, text: str, notes: list[str], option: str = "--at") -> Spot:
        """Return where a coordinate, a date, or an index lies.

        A date that is longer than a moment stands for its first moment, or else for the only point
        within it.

        Raises
        ------
        UsageError
            It is no number or date, or lies outside of the axis.
        """
        if self.indexed:
            return self._by_index(text, option)
        span = self._span(text, notes, option)
        if span.is_period and (only := self._only(span)) is not None:
            day = date_text(self.axis, self._exact[only].item())
            notes.append(f"{self.label}: {span.word} taken as the only point within it, {day}")
            return Spot((self.point(only),), (1.0,), day)
        found = self._between(span, text, option)
        if span.is_period and len(found.points) > 1 and "T" not in text.upper():
            notes.append(
                f"{self.label}: {span.word} taken as its first moment, between two points; a time "
                "of day says another"
            )
        return found._replace(shown=text.strip()) if span.dated else found

    def _span(self, text: str, notes: list[str], option: str) -> Span:
        try:
            (span,) = spans_of(self.label, self.axis, [text], notes)
        except UsageError as error:
            words = (
                str(error).replace("--sel", option).replace("; select by number, or by index", "")
            )
            raise error.reworded(words.replace(" (--isel)", "")) from error
        if not isfinite(span.start):
            raise UsageError(f"{option} {self.label}={text}: it is not a finite number")
        return span

    def _only(self, span: Span) -> int | None:
        """Return the only point within a date that does not begin with a point."""
        first = int(np.searchsorted(self._exact, float(span.start)))
        for place in (first - 1, first):
            if 0 <= place < self.axis.size and self._is_at(place, Fraction(span.start)):
                return None
        last = int(np.searchsorted(self._exact, float(span.end)))
        return first if last - first == 1 else None

    def _is_at(self, place: int, number: Fraction) -> bool:
        return abs(Fraction(self._exact[place].item()) - number) <= float(self._slack[place])

    def _between(self, span: Span, text: str, option: str) -> Spot:
        asked = Fraction(span.start)
        number, last = asked, self.axis.size - 1
        if self.turn:
            low = Fraction(float(self.places[0]) - float(self._slack[0]))
            number -= Fraction(self.turn) * ((number - low) // Fraction(self.turn))
        whole = self._exact.dtype.kind in "iu"  # float64 would round large ones
        first = int(np.searchsorted(self._exact, ceil(number) if whole else float(number)))
        shown = float(asked) if Fraction(float(asked)) == asked or not whole else int(asked)
        for place in (first - 1, first):
            if 0 <= place <= last and self._is_at(place, number):
                return Spot((self.point(place),), (1.0,), shown)
        if 0 < first <= last:
            pair = (first - 1, first)
            ends = [Fraction(self._exact[place].item()) for place in pair]
        elif self.closes and first > last:
            pair = (last, 0)
            ends = [Fraction(float(self.places[last])), Fraction(float(self.places[0]) + self.turn)]
        else:
            raise self._outside(text, option, [span])
        share = float((number - ends[0]) / (ends[1] - ends[0]))
        return Spot(tuple(map(self.point, pair)), (1.0 - share, share), shown)

    def _outside(self, text: str, option: str, spans: list[Span]) -> UsageError:
        where = ends_of(self.axis, spans)
        if self.axis.size == 1:
            where = where.split(" goes from ")[0] + f" has the one point {self.places[0]:.10g}"
        return UsageError(f"{option} {self.label}={text}: lies outside{where}")

    def _by_index(self, text: str, option: str) -> Spot:
        size = self.axis.size
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not isfinite(number):
            raise UsageError(
                f"{option} {self.label}={text}: the axis has no coordinates; give an index, 0 to "
                f"{size - 1}"
            )
        number += size if -size <= number < 0 and number == int(number) else 0
        if not 0 <= number <= size - 1 and not (self.closes and 0 <= number < size):
            raise UsageError(
                f"{option} {self.label}={text}: lies outside; the axis has {size} points, "
                "counted from 0"
            )
        first, share = int(number), number - int(number)
        if not share:
            return Spot((first,), (1.0,), first)
        return Spot((first, (first + 1) % size), (1.0 - share, share), number)


def _values(axis: Axis, circle: Circle | None) -> Array:
    if circle is not None:
        return circle.values
    return np.arange(axis.size) if axis.values is None else axis.values


def _with(axis: Axis, values: Array) -> Axis:
    return replace(axis, values=values)


def _turn(places: Array, circle: Circle | None, period: float | None) -> tuple[float, bool]:
    """Return after which length places begin again, or 0, and whether they close on themselves."""
    if period is not None and len(places) > 1 and period >= places[-1] - places[0]:
        return period, True
    return (0.0, False) if circle is None else (float(circle.turn), circle.closes)
