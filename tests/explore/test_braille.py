"""Lines of one-dimensional fields in a terminal."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.braille import ROWS, draw_line


@pytest.mark.parametrize("size", [2, 3, 500])
@pytest.mark.parametrize("dotted", [True, False])
def test_a_line_goes_from_corner_to_corner(size: int, dotted: bool) -> None:
    lines = draw_line(np.linspace(-1.0, 1.0, size), None, 20, dotted)
    assert len(lines) == ROWS
    assert lines[0][-1] != " "
    assert lines[-1][0] != " "
    assert lines[0][0] == lines[-1][-1] == " "


def test_a_constant_is_a_level_line() -> None:
    lines = draw_line(np.full(5, 3.0), None, 10, True)
    assert [line.strip() != "" for line in lines].count(True) == 1


def test_missing_values_leave_a_gap_and_a_lonely_point_is_shown() -> None:
    values = np.array([1.0, 1.0, np.nan, np.nan, 1.0, np.nan, np.nan, 1.0, 1.0])
    (line,) = {line for line in draw_line(values, None, 36, False) if line.strip()}
    assert line.split() == ["*" * 5, "*", "*" * 5]


def test_uneven_coordinates_place_the_points() -> None:
    lines = draw_line(np.array([0.0, 1.0, 0.0]), np.array([0.0, 9.0, 10.0]), 11, False)
    assert lines[0].strip() == "*"
    assert lines[0].index("*") == 9


def test_a_falling_coordinate_is_drawn_from_right_to_left() -> None:
    values, places = np.array([0.0, 0.2, 1.0]), np.array([3.0, 2.0, 0.0])
    assert draw_line(values, places, 9, True) == draw_line(values[::-1], places[::-1], 9, True)
