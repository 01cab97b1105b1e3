"""What the user says of a CSV file, and what its head says, brought together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gradcli.errors import InputError, UsageError, printable
from gradcli.formats.csv.head import Asked, Start
from gradcli.formats.csv.sniff import Head, head_of
from gradcli.formats.csv.spool import Rows
from gradcli.formats.csv.thousands import check_mark
from gradcli.formats.csv.units import unit_in_name
from gradcli.model.protocols import Hints

if TYPE_CHECKING:
    from gradcli.formats.csv.text import TextFile

MOST_EMPTY = 2**12  # rows that are looked at from the end at once


def asked_of(hints: Hints) -> Asked:
    """Return what the user says of the head of a file, checked."""
    check_mark(hints.thousands, hints.decimal)
    if hints.skip_rows < 0:
        raise UsageError(f"--skip-rows {hints.skip_rows}: a number of lines is 0 or more")
    return Asked(
        header=header_of(hints.header),
        skip_rows=hints.skip_rows,
        decimal=hints.decimal,
        thousands=hints.thousands,
        layout=hints.layout,
        columns=hints.columns,
        date_format=hints.date_format,
    )


def header_of(given: int | str | None) -> int | str | None:
    """Return the number of the line of names, ``none``, or None to find it.

    >>> header_of("3"), header_of("none"), header_of("auto")
    (3, 'none', None)
    """
    if given in (None, "auto"):
        return None
    text = str(given)
    if text == "none":
        return text
    if not (text.isascii() and text.isdigit() and int(text)):
        raise UsageError(f"--header {text!r}: a number of a line from 1, 'none' or 'auto'")
    return int(text)


def described(start: Start) -> Head:
    """Return the properties of a file by its head: columns, kinds and units."""
    head = head_of(start.rows, start.dialect, start.layout, start.names, start.raw)
    units = {i: unit for i, unit in enumerate(start.units) if unit}
    if head.names:
        for i, name in enumerate(start.names or ()):
            found = unit_in_name(name) if i not in units else None
            units.update({i: found} if found else {})
    return replace(head, units={i: u for i, u in units.items() if head.kinds[i] == "number"})


def wordy(head: Head, column: int) -> InputError:
    """Return the error for a coordinate in a column of words."""
    name = printable(head.names[column])
    such = head.unclear.get(column)
    if such is None:
        return InputError(f"the column {name} holds words; a coordinate is numbers or dates")
    form = "'%d.%m.%Y'" if "." in such else "'%d/%m/%y %H:%M'"
    return InputError(
        f"the column {name} holds {printable(such)!r:.60}: a coordinate is numbers or dates that "
        f"can be only one day; say how they are written (--date-format, such as {form})"
    )


def empty_end(rows: Rows, text: TextFile, delimiter: str) -> int:
    """Return how many rows at the end of a file have empty cells alone."""
    first, missing = rows.count, True
    while first and missing:
        last, first = first, max(first - MOST_EMPTY, 0)
        full = ~np.isnan(rows.read(slice(first, last), slice(0, rows.width))).all(axis=1)
        if full.any():
            missing = False
            first += int(np.flatnonzero(full)[-1]) + 1
    if first == rows.count:
        return 0
    empty = 0
    for slab in text.slabs():
        for row, cells in enumerate(slab.rows_of_text(), slab.first_row):
            if row >= first:
                filled = cells.replace(delimiter, "").strip(' \t\r"')
                empty = 0 if filled else empty + 1
    return empty
