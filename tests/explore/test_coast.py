"""Coast lines at known capes, and graticules."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.coast import Coasts, Frame, coast_points, graticule
from gradcli.explore.places import PLAIN
from tests.coast import TARGET, coasts_of


def test_the_coast_lines_are_small_and_of_the_earth() -> None:
    assert TARGET.stat().st_size < 60_000
    points, _ = coast_points()
    assert np.abs(points).max(axis=0).tolist() == pytest.approx([180, 84], abs=2)


@pytest.mark.parametrize(
    ("frame", "near"),
    [
        (Frame(-12, 3, 49, 60), (-5.7, 50.1)),  # Land's End
        (Frame(340, 365, 45, 60), (354.3, 50.1)),  # the same, in longitudes of 0 to 360
        (Frame(15, 25, -40, -30), (19.6, -34.8)),  # Cape Agulhas
    ],
)
def test_known_capes_lie_on_a_coast(frame: Frame, near: tuple[float, float]) -> None:
    points = np.concatenate(Coasts().inside(PLAIN, frame))
    assert np.hypot(*(points - near).T).min() < 1.0


def test_there_is_no_coast_in_the_middle_of_an_ocean() -> None:
    assert Coasts().inside(PLAIN, Frame(-40, -30, 25, 35)) == []


def test_a_graticule_has_round_lines() -> None:
    names = {line.name for line in graticule(PLAIN, Frame(-70, -35, 24, 51))}
    assert {"70°W", "60°W", "40°W", "30°N", "45°N"} <= names


def test_edges_of_a_world_map_are_no_coast() -> None:
    ring = np.array([[170.0, 60], [180, 61], [180, 70], [172, 69], [170, 60]])
    assert [len(line) for line in coasts_of(ring)] == [2, 3]
