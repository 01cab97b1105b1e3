"""The benchmark command runs, and its answers agree; what it measures is not tested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT


def quick(case: str, folder: Path) -> tuple[str, list[dict]]:
    """Run one small case, and return the table that it prints and the rows of its JSON."""
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", case]
    folders = ["--folder", str(folder / "inputs"), "--json", str(folder / "table.json")]
    done = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout, json.loads((folder / "table.json").read_text())["rows"]


def test_one_small_case_gives_table_and_json(tmp_path):
    printed, rows = quick("csv", tmp_path)
    assert printed.startswith("| work | gradcli | peer | ratio | bar |")
    assert "| CSV table, 50,000 rows × 8 columns |" in printed
    assert [row["agree"] for row in rows] == [True]
    assert rows[0]["gradcli"]["size"] > 50_000 * 8
    assert [bar["bar"] for bar in rows[0]["bars"]] == ["≥ 8 × faster"]


def test_one_grid_agrees_with_gmt_and_is_timed_with_gdal(tmp_path):
    printed, rows = quick("grid", tmp_path)
    assert "| NetCDF 1800 × 1800 float32, one grid, uncompressed: x |" in printed
    expected = {"cp": None}
    if shutil.which("gmt"):
        expected["GMT"] = True
    if shutil.which("gdaldem"):
        expected["GDAL slope"] = None
    assert {row["peer"]: row["agree"] for row in rows} == expected
    assert all(row["peer_usage"]["size"] > 4 * 1800**2 for row in rows)


def test_further_operators_and_holes_agree_with_what_they_are_measured_against(tmp_path):
    _, rows = quick("operators,adapt", tmp_path)
    assert [row["agree"] for row in rows] == [True, True, None]
    assert [bar["bar"] for row in rows for bar in row["bars"]] == [
        "time a byte ≤ 1.15 × compute",
        "≤ 1.1 × propagate",
        "≤ 3 × propagate",
    ]


@pytest.mark.long
def test_columns_agree_with_a_loop_and_are_timed() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.columns", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    errors = [float(line.split("|")[2]) for line in done.stdout.splitlines()[2:]]
    assert len(errors) == 8
    assert max(errors) < 1e-6
