"""Factors of a grid, in any window."""

from __future__ import annotations

import pickle
from typing import cast

import numpy as np
import pytest

from gradcli.geometry.factors import AxisFactor, SheetFactor, Site
from gradcli.model.protocols import Source

A = np.arange(12.0).reshape(3, 4)
B = 1 + A[::-1]
SITE = Site(cast(Source, None), ())  # these factors read nothing


def test_a_factor_of_an_axis_broadcasts_over_those_behind_it() -> None:
    values = np.arange(5.0)
    found = AxisFactor(1, values).at((slice(0, 2), slice(1, 4), slice(0, 7)), SITE)
    assert found.shape == (3, 1)
    np.testing.assert_array_equal(found[:, 0], [1, 2, 3])


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 3), slice(0, 4)),
        (slice(1, 2), slice(2, 4)),
        (slice(-1, 2), slice(0, 4)),
        (slice(0, 3), slice(2, 7)),
        (slice(-2, 5), slice(-3, 6)),
    ],
)
def test_a_factor_of_a_sheet_comes_around_where_the_window_leaves_it(
    rows: slice, columns: slice
) -> None:
    factor = SheetFactor({"a": A, "b": B}, (0, 2), ("a", "b"))
    found = factor.at((rows, slice(0, 9), columns), SITE)
    where = np.arange(rows.start, rows.stop) % 3, np.arange(columns.start, columns.stop) % 4
    np.testing.assert_array_equal(found[:, 0, :], (A * B)[np.ix_(*where)])
    assert found.shape == (len(where[0]), 1, len(where[1]))


def test_a_factor_of_a_sheet_pickles_by_its_values() -> None:
    factor = pickle.loads(pickle.dumps(SheetFactor({"a": A}, (0, 1), ("a",))))
    np.testing.assert_array_equal(factor.at((slice(0, 3), slice(0, 4)), SITE), A)
