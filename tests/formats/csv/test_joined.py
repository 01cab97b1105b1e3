"""Dates and times of day in two columns."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError, UsageError
from gradcli.formats.csv.joined import read_joined
from tests.formats.csv.test_source import load, write

ISO = "DATE,TIME,U\n2020-01-31,23:00:00,0\n2020-01-31,23:30:00,1800\n2020-02-01,00:30:00,9000\n"
# The columns the other way around, in a form that may have the day or the month first.
TOLD = "TIME;DATE;U;v\n9:30;03/05/22;0;a\n10:30;03/05/22;3600;b\n9:30;04/05/22;7200;c\n"
ROWS = ["2020-01-31,23:00:00,1.0", "2020-01-31,23:30:00,1.3333333333333333"]
ROWS += ["2020-02-01,00:30:00,2.0"]


def axis_of(folder: Path, text: str, **hints):
    _, _, fields = load(folder, text, columns=("DATE TIME",), **hints)
    return fields["U"].axes[0]


def test_two_columns_are_one_axis_called_by_both(tmp_path: Path) -> None:
    axis = axis_of(tmp_path, ISO)
    assert (axis.name, axis.role) == ("DATE TIME", "t")
    assert axis.units == "seconds since 2020-01-31 23:00:00"
    assert axis.values.tolist() == [0, 1800, 5400]


@pytest.mark.parametrize("form", ["%d/%m/%y %H:%M", "%d/%m/%y"])
def test_a_format_is_of_both_or_of_the_date(tmp_path: Path, form: str) -> None:
    axis = axis_of(tmp_path, TOLD, date_format=form)
    assert axis.units == "seconds since 2022-05-03 09:30:00"
    assert axis.values.tolist() == [0, 3600, 86400]


@pytest.mark.parametrize(
    ("day", "clock", "seconds"),
    [
        ("20200131", "063000", 0),
        ("31.01.2020", "6:30", 0),
        ("2020-01-31", "06:30:00.25", 0.25),
        ("2020-01-31", "24:00", 63000),
        ("2020-01-31", "6:30:00.0000000005", 5e-10),
    ],
)
def test_what_can_be_joined(day: str, clock: str, seconds: float) -> None:
    epoch = read_joined("2020-01-31", "06:30").date
    assert read_joined(day, clock).seconds_since(epoch) == seconds


@pytest.mark.parametrize(
    ("day", "clock"),
    [("2020-01-31T10:00", "06:30"), ("2020-01-31", ""), ("2020-01-31", "noon"), ("7", "06:30")],
)
def test_what_cannot_be_joined(day: str, clock: str) -> None:
    with pytest.raises(ValueError, match=r"date|time|iso"):
        read_joined(day, clock)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (TOLD, "DATE TIME", "'03/05/22' and '9:30'"),
        (ISO, "U TIME", "the columns U and TIME hold no date and time of day: '0' and '23:00:00'"),
        (ISO, "DATE U", "'2020-01-31' and '0'"),
        (ISO, "TIME DATE", "'23:00:00' and '2020-01-31' .Invalid isoformat"),
        ("DATE,TIME,U\n1.2.2020,9:30,1\n", "DATE TIME", "of which either number may be the month"),
    ],
)
def test_columns_of_something_else_are_refused(
    tmp_path: Path, text: str, name: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load(tmp_path, text, columns=(name,))
    assert "--date-format" in str(caught.value)


def test_columns_that_are_never_both_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no date and time of day in any of the first rows"):
        axis_of(tmp_path, "DATE,TIME,U\n2020-01-31,,0\n2020-02-01,,1\n")
    text = ISO + ",,\n"  # rows of empty cells at the end
    assert axis_of(tmp_path, text).size == 3


def test_a_name_that_the_file_holds_wins_and_others_are_unknown(tmp_path: Path) -> None:
    text = "DATE,TIME,DATE TIME,U\n2020-01-01,10:00,0,1\n2020-01-02,10:00,1,3\n"
    assert axis_of(tmp_path, text).values.tolist() == [0, 1]
    with pytest.raises(UsageError, match="DATE CLOCK"):
        load(tmp_path, ISO, columns=("DATE CLOCK",))


def test_rows_that_are_no_dates_are_told_by_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3: '2020-01-31 late' is not a date"):
        axis_of(tmp_path, ISO.replace("23:30:00", "late"))


def test_results_copy_both_columns_or_have_dates(tmp_path: Path) -> None:
    path = write(tmp_path, ISO)
    given = {"axis": ["DATE TIME"], "history": None}
    gradcli.differentiate(path, tmp_path / "out.csv", **given)
    head = "DATE,TIME,dU_dDATE TIME"
    assert (tmp_path / "out.csv").read_text().split() == [*head.split(), *ROWS]
    turned = "".join(line + "\n" for line in [ISO.split("\n")[i] for i in (0, 2, 1, 3)])
    gradcli.differentiate(write(tmp_path, turned, "t.csv"), tmp_path / "s.csv", sort=True, **given)
    assert (tmp_path / "s.csv").read_text().split("\n")[:2] == [
        "DATE TIME,dU_dDATE TIME",
        "2020-01-31T23:00:00,1.0",
    ]
    notes = gradcli.differentiate(path, tmp_path / "out.nc", **given).notes
    assert not [note for note in notes if "left out" in note]
    with netCDF4.Dataset(tmp_path / "out.nc") as file:
        np.testing.assert_allclose(file["dU_dDATE TIME"][:], [1, 4 / 3, 2])
        assert file["DATE TIME"].units == "seconds since 2020-01-31 23:00:00"


def test_parts_units_and_tracks_take_the_name(tmp_path: Path) -> None:
    path = write(tmp_path, ISO)
    given = {"axis": ["DATE TIME"], "per": {"DATE TIME": "h"}, "by": "DATE"}
    gradcli.differentiate(path, tmp_path / "a.csv", **given, sel={"DATE TIME": "2020-01-31"})
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows[1:] == ["2020-01-31,23:00:00,3600.0", "2020-01-31,23:30:00,3600.0"]
