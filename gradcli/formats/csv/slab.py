"""Whole rows of a CSV file: comments, blank lines and CR taken away, quotes kept together."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError

PART = 2**17  # of a slab, that stays in the cache
MAX_LINE = 2**26
MAX_QUOTED = 2**22  # of a row that has line breaks within quotes: lines cost more than bytes
# A line that is neither empty nor blank.
_FILLED = re.compile(rb"^ *+[^ \n][^\n]*+", re.M)
LINE_FEED, BLANK = b"\n "
# Stands for a line break within quotes: a row is then always a line (NUL itself is refused).
BREAK = b"\0"


@dataclass(frozen=True)
class Slab:
    """Some whole rows, a line each, all ended by a line feed.

    Attributes
    ----------
    text : bytes
        The rows.
    first_row : int
        Number of the first row in the file, header aside.
    first_line : int
        Number of its line in the file, from 1.
    rows : int
        How many.
    lines : list of int or None
        The line of each row, where they do not simply follow each other.
    """

    text: bytes
    first_row: int
    first_line: int
    rows: int
    lines: list[int] | None = None

    @cached_property
    def quoted(self) -> bool:
        """Whether a quote occurs at all."""
        return b'"' in self.text

    def line(self, row: int) -> int:
        """Return the number in the file of the line of a row of this slab."""
        return self.first_line + row if self.lines is None else self.lines[row]

    def rows_of_text(self) -> list[str]:
        """Return the rows as text."""
        return self.text.decode().split("\n")[:-1]

    def without_first(self) -> Slab:
        """Return the slab without its first row, the header."""
        rest = self.text[self.text.index(b"\n") + 1 :]
        lines = None if self.lines is None else self.lines[1:]
        return Slab(rest, self.first_row, self.line(0) + 1, self.rows - 1, lines)

    def behind(self, row: int) -> Slab:
        """Return the rows from one on."""
        gone = row - self.first_row
        if gone <= 0:
            return self
        rest = self.text[int(_ends(self.text)[gone - 1]) + 1 :]
        lines = None if self.lines is None else self.lines[gone:]
        return Slab(rest, row, self.line(gone), self.rows - gone, lines)

    def before(self, row: int) -> Slab:
        """Return the rows before one."""
        count = row - self.first_row
        text = self.text[: int(_ends(self.text)[count - 1]) + 1] if count else b""
        lines = None if self.lines is None else self.lines[:count]
        return Slab(text, self.first_row, self.first_line, count, lines)


def is_long(rest: bytes) -> bool:
    """Return whether what has no end yet has had its time."""
    return len(rest) > (MAX_QUOTED if b"\n" in rest else MAX_LINE)


def too_long(rest: bytes, line: int) -> InputError:
    """Return the error for a line that does not end in time."""
    if b"\n" in rest:
        size = MAX_QUOTED >> 20
        return InputError(f"line {line}: a quote that opens here does not close in {size} MiB")
    size = MAX_LINE >> 20
    return InputError(f"line {line} is longer than {size} MiB; a CSV file has shorter rows")


def clean(data: bytes, row: int, line: int) -> Slab:
    """Return the rows in whole lines of text, the first of which has these numbers."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    lines: list[int] | None = None
    quotes = b'"' in data
    plain = not quotes and b"#" not in data
    # The places of the ends of long text in quotes would take more memory than the text.
    ends = _ends(data) if plain else None
    if ends is None or _has_blanks(data, ends):
        data, lines, rows = _kept(data, line, quotes)
    elif b"\0" in data:
        raise _unfit(data, line, None)
    else:
        rows = ends.size
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise _unfit(data[: error.start] + b"\0", line, lines) from None
    return Slab(data, row, line, rows, lines)


def _ends(data: bytes) -> NDArray[np.int64]:
    """Return the places of the line feeds: faster than to count them one by one."""
    codes = np.frombuffer(data, np.uint8)
    # A mask of the whole slab would be fresh memory, which costs more than to look for them.
    starts = range(0, max(len(codes), 1), PART)
    return np.concatenate(
        [np.flatnonzero(codes[start : start + PART] == LINE_FEED) + start for start in starts]
    )


def _has_blanks(data: bytes, ends: NDArray[np.int64]) -> bool:
    """Return whether a line is empty or begins with a blank."""
    heads = np.frombuffer(data, np.uint8)[ends[:-1] + 1]
    return data[0] in b"\n " or bool(((heads == LINE_FEED) | (heads == BLANK)).any())


def _unfit(data: bytes, line: int, lines: list[int] | None) -> InputError:
    row = data.count(b"\n", 0, data.index(b"\0"))
    number = line + row if lines is None else lines[row]
    return InputError(f"line {number} is not text in UTF-8; save the file as UTF-8")


def last_end(data: bytes) -> int:
    """Return the place behind the last line whose end is not within quotes, or 0."""
    end = data.rfind(b"\n") + 1
    if not end or b'"' not in data:
        return end
    if b"#" in data:
        return _last_end_by_line(data[:end])
    if data.count(b'"', 0, end) % 2 == 0:
        return end
    # The last quote opens; what lies between a quote that closes and one that opens is outside.
    opens = data.rfind(b'"', 0, end)
    while opens >= 0:
        closes = data.rfind(b'"', 0, opens)
        cut = data.rfind(b"\n", closes + 1, opens)
        if cut >= 0:
            return cut + 1
        opens = data.rfind(b'"', 0, closes) if closes >= 0 else -1
    return 0


def _last_end_by_line(data: bytes) -> int:
    """Do the same where quotes in comments need not be paired."""
    inside, place, last = False, 0, 0
    for text in io.BytesIO(data):
        place += len(text)
        if inside or not text.lstrip().startswith(b"#"):
            inside ^= text.count(b'"') % 2 == 1
        if not inside:
            last = place
    return last


def _kept_plain(data: bytes, line: int) -> tuple[bytes, list[int] | None, int]:
    """Do the same where nothing is in quotes: empty lines cost next to nothing."""
    kept: list[bytes] = []
    lines: list[int] = []
    place, number = 0, line
    for match in _FILLED.finditer(data):
        number += data.count(b"\n", place, match.start())
        place, text = match.start(), match[0]
        if text.lstrip(b" \t").startswith(b"#"):
            continue
        if b"\0" in text:
            raise InputError(f"line {number} is not text: it holds a NUL byte")
        kept.append(text)
        lines.append(number)
    same = len(lines) == data.count(b"\n")
    return b"".join(text + b"\n" for text in kept), None if same else lines, len(kept)


def _kept(data: bytes, line: int, quotes: bool) -> tuple[bytes, list[int] | None, int]:
    """Return the rows without comments and blank lines, the line of each, and their number."""
    if not quotes:
        return _kept_plain(data, line)
    kept: list[bytes] = []
    lines: list[int] = []
    broken: list[bytes] = []  # the lines of a row that a quote holds together
    parts = data.split(b"\n")[:-1]
    for number, text in enumerate(parts, line):
        # Tabs alone stay: a row of a tab-separated file whose cells are all empty.
        if not broken and (not text.strip(b" ") or text.lstrip(b" \t").startswith(b"#")):
            continue
        if b"\0" in text:
            raise InputError(f"line {number} is not text: it holds a NUL byte")
        turns = text.count(b'"') % 2 == 1
        if not broken:
            kept.append(text)
            lines.append(number)
        if broken or turns:
            broken.append(text)
        if turns and len(broken) > 1:
            kept[-1] = BREAK.join(broken)
            broken = []
    if broken:
        raise InputError(f"line {lines[-1]}: a quote that opens here does not close")
    same = len(lines) == len(parts)
    return b"".join(text + b"\n" for text in kept), None if same else lines, len(kept)
