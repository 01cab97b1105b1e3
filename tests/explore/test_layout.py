"""Rows, columns and boxes of panels."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.layout import ratio_of, sheet_of
from gradcli.explore.panels import Panel
from gradcli.model.axes import Axis


def panels(*counts: int, width: int = 4) -> list[Panel]:
    axes = Axis("y", 4), Axis("x", width)
    return [
        Panel(f"{field}{number}", "", None, np.zeros((4, width)), axes, False, origin=str(field))
        for field, count in enumerate(counts)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "kind", "expected"),
    [
        ((1,), "map", (1, 1)),
        ((3,), "map", (1, 3)),  # an image beside its two gradients
        ((4,), "map", (2, 2)),
        ((5,), "map", (2, 3)),
        ((4, 4), "map", (2, 4)),  # fields below each other, derivatives beside them
        ((2, 2, 2), "line", (2, 3)),  # fields beside each other, derivatives below them
        ((9, 9), "map", (3, 6)),
    ],
)
def test_rows_and_columns(counts: tuple[int, ...], kind: str, expected: tuple[int, int]) -> None:
    made = sheet_of(panels(*counts), kind)
    assert (made.rows, made.columns) == expected
    assert len(set(made.places)) == sum(counts)


def test_wide_panels_stand_below_each_other() -> None:
    assert sheet_of(panels(3, width=13), "map").columns == 1


def test_axes_that_panels_share_are_named_once() -> None:
    made = sheet_of(panels(4), "map")
    assert [made.is_named(n) for n in range(4)] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]
    mixed = sheet_of([*panels(2), *panels(2, width=9)], "map")
    assert mixed.is_named(1) == (True, True)


def test_only_axes_of_one_kind_are_drawn_at_one_scale() -> None:
    x = Axis("x", 3, np.array([0.0, 1, 2]), "m")
    assert ratio_of([x, Axis("y", 5, np.arange(5.0), "m")]) == 2
    assert ratio_of([x, Axis("y", 5, np.arange(5.0), "km")]) == 1.35
    assert ratio_of([x, Axis("y", 99, np.arange(99.0), "m")]) == 1.35
