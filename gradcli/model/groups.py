"""How blocks are put together into tasks of a cluster: integers only."""

from __future__ import annotations

from collections.abc import Iterable

TASK_BYTES = 256 * 2**20  # read and written by a task: about a second of a processor
SMALLEST_TASK = 2 * 2**20  # a task of less costs more to hand out than it is worth
TASKS_A_THREAD = 4  # of a small run, so that all threads end at about the same time
MOST_TASKS = 100_000  # of a run: a scheduler takes some minutes to hand out so many


def bytes_of_task(total: int, threads: int) -> int:
    """Return how many bytes the blocks of a task read and write together, at least.

    >>> bytes_of_task(10**13, 100) // 2**20
    256
    >>> bytes_of_task(400 * 2**20, 2) // 2**20
    50
    """
    share = total // max(1, TASKS_A_THREAD * threads)
    return max(SMALLEST_TASK, min(TASK_BYTES, share), total // MOST_TASKS)


def grouped(sizes: Iterable[int], enough: int) -> list[int]:
    """Return the numbers of blocks at which tasks begin, and the number of all blocks.

    A task is made of blocks that follow one another, and ends with the block that makes it large
    enough, so that tasks depend on the plan and on ``enough`` alone.

    >>> grouped([3, 3, 3, 9, 1], 6)
    [0, 2, 4, 5]
    >>> grouped([], 6)
    [0]
    """
    edges, held, number = [0], 0, 0
    for number, size in enumerate(sizes, 1):
        held += size
        if held >= enough:
            edges.append(number)
            held = 0
    if edges[-1] < number:
        edges.append(number)
    return edges
