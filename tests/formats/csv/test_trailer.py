"""Lines of words behind a table."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError
from gradcli.formats.csv.live import open_live
from gradcli.model.protocols import Hints
from tests.feeds import feed_of

HEAD = "SpectraSuite\n++++\n>>>Begin<<<\n"
ROWS = "".join(f"{400 + i}\t{i * i}\n" for i in range(9))


def slopes(path: Path, **given: object) -> tuple[np.ndarray, list[str]]:
    out = path.with_name("out.csv")
    report = gradcli.differentiate(path, out, axis=0, spacing=1, **given)
    return np.loadtxt(out, delimiter="\t"), list(report.notes)


@pytest.mark.parametrize("end", [">>>End<<<\n", ">>>End<<<", "\n\n>>>End<<<\nsaved by me\n\n"])
def test_lines_of_words_at_the_end_are_skipped_with_a_note(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(HEAD + ROWS + end)
    found, notes = slopes(path)
    assert found.shape == (9, 2)
    np.testing.assert_array_equal(found[:, 1], np.gradient(np.arange(9.0) ** 2))
    assert notes[-1] == "the end, from '>>>End<<<' on, is skipped; it holds no numbers"


@pytest.mark.parametrize(
    "end",
    [
        "409\tx\n",
        "409\n",
        "x\ty\n",
        ">>>End<<<\n409\t81\n",
        ">>>End<<<\n#9\t1\n",
        "409;81\n",
        "t,U\nb,1\n",
        "a 9 81\n",
    ],
)
def test_what_may_be_a_row_is_never_skipped(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(HEAD + ROWS + end)
    with pytest.raises(InputError, match=r"line 1[34]"):
        slopes(path)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_words_at_the_end_are_shown_as_they_are_written(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((HEAD + ROWS + "Ende für heute\n").encode(encoding))
    assert "from 'Ende für heute' on" in slopes(path)[1][-1]


def test_a_compressed_file_has_no_end_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress((HEAD + ROWS + ">>>End<<<\n").encode()))
    with pytest.raises(InputError, match="line 13"):
        slopes(path)


@pytest.mark.parametrize(
    ("pieces", "count", "last"),
    [
        ([ROWS, ">>>End<<<\n"], 9, ""),
        ([ROWS + ">>>End<<<\nsaved by me\n"], 9, ""),
        ([ROWS + ">>>End<<<\n", "\nsaved by me"], 9, ""),
        ([ROWS, ">>>End<<<\n", "409\t81\n"], 9, "line 10: 1 field found"),
        ([ROWS, "409\tx\n"], 9, "line 10, column 2: 'x' is not"),
        ([ROWS * 5, "end\n" * 21], 45, "line 46: 1 field found"),
    ],
)
def test_words_at_the_end_of_a_pipe_are_skipped_too(
    pieces: list[str], count: int, last: str
) -> None:
    with feed_of([piece.encode() for piece in pieces]) as feed:
        live = open_live(feed, Hints())
        assert live is not None
        with live:
            came, ended, error = 0, False, ""
            while not ended and not error:
                try:
                    came, ended = live.arrive(0)
                except InputError as found:
                    error = str(found)
        assert came == count
        assert error.startswith(last)
        assert ("skipped" in " ".join(live.notes)) == (not last)
