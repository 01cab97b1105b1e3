"""Lengths on the ellipsoid."""

from __future__ import annotations

import numpy as np

from gradcli.numerics.earth import Earth, unit_vectors

WGS84 = Earth(6378137.0, 0.0066943799901413165)
LATITUDES = np.radians([-80.0, -45.0, -1.0, 0.0, 30.0, 60.0, 89.0])


def test_a_quarter_of_the_meridian_is_as_long_as_geodesy_says() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(40)
    latitudes = (nodes + 1) * np.pi / 4
    length = float(np.sum(weights * WGS84.meridian(latitudes)) * np.pi / 4)
    assert abs(length - 10001965.729) < 1e-3


def test_a_degree_of_longitude_vanishes_at_the_poles_alone() -> None:
    found = WGS84.parallel(np.radians([-90.0, -89.9999, 0.0, 90.0]))
    assert found[0] == found[3] == 0
    assert found[1] > 10
    assert found[2] == WGS84.radius


def test_the_normal_is_the_parallel_over_the_cosine() -> None:
    ratio = WGS84.parallel(LATITUDES) / np.cos(LATITUDES)
    np.testing.assert_allclose(WGS84.normal(LATITUDES), ratio, rtol=1e-13)


def test_changes_are_the_derivatives_of_lengths() -> None:
    step = 1e-5
    for length, change in (
        (WGS84.parallel, WGS84.parallel_change),
        (WGS84.meridian, WGS84.meridian_change),
    ):
        slope = (length(LATITUDES + step) - length(LATITUDES - step)) / (2 * step)
        np.testing.assert_allclose(change(LATITUDES), slope, rtol=1e-7, atol=1e-3)


def test_up_east_and_north_are_right_handed() -> None:
    longitudes = np.radians([-170.0, -90.0, -5.0, 0.0, 40.0, 120.0, 180.0])
    up, east, north = unit_vectors(longitudes, LATITUDES)
    np.testing.assert_allclose(np.cross(east, north), up, atol=1e-15)
    np.testing.assert_allclose(np.cross(up, east), north, atol=1e-15)
    assert np.all(east[..., 2] == 0)
