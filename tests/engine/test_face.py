"""The face of a function for Python users."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import gradcli


def test_notes_name_keywords(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes("t,W\xe4rme\n0,1\n1,2\n2,3\n".encode("latin-1"))
    report = gradcli.differentiate(tmp_path / "f.csv", tmp_path / "x.csv", axis="t")
    assert any("encoding" in note and "--" not in note for note in report.notes)
    assert np.isfinite(np.loadtxt(tmp_path / "x.csv", delimiter=",", skiprows=1)).all()
