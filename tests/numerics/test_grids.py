"""Grids of formulas: points as numpy's mgrid has them, and what is refused before it is made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.numerics.grids import count_of, parse_grid, points


@pytest.mark.parametrize(
    "asked",
    [
        slice(-100, 101, 25),
        slice(-5, 5, 0.05),
        slice(-2, 2, 5j),
        slice(3, 0, -1),
        slice(0, 1, 1j),
        slice(2, 7),
    ],
)
def test_points_are_those_of_mgrid(asked: slice) -> None:
    np.testing.assert_allclose(points("x", asked), np.mgrid[asked], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("stop", "count"), [(1.3, 3), (1.6, 6), (1.7000001, 8)])
def test_rounding_adds_no_point(stop: float, count: int) -> None:
    # np.mgrid[1:1.3:0.1] has four points, the last of them STOP.
    assert count_of("x", slice(1, stop, 0.1)) == count


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_a_step_gives_as_many_points_as_fit_before_stop(n: int, start: float, step: float) -> None:
    made = points("x", slice(start, start + n * step, step))
    assert len(made) in (n, n + (start + n * step - start > n * step))
    assert made[0] == start


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("x=0:1:0.5", {"x": slice(0.0, 1.0, 0.5)}),
        ("x=0:2*pi:5j", {"x": slice(0.0, 2 * np.pi, 5j)}),
        ("x=0:3", {"x": slice(0.0, 3.0, 1.0)}),
        ("y=0,1,3, x = 2", {"y": [0.0, 1.0, 3.0], "x": [2.0]}),
        ("x=1e3:2e3:1e2", {"x": slice(1e3, 2e3, 1e2)}),
    ],
)
def test_text_is_parsed(text: str, right: dict[str, object]) -> None:
    found = parse_grid(text)
    assert found == right
    assert list(found) == list(right)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "write AXIS=START:STOP:STEP"),
        ("0:1:2", "write AXIS=START:STOP:STEP"),
        ("2x=0:1:2", "'2x' is not a name that a formula can hold"),
        ("lambda=0:1:2", "'lambda' is not a name that a formula can hold"),
        ("x=0:1:2,x=0:1:2", "the axis x is given twice"),
        ("x=0:1:2:3", "write START:STOP:STEP"),
        ("x=a:1:2", "'a' is not a number"),
        ("x=", "'' is not a number"),
        ("x=0:1:j", "'j' is not a number"),
        ("x=0:1:__import__('os')", "is not a number"),
    ],
)
def test_a_wrong_text_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_grid(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (slice(0, 1, 0.0), "a step is finite, and not 0"),
        (slice(0, 1, float("inf")), "a step is finite, and not 0"),
        (slice(1, 0, 0.5), "there is no point"),
        (slice(0, 0, 1), "there is no point"),
        (slice(0, 0, 3j), "the first and the last point are both 0"),
        (slice(0, 1, 2.5j), "2.5j is not a number of points"),
        (slice(0, 1, 0j), "0j is not a number of points"),
        (slice(0, None), "STOP is missing"),
        (slice("a", "b"), "these are real numbers"),
        (slice(0, 1j), "these are real numbers"),
        (slice(0, 1e15, 1), "1,000,000,000,000,000 points, whose coordinates alone take"),
        (slice(0, 1e308, 1e-300), "an axis has at most"),
        ([], "must be finite numbers"),
        ([1.0, float("nan")], "must be finite numbers"),
    ],
)
def test_a_wrong_axis_is_refused_before_it_is_made(asked: object, told: str) -> None:
    with pytest.raises(UsageError, match=r"^--grid x") as refused:
        points("x", asked)  # type: ignore[arg-type]
    assert told in str(refused.value)
