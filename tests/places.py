"""Where things lie: the repository, its samples, and the real files that lie beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gradcli"
SAMPLES = ROOT / "sample_data"
# Files of other projects; where they are absent, their tests skip.
REAL = ROOT.parent / "shared" / "real"
CASES = REAL.parent / "cases"
