"""``gradcli descend``: paths of steepest descent, and stream lines."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.shell import Shell

BOWL = ("--formula", "x**2+y**2", "--grid", "x=-2:2:41j,y=-2:2:41j")


def _rows(data: bytes) -> list[dict[str, float]]:
    rows = csv.DictReader(io.StringIO(data.decode()))
    return [{name: float(cell) for name, cell in row.items()} for row in rows]


def test_a_table_holds_points_values_and_arc_length(shell: Shell) -> None:
    done = shell.run("descend", *BOWL, "--from", "x=1,y=1.5")
    rows = _rows(done.data)
    assert rows[0] == {"x": 1.0, "y": 1.5, "f": 3.25, "arc_length": 0.0}
    assert abs(rows[-1]["x"]) < 0.1
    assert abs(rows[-1]["y"]) < 0.1
    assert done.err.startswith("Note: the path ends at a stationary point: x=0.0")


def test_several_starts_number_their_paths(shell: Shell) -> None:
    done = shell.run("descend", *BOWL, "--from", "x=1,y=1", "--from", "x=0.5,y=1", "--ascend", "-q")
    rows = _rows(done.data)
    assert done.err == ""
    assert list(rows[0]) == ["path", "x", "y", "f", "arc_length"]
    assert {row["path"] for row in rows} == {1.0, 2.0}
    assert rows[-1]["y"] == 2.0


def test_json_says_why_a_path_ended(shell: Shell) -> None:
    found = shell.run("descend", *BOWL, "--from", "x=1,y=1.5", "--length", "1", "--json").json()
    assert found["ended"] == found["paths"][0]["ended"] == "length"
    assert found["paths"][0]["points"][-1]["arc_length"] == found["paths"][0]["arc_length"] == 1.0
    more = ("--from", "x=1,y=1", "--from", "x=0,y=0", "--json", "-q")
    assert shell.run("descend", *BOWL, *more).json()["ended"] == ["stationary", "stationary"]


def test_a_time_is_held_and_longitudes_go_around(shell: Shell) -> None:
    words = ("--var", "T", "--axis", "lon", "--metric", "none", "-q")
    done = shell.run("descend", "grid.nc", *words, "--from", "t=2000-01-02,y=11,x=-30")
    assert list(_rows(done.data)[0]) == ["lon", "T", "arc_length"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Missing option '--from'"),
        (("--from", "x=1,y=9"), "x**2+y**2: --from y=9: lies outside"),
        (("--from", "x=1,y=1", "--length", "0"), "--length 0.0: it must be finite, and above 0"),
        (("--from", "x=1,y=1", "--tolerance", "nan"), "--tolerance nan: it must lie between 1e-10"),
        (("--from", "x=1,y=1", "--per", "x=m"), "--per: an option of compute"),
    ],
)
def test_wrong_words_are_refused(shell: Shell, words: tuple[str, ...], message: str) -> None:
    assert shell.refuse("descend", *BOWL, *words, code=2).startswith(f"Error: {message}")
