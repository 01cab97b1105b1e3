"""Standard names of components of vectors, as the CF table has them."""

from __future__ import annotations

import pytest

from gradcli.cf.vectors import pointing_of

NAMES = {
    "earth": (
        *("eastward_wind", "northward_sea_water_velocity", "surface_downward_eastward_stress"),
        *("geostrophic_northward_wind", "ocean_mass_westward_transport"),
    ),
    "grid": (
        *("x_wind", "y_wind", "sea_water_x_velocity", "sea_ice_y_velocity", "grid_eastward_wind"),
        *("surface_downward_x_stress", "barotropic_sea_water_y_velocity", "ocean_mass_x_transport"),
    ),
    None: ("wind_speed", "upward_air_velocity", "sea_water_velocity_to_direction", "x"[:0], " "),
}


@pytest.mark.parametrize(
    ("name", "expected"), [(name, way) for way, names in NAMES.items() for name in names]
)
def test_a_standard_name_tells_the_way(name: str, expected: str | None) -> None:
    assert pointing_of({"standard_name": name}) == expected


def test_no_name_tells_nothing() -> None:
    assert pointing_of({"standard_name": 3}) is pointing_of({}) is None
