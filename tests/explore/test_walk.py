"""Paths along vectors that are known everywhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcli.explore.local import Nowhere
from gradcli.explore.walk import NEAR, Ground, Path, walk
from gradcli.numerics.weights import Floats

SIZE = 5.0


def _walk(
    of: Callable[[Floats], Floats], start: tuple[float, float], length: float = 100.0
) -> Path:
    def vector(place: Floats) -> Floats | Nowhere:
        return "edge" if np.abs(place).max() > SIZE else of(place)

    ground = Ground(
        vector,
        lambda place: np.ones(2),
        lambda place: np.full(2, 0.1),
        lambda place: np.clip(place, -SIZE, SIZE),
    )
    return walk(ground, np.array(start), length, 1e-5)


def test_a_straight_path_ends_on_the_edge() -> None:
    path = _walk(lambda place: np.array([3.0, 4.0]), (0.0, 0.0))
    assert path.ended == "edge"
    assert path.places[-1] == pytest.approx([3.75, 5.0])
    assert path.places[-1][1] == 5.0
    assert path.lengths[-1] == pytest.approx(6.25)


def test_a_circle_is_closed_and_ends_after_its_length() -> None:
    path = _walk(lambda place: np.array([-place[1], place[0]]), (1.0, 0.0), 2 * np.pi)
    assert path.ended == "length"
    assert path.places[-1] == pytest.approx([1.0, 0.0], abs=1e-5)
    assert path.lengths[-1] == 2 * np.pi
    assert np.diff(path.lengths).max() <= 0.1 * 1.01 * np.sqrt(2)


@pytest.mark.parametrize("turn", [0.0, 1.0, 5.0])
def test_a_sink_ends_a_path_also_if_it_turns(turn: float) -> None:
    change = np.array([[-1.0, -turn], [turn, -3.0]])
    path = _walk(lambda place: change @ place, (2.0, 1.0))
    assert path.ended == "stationary"
    assert np.abs(path.places[-1]).max() <= NEAR * 0.1


def test_a_path_that_passes_a_saddle_goes_on() -> None:
    path = _walk(lambda place: np.array([-place[0], place[1]]), (2.0, 0.01))
    assert path.ended == "edge"
    assert path.places[-1][1] == SIZE
    assert path.places[-1][0] * SIZE == pytest.approx(0.02, rel=1e-3)  # x y stays the same


def test_a_fold_is_followed_to_its_lowest_point() -> None:
    # The vector turns about within one cell, as the derivatives of |x| + |y| on a grid do.
    path = _walk(lambda place: -np.clip(place / 0.1, -1, 1), (1.0, 0.5))
    assert path.ended == "stationary"
    assert np.abs(path.places[-1]).max() <= NEAR * 0.1


def test_steps_that_lead_nowhere_end() -> None:
    path = _walk(lambda place: np.array([-np.sign(place[0]), 0.0]), (1.0, 0.5))
    assert path.ended == "stationary"
    assert path.places[-1] == pytest.approx([0.0, 0.5], abs=1e-3)


def test_a_start_where_nothing_points_anywhere_is_stationary() -> None:
    path = _walk(lambda place: 0 * place, (1.0, 0.5))
    assert (path.ended, len(path.places)) == ("stationary", 1)


def test_a_start_on_the_edge_that_leads_outwards_is_the_whole_path() -> None:
    path = _walk(lambda place: np.array([1.0, 0.0]), (SIZE, 0.0))
    assert (path.ended, len(path.places)) == ("edge", 1)
