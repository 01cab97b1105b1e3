"""Marks between groups of three digits: 1.250.000 is a million and a quarter."""

from __future__ import annotations

import re
from functools import cache

from gradcli.errors import UsageError

MARKS = (".", ",", "'", " ")
_BEFORE = rb'(?<![^;,\t \n"])'
_BEHIND = rb'(?![^;,\t \n\r"])'
# A number with a dot before exactly three digits, where commas are decimal marks.
_DOTTED = re.compile(_BEFORE + rb"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?" + _BEHIND)


@cache
def _grouped(mark: str) -> re.Pattern[str]:
    return re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+(?:[.,]\d*)?(?:[eE][+-]?\d+)?")


def ungrouped(cell: str, mark: str | None) -> str:
    """Return a cell without the marks between groups of digits, if it is such a number.

    >>> ungrouped("1.250.000,5", "."), ungrouped("1.25", "."), ungrouped("1.250", None)
    ('1250000,5', '1.25', '1.250')
    """
    if mark is None or mark not in cell or _grouped(mark).fullmatch(cell) is None:
        return cell
    return cell.replace(mark, "")


def without_marks(text: bytes, mark: str, delimiter: str) -> bytes:
    r"""Return rows without marks between groups of digits; those equal to delimiters are in quotes.

    >>> without_marks(b"0;1.250\n1;1.25\n", ".", ";"), without_marks(b'"1,250",2,300\n', ",", ",")
    (b'0;1250\n1;1.25\n', b'"1250",2,300\n')
    """
    sign = re.escape(mark).encode()
    before, behind = (rb'(?<=")', rb'(?=")') if mark == delimiter else (_BEFORE, _BEHIND)
    if mark in " ,":
        edge = re.escape(delimiter).encode()
        before, behind = rb'(?<![^"\n' + edge + rb"])", rb'(?![^"\n\r' + edge + rb"])"
        if mark == delimiter:
            before, behind = rb'(?<=")', rb'(?=")'
    number = rb"[+-]?\d{1,3}(?:" + sign + rb"\d{3})+(?:[.,]\d*)?(?:[eE][+-]?\d+)?"
    return re.sub(
        before + number + behind, lambda match: match[0].replace(mark.encode(), b""), text
    )


def doubtful(text: bytes) -> int | None:
    r"""Return the offset of the first number in a text with decimal commas that may be grouped.

    >>> doubtful(b"0;1,5\n1;1.250\n"), doubtful(b"0,5;1.25\n")
    (8, None)
    """
    found = _DOTTED.search(text) if b"." in text else None
    return None if found is None else found.start()


def check_mark(mark: str | None, decimal: str | None) -> None:
    """Raise UsageError if a mark between thousands is none, or is the decimal mark."""
    if mark is None:
        return
    if mark not in MARKS:
        raise UsageError(f"--thousands {mark!r}: the marks are '.', ',', an apostrophe and a blank")
    if mark == decimal:
        raise UsageError(f"--thousands {mark!r} is the decimal mark, too (--decimal)")
