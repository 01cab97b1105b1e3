"""Shuffle and checksums: as HDF5 writes them, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.formats.hdf5.filters import (
    TILE,
    checked,
    checksum,
    filters_of,
    shuffle,
    unshuffle,
)
from gradcli.formats.hdf5.library import h5py


@settings(deadline=None)
@given(data=st.binary(min_size=1, max_size=200), item=st.integers(1, 9))
def test_bytes_come_back_in_order(data: bytes, item: int) -> None:
    octets = np.frombuffer(data, np.uint8)
    assert unshuffle(shuffle(octets, item), item).tobytes() == data


@pytest.mark.parametrize("item", [2, 3, 4, 8])
@pytest.mark.parametrize("count", [TILE - 1, TILE, 2 * TILE + 5])
def test_tiles_make_planes_of_the_whole(item: int, count: int) -> None:
    octets = np.random.default_rng(item).integers(0, 256, count * item + 1).astype("u1")
    planes, back = np.empty((2, len(octets)), "u1")
    assert shuffle(octets, item, planes) is planes
    np.testing.assert_array_equal(
        planes[:-1].reshape(item, count), octets[:-1].reshape(count, item).T
    )
    assert unshuffle(planes, item, back) is back
    np.testing.assert_array_equal(back, octets)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 70_001, 200_000])
@pytest.mark.parametrize("fill", ["zeros", "ones", "noise"])
def test_checksums_are_those_of_hdf5(tmp_path: Path, size: int, fill: str) -> None:
    numbers = {
        "zeros": np.zeros(size, "u1"),
        "ones": np.full(size, 255, "u1"),
        "noise": np.random.default_rng(size).integers(0, 256, size).astype("u1"),
    }[fill]
    with h5py.File(tmp_path / "f.h5", "w") as file:
        made = file.create_dataset("f", data=numbers, chunks=(size,), fletcher32=True)
        assert filters_of(made) is not None
        file.flush()
        _, stored = made.id.read_direct_chunk((0,))
    assert stored[size:] == checksum(numbers)
    assert checked(stored).tobytes() == numbers.tobytes()
    wrong = bytearray(stored)
    wrong[size // 2] ^= 1
    with pytest.raises(InputError, match="its checksum is"):
        checked(wrong)
