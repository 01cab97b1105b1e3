"""Stream tables and matrices in CSV: rows are read, worked on and freed in turn."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from math import inf
from typing import Any, cast

import numpy as np

from gradcli.errors import GradcliError, InputError, printable
from gradcli.formats.csv.asked import asked_of
from gradcli.formats.csv.encoding import Recoder, encoding_of
from gradcli.formats.csv.head import lines_of, start_of
from gradcli.formats.csv.live_sink import LiveCsvSink
from gradcli.formats.csv.live_tracks import LiveCuts, MixedError
from gradcli.formats.csv.parse import good_rows
from gradcli.formats.csv.slab import (
    MAX_LINE,
    Slab,
    clean,
    is_long,
    last_end,
    too_long,
    without_words,
)
from gradcli.formats.csv.sniff import SAMPLE_BYTES
from gradcli.formats.csv.source import CsvSource
from gradcli.formats.csv.spool import Rows
from gradcli.formats.csv.text import BOM, LEAST_SLAB, TextFile, text_of_head
from gradcli.formats.held import HeldRows
from gradcli.model.axes import OPEN, Axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Hints, Sink, Source
from gradcli.numerics.dtypes import Array
from gradcli.numerics.live import Flaw
from gradcli.numerics.live_tracks import LiveTracks
from gradcli.system.streams import Feed, standard_output

READ_BYTES = 2**20  # read at once, if the writer is fast enough
HEAD_ROWS = 100  # rows from which the layout is detected, if they arrive together
QUIET = 0.05  # seconds to wait for more rows after a header and one row
ODD_BYTES = 2**16  # text this long that has CR but no LF is taken to have CR line ends
ADVICE = {
    "repeats the one before": "coordinates must differ (--duplicates reads the whole input first, "
    "and makes one point of them)",
    "changes direction": "--sort reads the whole input first, and puts it in order "
    "(a grid in long form: name all its coordinates, --dims A,B)",
}


class UnsuitedError(Exception):
    """The input cannot be streamed, because it can only be read as a whole."""


class LiveText(TextFile):
    """Streamed text in slabs of whole rows, which stay in memory until they are forgotten."""

    def __init__(self, feed: Feed, hints: Hints) -> None:
        self.words = hints.words
        self._hints = hints
        name = None if hints.encoding is None else encoding_of(b"", hints.encoding)[0]
        self.encoding, self.note, self.begins = name, "", 0
        self._recoder = None if name is None else Recoder(name)
        self._head = b""
        memory = hints.limits.memory
        self.slab_bytes = min(READ_BYTES, max(LEAST_SLAB, memory // 64))
        self.compressed = self.bom = False
        self.newline = "\n"
        self._feed = feed
        self._parts: list[bytes] = []
        self._tried = 0
        self._row, self._line = 0, 1
        self._passed = 0  # lines that were cut off, including those that are not cleaned yet
        self._held: list[Slab] = []
        self._blank = False  # whether a blank line was the last that came

    def begin(self) -> None:
        """Read the first rows: a hundred, or at least two if no more come for a moment.

        Raises UnsuitedError if there are no rows, or if lines end with CR alone.
        """
        data, slab, end = b"", None, inf
        while piece := self._piece(end):
            if not data:
                self.newline = "\r\n" if piece[: piece.index(b"\n")].endswith(b"\r") else "\n"
            data += piece
            if self._recoder is None and encoding_of(data, None)[0] is not None:
                raise UnsuitedError
            slab = without_words(clean(data, 0, 1), self.words)
            if slab.rows >= HEAD_ROWS or (slab.rows >= 2 and len(data) > SAMPLE_BYTES):
                break
            if slab.rows >= 2 and self._suffices(data):
                end = min(end, time.monotonic() + QUIET)
        if slab is None or not slab.rows:
            raise UnsuitedError
        self._line += data.count(b"\n")
        self._row = slab.rows
        self._held = [slab]
        self._blank = slab.trails
        self._head = data

    def _suffices(self, data: bytes) -> bool:
        """Return whether the lines that have come hold rows, and not only what goes before them."""
        try:
            start = start_of(lines_of(text_of_head(data)), asked_of(self._hints))
        except GradcliError:
            return True
        return bool(start.rows)

    def head(self) -> str:
        """Return the first lines as they are but for the words that mean missing."""
        slab = Slab(self._head, 0, 1, self._head.count(b"\n"))
        return text_of_head(without_words(slab, self.words).text)

    def drop_head(self) -> None:
        """Drop what goes before the rows; this must be done before more rows are taken."""
        slab = self._held[0]
        while slab.rows and slab.line(0) <= self.begins:
            slab = slab.without_first()
            self._row -= 1
        slab = replace(slab, breaks=tuple(row for row in slab.breaks if row))
        self._held = [slab] if slab.rows else []
        self._head = b""

    def take(self) -> Slab | None:
        """Wait for more rows and return them as a slab, or None at the end of the input."""
        while piece := self._piece(inf):
            slab = without_words(clean(piece, self._row, self._line), self.words)
            self._line += piece.count(b"\n")
            if self._blank and slab.rows:
                slab = slab.behind_blank()
            self._blank = slab.trails or (self._blank and not slab.rows)
            if slab.rows:
                self._row += slab.rows
                self._held.append(slab)
                return slab
        return None

    def _piece(self, end: float) -> bytes | None:
        """Return the whole lines that have come.

        Empty bytes mean the end of the input. None means that the time ``end`` has come.
        """
        while (left := end - time.monotonic()) > 0:
            data = self._feed.read(self.slab_bytes, None if left == inf else left)
            if data is None:
                return None
            if self._recoder is not None:
                ended, data = not data, self._recoder.recoded(data)
                if not ended and not data:
                    continue
            self._parts.append(data)
            size = sum(map(len, self._parts))
            if not data:
                rest, self._parts = b"".join(self._parts), []
                if b"\r" in rest and not self._row:
                    raise UnsuitedError
                return self._without_bom(rest + b"\n") if rest else b""
            if b"\n" not in data and size < MAX_LINE:
                if size > ODD_BYTES and not self._row and b"\r" in data:
                    raise UnsuitedError
                continue
            # Search an open quote again only when its text has doubled, or nothing more comes.
            if size < min(2 * self._tried, MAX_LINE) and self._feed.waits(QUIET):
                continue
            whole = self._without_bom(b"".join(self._parts))
            cut = last_end(whole)
            rest = whole[cut:]
            self._parts, self._tried = [rest], 0 if cut else len(rest)
            self._passed += whole.count(b"\n", 0, cut)
            if is_long(rest):
                raise too_long(rest, 1 + self._passed)
            if cut:
                return whole[:cut]
        return None

    def _without_bom(self, text: bytes) -> bytes:
        if self._row or not text.startswith(BOM):
            return text
        self.bom = True
        return text[len(BOM) :]

    def slabs(self) -> Any:
        """Return the slabs in memory."""
        return iter(self._held)

    def slab_of(self, row: int) -> Slab:
        """Return the slab that contains a row."""
        return next(slab for slab in reversed(self._held) if slab.first_row <= row)

    def forget(self, row: int) -> None:
        """Free the rows before ``row``."""
        rest = [slab for slab in self._held if slab.first_row + slab.rows > row]
        self._held = [slab.behind(row) for slab in rest]

    def __exit__(self, *_: object) -> None:
        self._held = []


class LiveCsv(CsvSource):
    """A CSV table or matrix on standard input."""

    live = True

    def __init__(self, text: LiveText, hints: Hints) -> None:
        self._live_text = text
        self._held = HeldRows()
        self._grown = LiveTracks()
        self._error: InputError | None = None
        self._fresh = True
        self._ended = False
        self._stepped = hints.stepped
        super().__init__("stdin.csv", hints, text)

    def _load(self, hints: Hints) -> None:
        if self.layout not in ("table", "matrix") or hints.layout == "long":
            raise UnsuitedError
        if self.layout == "table" and len(hints.columns) > 1:
            raise UnsuitedError
        self._live_text.drop_head()
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
            self._fresh = False
            return self._held.count, False
        if self._error is not None:
            raise self._error
        slab = self._live_text.take()
        if slab is None:
            self._ended = True
            self._grown.end()
        else:
            self._take(slab)
        return self._held.count, self._ended

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
        if self._coordinate is None or self._stepped:
            self._grown.grow(len(numbers), cuts)
        else:
            flaw = self._grown.extend(numbers[:, self._columns.index(self._coordinate)], cuts)
            if flaw is not None:
                if undecided and self._like_a_grid(numbers):
                    raise UnsuitedError
                numbers = numbers[: flaw.row - count]
                self._error = self._flaw(flaw)
        self._held.append(numbers)
        keeps = self.labels == [self._label]
        self.words = self._reader.words if keeps else None

    @property
    def _coordinate(self) -> int | None:
        """The column of the coordinate."""
        others = self.tracks.columns
        return next((column for column in self.labels if column not in others), None)

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
        assert self._coordinate is not None
        cell = self.head.dialect.cells(slab.rows_of_text()[place])[self._coordinate]
        name = printable(self.head.names[self._coordinate])
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
