"""Standard names of components of vectors, as the CF table has them."""

from __future__ import annotations

import pytest

from gradcli.cf.vectors import pointing_of, turns_at_pole

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


@pytest.mark.parametrize(
    ("attributes", "turns"),
    [
        ({}, False),
        ({"standard_name": "air_temperature"}, False),
        ({"standard_name": "northward_wind"}, True),
        ({"standard_name": "x_wind"}, True),
        ({"standard_name": "ocean_mass_westward_transport"}, True),
        ({"standard_name": "sea_water_x_velocity"}, True),
        ({"standard_name": "surface_downward_eastward_stress"}, True),
        ({"standard_name": "tendency_of_eastward_wind_due_to_convection"}, True),
        ({"standard_name": "product_of_northward_wind_and_air_temperature"}, True),
        ({"standard_name": "product_of_eastward_wind_and_northward_wind"}, False),
        ({"standard_name": "square_of_eastward_wind"}, False),
        ({"standard_name": "upward_air_velocity"}, False),
        ({"standard_name": "air_temperature", "long_name": "u component"}, False),
        ({"long_name": "U component of wind"}, True),
        ({"long_name": "10 metre V wind component"}, True),
        ({"long_name": "Zonal mean temperature"}, False),
        ({"long_name": "zonal wind"}, True),
        ({"long_name": "column velocity"}, False),
        ({"long_name": 3}, False),
    ],
)
def test_what_changes_sign_across_a_pole(attributes: dict[str, object], turns: bool) -> None:
    assert turns_at_pole(attributes) == turns
