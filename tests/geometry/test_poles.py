"""Which grids go on across the poles, and their latitudes beyond."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.geometry.poles import across, find_poles
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.poles import Poles

LON = np.arange(0.0, 360.0, 45.0)
GAUSS = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(6)[0]))


def grid(lat: Any, lon: Any = LON, radians: bool = False) -> Field:
    axes = []
    for name, values in (("lat", lat), ("lon", lon)):
        made = np.radians(np.array(values, float)) if radians else np.array(values, float)
        units = "radian" if radians else {"lat": "degrees_north", "lon": "degrees_east"}[name]
        standard = {"lat": "latitude", "lon": "longitude"}[name]
        axes.append(Axis(name, len(made), made, units, standard_name=standard))
    double = np.dtype("f8")
    return Field("f", tuple(axes), "f8", double, double)


@pytest.mark.parametrize("radians", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("lat", "ends"),
    [
        (np.arange(-85.0, 86.0, 10), (0, 0)),
        (np.arange(-90.0, 91.0, 10), (1, 1)),
        (np.arange(-88.0, 89.0, 2), (0, 0)),
        (GAUSS, (0, 0)),
        (np.arange(5.0, 91.0, 5), (None, 1)),
        (np.arange(-89.5, 10), (0, None)),
        (np.arange(10.0, 86.0, 5), (None, 0)),
    ],
)
def test_ends_at_a_pole(lat: Any, ends: tuple[int | None, ...], sign: int, radians: bool) -> None:
    poles = find_poles(grid(lat[::sign], radians=radians))
    assert (poles.low, poles.high) == ends[::sign]
    assert (poles.latitude, poles.longitude, poles.ring) == (0, 1, 8)


def test_a_repeated_longitude_counts_once() -> None:
    lat = np.arange(-85.0, 86.0, 10)
    assert find_poles(grid(lat, np.arange(0.0, 361.0, 45))).ring == 8
    assert find_poles(grid(lat, np.array([0.0, 30, 100, 180, 210, 280]))).ring == 6
    assert find_poles(grid(lat, [0.0, 90, 180, -90])).ring == 4


@pytest.mark.parametrize(
    ("lat", "lon", "told"),
    [
        ([-80.0, 80], np.arange(0, 360, 72), "even number of longitudes.*there are 5"),
        ([-80.0, 80], np.arange(0, 361, 72), "even number of longitudes.*there are 5"),
        ([-80.0, 80], np.arange(0, 180, 10), "go around the Earth.*0 at index 0 has none"),
        ([-80.0, 80], [0.0, 30, 100, 190, 210, 280], "another half a turn away; 0 at index 0"),
        ([-80.0, 80], [0.0], "go around the Earth"),
        (np.arange(-60, 61, 10), LON, "no row lies next to a pole, latitudes go from -60 to 60"),
        ([80.0], LON, "no row lies next to a pole"),
    ],
)
def test_grids_that_end_before_the_poles(lat: Any, lon: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        find_poles(grid(lat, lon))


def test_a_field_without_longitude_is_refused() -> None:
    field = grid([-80.0, 80.0])
    alone = Field("f", field.axes[:1], "f8", field.dtype, field.dtype)
    with pytest.raises(UsageError, match="half a turn of longitude away"):
        find_poles(alone)


def test_latitudes_go_on_along_a_great_circle() -> None:
    lat = np.array([90.0, 60, 30])
    found, before = across(lat, Poles(0, 1, 3, 8, 1, None), 90.0, 9)
    assert (found.tolist(), before) == ([150.0, 120.0, 90.0, 60.0, 30.0], 2)
    found, before = across(-lat[1:][::-1], Poles(0, 1, 2, 8, None, 0), 90.0, 1)
    assert (found.tolist(), before) == ([-30.0, -60.0, -120.0], 0)
