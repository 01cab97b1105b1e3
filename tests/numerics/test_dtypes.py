"""The types in which numbers are worked."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.numerics.dtypes import (
    real_view,
    result_like,
    stored_precision,
    working_array,
    working_dtype,
)


@pytest.mark.parametrize(
    ("given", "worked"),
    [
        ("f2", "f4"),
        ("f4", "f4"),
        (">f4", "f4"),
        ("f8", "f8"),
        ("g", "f8"),
        ("c8", "c8"),
        ("c16", "c16"),
        ("?", "f8"),
        ("i1", "f8"),
        ("u8", "f8"),
    ],
)
def test_numbers_are_worked_in_a_type_that_differences_are_exact_enough_in(
    given: str, worked: str
) -> None:
    assert working_dtype(np.dtype(given)) == np.dtype(worked)
    assert working_array(np.zeros(2, given)).dtype == np.dtype(worked)


def test_what_needs_no_other_type_is_not_copied() -> None:
    values = np.zeros(3)
    assert working_array(values) is values


@pytest.mark.parametrize("given", ["U3", "S3", "O", "M8[s]", "V4"])
def test_what_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="are not numbers"):
        working_dtype(np.dtype(given))


def test_a_result_lies_in_the_order_of_its_values() -> None:
    values = np.zeros((3, 4), order="F")
    assert result_like(values, (3, 2)).flags.f_contiguous
    assert result_like(values.T, (4, 2)).flags.c_contiguous
    assert result_like(np.zeros((3, 4), "c8"), (2, 2)).dtype == np.dtype("c8")


def test_complex_numbers_are_pairs_of_reals() -> None:
    values = np.array([1 + 2j, 3 - 4j])
    seen = real_view(values)
    assert seen.dtype == np.dtype("f8")
    assert sorted(seen.ravel().tolist()) == [-4, 1, 2, 3]
    seen[...] = 0
    assert not values.any()


def test_precision_is_that_of_floats_and_of_nothing_coarser() -> None:
    assert stored_precision(np.dtype("f4")) == np.finfo("f4").eps
    assert stored_precision(np.dtype("f8")) == np.finfo("f8").eps
    assert stored_precision(np.dtype("i4")) <= np.finfo("f8").eps
