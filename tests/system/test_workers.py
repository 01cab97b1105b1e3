"""Processes that work on inputs; tests/cli/test_workers.py lets them work on real ones."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gradcli.system.logbook import Item, Logbook, Outcome
from gradcli.system.workers import Advance, Workers, is_single

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc says if forks are safe")

COUNT = 12
Step = Callable[[int], None]


def alone(work: Callable[[], Any]) -> Any:
    """Return what a function does in a process without threads, which that of pytest may have."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(writing, pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        data = told.read()
    os.waitpid(pid, 0)
    return pickle.loads(data)


def batch(step: Step, workers: int = 3, fail_fast: bool = False) -> tuple[list, list]:
    """Work on some inputs by a step that may do anything; return what is begun, and outcomes."""
    log = Logbook()
    log.set_out([Item(f"{number}.nc") for number in range(COUNT)], True, False)

    def do(index: int, _: Advance) -> Outcome | None:
        log.begin(index)
        step(index)
        return Outcome(str(os.getpid()), "", 3 if step is fails and index == 2 else 0)

    pool = Workers(log, workers, do, lambda *_: None, fail_fast)
    with pool:
        made = list(pool.outcomes(range(COUNT)))
    assert sorted(log.outcomes) == [index for index, outcome in made if outcome is not None]
    return log.begun, made


def fails(index: int) -> None:
    """Fail at input 2 (by what ``batch`` makes of this step), and take a while at others."""
    time.sleep(0.02 * (index != 2))


def test_outcomes_come_in_order_from_several_processes() -> None:
    begun, made = batch(lambda index: time.sleep(0.01 * (index == 0)))
    assert [index for index, _ in made] == list(range(COUNT))
    pids = {outcome.out for _, outcome in made}
    assert 2 <= len(pids) <= 3
    assert str(os.getpid()) not in pids
    assert begun == []


def test_those_that_die_are_replaced_and_what_they_had_is_said() -> None:
    def step(index: int) -> None:
        if index in (1, 2, 3, 7):
            os.kill(os.getpid(), signal.SIGKILL)

    begun, made = alone(lambda: batch(step, workers=2))
    failed = [index for index, outcome in made if outcome.code]
    assert failed == [1, 2, 3, 7]
    assert "7.nc: the process that worked on it was killed (SIGKILL)" in made[7][1].err
    assert begun == []


def test_what_a_worker_cannot_tell_is_left_to_the_one_that_forked_it() -> None:
    def step(index: int) -> None:
        if index == 4:
            raise ZeroDivisionError

    begun, made = batch(step, workers=2)
    assert [index for index, outcome in made if outcome is None] == [4]
    assert begun == []


def test_nothing_is_begun_after_a_failure() -> None:
    _, made = batch(fails, workers=2, fail_fast=True)
    assert [outcome.code for _, outcome in made[:3]] == [0, 0, 3]
    assert [outcome for _, outcome in made[4:]] == [None] * (COUNT - 4)


def test_an_error_here_ends_them_and_removes_what_they_left(tmp_path: Path) -> None:
    log = Logbook()
    log.set_out([Item(f"{number}.nc") for number in range(COUNT)], True, False)
    place = tmp_path / "file.gradcli-tmp"

    def do(index: int, _: Advance) -> Outcome | None:
        log.begin(index)
        if index == 1:
            log.name(str(place))
            place.touch()
            time.sleep(60)
        return Outcome("", "", 0)

    began = time.monotonic()
    with suppress(ZeroDivisionError), Workers(log, 2, do, lambda *_: None, False) as pool:
        for _ in pool.outcomes(range(COUNT)):
            while not place.exists():
                time.sleep(0.001)
            raise ZeroDivisionError
    assert time.monotonic() - began < 30
    assert not place.exists()


def test_all_know_what_belongs_to_whom() -> None:
    log = Logbook()
    log.set_out([Item(f"{number}.nc") for number in range(COUNT)], True, False)
    log.claims["taken"] = "before"

    def do(index: int, _: Advance) -> Outcome | None:
        log.begin(index)
        owners = (log.claims.setdefault(path, str(index)) for path in ("taken", "free", "free"))
        return Outcome(" ".join(owners), "", 0)

    with Workers(log, 3, do, lambda *_: None, False) as pool:
        told = {outcome.out for _, outcome in pool.outcomes(range(COUNT)) if outcome}
    (owner,) = {line.split()[1] for line in told}
    assert told == {f"before {owner} {owner}"}
    assert log.claims.setdefault("free", "late") == owner


def test_blocks_are_reported_now_and_then() -> None:
    log = Logbook()
    log.set_out([Item("a.nc")], True, False)
    seen: list[tuple[int, int, int]] = []

    def do(index: int, advance: Advance) -> Outcome | None:
        log.begin(index)
        for done in range(1000):
            advance(index, done, 1000)
        return Outcome("", "", 0)

    with Workers(log, 1, do, lambda *told: seen.append(told), False) as pool:
        list(pool.outcomes([0]))
    assert seen[0] == (0, 0, 1000)
    assert len(seen) < 10


def test_threads_are_seen() -> None:
    import threading

    assert isinstance(is_single(), bool)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert not is_single()
    stop.set()
    thread.join()
