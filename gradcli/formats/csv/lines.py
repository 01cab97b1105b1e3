"""The first lines of a text, as they are."""

from __future__ import annotations

from typing import NamedTuple

from gradcli.formats.csv.preamble import is_remark
from gradcli.formats.csv.slab import BREAK, is_comment

MOST_LINES = 1000  # a quoted cell in the head has fewer lines


class Line(NamedTuple):
    """A line of a file, or the lines of one row with line breaks within quotes."""

    number: int
    text: str
    height: int = 1

    @property
    def is_row(self) -> bool:
        """Whether the line is neither blank nor a comment."""
        text = self.text
        return bool(text.strip(" ")) and not ("#" in text and is_comment(text.encode()))


def _opens(text: str) -> bool:
    """Return whether a quote in a line opens a cell that goes on in the next; 5" wide does not."""
    if text.count('"') % 2 == 0:
        return False
    if is_comment(text.encode()) or text.lstrip().startswith("%") or is_remark(text):
        return False
    last = text.rindex('"')
    return last == 0 or text[last - 1] in ',;\t "'


def lines_of(text: str, skipped: int = 0) -> list[Line]:
    r"""Return the lines of a text; those of a quoted cell with line breaks count as one.

    Some lines may be ``skipped``, in which no quote counts.

    >>> [line.text for line in lines_of('a,"b')], lines_of('"1\n2",3')[0].height
    (['a,"b'], 2)
    """
    parts = text.split("\n")
    if "\r" in text:
        parts = [part.removesuffix("\r") for part in parts]
    if '"' not in text:
        return [Line(number, part) for number, part in enumerate(parts[skipped:], skipped + 1)]
    lines: list[Line] = []
    place = skipped
    while place < len(parts):
        height = 1
        if _opens(parts[place]):
            ends = range(place + 1, min(place + MOST_LINES, len(parts)))
            closing = next((end for end in ends if parts[end].count('"') % 2), place)
            height = closing - place + 1
        joined = BREAK.decode().join(parts[place : place + height])
        lines.append(Line(1 + place, joined, height))
        place += height
    return lines
