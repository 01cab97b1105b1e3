"""Where the scales of colours end."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.panels import Panel
from gradcli.explore.scales import scale_of
from gradcli.numerics.dtypes import Array


def panel(values: Array, signed: bool, operator: str = "field", units: str | None = None) -> Panel:
    return Panel("a", "a", units, values, (), signed, operator=operator)


LINE = np.linspace(-1, 3, 1001)


@pytest.mark.parametrize(
    ("made", "ends", "extend"),
    [
        (panel(LINE, False), (-1, 3), "neither"),
        (panel(np.append(LINE, 1e6), False), (-0.92, 2.924), "both"),
        (panel(np.append(LINE, [np.nan, np.inf]), False), (-1, 3), "neither"),
        (panel(LINE, True), (-3, 3), "neither"),  # the percentile lies close to the largest
        (panel(np.append(LINE, 50), True), (-2.924, 2.924), "max"),
        (panel(np.append(LINE, [50, -9]), True), (-2.92, 2.92), "both"),
        (panel(np.zeros(5), True), (-1, 1), "neither"),
        (panel(np.full(5, np.nan), True), (0, 1), "neither"),
        (panel(np.full(5, 7.0), False), (6.993, 7.007), "neither"),
        (panel(np.array([10.0, 350]), False, "direction", "degree"), (0, 360), "neither"),
        (panel(np.array([-3.0, 3]), False, "direction", "radian"), (-np.pi, np.pi), "neither"),
    ],
)
def test_where_a_scale_ends(made: Panel, ends: tuple[float, float], extend: str) -> None:
    found = scale_of(made)
    assert (found.low, found.high) == pytest.approx(ends, abs=5e-3)
    assert found.extend == extend


def test_colours_tell_fields_derivatives_and_directions_apart() -> None:
    names = [scale_of(panel(LINE, *how)).name for how in ((False,), (True,), (False, "direction"))]
    assert names == ["viridis", "RdBu_r", "twilight"]
