"""Stencils put together: edges, sides, what is too short."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.numerics.assemble import make_continued_stencil, make_stencil
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.schemes import Missing, Scheme
from gradcli.numerics.smoothing import Savgol
from tests.numerics.test_stencils import derivative


def test_edges_can_be_left_missing() -> None:
    found = derivative(np.arange(10.0), None, Scheme(accuracy=4, edges="missing"))
    assert np.isnan(found[[0, 1, 8, 9]]).all()
    np.testing.assert_allclose(found[2:8], 1, rtol=1e-14)


def test_edge_order_is_used_where_the_stencil_is_not_whole() -> None:
    values = np.arange(9.0) ** 2
    found = derivative(values, None, Scheme(accuracy=4, edge_order=1))
    # Two points each, leaning inwards.
    np.testing.assert_allclose(found[[0, 1, 7, 8]], [1, 3, 13, 15], rtol=1e-14)
    np.testing.assert_allclose(found[2:7], 2 * np.arange(2.0, 7.0), rtol=1e-13)


@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_a_continued_axis_reads_beyond_its_ends(missing: Missing) -> None:
    """Rows beyond one end, and none beyond the other; at equal steps but for the first."""
    nodes = np.array([-1.5, 0.0, 1.0, 2.0, 3.0, 4.0])
    whole, own = fit_spacing("x", nodes, 0.0), fit_spacing("x", nodes[1:], 0.0)
    scheme = Scheme(accuracy=2, edge_order=2, missing=missing)
    stencil = make_continued_stencil("x", own, whole, 1, scheme)
    assert (stencil.size, stencil.reach(slice(0, 1)).start) == (5, -1)
    out = np.empty(5)
    stencil.apply(nodes**2, slice(0, 5), 0, out)
    np.testing.assert_allclose(out, 2 * nodes[1:], atol=1e-14)
    inner = max(stencil.pieces, key=lambda piece: piece.stop - piece.start)
    assert (inner.start, inner.stop, len(inner.weights_of(1, 4))) == (1, 4, 1)


@pytest.mark.parametrize(("side", "expected"), [("forward", 18 - 99), ("backward", 99 - 20)])
def test_one_sided_schemes_take_their_side(side: str, expected: int) -> None:
    row = np.array([21.0, 20.0, 99.0, 18.0, 11.0])
    assert derivative(row, None, Scheme(1, 1, 1, side))[2] == expected


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        (1, Scheme()),
        (2, Scheme(edge_order=2)),
        (4, Scheme(accuracy=4, edge_order=4)),
        (2, Scheme(edges="missing")),
        (3, Scheme(order=2, edge_order=2)),
    ],
)
def test_an_axis_that_is_too_short_is_refused(size: int, scheme: Scheme) -> None:
    with pytest.raises(InputError, match=r"has \d points?, and .* needs? \d"):
        derivative(np.arange(float(size)), None, scheme)


def test_a_ring_shorter_than_the_stencil_is_refused() -> None:
    with pytest.raises(InputError, match="periodic"):
        make_stencil("x", index_spacing(4), Scheme(accuracy=4), True)


def test_an_uneven_ring_is_exact_for_what_fits_it() -> None:
    angle = np.sort(np.random.default_rng(2).uniform(0, 2 * np.pi, 200))
    found = derivative(np.sin(angle), angle, Scheme(accuracy=6), periodic=True, period=2 * np.pi)
    np.testing.assert_allclose(found, np.cos(angle), atol=1e-6)


@pytest.mark.parametrize("scheme", [Scheme(order=2), Scheme(2, smooth=Savgol(5, 3))])
@pytest.mark.parametrize("step", [1e-310, 1e-200, 1e200])
@pytest.mark.parametrize("even", [True, False])
def test_steps_whose_weights_are_no_numbers_are_refused(scheme, step, even) -> None:
    values = step * np.array([0, 1, 2 if even else 2.5, 3, 4, 5, 6, 7])
    spacing = fit_spacing("x", values)
    with pytest.raises(InputError, match=r"axis x: steps of .* are too small, too large"):
        make_stencil("x", spacing, scheme)
