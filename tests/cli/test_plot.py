"""``gradcli plot``: pictures of files and of formulas, and what it refuses."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.cli.shell import Shell, environment_of
from tests.long import long
from tests.memory import measured
from tests.places import SAMPLES

SMALL = ("--dpi", "30")
PNG = b"\x89PNG\r\n"
POTENTIAL = ("--formula", "2*x**2 + 3*y**2 - 4*z")
MGRID = ("--grid", "x=-100:101:25,y=-100:101:25,z=-100:101:25")
WAVE = ("--formula", "sin(x + y)", "--grid", "x=-5:5:0.05,y=-5:5:0.05")
CURVE = ("--formula", "2*x**2 + x/2", "--grid", "x=-5:5:0.1")
# Questions that people ask about gradients, each a command: what its panels are, and their ends.
SEEDS = {
    "a potential and its gradient": (
        (*POTENTIAL, *MGRID, "--show", "field,gradient,magnitude", "--at", "z=0", "--edge-order",
         "2"),
        {"f": (0, 50_000), "df_dx": (-400, 400), "df_dy": (-600, 600), "df_dz": (-4, -4)},
    ),
    "a wave as a surface": (
        (*WAVE, "--kind", "surface", "--show", "field,gradient,laplacian"),
        {"f": (-1, 1), "df_dx": (-1, 1), "df_dy": (-1, 1), "lap_f": (-2, 2)},
    ),
    "an image beside its two gradients": (
        (str(SAMPLES / "image.npy"), "--show", "field,gradient"),
        {"image": (25, 178), "dimage_d0": (-12, 13), "dimage_d1": (-10, 11.5)},
    ),
    "a first derivative": (
        (*CURVE, "--edge-order", "2"),
        {"f": (-0.03, 50.47), "df_dx": (-19.5, 20.1)},
    ),
    "a fifth derivative": ((*CURVE, "--order", "5"), {"f": (-0.03, 50.47), "d5f_dx5": (0, 0)}),
    "arrows up the slope": (
        ("--formula", "exp(-x**2 - y**2)", "--grid", "y=-2:2:21j,x=-2:2:21j", "--kind", "arrows"),
        {"f": (0, 1)},
    ),
    "stream lines of a vector": (
        ("--formula", "u = -y; v = x", "--grid", "y=-1:1:21j,x=-1:1:21j", "--var", "u,v", "--kind",
         "stream", "--show", "field,curl"),
        {"|(u, v)|": (0, 1.42), "curl": (2, 2)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDS)
def test_questions_that_people_ask(name: str, shell: Shell) -> None:
    words, expected = SEEDS[name]
    told = shell.run("plot", *words, *SMALL, "-o", "made.png", "--json").json()
    assert (shell / "made.png").read_bytes().startswith(PNG)
    found = {panel["name"]: (panel["smallest"], panel["largest"]) for panel in told["panels"]}
    assert expected.keys() <= found.keys()
    for panel, ends in expected.items():
        assert found[panel] == pytest.approx(ends, rel=0.02, abs=0.03), panel


def test_the_default_name_and_what_is_said(shell: Shell) -> None:
    (shell / "ocean.nc").write_bytes((SAMPLES / "ocean.nc").read_bytes())
    done = shell.run("plot", "ocean.nc", "--axis", "x,y", *SMALL)
    assert done.out == ["ocean_plot.png"]
    assert "Note: shown at the first point, time 2020-01-13 (--at time=…)\n" in done.err
    assert len({*(notes := done.err.splitlines())}) == len(notes)
    assert shell.run("plot", "ocean.nc", "-q", "-O", *SMALL).err == ""
    line = shell.refuse("plot", "ocean.nc", *SMALL)
    assert line.endswith("ocean_plot.png: exists already; -O replaces it, -o names another")
    line = shell.refuse("plot", "ocean.nc", "--axis", "nope", *SMALL, code=2)
    assert "no axis 'nope'" in line


def test_five_axes_are_shown_at_first_points_which_one_line_and_the_title_say(shell: Shell) -> None:
    np.save(shell / "five.npy", np.random.default_rng(0).random((2, 3, 4, 5, 6)))
    words = ("plot", "five.npy", "--dims", "r,t,z,y,x", "--show", "field", *SMALL, "-o", "a.png")
    done = shell.run(*words, "--json")
    notes = [line for line in done.err.splitlines() if "first point" in line]
    told = "r index 0, t index 0, z index 0 (--at r=…)"
    assert notes == [f"Note: shown at the first points, {told}"]
    title = done.json()["panels"][0]["title"]
    assert title == "five, r = index 0, t = index 0, z = index 0"


@pytest.mark.parametrize(("name", "head"), [("a.svg", b"<?xml"), ("a.PDF", b"%PDF"), ("-", PNG)])
def test_other_formats_and_stdout(name: str, head: bytes, shell: Shell) -> None:
    done = shell.run("plot", *CURVE, "-o", name, *SMALL)
    made = done.data if name == "-" else (shell / name).read_bytes()
    assert made.startswith(head)


REFUSED = {
    ("-o", "a.jpg"): (
        2,
        "-o a.jpg: '.jpg' is not a format of pictures; there are: .png, .svg, .pdf",
    ),
    ("--size", "0x600"): (2, "--size 0x600: a side of a picture has 16 to 20000 pixels"),
    ("--size", "9"): (2, "--size '9'; write WIDTHxHEIGHT in pixels, as 800x600"),
    ("--dpi", "0"): (2, "--dpi 0; it is 10 to 2400"),
    ("--show", "slope"): (2, "no panel 'slope'; there are: field"),
    ("--show", ","): (2, "--show: names nothing"),
    ("--kind", "map"): (2, "--kind map: needs two axes, and only one is shown"),
    ("--at", "y=3"): (2, "--at: no axis 'y'"),
    ("--at", "x"): (2, "--at x: write AXIS=V"),
    ("--at", "x=1", "--at", "x=2"): (2, "--at x=1 and --at x=2: give x one value"),
    ("--at", "x=1"): (1, "no axis of two points or more is left to show"),
    ("--formula", "0*x/0"): (1, "every value that would be shown is missing"),
    ("-o", "no/such/folder.png"): (1, "no/such/folder.png: "),
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_is_refused_in_one_line(words: tuple[str, ...], shell: Shell) -> None:
    code, told = REFUSED[words]
    formula = CURVE[2:] if "--formula" in words else CURVE
    output = () if "-o" in words else ("-o", "a.png")
    assert told in shell.refuse("plot", *formula, *words, *output, code=code)


def test_without_matplotlib_one_line_says_what_to_install(shell: Shell) -> None:
    hide = shell.folder / "hide"
    hide.mkdir()
    (hide / "matplotlib.py").write_text("raise ImportError")
    places = os.pathsep.join(filter(None, [str(hide), os.environ.get("PYTHONPATH")]))
    done = shell.run("plot", *CURVE, "-o", "a.png", code=1, fresh=True, env={"PYTHONPATH": places})
    assert done.err.endswith(
        "needs the package matplotlib, which is not installed; install it: "
        f"{sys.executable} -m pip install matplotlib\n"
    )
    assert not (shell / "a.png").exists()


def test_at_a_terminal_it_draws_characters(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    words = [sys.executable, "-m", "gradcli", "plot", "-q", *CURVE]
    variables = environment_of() | {"COLUMNS": "60", "NO_COLOR": "1", "TERM": "xterm"}
    subprocess.run(words, cwd=tmp_path, env=variables, stdout=child, check=True)
    drawn = os.read(parent, 100_000).decode()
    assert "f" in drawn.splitlines()[0]
    assert "df_dx" in drawn
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("suffix", [long("npy"), "h5"])
def test_a_file_of_ten_gibibytes_takes_little_memory(suffix: str, shell: Shell) -> None:
    path, shape = shell / f"big.{suffix}", (20, 40, 1000, 1678)
    if suffix == "npy":
        with open(path, "wb") as made:
            form = {"descr": "<f8", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(made, form)
            made.truncate(made.tell() + int(np.prod(shape)) * 8)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("a", shape, "f8", chunks=(2, 4, 200, 200))
    report = shell / "peak"
    words = ("plot", path.name, "-q", "-o", "a.png")
    shell.finish(shell.start(*words, under=measured(report)))
    assert (shell / "a.png").exists()
    assert int(report.read_text()) < 300 * 2**20
