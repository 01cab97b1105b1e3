"""Chunks made of blocks: the same wherever they are made."""

from __future__ import annotations

import pickle
import zlib
from typing import Any

import numpy as np
import pytest

from gradcli.formats.hdf5.filters import (
    DEFLATE,
    FLETCHER32,
    SHUFFLE,
    Filters,
    checked,
    unshuffle,
)
from gradcli.formats.hdf5.packer import ChunkForm, PlainForm
from gradcli.formats.packer import StoredPacker

F8 = np.dtype("f8")
DEFLATED = ChunkForm((64, 64), (32, 64), Filters((DEFLATE,), 4, 8), np.nan)
UPPER, LOWER = (slice(0, 32), slice(0, 64)), (slice(32, 64), slice(0, 64))
NUMBERS = np.random.default_rng(3).normal(size=(32, 64))


def test_a_chunk_is_packed_alike_wherever_that_is_done() -> None:
    ((_, data),) = DEFLATED.pack(LOWER, NUMBERS)
    assert zlib.decompress(data) == NUMBERS.tobytes()
    elsewhere = pickle.loads(pickle.dumps(DEFLATED))
    assert elsewhere.pack(LOWER, NUMBERS) == DEFLATED.pack(LOWER, NUMBERS)
    assert elsewhere.pack(UPPER, NUMBERS)[0][1] == data


@pytest.mark.parametrize(
    "codes",
    [(SHUFFLE, DEFLATE, FLETCHER32), (FLETCHER32, SHUFFLE, DEFLATE), (SHUFFLE, SHUFFLE, DEFLATE)],
)
@pytest.mark.parametrize("values", [NUMBERS, np.zeros((32, 64))])
def test_filters_are_undone_in_reverse(codes: tuple[int, ...], values: np.ndarray) -> None:
    form = DEFLATED._replace(filters=Filters(codes, 4, 8))
    ((_, data),) = form.pack(LOWER, values)
    assert type(data) is bytes
    plain: Any = data
    for code in reversed(codes):
        plain = {SHUFFLE: lambda d: unshuffle(d, 8), DEFLATE: zlib.decompress, FLETCHER32: checked}[
            code
        ](plain)
    assert bytes(plain) == values.tobytes()


def test_chunks_that_the_shape_cuts_are_filled() -> None:
    form = ChunkForm((3, 5), (2, 4), Filters((), 0, 8), -1.0)
    (offset, data), *_ = form.pack((slice(2, 3), slice(4, 5)), np.ones((1, 1)))
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
