"""Write results as CSV: numbers are collected first, and written as text at the end."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import chain, repeat
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from gradcli.errors import UsageError
from gradcli.formats.csv.esri import SUFFIXES, header_of
from gradcli.formats.csv.format import FEW, Words, rows_of, text_of
from gradcli.formats.csv.gnuplot import new_corner
from gradcli.formats.csv.labels import Labels, labels_of, picked_of, points_of, slabs_in
from gradcli.formats.csv.layout import csv_of, dates_in, fits, layout_of
from gradcli.formats.csv.slab import BREAK, Slab
from gradcli.formats.csv.sniff import Dialect
from gradcli.formats.csv.spool import DOUBLE, Cells, scatter
from gradcli.formats.csv.stamps import dates_of
from gradcli.formats.csv.tracks import spaced
from gradcli.formats.packer import TypedPacker
from gradcli.model.axes import Axis, axis_label
from gradcli.model.blocks import Window
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Packet, Source
from gradcli.numerics.dtypes import Array
from gradcli.system.paths import open_empty
from gradcli.system.threads import in_threads

if TYPE_CHECKING:
    from gradcli.formats.csv.source import CsvSource

MOST_CELLS, LEAST_CELLS = 2**18, 2**14  # bounds for the cells that are formatted at once
DEFAULT_BUDGET = 2**25


class CsvSink:
    """A CSV output."""

    def __init__(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> None:
        self.notes: list[str] = []
        self._scratch = scratch
        self._like = like
        self._results = results
        self._destination = destination
        self._layout = layout_of(results, like)
        self._source = csv_of(like) if fits(results, like) else None
        source = csv_of(like)
        self._head = None if source is None else source.head
        self._grid = None
        if source is not None and self._layout == "crosstab" and path.lower().endswith(SUFFIXES):
            self._grid = source.head.grid
        self._layout = "matrix" if self._grid is not None else self._layout
        # Blanks between cells cannot show the empty corner of a crosstab.
        own = source is not None and (self._grid is not None or source.head.grid is None)
        self._dialect = source.head.dialect if source is not None and own else Dialect()
        self._newline = source.text.newline if source is not None else "\n"
        self._compressed = path.lower().endswith(".gz")
        self._budget = source.budget if source is not None else DEFAULT_BUDGET
        self._threads = source.threads if source is not None else 1
        self._block = min(MOST_CELLS, max(LEAST_CELLS, self._budget // 64))
        self._axes = results[0].axes
        self._refuse()
        self._refuse_taken()
        self._single = all(result.dtype.itemsize < 8 for result in results)
        self._windows = tuple(axis.file_window for axis in self._axes)
        self._index = {result.name: i for i, result in enumerate(results)}
        self.packer = TypedPacker(dict.fromkeys(self._index, DOUBLE))
        self._stack = ExitStack()
        self._cells = self._stack.enter_context(self._room())
        self._dates = dates_in(results, source)
        self._zones = {} if source is None else source.zones
        if self._source is None and source is not None and destination.keep:
            self.notes.append("the other columns are left out: the results lie on other rows")
        if self._source is None and self._layout in ("table", "long"):
            self.notes += [
                f"{axis.name}: its times are written as numbers ({axis.units})"
                for axis in self._axes
                if axis.role == "t"
                and axis.values is not None
                and axis.units
                and axis.key not in self._dates
            ]

        if self._source is None:
            self.notes += [
                f"{axis.name}: its dates are written in UTC, as their offsets differ"
                for axis in self._axes
                if self._is_in_utc(axis)
            ]

    def _is_in_utc(self, axis: Axis) -> bool:
        """Return whether dates with several offsets cannot keep them.

        The points of a grid in long form are many rows each, of which each may have its own.
        """
        offsets = self._zones.get(str(axis.coordinate))
        several = offsets is not None and axis.key in self._dates and len(offsets.found) > 1
        source = csv_of(self._like)
        return several and source is not None and source.layout == "long"

    def _room(self) -> Cells:
        return Cells((len(self._results), *self._results[0].shape), self._budget)

    def _refuse(self) -> None:
        if any(result.dtype.kind == "c" for result in self._results):
            raise UsageError("a CSV holds no complex numbers; use -o x.npy or x.npz")
        if self._layout == "mixed":
            raise UsageError(
                "the results lie on different axes, a CSV holds one grid; "
                "choose variables (--var), or use -o x.npz"
            )
        if self._layout in ("matrix", "crosstab"):
            if self._destination.stack:
                raise UsageError("a CSV holds two dimensions; use -o x.npy or x.npz")
            if len(self._results) > 1:
                raise UsageError("a CSV matrix holds one array; use {component} in -o, or -o x.npz")
        elif self._destination.stack and len(self._axes) > 1:
            raise UsageError("a CSV holds two dimensions; use -o x.npy or x.npz")

    def _refuse_taken(self) -> None:
        """Raise UsageError if a result has the name of a column that is copied to the output."""
        if self._layout not in ("table", "long"):
            return
        if self._source is None:
            kept = self._axis_names()
        else:
            names = self._source.head.names
            whole = self._destination.keep
            kept = names if whole else [names[column] for column in self._source.labels]
        taken = {result.name for result in self._results} & set(kept)
        if taken:
            raise UsageError(f"the file has a column {min(taken)!r} already; use --name")

    def put(self, packet: Packet) -> None:
        """Keep the numbers of a block; the text is written at the end."""
        place = self._index[packet.name]
        self._cells.write((slice(place, place + 1), *packet.window), packet.payload[None])

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Do nothing: a CSV has no attributes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._stack:
            if kind is None:
                with open_empty(self._scratch) as file:
                    self._write(file)

    def _write(self, file: BinaryIO) -> None:
        newline = self._newline.encode()
        with ExitStack() as stack:
            out: Any = file
            if self._compressed:
                # Leave out name and time, so that the same results give the same bytes.
                out = stack.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0))
            if self._source is not None and self._source.text.bom:
                out.write(b"\xef\xbb\xbf")
            for text in self._spaced(self._texts()):
                out.write(text if newline == b"\n" else text.replace(b"\n", newline))

    def _texts(self) -> Iterator[bytes]:
        """Yield the text of the file in pieces, including the header."""
        if self._grid is not None:
            yield header_of(self._axes[0], self._axes[1], self._grid)
        if self._layout == "matrix":
            yield from in_threads(self._matrix, self._blocks(), self._threads)
        elif self._source is None:
            yield from self._new_texts()
        else:
            yield self._row(self._header(self._source))
            yield from self._source_texts(self._source)

    def _spaced(self, texts: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the text with the blank lines of the input, where they end tracks."""
        source, tracks = self._source, self._axes[0].tracks
        if source is None or tracks is None:
            return texts
        rows = self._windows[0]
        return spaced(texts, source.breaks_in(rows), rows.start - (self._layout != "matrix"))

    def _row(self, cells: list[str]) -> bytes:
        return self._dialect.joiner.join(cells).encode() + b"\n"

    def _rounded(self, values: Array) -> Array:
        """Convert values to the precision of the results, whose shortest text is written."""
        with np.errstate(over="ignore"):
            return values.astype(np.float32) if self._single else values

    def _matrix(self, values: Array) -> bytes:
        return text_of(self._rounded(values), self._dialect)

    def _join(self, labels: Labels, values: Array) -> bytes:
        """Return rows of text: a label followed by numbers."""
        if isinstance(labels, Words):
            columns = np.ascontiguousarray(self._rounded(values.T))
            return rows_of(labels, list(columns), self._dialect)
        numbers = self._matrix(values).split(b"\n")
        if not any(labels):
            return b"\n".join(numbers)
        # The split leaves an empty piece after the last row, which zip drops.
        marks, ends = repeat(self._dialect.joiner.encode()), repeat(b"\n")
        parts = zip(labels, marks, numbers, ends, strict=False)
        return b"".join(chain.from_iterable(parts)).replace(BREAK, b"\n")

    # Outputs that copy the labels of the input.

    def _header(self, source: CsvSource) -> list[str]:
        dialect, raw = self._dialect, source.head.raw_header.replace("\0", "\n")
        names = [dialect.quote(result.name) for result in self._results]
        if self._layout == "crosstab":
            columns = self._windows[1]
            cells = dialect.raw_cells(raw)
            corner = new_corner(cells[0], len(cells) - 1, columns.stop - columns.start)
            return [corner, *cells[1 + columns.start : 1 + columns.stop]]
        if self._destination.keep:
            return [raw.removesuffix(dialect.delimiter) if dialect.trailing else raw, *names]
        cells = dialect.raw_cells(raw)
        return [*(cells[c] for c in source.labels), *names]

    def _source_texts(self, source: CsvSource) -> Iterator[bytes]:
        with ExitStack() as stack:
            cells, span, chosen = self._cells, self._windows[0], False
            if self._layout == "long":
                cells = stack.enter_context(self._in_file_order(source))
                span, chosen = slice(0, cells.shape[1]), True
            whole = self._destination.keep and self._layout != "crosstab"
            few = self._layout != "crosstab" or cells.shape[2] <= FEW

            def text(held: tuple[int, Slab | Words]) -> bytes:
                start, labels = held[0], labels_of(held[1], source, whole, few)
                first = max(start, span.start)
                part = labels[first - start : span.stop - start]
                return b"".join(self._labelled(cells, part, first - span.start, chosen))

            yield from in_threads(text, slabs_in(source, span, whole), self._threads)

    def _labelled(self, cells: Cells, labels: Labels, first: int, chosen: bool) -> Iterator[bytes]:
        """Yield rows of text, labels followed by results, a bounded number at a time."""
        step = max(1, self._block // max(prod(cells.shape[1:][1:]), cells.shape[0]))
        for start in range(0, len(labels), step):
            part = labels[start : start + step]
            rows = slice(first + start, first + start + len(part))
            if self._layout == "crosstab":
                values = cells.read((slice(0, 1), rows, slice(0, cells.shape[2])))[0]
            else:
                values = cells.read((slice(0, cells.shape[0]), rows)).T
            if chosen:
                picked = values[:, -1] != 0
                part, values = picked_of(part, picked), values[picked, :-1]
            yield self._join(part, values) if len(part) else b""

    def _in_file_order(self, source: CsvSource) -> Cells:
        """Return the results in the order of the rows of the file.

        One more array is 1 for the rows that have results and 0 for the others.
        """
        assert source.order is not None
        total = prod(source.order.shape[1:])
        ordered = Cells((len(self._results) + 1, total), self._budget)
        place = source.order.shape[0] - 1

        def records() -> Iterator[tuple[Array, Array]]:
            assert source.order is not None
            for window in _slices(self._cells.shape[1:], len(self._results), self._block):
                moved = tuple(
                    slice(part.start + axis.start, part.stop + axis.start)
                    for part, axis in zip(window, self._axes, strict=True)
                )
                rows = source.order.read((slice(place, place + 1), *moved)).reshape(-1)
                values = self._cells.read((slice(0, len(self._results)), *window))
                values = values.reshape(len(self._results), -1).T
                yield rows.astype(np.int64), np.column_stack([values, np.ones(len(rows))])

        scatter(records(), ordered, self._budget)
        return ordered

    # Outputs that are laid out anew.

    def _blocks(self) -> Iterator[Array]:
        """Yield blocks of rows: of one matrix, or with one column for each result."""
        for window in _slices(self._cells.shape[1:2], prod(self._cells.shape[2:]), self._block):
            if len(self._axes) == 1:
                yield self._cells.read((slice(0, len(self._results)), *window)).T
            else:
                yield self._cells.read((slice(0, 1), *window, slice(0, self._cells.shape[2])))[0]

    def _new_texts(self) -> Iterator[bytes]:
        names = [self._dialect.quote(result.name) for result in self._results]
        if self._layout == "crosstab":
            yield from self._new_crosstab()
            return
        yield self._row([*map(self._dialect.quote, self._axis_names()), *names])
        shape, width = self._cells.shape[1:], len(self._results)
        count = prod(shape)
        step = max(1, self._block // (width + len(shape)))
        for first in range(0, count, step):
            span = slice(first, min(first + step, count))
            index = np.unravel_index(np.arange(span.start, span.stop), shape)
            points = [self._points(axis, i) for axis, i in zip(self._axes, index, strict=True)]
            values = self._rounded(self._cells.read((slice(0, width), span), (width, count)))
            yield rows_of(None, [*points, *values], self._dialect)

    def _new_crosstab(self) -> Iterator[bytes]:
        down, across = self._axes
        corner = ""
        if self._head is not None and self._head.layout == "crosstab":
            cells = self._dialect.raw_cells(self._head.raw_header)
            corner = new_corner(cells[0], len(cells) - 1, across.size)
        yield self._row([corner, *self._texts_of(across, slice(0, across.size))])
        done = 0
        for values in self._blocks():
            points = self._texts_of(down, slice(done, done + len(values)))
            yield self._join([text.encode() for text in points], values)
            done += len(values)

    def _texts_of(self, axis: Axis, part: slice) -> list[str]:
        points = self._points(axis, np.arange(part.start, part.stop))
        return rows_of(None, [points], self._dialect).decode().split("\n")[:-1]

    def _points(self, axis: Axis, index: Array) -> Array:
        points = points_of(axis, index)
        unit = self._dates.get(axis.key)
        if unit is None:
            return points
        offsets = self._zones.get(str(axis.coordinate))
        if offsets is None:
            return dates_of(points, axis.units or "", unit)
        rows = index + axis.start
        if axis.arrangement is not None:
            rows = axis.arrangement.firsts().rows[rows]
        told = offsets.of(rows)
        told = np.zeros_like(told) if self._is_in_utc(axis) else told
        return dates_of(points, axis.units or "", unit, told)

    def _axis_names(self) -> list[str]:
        if len(self._axes) == 1 and self._axes[0].name is None:
            return ["index"]
        if csv_of(self._like) is not None and all(axis.coordinate for axis in self._axes):
            return [str(axis.coordinate) for axis in self._axes]
        return [
            (axis.coordinate or axis_label(self._axes, i)).rpartition("/")[2]
            if axis.name is not None
            else f"index{i}"
            for i, axis in enumerate(self._axes)
        ]


def _slices(shape: tuple[int, ...], weight: int, most: int) -> Iterator[Window]:
    """Yield windows of bounded size that cover a grid in C order."""
    inner = prod(shape[1:]) * max(weight, 1)
    if len(shape) > 1 and inner > most:
        for i in range(shape[0]):
            for window in _slices(shape[1:], weight, most):
                yield (slice(i, i + 1), *window)
        return
    step = max(1, most // max(inner, 1))
    for first in range(0, shape[0], step):
        whole = tuple(slice(0, n) for n in shape[1:])
        yield (slice(first, min(first + step, shape[0])), *whole)
