"""Parts of axes as Python users write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, KindError, UsageError
from gradcli.plan.parts import index_parts, value_parts


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (3, 3),
        (np.int8(-1), -1),
        (slice(2, 9), (2, 9)),
        (slice(None, np.int64(-2), 1), (None, -2)),
        (slice(None), (None, None)),
        ((0, 20), (0, 20)),
        ((None, 3), (None, 3)),
    ],
)
def test_indices(asked: Any, part: Any) -> None:
    assert index_parts({"x": asked}) == {"x": part}
    assert index_parts(None) == {}


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ((0, 20, 5), KindError, "3 items; expected two ends"),
        (slice(0, 20, 5), UsageError, "a step of 5"),
        (slice(9, 2, -1), UsageError, "a step of -1"),
        (slice(0, 9, 1.0), UsageError, "a step of 1.0"),
        (slice("a", 2), KindError, "'a' is not a whole number"),
        (slice(0.5, 2), KindError, "0.5 is not a whole number"),
        ((True, 2), KindError, "True is not a whole number"),
        (np.timedelta64(1, "D"), KindError, "is not a whole number"),
    ],
)
def test_other_indices_are_refused(asked: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        index_parts({"x": asked})


EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (3, (3, None)),
        (0.5, (0.5, None)),
        (np.float32(0.1), (0.1, None)),
        (np.int64(2**60 + 1), (2**60 + 1, None)),
        (Fraction(1, 3), (Fraction(1, 3), None)),
        (" 2000-01-05 ", ("2000-01-05", None)),
        ((0.1, "0.6"), (0.1, "0.6")),
        ((0.1, None), (0.1, None)),
        (slice(0.1, 0.6), (0.1, 0.6)),
        (slice(None, 5), (-inf, 5)),
        (slice("2000", None), ("2000", inf)),
        (date(2000, 1, 5), ("2000-01-05", None)),
        (datetime(2000, 1, 5), ("2000-01-05T00:00:00.0", None)),
        (datetime(2000, 1, 5, 6, 0, 0, 5), ("2000-01-05T06:00:00.000005", None)),
        (datetime(2000, 1, 5, tzinfo=UTC), ("2000-01-05T00:00:00.0+00:00", None)),
        (datetime(2000, 1, 5, tzinfo=EAST), ("2000-01-05T00:00:00.0+01:00", None)),
        (np.datetime64("2000-01"), ("2000-01", None)),
        (np.datetime64("2000-01-05"), ("2000-01-05", None)),
        (np.datetime64("2000-01-05T06"), ("2000-01-05T06:00:00.000", None)),
        (np.datetime64("2000-01-05", "ns"), ("2000-01-05T00:00:00.000000000", None)),
    ],
)
def test_values(asked: Any, part: Any) -> None:
    assert value_parts({"t": asked}) == {"t": part}


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ((0, 1, 2), KindError, "3 items; expected two ends"),
        (slice(0, 1, 0.5), UsageError, "a step of 0.5"),
        ((None, 3), UsageError, r"write slice\(None, HIGH\)"),
        ("", UsageError, "an empty text"),
        (True, KindError, "True is not a number, a text or a date"),
        (None, KindError, "None is not a number"),
        (1j, KindError, "1j is not a number"),
        (Decimal(1), KindError, "is not a number"),
        (np.timedelta64(1, "D"), KindError, "is not a number"),
        (np.datetime64("NaT"), UsageError, "NaT is not a date"),
        (np.datetime64("2000"), UsageError, "is a year; write it as text, '2000'"),
    ],
)
def test_other_values_are_refused(asked: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        value_parts({"t": asked})


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parts") / "f.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 960)
        file.createDimension("x", 11)
        time = file.createVariable("time", "f4", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = np.arange(960) / 24
        file.createVariable("x", "f8", ("x",))[:] = np.arange(11) * 0.1
        file.createVariable("f", "f4", ("time", "x"))[:] = 1
    return path


def shape(path: Path, **part: Any) -> list[int]:
    report = gradcli.differentiate(path, axis="x", dry_run=True, **part)
    return list(report.variables[0]["shape"])


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ({"sel": {"time": "2000-01-05"}}, [24, 11]),
        ({"sel": {"time": date(2000, 1, 5)}}, [24, 11]),
        ({"sel": {"time": "2000-01"}}, [744, 11]),
        ({"sel": {"time": datetime(2000, 1, 5, 6)}}, [1, 11]),
        ({"sel": {"time": slice("2000-01-05", None)}}, [864, 11]),
        ({"sel": {"time": ("2000-01-05", np.datetime64("2000-01-06"))}}, [48, 11]),
        ({"sel": {"time": 1.5, "x": (0.1, 0.6)}}, [1, 6]),
        ({"isel": {"time": slice(5, 20), "x": (0, 4)}}, [15, 4]),
        ({"isel": {"time": np.int32(-1)}}, [1, 11]),
    ],
)
def test_a_part_of_a_file(hourly: Path, part: Any, found: list[int]) -> None:
    assert shape(hourly, **part) == found


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"sel": {"time": ["2000-01-05", "2000-01-06"]}}, r"sel\['time'\]=.* is of type list"),
        ({"isel": {"x": [0, 5]}}, r"isel\['x'\]=\[0, 5\] is of type list; expected a whole"),
        ({"isel": {"x": (0, 20, 5)}}, r"isel\['x'\]=\(0, 20, 5\)"),
        ({"isel": {"x": slice(0, 20, 5)}}, r"isel\['x'\]: a step of 5"),
        ({"sel": {"time": "2000-01-05:2000-01-06"}}, r"sel\['time'\]: .* is not a date"),
        ({"sel": {"x": date(2000, 1, 1)}}, r"sel\['x'\]: '2000-01-01' is not a number"),
        ({"sel": {"x": float("nan")}}, r"sel\['x'\]: nan is not a coordinate"),
    ],
)
def test_what_is_refused_names_the_keyword_and_the_axis(
    hourly: Path, part: Any, words: str
) -> None:
    with pytest.raises(GradcliError, match=words) as refused:
        shape(hourly, **part)
    assert isinstance(refused.value, ValueError)
    assert "--" not in str(refused.value)
