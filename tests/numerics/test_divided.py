"""Divided differences: exact for polynomials, in any window, whatever the size of the steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.column_steps import Steps
from gradcli.numerics.divided import Divided, exponent_of, path_of
from gradcli.numerics.kernel import Scratch


def divided(values: Any, nodes: Any, exponent: int = 0) -> Divided:
    """Return the divided differences of columns, shape (outer, rows, inner)."""
    spans = np.empty((values.shape[1] - 1, values.size), values.dtype)
    steps = Steps(nodes)
    spans[0, : steps.run.size] = steps.run
    return Divided(values, spans, Scratch(values.dtype), exponent)


def uneven(seed: int, shape: tuple[int, int, int]) -> Any:
    """Return coordinates of columns that rise or fall, about 0."""
    rng = np.random.default_rng(seed)
    steps = rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], (shape[0], 1, shape[2]))
    nodes = np.cumsum(steps, axis=1)
    return nodes - nodes.mean(axis=1, keepdims=True)


@given(
    st.integers(0, 1000),
    st.integers(1, 6),
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from([(1, 13, 3), (4, 13, 1), (2, 13, 2)]),
)
@settings(max_examples=60, deadline=None)
def test_polynomials_are_exact(
    seed: int, order: int, left: int, right: int, shape: tuple[int, int, int]
) -> None:
    span, rows = (-left, right), slice(6, 7)
    degree = left + right
    if degree < order:
        return
    nodes = uneven(seed, shape)
    polynomial = np.polynomial.Polynomial(np.random.default_rng(seed).normal(size=degree + 1))
    made, into = divided(polynomial(nodes), nodes), np.empty((shape[0], 1, shape[2]))
    made.at_rows(span, order, rows, into)
    expected = polynomial.deriv(order)(nodes[:, rows])
    scale = np.abs(polynomial.coef).sum() * 10.0**degree
    np.testing.assert_allclose(into, expected, rtol=1e-9, atol=1e-13 * scale)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("unit", [2.0**-100, 2.0**-30, 1.0, 2.0**30, 2.0**100])
def test_powers_of_two_change_no_digit(dtype: str, unit: float) -> None:
    nodes = uneven(5, (1, 9, 4)).astype(dtype)
    values = np.sin(nodes)
    found = []
    for scale in (1.0, unit):
        x = nodes * np.array(scale, dtype)
        exponent = exponent_of(Steps(x), 1, 8, np.dtype(dtype))
        assert exponent is not None
        out = np.empty((1, 1, 4), dtype)
        divided(values, x, exponent).at_rows((-4, 4), 1, slice(4, 5), out)
        found.append(out * np.array(scale, dtype))
    assert np.isfinite(found[1]).all()
    np.testing.assert_array_equal(*found)


def test_steps_whose_powers_leave_the_range_are_refused_or_need_another_type() -> None:
    nodes = np.array([0.0, 1e-6, 2e-6, 1e6, 2e6]).reshape(1, 5, 1)
    steps = Steps(nodes)
    assert exponent_of(steps, 1, 8, np.dtype("f4")) is None
    assert exponent_of(steps, 1, 8, np.dtype("f8")) == 0
    with pytest.raises(InputError, match=r"steps of 1e-200 to 2e-200 are too small, too large"):
        exponent_of(Steps(np.array([0, 1e-200, 3e-200]).reshape(1, 3, 1)), 2, 2, np.dtype("f8"))


def test_a_path_holds_each_neighbour_once_and_grows_from_the_point() -> None:
    for first in range(-5, 1):
        for last in range(6):
            path = path_of((first, last))
            assert sorted((0, *path)) == list(range(first, last + 1))
            for k in range(len(path) + 1):
                some = (0, *path[:k])
                assert max(some) - min(some) == k
