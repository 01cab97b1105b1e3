"""What a terminal can show, and the colours that stand for values."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.colours import Colours, colours_of, levels_of, palette


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({"COLORTERM": "truecolor"}, "utf-8", "24bit"),
        ({"COLORTERM": "24bit", "TERM": "xterm"}, "UTF8", "24bit"),
        ({"TERM": "xterm-256color"}, "utf-8", "256"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "utf-8", "none"),
        ({"NO_COLOR": "", "COLORTERM": "truecolor"}, "utf-8", "24bit"),  # empty counts as unset
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "utf-8", "none"),
        ({"COLORTERM": "truecolor"}, "ascii", "none"),
        ({"COLORTERM": "truecolor"}, None, "none"),
    ],
)
def test_the_environment_says_what_a_terminal_can_show(
    environ: dict[str, str], encoding: str | None, expected: Colours
) -> None:
    assert colours_of(environ, encoding) == expected


def test_the_largest_floats_have_levels() -> None:
    most = np.finfo(float).max
    assert levels_of(np.array([-most, 0.0, most]), -most, most).tolist() == [0, 127, 254]


def test_a_constant_has_the_middle_level() -> None:
    assert levels_of(np.array([3.0, np.nan]), 3.0, 3.0).tolist() == [127, 255]


def test_lightness_rises_along_the_map_of_fields_and_falls_from_the_centre_of_the_other() -> None:
    def lightness(signed: bool) -> np.ndarray:
        shades = [[int(part) for part in code.split(";")[1:]] for code in palette(signed, "24bit")]
        return np.array(shades[:-1]) @ np.array([0.2126, 0.7152, 0.0722])

    assert (np.diff(lightness(False)) > -0.5).all()
    assert (np.diff(lightness(True))[:127] > -0.5).all()
    assert (np.diff(lightness(True))[127:] < 0.5).all()
