"""Columns that go back and forth are refused by column, index and value."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import InputError
from gradcli.numerics.assemble_columns import make_column_stencil
from gradcli.numerics.column_steps import ColumnNames, Steps
from gradcli.numerics.columns import spread
from gradcli.numerics.schemes import Scheme

GOOD = [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0, 1, 0.5, 3, 4], r"column at prof 12, .* at level 7 \(1.0, then 0.5\)"),
        ([0, 1, 1, 3, 4], "the coordinate 1.0 at level 7 repeats the one before"),
        ([4, 3, 3.5, 1, np.nan], r"level 7 \(3.0, then 3.5\)"),
        ([0, 1, np.inf, np.nan, np.nan], "the coordinate at level 7 is inf"),
        ([np.nan, np.nan, 2, 1, 1], "the coordinate 1.0 at level 9 repeats"),
    ],
)
def test_the_message_says_which_column_which_index_and_which_value(row, words) -> None:
    nodes = np.array([GOOD, GOOD[::-1], row])
    stencil = make_column_stencil(5, Scheme(), ColumnNames("PRES", ("prof", "level")))
    with pytest.raises(InputError, match=words) as caught:
        stencil.apply(nodes, spread(nodes), slice(0, 5), 1, nodes.copy(), (10, 5))
    assert str(caught.value).startswith("PRES: ")
    turned = np.ascontiguousarray(nodes.T)
    stencil = make_column_stencil(5, Scheme(), ColumnNames("PRES", ("level", "prof")))
    with pytest.raises(InputError, match=words):
        stencil.apply(turned, spread(turned), slice(0, 5), 0, turned.copy(), (5, 10))


def test_columns_that_rise_beside_columns_that_fall_are_good() -> None:
    nodes = np.array([GOOD, GOOD[::-1]])
    stencil = make_column_stencil(5, Scheme(), ColumnNames("PRES", ("prof", "level")))
    out = np.empty((2, 5))
    stencil.apply(nodes * 2, spread(nodes), slice(0, 5), 1, out, (0, 0))
    assert (out == 2).all()


def test_steps_tell_what_they_are() -> None:
    def told(*rows: list[float]) -> tuple[bool, bool, bool]:
        steps = Steps(np.array(rows)[:, :, None])
        return steps.missing, steps.rising, steps.astray

    assert told([0, 1, 2], [5, 6, 7]) == (False, True, False)
    assert told([2, 1, 0]) == (False, False, False)
    assert told([0, 1, 2], [2, 1, 0])[2]
    assert told([0, 1, np.nan], [np.nan, 2, 3]) == (True, True, False)
    assert told([0, 1, np.inf])[2]
    assert told([0, 0, np.nan])[2]
