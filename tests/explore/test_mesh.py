"""Cells of grids, and the disc around the middle of one."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.mesh import are_even, corners_of, edges_of, on_a_disc


def test_edges_and_corners_of_even_grids() -> None:
    x = np.linspace(0, 4, 9)
    assert np.allclose(edges_of(x), np.linspace(-0.25, 4.25, 10))
    grid = np.meshgrid(x, x[:5])
    assert np.allclose(corners_of(grid[0]), edges_of(x))
    assert np.allclose(corners_of(grid[1]), edges_of(x[:5])[:, None])
    assert are_even(edges_of(x))
    assert not are_even(edges_of(x**2))


@pytest.mark.parametrize("pole", [90, -90, 0])
def test_a_disc_shows_a_grid_around_its_middle(pole: float) -> None:
    up, right = np.meshgrid(np.linspace(-0.2, 0.2, 9), np.linspace(-0.2, 0.2, 7), indexing="ij")
    if pole:
        lon = np.degrees(np.arctan2(right, up))
        lat = np.sign(pole) * (90 - np.degrees(np.hypot(right, up)))
    else:  # across the meridian of 180 degrees
        lon, lat = (180 + np.degrees(right) + 180) % 360 - 180, np.degrees(up)
    disc = on_a_disc(lon, lat)
    assert disc is not None
    x, y = disc.forward(lon, lat)
    back = disc.inverse(x, y)
    assert np.allclose(back[1], lat)
    assert np.allclose(np.exp(1j * np.radians(back[0] - lon)), 1)
    assert np.hypot(x, y).max() < 0.3
    # Areas are those on the Earth.
    step = np.gradient(x, axis=1) * np.gradient(y, axis=0)
    turn = np.gradient(y, axis=1) * np.gradient(x, axis=0)
    assert np.abs(step - turn)[1:-1, 1:-1] == pytest.approx(0.05 * 0.4 / 6, rel=0.03)


def test_grids_that_longitudes_suit_or_no_disc_holds() -> None:
    lon, lat = np.meshgrid(np.linspace(0, 20, 5), np.linspace(40, 50, 4))
    assert on_a_disc(lon, lat) is None
    lon, lat = np.meshgrid(np.linspace(-180, 179, 90), np.linspace(-80, 89, 40))
    assert on_a_disc((lon + 290) % 360 - 180, lat) is None
