"""Axes made fit to differentiate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing, periodic_gap
from gradcli.numerics.schemes import Scheme

FLOAT32 = 2.0**-23


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(0, 1, 101),
        np.linspace(0, 1, 721),
        np.arange(0, 10, 0.1),
        np.arange(-180, 180, 0.25),
        np.linspace(350, -5, 1000),
        np.arange(5.0)[::-1],
        1e9 + 3600.0 * np.arange(50),
        np.array([float(f"{i / 10:.1f}") for i in range(200)]),
    ],
)
def test_steps_equal_within_rounding_are_equal(values: np.ndarray) -> None:
    spacing = fit_spacing("x", values)
    assert spacing.kind == "equal"
    np.testing.assert_allclose(spacing.step, (values[-1] - values[0]) / (len(values) - 1))


@given(
    st.integers(2, 40),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.lists(st.floats(-12, 12), min_size=40, max_size=40),
)
def test_equal_is_what_lies_within_four_roundings_of_a_line(size, first, step, shifts) -> None:
    values = first + step * np.arange(size)
    values += 2.0**-52 * np.abs(values).max() * np.array(shifts[:size])
    line = values[0] + (values[-1] - values[0]) / (size - 1) * np.arange(size)
    near = np.abs(values - line).max() <= 4 * 2.0**-52 * np.abs(values).max()
    assume((np.diff(values) > 0).all())
    assert (fit_spacing("x", values).kind == "equal") == near


@pytest.mark.parametrize("step", [0.00025, 0.1, 1 / 3, -0.05])
def test_float32_coordinates_are_snapped_to_equal_steps(step: float) -> None:
    stored = (150 + step * np.arange(400)).astype("f4").astype("f8")
    spacing = fit_spacing("x", stored, FLOAT32)
    assert spacing.kind == "snapped"
    assert abs(spacing.step / step - 1) < 1e-5
    assert fit_spacing("x", stored).kind == "uneven"


def test_snapping_takes_the_error_of_stored_longitudes_away() -> None:
    true = 150 + 0.00025 * np.arange(4000)
    stored = true.astype("f4").astype("f8")

    def error(spacing: Spacing) -> float:
        out = np.empty(4000)
        make_stencil("x", spacing, Scheme()).apply(true, slice(0, 4000), 0, out)
        return float(np.abs(out[1:-1] - 1).max())

    np.testing.assert_allclose(error(fit_spacing("x", stored)), 0.024, rtol=0.03)
    np.testing.assert_allclose(error(fit_spacing("x", stored, FLOAT32)), 1.5e-8, rtol=0.03)


@pytest.mark.parametrize(("beyond", "kind"), [(-0.01, "snapped"), (0.01, "uneven")])
def test_half_a_unit_in_the_last_place_is_the_limit(beyond: float, kind: str) -> None:
    values = 128 + np.arange(64.0)  # a unit in the last place is 2**-16
    values[20:40:2] += (0.5 + beyond) * 2.0**-16
    values[21:41:2] -= (0.5 + beyond) * 2.0**-16
    assert fit_spacing("x", values, FLOAT32).kind == kind


def test_any_equal_steps_rounded_to_float32_are_snapped() -> None:
    """Least squares alone lie further than half a unit from some points of a third of these."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        step = 10 ** rng.uniform(-3, 0) * rng.choice([-1, 1])
        true = rng.uniform(-180, 180) + step * np.arange(rng.integers(5, 900))
        stored = true.astype("f4").astype("f8")
        assert fit_spacing("x", stored, FLOAT32).kind in ("equal", "snapped")


def test_uneven_float32_coordinates_are_not_snapped() -> None:
    values = np.cumsum(np.random.default_rng(0).uniform(0.9, 1.1, 50)).astype("f4").astype("f8")
    assert fit_spacing("x", values, FLOAT32).kind == "uneven"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.0, 1.0, 1.0, 2.0], r"axis x: the coordinate 1\.0 at index 2 repeats"),
        ([0.0, 1.0, 0.5, 2.0], r"axis x: .*direction at index 2 \(1\.0, then 0\.5\)"),
        ([3.0, 2.0, 2.5, 1.0], r"axis x: .*direction at index 2 \(2\.0, then 2\.5\)"),
        ([0.0, np.nan, 2.0], r"axis x: the coordinate at index 1 is missing"),
        ([0.0, 1.0, np.inf], r"axis x: the coordinate at index 2 is inf"),
        ([0.0, 1.0, 0.0], r"axis x: .*direction"),
    ],
)
def test_bad_coordinates_are_refused_with_index_and_value(values: list, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_spacing("x", np.array(values))


def test_a_period_must_leave_a_step() -> None:
    ring = fit_spacing("x", np.arange(0.0, 360.0, 10.0))
    assert periodic_gap("x", ring, None) == 10
    assert periodic_gap("x", ring, 360) == 10
    assert periodic_gap("x", ring, 365) == 15
    with pytest.raises(InputError, match="the period is only"):
        periodic_gap("x", ring, 350)
    with pytest.raises(InputError, match="--periodic x=PERIOD"):
        periodic_gap("x", fit_spacing("x", np.array([0.0, 1.0, 3.0])), None)


def test_a_descending_ring_closes_backwards() -> None:
    assert periodic_gap("x", fit_spacing("x", np.arange(350.0, -1.0, -10.0)), 360) == -10


def test_words_for_people() -> None:
    assert index_spacing(1).describe() == "one point"
    assert fit_spacing("x", np.array([0.0, 0.5])).describe() == "equal, step 0.5"
