"""Chunks made of blocks: the same wherever they are made, deflated as those placed tell."""

from __future__ import annotations

import pickle
import zlib

import numpy as np
import pytest

from gradcli.formats.hdf5.filters import DEFLATE, Filters
from gradcli.formats.hdf5.packer import ChunkForm, Chunks, PlainForm
from gradcli.formats.packer import StoredPacker

F8 = np.dtype("f8")
DEFLATED = ChunkForm((64, 64), (32, 64), Filters((DEFLATE,), 4, 8), np.nan)
UPPER, LOWER = (slice(0, 32), slice(0, 64)), (slice(32, 64), slice(0, 64))
NUMBERS = np.random.default_rng(3).normal(size=(32, 64))


def test_the_first_block_probes_and_later_ones_know() -> None:
    first = DEFLATED.pack(UPPER, NUMBERS)
    assert len(first.probes) == 1
    assert DEFLATED.pack(UPPER, NUMBERS) == first
    known = pickle.loads(pickle.dumps(DEFLATED.knowing(first.probes)))
    assert len(known.pack(LOWER, NUMBERS).probes) == 1
    assert known.knowing(first.probes).pack(UPPER, NUMBERS).probes == ()


def test_a_block_that_knows_of_no_other_tries_one_chunk() -> None:
    small = DEFLATED._replace(chunks=(8, 64))
    counts = [len(small.pack(window, NUMBERS).probes) for window in (UPPER, LOWER)]
    assert counts == [2, 1]


def deflated(probes: tuple[tuple[int, int], ...]) -> bytes:
    """Return a chunk of a later block, where those before it had such sizes by both ways."""
    ((_, data),) = DEFLATED._replace(probes=probes).pack(LOWER, NUMBERS).stored
    assert zlib.decompress(data) == NUMBERS.tobytes()
    return data


def test_the_chunks_that_were_probed_choose_the_deflater() -> None:
    fast, small = deflated(((100, 100),) * 2), deflated(((200, 100),) * 2)
    assert fast != small
    assert deflated(((100, 100), (109, 100))) == fast
    assert deflated(((100, 100), (111, 100))) == small
    assert deflated(()) == fast


def test_chunks_that_the_shape_cuts_are_filled() -> None:
    form = ChunkForm((3, 5), (2, 4), Filters((), 0, 8), -1.0)
    (offset, data), *_ = form.pack((slice(2, 3), slice(4, 5)), np.ones((1, 1))).stored
    assert offset == (2, 4)
    expected = np.full((2, 4), -1.0)
    expected[0, 0] = 1
    np.testing.assert_array_equal(np.frombuffer(data).reshape(2, 4), expected)


def test_a_block_of_parts_of_chunks_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin and end with chunks"):
        DEFLATED.pack((slice(1, 33), slice(0, 64)), NUMBERS)


def test_values_are_converted_and_filled_before() -> None:
    forms = {"a": PlainForm(np.dtype(">f4")), "b": PlainForm()}
    packer = StoredPacker({"a": np.dtype("f4"), "b": F8}, {"a": -9.0, "b": np.nan}, forms)
    values = np.array([1.0, np.nan])
    for name, dtype, last in (("a", ">f4", -9.0), ("b", "f8", np.nan)):
        payload = packer.pack(name, (slice(0, 2),), values).payload
        assert payload.dtype == dtype
        np.testing.assert_array_equal(payload, [1.0, last])
    assert np.isnan(values[1])


def test_sizes_of_chunks_come_with_them() -> None:
    assert DEFLATED.knowing(()) is DEFLATED
    assert isinstance(DEFLATED.pack(UPPER, NUMBERS), Chunks)
