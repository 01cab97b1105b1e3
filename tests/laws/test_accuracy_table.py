"""gradcli's errors against exact answers are never the worse beside peers on the same files."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.benchmarks import accuracy
from tests.benchmarks.accuracy import Row
from tests.places import ROOT


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict]]:
    path = tmp_path_factory.mktemp("accuracy") / "table.json"
    command = [sys.executable, "-m", "tests.benchmarks.accuracy", "--json", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout, json.loads(path.read_text())["rows"]


def named(table: tuple[str, list[dict]], beginning: str) -> list[dict]:
    """Return the rows of the cases whose names begin so; at least one."""
    found = [row for row in table[1] if row["case"].startswith(beginning)]
    assert found, beginning
    return found


def test_no_peer_is_nearer_to_the_exact_answer(table):
    verdicts = {(row["case"], row["verdict"]) for row in table[1]}
    assert not [case for case, verdict in verdicts if verdict == "WORSE"]
    offset = {case for case, verdict in verdicts if verdict == "offset"}
    assert offset <= {"∂f/∂x, wave on the sphere (MetPy: first_derivative)"}
    assert all(isinstance(row["gradcli"], float) for row in table[1])


def test_numpy_and_xarray_are_always_there(table):
    for row in named(table, "Laplacian, uneven steps, accuracy 2"):
        assert {"numpy", "xarray"} <= set(row["peers"])
    assert table[0].startswith("| derivative | at | gradcli | numpy | xarray |")


def test_known_mistakes_of_others_show_beside_what_is_right(table):
    for row in named(table, "x² with a missing cell"):
        assert (row["gradcli"], row["peers"]["numpy"], row["peers"]["xarray"]) == (
            *(0, "number", "number"),
        )
    for row in named(table, "2x, float32 longitudes"):
        assert row["gradcli"] < 1e-6
        assert row["peers"]["numpy"] > 0.02
    for row in named(table, "1 K/s, stored in"):
        assert row["gradcli"] < 1e-12
        assert row["peers"]["xarray"] > 0.99
    for row in named(table, "x² on 0, 1, 3, 4, 6, 10"):
        assert row["gradcli"] < 1e-15
        assert row["peers"]["unweighted"] > 0.05


def test_beside_a_pole_solid_rotation_is_as_exact_as_elsewhere(table):
    errors = [row["gradcli"] for row in named(table, "vorticity of solid rotation")]
    assert max(errors) < 2.1e-4


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (1e-3, 1e-3, "same"),
        (1e-3, 2e-3, "better"),
        (1e-3, 9e-4, "WORSE"),
        (0.0, "number", "better"),
        ("number", "number", "WORSE"),
        ("missing", 1e-3, "WORSE"),
        (3e-16, 0.0, "same"),
    ],
)
def test_a_verdict(ours, theirs, verdict):
    assert Row("case", "at", ours, {"numpy": theirs, "xarray": 1.0}).verdict == verdict


def test_an_excuse_holds_for_little_more_than_rounding():
    verdicts = [Row("", "", x, {"MetPy": 1.0}, "why").verdict for x in (1.0, 1.07, 1.2, "missing")]
    assert verdicts == ["same", "offset", "WORSE", "WORSE"]


def test_an_error_is_in_a_part_and_over_the_largest_of_the_whole():
    exact = np.array([1.0, 4.0, np.nan])
    assert accuracy.error(np.array([2.0, 0.0, np.nan]), exact, slice(0, 1)) == 0.25
    assert accuracy.error(np.array([1.0, 4.0, 7.0]), exact, ...) == "number"
    assert accuracy.error(np.array([np.nan, 4.0, np.nan]), exact, ...) == "missing"
