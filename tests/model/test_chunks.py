"""Units of whole chunks."""

from __future__ import annotations

from gradcli.model.chunks import common_unit, padding, times_decoded


def test_blocks_of_whole_chunks_decode_each_once() -> None:
    assert times_decoded((12, 10), common_unit((12, 10), (4, 5), None), (4, 5)) == 1
    assert times_decoded((12, 10), (3, 10), (4, 5)) == 2


def test_the_last_chunk_may_extend_beyond_the_axis() -> None:
    assert padding((10, 6), (6, 6)) == 1.2
