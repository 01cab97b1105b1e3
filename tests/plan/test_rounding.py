"""How far coordinates may be from the numbers that were meant."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.model.axes import Axis
from gradcli.plan.rounding import rounding

EPS = {"f4": 2.0**-23, "f8": 2.0**-52}


def slack(values: object, kind: str = "f8") -> np.ndarray:
    stored = np.asarray(values, kind)
    return rounding(Axis("x", len(stored), stored.astype(float), precision=EPS[kind]))


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize(
    "values",
    [np.arange(9000) / 24, 1000 + np.arange(500) * 0.1, np.linspace(-90, 90, 1801), np.arange(7)],
)
def test_coordinates_rounded_one_by_one_are_off_by_a_few_roundings(
    values: np.ndarray, kind: str
) -> None:
    found = slack(values, kind)
    assert found.max() <= 4.01 * EPS[kind] * abs(values).max()
    stored = values.astype(kind).astype(float)
    assert (abs(stored - values) <= found).all()


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("start", [0, -5, 100])
def test_roundings_that_added_up_are_allowed_for(kind: str, start: float) -> None:
    steps = np.full(400, 1 / 24, kind)
    stored = np.cumsum(np.concatenate([[start], steps]).astype(kind), dtype=kind)
    meant = start + np.arange(401) / 24
    wrong = abs(stored.astype(float) - meant)
    assert wrong.max() > 4 * EPS[kind] * abs(meant).max()
    assert (wrong <= slack(stored, kind)).all()


def test_the_step_of_numpys_arange_is_off_by_a_rounding_of_the_start() -> None:
    stored = np.arange(1000, 1010, 0.1)
    assert stored[99] - 1009.9 > 2e-12
    assert slack(stored)[99] > 2.3e-12


def test_no_more_than_an_eighth_of_a_step_is_put_down_to_rounding() -> None:
    stored = np.array([1e-10, 2e-10, 1e5, 3e5])
    assert (slack(stored, "f4") <= [1.25e-11, 1.25e-11, 0.1, 0.3]).all()


def test_integers_are_exact() -> None:
    axis = Axis("x", 3, np.array([0.0, 1e15, 1e15 + 1]), precision=0.0)
    assert not rounding(axis).any()


@pytest.mark.parametrize(
    "values", [[], [0.0], [5.0], [np.nan, 1, 2], [0, np.inf], [3, 3, 3], [1e308, -1e308]]
)
def test_odd_axes_raise_no_warning(values: list[float]) -> None:
    assert len(slack(values)) == len(values)
