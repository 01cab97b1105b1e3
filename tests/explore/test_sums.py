"""Errors summed over blocks are those over all points."""

from __future__ import annotations

from functools import reduce

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.explore.sums import Sums, largest, sums_of

NUMBERS = st.lists(st.floats(-9, 9) | st.just(float("nan")), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(1, 30))
def test_blocks_give_what_the_whole_gives(values: list[float], cut: int) -> None:
    found = np.array(values)
    right, inside = np.zeros(len(found)), np.arange(len(found)) % 2 == 0
    parts = [slice(first, min(first + cut, len(found))) for first in range(0, len(found), cut)]
    made = reduce(
        Sums.plus,
        [sums_of(found[p], right[p], inside[p], (p,), largest(found[p])) for p in parts],
    )
    whole = sums_of(found, right, inside, (slice(0, len(found)),), largest(found))
    assert made.points == whole.points == np.isfinite(found).sum()
    assert (made.missing, made.largest, made.at) == (whole.missing, whole.largest, whole.at)
    assert (made.scale, made.field) == (whole.scale, whole.field)
    np.testing.assert_allclose(made.squares, whole.squares, rtol=1e-12)
    np.testing.assert_equal(made.inside, whole.inside)
