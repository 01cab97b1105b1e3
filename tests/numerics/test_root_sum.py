"""The root of a sum of squares is that of hypot, but for the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics.root_sum import root_sum


@pytest.mark.parametrize(("dtype", "width"), [("f4", 32), ("f8", 64)])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_it_is_hypot_to_the_last_bit_but_one(dtype: str, width: int, data: st.DataObject) -> None:
    pairs = st.lists(st.tuples(*[st.floats(width=width)] * 2), min_size=1, max_size=40)
    first, second = np.array(data.draw(pairs), dtype).T
    found = np.empty(first.shape, dtype)
    root_sum(first, second, found)
    with np.errstate(all="ignore"):
        exact = np.hypot(first.astype("g"), second.astype("g")).astype(dtype)
        exact[np.isnan(first) | np.isnan(second)] = np.nan
    np.testing.assert_array_max_ulp(found, exact, 1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_wide_ranges_next_to_each_other(dtype: str) -> None:
    rng, kind = np.random.default_rng(1), np.finfo(dtype)
    sizes = rng.uniform(kind.minexp - 20, kind.maxexp - 1, (2, 70, 5000))
    first, second = (rng.choice([-1, 1], sizes.shape) * 2**sizes).astype(dtype)
    first[:3] = second[2:5] = 0
    expected = np.hypot(first.astype("g"), second.astype("g")).astype(dtype)
    for order in "CF":
        out = np.array(first, order=order)
        root_sum(out, np.array(second, order=order), out)
        np.testing.assert_array_max_ulp(out, expected, 1)
    empty = np.empty((0, 3), dtype)
    root_sum(empty, empty, empty)
