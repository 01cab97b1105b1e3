"""``gradcli probe``: values and derivatives at points."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from tests.cli.shell import Shell

SINE = ("--formula", "sin(x+y)", "--grid", "x=-2:2:0.05,y=-2:2:0.05")


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_a_table_holds_coordinates_value_and_derivatives(shell: Shell) -> None:
    (row,) = _rows(shell.run("probe", *SINE, "--at", "x=-1,y=-0.5").data)
    assert list(row) == ["x", "y", "f", "df_dx", "df_dy"]
    assert (row["x"], row["y"]) == ("-1.0", "-0.5")
    assert float(row["f"]) == np.sin(-1.5)
    assert row["df_dx"] == row["df_dy"]
    assert row["df_dx"].startswith("0.0707")


def test_every_at_is_a_point_and_other_operators_go_along(shell: Shell) -> None:
    done = shell.run("probe", *SINE, "--at", "x=-1,y=0", "--at", "1=1,0=1", "--also", "magnitude")
    first, second = _rows(done.data)
    assert second["x"] == second["y"] == "1.0"
    assert float(first["grad_f"]) == pytest.approx(np.sqrt(2) * np.cos(1), abs=1e-3)


def test_json_holds_points_units_and_notes(shell: Shell) -> None:
    words = ("--var", "T", "--axis", "lat", "--at", "time=2000-01-02,lat=11,lon=-45")
    found = shell.run("probe", "grid.nc", *words, "--json").json()
    assert set(found) == {"input", "points", "units", "notes"}
    (point,) = found["points"]
    assert list(point) == ["time", "lat", "lon", "T", "dT_dlat"]
    assert (point["time"], point["lat"], point["lon"]) == ("2000-01-02", 11.0, -45.0)
    assert found["units"]["dT_dlat"] == "K degree_north-1"


def test_a_longitude_goes_around_and_float32_keeps_its_shortest_form(shell: Shell) -> None:
    words = ("--var", "T", "--axis", "lat", "-q")
    places = [("--at", f"t=1,y=11,x={x}") for x in (270, 0, -45)]
    rows = _rows(shell.run("probe", "grid.nc", *words, *places[0], *places[1], *places[2]).data)
    last, first, between = (float(row["T"]) for row in rows)
    assert between == np.float32((last + first) / 2)
    assert all(len(row["dT_dlat"]) <= 12 for row in rows)


def test_points_come_from_a_file_or_a_pipe(shell: Shell) -> None:
    text = b"y,x,who\n-0.5,-1,me\n0,1,you\n"
    (shell / "p.csv").write_bytes(text)
    done = shell.run("probe", *SINE, "--points", "p.csv")
    assert [row["y"] for row in _rows(done.data)] == ["-0.5", "0.0"]
    assert done.err == "Note: no axis is called who: not used\n"
    assert shell.run("probe", *SINE, "--points", "-", stdin=text).data == done.data


def test_an_array_without_coordinates_takes_indices(shell: Shell) -> None:
    np.save(shell / "a.npy", np.arange(12.0).reshape(3, 4))
    (row,) = _rows(shell.run("probe", "a.npy", "--at", "0=1,1=2.5", "-q").data)
    assert row == {"0": "1", "1": "2.5", "a": "6.5", "da_d0": "4.0", "da_d1": "1.0"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "sin(x+y): --at: no value for the axis x; the axes are x, y: write --at x=…,y=…"),
        (("--at", "x=1"), "sin(x+y): --at: no value for the axis y; the axes are x, y: write"),
        (("--at", "x=1,y=2"), "sin(x+y): --at y=2: lies outside; the axis goes from -2 to 1.95"),
        (("--at", "x=1,z=2"), "sin(x+y): --at: no axis 'z'; there are: x, y"),
        (("--at", "x=1,x=2"), "--at x=1 and --at x=2: give x one value"),
        (("--at", "x"), "--at x: write AXIS=V,…"),
        (("--points", "p.csv"), "sin(x+y): --points p.csv row 2 x=9: lies outside; the axis goes"),
        (
            ("--points", "q.csv"),
            "sin(x+y): --points q.csv row 1: no value for the axis y; the axes",
        ),
    ],
)
def test_a_point_that_is_none_is_refused(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    (shell / "p.csv").write_text("x,y\n1,1\n9,1\n")
    (shell / "q.csv").write_text("x,z\n1,1\n")
    assert shell.refuse("probe", *SINE, *words, code=2).startswith(f"Error: {message}")


def test_standard_input_holds_one_thing(shell: Shell) -> None:
    error = shell.refuse("probe", "-", "--points", "-", code=2)
    assert "not both" in error
