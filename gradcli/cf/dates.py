"""Dates in CF calendars. No other module uses cftime."""

from __future__ import annotations

import re
import warnings
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from gradcli.errors import InputError, UsageError
from gradcli.model.axes import Axis

if TYPE_CHECKING:
    import cftime

# YYYY-MM, YYYY-MM-DD, or a date and a time, each to any precision; a day or a time may be
# followed by its offset from UTC.
_ZONE = r"(?P<zone>[Zz]|[+-]\d\d(?(hour)(?::?\d\d)?|:\d\d))"
_TIME = (
    r"[Tt ](?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})"
    r"(?:\.(?P<fraction>\d+))?)?)?"
)
_DATE = re.compile(
    r"(?P<year>[+-]?\d+)-(?P<month>\d{1,2})"
    rf"(?:-(?P<day>\d{{1,2}})(?:{_TIME})?(?:{_ZONE})?)?"
)
_YEAR = re.compile(r"(?P<year>\d{4})")
_SINCE = re.compile(r"\s*(\S+)\s+since\s+(.*)", re.IGNORECASE | re.DOTALL)
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_LENGTHS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
# Units that cftime does not know, as a number of units that it knows.
_MULTIPLES: dict[str, tuple[str, int | Fraction]] = {
    **dict.fromkeys(("nanosecond", "nanoseconds", "nsec", "nsecs", "ns"), ("microseconds", 1000)),
    **dict.fromkeys(("week", "weeks"), ("days", Fraction(1, 7))),
}


def is_calendar_date(value: object) -> bool:
    """Return whether an object is a date of cftime.

    >>> import cftime
    >>> is_calendar_date(cftime.datetime(2000, 2, 30, calendar="360_day")), is_calendar_date("2000")
    (True, False)
    """
    import cftime

    return isinstance(value, cftime.datetime)


def is_date(text: str) -> bool:
    """Return whether a text is written as a date, whether or not there is such a date.

    >>> is_date("2000-02"), is_date("2000-02-31T06:30:00.5+01:00"), is_date("2000")
    (True, True, False)
    """
    return _DATE.fullmatch(text) is not None


def has_offset(text: str) -> bool:
    """Return whether a date is written with its offset from UTC.

    >>> has_offset("2000-02-01T06:30+01:00"), has_offset("2000-02-01Z"), has_offset("2000-02-01")
    (True, True, False)
    """
    found = _DATE.fullmatch(text)
    return found is not None and found["zone"] is not None


def is_year(text: str) -> bool:
    """Return whether a text may be a year, or else a number: whether it is four digits.

    >>> is_year("2000"), is_year("2000.0")
    (True, False)
    """
    return _YEAR.fullmatch(text) is not None


def counts_from_date(axis: Axis) -> bool:
    """Return whether the coordinates of an axis count time from a date."""
    return axis.units is not None and _SINCE.fullmatch(axis.units) is not None


def date_span(label: str, axis: Axis, text: str) -> tuple[Fraction, Fraction]:
    """Return where a date begins and where it ends, as exact numbers on a time axis.

    The year, month, day, hour, minute or second ends where the next one begins. A date with a
    fraction of a second is a moment: it ends where it begins.

    Parameters
    ----------
    label : str
        What to call the axis in errors.
    axis : Axis
        An axis that counts time from a date.
    text : str
        A year of four digits, or any text for which `is_date` is true.

    Raises
    ------
    UsageError
        The calendar of the axis has no such date, or its units are unknown.

    Examples
    --------
    >>> axis = Axis("time", 3, units="days since 2000-01-01", calendar="360_day")
    >>> [tuple(map(int, date_span("time", axis, text))) for text in ("2000-02-30", "2001")]
    [(59, 60), (360, 720)]
    """
    origin, late, unit = _origin(label, axis)
    match = _YEAR.fullmatch(text) or _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError("it is not written like one")
        with warnings.catch_warnings(action="ignore"):  # of years before the first
            start, end = _between(match.groupdict(), origin)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--sel {label}: {text!r} is not a date in the calendar {_calendar(axis)} ({error}); "
            "write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"
        ) from None
    return (start - late) / unit, (end - late) / unit


def date_text(axis: Axis, value: float) -> str:
    """Return a number on a time axis as a date, to the second; as a number if there is none.

    >>> date_text(Axis("time", 3, units="hours since 2000-01-01"), 30.5)
    '2000-01-02T06:30:00'
    """
    try:
        origin, late, unit = _origin("", axis)
        moment: cftime.datetime = origin + timedelta(seconds=round(float(value * unit + late)))
        return str(moment.isoformat())
    except (UsageError, ValueError, OverflowError):
        return f"{value:.10g}"


def moment_text(axis: Axis, value: float) -> str:
    """Return a number on a time axis as a date, with what is certain of the fraction of a second.

    >>> counted = Axis("time", 3, units="nanoseconds since 2000-01-01", precision=0.0)
    >>> moment_text(counted, 1_500_000_001)
    '2000-01-01T00:00:01.500000001'
    >>> moment_text(Axis("time", 3, units="days since 2000-01-01"), 1 / 3)
    '2000-01-01T08:00:00'
    """
    try:
        origin, late, unit = _origin("", axis)
        seconds = Fraction(value) * unit + late
        slack = 2 * abs(Fraction(value) * unit) * Fraction(axis.precision)
        near = seconds
        for digits in range(10):
            near = Fraction(round(seconds, digits))
            if abs(near - seconds) <= slack or Fraction(1, 10 ** (digits + 1)) < slack:
                break
        whole = near.numerator // near.denominator
        moment: cftime.datetime = origin + timedelta(seconds=whole)
        fraction = f"{round((near - whole) * 10**9):09d}".rstrip("0")
        return str(moment.isoformat()) + (f".{fraction}" if fraction else "")
    except (UsageError, ValueError, OverflowError):
        return f"{value:.10g}"


def dated(axis: Axis, value: Any) -> str:
    """Return a number on a time axis with the date that it means, for messages.

    >>> dated(Axis("time", 3, units="hours since 2000-01-01"), 30.0)
    '30.0 (2000-01-02T06:00:00)'
    """
    number = getattr(value, "item", lambda: value)()
    return f"{number!r} ({date_text(axis, number)})"


def date_shift(axis: Axis, wanted: Axis, low: float) -> tuple[Fraction, Fraction]:
    """Return the factor and the number to add that turn dates of one time axis into another's.

    Parameters
    ----------
    axis, wanted : Axis
        Both count time from a date.
    low : float
        The earliest number on the first. From 15 October 1582 on, the standard and the proleptic
        Gregorian calendar are the same.

    Raises
    ------
    InputError
        The calendars differ, or the units are unknown.
    """
    try:
        first, late, unit = _origin("", axis)
        origin, behind, step = _origin("", wanted)
    except UsageError:
        raise InputError(
            f"{axis.name}: its units {axis.units!r} and its calendar {_calendar(axis)} give no "
            "dates"
        ) from None
    one, other = first.calendar, origin.calendar
    apart = first - origin if one == other else None
    if {one, other} == {"standard", "proleptic_gregorian"}:
        reform, there = (_moment(each, 1582, 10, 15) for each in (first, origin))
        if low * unit + late >= _seconds(reform - first):
            apart = (there - origin) - (reform - first)
    if apart is None:
        raise InputError(
            f"{axis.name}: its calendar is {one}, which cannot be converted to {other}"
        )
    return unit / step, (_seconds(apart) + late - behind) / step


def _calendar(axis: Axis) -> str:
    return (axis.calendar or "standard").lower()


def _origin(label: str, axis: Axis) -> tuple[cftime.datetime, Fraction, Fraction]:
    """Return the date that an axis counts from, and in seconds its fraction and the unit."""
    import cftime

    match = _SINCE.fullmatch(axis.units or "")
    assert match is not None
    word, reference = match[1], match[2].strip()
    known, share = _MULTIPLES.get(word.lower(), (word, 1))
    # cftime cuts the digits of a fraction after the sixth.
    fraction = re.search(r"(?<=:\d\d)\.\d+|(?<=:\d)\.\d+", reference)
    whole = reference.replace(fraction[0], "", 1) if fraction else reference
    zero = True if re.match(r"[+-]?0+-", reference) else None
    try:
        with warnings.catch_warnings(action="ignore"):
            first, second = cftime.num2date(
                [0, 1],
                f"{known} since {whole}",
                _calendar(axis),
                only_use_cftime_datetimes=True,
                has_year_zero=zero,
            )
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--sel {label}: the units {axis.units!r} and the calendar {_calendar(axis)} give no "
            f"dates ({error}); select by number, or by index (--isel)"
        ) from None
    late = Fraction(f"0{fraction[0]}") if fraction else Fraction(0)
    return first, late, _seconds(second - first) / share


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 10**6)


def _between(parts: dict[str, str | None], origin: cftime.datetime) -> tuple[Fraction, Fraction]:
    """Return the start and the end of a date, in seconds from another of the same calendar."""
    numbers = [int(parts[name] or 0) for name in _PARTS if parts.get(name) is not None]
    smallest = _PARTS[len(numbers) - 1]
    fraction = Fraction(f"0.{parts.get('fraction') or 0}")
    # The end of a day may be written as 24:00. It is a moment, not an hour.
    midnight = numbers[3:4] == [24] and not any(numbers[4:]) and fraction == 0
    if midnight:
        start = end = _moment(origin, *numbers[:3]) + _LENGTHS["day"]
    else:
        start = end = _moment(origin, *numbers)
        if parts.get("fraction") is None:
            end = _next(start, smallest)
    more = fraction - _offset(parts.get("zone"))
    return _seconds(start - origin) + more, _seconds(end - origin) + more


def _moment(origin: cftime.datetime, *numbers: int) -> cftime.datetime:
    """Return the first moment of a year, month, ... in the calendar of another date."""
    import cftime

    whole = (*numbers, 1, 1)[: max(3, len(numbers))]
    return cftime.datetime(*whole, calendar=origin.calendar, has_year_zero=origin.has_year_zero)


def _next(start: cftime.datetime, length: str) -> cftime.datetime:
    """Return the beginning of the next year, month, ... after that which begins at a date."""
    if length in _LENGTHS:
        return start + _LENGTHS[length]
    if length == "month" and start.month < 12:
        return _moment(start, start.year, start.month + 1)
    year = 1 if start.year == -1 and not start.has_year_zero else start.year + 1
    return _moment(start, year)


def _offset(zone: str | None) -> int:
    """Return an offset from UTC in seconds.

    >>> _offset("+01:30"), _offset("-0500"), _offset("Z")
    (5400, -18000, 0)
    """
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(f"no offset from UTC is {zone}")
    return (-1 if zone[0] == "-" else 1) * (3600 * hours + 60 * minutes)
