"""Windows that extend across the poles are read from the rows half a turn away."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.engine.across import read_across
from gradcli.model.blocks import Window
from gradcli.model.poles import Poles

ROWS, COLUMNS = 5, 6
FIELD = np.arange(2.0 * COLUMNS * ROWS).reshape(2, COLUMNS, ROWS)  # the latitude comes last


def read(window: Window) -> np.ndarray:
    """Read a window, whose columns may extend beyond the ends of the longitude."""
    time, columns, rows = window
    assert 0 <= rows.start < rows.stop <= ROWS
    return FIELD[time, :, rows][:, np.arange(columns.start, columns.stop) % COLUMNS]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    "rows", [slice(0, 5), slice(-2, 1), slice(-3, -1), slice(4, 8), slice(5, 6), slice(-2, 7)]
)
@pytest.mark.parametrize("columns", [slice(0, 6), slice(-2, 3), slice(4, 9)])
def test_rows_across_a_pole(at: int, sign: int, rows: slice, columns: slice) -> None:
    """The same as a piece of the field with its mirror images on either side."""
    turned = sign * np.roll(FIELD, COLUMNS // 2, axis=1)[:, :, ::-1]
    whole = np.concatenate([turned[..., : ROWS - at], FIELD, turned[..., at:]], axis=2)
    before = ROWS - at
    part = whole[:, :, rows.start + before : rows.stop + before]
    expected = part[1:2, np.arange(columns.start, columns.stop) % COLUMNS]
    poles = Poles(2, 1, ROWS, COLUMNS, at, at)
    found = read_across(read, (slice(1, 2), columns, rows), poles, sign < 0)
    np.testing.assert_array_equal(found, expected)
