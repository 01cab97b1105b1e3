"""Streams of zlib: bounded when they are read, the better of two when they are written."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.formats.deflate import Deflater, inflate

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


@pytest.mark.parametrize("first", [True, False])
def test_whatever_is_chosen_is_a_stream_of_the_data(first: bool) -> None:
    deflate = Deflater(4, (), first)
    for seed in range(4):
        values = np.random.default_rng(seed).integers(0, 9, 3000)
        assert zlib.decompress(deflate(values)) == values.tobytes()
    assert len(deflate.probed) == (2 if first else 1)


def test_the_smaller_way_is_taken_where_others_have_found_it_much_smaller() -> None:
    values = np.repeat(np.random.default_rng(0).integers(0, 9, 400), 25)
    quick = Deflater(9, ((100, 100), (100, 100)), False)(values)
    small = Deflater(9, ((200, 100), (200, 100)), False)(values)
    assert zlib.decompress(quick) == zlib.decompress(small) == values.tobytes()
    assert len(small) < len(quick)
