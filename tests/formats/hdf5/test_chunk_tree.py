"""Chunks are found where the library finds them, and a damaged tree is left to the library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gradcli.formats.hdf5.chunk_tree import Index, UnknownTreeError, chunk_tree
from gradcli.formats.hdf5.chunks import counts_of

HEAD = b"TREE\x01"


@contextmanager
def descriptor(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)


def found(path: Path, chunks: tuple[int, ...], counts: tuple[int, ...]) -> Index:
    """Return what the tree says that lies first in a file or, of several nodes, is the root."""
    data = path.read_bytes()
    nodes = [at for at in range(len(data)) if data.startswith(HEAD, at)]
    root = max(nodes, key=lambda at: data[at + 5])
    with descriptor(path) as file:
        return chunk_tree(file, root, chunks, counts)


def written(path: Path, shape: tuple[int, ...], chunks: tuple[int, ...]) -> Index:
    """Write some chunks of an array; return where the library says that they lie."""
    counts = counts_of(shape, chunks)
    rows = []

    def take(info: Any) -> None:
        numbers = [first // size for first, size in zip(info.chunk_offset, chunks, strict=True)]
        key = int(np.ravel_multi_index(numbers, counts))
        rows.append((key, info.byte_offset, info.size, info.filter_mask))

    with h5py.File(path, "w") as file:
        made = file.create_dataset("a", shape, "f4", chunks=chunks, compression=1)
        for number in np.random.default_rng(1).permutation(np.prod(counts))[::2]:
            index = np.unravel_index(number, counts)
            window = zip(index, chunks, strict=True)
            made[tuple(slice(i * size, (i + 1) * size) for i, size in window)] = number
    with h5py.File(path) as file:
        file["a"].id.chunk_iter(take)
    table = np.array(sorted(rows), np.int64)
    return table[:, 0], table[:, 1:]


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [((7,), (3,)), ((9, 10), (2, 3)), ((40, 30), (2, 3)), ((5, 4, 6, 3), (1, 3, 4, 2))],
)
def test_it_is_what_the_library_says(
    tmp_path: Path, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> None:
    keys, places = written(tmp_path / "a.h5", shape, chunks)
    counts = counts_of(shape, chunks)
    own, where = found(tmp_path / "a.h5", chunks, counts)
    np.testing.assert_array_equal(own, keys)
    np.testing.assert_array_equal(where, places)


def test_chunks_beyond_the_end_are_left_out(tmp_path: Path) -> None:
    written(tmp_path / "a.h5", (8,), (2,))
    keys, places = found(tmp_path / "a.h5", (2,), (2,))
    assert set(keys) <= {0, 1}
    assert places.shape == (len(keys), 3)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, b"TREX"),  # no tree
        (4, b"\0"),  # a tree of names
        (5, b"\x01"),  # a node above others, which are none
        (6, b"\xff\xff"),  # more entries than the file has bytes
        (24 + 8, b"\x01"),  # a chunk that begins within another
        (24 + 16, b"\x01"),  # within a number
        (24 + 24, b"\xff" * 8),  # nowhere
    ],
)
def test_a_damaged_tree_is_left_to_the_library(tmp_path: Path, at: int, value: bytes) -> None:
    path = tmp_path / "a.h5"
    written(path, (8,), (2,))
    data = bytearray(path.read_bytes())
    root = data.index(HEAD)
    data[root + at : root + at + len(value)] = value
    path.write_bytes(data)
    with descriptor(path) as file, pytest.raises(UnknownTreeError):
        chunk_tree(file, root, (2,), (4,))


def test_a_tree_that_leads_back_to_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    written(path, (8,), (2,))
    data = bytearray(path.read_bytes())
    root = data.index(HEAD)
    data[root + 5] = 1
    data[root + 24 + 24 : root + 24 + 32] = root.to_bytes(8, "little")
    path.write_bytes(data)
    with descriptor(path) as file, pytest.raises(UnknownTreeError):
        chunk_tree(file, root, (2,), (4,))


def test_there_is_no_tree_beyond_the_end_of_the_file(tmp_path: Path) -> None:
    written(tmp_path / "a.h5", (8,), (2,))
    with descriptor(tmp_path / "a.h5") as file, pytest.raises(UnknownTreeError):
        chunk_tree(file, 2**64 - 9, (2,), (4,))
