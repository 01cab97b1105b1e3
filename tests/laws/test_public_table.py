"""The table of public files says what axes mean, and its errors are those of the stencils."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from tests.benchmarks import public
from tests.benchmarks.collection import FILES, ORIGINS, File
from tests.places import REAL


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
def test_the_files_that_are_here_are_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = public.main([str(REAL), "--json", str(tmp_path / "table.json")])
    text = capsys.readouterr().out
    assert code == 0, text
    rows = json.loads((tmp_path / "table.json").read_text())
    found = {row["file"]["path"].rpartition("/")[2]: row for row in rows}
    assert len(found) >= 4
    assert found["wrf_tip_d1.nc"]["means"]["x"] == "XLONG (2-D)"
    assert found["rotated_pole.nc"]["means"]["y"] == "grid_latitude"
    assert found["coads_climatology.cdf"]["means"]["t"] == "TIME"
    assert "absent: files of PyPI eofs 2.0.0: pip install" in text


def curvilinear(path: Path) -> File:
    """Write a field on a small curvilinear grid, and return it as the catalogue lists files."""
    rows, columns = np.meshgrid(np.arange(30.0), np.arange(40.0), indexing="ij")
    with netCDF4.Dataset(path, "w") as data:
        data.createDimension("y", 30)
        data.createDimension("x", 40)
        for name, values in {"f": rows, "lon": columns + 0.3 * rows, "lat": rows + 40}.items():
            data.createVariable(name, "f4", ("y", "x"))[:] = values
        data["f"].coordinates = "lon lat"
    return File("cartopy", path.name, "f", "lon", "lat")


def test_a_wrong_place_of_the_points_is_seen(tmp_path: Path) -> None:
    file = curvilinear(tmp_path / "a.nc")
    right = public.examine(tmp_path / "a.nc", file, tmp_path)
    assert (right.verdict, right.means["x"]) == ("ok", "lon (2-D)")
    assert right.inside is not None
    assert right.inside < 3e-3
    wrong = dataclasses.replace(file, y="f")
    assert public.examine(tmp_path / "a.nc", wrong, tmp_path).verdict == "WRONG"


def test_a_refusal_is_a_failure_unless_it_is_awaited(tmp_path: Path) -> None:
    file = curvilinear(tmp_path / "a.nc")
    with netCDF4.Dataset(tmp_path / "a.nc", "a") as data:
        data["lat"][:] = 40
    row = public.examine(tmp_path / "a.nc", file, tmp_path)
    assert row.verdict == "FAILED"
    assert "singular" in row.failure
    row.file = dataclasses.replace(file, awaits="something")
    assert row.verdict == "awaited"


def test_the_list_names_twenty_files_and_more_by_their_origins() -> None:
    assert {file.origin for file in FILES} == set(ORIGINS)
    assert len({file.path for file in FILES}) > 60
