"""Steps in order: a bounded number under way, the first error first."""

from __future__ import annotations

import threading
import time

import pytest

from gradcli.model.blocks import Block
from gradcli.model.protocols import Packet
from gradcli.system.threads import Threads, in_order, in_threads


def blocks(count: int) -> list[Block]:
    return [Block(0, (slice(i, i + 1),)) for i in range(count)]


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_with_few_under_way(workers: int) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def step(block: Block) -> list[Packet]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.002 * (block.window[0].start % 3))
        with lock:
            under_way -= 1
        return [Packet("f", block.window, None)]

    with Threads(workers) as pool:
        found = [p[0].window[0].start for p in in_order(pool, step, blocks(20), workers)]
    assert found == list(range(20))
    assert most <= workers


def test_a_failing_step_ends_the_run() -> None:
    started = []

    def step(block: Block) -> list[Packet]:
        started.append(block)
        if block.window[0].start == 3:
            raise ValueError("bad block")
        return []

    with pytest.raises(ValueError, match="bad block"), Threads(2) as pool:
        list(in_order(pool, step, blocks(1000), 2))
    assert len(started) < 10


def test_the_first_error_is_that_of_the_first_item():
    def step(item):
        time.sleep(0.05 * (item == 1))
        if item == 1:
            raise ValueError("step")
        return item

    def items():
        yield from range(3)
        raise KeyError("items")

    for threads in (1, 2, 4):
        with pytest.raises(ValueError, match="step"):
            list(in_threads(step, items(), threads))


def test_few_items_are_under_way():
    begun = []

    def items():
        for i in range(50):
            begun.append(i)
            yield i

    for done, _ in enumerate(in_threads(str, items(), 3)):
        assert len(begun) <= done + 5
