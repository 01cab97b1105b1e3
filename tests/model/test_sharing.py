"""Chunks that blocks share: decoded once where memory allows, and never too much of them kept."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.formats.chunked import ChunkedReader
from gradcli.formats.hdf5.chunks import ChunkReader
from gradcli.model.blocks import Partition
from gradcli.model.sharing import Blocks, Sharing, share
from gradcli.numerics.dtypes import Array

QUARTER_DEGREE = Blocks((200, 721, 1440), (50, 100, 200), (50, 100, 200), ((1, 1),) * 3, 4)
MIB = 2**20


class Counting(ChunkedReader):
    """Reads an array as if it lay in chunks, and counts how often each is decoded."""

    def __init__(self, values: Array, chunks: tuple[int, ...]) -> None:
        super().__init__(values.dtype, values.shape, chunks)
        self.values, self.decoded, self.most = values, Counter[tuple[int, ...]](), [0, 0]

    def _decode(self, numbers: tuple[int, ...]) -> Array:
        self.decoded[numbers] += 1
        chunk = np.full(self._chunks, -1, self._dtype)
        firsts = [n * c for n, c in zip(numbers, self._chunks, strict=True)]
        part = self.values[
            tuple(slice(f, f + c) for f, c in zip(firsts, self._chunks, strict=True))
        ]
        chunk[tuple(map(slice, part.shape))] = part
        return chunk

    def work_through(self, blocks: Blocks, way: Sharing) -> None:
        """Read every block with its halo, and note the most bytes kept."""
        self.hold(way.room)
        for window in Partition(blocks.shape, blocks.block, 0, way).windows():
            reads = tuple(
                slice(max(0, part.start - before), min(size, part.stop + behind))
                for part, (before, behind), size in zip(
                    window, blocks.halo, blocks.shape, strict=True
                )
            )
            np.testing.assert_array_equal(self.read(reads), self.values[reads])
            self.most[0] = max(self.most[0], len(self._kept) * self._bytes)
            self.most[1] = max(self.most[1], self._faces_bytes)


@st.composite
def layouts(draw: st.DrawFn, most: int) -> Blocks:
    count = draw(st.integers(1, 3))
    shape, chunks, block, halo = [], [], [], []
    for _ in range(count):
        size = draw(st.integers(1, most))
        chunk = draw(st.integers(1, size))
        shape.append(size)
        chunks.append(chunk)
        block.append(min(size, chunk * draw(st.integers(1, 3))))
        halo.append(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
    return Blocks(tuple(shape), tuple(block), tuple(chunks), tuple(halo), draw(st.integers(1, 4)))


@settings(max_examples=100, deadline=None)
@given(layouts(30), st.integers(0, 10**5))
def test_what_is_kept_stays_under_what_is_to_spare(blocks: Blocks, spare: int) -> None:
    way = share(blocks, 4, spare)
    assert way.kept <= spare
    assert sorted(way.order) == list(range(len(blocks.shape)))
    plenty = share(blocks, 4, 10**12)
    assert plenty.kept <= 4 * prod(blocks.whole)
    assert plenty.times == 1


@settings(max_examples=60, deadline=None)
@given(layouts(14), st.sampled_from([0.1, 0.3, 0.6, 10]))
def test_chunks_are_decoded_as_often_as_planned(blocks: Blocks, share_of: float) -> None:
    values = np.arange(prod(blocks.shape), dtype="f4").reshape(blocks.shape)
    way = share(blocks, 4, int(share_of * values.nbytes))
    reader = Counting(values, blocks.chunks)
    reader.work_through(blocks, way)
    assert reader.most[0] <= max(way.room.whole, reader._bytes)
    assert reader.most[1] <= way.room.faces
    if way.times == 1:
        assert set(reader.decoded.values()) == {1}
    elif way.room.faces:
        assert reader.decoded.total() <= way.times * len(reader.decoded)


def test_faces_take_the_place_of_chunks_that_their_own_block_has_read() -> None:
    way = share(QUARTER_DEGREE, 4, 10**12)
    assert way.times == 1
    # One plane of chunks waits; it was three planes.
    assert way.kept <= 230 * MIB
    assert way.room.faces <= 25 * MIB
    # What is left of 256 MiB beside blocks under way.
    tight = share(QUARTER_DEGREE, 4, 75 * MIB)
    assert tight.times <= 2


def test_chunks_of_one_block_alone_are_not_kept() -> None:
    blocks = Blocks((6, 4, 4), (2, 4, 4), (1, 4, 4), ((0, 0), (1, 1), (1, 1)))
    way = share(blocks, 4, 10**9)
    assert way.room.once
    reader = Counting(np.arange(96, dtype="f4").reshape(blocks.shape), blocks.chunks)
    reader.work_through(blocks, way)
    assert reader.most == [0, 0]
    assert set(reader.decoded.values()) == {1}
    assert not share(blocks._replace(aligned=False), 4, 10**9).room.once


def test_a_part_that_cuts_through_chunks_keeps_whole_ones() -> None:
    way = share(QUARTER_DEGREE._replace(aligned=False), 4, 10**12)
    assert way.room.faces == 0
    assert way.times == 1


@pytest.mark.parametrize(
    ("chunks", "axes", "accuracy"),
    [
        ((3, 4, 5), ["t", "y", "x"], 2),
        ((1, 20, 24), ["t"], 8),
        ((1, 4, 24), ["t", "y"], 4),
        ((16, 1, 1), ["y", "x"], 2),
    ],
)
def test_each_chunk_is_decoded_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chunks: tuple[int, ...],
    axes: list[str],
    accuracy: int,
) -> None:
    path, shape = tmp_path / "f.nc", (16, 20, 24)
    with netCDF4.Dataset(path, "w") as data:
        for name, length in zip("tyx", shape, strict=True):
            data.createDimension(name, length)
        made = data.createVariable("f", "f8", tuple("tyx"), zlib=True, chunksizes=chunks)
        made[:] = np.random.default_rng(0).normal(size=shape)
    decoded: list[int] = []
    decode = ChunkReader._decode_into

    def counting(self: ChunkReader, numbers: tuple[int, ...], out: Array) -> None:
        decoded.append(int(np.ravel_multi_index(numbers, self._counts)))
        decode(self, numbers, out)

    monkeypatch.setattr(ChunkReader, "_decode_into", counting)
    # Blocks of one chunk, as those of a field that is larger than memory.
    monkeypatch.setattr("gradcli.plan.schedule.BLOCK_BYTES", 0)
    gradcli.differentiate(str(path), axis=axes, accuracy=accuracy, jobs=2)
    stored = [range(-(-n // c)) for n, c in zip(shape, chunks, strict=True)]
    assert sorted(decoded) == list(range(len(list(product(*stored)))))
