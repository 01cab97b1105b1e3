"""Points next to gaps: against a reference that goes point by point, and the laws."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import UsageError
from gradcli.numerics import adapt
from gradcli.numerics.assemble import make_stencil
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.stencils import Stencil
from gradcli.numerics.weights import fornberg
from gradcli.plan.schedule import RESERVE
from gradcli.record import replace
from tests.long import long
from tests.memory import peak_of

PERIOD = 60.0


def adapting(**given) -> Scheme:
    return Scheme(**given, missing="adapt")


def apply(stencil: Stencil, values: np.ndarray, rows: slice, axis: int = 0):
    """Return the derivative at some rows and the counts, from no more than the rows' reach."""
    reach = stencil.reach(rows)
    assert reach.stop - reach.start <= rows.stop - rows.start + stencil.halo()
    read = np.take(values, np.arange(reach.start, reach.stop) % stencil.size, axis)
    out = np.empty([*values.shape[:axis], rows.stop - rows.start, *values.shape[axis + 1 :]])
    stencil.apply(read, rows, axis, out)
    return out, stencil.adapt(read, rows, axis, out)


def line(values: np.ndarray, spacing: Spacing, scheme: Scheme, ring: bool = False):
    stencil = make_stencil("x", spacing, scheme, ring, PERIOD if ring else None)
    return apply(stencil, values, slice(0, len(values)))


# --- a reference -----------------------------------------------------------------------------


def reference(values: np.ndarray, x: np.ndarray, scheme: Scheme, ring: bool, equal: bool):
    """Return the derivative of a line, its magnitude of rounding, and the counts."""
    size = len(values)
    found, rounding = np.full(size, np.nan), np.zeros(size)
    adapted = lost = 0

    def at(row: int) -> tuple[float, float]:
        """Return the coordinate and the value of a row, which may lie beyond the axis."""
        if not ring and not 0 <= row < size:
            return np.nan, np.nan
        turns, inside = divmod(row, size)
        return x[inside] + turns * PERIOD, values[inside]

    for row in range(size):
        if np.isnan(values[row]):
            continue
        first, last = scheme.offsets(equal)
        if not ring and not (row + first >= 0 and row + last < size):
            span = None if scheme.edges == "missing" else lean(row, size - 1 - row, scheme)
            if span is None:
                continue
            first, last = span
        if any(np.isnan(at(row + k)[1]) for k in range(first, last + 1)):
            left, right = (run_length(at, row, side, size) for side in (-1, 1))
            span = None if scheme.edges == "missing" else lean(left, right, scheme)
            if span is None:
                lost += 1
                continue
            adapted += 1
            first, last = span
        points = [at(row + k) for k in range(first, last + 1)]
        nodes, numbers = np.array(points).T
        weights = fornberg(nodes - x[row], scheme.order)
        found[row] = weights @ (numbers - values[row])
        rounding[row] = np.abs(weights) @ np.abs(numbers)
    return found, rounding, (adapted, lost)


def run_length(at, row: int, side: int, most: int) -> int:
    count = 0
    while count < most and not np.isnan(at(row + side * (count + 1))[1]):
        count += 1
    return count


def lean(left: int, right: int, scheme: Scheme) -> tuple[int, int] | None:
    """Return the best window by trying all: near to the side, or to the centre."""
    width = min(scheme.order + scheme.edge_order, left + right + 1)
    if width < scheme.order + 1:
        return None
    if scheme.side == "central" and left == right and width % 2 == 0:
        width += 1
    spans = [(k, k + width - 1) for k in range(-left, right - width + 2) if k <= 0 <= k + width - 1]
    if scheme.side == "forward":
        return max(spans)
    if scheme.side == "backward":
        return min(spans)
    # The nearest to the centre; of two the one that leans to where there are more points.
    inwards = 1 if right >= left else -1
    return min(spans, key=lambda span: (abs(sum(span)), -inwards * sum(span)))


schemes = st.builds(
    adapting,
    order=st.integers(1, 4),
    accuracy=st.sampled_from([2, 4, 6]),
    edge_order=st.integers(1, 5),
    side=st.sampled_from(["central", "forward", "backward"]),
    edges=st.sampled_from(["one-sided", "one-sided", "missing"]),
)
seeds = st.integers(0, 2**32 - 1)


def axis_of(rng: np.random.Generator, size: int, even: bool) -> np.ndarray:
    return np.arange(float(size)) if even else np.cumsum(rng.uniform(0.5, 2, size))


def holed(rng: np.random.Generator, shape, share: float, dtype: str = "f8") -> np.ndarray:
    values = rng.normal(size=shape).astype(dtype)
    values[rng.random(shape) < share] = np.nan
    return values


@settings(max_examples=300, deadline=None)
@given(
    scheme=schemes,
    even=st.booleans(),
    ring=st.booleans(),
    share=st.sampled_from([0.0, 0.1, 0.3, 0.7]),
    seed=seeds,
)
def test_every_point_gets_what_the_reference_gives(
    scheme: Scheme, even: bool, ring: bool, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = axis_of(rng, 24, even)
    values = holed(rng, 24, share)
    found, counts = line(values, fit_spacing("x", x), scheme, ring)
    # The seam makes the ring uneven.
    expected, rounding, expected_counts = reference(values, x, scheme, ring, even and not ring)
    assert tuple(counts) == expected_counts
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    close = np.isnan(expected) | (np.abs(found - expected) <= 1e-11 * rounding)
    assert close.all()


@settings(max_examples=100, deadline=None)
@given(scheme=schemes, even=st.booleans(), share=st.sampled_from([0.1, 0.5]), seed=seeds)
def test_points_that_lack_nothing_keep_the_bytes_of_propagate(
    scheme: Scheme, even: bool, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    spacing = fit_spacing("x", axis_of(rng, 30, even))
    values = holed(rng, 30, share)
    found, counts = line(values, spacing, scheme)
    plain = np.empty(30)
    make_stencil("x", spacing, replace(scheme, missing="propagate")).apply(
        values, slice(0, 30), 0, plain
    )
    kept = ~np.isnan(plain)
    assert found[kept].tobytes() == plain[kept].tobytes()
    assert np.count_nonzero(np.isnan(plain) & ~np.isnan(found)) == counts.adapted
    assert np.isnan(found[np.isnan(values)]).all()


# --- figures and laws ------------------------------------------------------------------------


@pytest.mark.parametrize(("edge_order", "beside"), [(1, [5, 11]), (2, [6, 10])])
def test_a_hole_in_a_parabola_loses_itself_alone(edge_order: int, beside: list[float]) -> None:
    values = np.arange(10.0) ** 2
    values[4] = np.nan
    found, counts = line(values, index_spacing(10), adapting(edge_order=edge_order))
    assert np.flatnonzero(np.isnan(found)).tolist() == [4]
    assert found[[3, 5]].tolist() == beside
    assert counts == (2, 0)


def test_a_run_that_is_too_short_is_lost_and_one_that_is_just_enough_is_not() -> None:
    values = np.array([0.0, 1, np.nan, 9, np.nan, 25, 36, 49, np.nan, 81, 100, 121])
    found, counts = line(values, index_spacing(12), adapting(order=2, accuracy=2, edge_order=2))
    assert np.isnan(found[[0, 1, 2, 3, 4, 8]]).all()
    np.testing.assert_allclose(found[[5, 6, 7, 9, 10, 11]], 2)
    # Row 11 is an end whose four points would reach over the gap: it gets the three of its run.
    assert counts == (4, 3)


@settings(max_examples=80, deadline=None)
@given(
    order=st.integers(1, 3),
    edge_order=st.integers(1, 4),
    even=st.booleans(),
    ring=st.booleans(),
    seed=seeds,
)
def test_law_3_polynomials_of_the_edge_order_are_exact_beside_gaps(
    order: int, edge_order: int, even: bool, ring: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = axis_of(rng, 40, even)
    polynomial = np.polynomial.Polynomial(rng.normal(size=order + edge_order), [0, 80])
    values = polynomial(x)
    gaps = np.r_[0 if ring else 5, 9 + 2 * edge_order : 12 + 2 * edge_order, 39 if ring else 30]
    values[gaps] = np.nan
    scheme = adapting(order=order, accuracy=6, edge_order=edge_order)
    found, counts = line(values, fit_spacing("x", x), scheme, ring)
    runs = np.split(np.arange(40), gaps)
    short = [row for run in runs for row in run if not order + edge_order < len(run)]
    np.testing.assert_allclose(
        np.delete(found, [*gaps, *short]),
        np.delete(polynomial.deriv(order)(x), [*gaps, *short]),
        rtol=1e-7,
        atol=1e-7,
    )
    assert counts.adapted


@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(-1e30, 1e30), scheme=schemes, even=st.booleans(), ring=st.booleans(), seed=seeds
)
def test_law_5_constants_give_exactly_zero(
    value: float, scheme: Scheme, even: bool, ring: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(30) < 0.3, np.nan, value)
    found, _ = line(values, fit_spacing("x", axis_of(rng, 30, even)), scheme, ring)
    assert (found[~np.isnan(found)] == 0).all()


@settings(max_examples=100, deadline=None)
@given(scheme=schemes, even=st.booleans(), size=st.integers(11, 21), seed=seeds)
def test_a_reversed_axis_gives_the_values_reversed(
    scheme: Scheme, even: bool, size: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, values = axis_of(rng, size, even), holed(rng, size, 0.3)
    mirrored = {"forward": "backward", "backward": "forward"}.get(scheme.side, "central")
    one, counts = line(values, fit_spacing("x", x), scheme)
    turned, others = line(values[::-1], fit_spacing("x", x[::-1]), replace(scheme, side=mirrored))
    np.testing.assert_allclose(turned[::-1], one, rtol=1e-9, atol=1e-9 * 40**scheme.order)
    assert counts == others


@pytest.mark.parametrize(("accuracy", "edge_order"), [(4, 1), (8, 5), (8, 3)])
def test_the_middle_of_a_short_run_or_axis_does_not_lean(accuracy: int, edge_order: int) -> None:
    scheme = adapting(accuracy=accuracy, edge_order=edge_order)
    for size in (accuracy - 1, accuracy + 1):
        run = np.random.default_rng(size).normal(size=size)
        for values in (run, np.r_[1.0:9.0, np.nan, run, np.nan, 1.0:9.0]):
            if size > edge_order or len(values) > size:
                one, _ = line(values, index_spacing(len(values)), scheme)
                other, _ = line(values[::-1], index_spacing(len(values)), scheme)
                np.testing.assert_allclose(other, -one[::-1], rtol=1e-12, atol=1e-12)


@settings(max_examples=120, deadline=None)
@given(
    scheme=schemes,
    even=st.booleans(),
    ring=st.booleans(),
    axis=st.integers(0, 2),
    block=st.integers(1, 20),
    tile=st.sampled_from([64, 1024, 2**18]),
    seed=seeds,
)
def test_law_1_blocks_and_tiles_do_not_change_a_bit(
    scheme: Scheme, even: bool, ring: bool, axis: int, block: int, tile: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = [3, 3, 3]
    shape[axis] = 20
    values = holed(rng, shape, rng.choice([0.02, 0.3]))
    x = axis_of(rng, 20, even)
    stencil = make_stencil("x", fit_spacing("x", x), scheme, ring, PERIOD if ring else None)
    whole, counts = apply(stencil, values, slice(0, 20), axis)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapt, "TILE_BYTES", tile)
        patch.setattr(adapt, "STRIP", max(1, tile // 64))
        # Weights point by point, not from tables.
        stencil = replace(stencil, weights=replace(stencil.weights, kept=0, tables={}))
        rows = [slice(i, min(i + block, 20)) for i in range(0, 20, block)]
        parts = [apply(stencil, values, part, axis) for part in rows]
    assert np.concatenate([out for out, _ in parts], axis).tobytes() == whole.tobytes()
    assert tuple(np.sum([part for _, part in parts], axis=0)) == counts
    for index in np.ndindex(3, 3):
        at = (*index[:axis], slice(None), *index[axis:])
        assert apply(stencil, values[at], slice(0, 20))[0].tobytes() == whole[at].tobytes()


# --- whole runs ------------------------------------------------------------------------------

KINDS = [
    "NETCDF4",
    "NETCDF4_CLASSIC",
    "NETCDF3_CLASSIC",
    "NETCDF3_64BIT_OFFSET",
    "NETCDF3_64BIT_DATA",
]
SHAPE = (7, 60, 45)


def holes() -> np.ndarray:
    return holed(np.random.default_rng(9), SHAPE, 0.3, "f4")


def write_netcdf(path: Path, kind: str, unlimited: bool) -> None:
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, size in zip("tyx", SHAPE, strict=True):
            file.createDimension(name, None if unlimited and name == "t" else size)
            coordinate = np.cumsum(1 + 0.5 * np.sin(np.arange(size)))
            file.createVariable(name, "f8", (name,))[:] = coordinate
        chunks = {} if "3" in kind else {"chunksizes": (1, 20, 45), "zlib": True}
        var = file.createVariable("f", "f4", ("t", "y", "x"), fill_value=-9.0, **chunks)
        var[:] = np.ma.masked_invalid(holes())


@cache
def expected_of(name: str) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the derivative along an axis and its counts, line by line."""
    axis = "tyx".index(name)
    values = np.moveaxis(holes(), axis, -1).astype("f8")
    x = np.cumsum(1 + 0.5 * np.sin(np.arange(SHAPE[axis])))
    found, counts = np.empty(values.shape), np.zeros(2, int)
    for index in np.ndindex(values.shape[:-1]):
        found[index], _, some = reference(values[index], x, adapting(), False, False)
        counts += some
    return np.moveaxis(found, -1, axis), tuple(counts.tolist())


@pytest.mark.parametrize("unlimited", [long(False), True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_netcdf_result_says_how_many_points_were_adapted(
    tmp_path: Path, kind: str, unlimited: bool
) -> None:
    write_netcdf(tmp_path / "f.nc", kind, unlimited)
    report = gradcli.differentiate(tmp_path / "f.nc", missing="adapt", memory=RESERVE + 200_000)
    assert report.blocks > 1
    described = {axis["axis"]: axis for axis in report.variables[0]["axes"]}
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert file.data_model == kind
        for name in "tyx":
            expected, (adapted, lost) = expected_of(name)
            result = file[f"df_d{name}"]
            found = np.ma.filled(result[:].astype("f8"), np.nan)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
            assert result.derivative_missing == "adapt"
            assert result.derivative_missing_adapted == adapted == described[name]["adapted"]
            assert result.derivative_missing_lost == lost == described[name]["lost"]
            assert (
                f"df_d{name}: {lost} points are missing for want of valid neighbours"
                in report.notes
            )


def test_an_hdf5_result_says_so_too(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["f"] = np.array([0.0, 1, np.nan, 9, np.nan, 25])
    report = gradcli.differentiate(tmp_path / "f.h5", missing="adapt")
    with h5py.File(report.outputs[0]) as file:
        result = file["df_d0"]
        assert result.attrs["derivative_missing_adapted"] == 1
        assert result.attrs["derivative_missing_lost"] == 2
    assert "df_d0: 2 points are missing for want of valid neighbours" in report.notes


@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_nothing_is_said_where_nothing_is_missing(tmp_path: Path, missing: str) -> None:
    np.save(tmp_path / "f.npy", np.arange(9.0))
    report = gradcli.differentiate(tmp_path / "f.npy", missing=missing, spacing=1)
    (axis,) = report.variables[0]["axes"]
    counted = None if missing == "propagate" else 0
    assert axis["missing"] == missing
    assert axis["adapted"] == axis["lost"] == counted
    assert report.notes == []


ALSO = [
    long(order, dtype)
    for order in "CF"
    for dtype in ("f4", "f8", "c8", "c16")
    if (order, dtype) not in (("C", "f4"), ("F", "c16"))
]


@pytest.mark.parametrize(("order", "dtype"), [("C", "f4"), ("F", "c16"), *ALSO])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accuracy": 6, "edge_order": 3},
        {"periodic": {"0": 200.0, "1": 200.0}, "order": 2},
        {"operator": "hessian"},
    ],
    ids=["plain", "accuracy", "periodic", "mixed"],
)
def test_law_1_same_bytes_for_every_limit_and_number_of_jobs(
    tmp_path: Path, dtype: str, order: str, options: dict
) -> None:
    rng = np.random.default_rng(3)
    values = holed(rng, (60, 45), 0.2, dtype)
    if dtype[0] == "c":
        values.imag = holed(rng, (60, 45), 0.1)
    np.save(tmp_path / "f.npy", np.asarray(values, order=order))
    np.save(tmp_path / "y.npy", np.cumsum(rng.uniform(0.5, 2, 60)))
    coords = {"0": str(tmp_path / "y.npy")}
    found, counts, blocks = set(), set(), set()
    for memory in (RESERVE + 70_000, 64 * 2**20):
        for jobs in (1, 3):
            report = gradcli.differentiate(
                tmp_path / "f.npy",
                missing="adapt",
                coords=coords,
                memory=memory,
                jobs=jobs,
                overwrite=True,
                **options,
            )
            found.add(tuple(Path(path).read_bytes() for path in report.outputs))
            counts.add(tuple((a["adapted"], a["lost"]) for a in report.variables[0]["axes"]))
            blocks.add(report.blocks)
    assert len(found) == len(counts) == 1
    assert len(blocks) > 1


def test_a_complex_point_is_missing_where_either_part_is() -> None:
    values = np.arange(8.0) ** 2 * (1 + 2j)
    values[2], values[5] = complex(np.nan, 3), complex(3, np.nan)
    stencil = make_stencil("x", index_spacing(8), adapting(edge_order=2))
    out = np.empty(8, complex)
    rows = slice(0, 8)
    pairs = values.view("f8").reshape(8, 2)
    stencil.apply(pairs, rows, 0, out.view("f8").reshape(8, 2))
    counts = stencil.adapt(values, rows, 0, out)
    missing = np.isnan(out.real) & np.isnan(out.imag)
    assert np.flatnonzero(missing).tolist() == [2, 5]
    # Two points make a run of order one; the others have three.
    found = np.array([1, 1, 7, 7, 13, 13]) * (1 + 2j)
    np.testing.assert_allclose(out[~missing], found)
    assert counts == (6, 0)


def test_a_word_that_is_neither_is_refused() -> None:
    with pytest.raises(UsageError, match="propagate, adapt"):
        gradcli.differentiate("f.npy", missing="fill")


@pytest.mark.parametrize("options", [long(("--axis", "0")), ("--axis", "2", "--accuracy", "8")])
def test_law_7_peak_memory_stays_under_the_limit(tmp_path: Path, options: tuple[str, ...]) -> None:
    limit = 48 * 2**20
    rng = np.random.default_rng(6)
    slab = holed(rng, (512, 256), 0.3, "f4")
    np.save(tmp_path / "f.npy", np.broadcast_to(slab, (150, 512, 256)))
    np.save(tmp_path / "x.npy", np.cumsum(rng.uniform(0.5, 2, 256)))
    coords = ("--coords", f"2={tmp_path / 'x.npy'}")
    memory = ("--memory", str(limit), "--missing", "adapt")
    assert peak_of(str(tmp_path / "f.npy"), *options, *coords, *memory) < limit + 100 * 2**20
