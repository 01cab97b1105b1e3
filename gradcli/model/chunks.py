"""How blocks and chunks fit together: the order of blocks, and the chunks that they share."""

from __future__ import annotations

from itertools import permutations
from math import ceil, lcm, prod
from typing import NamedTuple

MOST_AXES = 4  # with more axes there are too many orders to compare


class Sharing(NamedTuple):
    """An order of the blocks of a field, and the memory for the chunks that they share.

    Attributes
    ----------
    order : tuple of int
        The axes, slowest first.
    kept : int
        Bytes of decoded chunks to keep in memory.
    """

    order: tuple[int, ...]
    kept: int


def share(
    shape: tuple[int, ...],
    block: tuple[int, ...],
    chunks: tuple[int, ...],
    halo: tuple[int, ...],
    cell: int,
    spare: int,
    under_way: int = 1,
) -> Sharing:
    """Return the order of blocks that decodes the fewest chunks repeatedly within a memory limit.

    Blocks share chunks along axes with a halo. A window of decoded chunks is kept in memory: along
    the slowest of these axes, the chunks that one block touches; along the others, all chunks. If
    this is too much, sharing is given up along the slowest axis, then along the next.

    Parameters
    ----------
    shape, block, chunks : tuple of int
        Sizes of the field, its blocks and its chunks. Blocks consist of whole chunks.
    halo : tuple of int
        Rows of the halo along each axis, both sides together.
    cell : int
        Bytes per decoded number.
    spare : int
        Bytes of memory available for chunks.
    under_way : int
        Number of blocks in progress at the same time.

    Examples
    --------
    >>> share((9, 40, 40), (3, 10, 20), (3, 10, 20), (0, 2, 2), 1, 10**6)
    Sharing(order=(0, 1, 2), kept=4800)
    """
    axes = range(len(shape))
    shared = [a for a in axes if halo[a] and block[a] < shape[a]]
    rest = [a for a in axes if a not in shared]
    whole = [ceil(n / c) * c for n, c in zip(shape, chunks, strict=True)]
    touched = [
        min((ceil(b / c) + 2 * ceil(h / (2 * c))) * c, n)
        for b, c, h, n in zip(block, chunks, halo, whole, strict=True)
    ]
    ways = []
    for order in permutations(shared) if len(shared) <= MOST_AXES else [tuple(shared)]:
        for level, axis in enumerate(order):
            slower, faster = order[:level], order[level + 1 :]
            # Before a chunk is needed again, blocks touch a plane of chunks and part of the next.
            beside = prod(touched[a] for a in slower) * prod(min(block[a], whole[a]) for a in rest)
            plane = prod(whole[a] for a in faster)
            part = prod(touched[a] for a in faster[:1]) * prod(whole[a] for a in faster[1:])
            ahead = under_way * block[axis]
            kept = min(touched[axis] * plane + ahead * part, whole[axis] * plane)
            twice = prod(touched[a] / block[a] for a in slower)
            ways.append((twice, beside * kept * cell, (*rest, *order)))
    fitting = [(twice, kept, order) for twice, kept, order in ways if kept <= spare]
    if not fitting:
        return Sharing(tuple(axes), 0)
    _, kept, order = min(fitting)
    return Sharing(order, kept)


def times_decoded(shape: tuple[int, ...], block: tuple[int, ...], chunks: tuple[int, ...]) -> float:
    """Return the mean number of blocks that read a chunk, if blocks may cut through chunks.

    >>> times_decoded((12, 10), (3, 10), (4, 5))
    2.0
    """

    def times(size: int, step: int, chunk: int) -> float:
        touched = sum(ceil(min(i + step, size) / chunk) - i // chunk for i in range(0, size, step))
        return touched / ceil(size / chunk)

    return prod(map(times, shape, block, chunks))


def common_unit(
    shape: tuple[int, ...], chunks: tuple[int, ...] | None, written: tuple[int, ...] | None
) -> tuple[int, ...]:
    """Return the smallest block that consists of whole chunks of both input and output.

    >>> common_unit((100, 100), (4, 70), (6, 30))
    (12, 100)
    """
    ones = (1,) * len(shape)
    both = zip(shape, chunks or ones, written or ones, strict=True)
    return tuple(min(size, lcm(c, w)) for size, c, w in both)


def padding(shape: tuple[int, ...], chunks: tuple[int, ...]) -> float:
    """Return the ratio of the points in whole chunks to the points of the array.

    >>> padding((10,), (6,))
    1.2
    """
    return prod(ceil(n / c) * c / n for n, c in zip(shape, chunks, strict=True) if n)
