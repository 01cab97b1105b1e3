"""Heads of text that arrives."""

from __future__ import annotations

from gradcli.formats.csv.live_text import LiveText
from gradcli.model.protocols import Hints
from tests.formats.csv.test_live import feed_of


def test_names_behind_a_mark_come_before_the_rows() -> None:
    with feed_of([b"# run\n", b"# t v\n", b"0 1\n", b"1 2\n"]) as feed:
        text = LiveText(feed, Hints())
        text.begin()
        assert text.head().startswith("# run\n# t v\n0 1\n")


def test_it_waits_for_rows_behind_names_and_units() -> None:
    with feed_of([b"t,v\n[s],[V]\n", b"0,1\n"], 0.2) as feed:
        text = LiveText(feed, Hints(encoding="latin-1"))
        text.begin()
        text.begins = 2
        text.drop_head()
        (slab,) = text.slabs()
        assert slab.rows_of_text() == ["0,1"]
        assert slab.line(0) == 3
