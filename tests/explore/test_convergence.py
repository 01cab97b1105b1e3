"""The order of accuracy that is observed is the one that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import UsageError
from gradcli.explore.convergence import Convergence, convergence, halved
from gradcli.numerics.grids import points

UNEVEN = [float(x) for x in np.linspace(0, 1, 17) ** 1.3 + 0.5]
GRIDS = {"even": slice(0.5, 2, 25j), "uneven": UNEVEN}


def observed(grid: object, exact: str = "sin(2*x)", count: int = 3, **given: object) -> Convergence:
    (made,) = convergence(request(exact, grid={"x": grid}, **given), exact, count)
    return made


@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
@pytest.mark.parametrize("spacing", GRIDS)
def test_orders_of_first_derivatives(spacing: str, accuracy: int) -> None:
    made = observed(GRIDS[spacing], accuracy=accuracy, edge_order=accuracy)
    slack = 0.9 if spacing == "uneven" and accuracy == 8 else 0.35  # these grids are coarse
    assert made.order == pytest.approx(accuracy, abs=slack)
    assert made.order_all == pytest.approx(accuracy, abs=2 * slack)


@pytest.mark.parametrize("accuracy", [2, 4])
def test_orders_of_second_derivatives(accuracy: int) -> None:
    made = observed(GRIDS["even"], accuracy=accuracy, order=2)
    assert made.order == pytest.approx(accuracy, abs=0.2)


def test_edges_of_order_1_show_over_all_points() -> None:
    made = observed(GRIDS["even"], count=4)
    assert made.order == pytest.approx(2, abs=0.05)
    assert made.order_all == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("scheme", ["forward", "backward"])
def test_one_sided_schemes_have_an_order_too(scheme: str) -> None:
    assert observed(GRIDS["even"], scheme=scheme, accuracy=3).order == pytest.approx(3, abs=0.2)


def test_a_periodic_axis_is_centred_everywhere() -> None:
    made = observed(slice(0, 2 * np.pi, np.pi / 10), "sin(x)", accuracy=4, periodic="x")
    assert [each.points for each in made.grids] == [20, 40, 80]
    assert all(each.largest == each.inside for each in made.grids)
    assert made.order == pytest.approx(4, abs=0.05)


def test_rounding_is_no_order() -> None:
    assert observed(GRIDS["even"], "x**2", edge_order=2).order is None
    made = observed(GRIDS["even"], accuracy=8, count=7)
    assert made.order == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize("asked", [slice(0, 1, 0.25), slice(2, 0, 5j), [0.0, 1.0, 5.0]])
def test_half_the_step_keeps_the_points(asked: slice | list[float]) -> None:
    coarse, fine = points("x", asked), points("x", halved("x", asked, {}))
    np.testing.assert_allclose(fine[::2], coarse, atol=1e-15)
    np.testing.assert_allclose(fine[1::2], (coarse[1:] + coarse[:-1]) / 2, atol=1e-15)


def test_half_the_step_of_a_ring() -> None:
    assert halved("x", [0.0, 1.0, 5.0], {"x": 7.0}) == [0, 0.5, 1, 3, 5, 6]


@pytest.mark.parametrize("count", [1, 0, -3, 21])
def test_a_wrong_number_of_grids_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="expected 2 to 20 grids"):
        observed(GRIDS["even"], count=count)
