"""Valid ranges: which numbers they admit, and which of them limit nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.cf.packing import decoding


@pytest.mark.parametrize(
    "words",
    [
        {"valid_range": np.array([1.0, 2.0, 3.0])},
        {"valid_min": "low"},
        {"valid_range": "1 2"},
        {"valid_max": np.array([1, 2])},
    ],
)
def test_limits_that_are_none_limit_nothing(words: dict) -> None:
    found = decoding(np.dtype("f8"), words).decode(np.array([-1e9, 1e9]))
    np.testing.assert_array_equal(found, [-1e9, 1e9])


@pytest.mark.parametrize(
    ("dtype", "words", "stored", "valid"),
    [
        ("i2", {"valid_max": 10.5}, [10, 11], [1, 0]),
        ("i2", {"valid_min": np.float32(-0.5)}, [-1, 0], [0, 1]),
        ("i4", {"valid_range": np.array([0.5, 2.5])}, [0, 1, 2, 3], [0, 1, 1, 0]),
        ("i2", {"valid_max": "low", "valid_min": 2}, [1, 2], [0, 1]),
        ("i2", {"valid_range": [0.5, 9.5], "valid_max": 1.5}, [0, 1, 2], [0, 1, 0]),
        ("u1", {"valid_min": 300.0}, [0, 255], [0, 0]),
        ("u1", {"valid_max": np.int16(-1)}, [0, 255], [0, 0]),
        ("u1", {"valid_range": np.array([-1, 300], "i2")}, [0, 255], [1, 1]),
        ("i1", {"valid_max": np.int32(1000)}, [127], [1]),
        ("i8", {"valid_max": float(2**53)}, [2**53, 2**53 + 1], [1, 0]),
        ("i8", {"valid_min": np.uint64(2**63)}, [2**63 - 1], [0]),
        ("u8", {"valid_min": np.uint64(2**64 - 1)}, [2**64 - 2, 2**64 - 1], [0, 1]),
        ("i2", {"valid_max": np.inf, "valid_min": np.nan}, [-32768, 32767], [1, 1]),
        ("i2", {"valid_max": -np.inf}, [-32768], [0]),
        ("i1", {"_Unsigned": "true", "valid_max": 199.5}, [-57, -56], [1, 0]),
        ("i1", {"_Unsigned": "true", "valid_max": np.int16(200)}, [-56, -55], [1, 0]),
        ("u1", {"_Unsigned": "false", "valid_max": np.uint8(255)}, [255, 0], [1, 0]),
        (">i2", {"valid_max": 10.5}, [10, 11], [1, 0]),
        # Limits of the type of the scale, if it is the wider one, are limits of unpacked values.
        ("i2", {"scale_factor": 0.5, "valid_max": 2.25}, [4, 5], [1, 0]),
        ("i2", {"scale_factor": 0.1, "valid_max": 0.3}, [3, 4], [1, 0]),
        ("i2", {"scale_factor": 0.1, "add_offset": 273.15, "valid_min": 273.45}, [2, 3], [0, 1]),
        (
            "i2",
            {"scale_factor": np.float32(0.1), "valid_max": np.float32(10)},
            [100, 101],
            [1, 0],
        ),
        ("i2", {"scale_factor": 0.5, "valid_max": np.int16(4)}, [4, 5], [1, 0]),
        ("i1", {"scale_factor": np.int32(2), "valid_max": np.int32(4)}, [2, 3], [1, 0]),
        ("f4", {"scale_factor": 0.5, "valid_max": 2.25}, [4, 5], [1, 0]),
        ("f4", {"scale_factor": 0.5, "valid_max": np.float32(4.5)}, [4, 5], [1, 0]),
    ],
)
def test_limits_of_another_type_are_compared_as_real_numbers(
    dtype: str, words: dict, stored: list, valid: list
) -> None:
    found = decoding(np.dtype(dtype), words).decode(np.array(stored, dtype))
    np.testing.assert_array_equal(~np.isnan(found), np.array(valid, bool))


@settings(max_examples=60, deadline=None)
@given(
    dtype=st.sampled_from(["i1", "u1", "i2", "u4", "i8", "u8"]),
    low=st.floats() | st.integers(-(2**63), 2**63 - 1),
    high=st.floats(width=32) | st.integers(0, 2**64 - 1),
)
def test_limits_admit_the_numbers_between_them(dtype: str, low: float, high: float) -> None:
    kind = np.iinfo(dtype)
    near = [int(end) + step for end in (low, high) if math.isfinite(end) for step in (-1, 0, 1)]
    numbers = [n for n in (*near, 0, kind.min, kind.max) if kind.min <= n <= kind.max]
    words = {"valid_min": np.array(low)[()], "valid_max": np.array(high)[()]}
    found = decoding(np.dtype(dtype), words).decode(np.array(numbers, dtype))
    # Exact in Python; limits that contradict each other are none.
    expected = [low > high or not (number < low or number > high) for number in numbers]
    np.testing.assert_array_equal(~np.isnan(found), expected)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        ("f4", {"valid_min": np.float32(9e9), "valid_max": np.float32(-9e9)}),
        ("f8", {"valid_range": np.array([1.0, -1.0])}),
        ("i2", {"valid_min": 5, "valid_max": -5}),
        ("i2", {"valid_min": 5.0, "valid_max": 0.0, "scale_factor": 0.5}),
    ],
)
def test_limits_that_contradict_each_other_are_not_heeded(dtype: str, words: dict) -> None:
    rule = decoding(np.dtype(dtype), words)
    assert np.isfinite(rule.decode(np.array([-3, 0, 3], dtype))).all()
    (told,) = rule.unheeded
    assert told.startswith("its valid range ends at -") or "ends at 0, below its start 5" in told


def test_limits_without_a_number_between_leave_nothing() -> None:
    rule = decoding(np.dtype("i2"), {"valid_min": 0.2, "valid_max": 0.8})
    assert np.isnan(rule.decode(np.array([0, 1], "i2"))).all()
    assert not rule.unheeded


def test_unsigned_limits_do_not_contradict_each_other() -> None:
    words = {"_Unsigned": "true", "valid_min": np.int8(1), "valid_max": np.int8(-2)}
    rule = decoding(np.dtype("i1"), words)
    assert not rule.unheeded
    np.testing.assert_array_equal(rule.decode(np.array([0, -2, -1], "i1")), [np.nan, 254, np.nan])
