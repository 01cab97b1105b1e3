"""The benchmark command runs, and its answers agree; what it measures is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_one_small_case_gives_table_and_json(tmp_path):
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", "csv"]
    folders = ["--folder", str(tmp_path / "inputs"), "--json", str(tmp_path / "table.json")]
    done = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("| work | gradcli s |")
    assert "| CSV table, 50,000 rows × 8 columns |" in done.stdout
    table = json.loads((tmp_path / "table.json").read_text())
    assert [row["agree"] for row in table["rows"]] == [True]
    assert table["rows"][0]["gradcli"]["size"] > 50_000 * 8
    assert [bar["bar"] for bar in table["rows"][0]["bars"]] == ["≥ 8 × faster"]
