"""Blocks in tasks: all of them, in order, each task large enough."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from gradcli.model.groups import MOST_TASKS, SMALLEST_TASK, TASK_BYTES, bytes_of_task, grouped

SIZES = some.lists(some.integers(0, 100), max_size=60)


@settings(max_examples=60)
@given(SIZES, some.integers(1, 300))
def test_tasks_hold_every_block_once_and_all_but_the_last_are_large(
    sizes: list[int], enough: int
) -> None:
    edges = grouped(iter(sizes), enough)
    assert edges[0] == 0
    assert edges[-1] == len(sizes)
    assert edges == sorted(set(edges))
    held = [sum(sizes[a:b]) for a, b in pairwise(edges)]
    assert all(size >= enough for size in held[:-1])
    lasts = [sizes[b - 1] for b in edges[1:]]
    assert all(size - last < enough for size, last in zip(held, lasts, strict=True))


@given(some.integers(0, 10**16), some.integers(0, 1000))
def test_tasks_are_neither_too_small_nor_too_large_nor_too_many(total: int, threads: int) -> None:
    enough = bytes_of_task(total, threads)
    assert SMALLEST_TASK <= enough <= max(TASK_BYTES, total // MOST_TASKS)
    assert total // (enough + 1) <= MOST_TASKS
