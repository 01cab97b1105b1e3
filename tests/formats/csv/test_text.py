"""The text of CSV files: plain, compressed, in slabs of whole rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gradcli.errors import InputError
from gradcli.formats.csv.text import LEAST_SLAB, SLAB_BYTES, TextFile
from tests.formats.csv.test_source import load, refuse


def opened(folder: Path, data: bytes, memory: int = 2**30) -> TextFile:
    path = folder / "f.csv"
    path.write_bytes(data)
    return TextFile(str(path), memory)


@pytest.mark.parametrize(
    ("data", "newline"),
    [
        (b"1,2\n3,4\n", "\n"),
        (b"1,2\r\n3,4\r\n", "\r\n"),
        (b"1,2\r3,4\r", "\r"),
        (b"1,2", "\n"),
        (b"1,2\n3,\r4\n", "\n"),
    ],
)
def test_ends_of_lines_are_those_of_the_first(tmp_path: Path, data: bytes, newline: str) -> None:
    with opened(tmp_path, data) as text:
        assert text.newline == newline


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_compressed_is_the_same_text(tmp_path: Path, pack) -> None:
    with opened(tmp_path, pack(b"\xef\xbb\xbf1,2\n")) as text:
        assert text.bom
        assert text.compressed is (pack is not bytes)


@pytest.mark.parametrize("cut", [-1, -9, 12])
def test_a_gzip_file_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(InputError, match="gzip data are damaged or cut short"):
        opened(tmp_path, gzip.compress(b"1,2\n" * 100)[:cut])


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        TextFile(str(tmp_path / "gone.csv"), 2**30)


def test_slabs_and_threads_fit_the_memory(tmp_path: Path) -> None:
    with opened(tmp_path, b"1\n", memory=2**40) as text:
        assert (text.slab_bytes, text.threads(8, 2**40)) == (SLAB_BYTES, 8)
    with opened(tmp_path, b"1\n", memory=2**20) as text:
        assert (text.slab_bytes, text.threads(8, 2**20)) == (LEAST_SLAB, 1)


ROWS = "".join(f"{i},{i}\n" for i in range(2000))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # It never closes: in a small file, and within the most that a row may take.
        (f't,x\n{ROWS}7,"3\n{ROWS}', "line 2002: a quote that opens here does not close"),
        (f't,x\n7,"3\n{ROWS * 300}', "line 2: a quote that opens here does not close in 4 MiB"),
        # The next quote of the file closes it.
        (
            f't,x\n{ROWS}7,5"\n{ROWS}7,"\n{ROWS}',
            "line 2002: 2003 fields found, 2 expected, as in the first row; a quote that opens "
            "there closes on line 4003",
        ),
        (f't,x\n{ROWS}7,"3\n7,5"\n', r"line 2002, column 'x': '3 7,5' is not a number; a quote"),
        # Among the names.
        (f't,"x\n{ROWS}7,3"\n{ROWS}', "line 1: a quote that opens among the names does not close"),
        (
            f't,"x\n0,1\n1,2"\n{ROWS}',
            "line 1: a quote that opens among the names closes on line 3, below rows of numbers",
        ),
    ],
)
def test_a_quote_that_does_not_close_is_said_where_it_opens(
    tmp_path: Path, text: str, words: str
) -> None:
    assert words in refuse(tmp_path, text, columns=("t",))


def test_marks_of_inches_in_names_and_preambles_are_no_quotes(tmp_path: Path) -> None:
    for head in ('t,x"\n', 'Bench 5" pipe\nt,x\n'):
        _, values, _ = load(tmp_path, head + ROWS, columns=("t",))
        assert len(next(iter(values.values()))) == 2000


@pytest.mark.parametrize("way", [{"skip_rows": 301}, {"header": "302"}])
def test_more_lines_than_a_head_has_may_be_skipped(tmp_path: Path, way: dict) -> None:
    junk = "".join(f"{i};junk {i}\n" for i in range(300))
    _, values, _ = load(tmp_path, f'Bench 5" pipe\n{junk}t,x\n{ROWS}', columns=("t",), **way)
    assert values["x"].tolist() == list(range(2000))


def test_lines_within_quotes_may_be_skipped_one_by_one(tmp_path: Path) -> None:
    text = 'note,"a\nt,x\n0,1\n1,2"\n2,3\n'
    assert "does not close" in refuse(tmp_path, text, columns=("t",), skip_rows=1)
