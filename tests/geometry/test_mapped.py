"""Directions of x and y of a grid mapping, against those of pyproj's positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest

from gradcli.errors import UsageError
from gradcli.geometry.mapped import ProjectedDirections, RotatedDirections, mapped_directions
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.numerics.earth import unit_vectors
from tests.flows import DEGREE, POLE, parts, rotated


class Headers:
    """A source that knows only attributes."""

    def __init__(self, mapping: dict[str, Any]) -> None:
        self.attributes = {"u": {"grid_mapping": "map"}, "map": mapping}
        self.fields: dict[str, Field] = {}


def field(x: Axis, y: Axis, turned: bool = False) -> Field:
    double = np.dtype("f8")
    axes = (x, y) if turned else (y, x)
    return Field("u", axes, "f8", double, double, attributes={"grid_mapping": "map"})


@pytest.mark.parametrize("turned", [False, True])
def test_a_rotated_pole(turned: bool) -> None:
    rlat, rlon, lon, lat, along_x, along_y = rotated(9)
    x = Axis("rlon", len(rlon), rlon, "degrees", standard_name="grid_longitude", role="x")
    y = Axis("rlat", len(rlat), rlat, "degrees", standard_name="grid_latitude", role="y")
    origin = field(x, y, turned)
    source: Any = Headers(POLE)
    found = mapped_directions(source, origin, int(not turned), int(turned))
    assert isinstance(found, RotatedDirections)
    ((_, made),) = found.bands(source)
    _, east, north = unit_vectors(lon * DEGREE, lat * DEGREE)
    expected = [*parts(along_x, east, north), *parts(along_y, east, north)]
    for values, exact in zip(made, expected, strict=True):
        np.testing.assert_allclose(values.T if turned else values, exact, atol=1e-12)


def test_a_conformal_map_turns_by_its_convergence() -> None:
    mapping = {
        "grid_mapping_name": "lambert_conformal_conic",
        "standard_parallel": [30.0, 60.0],
        "longitude_of_central_meridian": -97.0,
        "latitude_of_projection_origin": 39.0,
        "semi_major_axis": 6378137.0,
        "inverse_flattening": 298.257223563,
    }
    line = np.linspace(-2e3, 2.1e3, 7)
    x, y = (Axis(name, 7, line, "km", role=name) for name in "xy")
    source: Any = Headers(mapping)
    found = mapped_directions(source, field(x, y), 1, 0)
    assert isinstance(found, ProjectedDirections)
    ((_, (xe, xn, ye, yn)),) = found.bands(source)
    map_ = pyproj.Proj(pyproj.CRS.from_cf(mapping))
    places = map_(*(1000 * part for part in np.meshgrid(line, line)), inverse=True)
    angle = np.radians(map_.get_factors(*places).meridian_convergence)
    np.testing.assert_allclose(xe, np.cos(angle), atol=1e-9)
    np.testing.assert_allclose(np.abs(ye), np.abs(np.sin(angle)), atol=1e-9)
    np.testing.assert_allclose((xn, yn), (-ye, xe), atol=1e-10)


def test_a_pole_that_is_not_given_is_refused() -> None:
    x = Axis("rlon", 2, np.arange(2.0), "degrees", standard_name="grid_longitude", role="x")
    y = Axis("rlat", 2, np.arange(2.0), "degrees", standard_name="grid_latitude", role="y")
    source: Any = Headers({"grid_mapping_name": "rotated_latitude_longitude"})
    with pytest.raises(UsageError, match="lacks grid_north_pole_longitude"):
        mapped_directions(source, field(x, y), 1, 0)
