"""The CF conventions: what a coordinate is, what a variable is for."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.cf.references import is_flag, kinds, referenced, resolve
from gradcli.cf.roles import make_axis, role_of
from gradcli.model.axes import find_axis
from gradcli.model.fields import text

# CF conventions 1.11, chapters 4.1 to 4.4 and appendix D.
LONGITUDES = ["degrees_east", "degree_east", "degree_E", "degrees_E", "degreeE", "degreesE"]
LATITUDES = ["degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN", "degreesN"]
PARAMETRIC = [
    "atmosphere_ln_pressure_coordinate",
    "atmosphere_sigma_coordinate",
    "atmosphere_hybrid_sigma_pressure_coordinate",
    "atmosphere_hybrid_height_coordinate",
    "atmosphere_sleve_coordinate",
    "ocean_sigma_coordinate",
    "ocean_s_coordinate",
    "ocean_s_coordinate_g1",
    "ocean_s_coordinate_g2",
    "ocean_sigma_z_coordinate",
    "ocean_double_sigma_coordinate",
]


@pytest.mark.parametrize("units", LONGITUDES)
def test_units_of_longitude_are_x(units: str) -> None:
    assert role_of({"units": units}) == "x"


@pytest.mark.parametrize("units", LATITUDES)
def test_units_of_latitude_are_y(units: str) -> None:
    assert role_of({"units": units}) == "y"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("longitude", "x"),
        ("projection_x_coordinate", "x"),
        ("grid_longitude", "x"),
        ("projection_x_angular_coordinate", "x"),
        ("latitude", "y"),
        ("projection_y_coordinate", "y"),
        ("grid_latitude", "y"),
        ("projection_y_angular_coordinate", "y"),
        ("time", "t"),
        ("altitude", "z"),
        ("height", "z"),
        ("depth", "z"),
        ("air_pressure", "z"),
        ("model_level_number", "z"),
    ],
)
def test_standard_names_have_roles(name: str, role: str) -> None:
    assert role_of({"standard_name": name, "units": "1"}) == role


@pytest.mark.parametrize("name", PARAMETRIC)
def test_parametric_vertical_coordinates_are_z(name: str) -> None:
    assert role_of({"standard_name": name}) == "z"


@pytest.mark.parametrize("units", ["Pa", "hPa", "mbar", "millibar", "bar", "decibar", "dbar"])
def test_units_of_pressure_are_z(units: str) -> None:
    assert role_of({"units": units}) == "z"


@pytest.mark.parametrize(
    "units",
    [
        "days since 2000-01-01",
        "hour since 0000-01-01",
        "seconds since 1992-10-8 15:15:42.5 -6:00",
        "Days Since 1900-1-1",
    ],
)
def test_units_of_a_date_are_t(units: str) -> None:
    assert role_of({"units": units}) == "t"


@pytest.mark.parametrize("direction", ["up", "down", "Down"])
def test_what_has_a_positive_direction_is_z(direction: str) -> None:
    assert role_of({"units": "m", "positive": direction}) == "z"


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"units": "m"},
        {"units": "K"},
        {"units": "degrees"},
        {"units": "days"},
        {"standard_name": "air_temperature", "units": "K"},
        {"axis": "N"},
        {"units": 7},
        {"axis": np.array([1, 2])},
    ],
)
def test_other_coordinates_have_no_role(words: dict) -> None:
    assert role_of(words) is None


@pytest.mark.parametrize("axis", ["X", "Y", "Z", "T", "x", " t "])
def test_the_attribute_axis_comes_before_all_else(axis: str) -> None:
    words = {"axis": axis, "standard_name": "latitude", "units": "days since 2000-01-01"}
    assert role_of(words) == axis.strip().lower()


def test_rotated_degrees_are_roles_by_their_standard_name() -> None:
    assert role_of({"standard_name": "grid_latitude", "units": "degrees"}) == "y"


def test_axes_are_found_by_role_and_standard_name() -> None:
    axes = (
        make_axis("j", 3, "j", "lat", None, {"units": "degrees_north"}),
        make_axis("i", 4, "i", "g/lon", None, {"standard_name": "longitude", "units": " deg "}),
    )
    assert [find_axis(axes, name) for name in ("y", "X", "longitude", "lon", "i", "-1")] == [
        *(0, 1, 1, 1, 1, 1)
    ]
    assert axes[1].units == "deg"


@pytest.mark.parametrize(
    ("dtype", "words", "precision"),
    [
        ("f4", {}, 2.0**-23),
        ("f8", {}, 2.0**-52),
        ("i4", {}, 0.0),
        ("i2", {"scale_factor": 0.1}, 2.0**-52),
        ("f4", {"add_offset": 0.1}, 2.0**-52),
    ],
)
def test_the_rounding_of_a_coordinate_is_that_of_its_stored_type(
    dtype: str, words: dict, precision: float
) -> None:
    axis = make_axis("x", 2, "x", "x", np.zeros(2), words, np.dtype(dtype))
    assert axis.precision == precision


@pytest.mark.parametrize(
    ("words", "names", "found"),
    [
        ({"coordinates": "lat lon  height"}, ["coordinates"], ["lat", "lon", "height"]),
        ({"grid_mapping": "crs"}, ["grid_mapping"], ["crs"]),
        (
            {"grid_mapping": "crsOSGB: x y crsWGS84: lat lon"},
            ["grid_mapping"],
            ["crsOSGB", "x", "y", "crsWGS84", "lat", "lon"],
        ),
        ({"cell_measures": "area: a volume: v"}, ["cell_measures"], ["a", "v"]),
        ({"formula_terms": "a: ap b: b ps: PS"}, ["formula_terms"], ["ap", "b", "PS"]),
        ({"bounds": "x_bnds"}, ["bounds", "climatology"], ["x_bnds"]),
        ({}, ["bounds"], []),
    ],
)
def test_attributes_name_variables(words: dict, names: list[str], found: list[str]) -> None:
    assert referenced(words, *names) == found


def test_a_name_means_the_nearest_variable_here_or_above() -> None:
    known = ["lat", "a/lat", "a/b/q", "a/b/c/lon", "a/n"]
    assert resolve("a/b/q", "lat", known) == "a/lat"
    assert resolve("q", "lat", known) == "lat"
    assert resolve("a/b/q", "/lat", known) == "lat"
    assert resolve("a/b/q", "/none", known) is None
    assert resolve("a/b/q", "lon", known) is None
    assert resolve("a/b/q", "c/lon", known) == "a/b/c/lon"
    assert resolve("a/b/q", "n", dict.fromkeys(known)) == "a/n"


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ({"flag_values": [1, 2]}, True),
        ({"flag_masks": [1, 2]}, True),
        ({"flag_meanings": "good bad"}, True),
        ({"standard_name": "sea_water_temperature status_flag"}, True),
        ({"standard_name": "status_flag"}, True),
        ({"standard_name": "air_temperature"}, False),
        ({}, False),
    ],
)
def test_codes_are_no_quantities(words: dict, flag: bool) -> None:
    assert is_flag(words) == flag


def test_variables_that_are_there_for_others_are_told_apart() -> None:
    variables: dict[str, tuple[dict, tuple, tuple]] = {
        "time": ({"climatology": "seasons"}, ("time",), (4,)),
        "seasons": ({}, ("time", "nv"), (4, 2)),
        "x": ({"bounds": "x_edges"}, ("x",), (5,)),
        "x_edges": ({}, ("x", "nv"), (5, 2)),
        "y": ({}, ("y",), (3,)),
        "y_bnds": ({}, ("y", "nv"), (3, 2)),
        "lat": ({"bounds": "lat_corners"}, ("y", "x"), (3, 5)),
        "lat_corners": ({}, ("y", "x", "corner"), (3, 5, 4)),
        "eta": ({"bounds": "eta_limits", "formula_terms": "a: a ps: ps"}, ("eta",), (6,)),
        "eta_limits": ({"formula_terms": "a: a_limits ps: ps"}, ("eta", "nv"), (6, 2)),
        "a": ({}, ("eta",), (6,)),
        "a_limits": ({}, ("eta", "nv"), (6, 2)),
        "ps": ({}, ("y", "x"), (3, 5)),
        "crs": ({}, (), ()),
        "other_crs": ({"grid_mapping_name": "mercator"}, (), ()),
        "quality": ({"flag_meanings": "good bad"}, ("y", "x"), (3, 5)),
        "rain_bnds": ({}, ("y", "x"), (3, 5)),
        # As IOIPSL writes fields, and CMIP fluxes and stresses.
        "sst": ({"axis": "TYX"}, ("t", "y", "x"), (2, 3, 5)),
        "rlds": ({"positive": "down", "units": "W m-2"}, ("y", "x"), (3, 5)),
        "tauu": (
            {"positive": "down", "units": "Pa", "standard_name": "surface_downward_x_stress"},
            *(("y", "x"), (3, 5)),
        ),
        "hfls": ({"positive": "up", "cell_methods": "time: mean"}, ("y", "x"), (3, 5)),
        "height": ({"positive": "up", "units": "m"}, ("eta", "y", "x"), (6, 3, 5)),
        "pressure": ({"axis": "Z", "units": "dbar"}, ("eta", "y", "x"), (6, 3, 5)),
        "t": ({"coordinates": "lat", "grid_mapping": "crs"}, ("eta", "y", "x"), (6, 3, 5)),
    }
    found = kinds(*({path: row[i] for path, row in variables.items()} for i in range(3)))
    assert found == {
        **dict.fromkeys(("time", "x", "y", "lat", "eta", "height", "pressure"), "coordinate"),
        **dict.fromkeys(("seasons", "x_edges", "y_bnds", "lat_corners"), "bounds"),
        **dict.fromkeys(("eta_limits", "a_limits"), "bounds"),
        **dict.fromkeys(("crs", "other_crs"), "grid mapping"),
        "quality": "flag",
    }


@pytest.mark.parametrize(
    ("value", "found"),
    [("m", "m"), (b" m ", "m"), ("  ", None), (None, None), (3, None), (b"\xff", "\ufffd")],
)
def test_text_is_text_without_blanks_around_it(value: object, found: str | None) -> None:
    assert text(value) == found
