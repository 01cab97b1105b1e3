"""Which axes are cylindrical or spherical coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.errors import NoMetricError, UsageError
from gradcli.geometry.coordinates import (
    coordinates_of,
    metric_by_names,
    radians_of,
    roles_of,
    straight_notes,
)
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.operators import make_operator


def field(*names: str, **units: str) -> Field:
    double = np.dtype("f8")
    axes = tuple(Axis(name, 3, np.arange(3.0), units.get(name)) for name in names)
    return Field("f", axes, "f8", double, double)


@pytest.mark.parametrize(
    ("metric", "names", "found"),
    [
        ("cylindrical", "r phi z", {"r": 0, "phi": 1, "z": 2}),
        ("cylindrical", "t height azimuth Radius", {"r": 3, "phi": 2, "z": 1}),
        ("cylindrical", "theta r", {"r": 1, "phi": 0}),
        ("cylindrical", "r theta phi", {"r": 0, "phi": 2}),
        ("cylindrical", "time r z", {"r": 1, "z": 2}),
        ("spherical", "r theta phi", {"r": 0, "theta": 1, "phi": 2}),
        ("spherical", "phi θ r", {"r": 2, "theta": 1, "phi": 0}),
        ("spherical", "r lat lon", {"r": 0, "lat": 1, "phi": 2}),
        ("spherical", "r colatitude longitude", {"r": 0, "theta": 1, "phi": 2}),
    ],
)
def test_axes_are_known_by_their_names(metric: str, names: str, found: dict[str, int]) -> None:
    assert coordinates_of(field(*names.split()), Metric(metric)) == found


def test_names_that_are_told_win() -> None:
    told = Metric("cylindrical", named={"r": "z", "z": "r"})
    assert coordinates_of(field("r", "phi", "z"), told) == {"r": 2, "z": 0, "phi": 1}
    told = Metric("spherical", named={"r": "a", "lon": "b", "lat": "c"})
    assert coordinates_of(field("a", "b", "c", "theta"), told) == {"r": 0, "phi": 1, "lat": 2}
    with pytest.raises(UsageError, match="--metric spherical:r=q: no axis 'q'"):
        coordinates_of(field("a"), Metric("spherical", named={"r": "q"}))


@pytest.mark.parametrize("names", ["x y", "phi z", "height lat lon", "level theta phi"])
def test_a_height_is_no_distance_from_the_centre(names: str) -> None:
    for metric in ("cylindrical", "spherical"):
        with pytest.raises(NoMetricError, match="an axis called r or radius, or named"):
            coordinates_of(field(*names.split()), Metric(metric))


def test_coordinates_stand_for_x_y_and_z_in_right_handed_order() -> None:
    assert roles_of(field("z", "phi", "r", "t"), Metric("cylindrical"), range(4)) == [
        *("z", "y", "x"),
        None,
    ]
    assert roles_of(field("phi", "theta", "r"), Metric("spherical"), (2, 0)) == ["x", "z"]
    assert roles_of(field("r", "lat", "lon"), Metric("spherical"), range(3)) == ["z", "y", "x"]


def test_the_radians_of_an_angle() -> None:
    notes: list[str] = []
    one = math.pi / 180
    known = {"degrees": one, "deg": one, "degree_east": one, "rad": 1.0, "radians": 1.0}
    for unit, radians in known.items():
        assert radians_of(Axis("phi", 3, units=unit), "phi", "phi", notes) == radians
    assert radians_of(Axis("lon", 3), "lon", "phi", notes) == one
    assert notes == []
    assert radians_of(Axis("phi", 3, np.array([0.0, 6.28]), "1"), "phi", "phi", notes) == 1.0
    assert notes == [
        "axis phi: has no units, its values are taken as radians (--units phi=degrees)"
    ]
    for place, most in (("phi", 6.4), ("theta", 3.2)):
        with pytest.raises(UsageError, match="has no units, and its values extend over"):
            radians_of(Axis("a", 2, np.array([0.0, most])), "a", place, notes)
    with pytest.raises(UsageError, match="its units are 'K', and theta is an angle"):
        radians_of(Axis("theta", 2, units="K"), "theta", "theta", notes)


def test_straight_axes_are_noted_where_it_matters() -> None:
    gradient, laplacian = (make_operator(name) for name in ("gradient", "laplacian"))
    of = field("r", "phi", "z")
    (note,) = straight_notes(of, (0, 1), (gradient,))
    assert note.startswith("r and phi are taken as straight axes")
    assert list(straight_notes(of, (0, 2), (gradient,))) == []
    assert len(list(straight_notes(of, (0, 2), (laplacian,)))) == 1
    (note,) = straight_notes(field("r", "theta", "phi"), (1,), (gradient,))
    assert "--metric spherical" in note
    for names in ("x phi", "r z", "rho theta", "theta phi"):
        assert list(straight_notes(field(*names.split()), (0, 1), (laplacian,))) == []


def test_info_names_the_metric_that_fits() -> None:
    assert metric_by_names(field("r", "phi")) == "--metric cylindrical"
    assert metric_by_names(field("r", "theta", "phi")) == "--metric spherical"
    assert metric_by_names(field("r", "x")) is None
