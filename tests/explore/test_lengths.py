"""Lengths of the units of coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.explore.lengths import Scales
from gradcli.model.axes import Axis
from gradcli.model.metric import Metric
from gradcli.settings import Settings

LON, LAT = Axis("lon", 3, units="degrees_east"), Axis("lat", 3, units="degrees_north")
SPHERE = Settings(metric=Metric("sphere"))
DEGREE = 6371229.0 * np.pi / 180


def test_without_a_metric_lengths_are_those_of_the_steps() -> None:
    assert Scales(np.array([2.0, -1.0]))(np.zeros(2)).tolist() == [2.0, -1.0]


def test_a_degree_of_longitude_shrinks_towards_the_pole() -> None:
    scales = Scales(np.ones(3), SPHERE, [LAT, Axis("z", 3), LON], None, LAT)
    assert scales(np.array([60.0, 5.0, 9.0])) == pytest.approx([DEGREE, 1.0, DEGREE / 2])


def test_the_latitude_of_a_path_along_a_parallel_is_held() -> None:
    assert Scales(np.ones(1), SPHERE, [LON], 60.0, LAT)(np.array([7.0])) == pytest.approx(
        [DEGREE / 2]
    )
