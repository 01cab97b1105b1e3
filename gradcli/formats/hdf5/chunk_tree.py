"""Where the chunks of a dataset lie, read from its tree of version 1 without the library."""

from __future__ import annotations

import os
from math import prod
from struct import unpack_from
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
    rank = len(chunks)
    entry = np.dtype([("size", "<u4"), ("mask", "<u4"), ("at", "<u8", rank + 1), ("to", "<u8")])
    tables = []
    waiting, seen = [(root, -1)], set()
    while waiting:
        address, level = waiting.pop()
        if address in seen:
            raise UnknownTreeError
        seen.add(address)
        found, table = _node(descriptor, address, entry)
        if (level >= 0 and found != level) or found > _DEEPEST:
            raise UnknownTreeError
        if found:
            waiting += [(int(to), found - 1) for to in table["to"]]
        else:
            tables.append(table)
        if sum(map(len, tables)) > prod(counts) + _USUAL:
            raise UnknownTreeError
    if not tables:
        raise UnknownTreeError
    return _ordered(np.concatenate(tables), chunks, counts)


def _node(descriptor: int, address: int, entry: np.dtype[np.void]) -> tuple[int, NDArray[np.void]]:
    """Return the level of a node, and its entries."""
    try:
        data = os.pread(descriptor, _HEAD + _USUAL * entry.itemsize, address)
        if len(data) < _HEAD or data[:5] != b"TREE\x01":
            raise UnknownTreeError
        level, used = unpack_from("<BH", data, 5)
        if used > _USUAL:
            data = os.pread(descriptor, _HEAD + used * entry.itemsize, address)
        return level, np.frombuffer(data, entry, used, _HEAD)
    except (ValueError, OverflowError, OSError) as error:
        raise UnknownTreeError from error


def _ordered(table: NDArray[np.void], chunks: tuple[int, ...], counts: tuple[int, ...]) -> Index:
    firsts = table["at"][:, :-1]
    numbers = firsts // np.array(chunks, np.uint64)
    uneven = (numbers * np.array(chunks, np.uint64) != firsts).any()
    if uneven or table["at"][:, -1].any() or (table["to"] >= _FARTHEST).any():
        raise UnknownTreeError
    # Chunks beyond the end stay in a file when a dataset is made shorter.
    inside = (numbers < np.array(counts, np.uint64)).all(axis=1)
    if not inside.all():
        table, numbers = table[inside], numbers[inside]
    keys = np.ravel_multi_index(tuple(numbers.astype(np.int64).T), counts)
    places = np.stack([table[name].astype(np.int64) for name in ("to", "size", "mask")], axis=-1)
    if len(keys) > 1 and (np.diff(keys) <= 0).any():
        order = np.argsort(keys, kind="stable")
        keys, places = keys[order], places[order]
        if (np.diff(keys) <= 0).any():
            raise UnknownTreeError
    return keys, places
