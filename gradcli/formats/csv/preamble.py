"""Lines before a table that are no part of it, and what they say of its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from gradcli.formats.csv.slab import BREAK
from gradcli.formats.csv.sniff import Dialect, is_number, kind_of
from gradcli.formats.csv.units import is_unit, unit_in_cell

# Marks of remarks before a table, besides # and %: Sea-Bird, Fortran, C and many instruments.
_REMARK = re.compile(r"\s*(?:\*|!|//|;(?=\s[^;]*$|[=*-]{3}))")
_SETTING = re.compile(r"[\s#%*;!/]*[A-Za-z][\w .()-]*=")
_NUMBERED = re.compile(r"[\s#%*;!]*(?:name|column|col)[\s._]*(\d+)\s*[:=]\s*(\S.*)", re.I)
_BRACKET = re.compile(r"\[([^\[\]]*)\]\s*$")
_FLAG = re.compile(r"[\s#%*;!]*bad_flag\s*=\s*(\S+)", re.I)


class Told(NamedTuple):
    """The columns that remarks describe one by one, their units, and what marks missing values."""

    names: list[str]
    units: list[str]
    line: int


def is_remark(text: str) -> bool:
    """Return whether a line before a table is a remark by its mark.

    >>> [is_remark(text) for text in ("* Sea-Bird SBE 9", "; Scan 1", "!1,2", ";a;b", "-1")]
    [True, True, True, False, False]
    """
    return _REMARK.match(text) is not None


def is_setting(text: str, dialect: Dialect) -> bool:
    """Return whether a line gives settings, such as ``T=20;Mw=94``, and is no line of names.

    Names may hold ``=`` where they are cells of their own.

    >>> blanks = Dialect(" ")
    >>> is_setting("Mw=94; Mn=50;", blanks), is_setting("T=20 T=30", blanks)
    (True, False)
    """
    if not _SETTING.match(text):
        return False
    return "=" not in dialect.cells(text)[0] or (dialect.delimiter != ";" and ";" in text)


def holds_numbers(text: str) -> bool:
    """Return whether a line is a row of numbers in any dialect, which no preamble may hold."""
    for delimiter in ",;\t ":
        for decimal in ".,":
            dialect = Dialect(delimiter, decimal)
            kinds = {kind_of(cell, dialect) for cell in dialect.cells(text) if cell}
            if kinds and "text" not in kinds:
                return True
    return False


def is_names(cells: Sequence[str], dialect: Dialect) -> bool:
    """Return whether cells may be names: words alone.

    >>> is_names(["t", "U"], Dialect()), is_names(["t", "1,5"], Dialect(";"))
    (True, False)
    """
    # 1,5 is no name, whatever the decimal mark is.
    kinds = {kind_of(cell, dialect) for cell in cells if cell}
    return kinds == {"text"} and not any(is_number(cell, ",") for cell in cells)


def first_row(texts: Sequence[str], dialect: Dialect) -> int:
    """Return the place of the first row that is no preamble.

    A preamble is lines of another number of cells, with words, before a line of names or a row of
    numbers of as many cells as most rows have towards the end. Spreadsheets fill its lines up with
    empty cells. Directly above the rows stand names or settings: names for fewer or more columns
    than there are may not be skipped.
    """
    cells = dialect.table(texts)
    widths = [len(row) for row in cells]
    width = Counter(widths[len(widths) // 2 :]).most_common(1)[0][0]
    first = next(place for place, size in enumerate(widths) if size == width)
    if first == 0:
        first = _filled(cells, dialect) or _above_names(cells, dialect)
        first = first or int(is_setting(texts[0], dialect) and len(texts) > 1)
    lines = [line for text in texts[:first] for line in text.split(BREAK.decode())]
    if first == 0 or any(holds_numbers(_ended(line, dialect)) for line in lines):
        return 0
    if not any(cells[0]) or not (all(map(any, cells[:first])) or is_names(cells[first], dialect)):
        return 0
    before = cells[first - 1]
    if len(before) == width:
        return first
    if (
        width > 2
        and 1 < len(before) < width
        and not any(map(bool, [c for row in cells[first:] for c in row[len(before) :]]))
    ):
        return first - 1  # names, above rows that end with empty cells
    if len(before) > width and not any(before[width:]) and all(before[:1]):
        return first - 1  # names that end with empty cells
    if is_names(cells[first], dialect):
        return first
    named = len(before) > 1 and is_names(before, dialect)
    named = named and not is_setting(texts[first - 1], dialect)
    return first if width > 1 and not named else 0


def _ended(text: str, dialect: Dialect) -> str:
    """Return a line without delimiters at its end."""
    return text if dialect.delimiter == " " else text.rstrip(f"{dialect.delimiter} \t\r")


def _filled(cells: Sequence[Sequence[str]], dialect: Dialect) -> int:
    """Return the place of the first line of names without empty cells, below lines with such."""
    if dialect.delimiter == " " or len(cells[0]) < 3 or cells[0][-1]:
        return 0
    first = next((place for place, row in enumerate(cells) if all(row)), 0)
    if not is_names(cells[first], dialect) or not _rows_follow(cells, first, dialect):
        return 0
    # Two empty cells and more: a line of names may lack the last one.
    return first if all(not any(row[-2:]) for row in cells[:first]) else 0


def _above_names(cells: Sequence[Sequence[str]], dialect: Dialect) -> int:
    """Return 1 if a line of words and numbers stands above a line of names, else 0."""
    kinds = {kind_of(cell, dialect) for cell in cells[0] if cell}
    above = kinds > {"text"} and len(cells) > 2 and is_names(cells[1], dialect)
    named = above and all(cells[1]) and len(cells[1]) == len(cells[0]) > 2
    return 1 if named and _rows_follow(cells, 1, dialect) else 0


def _rows_follow(cells: Sequence[Sequence[str]], place: int, dialect: Dialect) -> bool:
    below = [kind_of(cell, dialect) for row in cells[place + 1 :][:5] for cell in row]
    return below.count("number") + below.count("time") > 0


def closing(names: Sequence[str], texts: Sequence[str], dialect: Dialect) -> int:
    """Return how many lines between names and rows are words of another number of cells: 0 or 1.

    >>> closing(["f", "Z"], ["End of comments", "1,2"], Dialect()), closing(["a"], ["b"], Dialect())
    (1, 0)
    """
    if len(texts) < 2 or len(names) < 2:
        return 0
    cells, below = dialect.cells(texts[0]), dialect.cells(texts[1])
    odd = len(cells) != len(names) == len(below) and is_names(cells, dialect)
    return int(odd and holds_numbers(texts[1]))


def numbered(comments: Sequence[tuple[int, str]], width: int) -> Told | None:
    """Return the columns that remarks describe one by one, if they describe every column.

    >>> numbered([(1, "# name 0 = prDM: Pressure [db]"), (2, "# name 1 = t: T [T90, deg C]")], 2)
    Told(names=['prDM', 't'], units=['db', 'deg C'], line=2)
    >>> numbered([(1, "# Column.1: energy eV || X"), (2, "# Column.2: i0")], 2)
    Told(names=['energy', 'i0'], units=['eV', ''], line=2)
    """
    found: dict[int, str] = {}
    last = 0
    for line, text in comments:
        match = _NUMBERED.match(text)
        if match is not None:
            found[int(match[1])] = match[2].partition("||")[0].strip()
            last = line
    first = min(found, default=0)
    if first > 1 or sorted(found) != list(range(first, first + width)):
        return None
    told = [_described(found[place]) for place in sorted(found)]
    return Told([name for name, _ in told], [unit for _, unit in told], last)


def _described(text: str) -> tuple[str, str]:
    """Return the name and the units in ``t090C: Temperature [ITS-90, deg C]`` or ``energy eV``."""
    bracket = _BRACKET.search(text)
    inner = bracket[1].rpartition(",")[2].strip() if bracket else ""
    name, colon, _ = text.partition(": ")
    if not colon and bracket is None:
        name, _, inner = text.rpartition(" ")
        name, inner = (name, inner) if name and is_unit(inner) else (text, "")
    elif not colon and bracket is not None:
        name = text[: bracket.start()]
    return name.strip(), inner if is_unit(inner) or inner == "db" else ""


def flags(comments: Sequence[str]) -> tuple[str, ...]:
    """Return what remarks say that marks a missing value.

    >>> flags(["# interval = 1", "# bad_flag = -9.990e-29"])
    ('-9.990e-29',)
    """
    return tuple(match[1] for text in comments if (match := _FLAG.match(text)))


def units_below(
    width: int, rows: Sequence[Sequence[str]], dialect: Dialect
) -> tuple[int, list[str]]:
    """Return how many rows below the names belong to them: units, and words; and the units.

    One row must hold units alone, where numbers follow. A second row of words, such as the kinds of
    means that loggers write, says that both belong to the names.

    >>> rows = [["TS", "m/s"], ["", "Smp"], ["2020-01-01", "1"], ["2020-01-02", "2"]]
    >>> units_below(2, rows, Dialect()), units_below(2, [["a", "Smp"], *rows[2:]], Dialect())
    ((2, ['TS', 'm/s']), (0, []))
    """
    if len(rows) < 2:
        return 0, []
    cells = rows[0]
    numeric = [
        place
        for place in range(len(cells))
        if any(_counts(row, place, dialect) for row in rows[1:])
    ]
    if len(cells) != width or not _is_wordy(cells, numeric, dialect):
        return 0, []
    units = [unit_in_cell(cell) for cell in cells]
    double = len(rows) > 3 and len(rows[1]) == width and _is_wordy(rows[1], numeric, dialect)
    if not double and None in [units[place] for place in numeric]:
        return 0, []
    return 1 + double, [unit or "" for unit in units]


def _counts(row: Sequence[str], place: int, dialect: Dialect) -> bool:
    return place < len(row) and kind_of(row[place], dialect) in ("number", "time")


def _is_wordy(cells: Sequence[str], numeric: Sequence[int], dialect: Dialect) -> bool:
    """Return whether a row holds words, among them in columns of numbers, and no number."""
    filled = any(cells[place] for place in numeric if place < len(cells))
    # 1;1 is a word where commas part cells, and may be a row.
    return filled and not any(cell and holds_numbers(cell) for cell in cells)
