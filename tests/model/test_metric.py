"""Which metrics there are."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.model.metric import RADIUS, Metric


@pytest.mark.parametrize(
    ("name", "on_earth"), [(None, False), ("none", False), ("sphere", True), ("wgs84", True)]
)
def test_lengths_on_the_earth_are_asked_for_by_name(name: str | None, on_earth: bool) -> None:
    assert Metric(name).on_earth is on_earth
    assert Metric(name).radius == RADIUS


@pytest.mark.parametrize(
    ("name", "radius", "words"),
    [
        ("flat", RADIUS, "there are: none, sphere, wgs84"),
        ("sphere", 0.0, "above 0"),
        ("sphere", -1.0, "above 0"),
        ("sphere", float("inf"), "above 0"),
        ("sphere", float("nan"), "above 0"),
        ("wgs84", 1.0, "is of a sphere"),
        (None, 1.0, "is of a sphere"),
    ],
)
def test_what_is_no_metric_is_refused(name: str | None, radius: float, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Metric(name, radius)


@pytest.mark.parametrize("name", ["cylindrical", "spherical"])
def test_coordinates_around_an_axis_are_not_on_the_earth(name: str) -> None:
    assert Metric(name, named={"r": "R", "phi": "th"}).around
    assert not Metric(name).on_earth
    assert not Metric("sphere").around


@pytest.mark.parametrize("place", ["x", "theta", "lat", "lon", ""])
def test_a_cylinder_has_no_such_coordinate(place: str) -> None:
    with pytest.raises(UsageError, match="there are: r, phi, z"):
        Metric("cylindrical", named={place: "a"})
