"""Components of vectors, known by their names."""

from __future__ import annotations

import pytest

from gradcli.cf.components import turns_at_pole


@pytest.mark.parametrize(
    ("attributes", "turns"),
    [
        ({}, False),
        ({"standard_name": "air_temperature"}, False),
        ({"standard_name": "northward_wind"}, True),
        ({"standard_name": "x_wind"}, True),
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
