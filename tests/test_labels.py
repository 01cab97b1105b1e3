"""Names, units and attributes of results."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.choose import Along
from gradcli.errors import UsageError
from gradcli.labels import attributes, component, derivative_units, inverse_units, result_name
from gradcli.model import Axis, Field
from gradcli.numerics.coordinates import fit_spacing, index_spacing
from gradcli.numerics.schemes import Scheme


def field(name: str = "T", **given) -> Field:
    double = np.dtype("f8")
    return Field(name, given.pop("axes", (Axis("lon", 4),)), "float64", double, double, **given)


@pytest.mark.parametrize(
    ("label", "order", "part", "name"),
    [
        ("x", 1, "dx", "dT_dx"),
        ("x", 2, "dx2", "d2T_dx2"),
        ("lat", 3, "dlat3", "d3T_dlat3"),
        ("0", 1, "d0", "dT_d0"),
        ("0", 2, "d0d0", "d2T_d0d0"),
    ],
)
def test_names(label: str, order: int, part: str, name: str) -> None:
    assert component(label, order) == part
    assert result_name(field(), label, order, None) == name
    assert result_name(field("a/b/T"), label, order, None) == f"a/b/{name}"


@pytest.mark.parametrize("template", ["{nope}", "{", "{0}", "{var.x}", "a/b", ""])
def test_bad_templates_are_refused(template: str) -> None:
    with pytest.raises(UsageError):
        result_name(field(), "x", 1, template)


@pytest.mark.parametrize(
    ("units", "axis", "order", "expected"),
    [
        ("K", "m", 1, "K m-1"),
        ("K", "degrees_north", 1, "K degree_north-1"),
        ("m s-1", "m", 1, "m s-1 m-1"),
        ("degC", "days since 2000-01-01", 1, "K day-1"),
        ("Deg C", "degrees_east", 1, "K degree_east-1"),
        ("K", "seconds since 1970-01-01 00:00", 1, "K s-1"),
        ("Pa", "km", 2, "Pa km-2"),
        ("1", "m", 1, "m-1"),
        ("K", "1", 1, "K"),
        ("V", "m s-1", 1, "V m-1 s"),
        ("V", "m2", 2, "V m-4"),
        ("V", "m/s", 1, "V (m/s)-1"),
        ("K", "hPa", 1, "K hPa-1"),
    ],
)
def test_units_are_composed(units: str, axis: str, order: int, expected: str) -> None:
    assert derivative_units(units, axis, order) == expected


def test_no_units_no_power() -> None:
    assert inverse_units(None, 1) == ""


def test_attributes_are_kept_dropped_and_made() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0])
    axis = Axis("lon", 4, values, "degrees_east", "x", "longitude")
    stored = {
        "units": "degC",
        "long_name": "temperature",
        "standard_name": "air_temperature",
        "scale_factor": 0.1,
        "add_offset": 1.0,
        "valid_min": 0,
        "actual_range": [0, 1],
        "missing_value": -1,
        "flag_values": [1],
        "_FillValue": -1,
        "_Unsigned": "true",
        "ancillary_variables": "q",
        "coordinates": "time",
        "grid_mapping": "crs",
        "cell_measures": "area: a",
        "cell_methods": "time: mean lon: maximum (interval: 1 degree) lat: mean",
        "project": "p",
    }
    origin = field(axes=(axis,), units="degC", attributes=stored)
    found = attributes(origin, Along(0, "x"), fit_spacing("lon", values), Scheme())
    assert found["units"] == "K degree_east-1"
    assert found["units_metadata"] == "temperature: difference"
    assert found["long_name"] == "derivative of temperature along longitude"
    assert found["cell_methods"] == "time: mean lat: mean"
    assert {found[name] for name in ("coordinates", "grid_mapping", "project")} == {
        "time",
        "crs",
        "p",
    }
    made = {name for name in found if name.startswith("derivative_")}
    assert {"derivative_spacing", "derivative_edge_order", "derivative_accuracy"} <= made
    kept = set(found) - made - {"units", "units_metadata", "long_name", "cell_methods"}
    assert kept == {"coordinates", "grid_mapping", "cell_measures", "project"}


def test_a_step_that_the_user_gives_leaves_units_unknown() -> None:
    origin = field(units="K")
    assert "units" not in attributes(origin, Along(0, "lon", 30.0), index_spacing(4, 30), Scheme())
    assert attributes(origin, Along(0, "lon"), index_spacing(4), Scheme())["units"] == "K"
