"""Where the chunks of a dataset lie, read from its tree of version 1 without the library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from struct import Struct, unpack_from
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# The flat indices of the stored chunks in their order, and offset, size and filter mask of each.
Index: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]

_HEAD = 24  # bytes in front of the entries of a node
_USUAL = 64  # entries of a full node, unless a file was made otherwise
_DEEPEST = 16
_FARTHEST = 2**62  # bytes from the beginning of a file


class UnknownTreeError(ValueError):
    """The tree is damaged, or is none; the library must look."""


def chunk_tree(
    descriptor: int, root: int, chunks: tuple[int, ...], counts: tuple[int, ...]
) -> Index:
    """Return where the chunks lie, as far as they are counted.

    Parameters
    ----------
    descriptor : int
        Of the open file.
    root : int
        The address of the tree.
    chunks : tuple of int
        The shape of a chunk.
    counts : tuple of int
        How many chunks there are along each axis.

    Raises
    ------
    UnknownTreeError
        It is damaged, or is none.
    """
    found: dict[int, tuple[int, int, int]] = {}
    for size, mask, *firsts, item, place in _entries(descriptor, root, len(chunks), prod(counts)):
        key, inside = 0, True
        for first, chunk, count in zip(firsts, chunks, counts, strict=True):
            number, beyond = divmod(first, chunk)
            if beyond:
                raise UnknownTreeError
            inside = inside and number < count  # others stay when a dataset is made shorter
            key = key * count + number
        if item or place > _FARTHEST:
            raise UnknownTreeError
        if inside:
            if key in found:
                raise UnknownTreeError
            found[key] = place, size, mask
    keys = sorted(found)
    places = np.array([found[key] for key in keys], np.int64).reshape(-1, 3)
    return np.array(keys, np.int64), places


def _entries(descriptor: int, root: int, rank: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield size, filter mask, offsets along each axis and in a number, and address of chunks."""
    form = Struct(f"<II{rank + 2}Q")
    waiting, seen, count = [(root, -1)], set(), 0
    while waiting:
        address, expected = waiting.pop()
        level, entries = _node(descriptor, address, form)
        count += len(entries)
        if address in seen or level > _DEEPEST or (expected >= 0 and level != expected):
            raise UnknownTreeError
        if count > 2 * (most + _USUAL):
            raise UnknownTreeError
        seen.add(address)
        if level:
            waiting += [(entry[-1], level - 1) for entry in entries]
        else:
            yield from entries


def _node(descriptor: int, address: int, form: Struct) -> tuple[int, list[tuple[int, ...]]]:
    """Return the level of a node, and its entries."""
    try:
        data = os.pread(descriptor, _HEAD + _USUAL * form.size, address)
        if len(data) < _HEAD or data[:5] != b"TREE\x01":
            raise UnknownTreeError
        level, used = unpack_from("<BH", data, 5)
        stop = _HEAD + used * form.size
        if used > _USUAL:
            data = os.pread(descriptor, stop, address)
        if len(data) < stop:
            raise UnknownTreeError
        return level, list(form.iter_unpack(memoryview(data)[_HEAD:stop]))
    except (OverflowError, OSError) as error:
        raise UnknownTreeError from error
