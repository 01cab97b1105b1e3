"""Dates in the cells of a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.A,
)
# A day of a month and a year, with dots between them.
_DOTTED = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
    r"(?:,?[T ](?P<hour>\d\d?)(?P<time>:\d\d(?::\d\d(?:[.,]\d+)?)?))?",
    re.A,
)
# Digits of dates without punctuation: a month, a day of the year, a day, and with a time.
COMPACT = {6, 7, 8, 10, 12, 14}
CLEAR = {8, 10, 12, 14}  # hardly anything but dates has these digits in every row
NEAREST, FURTHEST = 1700, 2299  # years that numbers without punctuation are taken for
MONTHS = 12
FEWEST = 3  # cells that tell dates from other numbers if no name does
_CALLED = re.compile(r"(?<![a-z])(date|time|datetime|timestamp|day|month|y{4}m{2}(d{2})?)(?![a-z])")
_FINE = re.compile(r"([.,]\d{6})(\d+)")
_MIDNIGHT = re.compile(r"[T ]24:00(:00([.,]0*)?)?(?![\d:])")

MICROSECOND = timedelta(microseconds=1)
SHORT = 26  # characters of a date with up to six digits after the second
DIGITS = 18  # digits of a second that are told apart


class Stamp(NamedTuple):
    """A date and time: to the microsecond, and the rest in units of 10**-18 seconds."""

    date: datetime
    rest: int = 0

    def seconds_since(self, epoch: datetime) -> float:
        """Return the seconds since a date, rounded once.

        >>> Stamp(datetime(2020, 1, 1), 10**9).seconds_since(datetime(2020, 1, 1))
        1e-09
        """
        micro = (self.date - epoch) // MICROSECOND
        return (micro * 10**12 + self.rest) / 10**DIGITS if self.rest else micro / 1e6


def day_first(text: str) -> bool:
    """Return whether a text is a date of a day, a month and a year, with dots between them.

    >>> day_first("27.02.2021 09:30:00"), day_first("1.2.2021"), day_first("2021.02.27")
    (True, True, False)
    """
    return _DOTTED.fullmatch(text) is not None


def fits_format(text: str, form: str) -> bool:
    """Return whether a text is a date in a format of `datetime.strptime`.

    >>> fits_format("03/05/22", "%d/%m/%y"), fits_format("2022-05-03", "%d/%m/%y")
    (True, False)
    """
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def are_unclear(cells: Iterable[str], form: str | None) -> bool:
    """Return whether dates with dots may have the month first, because no day is above 12.

    >>> are_unclear(["01.02.2021", "02.02.2021"], None), are_unclear(["27.02.2021"], None)
    (True, False)
    """
    found = [_DOTTED.fullmatch(cell) for cell in cells if form is None]
    days = [int(match["day"]) for match in found if match is not None]
    return bool(days) and max(days) <= MONTHS


def read_date(text: str, form: str | None = None) -> Stamp:
    """Read a date in ISO 8601, also without punctuation, and 24:00 as the end of a day.

    Dates with dots have the day first. ``form`` is a further format, of `datetime.strptime`.

    Raises
    ------
    ValueError
        The text is no date.

    Examples
    --------
    >>> read_date("2020-01-31T24:00").date
    datetime.datetime(2020, 2, 1, 0, 0)
    >>> read_date("2020-01-01 00:00:00.000000001").rest
    1000000000
    >>> read_date("2020031").date
    datetime.datetime(2020, 1, 31, 0, 0)
    """
    if form is not None and fits_format(text, form):
        return Stamp(datetime.strptime(text, form))
    if text.isdigit():
        return Stamp(_read_compact(text))
    dotted = _DOTTED.fullmatch(text)
    if dotted is not None:
        clock = f"T{int(dotted['hour']):02}{dotted['time']}" if dotted["hour"] else ""
        text = f"{dotted['year']}-{int(dotted['month']):02}-{int(dotted['day']):02}{clock}"
    midnight = _MIDNIGHT.search(text) if "24:" in text else None
    if midnight is not None:
        text = text[: midnight.start()] + "T00:00" + text[midnight.end() :]
        return Stamp(datetime.fromisoformat(text) + timedelta(days=1))
    fine = _FINE.search(text) if len(text) > SHORT else None
    if fine is None:
        return Stamp(datetime.fromisoformat(text))
    rest = int(fine[2].ljust(DIGITS - 6, "0")[: DIGITS - 6])
    return Stamp(datetime.fromisoformat(text[: fine.start(2)] + text[fine.end() :]), rest)


def _read_compact(text: str) -> datetime:
    size = len(text)
    if size not in COMPACT:
        raise ValueError("a date has 6, 7, 8, 10, 12 or 14 digits")
    if size == 7:
        start = datetime(int(text[:4]), 1, 1)
        found = start + timedelta(days=int(text[4:]) - 1)
        if found.year != start.year:
            raise ValueError("day of the year is out of range")
        return found
    if size == 6:
        return datetime.fromisoformat(f"{text[:4]}-{text[4:]}-01")
    return datetime.fromisoformat(text[:8] + (f"T{text[8:]}" if size > 8 else ""))


def are_compact_dates(name: str, cells: Iterable[str]) -> bool:
    """Return whether the numbers of a column are dates without punctuation, such as 20200131.

    A column that is called time or date holds them if all of its cells can be dates; others only
    if there are several cells with as many digits as a whole day has, or more.

    >>> are_compact_dates("date", ["202001", "202002"]), are_compact_dates("n", ["202001"])
    (True, False)
    >>> are_compact_dates("n", ["20200130", "20200131", "20200201"])
    True
    """
    texts = list(cells)
    sizes = {len(text) for text in texts}
    called = _CALLED.search(name.lower()) is not None
    if len(sizes) != 1 or not sizes <= COMPACT:
        return False
    if not called and (len(texts) < FEWEST or not sizes <= CLEAR):
        return False
    return all(text.isascii() and text.isdigit() and _is_date(text) for text in texts)


def _is_date(text: str) -> bool:
    try:
        return NEAREST <= read_date(text).date.year <= FURTHEST
    except ValueError:
        return False
