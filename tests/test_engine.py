"""The loop: pieces of a ring, order, a bounded number under way."""

from __future__ import annotations

import threading
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from gradcli.block import read_pieces
from gradcli.engine import Threads, in_order
from gradcli.formats import open_source
from gradcli.model import Axis, Field, Packet
from gradcli.plan import Block

DOUBLE = np.dtype("f8")


def test_a_window_that_leaves_a_ring_is_read_in_pieces(tmp_path: Path) -> None:
    values = np.arange(30.0).reshape(5, 6)
    np.save(tmp_path / "f.npy", values)
    axes = (Axis("y", 5), Axis("x", 4, start=1))
    field = Field("f", axes, "float64", DOUBLE, DOUBLE)
    part = values[:, 1:5]
    with open_source(str(tmp_path / "f.npy")) as source:
        for first, y in product(range(-9, 5), (-2, 0, 3)):
            found = read_pieces(
                source, field, (slice(y, y + 4), slice(first, first + 7)), field.shape
            )
            rows, columns = np.arange(y, y + 4) % 5, np.arange(first, first + 7) % 4
            np.testing.assert_array_equal(found, part[np.ix_(rows, columns)])


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
        made = in_order(pool, step, blocks(20), workers)
        found = [(b.window[0].start, p[0].window[0].start) for b, p in made]
    assert found == [(i, i) for i in range(20)]
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
