"""The column of a table that tells tracks apart, and blocks between blank lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.formats.csv.format import Words, distinct, words_of
from gradcli.formats.csv.slab import LINE_FEED, Slab
from gradcli.formats.csv.sniff import MISSING, Head, to_number
from gradcli.numerics.tracks import Ids

NONE = -1  # the code of a row that belongs to no track


class TrackColumn:
    """Reads what each row says of its track, in words, numbers or dates.

    Numbers are one track if their values are equal, however they are written.
    """

    def __init__(self, head: Head, name: str) -> None:
        if not head.names:
            raise UsageError(f"--by {name}: the columns of this file have no names")
        if name not in head.names:
            raise suggest("track column", name, head.names)
        self.column = head.names.index(name)
        self._head = head
        self._numbers = head.kinds[self.column] == "number"
        self._codes: dict[str | float, int] = {}
        self._parts: list[NDArray[np.int64]] = []

    def read(self, slab: Slab) -> None:
        """Add the rows of the next slab."""
        self._parts.append(self.codes(slab))

    def codes(self, slab: Slab) -> NDArray[np.int64]:
        """Return which track each row of a slab belongs to."""
        dialect = self._head.dialect
        width = self._head.width + dialect.trailing
        words: Words | list[str] | None = words_of(slab, dialect, [self.column], width)
        if words is None:
            cut = [dialect.cells(row) for row in slab.rows_of_text()]
            words = [row[self.column] if self.column < len(row) else "" for row in cut]
        told, index = distinct(words)
        codes: NDArray[np.int64] = np.array([self._code(word) for word in told], np.int64)[index]
        return codes

    def name(self, code: int) -> str:
        """Return what a track is called."""
        name = next(name for name, known in self._codes.items() if known == code)
        return f"{name:.15g}" if isinstance(name, float) else printable(name)

    def _code(self, word: str) -> int:
        if word in MISSING:
            return NONE
        key = to_number(word, self._head.dialect) if self._numbers else word
        return self._codes.setdefault(key, len(self._codes))

    def cut(self, count: int) -> None:
        """Keep only the first rows."""
        self._parts = [np.concatenate(self._parts)[:count]]

    def ids(self, key: str) -> Ids:
        """Return the codes of all rows."""
        codes = np.concatenate(self._parts) if self._parts else np.empty(0, np.int64)
        names = np.array([f"{name:.15g}" if self._numbers else name for name in self._codes])
        return Ids(key, codes, codes == NONE, names)


def spaced(texts: Iterable[bytes], rows: Sequence[int], first: int) -> Iterator[bytes]:
    r"""Yield pieces of text with a blank line before some rows, as in the file that they came from.

    ``first`` is the number of the first row of the text; a header counts as the row before.

    >>> b"".join(spaced([b"a\n0\n", b"1\n2\n"], [2], -1))
    b'a\n0\n1\n\n2\n'
    """
    breaks = np.array(rows, np.int64)
    breaks = breaks[breaks > max(first, 0)]
    for text in texts:
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == LINE_FEED)
        inside = breaks[(breaks > first) & (breaks <= first + len(ends))] - first - 1
        pieces = np.split(np.frombuffer(text, np.uint8), ends[inside] + 1)
        yield b"\n".join(piece.tobytes() for piece in pieces) if len(inside) else text
        first += len(ends)


class RowTracks:
    """What the rows of a file say of their tracks, collected while the file is read."""

    def __init__(self, head: Head, by: str | None) -> None:
        self._column = None if by is None else TrackColumn(head, by)
        self._rows: list[int] = []

    @property
    def columns(self) -> list[int]:
        """The column that tells tracks apart, if there is one."""
        return [] if self._column is None else [self._column.column]

    def passing(self, slabs: Iterable[Slab]) -> Iterator[Slab]:
        """Yield slabs, and collect what their rows say and which follow blank lines."""
        for slab in slabs:
            self._rows += [slab.first_row + row for row in slab.breaks if slab.first_row + row > 0]
            if self._column is not None:
                self._column.read(slab)
            yield slab

    def cut(self, count: int) -> None:
        """Keep only what the first rows say."""
        self._rows = [row for row in self._rows if row < count]
        if self._column is not None:
            self._column.cut(count)

    def blocks(self, count: int) -> tuple[int, ...]:
        """Return the first rows of all blocks but the first; of ``count`` rows in all.

        If a blank line follows every row, lines are only spaced out, and there are no blocks.
        """
        return () if len(self._rows) >= count - 1 else tuple(self._rows)

    def ids(self, key: str) -> Ids | None:
        """Return what the column says of every row."""
        return None if self._column is None else self._column.ids(key)
