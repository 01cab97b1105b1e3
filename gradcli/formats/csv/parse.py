"""Parse text to numbers with polars."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from typing import Literal

import numpy as np
import polars as pl

from gradcli.errors import InputError, printable
from gradcli.formats.csv.dates import read_date
from gradcli.formats.csv.format import FEW, Words
from gradcli.formats.csv.joined import read_joined
from gradcli.formats.csv.slab import Slab, closing, good_rows
from gradcli.formats.csv.sniff import INTEGER, MISSING, Dialect, Head, bad_cell, kind_of
from gradcli.formats.csv.stamps import Offsets
from gradcli.formats.csv.thousands import doubtful, without_marks
from gradcli.numerics.coordinates import FLOAT64_EPS, coordinates_of
from gradcli.numerics.dtypes import Array
from gradcli.record import replace

# Used to delete all bytes but delimiters and line feeds, so that widths of rows can be compared.
_ALL = bytes(range(256))


class Reader:
    """Parses slabs of text to rows of float64, from the columns that hold numbers or times.

    Parameters
    ----------
    head : Head
    label : int, optional
        A column of numbers whose text is kept too, so that it need not be read again.
    budget : int
        Bytes that this text may take.
    unasked : set of int
        Columns that nobody asked for, in which words are missing values.

    Attributes
    ----------
    words : dict of int to Words, or None
        The text of this column for each slab, by the first row of the slab. None if not all of
        the text could be kept.
    zones : dict of int to Offsets
        The offsets from UTC of the dates in a column.
    """

    def __init__(
        self,
        head: Head,
        label: int | None = None,
        budget: int = 0,
        unasked: frozenset[int] = frozenset(),
    ) -> None:
        self._head = head
        self._dialect = head.dialect
        self._mark = head.dialect.delimiter.encode()
        self.columns = [i for i, kind in enumerate(head.kinds) if kind != "text"]
        self._fields = head.width + head.dialect.trailing
        numbers = all(kind == "number" for kind in head.kinds) and not head.bases
        self._by_cells = numbers and (head.width > FEW or self._mark == b" ")
        # If polars reads every column, it refuses rows that are too long and pads short ones.
        self._shows_widths = (
            numbers and not (self._by_cells or head.dialect.trailing) and head.width > 1
        )
        self._order: Literal["c", "fortran"] = (
            "fortran" if head.layout in ("table", "long") else "c"
        )
        self._unasked = unasked
        self._eased = False  # whether a word was found in such a column
        self.epochs: dict[int, datetime] = {}
        self.zones: dict[int, Offsets] = {}
        # polars is faster if it need not look for words for missing values, such as NA.
        self._words_for_missing: list[str] | None = None
        keeps = label is not None and self._shows_widths and self._dialect.decimal == "."
        self._label = str(label)
        self._room = budget
        self.words: dict[int, Words] | None = {} if keeps else None

    def numbers(self, slab: Slab) -> Array:
        """Return the numbers of a slab.

        Raises
        ------
        InputError
            A row is too short or too long, or a cell is not a number; the error names the line.
        """
        slab = self._ungrouped(slab)
        shown = self._shows_widths and not slab.quoted
        if not shown:
            self.words = None
            self._check_widths(slab)
        values = self._labelled(slab)
        if values is not None:
            return values
        values = self._attempt(slab)
        if shown and (values is None or np.isnan(values[:, -1]).any()):
            self._check_widths(slab)
        if values is None and self._unasked and not self._eased:
            self._eased, self._by_cells = True, False
            values = self._attempt(slab)
        if values is None:
            raise self._explain(slab)
        return values

    def _ungrouped(self, slab: Slab) -> Slab:
        """Return a slab without marks between thousands; refuse numbers that may have them."""
        dialect = self._dialect
        if dialect.thousands is not None:
            text = without_marks(slab.text, dialect.thousands, dialect.delimiter)
            return slab if text == slab.text else replace(slab, text=text)
        if dialect.decimal != "," or doubtful(slab.text) is None:
            return slab
        for number, row in enumerate(slab.rows_of_text()):
            for kind, cell in zip(self._head.kinds, dialect.cells(row), strict=False):
                if kind == "number" and doubtful(cell.encode()) is not None:
                    raise InputError(
                        f"line {slab.line(number)}: {cell!r:.60} has a dot before three digits in "
                        "a file of decimal commas; --thousands . if it parts thousands"
                    )
        return slab

    def _labelled(self, slab: Slab) -> Array | None:
        """Return the numbers of a slab and keep the text of its labels.

        Return None if a value may be missing or the text of the labels cannot be kept.
        """
        words = self.words
        if words is None:
            return None
        try:
            frame = self._frame(slab.text, slab, self._label)
            label = frame.get_column(self._label)
            place = frame.get_column_index(self._label)
            values = self._array(frame.replace_column(place, label.cast(pl.Float64)))
        except pl.exceptions.PolarsError:
            self.words = None
            return None
        self._room -= int(label.estimated_size())
        doubtful = b"\r" in slab.text or label.null_count() > 0
        if doubtful or self._room < 0 or np.isnan(values[:, -1]).any():
            self.words = None
            return None
        words[slab.first_row] = label.to_frame()
        return values

    def _attempt(self, slab: Slab) -> Array | None:
        try:
            return self._parse(slab.text, slab)
        except pl.exceptions.PolarsError:
            pass
        # Padding around delimiters is rare, so it is removed only after polars has failed.
        blank = rb"[ ]" if self._mark == b"\t" else rb"[ \t]"
        # Match a run of blanks only from its start, or long runs would take quadratic time.
        around = b"(?<!" + blank + b")" + blank + b"*+([" + self._mark + rb"\n])" + blank + b"*+"
        bare = re.sub(around, rb"\1", slab.text)
        bare = re.sub(rb"(?<=[\d.])[dD](?=[+-]?\d)", b"e", bare)  # the exponent of Fortran
        try:
            return self._parse(bare.lstrip(b" "), slab)
        except pl.exceptions.PolarsError:
            return None

    def _parse(self, text: bytes, slab: Slab) -> Array:
        if self._by_cells and not slab.quoted:
            return self._parse_cells(text)
        if self._mark == b" ":
            text = re.sub(rb"[ \t]+", b" ", text)
            text = re.sub(rb"^ | $", b"", text, flags=re.M)
        frame = self._frame(text, slab)
        if self._eased:
            frame = frame.with_columns(self._numbers_alone(str(i)) for i in self._loose)
        if "time" not in self._head.kinds and not self._head.bases:
            return self._array(frame)
        values = np.empty((slab.rows, len(self.columns)), order="F")
        for place, i in enumerate(self.columns):
            column = frame.get_column(str(i))
            if i in self._head.clocks:
                clocks = frame.get_column(str(self._head.clocks[i])).to_list()
                values[:, place] = self._seconds(i, column.to_list(), slab, clocks)
            elif self._head.kinds[i] == "time":
                values[:, place] = self._seconds(i, column.to_list(), slab)
            elif i in self._head.bases:
                if self._dialect.decimal == ",":
                    column = column.str.replace(",", ".", literal=True)
                values[:, place] = less(column, self._head.bases[i])
            else:
                values[:, place] = column.to_numpy()
        return values

    @property
    def _loose(self) -> list[int]:
        """The columns of numbers in which words were found, or may be, that nobody asked for."""
        numbers = [i for i in self._unasked if self._head.kinds[i] == "number"]
        return [i for i in numbers if self._eased and i not in self._head.bases]

    def _numbers_alone(self, name: str) -> pl.Expr:
        cells = pl.col(name).str.strip_chars()
        if self._dialect.decimal == ",":
            cells = cells.str.replace(",", ".", literal=True)
        return cells.cast(pl.Float64, strict=False)

    def _frame(self, text: bytes, slab: Slab, label: str | None = None) -> pl.DataFrame:
        if self._words_for_missing is None:
            try:
                return self._read(text, slab, label)
            except pl.exceptions.PolarsError:
                self._words_for_missing = list(MISSING)
        return self._read(text, slab, label)

    def _read(self, text: bytes, slab: Slab, label: str | None) -> pl.DataFrame:
        kinds = [*self._head.kinds, *(["number"] if self._dialect.trailing else [])]
        schema = {
            str(i): pl.Float64 if kind == "number" and i not in self._head.bases else pl.String
            for i, kind in enumerate(kinds)
        } | {str(i): pl.String for i in self._loose}
        if label is not None:
            schema[label] = pl.String
        return pl.read_csv(
            text,
            has_header=False,
            separator=self._dialect.delimiter,
            schema=schema,
            columns=sorted({*self.columns, *self._head.clocks.values()}),
            null_values=self._words_for_missing,
            decimal_comma=self._dialect.decimal == ",",
            quote_char='"' if slab.quoted else None,
        )

    def _array(self, frame: pl.DataFrame) -> Array:
        values: Array = frame.to_numpy(order=self._order)
        return values

    def _parse_cells(self, text: bytes) -> Array:
        """Parse a matrix as one long column, which is faster than thousands of columns."""
        if self._mark == b" ":
            cells = b"\n".join(text.split()) + b"\n"
        else:
            cells = text.replace(self._mark, b"\n")
        frame = pl.read_csv(
            cells,
            has_header=False,
            # There is one column, so any character that does not occur in numbers will do.
            separator="|",
            schema={"": pl.Float64},
            null_values=list(MISSING),
            decimal_comma=self._dialect.decimal == ",",
            quote_char=None,
        )
        values = frame.to_series().to_numpy().reshape(-1, self._fields)
        return values[:, : self._head.width]

    def _seconds(
        self,
        column: int,
        cells: list[str | None],
        slab: Slab,
        clocks: list[str | None] | None = None,
    ) -> Array:
        """Return dates and times as seconds since the first; ``clocks`` are times of day."""
        form = self._dialect.dates
        seconds = np.full(len(cells), np.nan)
        for row, text in enumerate(cells):
            cell, clock = (text or "").strip(), ((clocks[row] if clocks else None) or "").strip()
            if not cell and not clock:
                continue
            try:
                stamp = read_joined(cell, clock, form) if clocks else read_date(cell, form)
            except ValueError as error:
                if cell in MISSING or column in self._unasked or (clocks and clock in MISSING):
                    continue
                cell = f"{cell} {clock}".strip()
                wanted = "a date in ISO 8601" if form is None else f"a date as {form}"
                text = f"line {slab.line(row)}: {printable(cell)!r:.60} is not {wanted}"
                raise InputError(f"{text}: {error}") from error
            epoch = self.epochs.setdefault(column, stamp.date)
            offsets = self.zones.setdefault(column, Offsets())
            offsets.add(slab.first_row + row, stamp.date.utcoffset())
            if (stamp.date.tzinfo is None) != (epoch.tzinfo is None):
                if column in self._unasked:
                    continue
                raise InputError(
                    f"line {slab.line(row)}: the date {printable(cell)!r:.60} "
                    f"{'lacks' if epoch.tzinfo else 'has'} an offset from UTC, unlike the first"
                )
            seconds[row] = stamp.seconds_since(epoch)
        return seconds

    def _check_ends(self, slab: Slab) -> None:
        """Refuse a value behind the delimiter that ends each row, which would be lost."""
        if not self._dialect.trailing:
            return
        end = self._mark + b"\n"
        if slab.text.count(end) == slab.rows:
            return
        for row, text in enumerate(slab.rows_of_text()):
            last = self._dialect.raw_cells(text)[-1].strip(' \t\r"')
            if last:
                raise InputError(
                    f"line {slab.line(row)}: {printable(last)!r:.60} stands where the first rows "
                    "end with an empty cell; a column needs a name (--header none)"
                )

    def _check_widths(self, slab: Slab) -> None:
        self._check_ends(slab)
        self._check_counts(slab)

    def _check_counts(self, slab: Slab) -> None:
        if not slab.quoted and self._mark != b" ":
            shape = slab.text.translate(None, _ALL.translate(None, self._mark + b"\n"))
            if shape == (self._mark * (self._fields - 1) + b"\n") * slab.rows:
                return
        for row, width in enumerate(self._widths(slab)):
            if width != self._fields:
                fields = "1 field" if width == 1 else f"{width} fields"
                line = slab.line(row)
                raise InputError(
                    f"line {line}: {fields} found, {self._fields} expected, "
                    f"as in the first row{closing(slab.rows_of_text()[row], line)}"
                )

    def _widths(self, slab: Slab) -> list[int]:
        if not slab.quoted:
            if self._mark == b" ":
                return [len(row.split()) for row in slab.text.split(b"\n")[:-1]]
            return [row.count(self._mark) + 1 for row in slab.text.split(b"\n")[:-1]]
        blanks = self._mark == b" "
        texts = [text.replace("\r", " ") for text in slab.rows_of_text()]
        if blanks:
            texts = [text.replace("\t", " ") for text in texts]
        widths: list[int] = []
        try:
            for row in csv.reader(texts, delimiter=self._dialect.delimiter):
                widths.append(sum(map(bool, row)) if blanks else len(row))
        except csv.Error as error:
            raise InputError(f"line {slab.line(len(widths))}: {error}") from error
        return widths

    def _explain(self, slab: Slab) -> InputError:
        """Return the error for the first row that polars cannot read."""
        rows = slab.rows_of_text()

        def reads(first: int, last: int) -> bool:
            text = "".join(row + "\n" for row in rows[first:last]).encode()
            lines = [slab.line(row) for row in range(first, last)]
            part = Slab(text, slab.first_row + first, lines[0], len(lines), lines)
            return self._attempt(part) is not None

        good = good_rows(len(rows), reads)
        line = slab.line(good)
        error = bad_cell(rows[good], line, self._head) or InputError(
            f"line {line} cannot be read as numbers: {printable(rows[good])!r:.60}"
        )
        return InputError(f"{error}{closing(rows[good], line)}")


def less(cells: pl.Series, base: int) -> Array:
    """Return the numbers in some cells less an integer, without rounding integers before.

    >>> less(pl.Series(["9007199254740993", None, "9007199254740992.5"]), 2**53).tolist()
    [1.0, nan, 0.0]
    """
    cells = cells.str.strip_chars()
    whole = cells.cast(pl.Int64, strict=False)
    others = cells.filter(whole.is_null() & ~cells.is_in(list(MISSING)))
    others.cast(pl.Float64)  # raises for a word
    rest = cells.cast(pl.Float64, strict=False) - float(base)
    return (whole - base).cast(pl.Float64).fill_null(rest).to_numpy()


def column_numbers(cells: list[str], dialect: Dialect) -> tuple[Array, float]:
    """Parse the coordinates in the first row of a crosstab; return also their relative rounding."""
    for place, cell in enumerate(cells, 2):
        if kind_of(cell, dialect) not in ("number", "missing"):
            raise InputError(
                f"first row, column {place}: {printable(cell)!r:.60} is not a number; "
                "a crosstab has coordinates there"
            )
    if all(INTEGER.fullmatch(cell) for cell in cells):
        return coordinates_of(np.array([int(cell) for cell in cells])), 0.0
    head = Head(
        Dialect("|", dialect.decimal, thousands=dialect.thousands), [], [], "", ["number"], "matrix"
    )
    text = "".join(cell + "\n" for cell in cells).encode()
    return Reader(head).numbers(Slab(text, 0, 1, len(cells)))[:, 0], FLOAT64_EPS
