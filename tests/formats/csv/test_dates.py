"""Dates in the cells of a CSV file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcli
from gradcli.formats.csv.dates import Stamp, are_compact_dates, read_date

JANUARY = datetime(2020, 1, 31)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2020-01-31", JANUARY),
        ("2020-01-31T12", datetime(2020, 1, 31, 12)),
        ("2020-01-31 12:30Z", datetime(2020, 1, 31, 12, 30, tzinfo=UTC)),
        ("2020-01-31T24:00", datetime(2020, 2, 1)),
        ("2020-12-31 24:00:00", datetime(2021, 1, 1)),
        ("2020-01-31T24:00:00.000Z", datetime(2020, 2, 1, tzinfo=UTC)),
        ("20200131", JANUARY),
        ("202001", datetime(2020, 1, 1)),
        ("2020031", JANUARY),
        ("2020013112", datetime(2020, 1, 31, 12)),
        ("202001311230", datetime(2020, 1, 31, 12, 30)),
        ("20200131123015", datetime(2020, 1, 31, 12, 30, 15)),
    ],
)
def test_dates_are_read(text: str, found: datetime) -> None:
    assert read_date(text) == Stamp(found)


@pytest.mark.parametrize(
    "text", ["2020-02-30", "2020-01-31T24:01", "20201301", "2020", "2020366001", "2019366"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - datetime words them all differently
        read_date(text)


@given(st.integers(0, 10**18 - 1), st.integers(0, 3600))
def test_digits_beyond_microseconds_count(fraction: int, seconds: int) -> None:
    stamp = read_date(f"2020-01-31T00:00:00.{fraction:018d}")
    found = stamp.seconds_since(JANUARY - timedelta(seconds=seconds))
    assert found == (seconds * 10**18 + fraction) / 10**18


@pytest.mark.parametrize(
    ("name", "cells", "dates"),
    [
        ("date", ["20200131", "20200201"], True),
        ("time", ["202001", "202002"], True),
        ("Time (UTC)", ["2020013122", "2020013123"], True),
        ("yyyymm", ["202001", "202013"], False),
        ("time", ["1600000000", "1600000060"], False),  # seconds since 1970
        ("time", ["120000", "120010"], False),  # hours, minutes, seconds
        ("runtime", ["202001", "202002"], False),
        ("n", ["202001", "202002", "202003"], False),
        ("n", ["20200131", "20200201"], False),  # too few to tell
        ("n", ["20200130", "20200131", "20200201"], True),
        ("n", ["20200130", "20200131", "20200132"], False),
        ("date", ["20200131", "2020031"], False),
        ("date", [], False),
    ],
)
def test_which_numbers_are_dates(name: str, cells: list[str], dates: bool) -> None:
    assert are_compact_dates(name, cells) == dates


@pytest.mark.parametrize(
    ("name", "form", "days"),
    [("date", "%Y%m%d", 1), ("day", "%Y%j", 1), ("time", "%Y%m%d%H", 1), ("month", "%Y%m", 31)],
)
def test_dates_without_punctuation_are_taken_as_dates_with_a_note(
    tmp_path: Path, name: str, form: str, days: int
) -> None:
    path = tmp_path / "a.csv"
    first = date(2020, 7, 1) if days > 1 else date(2020, 1, 30)
    dates = [first + timedelta(days=days * i) for i in range(3)]
    rows = [f"{day.strftime(form)},{days * i}" for i, day in enumerate(dates)]
    path.write_text("\n".join([f"{name},v", *rows]) + "\n")
    report = gradcli.differentiate(path, tmp_path / "o.csv", axis=name, per={name: "day"})
    lines = (tmp_path / "o.csv").read_text().split()[1:]
    assert [line.split(",")[0] for line in lines] == [row.split(",")[0] for row in rows]
    np.testing.assert_allclose([float(line.split(",")[1]) for line in lines], 1, rtol=0.02)
    assert (
        f"{name}: its numbers, such as {rows[0].split(',')[0]}, are read as dates" in report.notes
    )


def test_nanoseconds_in_dates_are_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"2020-01-31T23:59:59.00000000{i}Z,{i}" for i in range(3)]
    path.write_text("\n".join(["t,v", *rows]) + "\n")
    gradcli.differentiate(path, tmp_path / "o.csv", axis="t")
    found = np.loadtxt(tmp_path / "o.csv", delimiter=",", skiprows=1, usecols=1)
    np.testing.assert_allclose(found, 1e9, rtol=1e-12)


def test_a_file_of_coordinates_may_hold_dates(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", 86400 * np.arange(3.0))
    (tmp_path / "t.csv").write_text("2020-02-28\n2020-02-29\n2020-03-01\n")
    gradcli.differentiate(tmp_path / "f.npy", axis="0", coords={"0": str(tmp_path / "t.csv")})
    assert np.load(tmp_path / "f_d0.npy").tolist() == [1.0] * 3
