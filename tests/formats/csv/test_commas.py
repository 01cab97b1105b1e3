"""Commas that may be decimal marks."""

from __future__ import annotations

import pytest

from gradcli.errors import InputError
from gradcli.formats.csv.head import Asked, Start, start_of
from gradcli.formats.csv.lines import lines_of


def start(text: str, **asked: str) -> Start:
    return start_of(lines_of(text), Asked(**asked))


@pytest.mark.parametrize(
    "text",
    [
        "##XYPOINTS= (XY..XY)\n176,36, 32822,795\n176,58, -32822,795\n##END=\n",
        "1,5, 2,5, 3,5\n2,5, 3,5, 4,5\n",
        "177,02,14,5\n177,24,15,3\n",
        "177,24,15,30\n177,46,15,05\n177,68,16,00\n",
        "-1,00,0,5\n0,00,0,7\n",
    ],
)
def test_commas_that_mark_decimals_and_part_cells_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"line [12]: in .* some commas seem to be decimal signs"):
        start(text)
    assert len(start(text, decimal=".").rows[0].split(",")) >= 4


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "1,02\n3,04\n",  # two columns, or one
        "1,2,3,4\n5,6,7,8\n",
        "1, 2, 3, 4\n5, 6, 7, 8\n",
        "1.5,02,3,4\n5,06,7,8\n",
        "01,02,03,04\n05,06,07,08\n",
        "a,b,c,d\n1,02,3,4\n5,06,7,8\n",
        "1,2, 3,4\n5,6,7,8\n",
        "1;02;3;4\n5;06;7;8\n",
        ",0,1,2\n0,01,2,3\n1,03,4,5\n",
        "1,02,3\n4,05,6\n",
        "1,0.2,3,4\n5,0.6,7,8\n",
        "1,0,3,4\n5,0,7,8\n",
    ],
)
def test_commas_that_part_cells_are_taken_for_what_they_are(text: str) -> None:
    assert start(text).dialect.decimal == "."
