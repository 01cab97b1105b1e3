"""The kernel: any tiles, layouts and types give what single points give, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics import kernel
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.kernel import tile_extents, tiles
from gradcli.numerics.schemes import Scheme, checked_scheme
from gradcli.numerics.smoothing import Savgol
from gradcli.numerics.stencils import Stencil

Array = np.ndarray[Any, Any]


@settings(max_examples=50, deadline=None)
@given(data=st.data(), cells=st.integers(1, 60))
def test_tiles_cover_every_cell_once(data: st.DataObject, cells: int) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    fastest = data.draw(st.integers(0, len(shape) - 1))
    seen = np.zeros(shape, int)
    for tile in tiles(shape, tile_extents(shape, cells), fastest):
        seen[tile] += 1
        assert seen[tile].size <= cells
    assert (seen == 1).all()


def point_by_point(stencil: Stencil, values: Array, axis: int) -> Array:
    """Return the derivative, each row from the rows that it alone reads."""
    out = np.empty_like(values)
    for row in range(values.shape[axis]):
        reach = stencil.reach(slice(row, row + 1))
        at = (slice(None),) * axis
        one = np.empty_like(values[(*at, slice(row, row + 1))])
        stencil.apply(values[(*at, reach)].copy(), slice(row, row + 1), axis, one)
        out[(*at, slice(row, row + 1))] = one
    return out


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_tiles_and_layouts_do_not_change_a_bit(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    axis = data.draw(st.integers(0, len(shape) - 1))
    scheme = Scheme(
        data.draw(st.integers(1, 3)),
        data.draw(st.sampled_from([2, 4])),
        data.draw(st.integers(1, 3)),
        edges=data.draw(st.sampled_from(["one-sided", "missing"])),
    )
    shape[axis] = data.draw(st.integers(9, 40))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = random.normal(size=shape).astype(data.draw(st.sampled_from(["f4", "f8"])))
    values[random.random(shape) < 0.05] = data.draw(st.sampled_from([0.0, np.nan, np.inf]))
    x = np.cumsum(random.uniform(0.5, 1.5, shape[axis]))
    even = data.draw(st.booleans())
    stencil = make_stencil("x", index_spacing(len(x)) if even else fit_spacing("x", x), scheme)
    expected = point_by_point(stencil, values, axis)
    layout = data.draw(st.sampled_from(["C", "F", "strided"]))
    given_values = np.asarray(values, order="F" if layout == "F" else "C")
    if layout == "strided":
        wide = np.zeros([n + 2 for n in shape], values.dtype)
        given_values = wide[tuple(slice(1, -1) for _ in shape)]
        given_values[...] = values
    out = np.empty(shape, values.dtype, order="F" if layout == "F" else "C")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "TILE_BYTES", data.draw(st.integers(8, 4000)))
        stencil.apply(given_values, slice(0, len(x)), axis, out)
    np.testing.assert_array_equal(out, expected)


def test_long_axes_whose_weights_are_made_for_the_rows_at_hand_agree_with_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.cumsum(np.random.default_rng(3).uniform(0.5, 1.5, 300))
    values = np.sin(x)[None, :, None] * np.ones((3, 1, 2))
    table = make_stencil("x", fit_spacing("x", x), Scheme(1, 4, 3))
    monkeypatch.setattr("gradcli.numerics.stencils.TABLE_BYTES", 1000)
    monkeypatch.setattr("gradcli.numerics.stencils.STEP_ROWS", 50)
    rows = make_stencil("x", fit_spacing("x", x), Scheme(1, 4, 3))
    assert any(piece.weights is None for piece in rows.pieces)
    found = [np.empty(values.shape) for _ in range(2)]
    for stencil, out in zip((table, rows), found, strict=True):
        stencil.apply(values, slice(0, 300), 1, out)
    np.testing.assert_array_equal(*found)
    part = np.empty((3, 6, 2))
    rows.apply(values[:, rows.reach(slice(294, 300))], slice(294, 300), 1, part)
    np.testing.assert_array_equal(part, found[0][:, 294:])


SIGNS = [
    Scheme(),
    Scheme(edge_order=2),
    Scheme(accuracy=1, side="backward"),
    Scheme(accuracy=1, side="forward"),
    Scheme(order=2, edge_order=2),
    Scheme(order=3, accuracy=4, edge_order=4),
    Scheme(accuracy=8, edge_order=8),
    Scheme(smooth=Savgol(5, 1)),
    Scheme(smooth=Savgol(7, 3)),
]


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("scheme", SIGNS, ids=str)
def test_constants_give_no_zero_with_a_sign(scheme: Scheme, even: bool, turn: int) -> None:
    steps = np.arange(30.0) if even else np.cumsum(1 + np.sin(np.arange(30.0)) / 2)
    stencil = make_stencil("x", fit_spacing("x", turn * steps), scheme)
    for shape in ((30,), (30, 3), (2, 30)):
        axis = shape.index(30)
        out = np.empty(shape)
        stencil.apply(np.full(shape, 7.1), slice(0, 30), axis, out)
        assert not np.signbit(out).any()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_many_edge_rows_are_the_same_along_the_first_and_the_last_axis(dtype: str) -> None:
    values = np.random.default_rng(3).normal(size=(3, 5, 45)).astype(dtype)
    scheme = checked_scheme(smooth="savgol:21,3")  # 20 edge rows
    for steps in (np.ones(45), np.random.default_rng(4).uniform(1, 2, 45)):
        stencil = make_stencil("x", fit_spacing("x", np.cumsum(steps)), scheme)
        last, first = np.empty_like(values), np.empty((45, 3, 5), dtype)
        stencil.apply(values, slice(0, 45), 2, last)
        stencil.apply(np.ascontiguousarray(np.moveaxis(values, 2, 0)), slice(0, 45), 0, first)
        np.testing.assert_array_equal(np.moveaxis(first, 0, 2), last)
