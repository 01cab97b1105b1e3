"""Arguments for axes, in every form that Python users write."""

from __future__ import annotations

import math

import pytest

from gradcli.errors import UsageError
from gradcli.plan.given import by_axis_name, direction_of, names_of, periods_of, steps_of


def test_indices_and_names_are_text() -> None:
    assert names_of([0, "lon ", ""]) == ("0", "lon")
    assert by_axis_name({-1: 2, "x": 3}) == {"-1": 2, "x": 3}
    assert steps_of({None: 1.0, 1: 2.0}) == {None: 1.0, "1": 2.0}
    assert steps_of(None) == {}
    assert periods_of([0, "lon"]) == {"0": None, "lon": None}
    assert periods_of(None) == {}


def test_directions_are_finite() -> None:
    assert direction_of(90) == (90,)
    assert direction_of((1.0, 2.0)) == (1.0, 2.0)
    with pytest.raises(UsageError, match="expected finite numbers"):
        direction_of((1.0, math.inf))
