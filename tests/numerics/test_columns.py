"""Columns with coordinates of their own: each as a one-dimensional axis that is as long as it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.assemble_columns import make_column_stencil
from gradcli.numerics.column_steps import ColumnNames
from gradcli.numerics.columns import spread
from gradcli.numerics.coordinates import fit_spacing
from gradcli.numerics.schemes import Scheme, checked_scheme
from gradcli.record import replace
from tests.columns import by_loop, by_weights

SCHEMES: list[dict[str, Any]] = [
    {},
    {"edge_order": 2},
    {"accuracy": 4},
    {"accuracy": 8},
    {"accuracy": 6, "edge_order": 3},
    {"order": 2},
    {"order": 3, "accuracy": 4},
    {"order": 2, "accuracy": 8},
    {"side": "forward"},
    {"side": "backward", "accuracy": 3},
    {"edges": "missing"},
    {"smooth": "savgol:5,2"},
    {"missing": "adapt"},
    {"missing": "adapt", "accuracy": 4, "edge_order": 2},
    {"missing": "adapt", "order": 2},
    {"missing": "adapt", "accuracy": 6},
]


def columns(seed: int, shape: tuple[int, ...], axis: int, gaps: bool) -> tuple[Any, Any]:
    """Return a field and coordinates that rise or fall, with gaps at either end of columns."""
    rng, size = np.random.default_rng(seed), shape[axis]
    once = tuple(1 if i == axis else n for i, n in enumerate(shape))
    nodes = np.cumsum(rng.uniform(0.5, 1.5, shape), axis) * rng.choice([-1, 1], once)
    rows = np.arange(size).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    valid = (rows < rng.integers(size // 2 + 4, size + 1, once)) & (
        rows >= rng.integers(0, 3, once)
    )
    values = np.sin(nodes / 5)
    if gaps:
        values[rng.random(shape) < 0.1] = np.nan
    return values, np.where(valid, nodes, np.nan)


def applied(scheme: Scheme, values: Any, nodes: Any, axis: int, step: int | None = None) -> Any:
    """Return the derivative, computed in blocks of some rows."""
    size = values.shape[axis]
    stencil = make_column_stencil(size, scheme, ColumnNames("z", tuple("abc"[: values.ndim])))
    made = []
    for first in range(0, size, step or size):
        rows = slice(first, min(first + (step or size), size))
        reach = stencil.reach(rows)
        assert reach.stop - reach.start <= rows.stop - rows.start + stencil.halo()
        f, x = (v[(slice(None),) * axis + (reach,)] for v in (values, nodes))
        shape = (*f.shape[:axis], rows.stop - rows.start, *f.shape[axis + 1 :])
        out = np.empty(shape, f.dtype)
        stencil.apply(f, spread(x), rows, axis, out, (0,) * f.ndim)
        made.append(out)
    return np.concatenate(made, axis)


def one_by_one(scheme: Scheme, values: Any, nodes: Any, axis: int) -> Any:
    """Return the derivative of each column by the stencil of an axis with its coordinates."""
    f, x = (np.moveaxis(each, axis, -1) for each in (values, nodes))
    out = np.full(f.shape, np.nan)
    for place in np.ndindex(f.shape[:-1]):
        there = ~np.isnan(x[place])
        stencil = make_stencil("z", fit_spacing("z", x[place][there]), scheme)
        found, given = np.empty(there.sum()), f[place][there]
        stencil.apply(given, slice(0, len(given)), 0, found)
        if isinstance(stencil, AdaptingStencil):
            stencil.adapt(given, slice(0, len(given)), 0, found)
        out[place][there] = found
    return np.moveaxis(out, -1, axis)


@pytest.mark.parametrize("given_", SCHEMES, ids=str)
@pytest.mark.parametrize(("shape", "axis"), [((3, 30, 2), 1), ((4, 30), 1), ((30, 5), 0)])
def test_each_column_is_an_axis_of_its_own(given_: Any, shape: Any, axis: int) -> None:
    scheme = checked_scheme(**given_)
    values, nodes = columns(1, shape, axis, "missing" in given_)
    found = applied(scheme, values, nodes, axis)
    expected = one_by_one(scheme, values, nodes, axis)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11 * np.nanmax(np.abs(expected)))


@given(
    st.integers(0, 1000),
    st.sampled_from(SCHEMES),
    st.integers(1, 9),
    st.sampled_from([((3, 17, 2), 1), ((4, 17), 1), ((17, 3), 0)]),
    st.sampled_from(["f4", "f8"]),
)
@settings(max_examples=30, deadline=None)
def test_results_do_not_depend_on_blocks(
    seed: int, told: dict[str, Any], step: int, form: tuple[tuple[int, ...], int], dtype: str
) -> None:
    values, nodes = columns(seed, *form, True)
    values = values.astype(dtype)
    nodes[np.random.default_rng(seed).random(nodes.shape) < 0.05] = np.nan
    whole, parts = (
        applied(checked_scheme(**told), values, nodes, form[1], s) for s in (None, step)
    )
    assert whole.tobytes() == parts.tobytes()


@pytest.mark.parametrize("edge_order", [1, 2])
def test_accuracy_2_is_numpys_gradient(edge_order: int) -> None:
    values, nodes = columns(2, (5, 40, 3), 1, False)
    found = applied(Scheme(edge_order=edge_order), values, nodes, 1)
    expected = by_loop(values, nodes, 1, edge_order)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


ACCURATE: list[dict[str, Any]] = [
    {"accuracy": 4},
    {"accuracy": 6},
    {"accuracy": 8},
    {"order": 2},
    {"order": 2, "accuracy": 6},
    {"accuracy": 6, "edge_order": 3},
    {"order": 4, "accuracy": 4},
]


@pytest.mark.parametrize("told", ACCURATE, ids=str)
def test_accurate_schemes_are_fornbergs_weights_of_each_point(told: Any) -> None:
    scheme = checked_scheme(**told)
    for shape, axis in (((2, 30, 2), 1), ((2, 30), 1), ((30, 34), 0)):
        values, nodes = columns(2, shape, axis, False)
        values = values.astype("f4").astype("f8")  # the same in both types
        some = (..., slice(0, 2)) if axis == 0 else ...
        expected = by_weights(values[some], nodes[some], axis, scheme)
        for dtype, times in (("f8", 400), ("f4", 40)):
            found = applied(scheme, values.astype(dtype), nodes, axis)[some]
            np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
            # Steps are about 1, so differences of values and all derivatives have one size.
            limit = times * 2.0**scheme.order * float(np.finfo(dtype).eps)
            np.testing.assert_allclose(found, expected, rtol=0, atol=limit)


@pytest.mark.parametrize(("order", "accuracy"), [(1, 4), (1, 6), (1, 8), (2, 2), (2, 4), (2, 6)])
def test_errors_fall_by_the_order_of_accuracy(order: int, accuracy: int) -> None:
    scheme, errors = checked_scheme(order, accuracy), []
    for size in (30, 60):
        place = np.linspace(0, 1, size)[:, None] * np.linspace(2, 3, 5)
        nodes = place + 0.2 * np.sin(2 * place)  # each column has steps of its own
        exact = np.cos(nodes) if order == 1 else -np.sin(nodes)
        errors.append(np.abs(applied(scheme, np.sin(nodes), nodes, 0) - exact).max())
    assert np.log2(errors[0] / errors[1]) > accuracy - 0.4


def test_float32_has_the_range_of_steps_of_any_size() -> None:
    values, nodes = columns(6, (4, 30), 1, False)
    scheme = checked_scheme(accuracy=8)
    expected = applied(scheme, values, nodes, 1)
    for unit in (2.0**-60, 2.0**-12, 2.0**12, 2.0**60):
        found = applied(scheme, values.astype("f4"), nodes * unit, 1) * unit
        np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("told", [{"accuracy": 8}, {"order": 2, "accuracy": 6}], ids=str)
def test_steps_too_different_for_float32_do_not_make_results_depend_on_blocks(told: Any) -> None:
    scheme, rng = checked_scheme(**told), np.random.default_rng(7)
    steps = rng.uniform(1, 2, (40, 3))
    steps[:, 1] = np.geomspace(1e-9, 1e9, 40)
    steps[10:20, 2] *= 1e-10  # layers that vanish, in a model of the ocean
    nodes = np.cumsum(steps, 0)
    values = np.sin(np.arange(120.0)).reshape(40, 3).astype("f4")
    whole = applied(scheme, values, nodes, 0)
    assert whole.tobytes() == applied(scheme, values, nodes, 0, 7).tobytes()
    alone = [applied(scheme, values[:, k : k + 1], nodes[:, k : k + 1], 0) for k in range(3)]
    assert whole.tobytes() == np.concatenate(alone, 1).tobytes()
    exact = applied(scheme, values.astype("f8"), nodes, 0)
    size = np.abs(exact).max(axis=0)
    np.testing.assert_allclose(whole / size, exact / size, rtol=2e-5, atol=1e-5)


def test_a_constant_gives_exactly_0_in_every_direction() -> None:
    _, nodes = columns(3, (4, 20), 1, False)
    for told in SCHEMES:
        found = applied(checked_scheme(**told), np.full(nodes.shape, 1e5), nodes, 1)
        assert (found[~np.isnan(found)] == 0).all()
        assert not np.signbit(found[~np.isnan(found)]).any()


def test_a_hole_of_the_field_is_missing_or_adapted_and_the_end_of_a_column_is_an_end() -> None:
    nodes = np.array([[0.0, 1.0, 3.0, 4.0, 6.0, np.nan, np.nan]])
    values = nodes**2
    assert applied(Scheme(edge_order=2), values, nodes, 1)[0, :5].tolist() == [0, 2, 6, 8, 12]
    values[0, 2] = np.nan
    found = applied(Scheme(edge_order=2), values, nodes, 1)
    assert np.isnan(found).tolist() == [[True] * 7]
    found = applied(Scheme(missing="adapt"), values, nodes, 1)
    np.testing.assert_array_equal(found, [[1, 1, np.nan, 10, 10, np.nan, np.nan]])


@pytest.mark.parametrize("row", [0, 2, 4])
@pytest.mark.parametrize("told", [{}, {"accuracy": 4}, {"order": 2}], ids=str)
def test_an_infinite_coordinate_of_a_formula_is_missing(told: Any, row: int) -> None:
    nodes = np.cumsum(np.random.default_rng(4).uniform(1, 2, (3, 12)), 1)
    values = np.sin(nodes)
    stencil = make_column_stencil(12, checked_scheme(**told), ColumnNames("z", ("i", "k")))
    stencil, found = replace(stencil, computed=True), []
    for absent in (np.inf, -np.inf, np.nan):
        nodes[1, row : row + 2] = absent
        out = np.empty(values.shape)
        stencil.apply(values, spread(nodes), slice(0, 12), 1, out, (0, 0))
        found.append(out)
    assert np.isfinite(found[2]).sum() > 24
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[2])


def test_values_that_wrap_go_the_short_way_around() -> None:
    nodes = np.array([[0.0, 1.0, 3.0, 4.0, np.nan]])
    values = (350 + 7 * nodes) % 360
    for told in ({}, {"accuracy": 4}, {"order": 2}):
        scheme = checked_scheme(**told)
        stencil = replace(make_column_stencil(5, scheme, ColumnNames("z", ("i", "k"))), wraps=360.0)
        out = np.empty((1, 5))
        stencil.apply(values, spread(nodes), slice(0, 5), 1, out, (0, 0))
        expected = 7.0 if scheme.order == 1 else 0.0
        np.testing.assert_allclose(out[0], [expected] * 4 + [np.nan], atol=1e-12)


def test_float32_stays_near_float64_and_complex_is_two_fields() -> None:
    values, nodes = columns(4, (4, 30), 1, True)
    for told in ({}, {"accuracy": 4}, {"order": 2}):
        scheme = checked_scheme(**told)
        whole = applied(scheme, values, nodes, 1)
        single = applied(scheme, values.astype("f4"), nodes, 1)
        np.testing.assert_allclose(single, whole, atol=2e-6)
        both = applied(scheme, values + 2j * values, nodes, 1)
        np.testing.assert_array_equal(both, whole + 2j * whole)


def test_coordinates_without_some_dimensions_are_spread_over_them() -> None:
    values, nodes = columns(5, (4, 30, 3), 1, False)
    same = nodes[:1, :, :1]
    found = applied(Scheme(), values, same, 1)
    spread = np.broadcast_to(same, values.shape)
    np.testing.assert_array_equal(found, applied(Scheme(), values, spread, 1))


def test_a_column_below_its_end_may_repeat_or_turn_where_the_field_is_missing() -> None:
    for filler in (5.0, 0.0, -999.0, np.inf):
        nodes = np.array([[0.0, 2.0, 5.0, filler, filler, filler]])
        values = np.array([[0.0, 4.0, 25.0, np.nan, np.nan, np.nan]])
        found = applied(Scheme(edge_order=2), values, nodes, 1)
        np.testing.assert_array_equal(found, [[0, 4, 10, np.nan, np.nan, np.nan]])
        parts = applied(Scheme(edge_order=2), values, nodes, 1, 1)
        np.testing.assert_array_equal(found, parts)


def test_short_columns_take_what_they_have() -> None:
    nodes = np.array([[0.0, 2.0, np.nan, np.nan], [1.0, np.nan, np.nan, np.nan]])
    found = applied(Scheme(edge_order=2), 3 * nodes, nodes, 1)
    np.testing.assert_array_equal(found, [[3, 3, np.nan, np.nan], [np.nan] * 4])
    assert np.isnan(applied(Scheme(2, edge_order=2), 3 * nodes, nodes, 1)).all()


def test_an_axis_too_short_for_any_column_is_refused() -> None:
    for told, words in (({}, "has 1 point, and a stencil needs 2"), ({"order": 2}, "needs 3")):
        with pytest.raises(InputError, match=words):
            make_column_stencil(1, checked_scheme(**told), ColumnNames("z", ("z",)))
