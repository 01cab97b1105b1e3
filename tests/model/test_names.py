"""Names and units of derivatives."""

from __future__ import annotations

import pytest

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
