"""Dates in results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.formats.csv.stamps import dates_of
from tests.formats.csv.test_source import write


def test_an_offset_is_written() -> None:
    since = "seconds since 2022-09-04 03:15:00"
    for hours, text in ((3, "06:15:00+03:00"), (0, "03:15:00+00:00"), (-2.5, "00:45:00-02:30")):
        dates = dates_of(np.array([0.0]), since, "s", np.array([hours * 3600.0]))
        assert dates.tolist() == [f"2022-09-04T{text}"]


SUMMER = """time,U
2020-03-29T03:00:00+02:00,3600
2020-03-29T01:00:00+01:00,0
2020-03-29T01:30:00+01:00,1800
2020-03-29T03:30:00+02:00,5400
"""


def test_rows_that_are_sorted_keep_their_own_offsets(tmp_path: Path) -> None:
    path = write(tmp_path, SUMMER)
    gradcli.differentiate(path, tmp_path / "out.csv", axis=["time"], sort=True)
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == [
        "2020-03-29T01:00:00+01:00,1.0",
        "2020-03-29T01:30:00+01:00,1.0",
        "2020-03-29T03:00:00+02:00,1.0",
        "2020-03-29T03:30:00+02:00,1.0",
    ]


def test_a_part_and_the_mean_of_repeats_have_the_offset_of_their_first_row(tmp_path: Path) -> None:
    path = write(tmp_path, SUMMER + "2020-03-29T02:30:00+01:00,5400\n")
    given = {"axis": ["time"], "duplicates": "mean", "sort": True}
    sel = {"time": ("2020-03-29T00:30Z", "2020-03-29T02:00Z")}
    gradcli.differentiate(path, tmp_path / "out.csv", **given, sel=sel)
    rows = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == [
        "2020-03-29T01:30:00+01:00",
        "2020-03-29T03:00:00+02:00",
        "2020-03-29T03:30:00+02:00",
    ]


def test_grids_with_several_offsets_are_written_in_utc(tmp_path: Path) -> None:
    points = [(time, x) for time in ("01:00:00+01:00", "03:00:00+02:00") for x in (0, 1)]
    rows = [f"2020-03-29T{time},{x},{i}" for i, (time, x) in enumerate(points)]
    path = write(tmp_path, "\n".join(["time,x,U", *rows]))
    report = gradcli.differentiate(path, tmp_path / "a.csv", axis=["time"])
    assert not any("UTC, as" in note for note in report.notes)
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == f"{rows[0][:-2]},{2 / 3600!r}"
    given = {"axis": ["time"], "coords": {"x": "5,6"}}
    report = gradcli.differentiate(path, tmp_path / "b.csv", **given)
    assert "time: its dates are written in UTC, as their offsets differ" in report.notes
    assert (tmp_path / "b.csv").read_text().splitlines()[1].startswith("2020-03-29T00:00:00+00:00,")


@pytest.mark.parametrize(
    ("sel", "noted"),
    [
        ("2020-03-29T01:30", ["2020-03-29T01:30"]),
        (("2020-03-29T01:00", "2020-03-29T01:30Z"), ["2020-03-29T01:00"]),
        ("2020", ["2020"]),
        ("2020-03-29T02:30+01:00", []),
    ],
)
def test_a_date_without_an_offset_is_in_utc_beside_dates_that_have_one(
    tmp_path: Path, sel: str, noted: list[str]
) -> None:
    def notes(text: str) -> list[str]:
        given = {"axis": ["time"], "sort": True, "sel": {"time": sel}, "dry_run": True}
        found = gradcli.differentiate(write(tmp_path, text), tmp_path / "out.csv", **given).notes
        return [note.split()[1] for note in found if "is taken in UTC" in note]

    assert notes(SUMMER) == noted
    assert notes(SUMMER.replace("+02:00", "Z").replace("+01:00", "Z")) == []
