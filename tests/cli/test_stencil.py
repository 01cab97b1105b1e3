"""The command that shows weights: its table, its JSON, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cli.shell import Shell, single_error


def test_the_table_shows_weights_and_the_term(common: Shell) -> None:
    done = common.run("stencil", "--order", "1", "--accuracy", "4")
    assert done.err == ""
    line = next(line for line in done.out if line.startswith("inside"))
    assert line.split("  ")[-1].strip() == "-h⁴/30 f⁽⁵⁾"
    assert " 1/12 -2/3 0 2/3 -1/12 " in line
    assert [line.split("  ")[0] for line in done.out[3:]] == [
        "first",
        "first + 1",
        "inside",
        "last - 1",
        "last",
    ]


def test_json_is_what_compute_makes_of_unit_impulses(shell: Shell) -> None:
    size = 12
    np.save(shell / "eye.npy", np.eye(size))
    options = ("--order", "2", "--accuracy", "4", "--edge-order", "3", "--spacing", "0.25")
    shell.run("compute", "eye.npy", "-a", "0", *options, "-o", "out.npy")
    rows = shell.run("stencil", *options, "--points", str(size), "--json").json()["rows"]
    made = np.zeros((size, size))
    for row in rows:
        for place in range(row["first"], row["last"] + 1):
            made[place, np.array(row["offsets"]) + place] = row["weights"]
    found = np.load(shell / "out.npy")
    np.testing.assert_allclose(made, found, rtol=0, atol=4e-15 * np.abs(found).max())
    assert rows[2]["fractions"] == ["-4/3", "64/3", "-40", "64/3", "-4/3"]
    assert rows[2]["leading"] == {
        "text": "-h⁴/90 f⁽⁶⁾",
        "coefficient": "-1/90",
        "power": 4,
        "derivative": 6,
    }


def test_coordinates_give_each_row(common: Shell) -> None:
    done = common.run("stencil", "--coords", "0,1,3")
    assert " ".join(done.out[4].split()[:8]) == "1 1 -1 0 1 -2/3 1/2 1/6"
    found = common.run("stencil", "--coords", "3,1,0", "--json").json()
    assert [row["coordinates"] for row in found["rows"]] == [[3, 3], [1, 1], [0, 0]]


def test_a_short_axis_lowers_the_edge_order_with_a_note(common: Shell) -> None:
    done = common.run("stencil", "--order", "2", "--points", "3")
    assert done.err == "Note: the axis: 3 points allow an edge order of 1, not 2 as by default\n"


def test_periods(common: Shell) -> None:
    assert common.run("stencil", "--periodic").out[-1].startswith("every row")
    places = ("--coords", "0,90,200")
    assert len(common.run("stencil", *places, "--periodic", "360").out) == 6


def test_a_stream_without_raised_characters_gets_others(common: Shell) -> None:
    done = common.run("stencil", fresh=True, env={"PYTHONIOENCODING": "ascii"})
    assert done.out[-1].endswith("  -h/2 f^(2)")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("--smooth savgol:5,2 --accuracy 4", "--accuracy and --smooth exclude each other"),
        ("--accuracy 3", "a central scheme takes 2, 4, 6 or 8"),
        ("--order 7", "order 7"),
        ("--coords 0,1 --spacing 2", "--spacing and --coords exclude each other"),
        ("--coords 0,1 --points 2", "--points and --coords exclude each other"),
        ("--coords 0,x", "--coords: 'x' is not a number"),
        ("--coords 0,1,inf", "inf is not finite"),
        ("--coords 0,2,1", "1 at index 2 comes after 2"),
        ("--coords 0,1,3 --accuracy 4", "the axis: has 3 points, and"),
        ("--coords 0,1,3 --periodic", "give it (--periodic PERIOD)"),
        ("--coords 0,1,3 --periodic 2", "the period is only 2"),
        ("--periodic 360", "give the points too"),
        ("--periodic --edge-order 2", "--edge-order: a periodic axis has no ends"),
        ("--periodic --edges missing", "--edges: a periodic axis has no ends"),
        ("--edges missing --edge-order 2", "there are no one-sided differences"),
        ("--spacing 0", "must not be 0"),
        ("--spacing 1e-300 --order 3", "too small"),
        ("--points 0", "--points"),
        ("--order 1 --order 2", "--order is given 2 times"),
        ("image.npy", "takes no words; found also"),
    ],
)
def test_contradictions_are_one_line(common: Shell, args: str, says: str) -> None:
    done = common.run("stencil", *args.split(), code=2)
    error = single_error(done.err)
    assert says in error
    assert "--axis" not in error
    assert done.data == b""
