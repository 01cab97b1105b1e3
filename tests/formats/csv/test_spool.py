"""Columns of rows that are kept on disk, within a budget."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.formats.csv.long import find_grid
from gradcli.formats.csv.spool import Cells, Rows, scatter


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("budget", [0, 300, 1 << 20])
def test_rows(by_columns, budget):
    values = np.random.default_rng(2).standard_normal((40, 3))
    rows = Rows(3, budget, by_columns)
    for first in range(0, 40, 7):
        rows.append(values[first : first + 7])
    assert rows.in_memory == (budget > 960)
    for window in (
        (slice(0, 40), slice(0, 3)),
        (slice(6, 8), slice(1, 2)),
        (slice(9, 9), slice(0, 1)),
    ):
        np.testing.assert_array_equal(rows.read(*window), values[window])
    assert find_grid(rows, 3, 1 << 20) is None
    rows.close()


@pytest.mark.parametrize("budget", [40, 100, 10_000])
def test_scatter(budget):
    order = np.random.default_rng(3).permutation(50)
    values = np.random.default_rng(4).standard_normal((50, 2))
    with Cells((2, 5, 10), budget) as cells:
        pieces = [(order[i : i + 9], values[i : i + 9]) for i in range(0, 50, 9)]
        assert scatter(pieces, cells, budget)
        got = cells.read((slice(0, 2), slice(0, 50)), (2, 50))
        np.testing.assert_array_equal(got[:, order], values.T)
    for wrong in order[:-1], np.r_[order[:-1], order[0]]:
        with Cells((2, 50), budget) as cells:
            assert not scatter([(wrong, values[: len(wrong)])], cells, budget)
