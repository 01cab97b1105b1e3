"""Dates and times that stand in two columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcli.errors import InputError, printable
from gradcli.formats.csv.dates import Stamp, fits_format, read_date
from gradcli.formats.csv.sniff import MISSING, Head
from gradcli.record import replace

_SHORT = re.compile(r"\d:")  # hours of one digit


def read_joined(day: str, clock: str, form: str | None = None) -> Stamp:
    """Read a date and a time of day; ``form`` is a format of both, or of the date alone.

    Raises
    ------
    ValueError
        The texts are no date and no time of day.

    Examples
    --------
    >>> read_joined("2020-01-31", "9:30:00+01:00").date.isoformat()
    '2020-01-31T09:30:00+01:00'
    >>> read_joined("31/01/20", "9.30 PM", "%d/%m/%y %I.%M %p").date.isoformat()
    '2020-01-31T21:30:00'
    """
    if form is not None and fits_format(f"{day} {clock}", form):
        return read_date(f"{day} {clock}", form)
    date = read_date(day, form).date
    if date.tzinfo is not None or date.timetuple()[3:6] != (0, 0, 0):
        raise ValueError("the date holds a time of day already")
    if not clock:
        raise ValueError("the time of day is missing")
    clock = f"0{clock}" if _SHORT.match(clock) else clock
    return read_date(f"{date.date().isoformat()}T{clock}")


def with_joined(head: Head, asked: Sequence[str], rows: Sequence[str]) -> Head:
    """Return a head in which a date and a time are one column, if an axis is called by both.

    Such a name is that of two columns separated by one blank, and is none that the file holds. The
    column of dates is then called by it, and the other one is read with it.

    Raises
    ------
    InputError
        There are two such columns, but they hold no dates and times.
    """
    for name in asked:
        if name in head.names:
            continue
        for first, second in _parted(name, head.names):
            cells = [head.dialect.cells(row) for row in rows]
            _refuse_others(head, first, second, cells)
            kinds = [*head.kinds]
            kinds[first], kinds[second] = "time", "text"
            return replace(
                head,
                kinds=kinds,
                bases={i: base for i, base in head.bases.items() if i not in (first, second)},
                compact={i: such for i, such in head.compact.items() if i != second},
                clocks={first: second},
                called={first: name},
            )
    return head


def _parted(name: str, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    for blank in re.finditer(" ", name):
        first, second = name[: blank.start()], name[blank.end() :]
        if first != second and first in names and second in names:
            yield names.index(first), names.index(second)


def _refuse_others(head: Head, first: int, second: int, cells: Sequence[Sequence[str]]) -> None:
    """Raise InputError unless the first row with both cells holds a date and a time of day."""
    longest = max(first, second)
    pairs = ((row[first], row[second]) for row in cells if len(row) > longest)
    such = next((pair for pair in pairs if not {*pair} & {*MISSING}), None)
    form = head.dialect.dates
    names = f"{printable(head.names[first])} and {printable(head.names[second])}"
    if such is None:
        raise InputError(
            f"the columns {names} hold no date and time of day in any of the first rows"
        )
    way = f"(--date-format '{_form(*such)}')"
    try:
        read_joined(*such, form)
    except ValueError as error:
        raise InputError(
            f"the columns {names} hold no date and time of day: {printable(such[0])!r:.60} and "
            f"{printable(such[1])!r:.60} ({error}); say how both are written, with one blank "
            f"between them {way}"
        ) from None
    if first in head.unclear and form is None:
        raise InputError(
            f"the column {printable(head.names[first])} holds {printable(such[0])!r:.60}, of "
            f"which either number may be the month; say how {names} are written, with one blank "
            f"between them {way}"
        )


def _form(date: str, clock: str) -> str:
    """Return a format like the one that two cells may have.

    >>> _form("01.03.2024", "00:00:00"), _form("1/3/24", "9:30")
    ('%d.%m.%Y %H:%M:%S', '%d/%m/%y %H:%M')
    """
    mark = next((mark for mark in ".-" if mark in date), "/")
    year = "%Y" if len(date) > 8 else "%y"
    return f"%d{mark}%m{mark}{year} " + ("%H:%M:%S" if clock.count(":") > 1 else "%H:%M")
