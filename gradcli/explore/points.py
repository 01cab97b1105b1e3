"""Points from a CSV file, whose header names the axes."""

from __future__ import annotations

import csv
import sys
from typing import NamedTuple

from gradcli.errors import InputError, located
from gradcli.system.paths import STDIN, read_error


class Points(NamedTuple):
    """Points, and what their columns are called.

    Attributes
    ----------
    rows : list of dict of str to str
        The cells of each point by their columns.
    columns : tuple of str
    """

    rows: list[dict[str, str]]
    columns: tuple[str, ...]


def read_points(path: str) -> Points:
    """Return the points in a CSV file.

    Cells are separated by commas, semicolons or tabs, as the header shows. Empty lines and lines
    that begin with ``#`` are left out.

    Raises
    ------
    InputError
        The file cannot be read, or holds no points, or a row has another number of cells.
    """
    try:
        if path == STDIN:
            text = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                text = file.read()
    except OSError as error:
        raise located(path, read_error(error)) from error
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not text in UTF-8; expected a CSV of points") from error
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise InputError(
            f"{path}: holds no points; expected a header that names the axes, and rows"
        )
    mark = max(",;\t", key=lines[0].count)
    names, *rows = csv.reader(lines, delimiter=mark)
    names = [name.strip() for name in names]
    if len(set(names)) < len(names) or "" in names:
        raise InputError(
            f"{path}: its header is {lines[0]!r:.60}; expected one name for each column"
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise InputError(
                f"{path}: row {number} has {len(row)} cells; expected {len(names)}, as in the "
                "header"
            )
    made = [dict(zip(names, (cell.strip() for cell in row), strict=True)) for row in rows]
    return Points(made, tuple(names))
