"""Mixed derivatives beside gaps: against a reference that goes point by point, and the laws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.numerics import mixed
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import fit_spacing
from gradcli.numerics.earth import Earth
from gradcli.numerics.mixed import MixedStep, adapt_mixed
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.weights import fornberg

Array = Any
PERIOD = 60.0


def line(rng: np.random.Generator, size: int, even: bool) -> Array:
    return np.arange(float(size)) if even else np.cumsum(rng.uniform(0.5, 2, size))


def stencil(x: Array, scheme: Scheme, ring: bool = False) -> AdaptingStencil:
    made = make_stencil("x", fit_spacing("x", x), scheme, ring, PERIOD if ring else None)
    assert isinstance(made, AdaptingStencil)
    return made


def mix(stencils: Any, values: Array, window: Any, axes: tuple[int, int] = (0, 1)) -> Any:
    """Return the mixed derivative in a window, from no more than the stencils' reach."""
    read = values
    for axis, one in zip(axes, stencils, strict=True):
        reach = one.reach(window[axis])
        read = np.take(read, np.arange(reach.start, reach.stop) % one.size, axis)
    out = read
    for axis, one in zip(axes, stencils, strict=True):
        rows = window[axis]
        shape = (*out.shape[:axis], rows.stop - rows.start, *out.shape[axis + 1 :])
        made = np.empty(shape, out.dtype)
        parts = range(2) if out.dtype.kind == "c" else (None,)
        for part in parts:
            given, target = out, made
            if part is not None:
                given, target = ((v.real, v.imag)[part] for v in (out, made))
            some = np.empty(shape, given.dtype)
            one.apply(np.ascontiguousarray(given), rows, axis, some)
            target[...] = some
        out = made
    steps = [MixedStep(a, s, window[a]) for a, s in zip(axes, stencils, strict=True)]
    return out, adapt_mixed(*steps, read, out)


# --- a reference -----------------------------------------------------------------------------


def window_of(good: list[bool], centre: int, row: int, one: Any) -> tuple[int, int] | None:
    """Return the window of a point by the points that are valid beside it."""
    scheme, size, ring, equal = one
    first, last = scheme.offsets(equal)
    if not ring and not (row + first >= 0 and row + last < size):
        lean = None if scheme.edges == "missing" else scheme.window(row, size - 1 - row)
        if lean is None:
            return None
        first, last = lean
    if all(good[centre + first : centre + last + 1]):
        return first, last
    left = next((k for k in range(centre) if not good[centre - k - 1]), centre)
    right = next((k for k in range(centre) if not good[centre + k + 1]), centre)
    return None if scheme.edges == "missing" else scheme.window(left, right)


def reference(values: Array, lines: Any, kinds: Any) -> tuple[Array, Array]:
    """Return the derivative at every point, and the magnitude of its rounding."""
    found, rounding = np.full((2, *values.shape), np.nan)
    wide = 12

    def at(index: int, axis: int, k: int) -> tuple[float, int] | None:
        _, size, ring, _ = kinds[axis]
        turns, inside = divmod(index + k, size)
        if turns and not ring:
            return None
        return lines[axis][inside] + turns * PERIOD, inside

    for i, j in np.ndindex(values.shape):
        if np.isnan(values[i, j]):
            continue
        span = range(-wide, wide + 1)
        ways = [at(i, 0, k) for k in span], [at(j, 1, k) for k in span]
        grid = np.full((len(span), len(span)), np.nan)
        for a, one in enumerate(ways[0]):
            for b, other in enumerate(ways[1]):
                if one and other:
                    grid[a, b] = values[one[1], other[1]]
        good = ~np.isnan(grid)
        results = {}
        for by in (0, 1):
            ours = good if by == 0 else good.T
            row, other_row = (i, j) if by == 0 else (j, i)
            w = window_of(list(ours[:, wide]), wide, row, kinds[by])
            if w is None:
                continue
            common = list(ours[wide + w[0] : wide + w[1] + 1].all(axis=0))
            v = window_of(common, wide, other_row, kinds[1 - by])
            if v is not None:
                results[(w, v) if by == 0 else (v, w)] = None
        sums = []
        for w, v in results:
            weights, numbers = [], grid
            for axis, (low, high) in enumerate((w, v)):
                nodes = np.array([ways[axis][wide + k][0] for k in range(low, high + 1)])
                weights.append(fornberg(nodes - ways[axis][wide][0], 1))
                numbers = numbers[wide + low : wide + high + 1].T
            sums.append(weights[0] @ numbers @ weights[1])
            size = np.abs(weights[0]) @ np.abs(numbers) @ np.abs(weights[1])
            rounding[i, j] = np.fmax(rounding[i, j], size)
        if sums:
            found[i, j] = np.mean(sums)
    return found, rounding


schemes = st.builds(
    Scheme,
    accuracy=st.sampled_from([2, 4, 6]),
    edge_order=st.integers(1, 5),
    side=st.sampled_from(["central", "central", "forward", "backward"]),
    edges=st.sampled_from(["one-sided", "one-sided", "one-sided", "missing"]),
    missing=st.just("adapt"),
)
seeds = st.integers(0, 2**32 - 1)
SHAPE = (17, 16)


class Case:
    """Two axes of any kind, and a field with gaps over them."""

    def __init__(self, seed: int, scheme: Scheme, even: bool, ring: bool, share: float) -> None:
        rng = np.random.default_rng(seed)
        self.lines = line(rng, SHAPE[0], even), line(rng, SHAPE[1], not even)
        self.stencils = stencil(self.lines[0], scheme, ring), stencil(self.lines[1], scheme)
        self.kinds = (
            (scheme, SHAPE[0], ring, even and not ring),
            (scheme, SHAPE[1], False, not even),
        )
        self.values = rng.normal(size=SHAPE)
        self.values[rng.random(SHAPE) < share] = np.nan


cases = st.builds(
    Case,
    seeds,
    schemes,
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.7]),
)
WHOLE = tuple(slice(0, size) for size in SHAPE)


def check_reference(case: Case) -> None:
    found, counts = mix(case.stencils, case.values, WHOLE)
    expected, rounding = reference(case.values, case.lines, case.kinds)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    close = np.isnan(expected) | (np.abs(found - expected) <= 1e-10 * (rounding + 1e-3))
    assert close.all()
    turned, others = mix(case.stencils[::-1], case.values, WHOLE, (1, 0))
    np.testing.assert_array_equal(np.isnan(turned), np.isnan(found))
    assert np.nanmax(np.abs(turned - found) / (rounding + 1e-3), initial=0) < 1e-10
    assert counts == others


@settings(max_examples=20, deadline=None)
@given(case=cases)
def test_every_point_gets_what_the_reference_gives_whatever_the_order_of_axes(case: Case) -> None:
    check_reference(case)


@pytest.mark.long
@settings(max_examples=2000, deadline=None)
@given(case=cases)
def test_every_point_gets_what_the_reference_gives_at_length(case: Case) -> None:
    check_reference(case)


def check_law_1(case: Case, kind: str, order: Any, axes: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    values = np.stack([case.values, case.values[::-1], 2 * case.values]).astype(kind)
    if kind == "c16":
        values.imag = np.where(rng.random(values.shape) < 0.05, np.nan, values[::-1].real)
    moved = np.moveaxis(values, (1, 2), axes)
    moved = np.array(moved, order=order)
    window = tuple(slice(0, size) for size in moved.shape)
    whole, counts = mix(case.stencils, moved, window, axes)
    given, lost = 0, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed, "TILE_BYTES", int(rng.choice([64, 1024, 2**14])))
        patch.setattr(mixed, "STRIP", int(rng.choice([1, 16, 256])))
        for row in range(0, SHAPE[0], 5):
            for column in range(0, SHAPE[1], 7):
                part = list(window)
                part[axes[0]] = slice(row, min(row + 5, SHAPE[0]))
                part[axes[1]] = slice(column, min(column + 7, SHAPE[1]))
                some, found = mix(case.stencils, moved, tuple(part), axes)
                assert some.tobytes() == whole[tuple(part)].tobytes()
                given, lost = given + found.adapted, lost + found.lost
    assert (given, lost) == counts


kinds = st.sampled_from(["f8", "f4", "c16"])
orders = st.sampled_from("CF")


@settings(max_examples=20, deadline=None)
@given(case=cases, kind=kinds, order=orders)
@pytest.mark.parametrize("axes", [(0, 1), (2, 0)])
def test_law_1_blocks_tiles_and_other_axes_do_not_change_a_bit(
    case: Case, kind: str, order: Any, axes: tuple[int, int]
) -> None:
    check_law_1(case, kind, order, axes)


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(case=cases, kind=kinds, order=orders)
@pytest.mark.parametrize("axes", [(0, 1), (2, 0)])
def test_law_1_at_length(case: Case, kind: str, order: Any, axes: tuple[int, int]) -> None:
    check_law_1(case, kind, order, axes)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, edge_order=st.integers(1, 4), accuracy=st.sampled_from([2, 4, 6]))
def test_law_3_polynomials_are_exact_beside_gaps(seed: int, edge_order: int, accuracy: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = line(rng, 20, False), line(rng, 20, True)
    degree = min(edge_order, accuracy)
    factors = [np.polynomial.Polynomial(rng.normal(size=degree + 1), [0, 40]) for _ in range(2)]
    values = factors[0](x)[:, None] * factors[1](y)
    values[rng.integers(7, 13), rng.integers(7, 13)] = np.nan
    scheme = Scheme(accuracy=accuracy, edge_order=edge_order, missing="adapt")
    found, counts = mix((stencil(x, scheme), stencil(y, scheme)), values, (slice(0, 20),) * 2)
    expected = factors[0].deriv()(x)[:, None] * factors[1].deriv()(y)
    gap = np.isnan(values)
    np.testing.assert_allclose(found[~gap], expected[~gap], rtol=1e-7, atol=1e-8)
    assert np.isnan(found[gap]).all()
    assert counts.adapted
    assert not counts.lost


def test_constants_give_exactly_zero() -> None:
    rng = np.random.default_rng(3)
    values = np.where(rng.random((30, 30)) < 0.2, np.nan, 1e5 / 3)
    scheme = Scheme(edge_order=2, missing="adapt")
    one = stencil(np.arange(30.0) / 7, scheme)
    found, _ = mix((one, one), values, (slice(0, 30),) * 2)
    assert (found[~np.isnan(found)] == 0).all()
    assert (~np.isnan(found)).sum() > 300


# --- whole runs ------------------------------------------------------------------------------


def hessian(folder: Path, values: Array, step: float = 1.0, **given: Any) -> xr.Dataset:
    y, x = (step * np.arange(float(size)) for size in values.shape)
    data = xr.Dataset({"f": (("y", "x"), values)}, coords={"y": y, "x": x})
    for name in "xy":
        if "metric" in given:
            data[name].attrs["units"] = {"x": "degrees_east", "y": "degrees_north"}[name]
    data.to_netcdf(folder / "f.nc", engine="netcdf4")
    given = {"operator": "hessian", "missing": "adapt", "overwrite": True} | given
    report = gradcli.differentiate(folder / "f.nc", folder / "out.nc", **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        return found.load()


@pytest.mark.parametrize("axis", ["x,y", "y,x"])
def test_a_hole_in_a_parabola_of_one_axis_leaves_no_twist(tmp_path: Path, axis: str) -> None:
    values = np.arange(12.0) ** 2 + np.zeros((11, 1))
    values[5, 6] = np.nan
    found = hessian(tmp_path, values, axis=axis)
    name = "d2f_d" + axis.replace(",", "d")
    expected = np.where(np.isnan(values), np.nan, 0.0)
    np.testing.assert_array_equal(found[name], expected)
    # Its eight neighbours lack one of the nine points.
    assert found[name].attrs["derivative_missing_adapted"] == 8
    assert found[name].attrs["derivative_missing_lost"] == 0


METRICS = {
    "none": None,
    "sphere": Earth(6371229.0),
    "wgs84": Earth(6378137.0, 0.0066943799901413165),
}


def exact(earth: Earth | None, x: Array, y: Array) -> tuple[Array, Array]:
    """Return a field and its mixed derivative, by longitude and latitude in radians."""
    values = np.sin(3 * x + 0.3) * np.cos(2 * y) + np.sin(9 * x * y)
    fx = 3 * np.cos(3 * x + 0.3) * np.cos(2 * y) + 9 * y * np.cos(9 * x * y)
    fxy = -6 * np.cos(3 * x + 0.3) * np.sin(2 * y)
    fxy += 9 * np.cos(9 * x * y) - 81 * x * y * np.sin(9 * x * y)
    if earth is None:
        return values, fxy * (np.pi / 180) ** 2
    p, m, dp = earth.parallel(y), earth.meridian(y), earth.parallel_change(y)
    return values, fxy / (p * m) - dp * fx / (p**2 * m)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("accuracy", [2, 4])
def test_errors_beside_gaps_fall_as_the_order_says(
    tmp_path: Path, metric: str, accuracy: int
) -> None:
    errors = []
    for count in (60, 120):
        step = 20 / count
        angles = np.radians(step * np.arange(count + 1))
        values, truth = exact(METRICS[metric], angles, angles[:, None])
        for row, column in ((8, 8), (8, 10), (9, 5), (13, 4), (12, 14)):
            row, column = (place * count // 20 for place in (row, column))
            values[row - 1 : row + 2, column : column + 2] = np.nan
            values[row + 1, column + 2] = np.nan
        given = {"metric": metric, "accuracy": accuracy, "step": step}
        one = hessian(tmp_path, values, axis="x,y", **given)["d2f_dxdy"]
        other = hessian(tmp_path, values, axis="y,x", **given)["d2f_dydx"]
        scale = np.abs(truth).max()
        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-9 * scale)
        np.testing.assert_array_equal(np.isnan(one), np.isnan(values))
        errors.append(np.nanmax(np.abs(one - truth)) / scale)
    assert np.log2(errors[0] / errors[1]) > accuracy - 0.4
