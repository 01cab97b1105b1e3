"""Masked arrays, matrices, times and what else gradient() takes: results are of the same kind."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli import differentiate, gradient
from gradcli.errors import InputError, KindError, UsageError

HOLE = np.ma.masked_array([1, 2, 999, 7, 11], [0, 0, 1, 0, 0])
AROUND = [False, True, True, True, False]


def check_masked(found: object, valid: list, mask: list) -> None:
    assert type(found) is np.ma.MaskedArray
    assert np.ma.getmaskarray(found).tolist() == mask
    assert found.compressed().tolist() == valid
    assert np.isnan(found.data[found.mask]).all()  # no number stands under the mask


@pytest.mark.parametrize("dtype", ["i8", "u2", "i1", "f2", "f4", "f8", ">f8", "c8", "c16", "O"])
def test_a_mask_is_part_of_the_value(dtype: str) -> None:
    values = HOLE.astype("i8" if dtype == "O" else "f8")
    values.data[2] = 99
    check_masked(gradient(values.astype(dtype)), [1, 4], AROUND)


def test_the_mask_of_the_argument_is_left_alone() -> None:
    for mask, last in ((np.ma.nomask, 4), ([0, 0, 0], 4), ([0, 0, 1], None)):
        values = np.ma.array([1.0, 2.0, 4.0], mask=mask)
        found = gradient(values, edge_order=2)
        found.mask = True
        found.data[:] = 7
        assert values.tolist() == [1, 2, last]
        assert (values.mask is np.ma.nomask) == (mask is np.ma.nomask)


def test_hard_masks_and_fill_values_are_kept() -> None:
    hard = gradient(np.ma.array([1, 2, 4], mask=[0, 0, 1], hard_mask=True, fill_value=-9))
    assert hard.hardmask
    assert hard.fill_value == -9
    fresh = np.ma.array([1, 2, 4], mask=[0, 0, 1])
    assert gradient(fresh).fill_value == np.gradient(fresh).fill_value == 1e20


def test_masks_along_several_axes() -> None:
    values = np.ma.array(np.arange(20.0).reshape(4, 5) ** 2)
    values[1, 2] = np.ma.masked
    down, across = gradient(values)
    assert np.argwhere(down.mask).tolist() == [[0, 2], [1, 2], [2, 2]]
    assert np.argwhere(across.mask).tolist() == [[1, 1], [1, 2], [1, 3]]


def test_lists_of_masked_arrays_keep_their_masks() -> None:
    check_masked(gradient([HOLE, HOLE], axis=1), [1, 4, 1, 4], [AROUND] * 2)
    check_masked(gradient([1, 2, np.ma.masked, 7, 11]), [1, 4], AROUND)


def test_a_masked_coordinate_is_refused_by_name() -> None:
    masked = np.ma.array([0.0, 1.0, 3.0], mask=[0, 1, 0])
    with pytest.raises(InputError, match=r"axis 1: the coordinate at index 1 is missing \(masked"):
        gradient(np.zeros((2, 3)), 1.0, masked)
    with pytest.raises(UsageError, match=r"axis 0: the step is missing \(masked\)"):
        gradient(np.zeros(3), np.ma.masked)
    whole = np.ma.array([0.0, 1.0, 3.0])
    assert type(gradient([0.0, 1.0, 9.0], whole)) is np.ndarray
    assert gradient([0.0, 1.0, 9.0], whole, edge_order=2).tolist() == [0, 2, 6]


def test_a_variable_of_netcdf4_is_masked(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as data:
        data.createDimension("x", 5)
        data.createVariable("f", "i2", ("x",), fill_value=-9)[:] = HOLE
        check_masked(gradient(data["f"]), [1, 4], AROUND)
        check_masked(gradient(data["f"][:]), [1, 4], AROUND)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_gives_matrices() -> None:
    values = np.matrix([[1, 2, 4], [3, 5, 9]])
    for ours, theirs in zip(gradient(values), np.gradient(values), strict=True):
        assert type(ours) is type(theirs) is np.matrix
        assert ours.tolist() == theirs.tolist()
    assert gradient(values, [0, 1, 3], axis=1).tolist() == [[1, 1, 1], [2, 2, 2]]


def test_subclasses_that_numpy_knows(tmp_path: Path) -> None:
    assert type(gradient(np.arange(3.0).view(np.recarray))) is np.recarray
    np.save(tmp_path / "f.npy", np.arange(3.0))
    assert type(gradient(np.load(tmp_path / "f.npy", mmap_mode="r"))) is np.ndarray


def test_series_tables_and_labelled_arrays_give_plain_arrays() -> None:
    values = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]])
    for container in (pd.DataFrame(values), xr.DataArray(values), values.tolist()):
        for ours, theirs in zip(gradient(container), np.gradient(values), strict=True):
            assert type(ours) is np.ndarray
            assert ours.tolist() == theirs.tolist()
    index = pd.Index([0.0, 1.0, 3.0])
    assert gradient(pd.Series([0, 1, 9]), index, edge_order=2).tolist() == [0, 2, 6]
    holes = gradient(pd.Series([1, None, 4, 6, 8], dtype="Int64"))
    np.testing.assert_array_equal(holes, [np.nan] * 3 + [2, 2])


def test_lazy_arrays_of_dask_are_computed() -> None:
    lazy = pytest.importorskip("dask.array")
    found = gradient(lazy.from_array(np.arange(6.0) ** 2, chunks=3), edge_order=2)
    assert type(found) is np.ndarray
    assert found.tolist() == [0, 2, 4, 6, 8, 10]
    check_masked(gradient(lazy.from_array(HOLE, chunks=2)), [1, 4], AROUND)
    assert gradient([0.0, 1.0, 9.0], lazy.from_array([0.0, 1.0, 3.0])).tolist() == [1, 2, 4]


def test_numbers_of_python_are_numbers() -> None:
    assert gradient([Fraction(1, 2), Fraction(3, 4), 2]).tolist() == [0.25, 0.75, 1.25]
    assert gradient(np.array([1, 2j], object)).tolist() == [-1 + 2j] * 2
    assert gradient([0, 2**70]).tolist() == [2.0**70] * 2
    assert gradient([Decimal(1), Decimal(3)], Fraction(1, 2)).tolist() == [4, 4]


@pytest.mark.parametrize(
    ("values", "steps", "words"),
    [
        (np.array([1, "2", 3], object), (), "one is of type str"),
        (np.array([1, None, 3], object), (), "one is of type NoneType"),
        ([1, 10**400], (), "do not fit double precision"),
        ([[HOLE, HOLE], [HOLE]], (), "values that cannot be made an array"),
        ({1, 2}, (), "one is of type set"),
        ([1.0, 2.0], (10**400,), "coordinates that do not fit double"),
        ([1.0, 2.0], (["a", "b"],), "coordinates of type <U1 are not real numbers"),
        ([1.0, 2.0], (1j,), "coordinates of type complex128 are not real numbers"),
    ],
)
def test_other_objects_are_refused(values: object, steps: tuple, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        gradient(values, *steps)


DATES = np.array(["2000-01-01", "2000-01-03", "NaT", "2000-01-09", "2000-01-12"], "M8[D]")


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "s", "ms", "us", "ns", "25s", "generic"])
@pytest.mark.parametrize("kind", ["m8", "M8"])
def test_times_are_differentiated_exactly_as_by_numpy(kind: str, unit: str) -> None:
    counts = np.cumsum(np.random.default_rng(0).integers(-(2**40), 2**45, 30))
    times = counts.view(kind if unit == "generic" else f"{kind}[{unit}]")
    if kind == "M8" and unit == "generic":
        return
    for keywords in ({}, {"edge_order": 2}):
        for steps in ((), (4,)):
            ours = gradient(times, *steps, **keywords)
            theirs = np.gradient(times, *steps, **keywords)
            assert ours.dtype == theirs.dtype
            inside = slice(1, -1) if keywords else slice(None)  # numpy cuts three times at an edge
            assert (ours == theirs)[inside].all()


def test_missing_times_stay_missing() -> None:
    found = gradient(DATES)
    assert np.isnat(found).tolist() == AROUND
    assert found.compress(~np.isnat(found)).tolist() == [np.timedelta64(d, "D") for d in (2, 3)]
    masked = gradient(np.ma.array(np.nan_to_num(DATES), mask=np.isnat(DATES)))
    assert np.ma.getmaskarray(masked).tolist() == AROUND
    assert masked.dtype == np.dtype("m8[D]")


def test_uneven_times_are_not_cut_below_whole_units() -> None:
    x = np.cumsum(np.random.default_rng(0).integers(1, 5, 2000))
    times = (x * 3600000000001).view("M8[ns]")
    assert np.unique(gradient(times, x)).tolist() == [3600000000001]
    with pytest.raises(InputError, match="exceed what a timedelta64 can hold"):
        gradient(np.array([1 - 2**63, 2**63 - 1], "M8[s]"))


def test_times_along_times_are_refused() -> None:
    for steps in (DATES[[0, 1, 3]], np.timedelta64(1, "D")):
        with pytest.raises(KindError, match=r"datetime64\[D\] can be differentiated along plain"):
            gradient(DATES[[0, 1, 3]], steps)


@pytest.mark.parametrize("kind", ["M8[D]", "M8[ns]", "m8[s]"])
def test_a_missing_date_is_missing_and_no_change_of_direction(kind: str) -> None:
    dates = np.array([0, 0, 2, 3]).astype(kind)
    dates[1] = "NaT"
    with pytest.raises(InputError, match=r"axis 0: the coordinate at index 1 is missing \(NaT\)"):
        gradient(np.zeros(4), dates)
    with pytest.raises(UsageError, match=r"axis 0: the step is missing \(NaT\)"):
        gradient(np.zeros(4), dates[1])


def test_a_step_in_time_is_in_seconds() -> None:
    for step in (
        np.timedelta64(2, "m"),
        np.timedelta64(120, "s"),
        np.timedelta64(12 * 10**10, "ns"),
    ):
        assert gradient([0.0, 240.0], step).tolist() == [2, 2]
    with pytest.raises(KindError, match="a step of 2000 is a date"):
        gradient([0.0, 1.0], np.datetime64("2000"))
    with pytest.raises(InputError, match="no fixed length in seconds"):
        gradient([0.0, 1.0], np.timedelta64(1, "M"))


def masked_as_in_a_file(path: Path, values: np.ma.MaskedArray, axis: int, scheme: dict) -> None:
    """Check that a masked array gives what the same values give from a file."""
    names = [f"d{index}" for index in range(values.ndim)]
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as data:
        for name, size in zip(names, values.shape, strict=True):
            data.createDimension(name, size)
        data.createVariable("f", values.dtype, names, fill_value=99)[:] = values
    report = differentiate(path, axis=names[axis], overwrite=True, jobs=1, **scheme)
    ours = gradient(values, axis=axis, **scheme)
    with netCDF4.Dataset(report.outputs[0]) as data:
        data.set_always_mask(True)
        (theirs,) = (v[:] for name, v in data.variables.items() if name.startswith(("df_", "d2f_")))
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs))
    np.testing.assert_array_equal(ours.compressed(), theirs.compressed())


@st.composite
def masked_arrays(draw: st.DrawFn) -> np.ma.MaskedArray:
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    shape[draw(st.integers(0, len(shape) - 1))] = draw(st.integers(5, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = rng.integers(-50, 50, shape).astype(draw(st.sampled_from(["i1", "i4", "f4", "f8"])))
    return np.ma.array(values, mask=rng.random(shape) < draw(st.sampled_from([0, 0.1, 0.5])))


SCHEMES = st.sampled_from(
    [{}, {"edge_order": 2}, {"order": 2, "edge_order": 2}, {"accuracy": 4, "edge_order": 4}]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("masked")


@settings(max_examples=12, deadline=None)
@given(masked_arrays(), SCHEMES)
def test_masked_arrays_give_what_files_give(folder: Path, values, scheme: dict) -> None:
    masked_as_in_a_file(folder / "f.nc", values, int(np.argmax(values.shape)), scheme)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(masked_arrays(), SCHEMES)
def test_many_masked_arrays_give_what_files_give(folder: Path, values, scheme: dict) -> None:
    masked_as_in_a_file(folder / "f.nc", values, int(np.argmax(values.shape)), scheme)
