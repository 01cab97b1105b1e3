"""Stencils in exact numbers: the weights are those of the engine, the errors those of Taylor."""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import UsageError
from gradcli.explore.stencil import Grid, Leading, Row, exact_weights, stencil_rows
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing
from gradcli.numerics.schemes import Scheme, checked_scheme

KNOWN: list[tuple[dict[str, Any], str, int, str]] = [
    ({"accuracy": 2}, "-1/2 0 1/2", 2, "h²/6 f⁽³⁾"),
    ({"accuracy": 4}, "1/12 -2/3 0 2/3 -1/12", 4, "-h⁴/30 f⁽⁵⁾"),
    ({"accuracy": 6}, "-1/60 3/20 -3/4 0 3/4 -3/20 1/60", 6, "h⁶/140 f⁽⁷⁾"),
    ({"accuracy": 8}, "1/280 -4/105 1/5 -4/5 0 4/5 -1/5 4/105 -1/280", 8, "-h⁸/630 f⁽⁹⁾"),
    ({"order": 2}, "1 -2 1", 2, "h²/12 f⁽⁴⁾"),
    ({"order": 2, "accuracy": 4}, "-1/12 4/3 -5/2 4/3 -1/12", 4, "-h⁴/90 f⁽⁶⁾"),
    ({"order": 3}, "-1/2 1 0 -1 1/2", 2, "h²/4 f⁽⁵⁾"),
    ({"side": "forward"}, "-1 1", 1, "h/2 f⁽²⁾"),
    ({"side": "backward", "accuracy": 2}, "1/2 -2 3/2", 2, "-h²/3 f⁽³⁾"),
    ({"smooth": "savgol:5,2"}, "-1/5 -1/10 0 1/10 1/5", 2, "17h²/30 f⁽³⁾"),
]


def told(row: Row) -> str:
    assert row.fractions is not None
    return " ".join(map(str, row.fractions))


def inside(rows: list[Row]) -> Row:
    return next(row for row in rows if row.first >= 0 > row.last and row.offsets)


@pytest.mark.parametrize(("options", "weights", "accuracy", "error"), KNOWN)
def test_rows_inside_are_those_of_the_tables(
    options: dict[str, Any], weights: str, accuracy: int, error: str
) -> None:
    row = inside(stencil_rows(checked_scheme(**options), Grid()))
    assert row.leading is not None
    assert (told(row), row.accuracy, row.leading.text()) == (weights, accuracy, error)


def test_first_and_last_rows() -> None:
    rows = stencil_rows(checked_scheme(accuracy=4), Grid())
    assert [(row.first, row.last) for row in rows] == [(0, 0), (1, 1), (2, -3), (-2, -2), (-1, -1)]
    assert told(rows[0]) == "-25/12 4 -3 4/3 -1/4"
    assert rows[-1].leading == Leading(Fraction(-1, 5), 4, 5)


def test_a_step_is_in_the_weights_and_a_letter_in_the_error() -> None:
    first, *_ = stencil_rows(checked_scheme(order=2), Grid(step=Fraction(1, 2)))
    assert told(first) == "8 -20 16 -4"
    assert first.weights == (8.0, -20.0, 16.0, -4.0)
    assert first.leading == Leading(Fraction(-11, 12), 2, 4)


def test_uneven_coordinates_have_a_row_each() -> None:
    rows = stencil_rows(Scheme(), Grid(coordinates=(Fraction(0), Fraction(1), Fraction(3))))
    assert [told(row) for row in rows] == ["-1 1", "-2/3 1/2 1/6", "-1/2 1/2"]
    assert [row.leading and row.leading.text() for row in rows] == ["1/2 f⁽²⁾", "1/3 f⁽³⁾", "-f⁽²⁾"]


def test_a_period_goes_around() -> None:
    places = tuple(map(Fraction, ("0", "0.1", "0.35", "0.5")))
    first, *_ = stencil_rows(Scheme(), Grid(None, None, places, True, Fraction("0.8")))
    assert (first.offsets, told(first)) == ((-1, 0, 1), "-5/6 -20/3 15/2")
    falling = tuple(reversed(places))
    *_, last = stencil_rows(Scheme(), Grid(None, None, falling, True, Fraction("0.8")))
    assert told(last) == "15/2 -20/3 -5/6"
    (every,) = stencil_rows(Scheme(), Grid(periodic=True))
    assert (every.first, every.last) == (0, -1)


def test_rows_of_which_the_ends_get_nothing() -> None:
    rows = stencil_rows(checked_scheme(accuracy=4, edges="missing"), Grid())
    assert [(row.first, row.last, bool(row.offsets)) for row in rows] == [
        (0, 1, False),
        (2, -3, True),
        (-2, -1, False),
    ]


def matrix(rows: list[Row], size: int) -> Any:
    """Return what a table says that the derivative of each unit impulse is."""
    made = np.zeros((size, size))
    for row in rows:
        for place in range(row.first, row.last + 1):
            for offset, weight in zip(row.offsets, row.weights, strict=True):
                made[place, place + offset] = weight
    return made


@pytest.mark.parametrize("accuracy", [2, 4, 6, 8])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_weights_are_what_a_unit_impulse_gives(order: int, accuracy: int) -> None:
    size = 24
    scheme = checked_scheme(order, accuracy)
    exact = {"order": order, "accuracy": accuracy, "edge_order": scheme.edge_order}
    found = gradcli.gradient(np.eye(size), 0.5, axis=0, **exact)
    made = matrix(stencil_rows(scheme, Grid(size, Fraction(1, 2))), size)
    np.testing.assert_allclose(made, found, rtol=0, atol=4e-15 * np.abs(made).max())


STEPS = st.lists(st.integers(1, 30), min_size=12, max_size=16)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, order=st.integers(1, 4), accuracy=st.sampled_from([2, 4, 6]))
def test_uneven_weights_are_the_engines_and_their_errors_those_of_powers(
    steps: list[int], order: int, accuracy: int
) -> None:
    places = [Fraction(sum(steps[:count]), 4) for count in range(len(steps))]
    scheme = checked_scheme(order, accuracy)
    rows = stencil_rows(scheme, Grid(coordinates=tuple(places)))
    stencil = make_stencil("x", fit_spacing("x", np.array(places, float)), scheme)
    size = len(places)
    found = np.empty((size, size))
    stencil.apply(np.eye(size), slice(0, size), 0, found)
    made = matrix(rows, size)
    np.testing.assert_allclose(made, found, rtol=1e-9, atol=1e-9 * np.abs(made).max())
    for row in rows:
        exact = exact_weights(
            [places[row.first + k] - places[row.first] for k in row.offsets], order
        )
        largest = float(max(map(abs, exact)))
        assert np.allclose(row.weights, [float(w) for w in exact], rtol=0, atol=1e-9 * largest)
        assert row.leading is not None
        assert row.accuracy is not None
        if row.leading.power:  # of equal steps, by chance
            continue
        power = row.leading.derivative
        assert power == order + row.accuracy
        for degree in range(power + 1):
            values = [(places[row.first + k] - places[row.first]) ** degree for k in row.offsets]
            moment = sum(w * v for w, v in zip(exact, values, strict=True)) / factorial(degree)
            wanted = {order: Fraction(1), power: row.leading.coefficient}
            assert moment == wanted.get(degree, 0)


def test_long_fractions_stay_decimals() -> None:
    places = tuple(map(Fraction, ("0.123456789123", "0.2344567891", "0.39999")))
    _, middle, _ = stencil_rows(Scheme(), Grid(coordinates=places))
    assert middle.fractions is None
    assert middle.leading is not None
    assert "/" not in middle.leading.text()


@pytest.mark.parametrize(
    ("scheme", "grid", "says"),
    [
        (Scheme(), Grid(coordinates=(Fraction(0), Fraction(0))), "0 at index 1 comes after 0"),
        (Scheme(), Grid(coordinates=tuple(map(Fraction, (0, 2, 1)))), "1 at index 2 comes after 2"),
        (Scheme(), Grid(coordinates=tuple(map(Fraction, range(10001)))), "at most 10000"),
        (checked_scheme(smooth="savgol:999,2"), Grid(), "at most 101 points"),
        (checked_scheme(smooth="savgol:31,30"), Grid(), "a degree of at most 12"),
    ],
)
def test_what_makes_no_table_is_refused(scheme: Scheme, grid: Grid, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        stencil_rows(scheme, grid)
