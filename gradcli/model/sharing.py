"""Which decoded chunks are kept in memory for the blocks that share them, and in which order."""

from __future__ import annotations

from itertools import permutations
from math import ceil, prod
from typing import NamedTuple

MOST_AXES = 4  # with more axes there are too many orders to compare
MOST_FACES = 0.75  # of a chunk: if its faces are more, whole chunks are kept


class Room(NamedTuple):
    """The memory for decoded chunks of an array that blocks share, and what is kept of a chunk.

    Attributes
    ----------
    whole : int
        Bytes of whole chunks.
    faces : int
        Bytes of faces: the rows at the ends of a chunk, which blocks beside it read as their halo.
    rows : tuple of (int, int)
        Rows of the first and of the last face along each axis; empty if chunks are kept as a whole.
    twice : tuple of int
        Axes along which no whole chunk waits for its block: only its faces are kept before.
    order : tuple of int
        The axes, slowest first, in the order of which blocks are worked on.
    once : bool
        Whether each chunk is read by one block alone, and need not be kept.
    """

    whole: int = 0
    faces: int = 0
    rows: tuple[tuple[int, int], ...] = ()
    twice: tuple[int, ...] = ()
    order: tuple[int, ...] = ()
    once: bool = False

    def among(self, count: int) -> Room:
        """Return the room of each of so many arrays that share this one.

        >>> Room(5, 9).among(2)[:2]
        (2, 4)
        """
        return self._replace(whole=self.whole // count, faces=self.faces // count)


class Sharing(NamedTuple):
    """An order of the blocks of a field, and the memory for the chunks that they share.

    Attributes
    ----------
    order : tuple of int
        The axes, slowest first.
    room : Room
    times : float
        How often a chunk is decoded on average.
    """

    order: tuple[int, ...]
    room: Room = Room()
    times: float = 1.0

    @property
    def kept(self) -> int:
        """Bytes of decoded chunks, and of their faces, that are kept in memory."""
        return self.room.whole + self.room.faces


class Blocks(NamedTuple):
    """A field that is worked on block by block, and the chunks in which it is stored.

    Attributes
    ----------
    shape, block, chunks : tuple of int
        Sizes of the field, its blocks and its chunks. Blocks consist of whole chunks.
    halo : tuple of (int, int)
        Rows of the halo along each axis, before the block and behind it.
    under_way : int
        Number of blocks in progress at the same time.
    aligned : bool
        Whether each chunk belongs to one block. If not, because a part of the field is selected,
        whole chunks are kept, not faces.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]
    chunks: tuple[int, ...]
    halo: tuple[tuple[int, int], ...]
    under_way: int = 1
    aligned: bool = True

    @property
    def shared(self) -> tuple[int, ...]:
        """The axes along which blocks share chunks."""
        each = zip(self.shape, self.block, self.halo, strict=True)
        return tuple(axis for axis, (n, b, h) in enumerate(each) if any(h) and b < n)

    @property
    def whole(self) -> tuple[int, ...]:
        """Rows of all chunks, the last of which may extend beyond the field."""
        return tuple(ceil(n / c) * c for n, c in zip(self.shape, self.chunks, strict=True))

    @property
    def ahead(self) -> tuple[int, ...]:
        """Rows of the chunks beside a block that its halo lies in, on one side."""
        return tuple(
            ceil(max(h) / c) * c if axis in self.shared else 0
            for axis, (h, c) in enumerate(zip(self.halo, self.chunks, strict=True))
        )

    @property
    def extent(self) -> tuple[int, ...]:
        """Rows of the chunks of a block."""
        each = zip(self.block, self.chunks, self.whole, strict=True)
        return tuple(min(ceil(b / c) * c, n) for b, c, n in each)

    @property
    def touched(self) -> tuple[int, ...]:
        """Rows of the chunks that a block reads with its halo."""
        each = zip(self.extent, self.ahead, self.whole, strict=True)
        return tuple(min(b + 2 * a, n) for b, a, n in each)

    @property
    def rows(self) -> tuple[tuple[int, int], ...]:
        """Rows of the first and of the last face of a chunk along each axis."""
        each = enumerate(zip(self.halo, self.chunks, strict=True))
        # The first rows of a chunk are those behind the block before it.
        return tuple(
            (min(behind, c), min(before, c)) if axis in self.shared else (0, 0)
            for axis, ((before, behind), c) in each
        )

    @property
    def edges(self) -> float:
        """The size of the faces of a chunk, which hold its corners several times, per size."""
        return sum(sum(rows) / c for rows, c in zip(self.rows, self.chunks, strict=True))

    @property
    def fixed(self) -> int:
        """Points of a block along the axes that share nothing."""
        return prod(n for axis, n in enumerate(self.extent) if axis not in self.shared)


def share(blocks: Blocks, cell: int, spare: int) -> Sharing:
    """Return the order of blocks that decodes the fewest chunks repeatedly within a memory limit.

    Blocks share chunks along axes with a halo. A chunk is kept from the first block whose halo
    lies in it until its own block reads it. After that its faces are enough for later blocks. So
    along the slowest of these axes one layer of chunks waits in memory, with the faces of the
    layers around it. If this is too much, only the faces of chunks ahead along the slowest axis
    are kept, and each of these chunks is decoded again for its own block; then along the next axis
    too. If even faces are too much, sharing is given up along the slowest axis, then along the
    next.

    Parameters
    ----------
    blocks : Blocks
    cell : int
        Bytes per decoded number.
    spare : int
        Bytes of memory available for chunks.

    Examples
    --------
    >>> blocks = Blocks((90, 400, 400), (30, 100, 200), (30, 100, 200), ((0, 0), (1, 1), (1, 1)))
    >>> way = share(blocks, 4, 10**9)
    >>> way.order, way.room.rows, way.times, way.room.whole // (4 * 30 * 100 * 200)
    ((0, 1, 2), ((0, 0), (1, 1), (1, 1)), 1, 6)
    """
    axes = range(len(blocks.shape))
    shared = blocks.shared
    rest = tuple(axis for axis in axes if axis not in shared)
    ways = []
    for order in permutations(shared) if len(shared) <= MOST_AXES else [shared]:
        for level in range(len(order)):
            for way in _ways(blocks, order[:level], order[level:]):
                whole, faces = way.room.whole * cell, way.room.faces * cell
                room = way.room._replace(whole=whole, faces=faces, order=(*rest, *order))
                ways.append(Sharing(room.order, room, way.times))
    fitting = [way for way in ways if way.kept <= spare]
    if not fitting:
        alone = Room(once=not shared and blocks.aligned)
        return Sharing(tuple(axes), alone, _again(blocks, shared))
    return min(fitting, key=lambda way: (way.times, way.kept, way.order))


def _again(blocks: Blocks, slower: tuple[int, ...]) -> float:
    """Return how often chunks are decoded if blocks do not share them along these axes."""
    return prod(blocks.touched[axis] / blocks.extent[axis] for axis in slower)


def _ways(blocks: Blocks, slower: tuple[int, ...], faster: tuple[int, ...]) -> list[Sharing]:
    """Return the ways to share chunks along the faster axes alone, in points instead of bytes."""
    times = _again(blocks, slower)
    beside = prod(blocks.touched[axis] for axis in slower) * blocks.fixed
    touched = _window(blocks, faster)
    ways = [Sharing((), Room(beside * touched), times)]
    if not blocks.aligned or blocks.edges > MOST_FACES:
        return ways
    faces = ceil(beside * _passed(blocks, faster) * blocks.edges)
    for level in range(len(faster) + 1):
        twice = faster[:level]
        once = prod(1 - min(1, blocks.ahead[a] / blocks.extent[a]) for a in twice)
        waiting = _waiting(blocks, faster, level) * prod(blocks.extent[a] for a in slower)
        room = Room(waiting * blocks.fixed, faces, blocks.rows, (*slower, *twice))
        ways.append(Sharing((), room, times * (2 - once)))
    return ways


def _window(blocks: Blocks, faster: tuple[int, ...]) -> int:
    """Return the points of the chunks that are touched before a chunk is needed again."""
    first, *others = faster
    plane = prod(blocks.whole[axis] for axis in others)
    # Blocks touch a plane of chunks and part of the next.
    part = prod(blocks.touched[a] for a in others[:1]) * prod(blocks.whole[a] for a in others[1:])
    ahead = blocks.under_way * blocks.extent[first]
    return min(blocks.touched[first] * plane + ahead * part, blocks.whole[first] * plane)


def _waiting(blocks: Blocks, faster: tuple[int, ...], level: int) -> int:
    """Return the points of the chunks that wait for their own block, and of blocks under way.

    Along the first axes, as many as ``level``, no chunks wait.
    """
    total, beside = 0, 1
    for place, axis in enumerate(faster):
        ahead = blocks.ahead[axis] if place >= level else 0
        total += beside * ahead * prod(blocks.whole[a] for a in faster[place + 1 :])
        beside *= min(blocks.extent[axis] + ahead, blocks.whole[axis])
    # The first blocks of a row are under way beside the last ones of the row before.
    at_once = 2 * blocks.under_way * prod(blocks.extent[a] for a in faster)
    return min(total + at_once, prod(blocks.whole[a] for a in faster))


def _passed(blocks: Blocks, faster: tuple[int, ...]) -> int:
    """Return the points of the chunks read from when a chunk is read first until it was last."""
    first, *others = faster
    plane = prod(blocks.whole[axis] for axis in others)
    row = prod(blocks.touched[a] for a in others[:1]) * prod(blocks.whole[a] for a in others[1:])
    at_once = blocks.under_way * prod(blocks.extent[axis] for axis in faster)
    layers = (blocks.extent[first] + blocks.ahead[first]) * plane
    return min(layers + blocks.extent[first] * row + at_once, blocks.whole[first] * plane)
