"""The way from longitude and latitude to a map, and back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcli.explore.places import place_of
from gradcli.model.axes import Axis
from gradcli.model.fields import Field

DOUBLE = np.dtype("f8")
STEREO = {
    "grid_mapping_name": "polar_stereographic",
    "latitude_of_projection_origin": 90.0,
    "straight_vertical_longitude_from_pole": -45.0,
    "standard_parallel": 70.0,
}
ROTATED = {
    "grid_mapping_name": "rotated_latitude_longitude",
    "grid_north_pole_latitude": 39.25,
    "grid_north_pole_longitude": -162.0,
}
X = Axis("x", 3, np.arange(3.0), "km", role="x")
Y = Axis("y", 3, np.arange(3.0), "km", role="y")
RLON = Axis("rlon", 3, np.arange(3.0), "degrees", standard_name="grid_longitude")
RLAT = Axis("rlat", 3, np.arange(3.0), "degrees", standard_name="grid_latitude")
LON = Axis("lon", 3, np.arange(3.0), "degrees_east")
LAT = Axis("lat", 3, np.arange(3.0), "degrees_north")


def place(said: dict[str, Any] | None, across: Axis, up: Axis) -> Any:
    field = Field("a", (up, across), "f8", DOUBLE, DOUBLE, attributes={"grid_mapping": "crs"})
    source: Any = SimpleNamespace(attributes={} if said is None else {"crs": said, "a": {}})
    return place_of(source, field, across, up)


@pytest.mark.parametrize(("said", "axes"), [(STEREO, (X, Y)), (ROTATED, (RLON, RLAT))])
def test_the_way_to_a_map_and_back(said: dict[str, Any], axes: tuple[Axis, Axis]) -> None:
    made = place(said, *axes)
    lon, lat = np.array([-30.0, 10.0, 120.0]), np.array([50.0, 62.5, 80.0])
    back = made.inverse(*made.forward(lon, lat))
    assert np.allclose(back[0], lon)
    assert np.allclose(back[1], lat)


def test_known_points() -> None:
    x, y = place(STEREO, X, Y).forward(np.array([0.0]), np.array([90.0]))
    assert np.allclose([x, y], 0, atol=1e-6)
    # The middle of the CORDEX grid of Europe.
    lon, lat = place(ROTATED, RLON, RLAT).inverse(np.array([0.0]), np.array([0.0]))
    assert np.allclose([lon[0], lat[0]], [18.0, 50.75])


def test_what_lies_nowhere() -> None:
    assert place(None, LON, LAT).plain
    assert place(None, X, Y) is None
    assert place(ROTATED, X, Y) is None
    assert place(STEREO, Axis("x", 3, np.arange(3.0), "s", role="x"), Y) is None
