"""Angles without jumps by a full turn: whatever goes one way is found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics.turns import unwrapped


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.integers(-400, 400), st.booleans())
def test_a_line_within_a_turn_is_found_again(steps: list[int], first: int, down: bool) -> None:
    """Unless the folded angles go one way as they stand, their steps are those of the line."""
    line = first + np.concatenate([[0], np.cumsum(steps)]) * (-1.0 if down else 1.0)
    folded = (line + 180) % 360 - 180
    np.testing.assert_array_equal(np.diff(unwrapped(folded, 360.0)), np.diff(line))


@pytest.mark.parametrize("values", [[0, 10, 200], [300, 20, 10], [0.0, 350, 720]])
def test_what_goes_one_way_is_left_alone(values: list[float]) -> None:
    given_ = np.array(values, float)
    assert unwrapped(given_, 360.0) is given_


@pytest.mark.parametrize("values", [[0, 10, 5], [0, 0, 1], [0, np.nan, 1], [0.0, np.inf, 1]])
def test_what_goes_no_way_is_left_alone(values: list[float]) -> None:
    np.testing.assert_array_equal(unwrapped(np.array(values, float), 360.0), values)
