"""Variables of a file, found by their axes."""

from __future__ import annotations

import numpy as np

from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.neighbours import Neighbours

DOUBLE = np.dtype("f8")
X, Y, Z = (Axis(name, size, key=name) for name, size in (("x", 4), ("y", 3), ("z", 2)))


def field(name: str, *axes: Axis) -> Field:
    return Field(name, axes, "f8", DOUBLE, DOUBLE)


KNOWN = Neighbours(
    [field("c", Y, X), field("b", Z), field("a", X), field("d", Axis(None, 4, key="d[0]"))]
)


def test_variables_over_axes_of_a_field_come_in_the_order_of_the_file():
    assert [f.name for f in KNOWN.over(field("f", Y, X))] == ["c", "a"]
    assert [f.name for f in KNOWN.over(field("f", Z, Y))] == ["b"]


def test_arrays_without_names_are_found_by_their_shape():
    assert [f.name for f in KNOWN.beside(field("f", Z), [(4,)])] == ["b", "a", "d"]


def test_a_variable_without_axes_lies_beside_none():
    assert list(Neighbours([field("n")]).over(field("f", X))) == []
