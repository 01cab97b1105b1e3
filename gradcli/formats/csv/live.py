"""Stream tables and matrices in CSV: rows are read, worked on and freed in turn."""

from __future__ import annotations

import sys
from typing import cast

import numpy as np

from gradcli.errors import InputError, printable
from gradcli.formats.csv.commented import CommentedRows
from gradcli.formats.csv.live_sink import LiveCsvSink
from gradcli.formats.csv.live_text import LiveText, UnsuitedError
from gradcli.formats.csv.live_tracks import LiveCuts, MixedError
from gradcli.formats.csv.slab import Slab, good_rows
from gradcli.formats.csv.source import CsvSource
from gradcli.formats.csv.spool import Rows
from gradcli.formats.csv.trailer import MOST, is_words, note_on
from gradcli.formats.held import HeldRows
from gradcli.model.axes import OPEN, Axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Hints, Sink, Source
from gradcli.numerics.dtypes import Array
from gradcli.numerics.live import Flaw
from gradcli.numerics.live_tracks import LiveTracks
from gradcli.record import replace
from gradcli.system.streams import Feed, standard_output

ADVICE = {
    "repeats the one before": "coordinates must differ (--duplicates reads the whole input first, "
    "and makes one point of them)",
    "changes direction": "--sort reads the whole input first, and puts it in order "
    "(a grid in long form: name all its coordinates, --dims A,B)",
}


class LiveCsv(CsvSource):
    """A CSV table or matrix on standard input."""

    live = True

    def __init__(self, text: LiveText, hints: Hints) -> None:
        self._live_text = text
        self._held = HeldRows()
        self._grown = LiveTracks()
        self._error: InputError | None = None
        self._fresh = True
        self._early = 0  # notes that were there before rows were asked for
        self._ended = False
        self._stepped = hints.stepped
        super().__init__("stdin.csv", hints, text)

    def _load(self, hints: Hints) -> None:
        if self.layout not in ("table", "matrix") or hints.layout == "long" or self.head.grid:
            raise UnsuitedError
        if self.layout == "table" and len(hints.columns) > 1:
            raise UnsuitedError
        # The rows of a matrix are all of its shape, so those of empty cells count as in a file.
        mark = self.head.dialect.delimiter if self.head.names else None
        self._commented = CommentedRows(self.head)
        self._live_text.drop_head(mark, self._commented.see)
        self._reader, self._label = self.make_reader(hints, sys.maxsize)
        self._epochs, self._columns = self._reader.epochs, self._reader.columns
        self._zones = self._reader.zones
        self._rows = Rows(len(self._columns), sys.maxsize, self.layout == "table")
        self._cuts = LiveCuts(self.head, hints.by)
        self._begin: list[int] = []
        for slab in self._live_text.slabs():
            try:
                self._begin += self._cuts.of(slab)
            except MixedError:
                raise UnsuitedError from None
            self._rows.append(self._numbers(slab))
        if not self._rows.count:
            raise self._error or InputError("holds a header and no rows; expected numbers below it")

    def _describe(self, hints: Hints) -> None:
        head, width = self._rows.count, self._rows.width
        if self.layout == "matrix":
            self._describe_matrix(OPEN)
        else:
            self._describe_columns(replace(hints, layout="table"))
        numbers = self._rows.read(slice(0, head), slice(0, width))
        self._rows.close()
        blocks = bool(self._begin) and hints.by is None  # the lines of a grid may be blocks
        if (self.undecided or blocks) and hints.layout is None and self._like_a_grid(numbers):
            raise UnsuitedError
        self._grow(numbers, self._begin, hints.layout is None)
        for name, field in self.fields.items():
            first = self._arriving(field.axes[0])
            self.fields[name] = replace(field, axes=(first, *field.axes[1:]))

    def _arriving(self, axis: Axis) -> Axis:
        return replace(axis, size=OPEN, values=None, live=self._grown)

    def arrive(self, most: int) -> tuple[int, bool]:
        """Wait for more rows; return how many have arrived, and whether these are all.

        An error in a row is raised only after the rows before it have been returned.
        """
        if self._fresh:
            self._fresh, self._early = False, len(self.notes)
            return self._held.count, False
        if self._error is not None and not self._ends_in_words():
            raise self._error
        slab = self._live_text.take()
        if slab is None:
            self._ended = True
            self._grown.end()
            self._note_empty_end(self._live_text.empty_rows)
            self.notes += [*self._commented.notes(), *self._live_text.absent_words()]
        else:
            self._take(slab)
        return self._held.count, self._ended

    def _ends_in_words(self) -> bool:
        """Return whether what cannot be read is lines of words, and nothing follows these."""
        count = self._held.count
        slabs = [slab for slab in self._live_text.slabs() if slab.first_row + slab.rows > count]
        rest = [text for slab in slabs for text in slab.behind(count).rows_of_text()]
        words = rest[0].strip() if rest else ""
        seen = len(rest)
        while rest and seen <= MOST and all(map(self._is_words, rest)):
            slab = self._live_text.take()
            if slab is None:
                self._error = None
                self.notes.append(note_on(words))
                return True
            rest = slab.rows_of_text()
            seen += len(rest)
        return False

    def _is_words(self, text: str) -> bool:
        return is_words(text.strip(), self.head.dialect, self.head.width)

    def late_notes(self) -> list[str]:
        """Return notes on what was found while the rows came."""
        return self.notes[self._early :]

    def _take(self, slab: Slab) -> None:
        """Add the rows of a slab, up to the first that cannot be read or belongs to no track."""
        numbers = self._numbers(slab)
        try:
            cuts = self._cuts.of(slab)
        except MixedError as mixed:
            if self._error is None or mixed.row < len(numbers):
                self._error = mixed.error
            numbers = numbers[: mixed.row]
            cuts = self._cuts.found
        self._grow(numbers, cuts)

    def breaks_in(self, rows: slice) -> list[int]:
        """Return which of some rows follow blank lines that end tracks."""
        return [] if self.tracks.columns else self._grown.starts_in(rows)

    def forget(self, row: int) -> None:
        """Free the rows before ``row``."""
        self._held.forget(row)
        self._live_text.forget(row)
        self._grown.forget(row)
        for offsets in self._zones.values():
            offsets.forget()
        words = self._reader.words or {}
        for first in [first for first in words if first < row]:
            rest = words.pop(first)[row - first :]
            if rest.height:
                words[row] = rest

    def settle(self) -> bool:
        """Return False: a CSV stream cannot be copied to a temporary file once it was opened."""
        return False

    def _numbers(self, slab: Slab) -> Array:
        """Return the numbers of a slab, up to the first row that cannot be read."""
        try:
            return self._reader.numbers(slab)
        except InputError as error:
            self._error = error

        def reads(_: int, last: int) -> bool:
            try:
                self._reader.numbers(slab.before(slab.first_row + last))
            except InputError:
                return False
            return True

        good = good_rows(slab.rows, reads)
        if not good:
            return np.empty((0, len(self._columns)))
        return self._reader.numbers(slab.before(slab.first_row + good))

    def _grow(self, numbers: Array, cuts: list[int], undecided: bool = False) -> None:
        """Add rows. While the layout is ``undecided``, UnsuitedError is raised for a grid."""
        count = self._held.count
        if self.coordinate is None or self._stepped:
            self._grown.grow(len(numbers), cuts)
        else:
            flaw = self._grown.extend(numbers[:, self._columns.index(self.coordinate)], cuts)
            if flaw is not None:
                if undecided and self._like_a_grid(numbers):
                    raise UnsuitedError
                numbers = numbers[: flaw.row - count]
                self._error = self._flaw(flaw)
        self._held.append(numbers)
        keeps = self.labels == [self._label]
        self.words = self._reader.words if keeps else None

    def _like_a_grid(self, numbers: Array) -> bool:
        """Return whether the leading columns may be the coordinates of a grid in long form."""
        kinds = self.head.kinds
        leading = next((i for i, kind in enumerate(kinds) if kind == "text"), len(kinds))
        points = numbers[:, : min(leading, kinds.count("number") - (kinds[0] == "number"))]
        if points.shape[1] < 2:
            return False
        fewest = min(len(np.unique(column)) for column in points.T)
        return 2 * fewest <= len(points) and len(np.unique(points, axis=0)) == len(points)

    def _flaw(self, flaw: Flaw) -> InputError:
        slab = self._live_text.slab_of(flaw.row)
        place = flaw.row - slab.first_row
        assert self.coordinate is not None
        cells = self.head.dialect.cells(slab.rows_of_text()[place])
        clock = self.head.clocks.get(self.coordinate)
        cell = cells[self.coordinate] + ("" if clock is None else f" {cells[clock]}")
        name = printable(self.head.name(self.coordinate))
        value = f"{printable(cell)!r:.60}"
        advice = ADVICE.get(flaw.words, "every point needs a finite coordinate")
        words = self.head.worded
        if flaw.words in ADVICE and words and not self.tracks.columns:
            named = printable(words[0]) if len(words) == 1 else "NAME"
            advice = f"of several tracks, say what tells them apart (--by {named}); {advice}"
        return InputError(
            f"line {slab.line(place)}: the coordinate {name} {flaw.words} ({value}); {advice}"
        )

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a field; its rows must still be in memory."""
        if self.layout == "table" or len(window) == 1:
            place = self._places.get(name, 0)
            return self.whole(name, self._held.read(window[0], slice(place, place + 1))[:, 0])
        return self._held.read(*window)

    def close(self) -> None:
        """Free all rows."""
        self._held.close()
        super().close()


def open_live(feed: Feed, hints: Hints) -> Source | None:
    """Open a CSV input as a stream, or return None if it can only be read as a whole."""
    try:
        text = LiveText(feed, hints)
        text.begin()
        source = LiveCsv(text, hints)
    except UnsuitedError:
        feed.put_back()
        return None
    feed.keep_no_more()
    return source


def create_sink(results: list[Result], like: Source, destination: Destination) -> Sink:
    """Return a sink that writes CSV to standard output."""
    return LiveCsvSink(results, cast(CsvSource, like), destination, standard_output())
