"""Derivatives of points with nodes of their own: exact for polynomials."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics.pointwise import derivative
from gradcli.numerics.schemes import Scheme


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("here", [0, 2, 4])
def test_a_polynomial_through_all_nodes_is_exact(order: int, here: int) -> None:
    rng = np.random.default_rng(order)
    nodes = np.cumsum(rng.uniform(0.5, 2, (5, 7)), axis=0)
    polynomial = np.polynomial.Polynomial([3, -1, 2, 0.5, 0.25])
    found = derivative(
        list(polynomial(nodes)), list(nodes), here, Scheme(order, accuracy=4), clean=True
    )
    np.testing.assert_allclose(found, polynomial.deriv(order)(nodes[here]), rtol=1e-9)


def test_nodes_that_are_missing_leave_others_alone() -> None:
    nodes = [np.array([0.0, np.nan]), np.array([1.0, 1.0]), np.array([3.0, 3.0])]
    found = derivative([x**2 for x in nodes], nodes, 1, Scheme(2), clean=False)
    assert found[0] == 2
