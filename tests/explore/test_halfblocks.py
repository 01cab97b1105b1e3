"""Pictures in a terminal: what stands where, in which colour, and how wide."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gradcli.explore.colours import Colours
from gradcli.explore.halfblocks import render
from gradcli.explore.panels import Panel
from gradcli.model.axes import Axis
from gradcli.numerics.dtypes import Array

CODE = re.compile(r"\x1b\[[0-9;]*m")


def _panel(values: Array, signed: bool = False, title: str = "T (K)", **more: Array) -> Panel:
    names = ("y", "x")[-values.ndim :]
    axes = tuple(
        Axis(name, size, more.get(name, np.arange(float(size))))
        for name, size in zip(names, values.shape, strict=True)
    )
    return Panel("T", title, "K", values, axes, signed)


def _picture(text: str) -> list[str]:
    return [line for line in text.splitlines() if "▀" in line]


def test_upper_and_lower_cells_share_a_character_and_larger_coordinates_stand_above() -> None:
    values = np.array([[0.0, 0.0], [10.0, 10.0]])  # y = 1 holds the largest
    axes = (Axis("y", 2, np.arange(2.0)), Axis("x", 16, np.arange(16.0)))
    panel = Panel("T", "T", "K", np.repeat(values, 8, 1), axes, False)
    (line,) = _picture(render([panel], 16, "24bit"))
    assert line.startswith("\x1b[38;2;253;231;37;48;2;68;1;84m▀")


def test_a_descending_latitude_is_drawn_as_a_rising_one() -> None:
    values = np.arange(20.0).reshape(4, 5)
    rising = render([_panel(values)], 10, "none")
    falling = render(
        [_panel(values[::-1, ::-1], y=np.arange(4.0)[::-1], x=-np.arange(5.0))], 10, "none"
    )
    assert rising.splitlines()[1:5] == [line[:] for line in falling.splitlines()[1:5]]


def test_an_array_without_coordinates_is_drawn_as_an_image() -> None:
    axes = (Axis(None, 2), Axis(None, 4))
    values = np.array([[1.0] * 4, [0.0] * 4])
    text = render([Panel("a", "a", None, values, axes, False)], 8, "none")
    assert text.splitlines()[1:3] == ["@" * 8, "." * 8]


def test_rows_of_a_curvilinear_grid_lie_as_its_coordinates_say() -> None:
    values = np.arange(6.0).reshape(2, 3)
    x, y = np.meshgrid([5.0, 4.0, 3.0], [0.0, 1.0])
    axes = (Axis("j", 2), Axis("i", 3))
    turned = Panel("a", "a", None, values[:, ::-1], axes, False, (x[:, ::-1], y))
    assert (
        render([Panel("a", "a", None, values, axes, False, (x, y))], 12, "none").splitlines()[1:4]
        == render([_panel(values[:, ::-1])], 12, "none").splitlines()[1:4]
    )
    assert (
        render([turned], 12, "none").splitlines()[1:4]
        == (render([_panel(values[:, ::-1])], 12, "none").splitlines()[1:4])
    )


def test_a_title_may_have_two_lines() -> None:
    lines = render([_panel(np.eye(3), title="T [K]\nt = 2")], 40, "none").splitlines()
    assert lines[:2] == ["T [K]", "t = 2"]


def test_missing_cells_are_grey_and_blank() -> None:
    values = np.array([[0.0, np.nan, 1.0, 1.0]] * 4)
    assert "48;2;128;128;128m" in render([_panel(values)], 8, "24bit")
    assert render([_panel(values)], 8, "none").splitlines()[1] == "..  @@@@"


def test_zero_has_the_middle_colour_of_a_derivative() -> None:
    values = np.array([[-1.0, 0.0, 3.0, 3.0]] * 4)
    assert "38;2;247;247;247;48;2;247;247;247m" in render([_panel(values, signed=True)], 8, "24bit")


def test_a_scale_says_the_smallest_and_largest_value_and_where_colours_end() -> None:
    values = np.zeros((20, 20))
    values[0, :10], values[1, 0] = -1.0, 50.0
    scale = CODE.sub("", render([_panel(values, signed=True)], 60, "256")).splitlines()[-2]
    assert scale == "-1 " + "█" * 15 + " 50 K (cut at ±1)"


def test_panels_lie_beside_each_other_where_they_fit() -> None:
    panels = [_panel(np.eye(8), title=f"panel {n}") for n in range(3)]
    assert render(panels, 80, "none").splitlines()[0].split("  ")[0] == "panel 0"
    assert "panel 1" in render(panels, 80, "none").splitlines()[0]
    assert "panel 1" not in render(panels, 70, "none").splitlines()[0]


def test_a_field_without_values_says_so() -> None:
    assert render([_panel(np.full((3, 3), np.nan))], 40, "24bit").splitlines() == [
        "T (K)",
        "every value is missing",
    ]


def test_control_characters_of_a_title_do_not_reach_the_terminal() -> None:
    text = render([_panel(np.eye(3), title="a\x1b[2Jb")], 40, "none")
    assert "\x1b" not in text


@settings(max_examples=60, deadline=None)
@given(
    values=arrays(
        np.float64,
        st.one_of(st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(st.integers(1, 40))),
        elements=st.floats(allow_nan=True, allow_infinity=True),
    ),
    signed=st.booleans(),
    width=st.integers(1, 100),
    colours=st.sampled_from(["24bit", "256", "none"]),
)
def test_any_values_give_lines_no_wider_than_the_terminal(
    values: Array, signed: bool, width: int, colours: Colours
) -> None:
    text = render([_panel(values, signed)] * 2, width, colours)
    plain = CODE.sub("", text)
    assert max(map(len, plain.splitlines())) <= max(width, 8)
    assert ("\x1b" in text) <= (colours != "none")
