"""Points of a picture are points of the full resolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.explore.sampling import Shown, sampled, step_for, windows


@given(
    st.lists(
        st.tuples(st.integers(1, 300), st.integers(1, 40), st.integers(0, 3), st.integers(1, 99)),
        min_size=1,
        max_size=2,
    )
)
@settings(max_examples=40, deadline=None)
def test_samples_are_every_so_many_points_of_the_whole(
    axes: list[tuple[int, int, int, int]],
) -> None:
    shown = [Shown(*axis) for axis in axes]
    whole = np.random.default_rng(1).random([axis.size for axis in shown])
    found = sampled(lambda window: {"a": whole[window]}, [None] * len(shown), shown, 1)
    assert np.array_equal(found["a"], whole[tuple(axis.slice for axis in shown)])


def test_axes_that_are_held_are_read_at_one_point() -> None:
    whole = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    held = (1, None, 2, None)
    found = sampled(lambda w: {"a": whole[w]}, held, [Shown(3), Shown(5, 2)], 2)
    assert np.array_equal(found["a"], whole[1, :, 2, ::2])


@pytest.mark.parametrize("sizes", [(40_000, 40_000), (12, 10**8), (10**9,)])
def test_few_of_many_points_are_computed_one_by_one(sizes: tuple[int, ...]) -> None:
    shown = [Shown(size, step_for(size, 400), 1) for size in sizes]
    cells = count = 0
    for window, _, _ in windows(shown):
        count += 1
        cells += np.prod([part.stop - part.start for part in window])
    assert count <= 12 * 400
    assert cells <= 400 * 40_000


def test_windows_are_no_longer_than_the_chunks_that_are_kept() -> None:
    shown = [Shown(5_000, 50, 1), Shown(5_000, 5, 1, 1_000)]
    assert max(window[1].stop - window[1].start for window, _, _ in windows(shown)) <= 1_000
