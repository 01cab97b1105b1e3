"""Blocks: they cover every cell once and fit their budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import UsageError
from gradcli.model.blocks import Need, cut
from gradcli.model.chunks import common_unit
from gradcli.plan.schedule import RESERVE, least_memory, schedule

axes = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 12), st.integers(0, 4)), min_size=1, max_size=3
)


def test_fewer_threads_are_used_where_memory_is_short() -> None:
    need = Need((100, 1000, 1000), (1, 1000, 1000), (2, 0, 0), 8, 8)
    plenty = schedule([("f", need)], 0, 2**30, 4)
    short = schedule([("f", need)], 0, RESERVE + need.cost((1, 1000, 1000)) + 1000, 4)
    assert plenty.workers == 4
    assert short.workers == 1
    assert plenty.memory <= 2**30


def test_a_limit_below_one_chunk_is_refused_with_one_that_would_do() -> None:
    need = Need((4, 4096, 4096), (1, 4096, 4096), (0, 0, 0), 8, 8)
    with pytest.raises(UsageError, match=r"f: .* --memory (\d+)MiB would do") as caught:
        schedule([("f", need)], 0, 64 * 2**20, 2)
    enough = int(str(caught.value).split("--memory ")[1].split("MiB")[0])
    assert schedule([("f", need)], 0, enough * 2**20, 2).workers == 1
    with pytest.raises(UsageError):
        schedule([("f", need)], 0, (enough - 1) * 2**20, 2)


across = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=3
)


@settings(max_examples=200, deadline=None)
@given(axes=across, more=st.integers(0, 40_000), jobs=st.integers(1, 4))
def test_blocks_are_whole_chunks_of_the_output_and_of_the_input_where_memory_allows(
    axes: list[tuple[int, int, int]], more: int, jobs: int
) -> None:
    shape, chunks, written = (tuple(column) for column in zip(*axes, strict=True))
    unit = common_unit(shape, chunks, written)
    need = Need(shape, unit, (2,) * len(shape), 8, 8, 4, chunks, written)
    least = least_memory(need.in_parts(), 0)
    found = schedule([("f", need)], 0, least + more, jobs)
    (cutting,) = found.partitions
    assert found.memory <= least + more
    assert all(b % w == 0 or b == n for b, w, n in zip(cutting.block, written, shape, strict=True))
    seen = np.zeros(shape, int)
    decoded = 0
    for window in cutting.windows():
        seen[window] += 1
        ends = zip(window, chunks, strict=True)
        decoded += int(np.prod([-(-part.stop // c) - part.start // c for part, c in ends]))
    assert (seen == 1).all()
    there = int(np.prod([-(-n // c) for n, c in zip(shape, chunks, strict=True)]))
    assert cutting.times == pytest.approx(decoded / there) or cutting.times == 1
    if jobs == 1 and least + more >= least_memory(need, 0):
        assert all(
            b % c == 0 or b == n for b, c, n in zip(cutting.block, chunks, shape, strict=True)
        )
        assert cutting.times == 1


def test_few_threads_that_decode_once_go_before_many_that_decode_again() -> None:
    shape, chunks, written = (64, 512, 512), (1, 512, 512), (64, 16, 16)
    unit = common_unit(shape, chunks, written)
    need = Need(shape, unit, (0, 0, 0), 8, 8, 4, chunks, written)
    limit = least_memory(need, 0)
    once, plenty = (schedule([("f", need)], 0, n * limit, 4) for n in (1, 5))
    again = schedule([("f", need)], 0, limit // 4, 4)
    assert (once.workers, once.partitions[0].times) == (1, 1)
    assert (plenty.workers, plenty.partitions[0].times) == (1, 1)  # a single block
    assert again.partitions[0].times > 1
    assert again.memory <= limit // 4


def test_halo_axes_get_blocks_worth_reading() -> None:
    need = Need((500, 4096, 4096), (1, 1, 1), (2, 0, 0), 8, 8)
    cutting = cut(need, 16 * 2**20)
    assert cutting is not None
    assert cutting.block[0] >= 16


@pytest.mark.parametrize(("beside", "most"), [(8, 100), (98, 100)])
def test_wide_stencils_get_larger_blocks(beside: int, most: int) -> None:
    need = Need((300, 400, 400), (1, 1, 1), (beside,) * 3, 8, 24)
    (cutting,) = schedule([("field", need)], 0, 2**30, 2).partitions
    assert cutting.count < most
    assert need.times_read(cutting.block) < max(4, 3 * beside / 16 + 1)
