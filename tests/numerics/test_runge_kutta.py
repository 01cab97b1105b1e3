"""The method of Dormand and Prince, on equations whose solutions are known."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.numerics.runge_kutta import ORDER, factor_of, try_step
from gradcli.numerics.weights import Floats


def _turn(place: Floats) -> Floats:
    return np.array([-place[1], place[0]]) * (1 + place[0] ** 2 + place[1] ** 2) / 2


def _around(count: int) -> float:
    """Return the error after one radian of a circle in so many steps."""
    place = np.array([1.0, 0.0])
    for _ in range(count):
        made = try_step(_turn, place, _turn(place), 1 / count)
        assert made is not None
        place = made.place
    return float(np.hypot(*(place - [np.cos(1), np.sin(1)])))


def test_the_order_is_five() -> None:
    orders = np.log2([_around(count) / _around(2 * count) for count in (32, 64)])
    assert orders == pytest.approx([ORDER, ORDER], abs=0.2)


def test_the_estimate_is_of_the_size_of_the_error_of_order_four() -> None:
    for step in (0.2, 0.1):
        made = try_step(lambda place: place, np.array([1.0]), np.array([1.0]), step)
        assert made is not None
        assert abs(made.place[0] - np.exp(step)) < abs(made.error[0]) < step**5 / 100
        assert made.slope == pytest.approx(made.place)


def test_a_step_that_meets_no_slope_is_none() -> None:
    assert try_step(lambda place: None, np.array([1.0]), np.array([1.0]), 0.1) is None


def test_a_step_grows_and_shrinks_with_its_error() -> None:
    assert factor_of(1e-12) == 5.0
    assert factor_of(32.0) == pytest.approx(0.45)
    assert factor_of(float("inf")) == 0.2
