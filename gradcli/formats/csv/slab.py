"""Slabs: whole rows of a CSV file, without comments, blank lines and carriage returns."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.record import record, replace

PART = 2**17  # bytes of a slab that fit into the cache
MAX_LINE = 2**26
MAX_QUOTED = 2**22  # bytes of a row with line breaks within quotes, which is slower to read
# A line that begins with # and is no comment: a spreadsheet writes so what it cannot compute.
_NO_COMMENT = re.compile(rb"[ \t]*#(?:N/A|NV|NA|[A-Z/]{2,8}[A-Z0][!?])(?![^;,\t \r\n])")
_DIGIT = re.compile(rb"\d")
# A line that is not empty and not blank.
_FILLED = re.compile(rb"^ *+[^ \n][^\n]*+", re.M)
LINE_FEED, BLANK = b"\n "
# Replaces a line break within quotes, so that each row is one line. NUL in the input is refused.
BREAK = b"\0"
BETWEEN = rb';,\t \n\r"'  # what may stand beside the text of a cell


@record(frozen=True)
class Slab:
    """Some whole rows, one per line, each with a line feed at its end.

    Attributes
    ----------
    text : bytes
        The rows.
    first_row : int
        Number of the first row in the file, not counting the header.
    first_line : int
        Number of the line of the first row in the file, from 1.
    rows : int
        Number of rows.
    lines : list of int or None
        The line number of each row, or None if the lines are consecutive.
    breaks : tuple of int
        The rows that follow blank lines, counted in this slab.
    trails : bool
        Whether blank lines follow the last row.
    comments : tuple of (int, bytes)
        The comments among the rows that hold digits, each with its line.
    within : tuple of (int, bytes)
        The lines of rows that begin and end within quotes and hold digits, but for the first.
    """

    text: bytes
    first_row: int
    first_line: int
    rows: int
    lines: list[int] | None = None
    breaks: tuple[int, ...] = ()
    trails: bool = False
    comments: tuple[tuple[int, bytes], ...] = ()
    within: tuple[tuple[int, bytes], ...] = ()

    @cached_property
    def quoted(self) -> bool:
        """Whether the text contains quotes."""
        return b'"' in self.text

    def line(self, row: int) -> int:
        """Return the line number in the file of a row, which is counted in this slab."""
        return self.first_line + row if self.lines is None else self.lines[row]

    def rows_of_text(self) -> list[str]:
        """Return the rows as text."""
        return self.text.decode().split("\n")[:-1]

    def without_first(self) -> Slab:
        """Return the slab without its first row, which is the header."""
        rest = self.text[self.text.index(b"\n") + 1 :]
        lines = None if self.lines is None else self.lines[1:]
        breaks = self._breaks(1, self.rows)
        rows, line = self.rows - 1, self.line(0) + 1
        return Slab(rest, self.first_row, line, rows, lines, breaks, self.trails)

    def behind(self, row: int) -> Slab:
        """Return the slab from ``row`` on."""
        gone = row - self.first_row
        if gone <= 0:
            return self
        rest = self.text[int(_ends(self.text)[gone - 1]) + 1 :]
        lines = None if self.lines is None else self.lines[gone:]
        rows, breaks = self.rows - gone, self._breaks(gone, self.rows)
        return Slab(rest, row, self.line(gone), rows, lines, breaks, self.trails)

    def before(self, row: int) -> Slab:
        """Return the part of the slab before ``row``."""
        count = row - self.first_row
        text = self.text[: int(_ends(self.text)[count - 1]) + 1] if count else b""
        lines = None if self.lines is None else self.lines[:count]
        breaks = self._breaks(0, count)
        return Slab(text, self.first_row, self.first_line, count, lines, breaks)

    def _breaks(self, first: int, stop: int) -> tuple[int, ...]:
        return tuple(row - first for row in self.breaks if first <= row < stop)

    def behind_blank(self) -> Slab:
        """Return the slab as one whose first row follows a blank line."""
        breaks = self.breaks if 0 in self.breaks else (0, *self.breaks)
        return replace(self, breaks=breaks)


def joined(slabs: Sequence[Slab]) -> Slab:
    r"""Return slabs that follow one another as one slab.

    >>> one = joined([Slab(b"1\n", 4, 7, 1), Slab(b"2\n", 5, 9, 1, breaks=(0,))])
    >>> one.text, one.lines, one.breaks
    (b'1\n2\n', [7, 9], (1,))
    """
    first = slabs[0]
    lines = [slab.line(row) for slab in slabs for row in range(slab.rows)]
    breaks = [slab.first_row - first.first_row + row for slab in slabs for row in slab.breaks]
    text = b"".join(slab.text for slab in slabs)
    last = slabs[-1].trails
    return Slab(text, first.first_row, first.first_line, len(lines), lines, tuple(breaks), last)


def empty_end(slab: Slab, delimiter: str) -> int:
    r"""Return how many rows at the end of a slab have empty cells alone.

    >>> empty_end(Slab(b'1,2\n,\n"" ,\n', 0, 1, 3), ",")
    2
    """
    mark, end, empty = delimiter.encode(), len(slab.text) - 1, 0
    while empty < slab.rows:
        start = slab.text.rfind(b"\n", 0, end) + 1
        if slab.text[start:end].replace(mark, b"").strip(b' \t\r"'):
            break
        empty, end = empty + 1, start - 1
    return empty


def is_comment(text: bytes) -> bool:
    """Return whether a line is a comment.

    >>> is_comment(b" # t x"), is_comment(b"#DIV/0!,3"), is_comment(b"#N/A;1"), is_comment(b"#NAN")
    (True, False, False, True)
    """
    if b"#" not in text:  # nearly always
        return False
    return text.lstrip(b" \t").startswith(b"#") and _NO_COMMENT.match(text) is None


def closing(row: str, line: int) -> str:
    r"""Return what to say of a row whose quote closes on a later line; empty for other rows.

    >>> closing('1,"2\0003"', 7), closing("1,2", 7)
    ('; a quote that opens there closes on line 8', '')
    """
    more = row.count(BREAK.decode())
    return f"; a quote that opens there closes on line {line + more}" if more else ""


def is_long(rest: bytes) -> bool:
    """Return whether a row whose end was not found yet is longer than is allowed."""
    return len(rest) > (MAX_QUOTED if b"\n" in rest else MAX_LINE)


def too_long(rest: bytes, line: int) -> InputError:
    """Return the error for a row that is longer than is allowed."""
    if b"\n" in rest:
        size = MAX_QUOTED >> 20
        return InputError(f"line {line}: a quote that opens here does not close in {size} MiB")
    size = MAX_LINE >> 20
    return InputError(f"line {line} is longer than {size} MiB; a CSV file has shorter rows")


def clean(data: bytes, row: int, line: int) -> Slab:
    """Return whole lines of text as a slab; ``row`` and ``line`` are the numbers of the first."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    lines: list[int] | None = None
    breaks: tuple[int, ...] = ()
    trails = False
    comments: tuple[tuple[int, bytes], ...] = ()
    within: tuple[tuple[int, bytes], ...] = ()
    quotes = b'"' in data
    plain = not quotes and b"#" not in data
    # Not for text with quotes, where these offsets could take more memory than the text.
    ends = _ends(data) if plain else None
    if ends is None or _has_blanks(data, ends):
        kept = _kept(data, line, quotes)
        data, lines, rows = kept.text, kept.lines, kept.rows
        breaks, trails = tuple(kept.breaks), kept.trails
        comments, within = tuple(kept.comments), tuple(kept.within)
    elif b"\0" in data:
        raise _unfit(data, line, None)
    else:
        rows = ends.size
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise _unfit(data[: error.start] + b"\0", line, lines) from None
    return Slab(data, row, line, rows, lines, breaks, trails, comments, within)


def clean_text(data: bytes) -> None:
    """Raise InputError if text from line 1 on holds bytes that are no text in UTF-8."""
    if b"\0" in data:
        line = 1 + data.count(b"\n", 0, data.index(b"\0"))
        raise InputError(f"line {line} is not text: it holds a NUL byte")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise _unfit(data[: error.start] + b"\0", 1, None) from None


def good_rows(count: int, reads: Callable[[int, int], bool]) -> int:
    """Return how many rows precede the first row that cannot be read, by bisection.

    At least one row cannot be read. ``reads(first, last)`` says whether the rows in this half-open
    range can be read.

    >>> good_rows(9, lambda first, last: not first <= 5 < last)
    5
    """
    good, bad = 0, count
    while bad - good > 1:
        middle = (good + bad) // 2
        if reads(good, middle):
            good = middle
        else:
            bad = middle
    return good


def without_words(slab: Slab, words: tuple[str, ...], met: set[bytes] | None = None) -> Slab:
    r"""Return a slab whose cells that hold one of some words are marked as missing.

    The words that occur are added to ``met``.

    >>> without_words(Slab(b"1,OL\nOL,OLD\n", 0, 1, 2), ("OL",)).text
    b'1,NA\nNA,OLD\n'
    """
    if not words:
        return slab
    every = b"|".join(re.escape(word.encode()) for word in sorted(words, key=len, reverse=True))
    cell = b"(?<![^" + BETWEEN + b"])(?:" + every + b")(?![^" + BETWEEN + b"])"

    def missing(match: re.Match[bytes]) -> bytes:
        if met is not None:
            met.add(match[0])
        return b"NA"

    return replace(slab, text=re.sub(cell, missing, slab.text))


def _ends(data: bytes) -> NDArray[np.int64]:
    """Return the offsets of the line feeds."""
    codes = np.frombuffer(data, np.uint8)
    # In parts, because allocating a mask for the whole slab would cost more than the search.
    starts = range(0, max(len(codes), 1), PART)
    return np.concatenate(
        [np.flatnonzero(codes[start : start + PART] == LINE_FEED) + start for start in starts]
    )


def _has_blanks(data: bytes, ends: NDArray[np.int64]) -> bool:
    """Return whether any line is empty or begins with a space."""
    heads = np.frombuffer(data, np.uint8)[ends[:-1] + 1]
    return data[0] in b"\n " or bool(((heads == LINE_FEED) | (heads == BLANK)).any())


def _unfit(data: bytes, line: int, lines: list[int] | None) -> InputError:
    row = data.count(b"\n", 0, data.index(b"\0"))
    number = line + row if lines is None else lines[row]
    return InputError(
        f"line {number} is not text in UTF-8; say how it is written (--encoding latin-1), or save "
        "the file as UTF-8"
    )


def last_end(data: bytes) -> int:
    """Return the offset after the last line feed that is not within quotes, or 0."""
    end = data.rfind(b"\n") + 1
    if not end or b'"' not in data:
        return end
    if b"#" in data:
        return _last_end_by_line(data[:end])
    if data.count(b'"', 0, end) % 2 == 0:
        return end
    # The last quote is an opening one. Go back to a line feed between a closing and an opening one.
    opens = data.rfind(b'"', 0, end)
    while opens >= 0:
        closes = data.rfind(b'"', 0, opens)
        cut = data.rfind(b"\n", closes + 1, opens)
        if cut >= 0:
            return cut + 1
        opens = data.rfind(b'"', 0, closes) if closes >= 0 else -1
    return 0


def _last_end_by_line(data: bytes) -> int:
    """Do the same as `last_end` for text with comments, in which quotes need not be paired."""
    inside, place, last = False, 0, 0
    for text in io.BytesIO(data):
        place += len(text)
        if inside or not is_comment(text):
            inside ^= text.count(b'"') % 2 == 1
        if not inside:
            last = place
    return last


class _Kept(NamedTuple):
    """Rows without comments and blank lines, as in `Slab`."""

    text: bytes
    lines: list[int] | None
    rows: int
    breaks: list[int]
    trails: bool
    comments: list[tuple[int, bytes]]
    within: list[tuple[int, bytes]]


def _kept_plain(data: bytes, line: int) -> _Kept:
    """Do the same as `_kept` for text without quotes, which is faster."""
    kept: list[bytes] = []
    lines: list[int] = []
    breaks: list[int] = []
    comments: list[tuple[int, bytes]] = []
    place, number, blank, began = 0, line, False, 0
    for match in _FILLED.finditer(data):
        passed = data.count(b"\n", place, match.start())
        number += passed
        blank |= passed > began
        began = 1
        place, text = match.start(), match[0]
        if is_comment(text):
            comments += [(number, text)] if _DIGIT.search(text) else []
            continue
        if b"\0" in text:
            raise InputError(f"line {number} is not text: it holds a NUL byte")
        if blank:
            breaks.append(len(kept))
            blank = False
        kept.append(text)
        lines.append(number)
    blank |= data.count(b"\n", place) > began
    same = len(lines) == data.count(b"\n")
    joined = b"".join(text + b"\n" for text in kept)
    return _Kept(joined, None if same else lines, len(kept), breaks, blank, comments, [])


def _kept(data: bytes, line: int, quotes: bool) -> _Kept:
    """Return the rows without comments and blank lines."""
    if not quotes:
        return _kept_plain(data, line)
    kept: list[bytes] = []
    lines: list[int] = []
    broken: list[bytes] = []  # the lines of a row that has line breaks within quotes
    breaks: list[int] = []
    comments: list[tuple[int, bytes]] = []
    within: list[tuple[int, bytes]] = []
    blank = False
    parts = data.split(b"\n")[:-1]
    for number, text in enumerate(parts, line):
        # A line of tabs is kept, because it is a row of empty cells in a tab-separated file.
        if not broken and not text.strip(b" "):
            blank = True
            continue
        if not broken and is_comment(text):
            comments += [(number, text)] if _DIGIT.search(text) else []
            continue
        if b"\0" in text:
            raise InputError(f"line {number} is not text: it holds a NUL byte")
        turns = text.count(b'"') % 2 == 1
        if not broken:
            if blank:
                breaks.append(len(kept))
                blank = False
            kept.append(text)
            lines.append(number)
        if broken or turns:
            broken.append(text)
        if turns and len(broken) > 1:
            kept[-1] = BREAK.join(broken)
            inner = enumerate(broken[1:], lines[-1] + 1)
            within += [(at, part) for at, part in inner if _DIGIT.search(part)]
            broken = []
    if broken:
        raise InputError(f"line {lines[-1]}: a quote that opens here does not close")
    same = len(lines) == len(parts)
    joined = b"".join(text + b"\n" for text in kept)
    return _Kept(joined, None if same else lines, len(kept), breaks, blank, comments, within)
