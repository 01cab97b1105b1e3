"""`gradcli sample` and `--formula`, as the installed command has them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cli.shell import Shell


def test_a_formula_goes_to_a_file_and_through_a_pipe(shell: Shell) -> None:
    grid = "x=-2:2:0.05,y=-2:2:0.05"
    done = shell.run("sample", "sin(x + y)", "--grid", grid, "-o", "wave.npz")
    assert done.out == ["wave.npz"]
    found = np.load(shell.folder / "wave.npz")["f"]
    assert found[20, 30] == np.sin(-1.5)
    done = shell.run("sample", "x**2", "--grid", "x=0:4:1", "-o", "-", "--format", "csv")
    assert done.data == b"x,f\n0.0,0.0\n1.0,1.0\n2.0,4.0\n3.0,9.0\n"


def test_a_formula_takes_the_place_of_an_input(shell: Shell) -> None:
    done = shell.run(
        *("curl", "--formula", "u = -y; v = x", "--var", "u,v", "--axis", "x,y"),
        *("--grid", "y=-1:1:3j,x=-1:1:3j", "-o", "c.csv"),
    )
    assert done.out == ["c.csv"]
    assert (shell.folder / "c.csv").read_text().splitlines()[1:] == [
        "-1.0,2.0,2.0,2.0",
        "0.0,2.0,2.0,2.0",
        "1.0,2.0,2.0,2.0",
    ]


def test_axes_of_one_point_and_odd_names(shell: Shell) -> None:
    csv = ("-o", "-", "--format", "csv")
    done = shell.run("sample", "e + pi", "--grid", "e=2:3:1j", *csv)
    assert (done.data, done.err) == (f"e,f\n2.0,{2 + np.pi}\n".encode(), "")
    done = shell.run("sample", "\u00b5*2", "--grid", "\u00b5=1:3:1", *csv)
    assert done.data.decode() == "\u03bc,f\n1.0,2.0\n2.0,4.0\n"  # as Python reads the name
    done = shell.run("sample", "y", "--grid", "y=0:2:1,x=0:1:1j", "-o", "thin.npy")
    assert (np.load(shell.folder / "thin.npy").tolist(), done.err) == ([[0.0], [1.0]], "")


def test_outputs_that_say_no_format(shell: Shell) -> None:
    grid = ("--grid", "x=0:3:1")
    done = shell.run("sample", "x", *grid, "-o", "/dev/null", "--format", "csv")
    assert done.out == ["/dev/null"]
    done = shell.run("sample", "a = x", "b = 2*x", *grid, "-o", "{component}.npy")
    assert done.out == ["a.npy", "b.npy"]


def test_what_exists_is_skipped(shell: Shell) -> None:
    words = ("compute", "--formula", "x", "--grid", "x=0:3:1", "-o", "a.npy", "--skip-existing")
    shell.run(*words)
    before = (shell.folder / "a.npy").stat().st_mtime_ns
    assert "skipped" in shell.run(*words).err
    assert (shell.folder / "a.npy").stat().st_mtime_ns == before


def test_a_formula_serves_as_coordinate(shell: Shell) -> None:
    done = shell.run(
        *("compute", "--formula", "f = x; c = 2*x", "--grid", "x=0:4:1", "--coords", "x=:c"),
        *("--var", "f", "-o", "-", "--format", "csv"),
    )
    assert done.data.splitlines()[1:] == [f"{2.0 * x},0.5".encode() for x in range(4)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sample", "x", "--grid", "x=3,1,2", "-o", "a.nc"], "must rise, or fall"),
        (["sample", "x", "--grid", "x=1,1,2", "-o", "a.nc"], "must rise, or fall"),
        (["sample", "x", "--grid", "x=1,2", "-o", "a"], "a name without suffix stands for no"),
        (["sample", "x", "--grid", "x=1,2", "-o", "-"], "give it with --format"),
        (["sample", "x", "--grid", "x=1,2", "-o", "{stem}.nc"], "gives its output no name"),
        (["sample", "x+" * 90 + "q", "--grid", "x=1,2", "-o", "a.nc"], "x+x+…: expression …"),
        (["sample", "x", "--grid", "x=1,2", "-o", "a.nc", "--format", "csv"], "another format"),
        *(
            (["compute", "--formula", "x", "--grid", "x=1,2", "-o", "a.nc", *more], told)
            for more, told in [
                (["--recursive"], "--recursive and --formula exclude"),
                (["--keep"], "--keep and --formula exclude"),
                (["--decimal", ","], "--decimal: is about files"),
                (["--csv-layout", "matrix"], "--csv-layout: is about files"),
                (["--no-valid-range"], "--no-valid-range: is about files"),
            ]
        ),
        (["sample", "sin(q)", "--grid", "x=0:1:2j", "-o", "a.nc"], "sin(^q): no name 'q'"),
        (["sample", "x", "-o", "a.nc"], "a formula needs a grid"),
        (["sample", "x", "--grid", "x=0:1:2j"], "a formula gives its output no name"),
        (["sample", "x", "--grid", "x=0:1:2j", "-o", "a.png"], "stands for no format"),
        (["sample", "x*y*z", "--grid", "x=0:1e5,y=0:1e5,z=0:1e5", "-o", "a.nc"], "8,000,000,000,"),
        (["compute", "--formula", "x", "-o", "a.nc"], "--formula needs a grid"),
        (["compute", "--grid", "x=0:1:2j", "-o", "a.nc"], "--grid is the grid of a formula"),
        (
            ["compute", "a.npy", "--formula", "x", "--grid", "x=0:1:2j", "-o", "a.nc"],
            "--formula takes the place of the input a.npy",
        ),
        (["verify", "--exact", "x", "--refine", "3"], "--refine makes grids of its own"),
        (["verify", "--exact", "x", "--grid", "x=0:1:9j", "--tolerance", "nan"], "must be finite"),
        (["verify", "a.npy"], "Missing option '--exact'"),
    ],
)
def test_wrong_uses_are_one_line(shell: Shell, words: list[str], told: str) -> None:
    done = shell.run(*words, code=2)
    assert told in done.err
    assert len(done.err.splitlines()) == 1
    assert list(shell.folder.iterdir()) == []
