"""What stands before a table: settings, remarks and descriptions of columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError
from gradcli.formats.csv.head import Asked, start_of
from gradcli.formats.csv.lines import lines_of
from gradcli.formats.csv.preamble import numbered

CAST = (
    "* Sea-Bird SBE 9 Data File:\n* Latitude = 3 N\n# nquan = 2\n"
    "# name 0 = depSM: Depth [salt water, m]\n# name 1 = t090C: Temperature [ITS-90, deg C]\n"
    "# bad_flag = -9.990e-29\n*END*\n"
    "  1.0  20.0\n  2.0  19.0\n  3.0 -9.990e-29\n  4.0  15.0\n  6.0  12.0\n"
)


def test_a_cast_of_sea_bird(tmp_path: Path) -> None:
    path = tmp_path / "cast.txt"
    path.write_text(CAST)
    report = gradcli.differentiate(path, tmp_path / "out.nc", axis="depSM")
    assert list(report.notes) == [
        "3 lines from line 1 on skipped as remarks, by the mark at the front",
        "the columns are named by the comment on line 5",
        "-9.990e-29 means missing, as the comments say",
    ]
    (field,) = report.variables
    assert field["axes"][0]["units"] == "K m-1"
    made = gradcli.differentiate(path, tmp_path / "out.csv", axis="depSM").outputs[0]
    found = np.genfromtxt(made, delimiter=" ", names=True)["dt090C_ddepSM"]
    expected = np.gradient([20, 19, np.nan, 15, 12], [1.0, 2, 3, 4, 6])
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    "lines",
    [
        ["# name 0 = a: A", "# name 2 = b: B"],
        ["# name 0 = a: A"],
        ["# name 2 = a: A", "# name 3 = b: B"],
        ["# the name 0 = a"],
    ],
)
def test_columns_are_named_one_by_one_only_if_all_are(lines: list[str]) -> None:
    assert numbered(list(enumerate(lines)), 2) is None


@pytest.mark.parametrize(
    "text",
    [
        "t v\n1 2 3\n2 3 4\n",  # names for fewer columns than there are
        "t v w\n1 2\n2 3\n",
        "4\nt,a,b\n1,2,3\n2,3,4\n",  # a number that may be a row
        "1,2\nt,a,b\n1,2,3\n2,3,4\n",
        "5;;\n6;;\nt;U;I\n0;1;2\n",
    ],
)
def test_what_may_be_a_row_or_names_is_not_skipped(text: str) -> None:
    try:
        start = start_of(lines_of(text), Asked())
    except InputError:
        return
    assert start.skipped <= 1
    assert not start.notes


def test_rows_that_are_long_are_split_by_the_same_mark_as_short_ones() -> None:
    wide = "\t" + "\t".join(f"{k / 7:.4f}" for k in range(1500))
    rows = [f"{i}\t" + "\t".join(str((k * 7919 + i) % 1000) for k in range(1500)) for i in range(9)]
    start = start_of(lines_of("\n".join([wide, *rows])), Asked())
    assert (start.dialect.delimiter, start.layout) == ("\t", "crosstab")
