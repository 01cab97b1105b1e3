"""The sample files against the exact gradients that sample_data/make.py states."""

from __future__ import annotations

import csv
import filecmp
import gzip
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli

CASES = [
    ("ocean.nc", "sst", {}),
    ("terrain.nc", "elevation", {}),
    ("potential.h5", "field/potential", {}),
    ("potential.h5", "field/charge", {}),
    ("image.npy", "image", {"dims": "y,x"}),
    ("image.csv", "image", {"dims": "y,x"}),
    ("wave.npz", "h", {"dims": "y,x"}),
    ("wave.npz", "u", {"dims": "z,y,x"}),
    ("track.csv", "depth", {}),
    ("track.csv", "x", {}),
    ("station.csv", "temperature", {}),
    ("station.csv", "pressure", {}),
    ("survey.csv", "gravity", {}),
    ("survey.csv", "magnetic", {}),
    ("section.csv", "section", {"dims": "depth,distance"}),
    ("profile.csv.gz", "salinity", {}),
]


def read_back(paths: list[str], name: str) -> np.ndarray:
    """Return one result, by other libraries than ours, in the shape that the file gives it."""
    path = Path(paths[0])
    if path.suffix == ".nc":
        with netCDF4.Dataset(path) as file:
            return np.ma.filled(file[name][...], np.nan)
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return file[name][...]
    if path.suffix == ".npz":
        with np.load(path) as archive:
            return archive[name]
    if path.suffix == ".npy":
        return np.load(next(p for p in paths if p.endswith(f"_{name.rpartition('_')[2]}.npy")))
    return read_csv(paths, name)


def read_csv(paths: list[str], name: str) -> np.ndarray:
    path = next((p for p in paths if f"_{name.rpartition('_')[2]}.csv" in p), paths[0])
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="") as file:
        text = file.read()
    delimiter = next(mark for mark in ";\t," if mark in text)
    rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    if name in rows[0]:
        column = rows[0].index(name)
        cells = [row[column].replace(",", ".") for row in rows[1:]]
        values = np.array([float(cell) for cell in cells])
        if rows[0][:2] == ["y", "x"]:
            points = np.array([[float(row[0]), float(row[1])] for row in rows[1:]])
            return values[np.lexsort(points.T[::-1])].reshape(len(np.unique(points[:, 0])), -1)
        return values
    if rows[0][0] == "":
        rows = [row[1:] for row in rows[1:]]
    return np.array([[float(cell) for cell in row] for row in rows])


@pytest.mark.parametrize(("file", "field", "options"), CASES, ids=[f"{a}-{b}" for a, b, _ in CASES])
def test_results_are_the_exact_gradient_within_the_stated_tolerance(
    file: str,
    field: str,
    options: dict,
    samples: Path,
    sample_functions: ModuleType,
    tmp_path: Path,
) -> None:
    missing = sample_functions.missing(file, field)
    for axis, tolerance in sample_functions.TOLERANCE[file][field].items():
        variable = {} if file[:5] in ("image", "secti") else {"var": field}
        report = gradcli.differentiate(
            samples / file,
            axis=axis,
            edge_order=2,
            output_dir=tmp_path,
            overwrite=True,
            **options,
            **variable,
        )
        name = report.variables[0]["axes"][0]["result"]
        found = read_back(report.outputs, name)
        exact = sample_functions.exact(file, field, axis)
        assert found.shape == exact.shape
        assert np.isnan(found[missing]).all()
        valid = ~np.isnan(found)
        assert valid.mean() > 0.8
        assert np.abs(found - exact)[valid].max() < tolerance


def test_the_script_makes_the_files_that_are_here(samples: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(samples / "make.py"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in samples.iterdir() if path.name in made}
    # HDF5 libraries write their version into their files: those are compared by value above.
    plain = [name for name in made if not name.endswith((".nc", ".h5", ".npz", ".gz"))]
    same, different, errors = filecmp.cmpfiles(samples, tmp_path, plain, shallow=False)
    assert not different
    assert not errors
    assert len(same) > 5
