"""What operators make of partials, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.numerics import combine

NAN = float("nan")


def partials(*values: list[float], dtype: str = "f8") -> Iterator[np.ndarray]:
    return iter([np.array(part, dtype) for part in values])


@pytest.mark.parametrize("made", [combine.total, combine.norm])
def test_partials_that_something_else_needs_are_left_alone(made: Any) -> None:
    first, second = np.array([3.0, 5.0]), np.array([4.0, 12.0])
    (found,) = made(iter([first.view(), second.view()]))
    assert found.tolist() == ([7, 17] if made is combine.total else [5, 13])
    assert (first.tolist(), second.tolist()) == ([3, 5], [4, 12])
    (found,) = made(iter([first, second.view()]))
    assert found is first
    assert second.tolist() == [4, 12]


def test_the_length_of_one_partial_is_its_absolute_value() -> None:
    part = np.array([-3.0, 4.0])
    assert next(combine.norm(iter([part]))).tolist() == [3, 4]
    assert part.tolist() == [-3, 4]


def test_a_length_neither_overflows_nor_underflows() -> None:
    (found,) = combine.norm(partials([3e300, 3e-320, -3.0], [4e300, 4e-320, 0.0]))
    np.testing.assert_allclose(found, [5e300, 5e-320, 3.0], rtol=1e-3)


@pytest.mark.parametrize(
    ("x", "y", "radians", "degrees"),
    [
        (1.0, 0.0, 0.0, 90.0),
        (0.0, 1.0, np.pi / 2, 0.0),
        (-1.0, 0.0, np.pi, 270.0),
        (0.0, -1.0, -np.pi / 2, 180.0),
        (0.0, 0.0, NAN, NAN),
        (-1e-300, 1.0, np.pi / 2, 0.0),
    ],
)
def test_an_angle_counts_from_x_and_a_bearing_from_north(
    x: float, y: float, radians: float, degrees: float
) -> None:
    (found,) = combine.angle(partials([x], [y]))
    np.testing.assert_allclose(found, [radians], atol=1e-15)
    (found,) = combine.angle(partials([x], [y]), bearing=True)
    np.testing.assert_array_equal(found, [degrees])
    assert not found[0] >= 360


def test_downslope_is_the_other_way() -> None:
    (up,) = combine.angle(partials([1.0, 0.3], [2.0, -0.2]), bearing=True)
    (down,) = combine.angle(partials([1.0, 0.3], [2.0, -0.2]), bearing=True, downslope=True)
    np.testing.assert_allclose(np.mod(up + 180, 360), down)


def test_complex_partials_have_no_direction() -> None:
    with pytest.raises(UsageError, match="complex field has no direction"):
        next(combine.angle(partials([1], [2], dtype="c16")))


def test_a_projection_takes_a_vector_of_any_length() -> None:
    for scale in (1e-3, 1.0, 1e5):
        (found,) = combine.projection(partials([5.0], [10.0]), (3 * scale, -4 * scale))
        np.testing.assert_allclose(found, [-5.0])


def test_a_projection_keeps_the_type_of_its_partials() -> None:
    (found,) = combine.projection(partials([5.0], [10.0], dtype="f4"), (3, 4))
    assert found.dtype == np.dtype("f4")
    (found,) = combine.projection(partials([5j], [10], dtype="c8"), (3, 4))
    assert found.dtype == np.dtype("c8")


def test_differences_go_by_twos() -> None:
    assert list(combine.differences(iter([5, 3, 4, 1]))) == [2, 3]
    assert list(combine.opposite_differences(iter([5, 3, 4, 1]))) == [-2, -3]


@pytest.mark.parametrize(
    ("vector", "expected"),
    [((1e200, 1e200), 7 / 2**0.5), ((1e-200, 0.0), 3.0), ((0.0, -5e-324), -4.0), ((3, 4), 5.0)],
)
def test_a_direction_of_any_length_is_one(vector: tuple[float, float], expected: float) -> None:
    (found,) = combine.projection(iter([np.array([3.0]), np.array([4.0])]), vector)
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_a_magnitude_that_lacks_a_component_is_missing_though_another_is_infinite() -> None:
    parts = np.array([[np.inf, np.nan, np.inf, 3.0], [np.nan, -np.inf, 1.0, 4.0]])
    (found,) = combine.norm(iter(parts))
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.inf, 5.0])
    (found,) = combine.norm(iter(np.array([[complex(np.inf, np.nan)], [1.0]])))
    np.testing.assert_array_equal(found, [np.nan])


@pytest.mark.parametrize("downslope", [False, True])
def test_an_angle_of_half_a_turn_is_above_0(downslope: bool) -> None:
    x = np.array([1.0 if downslope else -1.0])
    for zero in (0.0, -0.0):
        (found,) = combine.angle(iter([x, np.array([zero])]), downslope=downslope)
        assert found == [np.pi]
