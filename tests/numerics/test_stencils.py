"""Stencils: which rows they read, and that blocks agree with the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.numerics import stencils
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.smoothing import Savgol
from gradcli.record import replace


def derivative(values: np.ndarray, x: np.ndarray | None, scheme: Scheme, **ring) -> np.ndarray:
    spacing = index_spacing(len(values)) if x is None else fit_spacing("x", x)
    out = np.empty(values.shape)
    stencil = make_stencil("x", spacing, scheme, **ring)
    rows = slice(0, len(values))
    reach = stencil.reach(rows)
    wrapped = values[np.arange(reach.start, reach.stop) % len(values)]
    stencil.apply(wrapped, rows, 0, out)
    return out


schemes = st.builds(
    Scheme,
    order=st.integers(1, 4),
    accuracy=st.sampled_from([2, 4, 6]),
    edge_order=st.integers(1, 5),
    side=st.sampled_from(["central", "forward", "backward"]),
    edges=st.sampled_from(["one-sided", "missing"]),
    smooth=st.sampled_from([None, None, Savgol(5, 4), Savgol(9, 4), Savgol(11, 5)]),
)


@settings(max_examples=80, deadline=None)
@given(
    scheme=schemes,
    even=st.booleans(),
    periodic=st.booleans(),
    axis=st.integers(0, 2),
    block=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_blocks_give_the_bytes_of_the_whole(
    scheme: Scheme, even: bool, periodic: bool, axis: int, block: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size = 20
    # Steps that are often alike: some rows of an uneven axis have weights that mirror each other.
    x = np.arange(20.0) if even else np.cumsum(rng.integers(1, 3, size) * 1.5)
    shape = [3, 3, 3]
    shape[axis] = size
    values = rng.normal(size=shape)
    spacing = fit_spacing("x", x)
    stencil = make_stencil("x", spacing, scheme, periodic, 100.0 if periodic else None)

    def apply(rows: slice) -> np.ndarray:
        reach = stencil.reach(rows)
        if not periodic:
            assert reach.start >= 0
            assert reach.stop <= size
        read = np.take(values, np.arange(reach.start, reach.stop) % size, axis)
        out_shape = list(shape)
        out_shape[axis] = rows.stop - rows.start
        out = np.empty(out_shape)
        stencil.apply(read, rows, axis, out)
        return out

    whole = apply(slice(0, size))
    pieces = [apply(slice(i, min(i + block, size))) for i in range(0, size, block)]
    assert np.concatenate(pieces, axis).tobytes() == whole.tobytes()


def test_a_row_alone_is_worked_as_among_others() -> None:
    """Rows of an uneven axis whose own steps are equal have weights that could be joined."""
    values = np.random.default_rng(0).normal(size=40)
    stencil = make_stencil("x", fit_spacing("x", np.r_[0.0:39.0, 100.0]), Scheme())
    whole, alone = np.empty(40), np.empty(40)
    stencil.apply(values, slice(0, 40), 0, whole)
    for row in range(40):
        rows = slice(row, row + 1)
        stencil.apply(values[stencil.reach(rows)], rows, 0, alone[rows])
    assert alone.tobytes() == whole.tobytes()


def test_long_uneven_axes_make_their_weights_block_by_block(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    x, values = np.cumsum(rng.uniform(0.5, 2, 500)), rng.normal(size=500)
    tabled = derivative(values, x, Scheme())
    fitted = derivative(values, x, Scheme(smooth=Savgol(21, 3)))
    monkeypatch.setattr(stencils, "TABLE_BYTES", 1000)
    monkeypatch.setattr(stencils, "STEP_ROWS", 10)
    made = make_stencil("x", fit_spacing("x", x), Scheme())
    assert all(piece.weights is None or len(piece.weights) == 1 for piece in made.pieces)
    assert derivative(values, x, Scheme()).tobytes() == tabled.tobytes()
    assert derivative(values, x, Scheme(smooth=Savgol(21, 3))).tobytes() == fitted.tobytes()


@settings(max_examples=60, deadline=None)
@given(scheme=schemes, even=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_a_reversed_axis_gives_the_values_reversed(scheme: Scheme, even: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.arange(16.0) if even else np.cumsum(rng.uniform(0.5, 2, 16))
    values = rng.normal(size=16)
    mirrored = {"forward": "backward", "backward": "forward"}.get(scheme.side, "central")
    turned = replace(scheme, side=mirrored)
    np.testing.assert_allclose(
        derivative(values[::-1], x[::-1], turned)[::-1],
        derivative(values, x, scheme),
        rtol=1e-9,
        atol=1e-9 * 40**scheme.order,
    )


def test_a_hole_loses_itself_and_its_neighbours_only() -> None:
    values = np.arange(10.0) ** 2
    values[4] = np.nan
    for x in (None, np.arange(10.0) + 0.1 * np.arange(10.0) ** 2):
        found = derivative(values, x, Scheme(edge_order=2))
        assert np.flatnonzero(np.isnan(found)).tolist() == [3, 4, 5]


def test_tiny_and_huge_steps_stay_in_range_in_float32() -> None:
    for step in (1e-9, 1e9):
        values = (np.arange(12.0, dtype="f4") ** 2) / 4
        spacing = index_spacing(12, step)
        out = np.empty(12, "f4")
        make_stencil("x", spacing, Scheme(4, 2, 2)).apply(values, slice(0, 12), 0, out)
        assert np.isfinite(out).all()


@pytest.mark.parametrize(
    ("accuracy", "ratio"),
    [(2, 0.9958927352435614), (4, 0.9999797659635932), (6, 0.9999998932156742)],
)
def test_figure_3_a_sine_on_a_ring(accuracy: int, ratio: float) -> None:
    angle = np.arange(40) * (2 * np.pi / 40)
    x, y = np.meshgrid(angle, angle)
    stencil = make_stencil("x", fit_spacing("x", angle), Scheme(accuracy=accuracy), True)
    reach = stencil.reach(slice(0, 40))
    read = np.take(np.sin(x + y), np.arange(reach.start, reach.stop) % 40, 1)
    out = np.empty((40, 40))
    stencil.apply(read, slice(0, 40), 1, out)
    np.testing.assert_allclose(out, ratio * np.cos(x + y), rtol=1e-12, atol=1e-13)


def test_figure_6_an_outlier_in_an_image() -> None:
    image = np.tile([21.0, 20, 22, 24, 18, 11, 23], (7, 1))
    image[3, 3] = 99
    assert derivative(image[3], None, Scheme())[3] == -2
    assert derivative(image[:, 3], None, Scheme())[3] == 0
    assert derivative(image[3], None, Scheme(1, 1, 1, "forward"))[3] == 18 - 99
    assert derivative(image[:, 3], None, Scheme(1, 1, 1, "forward"))[3] == 24 - 99
