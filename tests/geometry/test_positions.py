"""Two-dimensional coordinates: which fields share them, what they are refused for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import InputError
from gradcli.formats.opening import open_source
from gradcli.geometry.auxiliary import find_chart
from gradcli.geometry.positions import Positions
from gradcli.model.protocols import Source

ROWS, COLUMNS = 5, 7


def write(path: Path, latitude: Any) -> str:
    """Write two fields of different dimensions on the same longitude and latitude."""
    j, i = np.meshgrid(np.arange(float(ROWS)), np.arange(float(COLUMNS)), indexing="ij")
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("t", 3), ("y", ROWS), ("x", COLUMNS)):
            file.createDimension(name, size)
        for name, values in (("lon", i + 0.1 * j), ("lat", latitude + 0 * j)):
            variable = file.createVariable(name, "f4", ("y", "x"))
            variable.units = {"lon": "degrees_east", "lat": "degrees_north"}[name]
            variable[...] = values
        for name, dimensions in (("flat", ("y", "x")), ("deep", ("t", "y", "x"))):
            field = file.createVariable(name, "f8", dimensions)
            field.coordinates = "lon lat"
            field[...] = 0.0
    return str(path)


def positions(source: Source, name: str) -> Positions:
    field = source.fields[name]
    chart = find_chart(source, field, {})
    assert chart is not None
    return Positions(chart, field)


def test_fields_of_other_dimensions_share_their_positions(tmp_path: Path) -> None:
    with open_source(write(tmp_path / "f.nc", 40.0)) as source:
        flat, deep = (positions(source, name) for name in ("flat", "deep"))
        assert flat.key == deep.key
        assert flat.sizes == deep.sizes == (ROWS, COLUMNS)
        for one, other in zip(flat.read(source), deep.read(source), strict=True):
            np.testing.assert_array_equal(one, other)
        x, y, rounding = flat.read(source)
        np.testing.assert_allclose(np.degrees(y), 40.0)
        assert 0 < rounding < 1e-6
        assert x.shape == (ROWS, COLUMNS)


def test_latitudes_that_all_lie_beyond_the_pole_are_refused(tmp_path: Path) -> None:
    latitude = np.full((ROWS, COLUMNS), 91.0)
    with open_source(write(tmp_path / "f.nc", latitude)) as source:
        for name in ("flat", "deep"):
            with pytest.raises(InputError, match="latitude 91 at y index 0, x index 0 lies"):
                positions(source, name).check(source)


@pytest.mark.parametrize("value", [91.0, -999.0, 9.96921e36, 1e20, np.nan, -np.inf])
def test_what_is_no_latitude_is_a_missing_place(tmp_path: Path, value: float) -> None:
    latitude = np.full((ROWS, COLUMNS), 80.0)
    latitude[2, 3] = value
    with open_source(write(tmp_path / "f.nc", latitude)) as source:
        x, y, rounding = positions(source, "flat").read(source)
    lost = np.zeros((ROWS, COLUMNS), bool)
    lost[2, 3] = True
    np.testing.assert_array_equal(np.isnan(x), lost)
    np.testing.assert_array_equal(np.isnan(y), lost)
    assert rounding < 1e-6


@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_a_value_without_a_place_is_noted(tmp_path: Path, missing: Any) -> None:
    latitude = np.add.outer(np.linspace(40, 44, ROWS), np.zeros(COLUMNS))
    latitude[0, 0] = latitude[2, 3] = -999.0
    path = write(tmp_path / "f.nc", latitude)
    given: dict[str, Any] = {"var": "flat", "axis": "x,y", "missing": missing}
    given |= {"metric": "sphere", "overwrite": True}
    with netCDF4.Dataset(path, "a") as file:
        file["flat"][...] = file["lon"][...]
    report = gradcli.differentiate(path, tmp_path / "o.nc", **given)
    (note,) = [note for note in report.notes if "no place" in note]
    assert "flat: 2 points have a value but no place (lon, lat are missing there" in note
    assert "first at y index 0, x index 0" in note
    with netCDF4.Dataset(tmp_path / "o.nc") as out:
        assert np.ma.getmaskarray(out["dflat_dx"][...])[2, 3]
        assert np.isfinite(np.ma.filled(out["dflat_dx"][...], np.nan)[4, 1:]).all()
    with netCDF4.Dataset(path, "a") as file:
        file["flat"][0, 0] = file["flat"][2, 3] = np.nan
    report = gradcli.differentiate(path, tmp_path / "o.nc", **given)
    assert not [note for note in report.notes if "no place" in note]


def test_fill_values_of_lengths_are_missing_places(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", np.add.outer(np.arange(5.0), np.zeros(COLUMNS)))
    with netCDF4.Dataset(path, "a") as file:
        for name in ("lon", "lat"):
            file[name].units = "m"
            file[name].standard_name = f"projection_{'xy'[name == 'lat']}_coordinate"
            file[name][1, 1] = 1e20
    with open_source(path) as source:
        x, y, _ = positions(source, "flat").read(source)
    assert np.isnan(x).sum() == np.isnan(y).sum() == 1
