"""Text that arrives, in slabs of whole rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any

from gradcli.errors import GradcliError, InputError
from gradcli.formats.csv.asked import asked_of
from gradcli.formats.csv.encoding import Recoder, encoding_of
from gradcli.formats.csv.head import Asked, start_of
from gradcli.formats.csv.lines import lines_of
from gradcli.formats.csv.slab import (
    MAX_LINE,
    Slab,
    clean,
    empty_end,
    is_long,
    joined,
    last_end,
    too_long,
    without_words,
)
from gradcli.formats.csv.sniff import SAMPLE_BYTES, kind_of
from gradcli.formats.csv.text import BOM, LEAST_SLAB, TextFile, text_of_head
from gradcli.model.protocols import Hints
from gradcli.record import replace
from gradcli.system.streams import Feed

READ_BYTES = 2**20  # read at once, if the writer is fast enough
HEAD_ROWS = 100  # rows from which the layout is detected, if they arrive together
QUIET = 0.05  # seconds to wait for more rows after a header and one row
ODD_BYTES = 2**16  # text this long that has CR but no LF is taken to have CR line ends


class UnsuitedError(Exception):
    """The input cannot be streamed, because it can only be read as a whole."""


class LiveText(TextFile):
    """Streamed text in slabs of whole rows, which stay in memory until they are forgotten."""

    def __init__(self, feed: Feed, hints: Hints) -> None:
        self.words = hints.words
        self._met = set()
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
        self._mark: str | None = None  # between cells, where rows of empty cells may end a table
        self._see: Callable[[Slab], None] = lambda _: None
        self._empty: list[Slab] = []  # rows of empty cells, which may be the last

    def begin(self) -> None:
        """Read the first rows: a hundred, or at least two if no more come for a moment.

        Raises UnsuitedError if there are no rows, or if lines end with CR alone.
        """
        data, slab, end = b"", None, inf
        asked = asked_of(self._hints)
        while piece := self._piece(end):
            if not data:
                self.newline = "\r\n" if piece[: piece.index(b"\n")].endswith(b"\r") else "\n"
            data += piece
            if self._recoder is None and encoding_of(data, None)[0] is not None:
                raise UnsuitedError
            slab = without_words(self._first(data), self.words, self._met)
            came = slab.rows >= 2 and data.count(b"\n") > asked.before
            if slab.rows >= HEAD_ROWS + asked.before or (came and len(data) > SAMPLE_BYTES):
                break
            if came and _suffices(data, asked):
                end = min(end, time.monotonic() + QUIET)
        if slab is None or not slab.rows:
            raise UnsuitedError
        self._line += data.count(b"\n")
        self._row = slab.rows
        self._held = [slab]
        self._blank = slab.trails
        self._head = data

    def _first(self, data: bytes) -> Slab:
        """Return the first rows; a quote among the lines before them need not close in a file."""
        try:
            return clean(data, 0, 1)
        except InputError:
            if b'"' in data:
                raise UnsuitedError from None
            raise

    def end(self, count: int) -> bytes:
        """Return nothing: the end has not arrived."""
        return b""

    def head(self, before: int = 0) -> str:
        """Return the first lines as they are but for the words that mean missing."""
        slab = Slab(self._head, 0, 1, self._head.count(b"\n"))
        return text_of_head(without_words(slab, self.words).text)

    @property
    def empty_rows(self) -> int:
        """How many rows of empty cells came last, behind which nothing has come yet."""
        return sum(slab.rows for slab in self._empty)

    def drop_head(self, mark: str | None = None, see: Callable[[Slab], None] | None = None) -> None:
        """Drop what goes before the rows; this must be done before more rows are taken.

        With a ``mark`` between cells, rows of empty cells are held back until another row comes.
        ``see`` is called with every slab, also with those that hold comments alone.
        """
        slab = self._held[0]
        if see is not None:
            self._see = see
            later = tuple(each for each in slab.comments if each[0] > self.begins)
            see(replace(slab, comments=later))
        while slab.rows and slab.line(0) <= self.begins:
            slab = slab.without_first()
            self._row -= 1
        slab = replace(slab, breaks=tuple(row for row in slab.breaks if row))
        if mark is not None and empty_end(slab, mark) < slab.rows:
            self._mark = mark
            slab = self._without_empty(slab)
        self._held = [slab] if slab.rows else []
        self._head = b""

    def take(self) -> Slab | None:
        """Wait for more rows and return them as a slab, or None at the end of the input."""
        while piece := self._piece(inf):
            slab = without_words(clean(piece, self._row, self._line), self.words, self._met)
            self._line += piece.count(b"\n")
            self._see(slab)
            if self._blank and slab.rows:
                slab = slab.behind_blank()
            self._blank = slab.trails or (self._blank and not slab.rows)
            self._row += slab.rows
            slab = self._without_empty(slab) if self._mark and slab.rows else slab
            if slab.rows:
                self._held.append(slab)
                return slab
        return None

    def _without_empty(self, slab: Slab) -> Slab:
        """Return a slab behind the rows that were held back, and hold its own empty end back."""
        assert self._mark is not None
        empty = empty_end(slab, self._mark)
        if empty == slab.rows:
            self._empty.append(slab)
            return slab.before(slab.first_row)
        if self._empty:
            slab, self._empty = joined([*self._empty, slab]), []
        if not empty:
            return slab
        end = slab.first_row + slab.rows - empty
        self._empty = [slab.behind(end)]
        return slab.before(end)

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

    def slabs(self, see: Callable[[Slab], None] | None = None) -> Any:
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


def _suffices(data: bytes, asked: Asked) -> bool:
    """Return whether the lines that have come hold rows, and not only what goes before them."""
    try:
        start = start_of(lines_of(text_of_head(data), asked.skip_rows), asked)
    except GradcliError:
        return True
    if not start.rows:
        return False
    kinds = {kind_of(cell, start.dialect) for cell in start.dialect.cells(start.rows[-1])}
    return bool(kinds & {"number", "time", "missing"})
