"""Derivatives of polynomials fitted to points with nodes of their own."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics.pointwise import smoothed


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("here", [0, 2, 4])
def test_a_polynomial_of_the_fitted_degree_is_exact(order: int, here: int) -> None:
    rng = np.random.default_rng(order)
    nodes = np.cumsum(rng.uniform(0.5, 2, (7, 5)), axis=0)
    polynomial = np.polynomial.Polynomial([3, -1, 2, 0.5, 0.25])
    found = smoothed(list(polynomial(nodes)), list(nodes), here, order, 4, clean=True)
    np.testing.assert_allclose(found, polynomial.deriv(order)(nodes[here]), rtol=1e-9)


def test_nodes_that_are_missing_leave_others_alone() -> None:
    nodes = [np.array([0.0, np.nan]), np.array([1.0, 1.0]), np.array([3.0, 3.0])]
    found = smoothed([x**2 for x in nodes], nodes, 1, 2, 2, clean=False)
    np.testing.assert_allclose(found[0], 2)
