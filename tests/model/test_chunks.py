"""Chunks that blocks share: each decoded once where memory allows, never too much kept."""

from __future__ import annotations

from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.formats.hdf5.chunks import ChunkReader
from gradcli.model.chunks import share


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_is_kept_stays_under_what_is_to_spare(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    size = st.lists(st.integers(1, 30), min_size=count, max_size=count)
    shape = tuple(data.draw(size))
    chunks = tuple(min(a, b) for a, b in zip(data.draw(size), shape, strict=True))
    halo = tuple(data.draw(st.lists(st.integers(0, 8), min_size=count, max_size=count)))
    spare = data.draw(st.integers(0, 10**5))
    way = share(shape, chunks, chunks, halo, 4, spare)
    assert way.kept <= spare
    assert sorted(way.order) == list(range(count))
    plenty = share(shape, chunks, chunks, halo, 4, 10**12)
    padded = prod(-(-n // c) * c for n, c in zip(shape, chunks, strict=True))
    assert plenty.kept <= 4 * padded


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
    decode = ChunkReader._decode

    def counting(self: ChunkReader, numbers: tuple[int, ...]) -> Any:
        decoded.append(int(np.ravel_multi_index(numbers, self._counts)))
        return decode(self, numbers)

    monkeypatch.setattr(ChunkReader, "_decode", counting)
    # Blocks of one chunk, as those of a field that is larger than memory.
    monkeypatch.setattr("gradcli.plan.schedule.BLOCK_BYTES", 0)
    gradcli.differentiate(str(path), axis=axes, accuracy=accuracy, jobs=2)
    stored = [range(-(-n // c)) for n, c in zip(shape, chunks, strict=True)]
    assert sorted(decoded) == list(range(len(list(product(*stored)))))
