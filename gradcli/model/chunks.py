"""How blocks and chunks fit together, integers only."""

from __future__ import annotations

from math import ceil, lcm, prod


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
