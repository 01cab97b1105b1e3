"""Axes that arrive: the same results as for the whole axis, however the rows come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.live import Flaw, LiveAxis, make_live_stencil
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.smoothing import Savgol

ROWS = 47
RANDOM = np.random.default_rng(7)
VALUES = np.sin(np.arange(ROWS) / 5) + 0.1 * RANDOM.standard_normal(ROWS)
UNEVEN = np.cumsum(RANDOM.uniform(0.5, 1.5, ROWS))
AXES = {
    "whole numbers": np.arange(float(ROWS)),
    "halves": 1e6 - 0.5 * np.arange(ROWS),
    "tenths": 3 + 0.1 * np.arange(ROWS),
    "uneven": UNEVEN,
    "falling": -UNEVEN,
}
schemes = st.builds(
    Scheme,
    order=st.integers(1, 4),
    accuracy=st.sampled_from([2, 4, 6]),
    edge_order=st.integers(1, 8),
    side=st.sampled_from(["central", "forward", "backward"]),
    edges=st.sampled_from(["one-sided", "missing"]),
    smooth=st.sampled_from([None, None, Savgol(5, 4), Savgol(9, 4)]),
)


def by_file(x: np.ndarray | float, values: np.ndarray, scheme: Scheme) -> np.ndarray:
    count = len(values)
    spacing = index_spacing(count, x) if isinstance(x, float) else fit_spacing("t", x)
    out = np.empty(count)
    make_stencil("t", spacing, scheme).apply(values, slice(0, count), 0, out)
    return out


def by_pipe(
    x: np.ndarray | float, values: np.ndarray, scheme: Scheme, cuts: list[int]
) -> np.ndarray:
    """Differentiate rows that arrive up to each cut in turn; rows leave when they can."""
    axis = LiveAxis()
    step = x if isinstance(x, float) else None
    stencil = make_live_stencil("t", axis, scheme, step)
    out, done, start = np.empty(len(values)), 0, 0
    for cut in [*cuts, len(values)]:
        if step is None:
            assert axis.extend(x[start:cut]) is None
        else:
            axis.grow(cut - start)
        start, axis.ended = cut, cut == len(values)
        ready = done
        while ready < cut and stencil.reach(slice(done, ready + 1)).stop <= cut:
            ready += 1
        if ready > done:
            reach = stencil.reach(slice(done, ready))
            stencil.apply(values[reach], slice(done, ready), 0, out[done:ready])
            done = ready
            axis.forget(stencil.reach(slice(done, done + 1)).start)
    assert done == len(values)
    return out


@settings(max_examples=25, deadline=None)
@given(schemes, st.sampled_from(list(AXES)), st.sets(st.integers(1, ROWS - 1), max_size=5))
def test_a_pipe_agrees_with_the_file_however_its_rows_arrive(
    scheme: Scheme, name: str, cuts: set[int]
) -> None:
    x = AXES[name]
    expected = by_file(x, VALUES, scheme)
    found = by_pipe(x, VALUES, scheme, sorted(cuts))
    np.testing.assert_array_equal(found, by_pipe(x, VALUES, scheme, []))
    largest = np.nanmax(np.abs(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9 * largest)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_rows_one_by_one_give_the_same_bytes(order: int) -> None:
    scheme = Scheme(order=order, edge_order=2)
    for x in (*AXES.values(), 0.3):
        each = by_pipe(x, VALUES, scheme, list(range(1, ROWS)))
        np.testing.assert_array_equal(each, by_pipe(x, VALUES, scheme, []))


@pytest.mark.parametrize("scheme", [Scheme(), Scheme(order=2), Scheme(accuracy=4, edge_order=4)])
@pytest.mark.parametrize("x", [0.3, -2.0, np.arange(float(ROWS)), 0.25 * np.arange(ROWS)])
def test_steps_without_rounding_give_the_bytes_of_the_file(
    x: np.ndarray | float, scheme: Scheme
) -> None:
    found = by_pipe(x, VALUES, scheme, list(range(1, ROWS)))
    np.testing.assert_array_equal(found, by_file(x, VALUES, scheme))


def test_steps_stay_equal_where_their_coordinates_are_rounded_far_from_zero() -> None:
    axis = LiveAxis()
    for start in range(0, 200_000, 20_000):
        axis.extend(1.7e9 + 0.1 * np.arange(start, start + 20_000))
        axis.forget(start + 19_990)
    assert axis.even == axis.count == 200_000


def test_second_derivatives_change_their_stencil_where_the_first_step_differs() -> None:
    x = np.array([0.0, 1, 2, 3, 4, 5, 6, 7.5, 9, 10])
    values = x**5
    found = by_pipe(x, values, Scheme(order=2, edge_order=2), list(range(1, 10)))
    three = values[:-2] - 2 * values[1:-1] + values[2:]
    # Row 4 looks at rows up to 6, the last of equal steps.
    np.testing.assert_array_equal(found[1:5], three[:4])
    np.testing.assert_allclose(found[5:8], by_file(x, values, Scheme(order=2))[5:8], rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "flaw"),
    [
        ([0.0, 1.0, 1.0, 2.0], Flaw(2, "repeats the one before")),
        ([0.0, 1.0, 0.5, 2.0], Flaw(2, "changes direction")),
        ([3.0, 2.0, 1.0, 2.0], Flaw(3, "changes direction")),
        ([0.0, 0.0], Flaw(1, "repeats the one before")),
        ([np.nan, 1.0], Flaw(0, "is missing")),
        ([0.0, 1.0, np.nan, 2.0], Flaw(2, "is missing")),
        ([0.0, np.inf, 2.0], Flaw(1, "is infinite")),
    ],
)
def test_the_first_bad_coordinate_is_found_however_rows_arrive(
    rows: list[float], flaw: Flaw
) -> None:
    at_once = LiveAxis()
    assert at_once.extend(np.array(rows)) == flaw
    assert at_once.count == flaw.row
    one_by_one = LiveAxis()
    found = [one_by_one.extend(np.array([row])) for row in rows[: flaw.row + 1]]
    assert found == [None] * flaw.row + [flaw]


def test_an_axis_that_ends_too_early_is_refused_as_a_file_is() -> None:
    scheme = Scheme(order=2, edge_order=2)
    for x in (np.arange(3.0), np.array([0.0, 1.0, 3.0])):
        with pytest.raises(InputError) as of_file:
            by_file(x, x, scheme)
        with pytest.raises(InputError) as of_pipe:
            by_pipe(x, x, scheme, [])
        assert str(of_pipe.value) == str(of_file.value)


def test_the_gain_is_that_of_the_mean_step() -> None:
    axis = LiveAxis()
    stencil = make_live_stencil("t", axis, Scheme())
    assert stencil.gain() == 0
    axis.extend(0.5 * np.arange(9))
    whole = make_stencil("t", index_spacing(9, 0.5), Scheme())
    assert stencil.gain() == pytest.approx(whole.gain())


def test_an_axis_holds_no_more_than_it_is_asked_to() -> None:
    axis = LiveAxis()
    for start in range(0, 10_000, 100):
        axis.extend(np.arange(float(start), start + 100))
        axis.forget(start + 95)
        assert len(axis.nodes(slice(start + 95, start + 100))) == 5
        assert axis._nodes.nbytes <= 5 * 8
