"""How a field is cut into blocks: windows and sizes, integers only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import ceil, prod
from typing import NamedTuple

from gradcli.model.chunks import times_decoded
from gradcli.model.sharing import Blocks, Room, Sharing, share
from gradcli.record import record, replace

Window = tuple[slice, ...]


def hull(one: slice, other: slice) -> slice:
    """Return the shortest run of rows that holds two.

    >>> hull(slice(1, 3), slice(2, 9))
    slice(1, 9, None)
    """
    return slice(min(one.start, other.start), max(one.stop, other.stop))


def relative(window: Window, outer: Window) -> Window:
    """Return a window as counted from the first point of another.

    >>> relative((slice(5, 8),), (slice(4, 9),))
    (slice(1, 4, None),)
    """
    return tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(window, outer, strict=True)
    )


RUN_BYTES = 64 * 1024  # in shorter reads the call costs more than the bytes
WRITE_BYTES = 4 * 1024  # as above, where a block is read in one order and written in another
HALO_SHARE = 8  # rows of a block per row of its halo, where memory allows
DECODED_COPIES = 3  # copies of a chunk while it is decoded: as stored, inflated, in order


class Block(NamedTuple):
    """One step of the work: a task, and the window to write."""

    task: int
    window: Window


@record(frozen=True)
class Partition:
    """How a field is cut into blocks, and what a block costs.

    Attributes
    ----------
    shape, block : tuple of int
    cost : int
        Bytes that a block needs, for the input with its halo and for the results.
    sharing : Sharing or None
        Order of the blocks, and the memory for chunks that they share; None is the plain order.
    times : float
        How often a chunk of the input is decoded on average, not counting halos.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]
    cost: int
    sharing: Sharing | None = None
    times: float = 1.0

    @property
    def kept(self) -> int:
        """Bytes of decoded chunks that are kept for blocks to share."""
        return self.sharing.kept if self.sharing else 0

    @property
    def room(self) -> Room:
        """The memory for decoded chunks that blocks share."""
        return self.sharing.room if self.sharing else Room()

    @property
    def count(self) -> int:
        """The number of blocks."""
        return prod(ceil(n / b) for n, b in zip(self.shape, self.block, strict=True))

    def windows(self) -> Iterator[Window]:
        """Yield the windows of all blocks, in the order of the work.

        >>> [w[0] for w in Partition((5,), (2,), 0).windows()]
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
        """
        steps = [
            [slice(i, min(i + step, size)) for i in range(0, size, step)]
            for size, step in zip(self.shape, self.block, strict=True)
        ]
        order = self._order
        places = [order.index(axis) for axis in range(len(steps))]
        for parts in product(*(steps[axis] for axis in order)):
            yield tuple(parts[place] for place in places)

    @property
    def _order(self) -> tuple[int, ...]:
        """The axes, that along which blocks change last first."""
        return self.sharing.order if self.sharing else tuple(range(len(self.shape)))

    def window(self, number: int) -> Window:
        """Return the window with a number, of those that `windows` yields.

        >>> Partition((5, 4), (2, 3), 0).window(3)
        (slice(2, 4, None), slice(3, 4, None))
        """
        made = [slice(0)] * len(self.shape)
        for axis in reversed(self._order):
            size, step = self.shape[axis], self.block[axis]
            number, index = divmod(number, ceil(size / step))
            made[axis] = slice(index * step, min(index * step + step, size))
        return tuple(made)

    def number(self, window: Window) -> int:
        """Return the number of a window.

        >>> Partition((5, 4), (2, 3), 0).number((slice(2, 4), slice(3, 4)))
        3
        """
        number = 0
        for axis in self._order:
            count = ceil(self.shape[axis] / self.block[axis])
            number = number * count + window[axis].start // self.block[axis]
        return number


@record(frozen=True)
class Need:
    """What determines how a field is cut into blocks.

    Attributes
    ----------
    shape : tuple of int
    unit : tuple of int
        The smallest block that reads nothing twice and writes whole chunks.
    halo : tuple of int
        Rows of the halo along each axis, both sides together.
    read_bytes, write_bytes : int
        Bytes per cell while it is read, and of its results.
    chunk_bytes : int
        Bytes per cell of a decoded chunk; 0 if nothing is stored in chunks.
    chunks : tuple of int
        Chunks of the input; empty if they equal ``unit``.
    written : tuple of int
        Chunks of the output; empty if there are none.
    readable : tuple of int
        Sizes of what halos may extend over, if the shape is that of a part; empty if it is not.
    again : bool
        Whether blocks may cut through chunks of the input, which are then decoded repeatedly.
    fortran : bool
        Whether the input lies in Fortran order.
    turned : bool
        Whether the output lies in C order nevertheless.
    sides : tuple of (int, int)
        Rows of the halo before and behind a block, away from the ends of the axes; empty if they
        are halves of the halo.
    aligned : bool
        Whether chunks of the input begin where blocks may begin.
    """

    shape: tuple[int, ...]
    unit: tuple[int, ...]
    halo: tuple[int, ...]
    read_bytes: int
    write_bytes: int
    chunk_bytes: int = 0
    chunks: tuple[int, ...] = ()
    written: tuple[int, ...] = ()
    again: bool = False
    readable: tuple[int, ...] = ()
    fortran: bool = False
    turned: bool = False
    sides: tuple[tuple[int, int], ...] = ()
    aligned: bool = True

    @property
    def smallest(self) -> tuple[int, ...]:
        """The smallest block."""
        return tuple(min(u, n) for u, n in zip(self.unit, self.shape, strict=True))

    def cost(self, block: tuple[int, ...]) -> int:
        """Return the bytes that a block needs, including a chunk that is being decoded."""
        read = prod(self._reads(block))
        decoding = DECODED_COPIES * prod(self.chunks or self.unit) * self.chunk_bytes
        return read * self.read_bytes + prod(block) * self.write_bytes + decoding

    def times_read(self, block: tuple[int, ...]) -> float:
        """Return how often a cell is read on average, in blocks and their halos.

        >>> Need((100, 10), (1, 1), (2, 0), 8, 8).times_read((4, 5))
        1.5
        """
        return prod(self._reads(block)) / prod(block)

    def _reads(self, block: tuple[int, ...]) -> tuple[int, ...]:
        each = zip(self.readable or self.shape, block, self.halo, strict=True)
        return tuple(min(size, extent + beside) for size, extent, beside in each)

    def share(self, partition: Partition, spare: int, under_way: int) -> Partition:
        """Return the partition whose blocks share decoded chunks, as far as memory allows."""
        if not self.chunk_bytes or partition.times > 1 or not partition.count:
            return partition
        chunks = self.chunks or self.unit
        sides = self.sides or tuple((rows // 2, rows - rows // 2) for rows in self.halo)
        blocks = Blocks(self.shape, partition.block, chunks, sides, under_way, self.aligned)
        return replace(partition, sharing=share(blocks, self.chunk_bytes, spare))

    def in_parts(self) -> Need:
        """Return the same need with blocks of whole output chunks that may cut input chunks."""
        if not self.written or not self.chunks:
            return self
        unit = tuple(map(min, self.written, self.shape))
        return self if unit == self.unit else replace(self, unit=unit, again=True)


def fitting_chunks(
    chunks: tuple[int, ...], shape: tuple[int, ...], grows: tuple[bool, ...] = ()
) -> tuple[int, ...]:
    """Limit chunks to the sizes of the axes, except along axes that grow.

    >>> fitting_chunks((100, 100), (10, 10), (True, False))
    (100, 10)
    """
    each = zip(chunks, shape, grows or (False,) * len(shape), strict=True)
    return tuple(c if grow else max(1, min(c, n)) for c, n, grow in each)


def cut(need: Need, budget: int) -> Partition | None:
    """Return the partition whose blocks fit a budget, or None if not even one unit fits.

    Blocks consist of whole units. They grow first until a read is worth its call, then along the
    axes with a halo, then from the last axis to the first; of an array in Fortran order from the
    first to the last, but if the results lie in C order, only when a write is worth its call too.

    Examples
    --------
    >>> cut(Need((100, 10), (1, 1), (2, 0), 8, 8), 2000).block
    (11, 10)
    """
    if 0 in need.shape:  # nothing to work on, in blocks of one point or more
        return Partition(need.shape, tuple(max(1, n) for n in need.shape), 0)
    block = need.smallest
    if need.cost(block) > budget:
        return None
    if need.cost(need.shape) <= budget:
        block = need.shape
    else:
        for axis, goal in _goals(need):
            block = _grow(need, block, axis, goal, budget)
    times = times_decoded(need.shape, block, need.chunks) if need.again else 1.0
    return Partition(need.shape, block, need.cost(block), times=times)


def _goals(need: Need) -> Iterator[tuple[int, int]]:
    last_first = tuple(range(len(need.shape) - 1, -1, -1))
    fastest_first = last_first[::-1] if need.fortran else last_first
    yield from _runs(need, fastest_first, RUN_BYTES)
    if need.turned:
        yield from _runs(need, last_first, WRITE_BYTES)
    for axis in fastest_first:
        if need.halo[axis]:
            yield axis, min(HALO_SHARE * need.halo[axis], need.shape[axis])
    for axis in fastest_first:
        yield axis, need.shape[axis]


def _runs(need: Need, fastest_first: tuple[int, ...], count: int) -> Iterator[tuple[int, int]]:
    """Yield how far a block grows along each axis until a run of it takes ``count`` bytes."""
    run = count // max(1, need.read_bytes)
    for axis in fastest_first:
        if need.unit[axis] == 1 and run > 1:
            yield axis, min(run, need.shape[axis])
        run //= max(1, need.shape[axis])


def _grow(need: Need, block: tuple[int, ...], axis: int, goal: int, budget: int) -> tuple[int, ...]:
    """Extend a block along an axis by whole units, as far as the goal and the budget allow."""

    def resized(units: int) -> tuple[int, ...]:
        extent = min(units * need.unit[axis], need.shape[axis])
        return (*block[:axis], extent, *block[axis + 1 :])

    low, high = ceil(block[axis] / need.unit[axis]), ceil(goal / need.unit[axis])
    while low < high:
        middle = (low + high + 1) // 2
        if need.cost(resized(middle)) <= budget:
            low = middle
        else:
            high = middle - 1
    return resized(low)


def size_text(count: int) -> str:
    """Return a number of bytes as readable text.

    >>> size_text(3 * 2**20)
    '3.0 MiB'
    """
    size = float(count)
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    return f"{count} B" if units[0] == "B" else f"{size:.1f} {units[0]}"
