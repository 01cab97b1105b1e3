"""Write tables as CSV or in columns for people, and numbers as JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Container, Iterable, Sequence
from typing import Any

import click

from gradcli.errors import printable


def table_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""Return a table as CSV, its numbers in the shortest form that reads back exactly.

    >>> table_text(["x", "f, g"], [(0.1, None), (2, 1e300)])
    'x,"f, g"\n0.1,\n2,1e+300\n'
    """
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    return made.getvalue()


def aligned(rows: Sequence[Sequence[str]], rightward: Container[int] = ()) -> list[str]:
    """Return rows as lines whose columns stand below each other; some are set to the right.

    >>> aligned([("name", "size"), ("a", "10")], {1})
    ['name  size', 'a       10']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if place in rightward else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def cell_text(cell: Any) -> str:
    """Return a cell as text: a number, a complex number, text as it is, or nothing for None.

    >>> cell_text(-1.0), cell_text(1 - 2j), cell_text(None)
    ('-1.0', '1-2j', '')
    """
    if cell is None:
        return ""
    text = str(cell)
    return text[1:-1] if text.startswith("(") and not isinstance(cell, str) else text


def plain(cell: Any) -> Any:
    """Return a cell as JSON has it: what is no finite real number becomes text.

    >>> plain(float("inf")), plain(1j), plain(2.5)
    ('inf', '1j', 2.5)
    """
    if cell is None or isinstance(cell, (str, int)):
        return cell
    text = cell_text(cell)  # the shortest text of float32 is not that of the same float64
    number = complex(text)
    return (
        float(text) if not number.imag and math.isfinite(number.real) and "j" not in text else text
    )


def write_json(found: dict[str, Any], err: bool = False) -> None:
    """Print one JSON object on a line, on standard error if standard output has a result."""
    click.echo(json.dumps(found, allow_nan=False), err=err)


def write_notes(notes: Iterable[str], quiet: bool) -> None:
    """Print notes on standard error, unless the user wants none."""
    for note in () if quiet else notes:
        click.echo(f"Note: {printable(note)}", err=True)
