"""Tracks of a table that arrives: what cannot be told apart in time is refused by its line."""

from __future__ import annotations

import pytest

from gradcli.errors import InputError
from gradcli.model.protocols import Hints
from gradcli.settings import Settings
from tests.feeds import feed_of, open_feed, run

ROWS = "".join(f"a,{t},{t * t}\n" for t in range(120))


@pytest.mark.parametrize(
    ("late", "message"),
    [
        ("b,0,0\nb,1,1\na,200,3\nb,2,2\n", "line 124: the track a goes on after others"),
        ("b,0,0\nb,1,1\n,2,2\nb,3,3\n", "line 124: it has no id"),
        ("b,0,0\nb,1,1\nb,0.5,2\nb,3,3\n", "line 124: the coordinate t changes direction"),
    ],
)
def test_a_row_of_no_track_is_named_behind_the_results_before_it(
    late: str, message: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pieces = [f"id,t,v\n{ROWS}".encode(), late.encode()]
    hints = Hints(columns=("t",), by="id")
    with feed_of(pieces, 0.05) as feed, pytest.raises(InputError, match=message):
        run(open_feed("csv", feed, hints), Settings(axis=("t",), by="id"))
    rows = capfdbinary.readouterr().out.decode().splitlines()
    assert rows[120:122] == ["a,119,237.0", "b,0,1.0"]


def test_tracks_that_are_mixed_from_the_first_are_left_to_be_copied() -> None:
    text = b"id,t,v\na,0,0\nb,0,0\na,1,1\nb,1,1\n"
    with feed_of([text]) as feed:
        assert open_feed("csv", feed, Hints(columns=("t",), by="id")) is None


def test_lines_that_are_spaced_out_must_all_be(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = "t,v\n" + "".join(f"{t},{t}\n\n" for t in range(150))
    pieces = [text.encode(), b"150,150\n151,1\n"]
    with feed_of(pieces, 0.05) as feed, pytest.raises(InputError, match="line 303: blank lines"):
        run(open_feed("csv", feed, Hints(columns=("t",))), Settings(axis=("t",)))
    assert b"\n148,1.0\n" in capfdbinary.readouterr().out
