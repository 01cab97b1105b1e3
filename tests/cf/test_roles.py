"""The one rule for roles: what tells x, y, z and t, longitudes, latitudes and angles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.cf.roles import (
    are_degrees,
    evidence,
    is_angle,
    is_latitude,
    is_longitude,
    make_axis,
    radians_in,
    role_of,
)
from gradcli.model.axes import Axis

LON, LAT, ANGLE, NOTHING = "lon", "lat", "angle", ""

# attributes, name, role, and what it measures: an angle that is a longitude, a latitude, neither
TABLE: list[tuple[dict[str, Any], str, str | None, str]] = [
    # The attribute axis says how a coordinate lies, not what it measures.
    ({"axis": "X"}, "i", "x", NOTHING),
    ({"axis": "X", "units": "1"}, "ic", "x", NOTHING),
    ({"axis": "Y", "standard_name": "y_grid_index", "units": "1"}, "jc", "y", NOTHING),
    ({"axis": "T", "units": "degrees_north"}, "a", "t", LAT),
    ({"axis": "X", "units": "degrees"}, "a", "x", ANGLE),
    ({"axis": "N"}, "lat", "y", LAT),
    # Standard names come before units.
    ({"standard_name": "longitude"}, "a", "x", LON),
    ({"standard_name": "longitude", "units": "deg"}, "lat", "x", LON),
    ({"standard_name": "longitude", "units": "m"}, "a", "x", NOTHING),
    ({"standard_name": "latitude", "units": "degrees_east"}, "a", "y", LAT),
    ({"standard_name": "grid_latitude", "units": "degrees"}, "rlat", "y", LAT),
    ({"standard_name": "grid_longitude", "units": "radians"}, "a", "x", LON),
    ({"standard_name": "projection_x_coordinate", "units": "m"}, "lon", "x", NOTHING),
    # Degrees as files spell them.
    *(
        ({"units": units}, "longitude", "x", LON)
        for units in ("degs", "decimal degrees", "Decimal_Degrees", "°", "º", "deg.", "degree(s)")
    ),
    *(
        ({"units": units}, "latitude", "y", LAT)
        for units in ("arc_degree", "arc degrees", "angular_degree", "degrees_true", "dec. degrees")
    ),
    *(({"units": units}, "a", "x", LON) for units in ("°E", "deg_east", "degrees longitude")),
    *(
        ({"units": units}, "a", "y", LAT)
        for units in ("° N", "degree_N", "degrees-north", "degrees latitude")
    ),
    *(({"units": units}, "lat", "y", NOTHING) for units in ("°C", "deg C", "degF", "arc")),
    ({"standard_name": "projection_x_angular_coordinate", "units": "degree"}, "a", "x", ANGLE),
    ({"standard_name": "projection_y_coordinate", "units": "rad"}, "lat", "y", ANGLE),
    ({"standard_name": "sensor_azimuth_angle", "units": "degree"}, "lon", "x", ANGLE),
    ({"standard_name": "depth", "units": "degrees_east"}, "a", "z", LON),
    ({"standard_name": "ocean_sigma_coordinate"}, "lat", "z", NOTHING),
    # Units.
    ({"units": "degrees_east"}, "COADSX", "x", LON),
    ({"units": "Degrees North"}, "a", "y", LAT),
    ({"units": "degreeE"}, "a", "x", LON),
    ({"units": "deg_north"}, "a", "y", LAT),
    ({"units": "degrees_east"}, "lat", "x", LON),
    ({"units": "degrees_west"}, "lon", "x", ANGLE),
    ({"units": "degrees_true"}, "lat", "y", LAT),
    ({"units": "degrees_true"}, "heading", None, ANGLE),
    ({"units": "degs"}, "longitude", "x", LON),
    ({"units": "rad"}, "lat", "y", LAT),
    ({"units": "m"}, "lon", "x", NOTHING),
    ({"units": "degC"}, "lat", "y", NOTHING),
    ({"units": "deg s-1"}, "lon", "x", NOTHING),
    ({"units": "radiance"}, "scan", None, NOTHING),
    ({"units": "hPa"}, "x", "z", NOTHING),
    ({"units": "days since 2000-01-01"}, "y", "t", NOTHING),
    # Positive.
    ({"units": "m", "positive": "down"}, "x", "z", NOTHING),
    ({"units": "degrees_north", "positive": "up"}, "a", "y", LAT),
    # Names, by whole words.
    ({}, "lon", "x", LON),
    ({}, "LAT", "y", LAT),
    ({}, "Longitude", "x", LON),
    ({}, "long", "x", LON),
    ({}, "nav_lon", "x", LON),
    ({}, "nav_lat_grid_T", "y", LAT),
    ({}, "glamt", "x", LON),
    ({}, "gphit", "y", LAT),
    ({}, "TLONG", "x", LON),
    ({}, "TLAT", "y", LAT),
    ({}, "XLONG", "x", LON),
    ({}, "XLAT_M", "y", LAT),
    ({}, "xlon", "x", LON),
    ({}, "lon_rho", "x", LON),
    ({}, "lonCell", "x", LON),
    ({}, "rLat", "y", LAT),
    ({}, "lat_2", "y", LAT),
    ({}, "grid_longitude", "x", LON),
    ({}, "rlon", "x", LON),
    ({}, "geolat_c", "y", LAT),
    ({}, "x", "x", NOTHING),
    ({}, "Y", "y", NOTHING),
    ({}, "z", "z", NOTHING),
    ({}, "t", "t", NOTHING),
    ({}, "x_rho", "x", NOTHING),
    ({}, "YC", "y", NOTHING),
    ({}, "cx", "x", NOTHING),
    ({}, "yn", "y", NOTHING),
    ({}, "nx", None, NOTHING),
    ({}, "gridX", "x", NOTHING),
    ({}, "z_t", "z", NOTHING),
    # Never by a part of a word.
    ({}, "longwave", None, NOTHING),
    ({}, "long_wave", None, NOTHING),
    ({}, "along", None, NOTHING),
    ({}, "lonely", None, NOTHING),
    ({}, "platform", None, NOTHING),
    ({}, "flat", None, NOTHING),
    ({}, "latent", None, NOTHING),
    ({}, "max", None, NOTHING),
    ({}, "xmax", None, NOTHING),
    ({}, "max_x", None, NOTHING),
    ({}, "index", None, NOTHING),
    ({}, "y_index", None, NOTHING),
    ({}, "energy", None, NOTHING),
    # What tells something about a coordinate, or of two, is none.
    ({}, "lat_bnds", None, NOTHING),
    ({}, "lon_error", None, NOTHING),
    ({}, "nlon", None, NOTHING),
    ({}, "nLat", None, NOTHING),
    ({}, "dlon", None, NOTHING),
    ({}, "x_wind", None, NOTHING),
    ({}, "latitude_longitude", None, NOTHING),
    # Axes that are told apart by numbers.
    ({}, "x1", None, NOTHING),
    ({}, "x2", None, NOTHING),
    ({}, "Y101010_19", None, NOTHING),
]


@pytest.mark.parametrize(("said", "name", "role", "measured"), TABLE)
def test_what_a_coordinate_is(
    said: dict[str, Any], name: str, role: str | None, measured: str
) -> None:
    assert role_of(said, name) == role
    assert is_longitude(said, name) == (measured == LON)
    assert is_latitude(said, name) == (measured == LAT)
    assert is_angle(said, name) == (measured != NOTHING)


@pytest.mark.parametrize(("said", "name", "role", "measured"), TABLE)
def test_an_axis_is_what_its_coordinate_is(
    said: dict[str, Any], name: str, role: str | None, measured: str
) -> None:
    for axis in (
        make_axis(name, 4, "key", f"group/{name}", attributes=said),
        make_axis(name, 4, "key", attributes=said),
        make_axis("n", 4, "key", name, attributes=said),
    ):
        assert role_of(axis) == role
        assert is_longitude(axis) == (measured == LON)
        assert is_latitude(axis) == (measured == LAT)
        assert is_angle(axis) == (measured != NOTHING)


def test_the_role_that_an_axis_carries_is_what_its_file_says() -> None:
    axis = make_axis("lon", 4, "lon", "lon", attributes={"units": "degrees"})
    assert axis.role is None
    assert role_of(axis) == "x"


def test_a_coordinate_says_more_than_its_dimension() -> None:
    assert is_latitude(Axis("x", 3, coordinate="lat"))
    assert role_of(Axis("x", 3, coordinate="lat")) == "y"
    assert is_longitude(Axis("lon", 3, coordinate="g/stations"))


def test_attributes_that_are_no_text_say_nothing() -> None:
    said = {"axis": np.array([1, 2]), "standard_name": 3, "units": 7}
    assert evidence(said) == evidence({})
    assert role_of({"axis": b"X"}) == "x"


@pytest.mark.parametrize(
    ("units", "degrees"),
    [
        *((units, True) for units in ("degrees_east", "degree", "deg", "Degs", "degrees_true")),
        *((units, False) for units in (None, "", "m", "rad", "degC", "degrees Celsius", "degK")),
    ],
)
def test_degrees_of_an_angle(units: str | None, degrees: bool) -> None:
    assert are_degrees(units) == degrees


@pytest.mark.parametrize("units", ["rad", "radian", "Radians", "radians"])
def test_radians_are_one(units: str) -> None:
    assert radians_in(Axis("a", 2, units=units)) == 1


@pytest.mark.parametrize("units", ["degrees_north", "deg", None, "1"])
def test_all_else_counts_degrees(units: str | None) -> None:
    assert radians_in(Axis("a", 2, units=units)) == np.pi / 180
