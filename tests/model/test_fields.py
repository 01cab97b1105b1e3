"""Fields: their names, groups and axes."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.model.axes import Axis
from gradcli.model.fields import Field, text

DOUBLE = np.dtype("f8")
AXES = (Axis("z", 2), Axis("y", 3), Axis("x", 4))


@pytest.mark.parametrize(
    ("name", "base", "group"),
    [("T", "T", ""), ("a/T", "T", "a/"), ("a/b/T", "T", "a/b/")],
)
def test_a_path_is_a_group_and_a_name(name: str, base: str, group: str) -> None:
    field = Field(name, AXES, "float64", DOUBLE, DOUBLE)
    assert (field.base, field.group, field.shape) == (base, group, (2, 3, 4))


def test_a_label_takes_the_place_of_the_name() -> None:
    assert Field("a/w", AXES, "float64", DOUBLE, DOUBLE, label="w0").base == "w0"


@pytest.mark.parametrize(
    ("fixed", "stored"),
    [(None, [0, 1, 2]), ((0, 1), [1, 2, 3]), ((1, 0), [0, 2, 3]), ((3, 5), [0, 1, 2])],
)
def test_axes_are_counted_in_the_file_around_the_components(
    fixed: tuple[int, int] | None, stored: list[int]
) -> None:
    field = Field("w", AXES, "float64", DOUBLE, DOUBLE, fixed=fixed)
    assert [field.stored_axis(index) for index in range(3)] == stored


@pytest.mark.parametrize(
    ("value", "found"),
    [("m ", "m"), (b" K", "K"), (b"\xff", "\ufffd"), ("", None), (b" ", None), (3, None)],
)
def test_an_attribute_is_text_or_none(value: object, found: str | None) -> None:
    assert text(value) == found
