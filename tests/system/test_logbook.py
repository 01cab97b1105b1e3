"""The log of a command, and its copy on the other side of a pipe."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

import pytest

from gradcli.system.logbook import Item, Logbook, Outcome


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_the_one_that_listens_knows_what_the_worker_knows(pipe: tuple[int, int]) -> None:
    worker, watcher = Logbook(pipe=pipe[1]), Logbook()
    worker.set_out([Item("a"), Item("b\udcff", "out"), Item("c")], True, False)
    worker.name(".x.gradcli-tmp")
    worker.begin(0)
    worker.begin(1)
    worker.put_off(1)
    worker.end(0, Outcome("a_d0.npy", "", 0))
    worker.begin(2)
    worker.show(2, Outcome("a", "b", 1, True))
    watcher.read(os.read(pipe[0], 2**16))
    for log in (worker, watcher):
        assert log.items == [Item("a"), Item("b\udcff", "out"), Item("c")]
        assert (log.batch, log.as_json, log.begun) == (True, False, [])
        assert log.outcomes == {0: Outcome("a_d0.npy", "", 0), 2: Outcome("", "", 1, True)}
        assert log.shown == {2}
        assert log.names == [".x.gradcli-tmp"]


def test_a_line_that_was_cut_is_left_out(pipe: tuple[int, int]) -> None:
    worker, watcher = Logbook(pipe=pipe[1]), Logbook()
    worker.begin(3)
    worker.begin(4)
    watcher.read(os.read(pipe[0], 2**16)[:-1])
    assert watcher.begun == [3]


def test_one_input_of_a_worker_that_died_has_failed() -> None:
    log = Logbook()
    log.begin(5)
    assert log.bury() == [5]
    assert (log.begun, log.suspects) == ([], [])


def test_of_several_none_has_failed_yet_and_all_are_suspects_once() -> None:
    log = Logbook(suspects=[1, 4])
    log.begin(4)
    log.begin(7)
    assert log.bury() == []
    assert (log.begun, log.suspects) == ([], [4, 7, 1])


def test_lines_of_several_writers_are_never_longer_than_the_system_keeps_whole(pipe) -> None:
    worker, watcher = Logbook(pipe=pipe[1]), Logbook()
    worker.items = [Item("a" * 1000)]
    worker.shared = True
    worker.begin(0)
    worker.name("n" * 5000)
    worker.end(0, Outcome("x" * 5000, "", 3))
    told = os.read(pipe[0], 2**16)
    assert max(map(len, told.splitlines(keepends=True))) <= select.PIPE_BUF
    watcher.read(told)
    assert watcher.begun == []
    assert watcher.outcomes[0].code == 3
    assert watcher.outcomes[0].err.endswith("aaa: what was to be printed is lost")
    assert worker.outcomes[0].out == "x" * 5000


def test_what_is_told_twice_or_late_changes_nothing() -> None:
    log = Logbook()
    log.begin(1)
    log.show(1, Outcome("", "", 0))
    log.end(1, Outcome("late", "", 0))
    assert (log.begun, log.shown) == ([], {1})
