"""Feeds and outlets; tests/cli/test_pipes.py runs the command on live pipes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gradcli.system.streams import Feed, Outlet, begin


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    out, into = os.pipe()
    yield out, into
    for descriptor in (out, into):
        with suppress(OSError):  # the test has closed it
            os.close(descriptor)


def test_what_is_there_is_read_and_more_is_not_waited_for(pipe: tuple[int, int]) -> None:
    feed = Feed(pipe[0])
    assert feed.read(10, patience=0) is None
    os.write(pipe[1], b"abc")
    assert feed.read(2) == b"ab"
    assert feed.read(10) == b"c"
    assert not feed.ended
    os.close(pipe[1])
    assert feed.read(10) == b""
    assert feed.ended


def test_what_was_read_can_be_read_again_until_that_is_given_up(pipe: tuple[int, int]) -> None:
    feed = Feed(pipe[0])
    os.write(pipe[1], b"abcdef")
    assert feed.read(2) == b"ab"
    feed.put_back()
    assert feed.read(4) == b"abcd"
    feed.put_back()
    assert feed.read(1) == b"a"
    os.close(pipe[1])
    assert b"".join(feed.rest()) == b"abcdef"
    assert feed.taken is None


@pytest.mark.parametrize(
    ("data", "head"),
    [(b"0123456789", b"01234567"), (b"1,2\n3,4\n", b"1,2\n3,4\n"), (b"12", b"12"), (b"", b"")],
)
def test_the_beginning_stays_to_be_read(pipe: tuple[int, int], data: bytes, head: bytes) -> None:
    os.write(pipe[1], data)
    os.close(pipe[1])
    feed = Feed(pipe[0])
    assert begin(feed) == head
    assert feed.read(100) == data


def test_a_reader_of_the_answers_who_leaves_ends_the_wait(pipe: tuple[int, int]) -> None:
    answers_out, answers_into = os.pipe()
    feed = Feed(pipe[0], answers_into)
    os.close(answers_out)
    with pytest.raises(BrokenPipeError):
        feed.read(10)
    os.close(answers_into)


def test_an_outlet_sends_all_through_a_pipe_that_never_waits(pipe: tuple[int, int]) -> None:
    data = bytes(range(256)) * 4000
    os.set_blocking(pipe[1], False)
    found = bytearray()

    def drain() -> None:
        while piece := os.read(pipe[0], 5000):
            found.extend(piece)

    reader = threading.Thread(target=drain)
    reader.start()
    Outlet(pipe[1]).send(data)
    os.close(pipe[1])
    reader.join()
    assert found == data
