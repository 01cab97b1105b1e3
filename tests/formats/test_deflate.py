"""Streams of zlib: bounded when they are read, plane by plane when they are written."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from gradcli.errors import InputError
from gradcli.formats.deflate import STORED_BYTES, deflate, inflate

DATA = np.random.default_rng(2).integers(0, 4, 5000).astype("u1").tobytes()
STREAM = zlib.compress(DATA)


def test_a_stream_gives_what_went_in() -> None:
    assert inflate(STREAM, len(DATA)) == DATA
    assert inflate(STREAM + b"rest", len(DATA)) == DATA


@pytest.mark.parametrize(
    ("stream", "size", "words"),
    [
        (STREAM, len(DATA) - 1, "holds more bytes where the chunk has 4999"),
        (STREAM, len(DATA) + 1, "holds 5000 bytes where the chunk has 5001"),
        (STREAM[:-1], len(DATA), "cut short"),
        (STREAM[:100], len(DATA), "where the chunk has 5000"),
        (b"", 3, "holds 0 bytes"),
        (b"no stream", 3, "bad deflate stream"),
        (STREAM[:-1] + bytes([STREAM[-1] ^ 1]), len(DATA), "bad deflate stream"),
    ],
)
def test_a_stream_of_another_size_or_none_is_refused(stream: bytes, size: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        inflate(stream, size)


def test_a_stream_may_be_shorter_where_that_is_said() -> None:
    assert inflate(STREAM, len(DATA) + 100, exact=False) == DATA
    with pytest.raises(InputError, match="holds more"):
        inflate(STREAM, len(DATA) - 100, exact=False)
    with pytest.raises(InputError):
        inflate(STREAM[:50], len(DATA), exact=False)


def test_a_bomb_is_unfolded_no_further_than_it_may_be() -> None:
    with pytest.raises(InputError, match="holds more"):
        inflate(zlib.compress(bytes(2**28)), 1000)


def planes(*each: np.ndarray) -> np.ndarray:
    """Return byte planes one after another."""
    return np.concatenate([plane.astype("u1") for plane in each])


RANDOM = np.random.default_rng(7)
COUNT = 2**16
DENSE = RANDOM.integers(0, 256, COUNT)
FEW = RANDOM.integers(0, 3, COUNT)
FLAT = np.zeros(COUNT)
LAND = np.where(np.arange(COUNT) < COUNT // 2, DENSE, 0)
REPEATED = np.tile(DENSE[:1000], COUNT // 1000 + 1)[:COUNT]


def strictly_inflated(stream: bytes) -> bytes:
    """Return what zlib makes of a stream, all of which must be one, with its checksum."""
    inflater = zlib.decompressobj()
    data = inflater.decompress(stream) + inflater.flush()
    assert inflater.eof
    assert not inflater.unused_data
    return data


@pytest.mark.parametrize(
    ("data", "item", "most"),
    [
        (planes(FLAT, FEW, DENSE, FEW), 4, 0.40),
        (planes(DENSE, FEW, FLAT, DENSE), 4, 0.58),
        (planes(DENSE, DENSE), 2, 1.001),
        (planes(DENSE), 1, 1.001),
        (planes(FEW), 1, 0.29),
        (planes(FLAT, FLAT), 2, 0.005),
        (planes(LAND, FLAT), 2, 0.26),
        (planes(REPEATED, FLAT), 2, 0.05),
    ],
)
def test_each_plane_is_compressed_or_stored_for_itself(
    data: np.ndarray, item: int, most: float
) -> None:
    stream = deflate(data, item, 4)
    assert strictly_inflated(stream) == data.tobytes()
    assert inflate(stream, len(data)) == data.tobytes()
    assert len(stream) <= most * len(data)
    assert len(stream) <= 1.02 * len(isal_zlib.compress(data, 1)) + 100
    assert deflate(data, item, 4) == stream


def test_a_stream_does_not_depend_on_where_it_lies_in_memory() -> None:
    """Streams of ISA-L do if they begin with nothing known: about 3 of these 13,000 planes."""
    held = [isal_zlib.compressobj(1) for _ in range(300)]
    for seed in range(100):
        data = 50 * np.random.default_rng(seed).integers(0, 4, 64 * 1100, dtype="u1")
        stream = deflate(data, 64, 4)
        held = [*held[10:], *(isal_zlib.compressobj(1) for _ in range(10))]  # now it lies elsewhere
        assert deflate(data, 64, 4) == stream


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=5000), st.integers(1, 8), st.integers(1, 4))
def test_any_bytes_make_one_valid_stream(start: bytes, item: int, times: int) -> None:
    data = np.frombuffer(start * times, "u1")
    stream = deflate(data, item, 4)
    assert strictly_inflated(stream) == data.tobytes()
    assert inflate(stream, len(data)) == data.tobytes()


def test_a_plane_longer_than_a_stored_block_is_stored_in_several() -> None:
    for count in (STORED_BYTES - 1, STORED_BYTES, STORED_BYTES + 1, 3 * STORED_BYTES):
        data = np.random.default_rng(count).integers(0, 256, count).astype("u1")
        stream = deflate(data, 1, 4)
        assert strictly_inflated(stream) == data.tobytes()
        assert len(stream) <= count + 5 * -(-count // STORED_BYTES) + 8


def test_a_damaged_stream_of_stored_planes_is_refused() -> None:
    data = planes(DENSE, FEW, DENSE)
    stream = deflate(data, 3, 4)
    for place in (0, 3, 1000, COUNT + 500, len(stream) - 1):
        broken = bytearray(stream)
        broken[place] ^= 1
        with pytest.raises(InputError):
            inflate(bytes(broken), len(data))
    for cut in (1, 4, 6, COUNT):
        with pytest.raises(InputError):
            inflate(stream[:-cut], len(data))
    with pytest.raises(InputError, match="holds more"):
        inflate(stream, len(data) - 1)


def test_zlib_ng_takes_the_planes_that_it_makes_much_smaller() -> None:
    rows = np.repeat(np.random.default_rng(0).integers(0, 9, 4000), 25)
    waves = 120 + 60 * np.sin(np.arange(2**18) / 30) * np.sin(np.arange(2**18) // 512 / 20)
    for data in (rows.astype("u1"), waves.astype("u1")):
        stream = deflate(data, 1, 9)
        assert strictly_inflated(stream) == data.tobytes()
        assert len(stream) <= 1.06 * min(
            len(isal_zlib.compress(data, 1)), len(zlib.compress(data, 6))
        )
