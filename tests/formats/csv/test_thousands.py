"""Marks between thousands."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.formats.csv.thousands import check_mark, doubtful, without_marks
from tests.formats.csv.test_source import load, refuse


@pytest.mark.parametrize(
    ("text", "mark", "delimiter", "right"),
    [
        (b"0;1.250\n1.250.000,5;-1.250\n", ".", ";", b"0;1250\n1250000,5;-1250\n"),
        (b"0;27.02.2021\n1;10.0.0.123\n", ".", ";", b"0;27.02.2021\n1;10.0.0.123\n"),
        (b'"1,250.5",2,300\n', ",", ",", b'"1250.5",2,300\n'),
        (b"1 250\t12 250,5\n", " ", "\t", b"1250\t12250,5\n"),
        (b"1'250;2\n", "'", ";", b"1250;2\n"),
    ],
)
def test_marks_go(text: bytes, mark: str, delimiter: str, right: bytes) -> None:
    assert without_marks(text, mark, delimiter) == right


def test_only_three_digits_are_doubtful() -> None:
    assert doubtful(b"1,5;27.02.2021;1.25;1.2500;0:00.123\n") is None
    assert doubtful(b"1,5;-1.250\n") == 4


def test_a_doubtful_number_is_refused_and_read_with_the_option(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = "t;n;s\n0;1.250;0,5\n1;1.550;0,75\n"
    assert "line 2: '1.250' has a dot before three digits" in refuse(tmp_path, text)
    values = load(tmp_path, text, thousands=".", columns=("t",))[1]
    assert values["n"].tolist() == [1250, 1550]
    assert values["s"].tolist() == [0.5, 0.75]
    # A column of words may hold what it likes.
    assert "n" in load(tmp_path, "t;n;w\n0;1,5;1.250\n1;2,5;b\n2;2,5;c\n", columns=("t",))[1]


def test_wrong_marks_are_refused() -> None:
    for mark, decimal in ((";", None), ("..", None), (".", ".")):
        with pytest.raises(UsageError, match="--thousands"):
            check_mark(mark, decimal)
