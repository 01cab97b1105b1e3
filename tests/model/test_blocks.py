"""Blocks: they cover every cell once."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.model.blocks import Need, cut, size_text
from gradcli.model.sharing import Sharing
from gradcli.record import replace
from tests.plan.test_schedule import axes


@settings(max_examples=200, deadline=None)
@given(axes=axes, budget=st.integers(8, 20000))
def test_blocks_cover_every_cell_once_and_fit(
    axes: list[tuple[int, int, int]], budget: int
) -> None:
    shape, unit, halo = (tuple(column) for column in zip(*axes, strict=True))
    need = Need(shape, unit, halo, 4, 8)
    grid = cut(need, budget)
    smallest = tuple(min(u, n) for u, n in zip(unit, shape, strict=True))
    if grid is None:
        assert need.cost(smallest) > budget
        return
    assert grid.cost <= budget
    seen = np.zeros(shape, int)
    for window in grid.windows():
        seen[window] += 1
    assert (seen == 1).all()
    assert len(list(grid.windows())) == grid.count
    turned = replace(grid, sharing=Sharing(tuple(range(len(shape)))[::-1]))
    for each in (grid, turned):
        for number, window in enumerate(each.windows()):
            assert each.window(number) == window
            assert each.number(window) == number
    for block, chunk, size in zip(grid.block, unit, shape, strict=True):
        assert block % chunk == 0 or block == size


def test_sizes_for_people() -> None:
    assert [size_text(n) for n in (0, 1023, 1024, 5 * 2**30)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "5.0 GiB",
    ]


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("shape", [(3, 600, 600), (600, 600, 3), (2_000_000, 2), (40, 50, 60, 20)])
def test_blocks_of_fortran_order_have_long_runs(shape: tuple[int, ...], turned: bool) -> None:
    need = Need(shape, (1,) * len(shape), (2,) * len(shape), 16, 16, fortran=True, turned=turned)
    grid = cut(need, 8 * 2**20)
    assert grid is not None
    orders = ((range(len(shape)), 4096), (range(len(shape) - 1, -1, -1), 100 if turned else 1))
    for order, least in orders:
        run = 1
        for axis in order:
            run *= grid.block[axis]
            if grid.block[axis] < shape[axis]:
                break
        assert run >= min(least, prod(shape))


def test_blocks_of_fortran_order_mirror_those_of_c_order() -> None:
    need = Need((400, 30, 500), (1, 1, 1), (0, 2, 0), 16, 16)
    mirrored = replace(need, shape=need.shape[::-1], fortran=True)
    found, other = cut(need, 2**20), cut(mirrored, 2**20)
    assert found is not None
    assert other is not None
    assert found.block == other.block[::-1]
    assert cut(replace(mirrored, turned=True), 2**20) != other
