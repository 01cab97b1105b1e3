"""Pieces are copied to their places, in long runs where they follow one another, and checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import OutputError
from gradcli.formats import splicing
from gradcli.formats.deflate import crc32
from gradcli.formats.splicing import spans, splice


def layout(gaps: list[int], sizes: list[int]) -> tuple[bytes, np.ndarray, bytes]:
    """Return a part, its pieces, and the output that they make."""
    data = np.random.default_rng(1).bytes(5 + sum(sizes))
    places, place, made = [], 0, b""
    sums, source = [], 5
    for gap, size in zip(gaps, sizes, strict=True):
        made += bytes(gap) + data[source : source + size]
        places.append(place + gap)
        sums.append(crc32(data[source : source + size]))
        place, source = len(made), source + size
    return data, spans(5, np.array(places), np.array(sizes), np.array(sums)), made


@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 7]), st.integers(0, 90)), min_size=1))
@settings(max_examples=30, deadline=None)
def test_pieces_lie_in_their_places(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("splice")
    part, made = folder / "part", folder / "made"
    data, found, expected = layout(*map(list, zip(*pieces, strict=True)))  # type: ignore[arg-type]
    part.write_bytes(data)
    made.touch()
    for _ in range(2):  # again does no harm
        assert splice(str(made), str(part), found) == sum(size for _, size in pieces)
        assert made.read_bytes() == expected[: made.stat().st_size]
        assert not any(expected[made.stat().st_size :])


def test_runs_are_bounded_and_large_pieces_are_copied_whole(tmp_path: Path) -> None:
    sizes = [splicing.RUN_BYTES * 2, 3, splicing.RUN_BYTES // 2, splicing.RUN_BYTES // 2, 9]
    data, found, expected = layout([0, 0, 0, 0, 0], sizes)
    (tmp_path / "part").write_bytes(data)
    (tmp_path / "made").touch()
    splice(str(tmp_path / "made"), str(tmp_path / "part"), found)
    assert (tmp_path / "made").read_bytes() == expected


@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_piece_is_refused(tmp_path: Path, cut: bool) -> None:
    data, found, _ = layout([0, 0, 4], [30, 40, 50])
    spoiled = data[:-1] if cut else data[:40] + bytes([data[40] ^ 1]) + data[41:]
    (tmp_path / "part").write_bytes(spoiled)
    (tmp_path / "made").touch()
    with pytest.raises(OutputError, match="part: is damaged or cut short"):
        splice(str(tmp_path / "made"), str(tmp_path / "part"), found)
