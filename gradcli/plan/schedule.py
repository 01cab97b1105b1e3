"""Share memory and threads among blocks."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from gradcli.errors import MemoryShortError
from gradcli.model.blocks import Block, Need, Partition, cut, size_text
from gradcli.model.sharing import Room
from gradcli.record import record

BLOCK_BYTES = 32 * 2**20  # larger blocks are no faster, and leave threads idle at the end
READ_AGAIN = 3  # times a cell may be read before blocks are made larger
CHEAP = 16  # neighbours whose sums take as long as one more read
RESERVE = 16 * 2**20  # library caches, scratch, coordinates of small axes


@record(frozen=True)
class Schedule:
    """How the fields of a run are cut into blocks, and how many threads work on them.

    Attributes
    ----------
    partitions : tuple of Partition
    workers : int
    memory : int
        The most bytes that the run takes, besides the interpreter and its libraries.
    """

    partitions: tuple[Partition, ...]
    workers: int
    memory: int

    @property
    def count(self) -> int:
        """The number of blocks."""
        return sum(partition.count for partition in self.partitions)

    def room(self, task: int) -> Room:
        """Return the memory for a task's decoded chunks that blocks share."""
        return self.partitions[task].room

    def blocks(self) -> Iterator[Block]:
        """Yield every block, task by task."""
        for task, partition in enumerate(self.partitions):
            for window in partition.windows():
                yield Block(task, window)

    def first(self, task: int) -> int:
        """Return the number of the first block of a task."""
        return sum(partition.count for partition in self.partitions[:task])

    def block(self, number: int) -> Block:
        """Return the block with a number, of those that `blocks` yields."""
        for task, partition in enumerate(self.partitions):
            if number < partition.count:
                return Block(task, partition.window(number))
            number -= partition.count
        raise IndexError(number)

    def number(self, block: Block) -> int:
        """Return the number of a block."""
        return self.first(block.task) + self.partitions[block.task].number(block.window)


def schedule(needs: list[tuple[str, Need]], fixed: int, memory: int, jobs: int) -> Schedule:
    """Return how to cut fields so that a run stays under its memory limit.

    Parameters
    ----------
    needs : list of (name, Need)
    fixed : int
        Bytes that do not depend on blocks: coordinates, tables of weights.
    memory : int
        The limit in bytes.
    jobs : int
        The most threads; fewer are used if memory is too small for the blocks of so many.

    Raises
    ------
    MemoryShortError
        The limit is too small for the smallest block; the message says how much is enough.
    """
    best: tuple[float, int, list[Partition]] | None = None
    for workers in range(jobs, 0, -1):
        budget = (memory - fixed - RESERVE) // in_flight(workers)
        partitions = [_fit(need, budget) for _, need in needs]
        if None in partitions:
            continue
        found = [partition for partition in partitions if partition]
        times = max((partition.times for partition in found), default=1.0)
        # Twice the threads get half the block each, and decode twice as much: nothing is gained.
        if best is None or times < best[0]:
            best = times, workers, found
        if times == 1:
            break
    if best:
        return _scheduled([need for _, need in needs], best[2], best[1], fixed, memory)
    parts = [(name, need.in_parts()) for name, need in needs]
    name, need = max(parts, key=lambda item: item[1].cost(item[1].smallest))
    least = least_memory(need, fixed)
    raise MemoryShortError(
        f"{name}: a memory limit of {size_text(memory)} is too small for its smallest block; "
        f"--memory {ceil(least / 2**20)}MiB would do",
        least,
    )


def _scheduled(
    needs: list[Need], partitions: list[Partition], workers: int, fixed: int, memory: int
) -> Schedule:
    cost = max((partition.cost for partition in partitions), default=0)
    used = min(max((partition.count for partition in partitions), default=1) or 1, workers)
    taken = fixed + RESERVE + cost * in_flight(used)
    pairs = zip(needs, partitions, strict=True)
    shared = tuple(
        need.share(partition, memory - taken, in_flight(used)) for need, partition in pairs
    )
    return Schedule(shared, used, taken + max((partition.kept for partition in shared), default=0))


def _fit(need: Need, budget: int) -> Partition | None:
    """Return a partition into whole chunks of both files, or else of the output alone."""
    size = max(BLOCK_BYTES, need.cost(need.smallest))
    whole = cut(need, min(budget, size))
    often = max(READ_AGAIN, sum(need.halo) / CHEAP)
    while whole and size < budget and need.times_read(whole.block) > often:
        size *= 2
        whole = cut(need, min(budget, size))
    return whole or cut(need.in_parts(), budget)


def least_memory(need: Need, fixed: int) -> int:
    """Return the smallest memory limit that is enough for a field."""
    return need.cost(need.smallest) * in_flight(1) + fixed + RESERVE


def in_flight(workers: int) -> int:
    """Return how many blocks may be in memory at once: worked on, waiting, or being placed."""
    return 1 if workers == 1 else workers + 2
