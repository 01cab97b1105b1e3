"""What is written behind options, in this process; test_options.py runs the command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import pytest

from gradcli.cli import parse
from gradcli.errors import UsageError

CHUNKS = click.Option(["--chunks"])


def parsed(take: Callable[..., Any], *values: str) -> Any:
    return take(None, None, values)


def test_steps_are_for_all_axes_or_for_one() -> None:
    found = parsed(parse.parse_spacing, "0.5", "x=2,y = 3", "t=-1e-3")
    assert found == {None: 0.5, "x": 2.0, "y": 3.0, "t": -1e-3}


def test_files_keep_their_commas() -> None:
    found = parsed(parse.parse_coords, "x=a,b.nc:lon", "1=c.npy")
    assert found == {"x": "a,b.nc:lon", "1": "c.npy"}


def test_a_list_of_files_is_parted_by_commas() -> None:
    found = parsed(parse.parse_coords, "3=:coords/x,2=:coords/y", "1=0,1,3,0=z,s.npy")
    assert found == {"3": ":coords/x", "2": ":coords/y", "1": "0,1,3", "0": "z,s.npy"}


def test_a_ring_has_a_period_or_none() -> None:
    assert parsed(parse.parse_periodic, "x,lon=360") == {"x": None, "lon": 360.0}


def test_parts_are_counted_as_python_counts() -> None:
    found = parsed(parse.parse_isel, "t=3,y=1:,x=:-2", "z=-1")
    assert found == {"t": 3, "y": (1, None), "x": (None, -2), "z": -1}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1.5", ("1.5", None)),
        ("-1:2e3", ("-1", "2e3")),
        ("2001-02-03T04:05:06", ("2001-02-03T04:05:06", None)),
        ("2001-02-03T04:05:2001-02-04", ("2001-02-03T04:05", "2001-02-04")),
        ("2001-02-03:2001-02-03 04:05Z", ("2001-02-03", "2001-02-03 04:05Z")),
        ("2001-02-03T04:05:06.789", ("2001-02-03T04:05:06.789", None)),
        ("2001-02-03T04:05:06.7:2001-02", ("2001-02-03T04:05:06.7", "2001-02")),
        ("2001-02-03T04:2001", ("2001-02-03T04", "2001")),
        ("2001-02-03T04+01:30:2001-02-03T04:05", ("2001-02-03T04+01:30", "2001-02-03T04:05")),
        ("2001-02-03T04:05-0500:7", ("2001-02-03T04:05-0500", "7")),
        ("2001-02 : 2001-03", ("2001-02", "2001-03")),
        ("2001:2002", ("2001", "2002")),
    ],
)
def test_the_colons_of_a_time_of_day_separate_nothing(text: str, part: tuple[str, str]) -> None:
    assert parsed(parse.parse_sel, f"t={text}") == {"t": part}


@pytest.mark.parametrize(
    ("text", "found"),
    [(None, None), ("x=4,y=all", {"x": 4, "y": 0}), ("4,all,2", (4, 0, 2)), ("7", (7,))],
)
def test_chunks_are_by_name_or_one_an_axis(text: str | None, found: Any) -> None:
    assert parse.parse_chunks(None, CHUNKS, text) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("take", "value", "words"),
    [
        (parse.parse_spacing, "x=", "--spacing: '' is not a number"),
        (parse.parse_spacing, "=2", "an axis is missing before '='"),
        (parse.parse_coords, "x", "--coords x: write AXIS=FILE"),
        (parse.parse_per, "t=", "--per t: write AXIS=UNIT"),
        (parse.parse_periodic, "x=round", "--periodic: 'round' is not a number"),
        (parse.parse_isel, "x", "write AXIS=I or AXIS=I:J"),
        (parse.parse_isel, "x=1:2:3", "write AXIS=I or AXIS=I:J"),
        (parse.parse_isel, "x=a", "write AXIS=I or AXIS=I:J"),
        (parse.parse_sel, "x", "write AXIS=V or AXIS=V:W"),
        (parse.parse_sel, "x=1:2:3", "write AXIS=V or AXIS=V:W"),
        (parse.parse_sel, "x=1:", "write AXIS=V or AXIS=V:W"),
    ],
)
def test_what_is_written_otherwise_is_refused(
    take: Callable[..., Any], value: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        parsed(take, value)


@pytest.mark.parametrize("text", ["x=4,3", "x=4,x=5", "-3", "x=1.5", "4,many"])
def test_chunks_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"--chunks {text[:2]}"):
        parse.parse_chunks(None, CHUNKS, text)  # type: ignore[arg-type]


def test_a_direction_is_numbers() -> None:
    assert parse.parse_toward(None, None, None) == ()  # type: ignore[arg-type]
    assert parse.parse_toward(None, None, "3,-4e1") == (3.0, -40.0)  # type: ignore[arg-type]


def test_names_of_axes_may_hold_commas_and_equals_signs() -> None:
    assert parsed(parse.parse_per, "Time, s=ms,x=y=km") == {"Time, s": "ms", "x=y": "km"}
    assert parsed(parse.parse_sel, "Time, s=0:2") == {"Time, s": ("0", "2")}
    assert parsed(parse.parse_isel, "x=y=1") == {"x=y": 1}
    assert parsed(parse.parse_spacing, "Time, s=0.5,x=2") == {"Time, s": 0.5, "x": 2.0}
    assert parsed(parse.parse_units, "x=y=min") == {"x=y": "min"}
    assert parsed(parse.parse_coords, "x=a=b.npy") == {"x": "a=b.npy"}
