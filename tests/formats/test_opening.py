"""Formats by suffix, by --format and on standard input; the contract for CSV."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.formats.opening import open_source
from gradcli.formats.registry import BY_NAME, BY_SUFFIX
from gradcli.model.protocols import Hints
from tests.contract import check_format, read_all, refusal
from tests.grids import WRITERS, write_grid


@pytest.mark.parametrize("layout", ["matrix", "crosstab", "long"])
def test_csv_contract(tmp_path: Path, layout: str) -> None:
    axes = {"matrix": (), "crosstab": ("y", "x"), "long": ("y", "x")}[layout]
    check_format("csv", WRITERS[layout], tmp_path, axes=axes, ends_itself=False)


def test_csv_contract_when_compressed_by_gzip(tmp_path: Path) -> None:
    def write(folder: Path, values: np.ndarray, coordinates: dict) -> Path:
        plain = WRITERS["matrix"](folder, values, coordinates)
        path = folder / "f.csv.gz"
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
        return path

    check_format("csv", write, tmp_path)


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5", "matrix", "crosstab", "long"])
def test_an_odd_suffix_is_read_in_the_format_asked_for(tmp_path: Path, kind: str) -> None:
    values = np.arange(12.0).reshape(4, 3) ** 1.5
    grid = {"y": np.arange(4.0), "x": np.array([0.0, 1, 3])}
    path = write_grid(kind, tmp_path, values, grid)
    odd = tmp_path / "field.odd"
    path.rename(odd)
    asked = kind if kind in BY_NAME else "csv"
    found = [array for array in read_all(odd, Hints(format=asked)).values() if array.ndim == 2]
    assert len(found) == 1
    np.testing.assert_array_equal(found[0], values)


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5"])
def test_a_file_of_another_format_than_its_suffix_is_refused(tmp_path: Path, kind: str) -> None:
    grid = {"y": np.arange(4.0), "x": np.arange(3.0)}
    path = write_grid(kind, tmp_path, np.ones((4, 3)), grid)
    for suffix, known in BY_SUFFIX.items():
        other = known.name
        if other == kind or (kind, other) in (("netcdf", "hdf5"), ("hdf5", "netcdf")):
            continue
        wrong = tmp_path / f"wrong{suffix}"
        wrong.write_bytes(path.read_bytes())
        refusal(wrong)
        wrong.unlink()


def test_a_file_that_is_not_there_a_folder_and_one_without_permission_are_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "closed").mkdir()
    for suffix in BY_SUFFIX:
        assert "No such file" in refusal(tmp_path / f"none{suffix}")
        folder = tmp_path / f"folder{suffix}"
        folder.mkdir()
        assert re.search("director|folder", refusal(folder))
        closed = tmp_path / "closed" / f"a{suffix}"
        closed.write_bytes(b"1,2\n3,4\n")
        closed.chmod(0)
        if os.geteuid():
            assert "denied" in refusal(closed)


@pytest.mark.parametrize("kind", ["npy", "npz", "netcdf", "hdf5", "matrix", "crosstab", "long"])
def test_standard_input_is_read_in_every_format(tmp_path: Path, kind: str) -> None:
    values = np.arange(12.0).reshape(4, 3) ** 1.5
    grid = {"y": np.arange(4.0), "x": np.array([0.0, 1, 3])}
    path = write_grid(kind, tmp_path, values, grid)
    asked = kind if kind in BY_NAME else "csv"
    code = (
        "import sys, numpy as np\n"
        "from gradcli.formats.opening import open_source\n"
        "from gradcli.model.protocols import Hints\n"
        "with open_source('-', Hints(format=sys.argv[1])) as source:\n"
        "    assert source.path == '-'\n"
        "    for name, field in source.fields.items():\n"
        "        if len(field.shape) == 2:\n"
        "            window = tuple(axis.file_window for axis in field.axes)\n"
        "            print(source.read(name, window).tolist())\n"
    )
    command = [sys.executable, "-c", code, asked]
    with path.open("rb") as file:
        run = subprocess.run(command, stdin=file, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == str(values.tolist())


def test_standard_input_without_a_format_is_refused() -> None:
    with pytest.raises(UsageError, match="standard input does not say the format"):
        open_source("-")
