"""Lines of words behind the last row of a table, such as ``>>>>>End Spectral Data<<<<<``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gradcli.errors import printable
from gradcli.formats.csv.preamble import is_names
from gradcli.formats.csv.sniff import Dialect

if TYPE_CHECKING:
    from gradcli.formats.csv.text import TextFile

LOOKED_AT = 2**14  # bytes at the end of a file
MOST = 20  # lines
_NUMBER = re.compile(r"(?:^|[\s,;#%(])[+-]?(?:\d|\.\d)")  # at the start of a word


def trailer_of(end: bytes, dialect: Dialect, width: int) -> tuple[int, str]:
    r"""Return how many bytes at the end of a file are lines of words, and the first of these lines.

    They have another number of cells than the rows, and hold no number, whatever parts cells: they
    may be rows of another table. Blank lines and comments among them go with them.

    >>> trailer_of(b"1\t2\n2\t3\n>> End <<\n\n", Dialect("\t"), 2)
    (11, '>> End <<')
    >>> trailer_of(b"1\t2\n2\t3\nend\tend\n", Dialect("\t"), 2)
    (0, '')
    """
    lines = end.splitlines(keepends=True)[1:]  # the first may be cut
    size = passed = 0
    words = ""
    for line in reversed(lines[-MOST:]):
        passed += len(line)
        text = _decoded(line).strip()
        if not text or (text.startswith("#") and not _NUMBER.search(text)):
            continue
        if not is_words(text, dialect, width):
            break
        size, words = passed, text
    return size, words


def _decoded(line: bytes) -> str:
    """Return a line as text; what is no UTF-8 is in an encoding of single bytes."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def is_words(text: str, dialect: Dialect, width: int) -> bool:
    """Return whether a line below a table is no row of it, nor one of another.

    >>> is_words("the end", Dialect(), 2), is_words("the end,9", Dialect(), 3)
    (True, False)
    """
    cells = [] if '"' in text or _NUMBER.search(text) else dialect.cells(text)
    return 0 < len(cells) != width and is_names(cells, dialect)


def note_on(words: str) -> str:
    """Return the note on a trailer that begins with some words."""
    return f"the end, from {printable(words)!r:.60} on, is skipped; it holds no numbers"


def leave_trailer(text: TextFile, dialect: Dialect, width: int) -> list[str]:
    """Let a file end before lines of words at its end; return a note that says so."""
    size, words = trailer_of(text.end(LOOKED_AT), dialect, width)
    if not size:
        return []
    text.size -= size
    return [note_on(words)]
