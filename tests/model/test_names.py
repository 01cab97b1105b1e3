"""Names and units of derivatives."""

from __future__ import annotations

import pytest

from gradcli.cf.units import derivative_units, inverse_units
from gradcli.errors import UsageError
from gradcli.model.names import component, derivative_name, templated_name


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
    assert component([label] * order) == part
    assert derivative_name("T", [label] * order) == name


@pytest.mark.parametrize("template", ["{nope}", "{", "{0}", "{var.x}", "a/b", ""])
def test_bad_templates_are_refused(template: str) -> None:
    with pytest.raises(UsageError):
        templated_name(template, {"var": "T", "axis": "x"})


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
    assert derivative_units(units, [axis] * order) == expected


def test_no_units_no_power() -> None:
    assert inverse_units(None, 1) == ""
