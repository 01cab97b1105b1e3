"""Comments that read as rows of numbers, which may be rows that somebody left out by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gradcli.errors import InputError
from gradcli.formats.csv.slab import Slab
from gradcli.formats.csv.sniff import Head, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = re.compile(r"[\s#%]*")


class CommentedRows:
    """Counts the comments of a file that read as rows of its table."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._kinds = head.kinds if head.names else ["number"] * head.width
        self._count, self._first = 0, 0

    def see(self, slab: Slab) -> None:
        """Count the comments beside the rows of a slab."""
        for line, text in slab.comments:
            self.see_line(line, text.decode("utf-8", "replace"))

    def see_line(self, line: int, text: str) -> None:
        """Count a comment if it reads as a row."""
        if self._is_row(text):
            self._first = self._first or line
            self._count += 1

    def _is_row(self, text: str) -> bool:
        dialect = self._head.dialect
        bare = _MARKS.sub("", text, count=1)
        try:
            cells = dialect.cells(bare)
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
        """Yield a note if there are any."""
        if self._count == 1:
            yield f"line {self._first} is a comment, and reads as a row; it is left out"
        elif self._count:
            yield (
                f"{self._count} comments read as rows, the first of them on line {self._first}; "
                "they are left out"
            )
