"""Lines that read as rows of numbers and are none: comments, and lines within quotes."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING

from gradcli.errors import InputError
from gradcli.formats.csv.slab import Slab
from gradcli.formats.csv.sniff import Head, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MARKS = re.compile(r"\s*(?:\*+|!+|//+|;(?=\s)|)[\s#%]*")


class CommentedRows:
    """Counts the comments of a file, and its lines within quotes, that read as rows of its table.

    Somebody may have left such a row out by hand; or a quote that should close does not, and the
    next one closes it.
    """

    def __init__(self, head: Head) -> None:
        self._head = head
        self._kinds = head.kinds if head.names else ["number"] * head.width
        self._lines = array("q")  # few bytes for each of many
        self._within = array("q")

    def see(self, slab: Slab) -> None:
        """Count the lines beside the rows of a slab."""
        for line, text in slab.comments:
            self.see_line(line, text.decode("utf-8", "replace"))
        for line, text in slab.within:
            if self._is_row(text.decode("utf-8", "replace").replace('"', "")):
                self._within.append(line)

    def see_line(self, line: int, text: str) -> None:
        """Count a comment if it reads as a row."""
        if self._is_row(_MARKS.sub("", text, count=1)):
            self._lines.append(line)

    def _is_row(self, text: str) -> bool:
        dialect = self._head.dialect
        # A row may lack the delimiter that ends the others.
        ends = ("", dialect.delimiter) if dialect.trailing else ("",)
        return any(self._fits(text + end) for end in ends)

    def _fits(self, text: str) -> bool:
        dialect = self._head.dialect
        try:
            cells = dialect.cells(text)
        except InputError:
            return False
        found = [kind_of(cell, dialect) for cell in cells]
        wanted = list(zip(found, self._kinds, strict=False))
        return (
            len(cells) == self._head.width
            and ("number", "number") in wanted
            and all(kind in ("missing", own) or own == "text" for kind, own in wanted)
        )

    def notes(self) -> Iterator[str]:
        """Yield a note on the comments, and one on the lines within quotes, if there are any."""
        yield from _note(self._lines, "is a comment, and reads", "comments read", "left out")
        yield from _note(
            self._within, "lies within quotes, and reads", "lines within quotes read", "none"
        )


def _note(lines: Sequence[int], one: str, several: str, what: str) -> Iterator[str]:
    if len(lines) == 1:
        yield f"line {lines[0]} {one} as a row; it is {what}"
    elif lines:
        first = f"the first of them on line {lines[0]}"
        yield f"{len(lines)} {several} as rows, {first}; they are {what}"
