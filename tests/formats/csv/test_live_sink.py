"""Results that are written while their input arrives."""

from __future__ import annotations

import os

import pytest


def test_a_feed_ends_when_the_reader_of_its_results_leaves() -> None:
    from gradcli.system.streams import Feed

    (source, into), (reader, answers) = os.pipe(), os.pipe()
    feed = Feed(source, answers)
    os.write(into, b"t,v\n")
    assert feed.read(100) == b"t,v\n"
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        feed.read(100)
    for end in (source, into, answers):
        os.close(end)
