"""Read CSV: a matrix, a crosstab, a table or a grid in long form, as the content shows."""

from __future__ import annotations

from typing import get_args

import numpy as np

from gradcli.errors import InputError, UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.formats.base import Traits
from gradcli.formats.csv.asked import asked_columns, empty_end, head_in, unasked
from gradcli.formats.csv.commented import CommentedRows
from gradcli.formats.csv.coordinates import axis_of, dated, from_base, since
from gradcli.formats.csv.format import Words
from gradcli.formats.csv.long import RowGrid, find_grid
from gradcli.formats.csv.parse import Reader, column_numbers
from gradcli.formats.csv.sniff import Head
from gradcli.formats.csv.spool import Cells, Rows
from gradcli.formats.csv.stamps import Offsets
from gradcli.formats.csv.text import TextFile
from gradcli.formats.csv.tracks import RowTracks
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Storage
from gradcli.model.protocols import Hints, Layout
from gradcli.numerics.dtypes import Array
from gradcli.numerics.tracks import Ids
from gradcli.record import replace
from gradcli.system.paths import split_suffix
from gradcli.system.threads import in_threads

SHARE = 8  # one collection of numbers may take this fraction (1/8) of the memory limit
ROWS, COLUMNS = "rows", "columns"  # keys of axes that have no names


class CsvSource(Traits):
    """An open CSV file.

    Attributes
    ----------
    text : TextFile
        The text of the file, to be copied to outputs.
    threads : int
        Number of threads that may parse slabs at the same time.
    head : Head
        Dialect, header and columns.
    layout : str
        ``matrix``, ``crosstab``, ``table`` or ``long``.
    keys : tuple of str
        The keys of the axes, which all fields share.
    labels : list of int
        The columns that are coordinates, or tell tracks apart.
    coordinate : int or None
        The column that is the coordinate of a table.
    words : dict of int to Words, or None
        The text of the coordinate of a table for each slab, by the first row of the slab. None if
        it was not kept.
    order : Cells or None
        The arrays of a file in long form; the last one has the number of the row of each point.
    zones : dict of str to Offsets
        The offsets from UTC of the dates of each axis, where they have some.
    undecided : str or None
        The option that the user must give before the file can be differentiated, as a message.
    """

    format = "csv"
    description = "CSV"

    def __init__(self, path: str, hints: Hints, text: TextFile | None = None) -> None:
        if hints.layout is not None and hints.layout not in get_args(Layout):
            raise suggest("CSV layout", hints.layout, list(get_args(Layout)))
        if hints.decimal not in (None, ".", ","):
            raise UsageError(f"the decimal mark {hints.decimal!r} is unknown; it is '.' or ','")
        self.path = path
        self.memory = hints.limits.memory
        self.notes: list[str] = []
        self.fields: dict[str, Field] = {}
        self.labels: list[int] = []
        self.coordinate: int | None = None
        self.order: Cells | None = None
        self.undecided: str | None = None
        self.keys: tuple[str, ...] = (ROWS,)
        self.zones: dict[str, Offsets] = {}
        self._zones: dict[int, Offsets] = {}
        self._places: dict[str, int] = {}
        self._name = split_suffix(path)[0]
        self.words: dict[int, Words] | None = None
        self.text = text or TextFile(path, hints.limits.memory, hints.words, hints.encoding)
        self.threads = self.text.threads(hints.limits.jobs, hints.limits.memory)
        try:
            self.head = self._read_head(hints)
            self.layout = self.head.layout
            self._rows = Rows(0, 0, False)
            self.tracks = RowTracks(self.head, hints.by)
            self._load(hints)
            self._describe(hints)
            self.words_in = dict.fromkeys(self.head.worded, self.keys[0])
            if self.layout != "long":
                self.block_rows, self.block_key = self.tracks.blocks(self._rows.count), self.keys[0]
            if (
                self.layout != "table"
                or self.labels != asked_columns(self.head, hints.columns, self._columns)[0]
            ):
                self.words = None
            self.named = self.layout in ("table", "long")
        except BaseException:
            self.close()
            raise

    @property
    def budget(self) -> int:
        """The bytes that one collection of numbers may take in memory."""
        return self.memory // SHARE

    def _read_head(self, hints: Hints) -> Head:
        head = head_in(self.text, hints, self.notes)
        self.description = head.told
        return head

    def make_reader(self, hints: Hints, budget: int) -> tuple[Reader, int | None]:
        """Return a reader for the numbers, and the column whose text it keeps."""
        label = None
        if len(hints.columns) == 1 and hints.columns[0] in self.head.names:
            label = self.head.names.index(hints.columns[0])
        return Reader(self.head, label, budget, unasked(self.head, hints)), label

    def _load(self, hints: Hints) -> None:
        reader, _ = self.make_reader(hints, self.budget // 2)
        self._epochs = reader.epochs
        self._columns = reader.columns
        self._rows = Rows(len(reader.columns), self.budget, self.layout in ("table", "long"))
        # Dates count from the first date of the file, so slabs with dates are read in order.
        threads = 1 if "time" in self.head.kinds else self.threads
        commented = CommentedRows(self.head)
        slabs = self.tracks.passing(self.text.slabs(commented.see))
        for numbers in in_threads(reader.numbers, slabs, threads):
            self._rows.append(numbers)
        self.notes += [*commented.notes(), *self.text.absent_words()]
        self.words = reader.words
        self._zones = reader.zones
        if self.head.names:
            self._leave_empty_end()
        if not self._rows.count:
            raise InputError("holds a header and no rows; expected numbers below it")

    def _leave_empty_end(self) -> None:
        """Leave rows at the end out whose cells are all empty."""
        empty = empty_end(self._rows, self.text, self.head.dialect.delimiter)
        if empty and empty < self._rows.count:
            self._rows.cut(self._rows.count - empty)
            self.tracks.cut(self._rows.count)
            self._note_empty_end(empty)

    def _note_empty_end(self, count: int) -> None:
        rows = "1 row" if count == 1 else f"{count} rows"
        self.notes += [f"{rows} of empty cells at the end left out"] if count else []

    def breaks_in(self, rows: slice) -> list[int]:
        """Return which of some rows follow blank lines that end tracks."""
        if self.tracks.columns:
            return []
        return [row for row in self.block_rows if rows.start <= row < rows.stop]

    def knows(self, name: str) -> bool:
        """Return whether there is such a column."""
        return name in self.head.names

    def ids(self, name: str) -> Ids | None:
        """Return what each row says of its track, as `Hints` asked when the file was opened."""
        return self.tracks.ids(self.keys[0])

    def _describe(self, hints: Hints) -> None:
        if self.layout == "matrix":
            self._describe_matrix(self._rows.count)
        elif self.layout == "crosstab":
            self._describe_crosstab()
        else:
            self._describe_columns(hints)

    def _describe_matrix(self, rows: int) -> None:
        grid = self.head.grid
        if grid is not None:
            grid.check(rows, self._rows.width)
            self._describe_array(grid.axis("y", ROWS), grid.axis("x", COLUMNS))
            return
        self._note_blocks(rows)
        across = [Axis(None, self._rows.width, key=COLUMNS)] if self._rows.width > 1 else []
        self._describe_array(Axis(None, rows, key=ROWS), *across)

    def _note_blocks(self, rows: int) -> None:
        """Say if blocks between blank lines are a grid, which without names is read as rows."""
        if rows == self._rows.count and self._rows.width > 2 and self.tracks.blocks(rows):
            found = find_grid(self._rows, self._rows.width - 1, self.budget)
            if found is not None:
                names = " and ".join(str(place) for place in found)
                self.notes.append(
                    f"its blocks are a grid with the coordinates in columns {names}; "
                    "--header none reads them so"
                )

    def _column(self, place: int) -> Array:
        return self._rows.read(slice(0, self._rows.count), slice(place, place + 1))[:, 0]

    def _describe_crosstab(self) -> None:
        if self.head.width < 2:
            raise InputError("has one column; a crosstab has coordinates and at least one more")
        across, fine = column_numbers(self.head.first[1:], self.head.dialect)
        down, precision = from_base(self._column(0), self.head.bases.get(0))
        self.labels = [0]
        rows, columns = self._rows.count, self.head.width - 1
        self._describe_array(
            Axis(None, rows, down, key=ROWS, precision=precision),
            Axis(None, columns, across, key=COLUMNS, precision=fine),
        )

    def _describe_array(self, *axes: Axis) -> None:
        self.keys = tuple(axis.key for axis in axes)
        field = self._field(self._name, axes)
        if self.head.kinds[0] == "time":
            field = replace(field, units=since(self._epochs[0]))
        if self.head.grid is not None and self.head.grid.nodata is not None:
            nodata = self.head.grid.nodata
            field = replace(field, marks=(nodata,), missing=f"{field.missing}, {nodata:.10g}")
        self.fields[self._name] = field

    def _describe_columns(self, hints: Hints) -> None:
        named, index = asked_columns(self.head, hints.columns, self._columns)
        found = None
        if hints.by is not None and (hints.layout == "long" or len(named) > 1):
            raise UsageError("--by: a grid in long form has no tracks; name one axis of a table")
        if set(self.tracks.columns) & set(named) - set(self.head.clocks):
            raise UsageError(
                f"--by {hints.by}: is the axis; tracks are told apart by another column"
            )
        if hints.by is None and (self.layout == "long" or hints.layout is None):
            found = self._grid_columns(named, hints)
        if found is not None:
            self._describe_long(found)
            return
        self.layout = "table"
        if named:
            self._describe_table(named[0], hints)
            return
        if not index:
            names = ", ".join(printable(name) for name in self.head.names[:20])
            self.undecided = (
                "a table does not say which column is its coordinate: "
                f"--axis NAME (columns: {names}), or --axis 0 for row numbers"
            )
        self._describe_table(None, hints)

    def _grid_columns(self, named: list[int], hints: Hints) -> list[int] | None:
        leading = 0
        while leading < self.head.width and self.head.kinds[leading] != "text":
            leading += 1
        # A grid has values besides its coordinates, so at least one column must be left.
        values = self.head.kinds.count("number") - self.head.kinds[:1].count("number")
        found = find_grid(self._rows, min(leading, values), self.budget)
        columns = None if found is None else [self._columns[i] for i in found]
        if columns is not None and set(named) < set(columns):
            self._note_long(columns)
            return columns
        if len(named) > 1:
            return named
        if hints.layout == "long":
            names = ",".join(self.head.names[:20])
            raise UsageError(f"a long table needs its coordinates: --dims A,B (columns: {names})")
        return None

    def _note_long(self, columns: list[int]) -> None:
        names = ", ".join(printable(self.head.name(c)) for c in columns)
        self.notes.append(f"read as a grid, one point in each row; its coordinates are {names}")

    def _describe_long(self, columns: list[int]) -> None:
        places = [self._columns.index(c) for c in columns]
        names = [self.head.name(c) for c in columns]
        bases = [self.head.bases.get(c, 0) for c in columns]
        grid = RowGrid(self._rows, places, names, bases, self.budget, self.text.line_of)
        values = self._values([*columns, *self.head.clocks.values()])
        if not values:
            raise InputError("holds coordinates and no values; expected a column of numbers")
        self.order = grid.dense([self._columns.index(c) for c in values])
        self._rows.close()
        axes = tuple(self._axis(c, v) for c, v in zip(columns, grid.values, strict=True))
        self.layout = "long"
        self.labels = sorted({*columns, *self.head.clocks.values()})
        self.keys = tuple(axis.key for axis in axes)
        for place, column in enumerate(values):
            self._places[self.head.names[column]] = place
            self.fields[self.head.names[column]] = self._field(self.head.names[column], axes)

    def _describe_table(self, coordinate: int | None, hints: Hints) -> None:
        count = self._rows.count
        axis = Axis(None, count, key=ROWS)
        if coordinate is not None:
            place = self._columns.index(coordinate)
            axis = self._axis(coordinate, self._column(place))
            self.labels, self.coordinate = [coordinate], coordinate
        beside = [*self.tracks.columns, *self.head.clocks.values()]
        self.labels = sorted({*self.labels, *beside})
        self.keys = (axis.key,)
        places = {column: place for place, column in enumerate(self._columns)}
        for column in self._values(self.labels):
            name = self.head.names[column]
            self._places[name] = places[column]
            self.fields[name] = self._field(name, (axis,))
        if not self.fields:
            by = [f"what tells tracks apart (--by {printable(hints.by)})"] if hints.by else []
            besides = " and ".join(["its coordinate"] * (coordinate is not None) + by)
            raise InputError(f"holds no column of numbers{besides and f' besides {besides}'}")

    def _axis(self, column: int, values: Array) -> Axis:
        axis = axis_of(self.head, column, values)
        if self.head.kinds[column] != "time":
            return axis
        offsets = self._zones.get(column)
        if offsets is not None and offsets.found != {None}:
            self.zones[self.head.name(column)] = offsets
        axis, notes = dated(axis, self.head, column, self._epochs[column], offsets)
        self.notes += notes
        return axis

    def _values(self, coordinates: list[int]) -> list[int]:
        """Return the columns of values, and add a note for each column that is skipped."""
        values = []
        for column, kind in enumerate(self.head.kinds):
            if column in coordinates:
                continue
            if kind == "number":
                if not self._is_void(column):
                    values.append(column)
            else:
                what = "dates" if kind == "time" else "words"
                name = printable(self.head.names[column])
                self.notes.append(f"{name}: left out, because it holds {what}")
        return values

    def _is_void(self, column: int) -> bool:
        """Return whether a column has neither a name nor values."""
        if self.head.first[column]:
            return False
        values = self._column(self._columns.index(column))
        return bool(np.isnan(values).all())

    def _field(self, name: str, axes: tuple[Axis, ...]) -> Field:
        column = self.head.names.index(name) if name in self.head.names else None
        return Field(
            name=name,
            axes=axes,
            units=None if column is None else self.head.units.get(column),
            label=name if "/" in name and column is not None else "",
            stored="decimal text",
            dtype=np.dtype("f8"),
            result_dtype=np.dtype("f8"),
            storage=Storage(self.layout, None, "gzip" if self.text.compressed else None),
            missing="empty, nan, NA",
            cell_bytes=16,
        )

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a field; several threads may read at the same time."""
        place = self._places.get(name, 0)
        if self.order is not None:
            return self.whole(name, self.order.read((slice(place, place + 1), *window))[0])
        if len(window) == 1:
            return self.whole(name, self._rows.read(window[0], slice(place, place + 1))[:, 0])
        left = 1 if self.layout == "crosstab" else 0
        return self._rows.read(window[0], slice(window[1].start + left, window[1].stop + left))

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        field = self.fields[name]
        column = self.head.names.index(name) if self.head.names else 0
        if self.order is not None or column not in self.head.bases:
            return super().vector(name)
        values = self._column(self._places.get(name, 0))
        return Vector(*from_base(values, self.head.bases.get(column)), field.units)

    def whole(self, name: str, values: Array) -> Array:
        """Return the values of a column, of which long integers were parsed less the first."""
        if not self.head.bases or self.layout == "crosstab":
            return values
        column = self.head.names.index(name) if self.head.names else 0
        return values + float(self.head.bases.get(column, 0))

    def close(self) -> None:
        """Close the file and temporary files."""
        if hasattr(self, "_rows"):
            self._rows.close()
        if self.order is not None:
            self.order.__exit__()
        self.text.__exit__()
