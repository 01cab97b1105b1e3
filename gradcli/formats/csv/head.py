"""Decide where the rows of a CSV file begin, and what stands before them: names, units, a preamble.

`start_of` decides once, from the first lines of the file as they are. All that reads the file
afterwards begins at the line that it found.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from gradcli.errors import InputError, UsageError, printable
from gradcli.formats.csv.commas import check_commas
from gradcli.formats.csv.crosstab import is_crosstab
from gradcli.formats.csv.esri import Grid, grid_of
from gradcli.formats.csv.gnuplot import counted
from gradcli.formats.csv.lines import Line
from gradcli.formats.csv.preamble import (
    closing,
    first_row,
    flags,
    holds_numbers,
    is_names,
    is_remark,
    is_setting,
    numbered,
    units_below,
)
from gradcli.formats.csv.slab import BREAK
from gradcli.formats.csv.sniff import Dialect, kind_of, sniff
from gradcli.formats.csv.units import unit_in_cell
from gradcli.record import field, record, replace

_SEP = re.compile(r'"?sep=(.)"?', re.I)
_MARKS = "#%"
_ENDS = (":", "=")  # of words that say what follows
NEAR = 5  # lines of comments above the rows that may name the columns
WAYS = "--header {0}, if it names the columns; --header none, if it is a row like those below"


@record(frozen=True)
class Asked:
    """What the user says of the head of a file.

    Attributes
    ----------
    header : int, str or None
        The number of the line of names, ``none``, or None to find it.
    skip_rows : int
        How many lines to skip before anything else.
    """

    header: int | str | None = None
    skip_rows: int = 0
    decimal: str | None = None
    thousands: str | None = None
    layout: str | None = None
    columns: tuple[str, ...] = ()
    date_format: str | None = None

    @property
    def before(self) -> int:
        """How many lines go before those that may name the columns."""
        named = self.header - 1 if isinstance(self.header, int) else 0
        return max(self.skip_rows, named)


@record(frozen=True)
class Start:
    """Where the rows of a file begin, and what was found before them.

    Attributes
    ----------
    dialect : Dialect
    skipped : int
        How many lines of the file go before the first row of numbers.
    names : list of str or None
        The cells of the line of names (of a crosstab: its first row), or None if there is none.
    raw : str
        The text of that line; empty if there is none.
    rows : list of str
        The first rows of numbers.
    units : list of str
        What the row of units says of each column; empty without such a row.
    layout : str
        ``matrix``, ``crosstab``, ``table`` (which may turn out to be ``long``) or ``long``.
    line : int
        The line of names, 0 if there is none.
    notes : tuple of str
        What was skipped or taken for something.
    marks : tuple of str
        What remarks before the rows say that means missing.
    grid : Grid or None
        The header of a grid of ESRI.
    """

    dialect: Dialect
    skipped: int
    names: list[str] | None
    raw: str
    rows: list[str]
    units: list[str] = field(default_factory=list)
    layout: str = "matrix"
    line: int = 0
    notes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    grid: Grid | None = None


def start_of(lines: Sequence[Line], asked: Asked) -> Start:
    r"""Decide where the rows begin, from the first lines of a file.

    Raises
    ------
    InputError
        It cannot be told whether a line holds names or numbers.

    Examples
    --------
    >>> from gradcli.formats.csv.lines import lines_of
    >>> start = start_of(lines_of("Bench 2\n\nt;U\ns;mV\n0;1,5\n1;2,5\n"), Asked())
    >>> start.skipped, start.names, start.units, start.dialect.decimal
    (4, ['t', 'U'], ['s', 'mV'], ',')
    """
    lines = [line for line in lines if line.number > asked.skip_rows]
    grid = grid_of([line.text for line in lines]) if asked.header is None else None
    if grid is not None and asked.layout in (None, "matrix"):
        texts = [line.text for line in lines[grid.lines :] if line.is_row]
        dialect = sniff(texts, asked.decimal, " ")
        return Start(dialect, lines[grid.lines - 1].number, None, "", texts, grid=grid)
    filled = [line for line in lines if line.text.strip(" ")]
    delimiter = None
    said = _SEP.fullmatch(filled[0].text.strip(" ")) if filled else None
    if said is not None:
        delimiter = said[1]
        lines = [line for line in lines if line.number > filled[0].number]
    if isinstance(asked.header, int):
        return _by_number(lines, asked, delimiter)
    comments, rows = _parted(lines)
    if not rows:
        raise InputError("holds no rows; expected CSV")
    dialect = _dialect(rows, asked, delimiter)
    # A line of tabs has no cells, where blanks part them.
    if dialect.delimiter == " ":
        rows = [row for row in rows if dialect.cells(row.text)]
    if not rows:
        raise InputError("holds no rows; expected CSV")
    first = first_row([row.text for row in rows], dialect)
    comments = [line for line in comments if line.number < rows[first].number]
    notes = _remarks(comments) + _skipped(rows[:first], rows[first])
    start = _named(comments, rows[first:], dialect, asked, notes)
    return replace(start, marks=flags([line.text for line in comments]))


def _parted(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return comments and rows; lines with %, * and the like before them are comments, too."""
    comments: list[Line] = []
    rows: list[Line] = []
    for line in lines:
        marked = not rows and (line.text.lstrip().startswith("%") or is_remark(line.text))
        if line.is_row and not marked:
            rows.append(line)
        elif line.text.strip(" "):
            comments.append(line)
    return comments, rows


def _dialect(rows: Sequence[Line], asked: Asked, delimiter: str | None) -> Dialect:
    texts = [row.text for row in rows]

    def told(texts: list[str]) -> tuple[Dialect, int]:
        found = sniff(texts, asked.decimal, delimiter, asked.thousands, asked.date_format)
        return found, len(set(map(len, found.table(texts))))

    dialect, widths = told(texts)
    if widths > 1:
        # Lines before the table may mislead; those further down are more likely rows of it.
        later, regular = told(texts[len(texts) // 2 :])
        kinds = {kind_of(cell, later) for cell in later.cells(texts[-1]) if cell}
        if regular == 1 and len(later.cells(texts[-1])) > 1 and kinds & {"number", "time"}:
            return replace(later, trailing=later.trailing and _all_end(texts, later.delimiter))
    return dialect


def _all_end(texts: Sequence[str], delimiter: str) -> bool:
    return all(text.endswith(delimiter) for text in texts)


def _remarks(comments: Sequence[Line]) -> list[str]:
    found = [line.number for line in comments if is_remark(line.text)]
    if not found:
        return []
    what = f"line {found[0]}" if len(found) == 1 else f"{len(found)} lines from line {found[0]} on"
    return [f"{what} skipped as remarks, by the mark at the front"]


def _skipped(preamble: Sequence[Line], first: Line) -> list[str]:
    if not preamble:
        return []
    one, last = preamble[0].number, preamble[-1].number + preamble[-1].height - 1
    what = f"line {one} is" if one == last else f"lines {one} to {last} are"
    return [f"{what} skipped as a preamble; the table begins on line {first.number}"]


def _named(
    comments: Sequence[Line],
    rows: Sequence[Line],
    dialect: Dialect,
    asked: Asked,
    notes: list[str],
) -> Start:
    """Tell names, units and rows apart, in lines without a preamble."""
    top, texts = rows[0], [row.text for row in rows]
    bare = Start(dialect, top.number - 1, None, "", texts, notes=tuple(notes))
    first = dialect.cells(top.text)
    if not is_names(first, dialect):
        check_commas([(row.number, row.text) for row in rows], dialect, asked.decimal)
    if asked.layout == "matrix":
        return bare
    if asked.header == "none":
        names = [f"c{place}" for place in range(len(first))]
        raw = dialect.joiner.join(names) + (dialect.joiner if dialect.trailing else "")
        return replace(bare, names=names, raw=raw, layout=asked.layout or "table")
    body = dialect.table(texts[1:])
    if asked.layout == "crosstab" or (
        asked.layout is None
        and is_crosstab(first, body, dialect)
        and (first[0] == "" or first[0] not in asked.columns)
    ):
        return replace(_headed(bare, top, rows[1:]), layout="crosstab")
    sized = counted(first, body, dialect) if asked.layout is None else None
    if sized is not None:
        note = f"line {top.number} is read as {sized.note}"
        bare = replace(bare, notes=(*bare.notes, note))
        if sized.certain:
            return replace(_headed(bare, top, rows[1:]), layout="crosstab")
    bare = replace(bare, layout=asked.layout or "table")
    if is_names(first, dialect) and not holds_numbers(top.text):
        gap = closing(first, texts[1:], dialect)
        if gap:
            notes.append(f"line {rows[1].number} is skipped; it holds no names")
        headed = replace(_headed(bare, top, rows[1 + gap :]), notes=tuple(notes))
        headed = replace(headed, skipped=rows[gap].number + rows[gap].height - 1)
        return _with_units(headed, rows[1 + gap :])
    wanted = not any(c.lstrip("-").isdigit() and int(c) for c in asked.columns)
    told = numbered([(line.number, line.text) for line in comments], len(first))
    if told is not None and wanted:
        raw = dialect.joiner.join(map(dialect.quote, told.names))
        line = next(line for line in comments if line.number == told.line)
        return _behind(bare, line, told.names, raw, told.units)
    behind = _behind_mark(comments, len(first), dialect) if wanted else None
    if behind is not None:
        return _behind(bare, *behind)
    _refuse_mixed(first, top, dialect, asked)
    return replace(bare, layout="matrix")


def _headed(bare: Start, names: Line, rows: Sequence[Line]) -> Start:
    """Return a start whose names stand on a line."""
    _refuse_open(names, bare.dialect)
    cells, raw = bare.dialect.cells(names.text), names.text
    texts = [row.text for row in rows]
    below = bare.dialect.table(texts)
    width = max(map(len, below), default=len(cells))
    # Rows that end with empty cells, or names that do, are of the width of the others.
    if len(cells) < width and not any(cell for row in below for cell in row[len(cells) :]):
        mark = bare.dialect.delimiter
        if mark != " " and all(len(row) == width for row in below):
            raw += mark * (width - len(cells))
            cells += [""] * (width - len(cells))
    elif below and len(cells) > width and not any(cells[width:]):
        raw = bare.dialect.joiner.join(bare.dialect.raw_cells(raw)[:width])
        cells = cells[:width]
    line = names.number
    end = line + names.height - 1
    return replace(bare, skipped=end, names=cells, raw=raw, rows=texts, line=line)


def _refuse_open(names: Line, dialect: Dialect) -> None:
    """Raise InputError if a quote in the line of names closes nowhere, or below rows of numbers."""
    try:
        for _ in csv.reader([names.text], delimiter=dialect.delimiter, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise InputError(
                f"line {names.number}: a quote that opens among the names does not close in the "
                "first lines of the file"
            ) from error
    inner = names.text.split(BREAK.decode())[1:]
    if any(map(holds_numbers, inner)):
        raise InputError(
            f"line {names.number}: a quote that opens among the names closes on line "
            f"{names.number + names.height - 1}, below rows of numbers"
        )


def _with_units(start: Start, rows: Sequence[Line]) -> Start:
    """Return a start without the row of units below the names, if there is one."""
    assert start.names is not None
    cells = start.dialect.table([row.text for row in rows])
    count, units = units_below(len(start.names), cells, start.dialect)
    if not count:
        return start
    last = rows[count - 1]
    note = f"line {rows[0].number} is read as the units of the columns"
    note += f"; the words on line {last.number} are skipped" if count > 1 else ""
    end = last.number + last.height - 1
    notes = (*start.notes, note)
    return replace(start, skipped=end, rows=start.rows[count:], units=units, notes=notes)


def _behind_mark(
    comments: Sequence[Line], width: int, dialect: Dialect
) -> tuple[Line, list[str], str, list[str]] | None:
    """Return the last line behind # or % that names every column, with its cells and units."""
    units: list[str] = []
    for line in list(reversed(comments))[:NEAR] if width > 1 else ():
        raw = line.text.lstrip().lstrip(f"{_MARKS}*!;/").strip()
        try:
            cells = dialect.cells(raw)
        except InputError:
            continue
        if cells and cells[0][-1:] in _ENDS:
            if len(cells) != width + 1 or dialect.delimiter != " ":
                continue
            raw = raw.partition(cells[0])[2].strip()  # behind a word such as Columns:
            cells = cells[1:]
        # Quotes that are not paired, as in 5" wide, are those of a sentence.
        if len(cells) != width or not all(cells) or raw.count('"') % 2:
            continue
        if not is_names(cells, dialect) or is_setting(raw, dialect):
            continue
        if all(cell[0] + cell[-1] in ("[]", "()") for cell in cells) and not units:
            units = [unit_in_cell(cell) or "" for cell in cells]
            continue
        return line, cells, raw, units
    return None


def _behind(bare: Start, line: Line, cells: list[str], raw: str, units: list[str]) -> Start:
    note = f"the columns are named by the comment on line {line.number}"
    notes, at = (*bare.notes, note), line.number
    return replace(bare, names=cells, raw=raw, units=units, notes=notes, line=at)


def _refuse_mixed(first: Sequence[str], top: Line, dialect: Dialect, asked: Asked) -> None:
    kinds = {kind_of(cell, dialect) for cell in first if cell}
    ways = WAYS.format(top.number)
    if "text" in kinds:
        word = next(cell for cell in first if cell and kind_of(cell, dialect) == "text")
        raise InputError(
            f"line {top.number}: its first row mixes words ({printable(word)!r:.60}) and numbers; "
            f"{ways}"
        )
    if "time" in kinds:
        raise InputError(
            "its first row holds dates and numbers, not names; "
            f"a table needs a header that names its columns: {ways}"
        )
    if asked.layout in ("table", "long"):
        raise InputError(f"line {top.number}: its first row holds numbers, not names; {ways}")


def _by_number(lines: Sequence[Line], asked: Asked, delimiter: str | None) -> Start:
    """Return the start of a file whose line of names is given."""
    number = int(asked.header or 0)
    names = next((line for line in lines if line.number == number), None)
    if names is None or not names.text.strip():
        raise UsageError(f"--header {number}: no line with names; line {number} is blank or absent")
    rows = _parted([line for line in lines if line.number > number])[1]
    if not rows:
        raise InputError("holds a header and no rows; expected numbers below it")
    dialect = _dialect([names, *rows], asked, delimiter)
    bare = names.text.strip()
    if bare[0] in _MARKS:
        names = names._replace(text=bare.lstrip(_MARKS).strip())
    layout = asked.layout if asked.layout in ("crosstab", "long") else "table"
    start = Start(dialect, number, None, "", [row.text for row in rows], layout=layout)
    return _with_units(_headed(start, names, rows), rows)
