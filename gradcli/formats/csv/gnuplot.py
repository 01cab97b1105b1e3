"""Matrices with coordinates as gnuplot writes them: the number of columns in the corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradcli.formats.csv.crosstab import is_monotonic
from gradcli.formats.csv.sniff import Dialect, kind_of, to_number

FEWEST = 3  # columns of a matrix that is told by its numbers


class Counted(NamedTuple):
    """How a first row is read that may hold the size and the coordinates of a matrix."""

    certain: bool
    note: str


def counted(
    first: Sequence[str], body: Sequence[Sequence[str]], dialect: Dialect
) -> Counted | None:
    """Return how a first row is read that may hold the size and x of a matrix, or None.

    Below it, y stands at the left. It is certain only if the size in the corner continues neither
    the row of x nor the column of y, which otherwise may be rows of a smooth field.

    >>> blanks, body = Dialect(" "), [["0", "5", "6", "9"], ["1", "7", "8", "9"]]
    >>> counted(["3", "0", "1", "2"], body, blanks).certain
    True
    >>> counted(["3", "4", "5", "6"], body, blanks).certain
    False
    >>> counted(["2", "0", "1", "2"], body, blanks) is None
    True
    """
    if dialect.delimiter != " " or len(first) <= FEWEST or not body:
        return None
    left = [row[0] for row in body if row]
    if any(kind_of(cell, dialect) != "number" for cell in (*first, *left)):
        return None
    corner, *across = (to_number(cell, dialect) for cell in first)
    down = [to_number(cell, dialect) for cell in left]
    if corner != len(across) or not is_monotonic(across) or not is_monotonic(down):
        return None
    what = "the size and the coordinates of a matrix"
    if is_monotonic([corner, *across]) or is_monotonic([corner, *down]):
        return Counted(False, f"a row; --csv-layout crosstab, if it is {what}")
    return Counted(True, f"{what}; --csv-layout matrix, if it is a row")


def new_corner(cell: str, had: int, count: int) -> str:
    """Return the corner above a part of a matrix: its number of columns, if it gave that.

    >>> new_corner("4", 4, 2), new_corner("y", 4, 2)
    ('2', 'y')
    """
    return str(count) if cell == str(had) else cell
