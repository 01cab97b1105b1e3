"""Places on curvilinear grids."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.api import request
from gradcli.errors import UsageError
from gradcli.explore.probe import probe

ROWS, COLUMNS = np.mgrid[0:30, 0:40]


def _write(path: Path, lon: np.ndarray, lat: np.ndarray, values: np.ndarray) -> str:
    with netCDF4.Dataset(path, "w") as made:
        for name, size in zip("ji", lon.shape, strict=True):
            made.createDimension(name, size)
        every = (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north"), ("T", values, "K"))
        for name, field, units in every:
            variable = made.createVariable(name, "f8", ("j", "i"))
            variable[:] = field
            variable.units = units
        made["T"].coordinates = "lon lat"
    return str(path)


@pytest.fixture
def skewed(tmp_path: Path) -> str:
    lon, lat = 170 + COLUMNS * 0.5 + 0.1 * ROWS, 40 + ROWS * 0.3 - 0.05 * COLUMNS
    return _write(tmp_path / "c.nc", (lon + 180) % 360 - 180, lat, 3 * lon - 2 * lat)


@pytest.mark.parametrize("lon", [175.3, 183.21, -176.79, 543.21])
def test_a_field_that_is_linear_in_the_coordinates_is_exact(skewed: str, lon: float) -> None:
    made = probe(request(skewed, var="T"), [{"lon": str(lon), "lat": "42.17"}], ["--at"])
    east = lon % 360
    assert made.results["T"][0] == pytest.approx(3 * east - 2 * 42.17, rel=1e-12)
    assert made.coordinates == {"lat": [42.17], "lon": [lon]}


def test_a_point_of_the_grid_is_exact(skewed: str) -> None:
    asked = request(skewed, var="T", axis="lon,lat", metric="sphere")
    with netCDF4.Dataset(skewed) as file:
        lon, lat, value = (float(file[name][7, 9]) for name in ("lon", "lat", "T"))
    points = [{"lon": repr(lon), "lat": repr(lat)}, {"j": "7", "i": "9"}]
    made = probe(asked, points, ["--at"] * 2)
    assert made.results["T"] == [value, value]
    assert made.results["dT_dlon"][0] == made.results["dT_dlon"][1]


def test_the_seam_and_the_pole_of_a_global_grid_have_cells(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:20, 0:36]
    lon, lat = columns * 10.0 + 3 * (rows > 10), 52.0 + 2 * rows
    path = _write(tmp_path / "g.nc", lon, lat, np.cos(np.radians(lon)) * (90 - lat))
    points = [{"lon": "-5", "lat": "61"}, {"lon": "47", "lat": "89"}]
    made = probe(request(path, var="T"), points, ["--at"] * 2)
    assert made.results["T"][0] == pytest.approx(29 * np.cos(np.radians(5)), rel=5e-3)
    assert made.results["T"][1] == pytest.approx(np.cos(np.radians(47)), rel=2e-2)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"lon": "175"}, "--at: lon needs lat too"),
        ({"lon": "175", "lat": "80"}, "--at lon=175, lat=80: lies outside the grid; its n"),
        (
            {"lon": "175", "lat": "42", "j": "3"},
            "--at: j and lon and lat say the same twice",
        ),
        ({"lon": "x", "lat": "42"}, "--at lon=x: 'x' is not a finite number"),
        (
            {},
            "--at: no value for the axis j, or lon and lat; the axes are lat, lon: write --at lat=",
        ),
    ],
)
def test_what_lies_nowhere_is_refused(skewed: str, said: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        probe(request(skewed, var="T"), [said], ["--at"])
    assert str(caught.value).startswith(f"{skewed}: {message}")
