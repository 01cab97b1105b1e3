"""The benchmark command runs, and its answers agree; what it measures is not tested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.long import long
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


@pytest.mark.parametrize(
    ("case", "agree", "bars"),
    [
        long("operators", [True], ["time a byte ≤ 1.15 × compute"]),
        ("adapt", [True, None], ["≤ 1.1 × propagate", "≤ 3 × propagate"]),
    ],
)
def test_further_cases_agree_with_what_they_are_measured_against(tmp_path, case, agree, bars):
    _, rows = quick(case, tmp_path)
    assert [row["agree"] for row in rows] == agree
    assert [bar["bar"] for row in rows for bar in row["bars"]] == bars


@pytest.mark.long
def test_columns_agree_with_a_loop_and_are_timed() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.columns", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    errors = [float(line.split("|")[3]) for line in done.stdout.splitlines()[2:]]
    assert len(errors) == 48
    assert max(errors) < 1e-6


@pytest.mark.long
def test_arrays_of_both_orders_and_forms_of_csv_agree_and_are_timed(tmp_path):
    _, rows = quick("order-npy-128x128,form", tmp_path)
    assert {row["peer"] for row in rows} == {"C order", "pandas, np.gradient"}
    assert [row["agree"] for row in rows] == [True] * 2 + [None] * 6


def test_files_of_instruments_are_compared_with_what_pandas_reads(tmp_path, capsys):
    from tests.benchmarks import instruments

    track = tmp_path / "traja/traja/tests/data/3527.csv"
    track.parent.mkdir(parents=True)
    rows = [f"{i},{i * 0.02:.2f},8,{(i % 7) ** 2 / 3},0,TRUE" for i in range(30)]
    track.write_text("\n".join(["Frame,Time,TrackId,x,y,ValueChanged", *rows]) + "\n")
    assert instruments.main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "| traja: 3527.csv | track | CSV, ',' between cells, names on line 1 | 30 |" in printed
    assert "absent: files of GitHub lmfit/lmfit-py @" in printed
    track.write_text(track.read_text().replace("0.04", "0.4"))
    assert instruments.main([str(tmp_path)]) == 1
    assert "FAILED: " in capsys.readouterr().out


@pytest.mark.long
def test_compressed_files_agree_with_xarray_and_are_timed_with_the_codec(tmp_path):
    _, rows = quick("codec", tmp_path)
    assert all(row["agree"] is not False for row in rows)
    assert "≤ 1.15 × isal + cp" in [bar["bar"] for row in rows for bar in row["bars"]]
