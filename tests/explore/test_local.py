"""Values near a place that moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.api import request
from gradcli.explore.evaluate import evaluation
from gradcli.explore.interpolate import Corners
from gradcli.explore.lattice import Lattice
from gradcli.explore.local import LocalValues, Wanted
from gradcli.numerics.grids import GridSlice


@contextmanager
def _local(
    path: str, free: tuple[int, ...], held: tuple[Corners, ...] = (), **more: Any
) -> Iterator[LocalValues]:
    asked = request(path, **more)
    with evaluation(asked) as found:
        grid = Lattice(found, 0, asked.settings)
        name = found.results(0)[0].name
        yield LocalValues(found, [Wanted(0, name)], free, [grid.ruler(k) for k in free], held)


UNEVEN = [0.0, 0.5, 2.0, 2.25, 4.0, 7.0]
GRIDS: list[dict[str, GridSlice]] = [
    {"x": UNEVEN, "y": slice(0, 4, 0.25)},
    {"x": UNEVEN[::-1], "y": slice(3.75, -0.25, -0.25)},
]


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 7), st.floats(0, 3.75), st.sampled_from(GRIDS))
def test_a_cubic_is_exact_anywhere(x: float, y: float, grid: dict[str, GridSlice]) -> None:
    with _local("x**3 - 2*x*y**3 + y**2", (0, 1), grid=grid) as local:
        found = local.at(np.array([x, y]))
        assert found == pytest.approx([x**3 - 2 * x * y**3 + y**2], abs=1e-9)
        assert local.at(np.array([x, y])) == found  # from the tile that is kept


def test_axes_may_come_in_any_order_and_others_are_held() -> None:
    grid = {"x": slice(0, 5, 1), "t": (0, 1, 2), "y": slice(0, 80, 1)}
    held = (Corners((1,), ((1,), (2,)), (0.25, 0.75)),)
    with _local("x + 100*y + 10000*t", (2, 0), held, grid=grid) as local:
        assert local.at(np.array([70.5, 3.25])) == pytest.approx([7053.25 + 17500])
        assert local.cell(np.array([70.5, 3.25])).tolist() == [1.0, 1.0]


def test_places_go_around_a_periodic_axis() -> None:
    grid = {"x": slice(0, 1, 40j), "lon": slice(0, 360, 2)}
    text = "x + cos(lon*pi/180)"
    with _local(text, (0, 1), grid=grid, units={"lon": "degrees_east"}) as local:
        for lon in (-1.0, 359.0, 719.0, 1.0, 358.5):
            expected = 0.5 + np.cos(np.radians(lon))
            assert local.at(np.array([0.5, lon])) == pytest.approx([expected], abs=1e-6)


def test_there_are_no_values_beyond_an_end_or_beside_a_gap(tmp_path: Path) -> None:
    values = np.add.outer(np.arange(9.0), np.arange(9.0))
    values[4, 4] = np.nan
    np.save(tmp_path / "a.npy", values)
    with _local(str(tmp_path / "a.npy"), (0, 1)) as local:
        assert local.at(np.array([8.1, 3.0])) == "edge"
        assert local.at(np.array([8.0 + 1e-12, 3.0])) == pytest.approx([11.0])
        assert local.at(np.array([3.5, 3.5])) == "missing"
        assert local.at(np.array([2.5, 3.5])) == pytest.approx([6.0])  # multilinear
        assert local.at(np.array([3.0, 4.0])) == pytest.approx([7.0])
        assert local.inside(np.array([9.0, -1.0])).tolist() == [8.0, 0.0]


def test_short_axes_have_polynomials_of_their_own_degree() -> None:
    with _local("x**2 + y", (0, 1), grid={"x": (0, 1, 3), "y": (0, 1)}) as local:
        assert local.at(np.array([2.0, 0.5])) == pytest.approx([4.5])


@pytest.mark.parametrize(
    ("number", "inside"), [(4.0, 5.0), (5.5, 5.5), (7.0, 6.0), (364.0, 365.0), (-353.5, -354.0)]
)
def test_longitudes_of_a_region_have_ends(number: float, inside: float) -> None:
    grid = {"lat": slice(40, 43, 1), "lon": slice(5, 6, 11j)}
    with _local("lat + lon", (0, 1), grid=grid, units={"lon": "degrees_east"}) as local:
        place = local.inside(np.array([41.0, number]))
        assert place.tolist() == [41.0, inside]
        assert not isinstance(local.at(place), str)
