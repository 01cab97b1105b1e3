"""Heads of files: where the rows begin, and what stands before them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import GradcliError, InputError, UsageError
from gradcli.formats.csv.head import Asked, Start, start_of
from gradcli.formats.csv.lines import lines_of
from tests.fuzz.heads import WAYS, damaged, is_the_same_live, loses_nothing

Check = Callable[[Path, str, dict[str, Any]], bool]
# The text, then: lines before the rows, names, units, delimiter, decimal mark, layout.
HEADS = [
    ("1,2\n3,4\n", 0, None, "", ",", ".", "matrix"),
    ("1 2\n3 4\n", 0, None, "", " ", ".", "matrix"),
    ("0,5;1\n1,5;2\n", 0, None, "", ";", ",", "matrix"),
    ("1\n2\n", 0, None, "", ",", ".", "matrix"),
    ("nan,NA\n3,4\n", 0, None, "", ",", ".", "matrix"),
    (",1\n2,3\n", 0, None, "", ",", ".", "matrix"),
    ("OL,1\n2,3\n", 0, None, "", ",", ".", "matrix"),
    ("# made by me\n1,2\n3,4\n", 1, None, "", ",", ".", "matrix"),
    ('# 1, wide, 5" long\n1,2,3\n3,4,5\n', 1, None, "", ",", ".", "matrix"),
    ("Title\n1,2\n3,4\n", 1, None, "", ",", ".", "matrix"),
    ("t\n1\n2\n", 1, "t", "", ",", ".", "table"),
    ("t,v\n1,2\n", 1, "t|v", "", ",", ".", "table"),
    ("t;v\n1;2,5\n", 1, "t|v", "", ";", ",", "table"),
    ("t\tv\n1\t2,5\n", 1, "t|v", "", "\t", ",", "table"),
    ("t v\n1 2\n", 1, "t|v", "", " ", ".", "table"),
    ("  t   v\n  1   2\n", 1, "t|v", "", " ", ".", "table"),
    ("\n\nt,v\n\n1,2\n", 3, "t|v", "", ",", ".", "table"),
    ('"t","a, b"\n1,2\n', 1, "t|a, b", "", ",", ".", "table"),
    ('t,"a\nb"\n1,2\n', 2, "t|a\0b", "", ",", ".", "table"),
    ("t,v,\n1,2,\n", 1, "t|v", "", ",", ".", "table"),
    ("t,v\n1,2,\n3,4,\n", 1, "t|v|", "", ",", ".", "table"),
    ("t,v\n1,2,,\n3,4,,\n", 1, "t|v||", "", ",", ".", "table"),
    ("t,v,,\n1,2\n3,4\n", 1, "t|v", "", ",", ".", "table"),
    ("t,v,,\n1,2,,\n3,4,,\n", 1, "t|v|", "", ",", ".", "table"),
    ("t,v\n2020-01-01,2\n", 1, "t|v", "", ",", ".", "table"),
    ("t;v\n27.02.2021 09:30:00;4,5\n", 1, "t|v", "", ";", ",", "table"),
    ("id,t,x\na,0,1\nb,1,2\n", 1, "id|t|x", "", ",", ".", "table"),
    ("id,t,x\na,,\nb,0,1\n", 1, "id|t|x", "", ",", ".", "table"),
    ("t,v\n--,OL\n1,2\n", 1, "t|v", "", ",", ".", "table"),
    ("t,note,v\n0,,0\n1,,1\n", 1, "t|note|v", "", ",", ".", "table"),
    ("t,v\n[s],[mV]\n0,1\n", 2, "t|v", "s|mV", ",", ".", "table"),
    ("t;v\ns;mV\n0;1,5\n", 2, "t|v", "s|mV", ";", ",", "table"),
    ("t,v\n(ms),(-)\n0,1\n", 2, "t|v", "ms|", ",", ".", "table"),
    ("t\tT\ns\t°C\n0\t1\n", 2, "t|T", "s|°C", "\t", ".", "table"),
    ("id,t,v\n,s,m/s\na,0,1\n", 2, "id|t|v", "|s|m/s", ",", ".", "table"),
    ("Ma=2; Mb=8;q=7;\n1 2 3\n3 4 5\n", 1, None, "", " ", ".", "matrix"),
    ("Mw=17; Mn=5; T=14\nw G Q\n1 2 3\n3 4 5\n", 2, "w|G|Q", "", " ", ".", "table"),
    ("T=20 T=30\n1 2\n3 4\n", 1, "T=20|T=30", "", " ", ".", "table"),
    (" Town\n 35.0 -106.6 1617 v 1\n 1 2 3\n 2 3 4\n", 2, None, "", " ", ".", "matrix"),
    ("* Sea-Bird\n* S = 1\n# start = 3\n*END*\n 1 2\n 2 3\n", 4, None, "", " ", ".", "matrix"),
    ("; Scan 1\n; Energy I0\n1 2\n2 3\n", 2, "Energy|I0", "", " ", ".", "table"),
    ("! made\n// here\nt,v\n1,2\n", 3, "t|v", "", ",", ".", "table"),
    (";a;b\n1;2;3\n2;3;4\n", 1, "|a|b", "", ";", ".", "table"),
    (
        "# name 0 = prDM: Pressure [db]\n# name 1 = t090C: T [ITS-90, deg C]\n*END*\n1 2\n2 3\n",
        3,
        "prDM|t090C",
        "db|deg C",
        " ",
        ".",
        "table",
    ),
    ("# Column.1: E eV || X\n# Column.2: i0\n1 2\n2 3\n", 2, "E|i0", "eV|", " ", ".", "table"),
    ("# Data:   y   x\n1 2\n2 3\n", 1, "y|x", "", " ", ".", "table"),
    ("#Title=\tA-4\n#Date=\t2019\n1\t2\n2\t3\n", 2, None, "", "\t", ".", "matrix"),
    ("f\tZ\tp\nEnd Comments\n1\t2\t3\n2\t3\t4\n", 2, "f|Z|p", "", "\t", ".", "table"),
    ("run;19;;\nby;me;;\nt;U;I;n\n0;1;2;3\n1;2;3;4\n", 3, "t|U|I|n", "", ";", ".", "table"),
    ("7,Town,NA\nt,a,b\n1,2,3\n2,3,4\n", 2, "t|a|b", "", ",", ".", "table"),
    (
        '"TOA5","68"\n"TIME","N","u"\n"TS","RN","m/s"\n"","","Smp"\n'
        '"2012-06-07 00:00:00.1",0,1.5\n"2012-06-07 00:00:00.2",1,1.7\n',
        4,
        "TIME|N|u",
        "TS||m/s",
        ",",
        ".",
        "table",
    ),
    ("Bench 2\nt,v\n0,1\n1,2\n", 2, "t|v", "", ",", ".", "table"),
    ("Bench, B\nnote: a\n\nt,f,v\n0,1,2\n1,2,3\n", 4, "t|f|v", "", ",", ".", "table"),
    ("Bench\n\nt,v\ns,V\n0,1\n", 4, "t|v", "s|V", ",", ".", "table"),
    (
        "Dev\tQ\nRate\t1 Hz\nt\ta\tb\n0\t1\t2\n1\t1\t2\n2\t1\t2\n",
        3,
        "t|a|b",
        "",
        "\t",
        ".",
        "table",
    ),
    ("Rate;2,5\nt;a;b\n0;1,5;2\n1;1;2\n", 2, "t|a|b", "", ";", ",", "table"),
    ("sep=;\nt;v\n0;1\n", 2, "t|v", "", ";", ".", "table"),
    ('"sep=,"\nt,v\n0,1\n', 2, "t|v", "", ",", ".", "table"),
    ("sep=\t\nt\tv\n0\t1\n", 2, "t|v", "", "\t", ".", "table"),
    ("# t v\n0 1\n1 2\n", 1, "t|v", "", " ", ".", "table"),
    ("# run 7\n# t strain stress\n0 3 0\n1 5 0\n", 2, "t|strain|stress", "", " ", ".", "table"),
    ('#"Clock (ps)","V"\n0,1\n1,2\n', 1, "Clock (ps)|V", "", ",", ".", "table"),
    ("#t,v\n#[s],[V]\n0,1\n1,2\n", 2, "t|v", "s|V", ",", ".", "table"),
    ("# -t v\n\t\n0 1\n1 2\n", 2, "-t|v", "", " ", ".", "table"),
    ("% t v\n0 1\n1 2\n", 1, "t|v", "", " ", ".", "table"),
    ("%% made\n% t v\n0 1\n1 2\n", 2, "t|v", "", " ", ".", "table"),
    ("# id t x\na 0 1\nb 1 2\n", 1, "id|t|x", "", " ", ".", "table"),
    ("#N/A,3\n1,2\n", 0, None, "", ",", ".", "matrix"),
    ("t,v\n#DIV/0!,3\n1,2\n", 1, "t|v", "", ",", ".", "table"),
    ("z\\x,0,10\n5,1,2\n6,3,4\n", 1, "z\\x|0|10", "", ",", ".", "crosstab"),
    (",0,10\n5,1,2\n6,3,4\n", 1, "|0|10", "", ",", ".", "crosstab"),
    ("Map\nz\\x,0,10\n5,1,2\n6,3,4\n", 2, "z\\x|0|10", "", ",", ".", "crosstab"),
    ("t;a;b\n0;1.250;0,5\n1;1.550;1\n", 1, "t|a|b", "", ";", ",", "table"),
    ("t\r\n1\r\n2\r\n", 1, "t", "", ",", ".", "table"),
    ("t,v\r\n[s],[V]\r\n1,2\r\n", 2, "t|v", "s|V", ",", ".", "table"),
    ("t,v\n1,2\n3\n", 1, "t|v", "", ",", ".", "table"),
    ("1,2\n3\n", 0, None, "", ",", ".", "matrix"),
    ("a,b\n1,2,3\n4,5,6\n", 1, "a|b", "", ",", ".", "table"),
]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: repr(head[0]))
def test_heads(head: tuple[str, int, str | None, str, str, str, str]) -> None:
    text, skipped, names, units, delimiter, decimal, layout = head
    start = start_of(lines_of(text), Asked())
    assert told(start) == (names, units, delimiter, decimal, layout)
    rows = [line.text for line in lines_of(text) if line.is_row and line.number > skipped]
    assert start.rows == rows
    lost = [line for line in lines_of(text) if line.number > start.skipped and line.is_row]
    assert [line.text for line in lost] == rows


def told(start: Start) -> tuple[str | None, str, str, str, str]:
    names = None if start.names is None else "|".join(start.names)
    mark, decimal = start.dialect.delimiter, start.dialect.decimal
    return names, "|".join(start.units), mark, decimal, start.layout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("T 2m,850\n0,1\n", "line 1: its first row mixes words ('T 2m') and numbers; --header 1"),
        ("0,n.d.,0\n1,4,1\n", "--header none"),
        (";1,5\n2.5;3\n", "--header none"),
        ("t,2020-01-01\n0,1\n", "mixes words ('t') and numbers"),
        ("t,OL\n0,1\n", "mixes words ('t') and numbers"),
        ("Bench\nt,1\n0,1\n0,2\n", "line 2: its first row mixes"),
        ("2020-01-01,1\n2020-01-02,2\n", "dates and numbers, not names"),
        ("\n# only\n", "holds no rows"),
    ],
)
def test_what_may_be_names_or_numbers_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        start_of(lines_of(text), Asked())
    assert words in str(refused.value)


def test_numbers_are_no_names_of_a_table() -> None:
    with pytest.raises(InputError, match="line 1: its first row holds numbers, not names"):
        start_of(lines_of("0 3\n1 5\n"), Asked(layout="table"))


@pytest.mark.parametrize(
    ("text", "asked", "names", "rows"),
    [
        ("0 3\n1 5\n", Asked(header="none"), ["c0", "c1"], ["0 3", "1 5"]),
        ("0 n.d.\n1 5\n", Asked(header="none"), ["c0", "c1"], ["0 n.d.", "1 5"]),
        ("400,500\n0,3\n1,5\n", Asked(header=1), ["400", "500"], ["0,3", "1,5"]),
        ("x\ny,z\n\nt,v\ns,V\n0,3\n", Asked(header=4), ["t", "v"], ["0,3"]),
        ("a,b\n#t,v\n0,3\n", Asked(header=2), ["t", "v"], ["0,3"]),
        ("a,b\nc,d\nt,v\n0,3\n", Asked(skip_rows=2), ["t", "v"], ["0,3"]),
        ("7,8\n0,3\n", Asked(skip_rows=1), None, ["0,3"]),
        ("# t v\n0 3\n1 5\n", Asked(layout="matrix"), None, ["0 3", "1 5"]),
        ("# t v\n0 3\n1 5\n", Asked(columns=("0", "1")), None, ["0 3", "1 5"]),
    ],
)
def test_options_overrule(
    text: str, asked: Asked, names: list[str] | None, rows: list[str]
) -> None:
    start = start_of(lines_of(text), asked)
    assert start.names == names
    assert start.rows == rows


def test_a_line_of_names_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="line 9 is blank or absent"):
        start_of(lines_of("a,b\n0,1\n"), Asked(header=9))


def test_what_was_skipped_is_noted() -> None:
    start = start_of(lines_of("Bench\nB 2\nt,v\ns,V\n0,1\n1,2\n"), Asked())
    assert start.notes == (
        "lines 1 to 2 are skipped as a preamble; the table begins on line 3",
        "line 4 is read as the units of the columns",
    )


CELLS = st.sampled_from(["1", "2.5", "-3", "1e3", "nan", "", "a", "t", "[s]", "#N/A", "x y", "1,5"])
ROWS = st.lists(CELLS, min_size=1, max_size=4)


@given(st.lists(ROWS, min_size=1, max_size=8), st.sampled_from(",; \t"))
@settings(max_examples=150, deadline=None)
def test_no_row_of_numbers_goes_before_the_rows(rows: list[list[str]], mark: str) -> None:
    text = "".join(mark.join(row) + "\n" for row in rows)
    try:
        start = start_of(lines_of(text), Asked())
    except GradcliError:
        return
    for line in lines_of(text):
        cells = [cell for cell in re.split(r"[,; \t]+", line.text) if cell]
        if cells and line.number <= start.skipped and line.is_row and start.layout != "crosstab":
            assert not set(cells) <= {"1", "2.5", "-3", "1e3", "nan", "5", "#N/A"}, line


def run_damaged(
    folder: Path, seeds: range, check: Callable[[Path, str, dict[str, Any]], bool]
) -> int:
    """Check heads that are damaged at random; return how many were read, and not refused."""
    heads, read = [head[0] for head in HEADS], 0
    for seed in seeds:
        rng = Random(seed)
        text, way = damaged(rng, heads), rng.choice(WAYS)
        try:
            read += check(folder / "damaged.csv", text, way)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {way}: {text!r}") from error
    return read


def test_no_row_of_a_damaged_head_is_lost_without_a_word(tmp_path: Path) -> None:
    assert run_damaged(tmp_path, range(150), loses_nothing) > 50
    assert run_damaged(tmp_path, range(30), is_the_same_live) > 5


@pytest.mark.long
def test_no_row_of_twenty_thousand_damaged_heads_is_lost(tmp_path: Path) -> None:
    assert run_damaged(tmp_path, range(20_000), loses_nothing) > 7000
    assert run_damaged(tmp_path, range(5000), is_the_same_live) > 1000
