"""Directions of the lines of a curvilinear grid, from its coordinates."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.formats.opening import open_source
from gradcli.geometry.auxiliary import find_chart
from gradcli.geometry.directions import ChartDirections, left_handed
from gradcli.model.protocols import Hints
from gradcli.numerics.earth import Earth, unit_vectors
from tests.flows import DEGREE, cap, parts, tripolar, write_curvilinear


@pytest.mark.parametrize("junk", [None, 0.0, 1e20, np.nan])
def test_directions_are_exact_beside_land_whatever_lies_on_it(
    junk: float | None, tmp_path: Path
) -> None:
    write_curvilinear(tmp_path / "f.nc", 40, "rotation", junk=junk)
    lon, lat, along_x, along_y, land = tripolar(40)
    _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
    exact = parts(along_x, east, north) + parts(along_y, east, north)
    with open_source(str(tmp_path / "f.nc"), Hints()) as source:
        fields = source.fields["u"], source.fields["v"]
        chart = find_chart(source, fields[0], {})
        assert chart is not None
        assert not left_handed(source, chart, fields[0], False)
        found = ChartDirections(chart, fields, Earth(1.0), False, (1, 1), (False, False))
        for rows, made in found.bands(source):
            for values, expected in zip(made, exact, strict=True):
                off = np.abs(values - expected[rows])[~land[rows]]
                assert np.isfinite(off).mean() > 0.99
                assert np.nanmax(off) < 1e-4


def test_rounded_coordinates_are_fitted(tmp_path: Path) -> None:
    """The noise of float32 longitudes and latitudes would else grow by differentiation."""
    count, step = 40, 0.1 * DEGREE
    b, a = np.meshgrid(np.arange(count) * step, np.arange(count) * step, indexing="ij")
    place, along_x, along_y = cap(0.2 + a, 1.2 - b)
    lon, lat = np.arctan2(place[..., 1], place[..., 0]), np.arcsin(place[..., 2])
    _, east, north = unit_vectors(lon, lat)
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        for dim in "ji":
            file.createDimension(dim, count)
        for name, values in (("lon", lon), ("lat", lat), ("u", lon), ("v", lat)):
            file.createVariable(name, "f4", ("j", "i"))[:] = values / DEGREE
            file[name].units = {"lon": "degrees_east", "lat": "degrees_north"}.get(name, "m s-1")
    with open_source(str(tmp_path / "f.nc"), Hints()) as source:
        fields = source.fields["u"], source.fields["v"]
        chart = find_chart(source, fields[0], {})
        assert chart is not None
        found = ChartDirections(chart, fields, Earth(1.0), False, (1, 1), (False, False))
        ((_, made),) = found.bands(source)
    exact = parts(along_x, east, north) + parts(along_y, east, north)
    off = np.abs(np.subtract(made, exact))
    assert off.max() < 1e-4
    assert np.sqrt((off**2).mean()) < 1e-5
