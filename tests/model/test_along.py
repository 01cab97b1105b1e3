"""What a derivative along an axis is called."""

from __future__ import annotations

import numpy as np

from gradcli.model.along import Along
from gradcli.model.axes import Axis
from gradcli.model.fields import Field

DOUBLE = np.dtype("f8")


def field(*axes: Axis) -> Field:
    return Field("T", axes, "float64", DOUBLE, DOUBLE)


def test_an_axis_is_the_dimension_of_the_field() -> None:
    time, x = Axis("time", 4, units="days since 2000-01-01"), Axis("x", 3, units="m")
    along = Along(1, "east")
    assert along.axis(field(time, x)) is x
    assert along.name(field(time, x)) == "x"


def test_a_dimension_without_a_name_has_its_number() -> None:
    assert Along(1, "1").name(field(Axis(None, 4), Axis(None, 3))) == "1"


def test_a_sheet_stands_for_the_dimension() -> None:
    sheet = Axis("lon", 3, units="degrees_east")
    along = Along(0, "lon", sheet=sheet)
    assert along.axis(field(Axis("j", 4), Axis("i", 3))) is sheet
    assert along.name(field(Axis("j", 4), Axis("i", 3))) == "lon"
