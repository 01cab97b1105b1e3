"""Rows of numbers behind the mark of a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.formats.opening import open_source
from tests.formats.csv.test_source import hints_of, write

LEFT = "is a comment, and reads as a row; it is left out"


def notes_of(folder: Path, text: str, **hints) -> list[str]:
    with open_source(write(folder, text), hints_of(**hints)) as source:
        return [note for note in source.notes if "left out" in note and "because" not in note]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("t,x\n0,0\n#1,1\n2,4\n", 3),
        ("t;x\n0;0,5\n2;4,5\n # 3;9,5\n", 4),
        ("0 0\n##  1 1\n2 4\n", 2),
        ("# 0 0\n1 1\n2 4\n", 1),
        ("%0 0\n# t x\n1 1\n2 4\n", 1),
        ("# bench\n#0 0\n# t x\n1 1\n2 4\n", 2),
        (",0,1,2\n0,1,2,3\n#1,2,3,4\n2,3,4,5\n", 3),
        ("id,t,x\na,0,1\n#a,1,2\na,2,4\n", 3),
        ("t,x\n2020-01-01,0\n#2020-01-02,1\n2020-01-03,2\n", 3),
        ("t,x\n0,0\n# 1,NA\n2,4\n", 3),
        ('t,x\n0,"0"\n# "1","1"\n2,4\n', 3),
        ("t,x,\n0,0,\n#1,1,\n2,4,\n", 3),
        ("t,x\n0,0\n\n#1,1\n\n2,4\n", 4),
        ("* bench\n*0,0\nt,x\n1,1\n2,4\n", 2),
        ("// bench\n//0 0\n! no row\n1 1\n2 4\n", 2),
        ("; bench\n; 0 0\nt x\n1 1\n2 4\n", 2),
    ],
)
def test_a_row_that_is_commented_out_is_said(tmp_path: Path, text: str, line: int) -> None:
    assert notes_of(tmp_path, text) == [f"line {line} {LEFT}"]


@pytest.mark.parametrize(
    "text",
    [
        "t,x\n0,0\n# 1,1 is wrong\n2,4\n",
        "t,x\n0,0\n# 3 points\n2,4\n",
        "t,x\n0,0\n# 1,1,1\n2,4\n",
        "# t x\n0 0\n2 4\n",
        "# run 7\n# t x\n# 1 s\n0 0\n2 4\n",
        "t,x\n0,0\n#NA,NA\n2,4\n",
        't,x\n0,0\n# a 5" pipe, 3\n2,4\n',
    ],
)
def test_other_comments_are_left_out_without_a_word(tmp_path: Path, text: str) -> None:
    assert notes_of(tmp_path, text) == []


def test_many_are_counted_also_behind_the_last_row(tmp_path: Path) -> None:
    rows = "".join(f"#{i},{i}\n" for i in range(5000))
    text = f"t,x\n0,0\n{rows}1,1\n{rows}"
    assert notes_of(tmp_path, text, memory=1) == [
        "10000 comments read as rows, the first of them on line 3; they are left out"
    ]


def test_lines_that_were_skipped_on_purpose_are_not_said(tmp_path: Path) -> None:
    assert notes_of(tmp_path, "#0,0\nt,x\n1,1\n2,4\n", skip_rows=1) == []


def test_rows_within_quotes_are_said(tmp_path: Path) -> None:
    text = 't,x,w\n0,0,"a\n1,1,b\n2,2,c"\n3,3,d\n4,4,"say\nit is 5"\n'
    with open_source(write(tmp_path, text), hints_of()) as source:
        (note,) = [note for note in source.notes if "quotes" in note]
    assert note == (
        "2 lines within quotes read as rows, the first of them on line 3; they are none"
    )
