"""Derivatives of polynomials fitted to points with nodes of their own."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics.kernel import Scratch
from gradcli.numerics.pointwise import Paths, Points, smoothed
from gradcli.numerics.weights import fornberg


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("here", [0, 2, 4])
def test_a_polynomial_of_the_fitted_degree_is_exact(order: int, here: int) -> None:
    rng = np.random.default_rng(order)
    nodes = np.cumsum(rng.uniform(0.5, 2, (7, 5)), axis=0)
    polynomial = np.polynomial.Polynomial([3, -1, 2, 0.5, 0.25])
    found = smoothed(list(polynomial(nodes)), list(nodes), here, order, 4, clean=True)
    np.testing.assert_allclose(found, polynomial.deriv(order)(nodes[here]), rtol=1e-9)


SPANS = ((-6, 6), (-3, 4), (-6, 0), (0, 6), (-1, 1))


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_points_of_several_windows_are_those_of_fornbergs_weights(order: int) -> None:
    rng = np.random.default_rng(order)
    nodes = np.cumsum(rng.uniform(0.5, 1.5, (13, 2)), axis=0)
    values, unit = np.sin(nodes), 2.0**-20
    which = np.array([0, 3, 2, 1, 4] if order < 3 else [0, 3, 2, 1])
    points = 12 + which % 2  # row 6 of both columns
    paths, scratch = Paths.of(SPANS), Scratch(np.dtype("f8"))
    for scale, dtype in ((1.0, "f8"), (unit, "f8"), (1.0, "f4")):
        about = Points(values.ravel().astype(dtype), nodes.ravel() / scale, 2, scale)
        found = np.empty(which.size)
        about.derive(paths, order, points, which, found, scratch)
        for number, got in zip(which, found / scale**order, strict=True):
            part = slice(6 + SPANS[number][0], 7 + SPANS[number][1])
            x, f = nodes[part, number % 2], values[part, number % 2].astype(dtype)
            expected = fornberg(x - nodes[6, number % 2], order) @ f
            assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_values_that_wrap_go_outwards_from_the_point() -> None:
    nodes = np.array([0.0, 1.0, 3.0, 4.0, 6.0])
    about = Points((350 + 100 * nodes) % 360, nodes, 1, wraps=360.0)
    found = np.empty(2)
    paths = Paths.of(((-2, 2), (-1, 1)))
    about.derive(paths, 1, np.array([2, 3]), np.array([0, 1]), found, Scratch(np.dtype("f8")))
    steps = [100.0, -160.0, 100.0, -160.0]  # the short ways
    turned = np.cumsum([0.0, *steps])
    expected = [
        fornberg(nodes - 3, 1) @ (turned - turned[2]),
        fornberg(nodes[2:] - 4, 1) @ (turned[2:] - turned[3]),
    ]
    np.testing.assert_allclose(found, expected)


def test_nodes_that_are_missing_leave_others_alone() -> None:
    nodes = [np.array([0.0, np.nan]), np.array([1.0, 1.0]), np.array([3.0, 3.0])]
    found = smoothed([x**2 for x in nodes], nodes, 1, 2, 2, clean=False)
    np.testing.assert_allclose(found[0], 2)
