"""The text of a CSV file, plain or compressed, in slabs of whole rows."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Self, cast

from gradcli.errors import InputError
from gradcli.formats.csv.encoding import Recoded, encoding_of
from gradcli.formats.csv.slab import (
    Slab,
    clean,
    clean_text,
    is_comment,
    is_long,
    last_end,
    too_long,
    without_words,
)
from gradcli.formats.csv.sniff import SAMPLE_BYTES, SAMPLE_ROWS
from gradcli.system.paths import is_special, read_error
from gradcli.system.temporary import spool

SLAB_BYTES = 2**22
LEAST_SLAB = 2**18
COPIES = 4  # a thread holds a slab four times: as text, cells, numbers and within polars
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"


class _Windowed(io.RawIOBase):
    """A file that is read by ``pread``, so that several readers can share a descriptor."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._fd, self._size, self._place = descriptor, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        room = memoryview(into).cast("B")[: max(self._size - self._place, 0)]
        count = os.preadv(self._fd, [room], self._place) if room else 0
        if room and not count:
            raise InputError("became shorter while it was being read")
        self._place += count
        return count


class TextFile:
    """A text file, plain or compressed by gzip, that can be read any number of times.

    Text that is appended after the file was opened is not read.
    """

    def __init__(
        self, path: str, memory: int, words: tuple[str, ...] = (), encoding: str | None = None
    ) -> None:
        self.words = words  # that mean missing
        self._met: set[bytes] = set()  # those of them that occur
        self.encoding: str | None = None  # other than UTF-8
        self.begins = 0  # lines before the first row of numbers, which are left out
        self.note = ""  # what was assumed of the encoding
        self.slab_bytes = min(SLAB_BYTES, max(LEAST_SLAB, memory // 64))
        try:
            self._file = open(path, "rb")  # noqa: SIM115
        except OSError as error:
            raise read_error(error) from error
        try:
            self.compressed = self._prepare(path)
            self.size = os.fstat(self._file.fileno()).st_size
            self._tell(encoding)
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
        """Return how many threads may parse slabs, so that they take a part of the memory limit."""
        return max(1, min(jobs, memory // (8 * COPIES * self.slab_bytes)))

    def _prepare(self, path: str) -> bool:
        if is_special(path):
            # A FIFO can be read only once, so its content is copied to a temporary file.
            copy = spool()
            shutil.copyfileobj(self._file, copy)
            copy.flush()
            self._file.close()
            self._file = cast(io.BufferedReader, copy)
        return os.pread(self._file.fileno(), 2, 0) == GZIP

    def _tell(self, encoding: str | None) -> None:
        """Find out how the text is written."""
        told = encoding_of(self._open().read(self.slab_bytes), encoding)
        self.encoding, self.note = told

    def _open(self) -> BinaryIO:
        raw: Any = io.BufferedReader(_Windowed(self._file.fileno(), self.size))
        raw = gzip.GzipFile(fileobj=raw) if self.compressed else raw
        return cast(BinaryIO, raw if self.encoding is None else Recoded(raw, self.encoding))

    def end(self, count: int) -> bytes:
        """Return bytes at the end of the file; none if it is compressed or not of single bytes."""
        if self.compressed or (self.encoding or "").lower().startswith("utf-16"):
            return b""
        return os.pread(self._file.fileno(), count, max(self.size - count, 0))

    def head(self, before: int = 0) -> str:
        """Return the first lines of the file, as they are but for the words that mean missing.

        As many lines as usual come behind those that go ``before``.
        """
        data, rows, size, line = b"", 0, 0, 0
        for piece in self._pieces(0):
            slab = Slab(piece, 0, 1, piece.count(b"\n"))
            for text in io.BytesIO(without_words(slab, self.words).text):
                data += text
                line += 1
                if line <= before:
                    continue
                filled = bool(text.strip()) and not is_comment(text)
                rows += filled
                size += len(text)
                if rows >= SAMPLE_ROWS or (rows >= 2 and size > SAMPLE_BYTES):
                    return text_of_head(data)
        return text_of_head(data)

    def slabs(self, see: Callable[[Slab], None] | None = None) -> Iterator[Slab]:
        """Yield the rows of the file, from the line on at which they begin.

        ``see`` is called with every slab, also with those that hold comments alone.
        """
        row, line, blank = 0, 1 + self.begins, False
        for data in self._pieces(self.begins):
            slab = without_words(clean(data, row, line), self.words, self._met)
            line += slab.rows if slab.lines is None else data.count(b"\n")
            slab = slab.behind_blank() if blank and slab.rows else slab
            blank = slab.trails or (blank and not slab.rows)
            if see is not None:
                see(slab)
            if slab.rows:
                yield slab
            row += slab.rows

    def absent_words(self) -> list[str]:
        """Return a note for each word that was said to mean missing, and does not occur."""
        absent = [word for word in self.words if word.encode() not in self._met]
        return [f"--missing-value {word!r}: occurs nowhere as a cell" for word in absent]

    def line_of(self, row: int) -> int:
        """Return the line number of a row."""
        for slab in self.slabs():
            if row < slab.first_row + slab.rows:
                return slab.line(row - slab.first_row)
        return 0

    def _pieces(self, skipped: int) -> Iterator[bytes]:
        """Yield the text behind some lines in pieces that end with a line feed outside quotes."""
        rest, start, passed = b"", True, 0
        with self._open() as stream:
            while True:
                try:
                    # If a line is long, read twice as much each time, so that it is copied seldom.
                    data = stream.read(max(self.slab_bytes, len(rest)))
                except (OSError, EOFError, zlib.error) as error:
                    raise _damaged(error) or error from error
                if self.newline == "\r":
                    data = data.replace(b"\r", b"\n")
                piece = rest + data
                if start and piece.startswith(BOM):
                    piece = piece[3:]
                start = False
                if skipped:
                    gone, lines = _front(piece, skipped)
                    skipped -= lines
                    passed += gone
                    rest = piece = piece[gone:]
                    if skipped and data:
                        continue
                if not data:
                    if piece:
                        yield piece + b"\n"
                    return
                cut = last_end(piece)
                rest = piece[cut:]
                if is_long(rest):
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
        raise too_long(rest, line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _front(piece: bytes, lines: int) -> tuple[int, int]:
    """Return the bytes of up to ``lines`` lines at the front of a piece, and how many these are."""
    end = found = 0
    while found < lines and (next_end := piece.find(b"\n", end) + 1):
        end, found = next_end, found + 1
    return end, found


def text_of_head(data: bytes) -> str:
    """Return text in UTF-8; the error for other bytes names their line."""
    clean_text(data)
    return data.decode()


def _damaged(error: BaseException) -> InputError | None:
    if isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        return InputError(f"its gzip data are damaged or cut short: {error}")
    return read_error(error) if isinstance(error, OSError) else None
