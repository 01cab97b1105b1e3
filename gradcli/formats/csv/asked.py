"""What the user says of a CSV file, and what its head says, brought together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from gradcli.errors import InputError, UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.formats.csv.commented import CommentedRows
from gradcli.formats.csv.dates import fits_format
from gradcli.formats.csv.head import Asked, Start, start_of
from gradcli.formats.csv.joined import with_joined
from gradcli.formats.csv.lines import Line, lines_of
from gradcli.formats.csv.preamble import is_remark
from gradcli.formats.csv.sniff import MAX_COLUMNS, Head, head_of
from gradcli.formats.csv.spool import Rows
from gradcli.formats.csv.thousands import check_mark
from gradcli.formats.csv.trailer import leave_trailer
from gradcli.formats.csv.units import unit_in_name
from gradcli.model.axes import rejoined
from gradcli.model.protocols import Hints
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.formats.csv.text import TextFile

MOST_EMPTY = 2**12  # rows that are looked at from the end at once


def asked_of(hints: Hints) -> Asked:
    """Return what the user says of the head of a file, checked."""
    check_mark(hints.thousands, hints.decimal)
    if hints.skip_rows < 0:
        raise UsageError(f"--skip-rows {hints.skip_rows}: a number of lines is 0 or more")
    if hints.date_format is not None:
        _check_format(hints.date_format)
    return Asked(
        header=header_of(hints.header),
        skip_rows=hints.skip_rows,
        decimal=hints.decimal,
        thousands=hints.thousands,
        layout=hints.layout,
        columns=hints.columns,
        date_format=hints.date_format,
    )


def _check_format(form: str) -> None:
    try:
        if not fits_format(datetime(2001, 2, 3).strftime(form), form) or "%" not in form:
            raise ValueError
    except (ValueError, re.error):
        raise UsageError(
            f"--date-format {form!r}: no format of dates; one such is '%d/%m/%Y %H:%M'"
        ) from None


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


def head_in(text: TextFile, hints: Hints, notes: list[str]) -> Head:
    """Read the head of a file, let its rows begin where they do, and add notes on it."""
    asked = asked_of(hints)
    lines = lines_of(text.head(asked.before), hints.skip_rows)
    if max((len(line.text) for line in lines), default=0) > 2 * MAX_COLUMNS:
        _refuse_wide([line.text for line in lines if line.is_row])
    start = start_of(lines, asked)
    text.begins = start.skipped
    notes += [text.note] if text.note else []
    notes += start.notes
    width = len(start.names or start.dialect.cells(start.rows[0])) if start.rows else 0
    if start.marks:
        text.words = tuple(dict.fromkeys((*text.words, *start.marks)))
        notes.append(f"{', '.join(start.marks)} means missing, as the comments say")
    notes += leave_trailer(text, start.dialect, width) if width else []
    if start.dialect.decimal == "," and hints.decimal is None and hints.thousands is None:
        notes.append("decimal commas recognised")
    head = head_of(start.rows, start.dialect, start.layout, start.names, start.raw)
    if head.names:
        head = with_joined(head, hints.columns, start.rows)
    notes += _commented_before(lines, start, head, hints.skip_rows)
    units = {i: unit for i, unit in enumerate(start.units) if unit}
    if head.names:
        for i, name in enumerate(start.names or ()):
            found = unit_in_name(name) if i not in units else None
            units.update({i: found} if found else {})
    units = {i: unit for i, unit in units.items() if head.kinds[i] == "number"}
    return replace(head, units=units, told=told_of(start), grid=start.grid)


def _commented_before(
    lines: Sequence[Line], start: Start, head: Head, skipped: int
) -> Iterator[str]:
    """Yield a note of comments that read as rows before the first row."""
    found = CommentedRows(head)
    for line in lines:
        between = skipped < line.number <= start.skipped and line.number != start.line
        if between and (line.text.lstrip()[:1] in ("#", "%") or is_remark(line.text)):
            found.see_line(line.number, line.text)
    return found.notes()


def told_of(start: Start) -> str:
    """Return what was found out about the head of a file, as a description of it.

    >>> from gradcli.formats.csv.sniff import Dialect
    >>> told_of(Start(Dialect(";", ","), 3, ["t", "U"], "t;U", ["0;1,5"], line=2))
    "CSV, ';' between cells, decimal commas, names on line 2, rows from line 4"
    """
    mark = {"\t": "tabs", " ": "blanks"}.get(start.dialect.delimiter)
    if start.grid is not None:
        return f"CSV, a grid of ESRI, rows from line {start.skipped + 1}"
    parts = [f"{mark or repr(start.dialect.delimiter)} between cells"]
    parts += ["decimal commas"] if start.dialect.decimal == "," else []
    parts += [f"names on line {start.line}"] if start.line else []
    parts += [f"rows from line {start.skipped + 1}"] if start.skipped > 1 else []
    return ", ".join(["CSV", *parts])


def _refuse_wide(rows: list[str]) -> None:
    fields = max(max(row.count(mark) for mark in ",;\t ") for row in rows) + 1
    if fields > MAX_COLUMNS:
        raise InputError(f"its first rows have {fields} fields; at most {MAX_COLUMNS} are read")


def unasked(head: Head, hints: Hints) -> frozenset[int]:
    """Return the columns that are neither an axis nor a variable that was asked for."""
    if not hints.variables or not head.names or hints.layout == "long":
        return frozenset()
    asked = set(hints.variables) | {",".join(hints.variables)} | {hints.by}
    asked |= {part for each in hints.variables for part in each.split(",")}
    chosen = asked_columns(head, hints.columns, range(head.width))[0]
    return frozenset(
        i for i, name in enumerate(head.names) if name not in asked and i not in chosen
    )


def asked_columns(
    head: Head, columns: tuple[str, ...], numbers: Sequence[int]
) -> tuple[list[int], bool]:
    """Return the columns that options name, and whether an axis is given by its index.

    They must be among ``numbers``, which are the columns of numbers and dates.
    """
    named: list[int] = []
    index = False
    times = [i for i, kind in enumerate(head.kinds) if kind == "time"]
    for name in rejoined(columns, head.names):
        if (column := head.find(name)) is not None:
            named.append(column)
        elif name.lstrip("-").isdigit():
            index = True
        elif name.lower() == "t" and len(times) == 1:
            named.append(times[0])
        else:
            raise suggest("axis", name, head.names)
    for column in named:
        if column not in numbers:
            raise wordy(head, column)
    return named, index


def wordy(head: Head, column: int) -> InputError:
    """Return the error for a coordinate in a column of words."""
    name = printable(head.names[column])
    such = head.unclear.get(column)
    if such is None:
        return InputError(
            f"the column {name} holds words; expected numbers or dates as coordinates"
        )
    form = "'%d.%m.%Y'" if "." in such else "'%d/%m/%y %H:%M'"
    return InputError(
        f"the column {name} holds {printable(such)!r:.60}, which may be more than one day; "
        f"say how its dates are written (--date-format, such as {form})"
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
