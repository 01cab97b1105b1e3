"""Centres of bins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcli.numerics.bins import centres_of


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=9), st.booleans())
def test_centres_lie_between_their_edges(steps: list[float], falls: bool) -> None:
    edges = np.cumsum([0.0, *steps]) * (-1 if falls else 1)
    centres = centres_of(edges)
    assert centres is not None
    low, high = np.minimum(edges[1:], edges[:-1]), np.maximum(edges[1:], edges[:-1])
    assert (low <= centres).all()
    assert (centres <= high).all()


def test_what_neither_rises_nor_falls_holds_no_edges() -> None:
    assert centres_of(np.array([0.0, 0.0, 1.0])) is None
    assert centres_of(np.array([0.0, np.nan, 1.0])) is None
