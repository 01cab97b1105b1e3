"""`gradcli verify`: tables for people, JSON for scripts, and exit codes."""

from __future__ import annotations

import json
import os
import sys

import pytest

from tests.cli.shell import Shell

POTENTIAL = ("--grid", ",".join(f"{name}=-100:101:25" for name in "xyz"))


def test_the_potential_is_exact_inside(shell: Shell) -> None:
    text = "2*x**2 + 3*y**2 - 4*z"
    shell.run("sample", text, *POTENTIAL, "-o", "v.nc")
    done = shell.run("verify", "v.nc", "--exact", text, "--edge-order", "2", "--json")
    told = done.json()
    assert told["ok"] is True
    assert [each["name"] for each in told["derivatives"]] == ["df_dx", "df_dy", "df_dz"]
    assert [each["largest_inside"] for each in told["derivatives"]] == [0, 0, 0]
    done = shell.run("verify", "v.nc", "--exact", text, code=1)
    assert [line.split()[0] for line in done.out[:4]] == ["largest", "df_dx", "df_dy", "df_dz"]
    assert "not ok  x=-100, y=-100, z=-100" in done.out[1]
    assert "df_dx is 4*x by the formula" in done.out


def test_a_tolerance_decides(shell: Shell) -> None:
    words = ("verify", "--exact", "sin(x)", "--grid", "x=0:3:31j", "--accuracy", "4")
    shell.run(*words)
    done = shell.run(*words, "--tolerance", "1e-9", "--json", code=1)
    assert done.json()["ok"] is False


def test_the_observed_order(shell: Shell) -> None:
    words = ("verify", "--exact", "sin(x)", "--grid", "x=0:3:21j", "--accuracy", "4")
    told = shell.run(*words, "--refine", "3", "--json").json()
    assert told["observed_order"] == pytest.approx(4, abs=0.1)
    assert told["observed_order_all"] == pytest.approx(4, abs=0.1)
    assert [grid["points"] for grid in told["derivatives"][0]["grids"]] == [21, 41, 81]
    done = shell.run(*words, "--refine", "3")
    assert done.out[-1].startswith("  observed order: 3.9")


def test_without_sympy_one_line_says_what_to_install(shell: Shell) -> None:
    hide = shell.folder / "hide"
    hide.mkdir()
    (hide / "sympy.py").write_text("raise ImportError")
    words = ("verify", "--exact", "x", "--grid", "x=0:1:9j")
    places = os.pathsep.join(filter(None, [str(hide), os.environ.get("PYTHONPATH")]))
    done = shell.run(*words, code=1, fresh=True, env={"PYTHONPATH": places})
    assert done.err.endswith(
        "needs the package sympy, which is not installed; install it: "
        f"{sys.executable} -m pip install sympy\n"
    )


def test_json_has_no_numbers_that_json_lacks(shell: Shell) -> None:
    words = ("verify", "--exact", "x**2", "--grid", "x=0:1:9j", "--edge-order", "2")
    told = json.loads(shell.run(*words, "--refine", "2", "--json").data)
    assert told["observed_order"] is None


def test_an_axis_may_have_the_name_of_a_constant(shell: Shell) -> None:
    grid = ("--grid", "e=0:1:5j", "--edge-order", "2")
    found = json.loads(shell.run("verify", "--exact", "e**2 + pi", *grid, "--json").out[0])
    assert found["derivatives"][0]["exact"] == "2*e"
    assert found["ok"]
