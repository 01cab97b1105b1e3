"""Attributes of results: kept, dropped and made."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.geometry.terms import Plain
from gradcli.model.along import Along
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.numerics.coordinates import Spacing, fit_spacing, index_spacing
from gradcli.plan.choose import Choice
from gradcli.plan.results import ResultMaker
from gradcli.settings import Settings


def field(name: str = "T", **given: Any) -> Field:
    double = np.dtype("f8")
    return Field(name, given.pop("axes", (Axis("lon", 4),)), "float64", double, double, **given)


def attributes(origin: Field, along: Along, spacing: Spacing) -> Any:
    settings = Settings()
    maker = ResultMaker(Choice((origin,), (along,)), (along,), {0: spacing}, Plain(False), settings)
    (operator,) = settings.operators
    (outcome,) = operator.outcomes(1, 1)
    return maker.make(outcome, operator, np.dtype("f8"), 0).attributes


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
    found = attributes(origin, Along(0, "x"), fit_spacing("lon", values))
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
    assert "units" not in attributes(origin, Along(0, "lon", 30.0), index_spacing(4, 30))
    assert attributes(origin, Along(0, "lon"), index_spacing(4))["units"] == "K"
