"""The text of a CSV file in slabs of whole rows: comments, blank lines, BOM and CR taken away."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, Self, cast

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.formats._files import is_special, read_error, require_content, spool

SLAB_BYTES = 2**21
LEAST_SLAB = 2**18
PART = 2**17  # of a slab, that stays in the cache
COPIES = 4  # of a slab that a thread holds: text, cells, numbers, what polars works in
MAX_LINE = 2**26
BOM = b"\xef\xbb\xbf"
LINE_FEED, BLANK, QUOTE = b'\n "'
UTF16 = (b"\xff\xfe", b"\xfe\xff")
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


class _Windowed(io.RawIOBase):
    """A file read from its start by ``pread``, so that several readers can share a descriptor."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._fd, self._size, self._place = descriptor, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        room = memoryview(into).cast("B")[: max(self._size - self._place, 0)]
        count = os.preadv(self._fd, [room], self._place) if room else 0
        if room and not count:
            raise InputError("ends before its size when it was opened; it was truncated meanwhile")
        self._place += count
        return count


class TextFile:
    """A text file, plain or compressed by gzip, that can be streamed again and again.

    What is appended to the file after it was opened is not seen.
    """

    def __init__(self, path: str, memory: int) -> None:
        self.slab_bytes = min(SLAB_BYTES, max(LEAST_SLAB, memory // 64))
        try:
            self._file = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            raise read_error(error) from error
        try:
            self.compressed = self._prepare(path)
            self.size = os.fstat(self._file.fileno()).st_size
            head = self._open().read(self.slab_bytes)
            self.bom = head.startswith(BOM)
            first = head.find(b"\n")
            crlf = first > 0 and head[first - 1] == 13
            self.newline = "\r\n" if crlf else "\r" if first < 0 and b"\r" in head else "\n"
        except BaseException as error:
            self._file.close()
            translated = _damaged(error)
            if translated is not None:
                raise translated from error
            raise

    def threads(self, jobs: int, memory: int) -> int:
        """Return how many threads may each work on a slab in a part of the memory asked for."""
        return max(1, min(jobs, memory // (8 * COPIES * self.slab_bytes)))

    def _prepare(self, path: str) -> bool:
        if is_special(path):
            # A FIFO is read once: its content is copied, and looked at in the copy.
            copy = spool()
            shutil.copyfileobj(self._file, copy)
            copy.flush()
            self._file.close()
            self._file = cast(io.BufferedReader, copy)
            return os.pread(copy.fileno(), 2, 0) == b"\x1f\x8b"
        if os.pread(self._file.fileno(), 2, 0) in UTF16:
            raise InputError("is text in UTF-16; save it as UTF-8")
        return require_content(path, ("text", "gzip"), "CSV") == "gzip"

    def _open(self) -> BinaryIO:
        raw = io.BufferedReader(_Windowed(self._file.fileno(), self.size))
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if self.compressed else raw

    def slabs(self, header: bool = False) -> Iterator[Slab]:
        """Yield the rows from the first on; with ``header`` the first row is left out."""
        row, line = 0, 1
        for data in self._pieces():
            slab = self._clean(data, row, line)
            line += slab.rows if slab.lines is None else data.count(b"\n")
            if header and slab.rows:
                slab, header = slab.without_first(), False
            if slab.rows:
                yield slab
            row += slab.rows

    def line_of(self, row: int, header: bool) -> int:
        """Return the number of the line that holds a row."""
        for slab in self.slabs(header):
            if row < slab.first_row + slab.rows:
                return slab.line(row - slab.first_row)
        return 0

    def _pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file, cut behind ends of lines that are not within quotes."""
        rest, start, passed = b"", True, 0
        with self._open() as stream:
            while True:
                try:
                    # What is kept back is a long line: growing geometrically copies it seldom.
                    data = stream.read(max(self.slab_bytes, len(rest)))
                except (OSError, EOFError, zlib.error) as error:
                    raise _damaged(error) or error from error
                if self.newline == "\r":
                    data = data.replace(b"\r", b"\n")
                piece = rest + data
                if start and piece.startswith(BOM):
                    piece = piece[3:]
                start = False
                if not data:
                    if piece:
                        yield piece + b"\n"
                    return
                cut = _last_end(piece)
                rest = piece[cut:]
                if len(rest) > MAX_LINE:
                    self._refuse_long(rest, passed + cut)
                if cut:
                    passed += cut
                    yield piece[:cut]

    def _refuse_long(self, rest: bytes, place: int) -> None:
        line = 1
        with self._open() as stream:
            while place > 0 and (data := stream.read(min(place, SLAB_BYTES))):
                line += data.count(b"\r" if self.newline == "\r" else b"\n")
                place -= len(data)
        size = MAX_LINE >> 20
        if b"\n" in rest:
            raise InputError(f"line {line}: a quote that opens here does not close in {size} MiB")
        raise InputError(f"line {line} is longer than {size} MiB; a CSV file has shorter rows")

    def _clean(self, data: bytes, row: int, line: int) -> Slab:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _damaged(error: BaseException) -> InputError | None:
    if isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        return InputError(f"its gzip data are damaged or cut short: {error}")
    return read_error(error) if isinstance(error, OSError) else None


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


def _last_end(data: bytes) -> int:
    """Return the place behind the last line whose end is not within quotes, or 0."""
    end = data.rfind(b"\n") + 1
    if not end or b'"' not in data:
        return end
    if b"#" in data:
        return _last_end_by_line(data[:end])
    ends = _ends(data)
    quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == QUOTE)
    before = np.searchsorted(quotes, ends)
    even: NDArray[Any] = ends[before % 2 == 0]
    return int(even[-1]) + 1 if even.size else 0


def _last_end_by_line(data: bytes) -> int:
    """Do the same where quotes in comments need not be paired."""
    inside, place, last = False, 0, 0
    for text in data.split(b"\n")[:-1]:
        place += len(text) + 1
        if inside or not text.lstrip().startswith(b"#"):
            inside ^= text.count(b'"') % 2 == 1
        if not inside:
            last = place
    return last


def _kept(data: bytes, line: int, quotes: bool) -> tuple[bytes, list[int] | None, int]:
    """Return the rows without comments and blank lines, the line of each, and their number."""
    kept: list[bytes] = []
    lines: list[int] = []
    inside = False
    parts = data.split(b"\n")[:-1]
    for number, text in enumerate(parts, line):
        # Tabs alone stay: a row of a tab-separated file whose cells are all empty.
        if not inside and (not text.strip(b" ") or text.lstrip(b" \t").startswith(b"#")):
            continue
        if b"\0" in text:
            raise InputError(f"line {number} is not text: it holds a NUL byte")
        if inside:
            kept[-1] += BREAK + text
        else:
            kept.append(text)
            lines.append(number)
        if quotes:
            inside ^= text.count(b'"') % 2 == 1
    if inside:
        raise InputError(f"line {lines[-1]}: a quote that opens here does not close")
    same = len(lines) == len(parts)
    return b"".join(text + b"\n" for text in kept), None if same else lines, len(kept)
