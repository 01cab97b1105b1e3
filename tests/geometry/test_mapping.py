"""Which axes are x and y of a grid mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from gradcli.formats.opening import open_source
from gradcli.geometry.mapping import with_map_axes

MERCATOR = {"grid_mapping_name": "mercator", "standard_parallel": 0.0}
GEOSTATIONARY = {"grid_mapping_name": "geostationary", "perspective_point_height": 35786023.0}
LATITUDES = {"grid_mapping_name": "latitude_longitude"}


def roles(path: Path, axes: dict[str, str | None], mapping: dict[str, Any], named: str) -> list:
    """Return the roles of axes with these names and units, the slowest first."""
    with netCDF4.Dataset(path, "w") as file:
        for size, (name, units) in enumerate(axes.items(), 3):
            file.createDimension(name, size)
            if units is not None:
                variable = file.createVariable(name, "f8", (name,))
                variable.units, variable[...] = units, np.arange(float(size))
        file.createVariable("crs", "i4", ()).setncatts(mapping)
        field = file.createVariable("f", "f8", tuple(axes))
        field.grid_mapping, field[...] = named, 0.0
    with open_source(str(path)) as source:
        return [axis.role for axis in with_map_axes(source, source.fields["f"]).axes]


@pytest.mark.parametrize(
    ("axes", "mapping", "named", "found"),
    [
        ({"y": "m", "x": "m"}, MERCATOR, "crs", ["y", "x"]),
        ({"x": "km", "y": "km"}, MERCATOR, "crs", ["x", "y"]),
        ({"northing": "m", "easting": "m"}, MERCATOR, "crs", ["y", "x"]),
        ({"a": "metre", "xc": "metre"}, MERCATOR, "crs", ["y", "x"]),
        ({"yc": "m", "b": "m"}, MERCATOR, "crs", ["y", "x"]),
        ({"a": "m", "yc": "m"}, MERCATOR, "crs", ["x", "y"]),
        ({"time": "days since 2000-01-01", "j": "m", "i": "m"}, MERCATOR, "crs", ["t", "y", "x"]),
        ({"height": "m", "y": "m", "x": "m"}, MERCATOR, "crs", [None, "y", "x"]),
        ({"height": "m", "j": "m", "i": "m"}, MERCATOR, "crs", [None, "y", "x"]),
        ({"a": "m", "j": "m", "i": "m"}, MERCATOR, "crs: i j", [None, "y", "x"]),
        ({"y": "radian", "x": "radian"}, GEOSTATIONARY, "crs", ["y", "x"]),
        # What the mapping does not tell stays as it is.
        ({"a": "m", "j": "m", "i": "m"}, MERCATOR, "crs", [None, None, None]),
        ({"y": "radian", "x": "radian"}, MERCATOR, "crs", [None, None]),
        ({"y": None, "x": None}, MERCATOR, "crs", [None, None]),
        ({"y": "m", "x": "m"}, MERCATOR, "other", [None, None]),
        ({"lat": "degrees_north", "lon": "degrees_east"}, LATITUDES, "crs", ["y", "x"]),
        ({"x1": "m", "y1": "m"}, LATITUDES, "crs", [None, None]),
    ],
)
def test_axes_of_a_map(
    tmp_path: Path, axes: dict[str, str | None], mapping: dict[str, Any], named: str, found: list
) -> None:
    assert roles(tmp_path / "f.nc", axes, mapping, named) == found
