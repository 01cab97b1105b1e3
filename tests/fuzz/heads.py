"""Heads of text files, damaged at random, and a count of the rows that go in and come out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from gradcli.errors import GradcliError
from gradcli.formats.csv.live import open_live
from gradcli.formats.csv.slab import BREAK
from gradcli.formats.csv.sniff import Dialect, Head
from gradcli.formats.csv.source import CsvSource
from gradcli.model.protocols import Hints, Limits
from tests.feeds import feed_of

ODD = [*',;\t "#%.-+eE0179\r\n', "NA", "nan", "é", "[s]", "2020-01-31", "1,5", "1.250", '""', "\0"]
LIMITS = Limits(2**26, 1)
WAYS: list[dict[str, Any]] = [
    *[{}] * 5,
    {"columns": ("0",)},
    {"header": "none"},
    {"header": "2"},
    {"skip_rows": 1},
    {"decimal": ","},
    {"layout": "matrix"},
    {"layout": "table"},
]
NUMBERS = {
    mark: re.compile(rf"[+-]?(\d+[{mark}]?\d*|[{mark}]\d+)([eE][+-]?\d+)?") for mark in (".", ".,")
}
EMPTY = {"", "NA", "nan", "NaN", "--", "OL"}


def damaged(rng: Random, heads: list[str]) -> str:
    """Return a head with more rows like its last, changed in one to four places."""
    text = rng.choice(heads)
    if rng.random() < 0.1:
        text += rng.choice(heads)
    lines = text.split("\n")[:-1] or [text]
    for _ in range(rng.randrange(6)):
        dated = re.search(r"\d[-.:]\d\d", lines[-1])
        other = lines[-1] if dated else re.sub(r"\d", lambda _: str(rng.randrange(10)), lines[-1])
        lines.append(other)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        place = rng.randrange(len(lines))
        match rng.choice((0, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 6)):
            case 0:
                del lines[place]
            case 1:
                lines.insert(rng.randrange(len(lines) + 1), lines[place])
            case 2:
                lines.insert(place, rng.choice(["", "  ", "# note", "%", "Bench 2", ",,", "#1,2"]))
            case 3:
                lines[place] = rng.choice("#%") + rng.choice(["", " "]) + lines[place]
            case 4:
                lines[place] = lines[place].translate(
                    str.maketrans(",;\t ", rng.choices(",;\t ", k=1)[0] * 4)
                )
            case 5:
                lines[place] += rng.choice(",;\t ")
            case _:
                line, at = lines[place], rng.randrange(len(lines[place]) + 1)
                lines[place] = line[:at] + rng.choice(ODD) + line[at + rng.randrange(2) :]
        lines = lines or [""]
    return rng.choice(["\n", "\n", "\r\n"]).join(lines) + rng.choice(["\n", "\n", ""])


def loses_nothing(path: Path, text: str, way: dict[str, Any]) -> bool:
    """Return whether a text was read, and not refused; fail if it lost a row without a word.

    Any error but those that are meant for users is raised.
    """
    path.write_bytes(text.encode())
    try:
        with CsvSource(str(path), Hints(**way, limits=LIMITS)) as source:
            _check_lines(source, text.replace("\r\n", "\n").split("\n"), way)
            if source.layout in ("matrix", "table"):
                _check_numbers(source)
    except GradcliError:
        return False
    return True


def _check_lines(source: CsvSource, lines: list[str], way: dict[str, Any]) -> None:
    """Check that each line that reads as a row is one, or is mentioned by a note."""
    notes = " ".join(source.notes)
    known = {int(line) for line in re.findall(r"line (\d+)", notes)}
    for first, last in re.findall(r"lines (\d+) to (\d+)", notes):
        known |= {*range(int(first), int(last) + 1)}
    known |= {*_lines_of_rows(source)}
    if BREAK.decode() in source.head.raw_header:  # a mark of comments within quotes is none
        end = source.text.begins
        known |= {*range(end - source.head.raw_header.count(BREAK.decode()) - 1, end + 1)}
    asked = [way.get("skip_rows", 0), *([way["header"]] if way.get("header") == "2" else [])]
    skipped = max(map(int, asked))
    head = source.head
    corner = head.raw_header if head.layout == "crosstab" else None
    lost = [
        (at, line)
        for at, line in enumerate(lines, 1)
        if at > skipped and at not in known and line != corner
        if _is_row(line.lstrip(" \t#%"), head)
    ]
    counted = re.findall(r"(\d+) (?:comments|lines within quotes) read as rows", notes)
    assert len(lost) <= sum(max(int(count) - 1, 0) for count in counted), lost


def _lines_of_rows(source: CsvSource) -> Iterator[int]:
    """Yield the lines of the file that are rows; a row within quotes may have several."""
    number = 0
    for slab in source.text.slabs():
        for place, row in enumerate(slab.rows_of_text()):
            if number < source._rows.count:
                first = slab.line(place)
                yield from range(first, first + row.count(BREAK.decode()) + 1)
            number += 1


def _number(dialect: Dialect) -> re.Pattern[str]:
    return NUMBERS[".," if dialect.decimal == "," else "."]


def _is_row(line: str, head: Head) -> bool:
    """Return whether a line is a row of numbers, as a reader who knows the table sees it."""
    mark, number = head.dialect.delimiter, _number(head.dialect)
    bare = [cell.strip(" \t") for cell in (line.split() if mark == " " else line.split(mark))]
    cells = [cell[1:-1] if re.fullmatch('".+"', cell) else cell for cell in bare]
    numbers = [number.fullmatch(cell) is not None for cell in cells]
    others = all(cell in EMPTY for cell, known in zip(cells, numbers, strict=True) if not known)
    dated = any(known and kind == "time" for known, kind in zip(numbers, head.kinds, strict=False))
    return len(cells) == head.width and any(numbers) and others and not dated


def _check_numbers(source: CsvSource) -> None:
    """Check that a column has as many numbers as there are in its text."""
    head, count, number = source.head, source._rows.count, _number(source.head.dialect)
    rows = [head.dialect.cells(row) for slab in source.text.slabs() for row in slab.rows_of_text()]
    for place, column in enumerate(source._columns):
        if head.kinds[column] == "number":
            inside = sum(number.fullmatch(row[column]) is not None for row in rows[:count])
            whole = source._rows.read(slice(0, count), slice(place, place + 1))
            assert np.isfinite(whole).sum() >= inside, column


def is_the_same_live(path: Path, text: str, way: dict[str, Any]) -> bool:
    """Return whether a text was read from a pipe; fail if its rows are not those of the file."""
    path.write_bytes(text.encode())
    hints = Hints(**way, limits=LIMITS)
    try:
        with CsvSource(str(path), hints) as source:
            rows, notes = source._rows.count, {*filter(_is_of_rows, source.notes)}
    except GradcliError:
        return False  # on a pipe, rows may go before the one that is refused
    with feed_of([text.encode()]) as feed:
        live = open_live(feed, hints)
        if live is None:
            return False
        with live:
            came, ended = live.arrive(0)
            while not ended:
                came, ended = live.arrive(0)
            assert came == rows
            assert {*filter(_is_of_rows, live.notes)} == notes
    return True


def _is_of_rows(note: str) -> bool:
    return "read as" in note or "reads as" in note or "left out" in note or "skipped" in note
