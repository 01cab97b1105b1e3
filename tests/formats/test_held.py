"""Rows that arrive and are let go of."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.formats.held import HeldRows


def test_any_window_of_what_is_held_is_that_of_the_whole() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(60, 3))
    rows, let_go = HeldRows(), 0
    for start in range(0, 60, 6):
        rows.append(values[start : start + 6])
        rows.append(values[:0])
        assert rows.count == start + 6
        first = int(rng.integers(let_go, rows.count))
        last = int(rng.integers(first + 1, rows.count + 1))
        found = rows.read(slice(first, last), slice(1, 3))
        np.testing.assert_array_equal(found, values[first:last, 1:3])
        let_go = int(rng.integers(let_go, rows.count))
        rows.forget(let_go)


def test_what_is_read_is_a_copy() -> None:
    rows = HeldRows()
    values = np.zeros(4)
    rows.append(values)
    rows.read(slice(0, 4))[:] = 1
    assert not values.any()


def test_rows_that_were_let_go_of_are_not_read() -> None:
    rows = HeldRows()
    rows.append(np.arange(8.0))
    rows.forget(7)
    with pytest.raises(AssertionError, match="let go of"):
        rows.read(slice(6, 8))


def test_a_few_rows_do_not_keep_a_large_slab() -> None:
    rows = HeldRows()
    slab = np.arange(1000.0)
    rows.append(slab)
    rows.forget(990)
    found = rows.read(slice(990, 1000))
    assert found.tolist() == slab[990:].tolist()
    assert not np.shares_memory(rows._slabs[0], slab)
