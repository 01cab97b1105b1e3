"""Ticks of time axes at round dates, in the calendar of the axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gradcli.cf.dates import counts_from_date, date_span, date_text
from gradcli.errors import UsageError
from gradcli.model.axes import Axis

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MOST_DATES = 4000  # that are tried
_SECONDS = {"year": 365.25 * 86400, "month": 30.4 * 86400, "day": 86400.0, "hour": 3600.0}
_SECONDS |= {"minute": 60.0, "second": 1.0}
# Units and the numbers of them between ticks, from the coarsest.
_STEPS = (
    *(("year", n) for n in (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)),
    *(("month", n) for n in (6, 3, 2, 1)),
    *(("day", n) for n in (15, 10, 5, 2, 1)),
    *(("hour", n) for n in (12, 6, 3, 2, 1)),
    *(("minute", n) for n in (30, 15, 10, 5, 2, 1)),
    *(("second", n) for n in (30, 15, 10, 5, 2, 1)),
)
_UNITS = ("year", "month", "day", "hour", "minute", "second")


class Tick(NamedTuple):
    """Where a tick stands on an axis, and its label."""

    value: float
    label: str


def date_ticks(axis: Axis, low: float, high: float, most: int = 6) -> list[Tick]:
    r"""Return ticks at round dates between two coordinates; none if the axis has no dates.

    The second line of a label is what differs from that of the tick before it.

    Examples
    --------
    >>> axis = Axis("t", 90, units="days since 2019-12-01", calendar="noleap")
    >>> [tick.label for tick in date_ticks(axis, 0, 90)]
    ['Dec\n2019', 'Jan\n2020', 'Feb', 'Mar']
    >>> [tick.label for tick in date_ticks(axis, 0.0, 0.5, 3)]
    ['00:00\n1 Dec 2019', '06:00', '12:00']
    """
    if not counts_from_date(axis) or low >= high:
        return []
    try:
        return _best(axis, low, high, most)
    except (UsageError, ValueError):
        return []


def _best(axis: Axis, low: float, high: float, most: int) -> list[Tick]:
    best: list[tuple[float, tuple[int, ...]]] = []
    unit = "year"
    for name, step in _STEPS:
        found = list(_dates(axis, low, high, name, step, most))
        if len(found) > most:
            break
        if len(found) >= len(best):
            best, unit = found, name
    ticks, before = [], ""
    for value, parts in best:
        first, second = _label(unit, parts)
        ticks.append(Tick(value, first if second == before else f"{first}\n{second}".strip()))
        before = second
    return ticks


def _label(unit: str, parts: tuple[int, ...]) -> tuple[str, str]:
    year, month, day, hour, minute, second = parts
    if unit == "year":
        return str(year), ""
    if unit == "month":
        return MONTHS[month - 1], str(year)
    if unit == "day":
        return f"{day} {MONTHS[month - 1]}", str(year)
    time = f"{hour:02}:{minute:02}" + (f":{second:02}" if unit == "second" else "")
    return time, f"{day} {MONTHS[month - 1]} {year}"


def _dates(
    axis: Axis, low: float, high: float, unit: str, step: int, most: int
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Yield the round dates between two coordinates, no more than one beyond the most."""
    first, last = _parts(date_text(axis, low)), _parts(date_text(axis, high))
    count = 0
    for parts in _counted(first, last, unit, step):
        year, month, day, hour, minute, second = parts
        text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        try:
            value = float(date_span("", axis, text)[0])
        except UsageError:  # no such day in this calendar
            continue
        if low <= value <= high:
            yield value, parts
            count += 1
            if count > most:
                return


def _parts(text: str) -> tuple[int, ...]:
    """Return the numbers of a date.

    >>> _parts("2000-02-03T04:05:06")
    (2000, 2, 3, 4, 5, 6)
    """
    day, _, time = text.partition("T")
    sign = -1 if day.startswith("-") else 1
    numbers = [int(part) for part in (*day.lstrip("-+").split("-"), *time.split(":"))]
    return (sign * numbers[0], *numbers[1:])


def _counted(
    first: tuple[int, ...], last: tuple[int, ...], unit: str, step: int
) -> Iterator[tuple[int, ...]]:
    """Yield round dates from about the first to about the last, each a whole number of steps."""
    depth = _UNITS.index(unit)
    lows = {0: first[0] // step * step if depth == 0 else first[0], 1: 1, 2: 1}
    sizes = {1: 12, 3: 24, 4: 60, 5: 60}
    tried = 0

    def below(parts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        nonlocal tried
        level = len(parts)
        # What lies wholly before the first date or after the last one is skipped.
        if level and (parts < first[:level] or parts > last[:level] or tried > MOST_DATES):
            return
        if level > depth:
            tried += 1
            yield (*parts, *(1 if i in (1, 2) else 0 for i in range(level, 6)))
            return
        pace = step if level == depth else 1
        if level == 0:
            numbers = range(lows[0], last[0] + 1, pace)
        elif level == 2:
            length = DAYS[parts[1] - 1]
            # 1, 11, 21 or 1, 6, 11 …, and not the 31st next to the 1st.
            most = length - pace // 2 if pace > 1 else length
            numbers = range(1, most + 1, pace)
        else:
            start = lows.get(level, 0)
            numbers = range(start, start + sizes[level], pace)
        for number in numbers:
            yield from below((*parts, number))

    if depth == 0:
        for year in range(lows[0], last[0] + 1, step):
            yield year, 1, 1, 0, 0, 0
            tried += 1
            if tried > MOST_DATES:
                return
        return
    yield from below(())
