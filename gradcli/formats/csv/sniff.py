"""Detect delimiter, decimal mark, header, columns and layout from the first rows of a CSV file."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from gradcli.errors import InputError, printable
from gradcli.formats.csv.dates import DATE, are_compact_dates, are_unclear, day_first, fits_format
from gradcli.formats.csv.esri import Grid
from gradcli.formats.csv.slab import BREAK
from gradcli.formats.csv.thousands import ungrouped
from gradcli.record import field, record, replace

SAMPLE_ROWS = 200
SAMPLE_BYTES = 2**18
PREFIX = 2**12
MAX_COLUMNS = 2**20

# What is written for a missing value, in a dictionary because nearly every cell is looked up.
_MISSING = (
    *("", "NA", "N/A", "n/a", "NULL", "null", "nan", "NaN", "NAN", "-nan", "+nan", "-NaN"),
    # What spreadsheets write for a value that cannot be computed, in English and German.
    *("#DIV/0!", "#N/A", "#N/A!", "#NA", "#NV", "#NUM!", "#VALUE!", "#REF!", "#NAME?", "#NULL!"),
    *("#ZAHL!", "#WERT!", "#BEZUG!"),
    # What instruments write for an overload or no value, and C libraries for NaN.
    *("--", "---", "OL", "+OL", "-OL", "O.L", "OVLD"),
    *("1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND", "1.#SNAN", "-nan(ind)", "nan(ind)"),
)
MISSING = dict.fromkeys(_MISSING)
NUMBER = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|inf|infinity|nan)", re.I | re.A
)
COMMA_NUMBER = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?", re.A)
INTEGER = re.compile(r"[+-]?\d+", re.A)
LONG = 2**46  # larger integers as float64 come too close to the rounding of equal steps
# A field including its quotes, up to the next delimiter. The quantifiers are possessive, because
# backtracking would take memory for each character.
_RAW = {d: re.compile(f'(?:"(?:[^"]++|"")*+"|[^{d}"]++|")*+') for d in (",", ";", "\t", " ")}


@record(frozen=True)
class Dialect:
    """The dialect of a CSV file: how rows are split into fields.

    Attributes
    ----------
    delimiter : str
        The delimiter between fields. A space stands for any run of spaces and tabs.
    decimal : str
        The decimal mark.
    trailing : bool
        Whether each row ends with a delimiter that no field follows.
    joiner : str
        The delimiter to write.
    thousands : str or None
        The mark between groups of three digits, if there is one.
    dates : str or None
        How dates are written, as `datetime.strptime` reads them, besides ISO 8601.
    """

    delimiter: str = ","
    decimal: str = "."
    trailing: bool = False
    joiner: str = ","
    thousands: str | None = None
    dates: str | None = None

    def cells(self, row: str) -> list[str]:
        """Return the fields of a row without quotes and padding."""
        if '"' in row:
            if self.delimiter == " ":
                row = row.replace("\t", " ")
            try:
                row = row.replace("\r", " ")
                parts = next(csv.reader([row], delimiter=self.delimiter, skipinitialspace=True), [])
            except csv.Error as error:
                raise InputError(f"a row with quotes cannot be read: {error}") from error
            if self.delimiter == " ":
                parts = [part for part in parts if part]
        elif self.delimiter == " ":
            parts = row.split()
        else:
            parts = row.split(self.delimiter)
        parts = parts[:-1] if self.trailing else parts
        padded = " " in row or "\t" in row or "\r" in row
        return [part.strip(" \t\r") for part in parts] if padded else parts

    def table(self, rows: Sequence[str]) -> list[list[str]]:
        """Return the fields of rows, as `cells` does for one.

        >>> Dialect().table(["1, 2", '"a",b'])
        [['1', '2'], ['a', 'b']]
        """
        text = "\n".join(rows)
        if self.trailing or self.delimiter == " " or any(mark in text for mark in '" \t\r'):
            return [self.cells(row) for row in rows]
        return [row.split(self.delimiter) for row in rows]

    def raw_cells(self, row: str, limit: int = -1) -> list[str]:
        """Return the fields of a row unchanged; with ``limit``, only that many are reliable."""
        if self.delimiter == " ":
            row = row.replace("\t", " ").strip() if '"' in row else " ".join(row.split())
        if '"' not in row:
            return row.split(self.delimiter, limit)
        cells: list[str] = []
        place = 0
        while place <= len(row) and len(cells) != limit:
            match = _RAW[self.delimiter].match(row, place)
            assert match is not None
            cells.append(match[0])
            place = match.end() + 1
        return [cell for cell in cells if cell] if self.delimiter == " " else cells

    def quote(self, name: str) -> str:
        """Return a name as a field of the header, in quotes if it needs them."""
        special = {'"', "\n", "\r", self.joiner, "#"} | (
            {" ", "\t"} if self.joiner in " \t" else set()
        )
        if name and not special & set(name) and name == name.strip():
            return name
        return '"' + name.replace('"', '""') + '"'


def is_number(cell: str, decimal: str = ".") -> bool:
    """Return whether a cell is a number.

    >>> is_number("-1e5"), is_number("1,5", ","), is_number("1_000")
    (True, True, False)
    """
    if NUMBER.fullmatch(cell):
        return True
    return decimal == "," and COMMA_NUMBER.fullmatch(cell) is not None


def kind_of(cell: str, dialect: Dialect) -> str:
    """Return the kind of a cell: ``missing``, ``number``, ``time`` or ``text``.

    >>> dialect = Dialect(dates="%d/%m/%y", thousands=".", decimal=",")
    >>> [kind_of(cell, dialect) for cell in ("OL", "1.250,5", "03/05/22", "2020-01-31", "m")]
    ['missing', 'number', 'time', 'time', 'text']
    """
    if cell in MISSING:
        return "missing"
    if dialect.dates is not None and fits_format(cell, dialect.dates):
        return "time"
    if is_number(ungrouped(cell, dialect.thousands), dialect.decimal):
        return "number"
    return "time" if DATE.fullmatch(cell) or day_first(cell) else "text"


def sniff(
    rows: list[str],
    decimal: str | None,
    delimiter: str | None = None,
    thousands: str | None = None,
    dates: str | None = None,
) -> Dialect:
    """Return the dialect in which the first rows are most regular and most numeric."""
    if thousands is not None and decimal is None:
        decimal = "," if thousands == "." else "."
    best, found = 0.0, Dialect(delimiter or (";" if decimal == "," else ","), decimal or ".")
    known = Dialect(thousands=thousands, dates=dates)
    # In a tie the first wins. Tabs come before spaces, because a run of spaces hides empty fields.
    for mark in delimiter or ";\t, ":
        if mark == decimal and not any('"' in row for row in rows):
            continue
        score, point = _regularity(rows, replace(known, delimiter=mark), decimal)
        if score > best + 1e-3:
            best, found = score, Dialect(mark, point)
    delimiter = found.delimiter
    tabs = delimiter == " " and any("\t" in row for row in rows)
    trailing = delimiter != " " and len(rows) > 0 and all(r.endswith(delimiter) for r in rows)
    # In `1,` the last field is empty; in `1,2,` on every row the last delimiter has no meaning.
    trailing &= all(row.count(delimiter) > 1 for row in rows) or delimiter == "\t"
    joiner = "\t" if tabs else delimiter
    return Dialect(delimiter, found.decimal, trailing, joiner, thousands, dates)


def _regularity(rows: list[str], dialect: Dialect, decimal: str | None) -> tuple[float, str]:
    long, delimiter = any(len(row) > PREFIX for row in rows), dialect.delimiter
    heads = [row[:PREFIX] for row in rows] if long else rows
    if not any(mark in row for mark in (" \t" if delimiter == " " else delimiter) for row in rows):
        return 0.0, "."  # every row is one cell
    try:
        cells = dialect.table(heads)
    except InputError:
        return 0.0, "."
    # A row that is cut is cut in another cell than the others.
    widths = Counter(map(len, cells))
    if long:
        widths = Counter(
            len(row) if len(text) <= PREFIX or '"' in text else len(dialect.cells(text))
            for row, text in zip(cells, rows, strict=True)
        )
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    if width < 2:
        return 0.0, "."
    body = [cell for row in cells[1:] or cells for cell in row]
    commas = (
        delimiter != "," and decimal is None and _commas([cell for row in cells for cell in row])
    )
    mark = decimal or ("," if commas else ".")
    told = replace(dialect, decimal=mark)
    doubtful = body
    if dialect.thousands is dialect.dates is None:  # then most numbers are seen at once
        doubtful = [cell for cell in body if not NUMBER.fullmatch(cell)]
    bad = sum(kind_of(cell, told) == "text" for cell in doubtful)
    good = len(body) - bad
    return count / len(rows) * (0.05 + good / max(len(body), 1)), mark


def _commas(cells: list[str]) -> bool:
    with_comma = any(COMMA_NUMBER.fullmatch(cell) for cell in cells)
    # 1.250 beside 0,5 may be a thousand; it is refused later, unless --thousands is given.
    return with_comma and not any(
        "." in cell and NUMBER.fullmatch(cell) and ungrouped(cell, ".") == cell for cell in cells
    )


@record(frozen=True)
class Head:
    """The properties of a CSV file that are known before its numbers are read.

    Attributes
    ----------
    dialect : Dialect
        How rows are split into fields.
    names : list of str
        The names of the columns from the header, or an empty list without a header.
    first : list of str
        The fields of the header, or of the first row if there is no header.
    raw_header : str
        The header as text, unchanged.
    kinds : list of str
        The kind of each column: ``number``, ``time`` or ``text``.
    layout : str
        ``matrix``, ``crosstab`` or ``table`` (which may turn out to be ``long``).
    bases : dict of int to int
        Columns of long integers, each with its first number. Their numbers count from it, because
        float64 would round them.
    units : dict of int to str
        The units of columns.
    unclear : dict of int to str
        Columns of words that may be dates, each with the first of them.
    told : str
        What was found out, as a description of the file.
    compact : dict of int to str
        Columns whose dates have no punctuation, such as 20200131, each with the first of them.
    clocks : dict of int to int
        Columns of dates, each with the column that holds the time of day.
    called : dict of int to str
        What such columns of dates are called together with those times.
    grid : Grid or None
        The header of a grid of ESRI.
    """

    dialect: Dialect
    names: list[str]
    first: list[str]
    raw_header: str
    kinds: list[str]
    layout: str
    bases: dict[int, int] = field(default_factory=dict)
    compact: dict[int, str] = field(default_factory=dict)
    grid: Grid | None = None
    units: dict[int, str] = field(default_factory=dict)
    unclear: dict[int, str] = field(default_factory=dict)
    told: str = "CSV"
    clocks: dict[int, int] = field(default_factory=dict)
    called: dict[int, str] = field(default_factory=dict)

    def name(self, column: int) -> str:
        """Return the name of a column as an axis."""
        return self.called.get(column, self.names[column])

    def find(self, name: str) -> int | None:
        """Return the column of this name, or that of dates which with times is called by it."""
        if name in self.names:
            return self.names.index(name)
        return next((column for column, called in self.called.items() if called == name), None)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.kinds)

    @property
    def worded(self) -> list[str]:
        """The names of the columns of words."""
        named = zip(self.names, self.kinds, strict=False)
        clocks = {self.names[column] for column in self.clocks.values()}
        return [name for name, kind in named if kind == "text" and name not in clocks]


def head_of(
    rows: list[str],
    dialect: Dialect,
    layout: str,
    names: list[str] | None,
    raw: str = "",
) -> Head:
    """Detect the columns from the first rows; ``names`` are the cells of the header."""
    body = dialect.table(rows)
    first = body[0] if names is None else names
    if len(first) > MAX_COLUMNS:
        raise InputError(f"its first row has {len(first)} fields; at most {MAX_COLUMNS} are read")
    kinds, compact, unclear = ["number"] * len(first), {}, {}
    names = _unique(first) if layout in ("table", "long") else []
    for i, name in enumerate(names):
        cells = [r[i] for r in body if i < len(r)]
        kinds[i] = _column_kind(cells, dialect)
        present = _present(cells)
        if kinds[i] == "number" and are_compact_dates(name, present):
            kinds[i] = "time"
            compact[i] = present[0]
        elif kinds[i] == "time" and are_unclear(present, dialect.dates):
            kinds[i] = "text"
            unclear[i] = present[0]
        elif kinds[i] == "text" and present and present[0][:1].isdigit():
            unclear[i] = present[0]
    if layout == "matrix" and len(first) == 1:
        dates = _column_kind([cell for row in body for cell in row], dialect) == "time"
        kinds = ["time" if dates else "number"]
    whole = [0] if layout == "crosstab" or len(first) == 1 else range(len(names))
    found = {i: _base([r[i] for r in body if i < len(r)]) for i in whole if kinds[i] == "number"}
    bases = {i: base for i, base in found.items() if base is not None}
    return Head(dialect, names, first, raw, kinds, layout, bases, compact, unclear=unclear)


def _present(cells: list[str]) -> list[str]:
    return [cell for cell in cells if cell not in MISSING]


def _base(cells: list[str]) -> int | None:
    """Return the first number of a column of long integers; None for any other column."""
    cells = _present(cells)
    if max(map(len, cells), default=0) < len(str(LONG)) or not all(map(INTEGER.fullmatch, cells)):
        return None
    numbers = [int(cell) for cell in cells]
    return numbers[0] if max(map(abs, numbers)) > LONG and max(numbers) < 2**63 else None


def _column_kind(cells: list[str], dialect: Dialect) -> str:
    if dialect.thousands is dialect.dates is None and all(map(NUMBER.fullmatch, cells)):
        return "number"
    counts = Counter(kind_of(cell, dialect) for cell in cells)
    if not counts["text"] and not counts["time"]:
        return "number"
    # A word among numbers is an error, which is reported later; numbers among words are labels.
    for kind in ("number", "time"):
        if counts[kind] > sum(counts.values()) - counts["missing"] - counts[kind]:
            return kind
    return "text"


def _unique(names: list[str]) -> list[str]:
    taken: set[str] = set()
    unique = []
    for i, name in enumerate(names, 1):
        # A name may have line breaks within quotes.
        name = name.replace(BREAK.decode(), "\n") or f"column{i}"
        name = name if name not in taken else f"{name}_{i}"
        taken.add(name)
        unique.append(name)
    return unique


def to_number(cell: str, dialect: Dialect) -> float:
    """Return the number in a cell, or NaN if it is missing."""
    if cell in MISSING:
        return float("nan")
    cell = ungrouped(cell, dialect.thousands)
    cell = re.sub("[dD]", "e", cell)  # the exponent of Fortran
    return float(cell.replace(",", ".") if dialect.decimal == "," else cell)


def bad_cell(row: str, line: int, head: Head) -> InputError | None:
    """Return the error for the first cell of a row that is not of the kind of its column."""
    for i, (cell, kind) in enumerate(zip(head.dialect.cells(row), head.kinds, strict=False)):
        found = kind_of(cell, head.dialect)
        if kind == "text" or found in ("missing", kind) or (i in head.compact and cell.isdigit()):
            continue
        if i in head.clocks:
            continue  # its format may be that of a date and a time
        column = repr(printable(head.names[i])) if head.names else str(i + 1)
        wanted = "a number" if kind == "number" else "a date in ISO 8601"
        wanted = (
            f"a date as {head.dialect.dates}" if kind != "number" and head.dialect.dates else wanted
        )
        cell = printable(cell.replace(BREAK.decode(), " "))
        return InputError(f"line {line}, column {column}: {cell!r:.60} is not {wanted}")
    return None
