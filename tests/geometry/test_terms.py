"""Units along axes, and what the metric makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.geometry.terms import Plain, earth_of, units_along
from gradcli.model.along import Along
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.metric import Metric

DOUBLE = np.dtype("f8")
FIELD = Field("T", (Axis("lon", 3, units="degrees_east"),), "float64", DOUBLE, DOUBLE)


def test_the_metric_comes_before_what_was_asked_for_and_that_before_the_file() -> None:
    plain = Plain(degrees_alike=False)
    assert units_along(plain, 0, Along(0, "lon"), FIELD) == "degrees_east"
    assert units_along(plain, 0, Along(0, "lon", units="radian"), FIELD) == "radian"
    plain.units[0] = "m"
    assert units_along(plain, 0, Along(0, "lon", units="radian"), FIELD) == "m"


@pytest.mark.parametrize("units", ["degrees_east", "degree_north"])
def test_degrees_are_alike_where_they_were_asked_for_as_lengths(units: str) -> None:
    assert Plain(degrees_alike=True).same_units(units) == "degree"
    assert Plain(degrees_alike=False).same_units(units) == units
    assert Plain(degrees_alike=True).same_units("m") == "m"


def test_the_earth_is_a_sphere_of_a_radius_or_the_ellipsoid() -> None:
    earth, words = earth_of(Metric("sphere", 6371000.0))
    assert (earth.radius, earth.eccentricity2) == (6371000.0, 0.0)
    assert words == "sphere, radius 6371000 m"
    earth, words = earth_of(Metric("wgs84"))
    assert words == "wgs84"
    assert earth.radius == 6378137.0
    assert earth.eccentricity2 == pytest.approx(0.00669437999014, rel=1e-12)
