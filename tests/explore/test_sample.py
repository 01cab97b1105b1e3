"""The values of a formula, written block by block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import OutputError, UsageError
from gradcli.explore.sample import sample

GRID = {"x": slice(-2, 2, 9j), "y": slice(0, 1, 0.25)}


def test_values_are_those_of_numpy_and_whole(tmp_path: Path) -> None:
    report = sample("u = x*y; v = sin(x)", str(tmp_path / "a.npz"), grid=GRID)
    x, y = np.mgrid[-2:2:9j, 0:1:0.25]
    found = np.load(report.outputs[0])
    assert sorted(found.files) == ["u", "v", "x", "y"]
    np.testing.assert_array_equal(found["u"], x * y)
    np.testing.assert_array_equal(found["v"], np.sin(x))


def test_values_have_no_notes_on_derivatives(tmp_path: Path) -> None:
    grid = {"lat": slice(36, 44, 9j), "lon": slice(0, 8, 9j)}
    assert sample("lon*lat", str(tmp_path / "a.nc"), grid=grid).notes == []


def test_one_array_a_file_in_the_type_asked_for(tmp_path: Path) -> None:
    sample("x*y", str(tmp_path / "a.npy"), grid=GRID, dtype="f4")
    found = np.load(tmp_path / "a.npy")
    assert found.dtype == np.float32
    assert found.shape == (9, 4)


def test_what_exists_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        sample("x", str(tmp_path / "a.npy"), grid=GRID)
    assert (tmp_path / "a.npy").read_bytes() == b"mine"


def test_an_output_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a formula gives its output no name"):
        sample("x", None, grid=GRID)
