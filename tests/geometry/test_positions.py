"""Two-dimensional coordinates: which fields share them, what they are refused for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

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


def test_a_latitude_beyond_the_pole_is_refused_by_its_place(tmp_path: Path) -> None:
    latitude = np.full((ROWS, COLUMNS), 80.0)
    latitude[2, 3] = 91.0
    with open_source(write(tmp_path / "f.nc", latitude)) as source:
        for name in ("flat", "deep"):
            with pytest.raises(InputError, match="lat: latitude 91 at y index 2, x index 3 lies"):
                positions(source, name).check(source)
