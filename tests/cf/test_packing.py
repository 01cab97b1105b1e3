"""Missing, valid and packed numbers by the CF conventions, against xarray's decoding."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradcli.cf.packing import decoding, filled, refuse_many_factors, result_fill
from gradcli.errors import InputError

INTEGERS = ["i1", "i2", "i4", "u1", "u2"]
SCALES = [0.01, 0.5, 1.0, 3.0, -2.0]
OFFSETS = [0.0, 273.15, -1e5]


def by_xarray(stored: np.ndarray, words: dict) -> np.ndarray:
    raw = xr.Dataset({"f": ("n", stored, words)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two numbers for missing; both are
        return xr.decode_cf(raw, decode_times=False)["f"].values


@st.composite
def packed(draw: st.DrawFn) -> tuple[np.ndarray, dict]:
    dtype = np.dtype(draw(st.sampled_from([*INTEGERS, "f4", "f8"])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low = 0 if dtype.kind == "u" else -100
    stored = rng.integers(low, 100, 50).astype(dtype)
    words: dict = {}
    kind = draw(st.sampled_from([np.float32, np.float64]))
    if draw(st.booleans()):
        words["scale_factor"] = kind(draw(st.sampled_from(SCALES)))
    if draw(st.booleans()):
        words["add_offset"] = kind(draw(st.sampled_from(OFFSETS)))
    if draw(st.booleans()):
        words["_FillValue"] = stored[0]
    if draw(st.booleans()):
        words["missing_value"] = stored[1]
    # xarray compares unsigned numbers of 32 bits with their fill value in float32.
    if dtype.kind in "iu" and dtype.itemsize < 4 and draw(st.booleans()):
        words["_Unsigned"] = "true" if dtype.kind == "i" else "false"
    return stored, words


@settings(max_examples=300, deadline=None)
@given(case=packed(), byte_order=st.sampled_from("<>"))
def test_decoding_is_that_of_xarray(case: tuple[np.ndarray, dict], byte_order: str) -> None:
    stored, words = case
    # xarray reads bits as unsigned and compares a signed missing_value with them as it stands.
    assume(not ("_Unsigned" in words and "missing_value" in words))
    expected = by_xarray(stored, words)
    rule = decoding(stored.dtype, words)
    found = rule.decode(stored.astype(stored.dtype.newbyteorder(byte_order)))
    assert found.dtype == rule.dtype
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected.astype("f8")))
    # xarray unpacks small integers in float32.
    size = 2 * abs(float(words.get("add_offset", 0))) + np.nanmax(np.abs(found), initial=0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=size * 2.0**-22)


@settings(max_examples=100, deadline=None)
@given(case=packed())
def test_what_may_not_be_written_is_decoded_alike(case: tuple[np.ndarray, dict]) -> None:
    stored, words = case
    before = stored.copy()
    stored.flags.writeable = False
    rule = decoding(stored.dtype, words)
    found = rule.decode(stored)
    np.testing.assert_array_equal(stored, before)
    np.testing.assert_array_equal(found, rule.decode(before))


@pytest.mark.parametrize(
    ("dtype", "words", "result"),
    [
        ("i2", {}, "f8"),
        ("i2", {"scale_factor": np.float32(0.1)}, "f4"),
        ("u1", {"scale_factor": np.float32(0.1), "add_offset": np.float32(1)}, "f4"),
        ("i2", {"scale_factor": np.float64(0.1)}, "f8"),
        ("i2", {"scale_factor": np.float32(0.1), "add_offset": np.float64(1)}, "f8"),
        ("i4", {"scale_factor": np.float32(0.1)}, "f8"),
        ("f4", {}, "f4"),
        ("f4", {"scale_factor": np.float64(0.1)}, "f4"),
        ("f8", {"scale_factor": np.float32(0.1)}, "f8"),
        ("f2", {}, "f4"),
    ],
)
def test_the_type_of_results_follows_the_packing(dtype: str, words: dict, result: str) -> None:
    rule = decoding(np.dtype(dtype), words)
    assert rule.result == np.dtype(result)
    # Packed numbers are worked in float64: the offset would round away small differences.
    assert rule.dtype == (np.dtype("f8") if words else rule.result)


@pytest.mark.parametrize("name", ["_FillValue", "missing_value"])
@pytest.mark.parametrize(
    ("dtype", "value", "missing"),
    [
        ("i2", np.int16(-9), [-9]),
        ("i2", np.array([-9, -8], "i2"), [-9, -8]),
        ("i2", np.float64(-9), [-9]),
        ("i2", np.float64(-9.5), []),
        ("u1", np.int16(-1), []),
        ("i1", np.int32(1000), []),
        ("f4", np.float64(0.1), [np.float32(0.1)]),
        ("f4", np.float64(1e300), [np.inf]),
        ("f8", np.nan, []),
        ("i2", "none", []),
        ("i2", np.array([], "i2"), []),
    ],
)
def test_missing_numbers_are_compared_in_the_stored_type(
    name: str, dtype: str, value: object, missing: list
) -> None:
    stored = np.array([1, *missing], dtype)
    found = decoding(np.dtype(dtype), {name: value}).decode(stored)
    np.testing.assert_array_equal(found, [1, *[np.nan] * len(missing)])


def test_nan_and_default_fills_of_floats_are_missing_and_infinity_is_not() -> None:
    rule = decoding(np.dtype("f4"), {}, fill=9.969209968386869e36)
    stored = np.array([1, np.nan, 9.969209968386869e36, np.inf], "f4")
    np.testing.assert_array_equal(rule.decode(stored), [1, np.nan, np.nan, np.inf])
    own = decoding(np.dtype("f4"), {"_FillValue": np.float32(5)}, fill=9.969209968386869e36)
    np.testing.assert_array_equal(own.decode(stored), stored)
    assert np.isnan(own.decode(np.array([5], "f4")))
    whole = decoding(np.dtype("i2"), {}, fill=-32767.0)
    np.testing.assert_array_equal(whole.decode(np.array([-32767], "i2")), [-32767])


def test_a_missing_value_of_signed_bits_counts_as_the_bits_it_has() -> None:
    words = {"_Unsigned": "true", "missing_value": np.int8(-1), "valid_max": np.int8(-2)}
    found = decoding(np.dtype("i1"), words).decode(np.array([-1, -2, 127], "i1"))
    np.testing.assert_array_equal(found, [np.nan, 254, 127])


@pytest.mark.parametrize("packed", [{}, {"scale_factor": 0.01}])
def test_limits_exclude_no_place_on_the_globe(packed: dict) -> None:
    words = {"units": "degrees_east", "valid_min": 0.0, "valid_max": 360.0, **packed}
    stored = np.array([-18000, 0, 18000, 36100, 99999]) * (1 if packed else 0.01)
    rule = decoding(np.dtype("i4") if packed else np.dtype("f8"), words, name="nav_lon")
    found = rule.decode(stored.astype("i4" if packed else "f8"))
    np.testing.assert_allclose(found, [-180, 0, 180, 361, np.nan])
    latitude = decoding(np.dtype("f8"), {"valid_max": 89.0}, name="lat")
    np.testing.assert_array_equal(latitude.decode(np.array([90.0, 91.0])), [90.0, np.nan])
    other = decoding(np.dtype("f8"), {"valid_max": 89.0}, name="T")
    np.testing.assert_array_equal(other.decode(np.array([89.0, 90.0])), [89.0, np.nan])


def test_without_a_valid_range_only_fill_values_are_missing() -> None:
    words = {"valid_max": 5.0, "_FillValue": -1.0}
    rule = decoding(np.dtype("f8"), words, valid_range=False)
    np.testing.assert_array_equal(rule.decode(np.array([-1.0, 9.0])), [np.nan, 9.0])


def test_limits_are_told_from_fill_values_where_they_hide_all() -> None:
    rule = decoding(np.dtype("f8"), {"valid_max": 5.0, "_FillValue": 7.0})
    assert rule.hides(np.array([6.0, 7.0]))
    assert not rule.hides(np.array([7.0, np.nan, 4.0]))


def test_limits_are_described() -> None:
    words = {"valid_min": 1, "valid_max": 9.5}
    assert decoding(np.dtype("i2"), words).describe() == "below 1 or above 9"
    assert decoding(np.dtype("i2"), {"valid_max": 9}).describe() == "above 9"
    words = {"scale_factor": 0.1, "valid_max": 0.3}
    assert decoding(np.dtype("i2"), words).describe() == "above 0.3"


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("words", "fill"),
    [
        ({}, np.nan),
        ({"_FillValue": -999.0}, np.nan),
        ({"_FillValue": np.int16(-32768)}, np.nan),
        ({"_FillValue": 1e30}, np.nan),
        ({"_FillValue": np.float32(1e34)}, np.float32(1e34)),
        ({"_FillValue": -1e34}, -1e34),
        ({"missing_value": 1e35}, 1e35),
        ({"missing_value": np.array([1e35, 1e36])}, np.nan),
        ({"_FillValue": "1e35"}, np.nan),
        ({"_FillValue": np.nan}, np.nan),
        ({"_FillValue": np.int64(2**62)}, np.nan),
    ],
)
def test_the_fill_of_a_result_is_nan_unless_no_derivative_has_it(
    words: dict, fill: float, dtype: str
) -> None:
    found = result_fill(words, np.dtype(dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.dtype(dtype).type(fill))


def test_a_fill_that_the_type_of_the_result_cannot_hold_is_nan() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = result_fill({"_FillValue": 1e300}, np.dtype("f4"))
    assert np.isnan(found)


def test_missing_results_are_filled_in_a_copy() -> None:
    values = np.array([1.0, np.nan])
    np.testing.assert_array_equal(filled(values, 1e35), [1, 1e35])
    assert np.isnan(values[1])
    assert filled(values, np.nan) is values


@pytest.mark.parametrize("factor", ["scale_factor", "add_offset"])
def test_two_factors_are_refused(factor: str) -> None:
    with pytest.raises(InputError, match=rf"T: {factor} is \[0.1, 0.2\]; expected one number"):
        refuse_many_factors("T", {factor: np.array([0.1, 0.2])})
    refuse_many_factors("T", {factor: np.array([0.1])})
