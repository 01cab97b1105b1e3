"""Finite-difference weights against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics.weights import fornberg


def exact_weights(nodes: list[int], order: int) -> list[Fraction]:
    """Solve the moment equations in fractions: the weights differentiate every monomial."""
    count = len(nodes)
    rows = [[Fraction(x) ** k for x in nodes] + [Fraction(0)] for k in range(count)]
    rows[order][-1] = Fraction(factorial(order))
    for i in range(count):
        pivot = next(r for r in range(i, count) if rows[r][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(count):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[-1] for row in rows]


@settings(max_examples=150, deadline=None)
@given(
    nodes=st.lists(st.integers(-12, 12), min_size=2, max_size=9, unique=True),
    order=st.integers(1, 6),
)
def test_weights_are_those_of_exact_arithmetic(nodes: list[int], order: int) -> None:
    order = min(order, len(nodes) - 1)
    exact = np.array([float(w) for w in exact_weights(nodes, order)])
    found = fornberg(np.array(nodes, float), order)
    np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-11 * np.abs(exact).max())


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1.0, 1e200])
def test_weights_scale_with_the_nodes(scale: float) -> None:
    nodes = np.array([-1.0, 0.0, 2.0])
    np.testing.assert_allclose(
        fornberg(nodes * scale, 1) * scale, fornberg(nodes, 1), rtol=1e-13, atol=1e-13
    )


def test_rows_are_independent() -> None:
    rows = np.array([[-1.0, 0.0, 1.0], [-0.5, 0.0, 2.0]])
    assert (fornberg(rows, 2)[1] == fornberg(rows[1], 2)).all()
