"""Multilinear values between the points of a grid."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.api import request
from gradcli.explore.evaluate import evaluation
from gradcli.explore.interpolate import Corners, interpolate, values_at
from gradcli.explore.probe import probe
from gradcli.model.protocols import Limits

LIMITS = Limits(2**26, 2)


@settings(max_examples=25, deadline=None)
@given(
    grids=st.lists(
        st.lists(st.integers(-40, 40), min_size=2, max_size=5, unique=True).map(sorted),
        min_size=3,
        max_size=3,
    ),
    shares=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    falling=st.booleans(),
)
def test_a_multilinear_field_is_exact_anywhere(
    grids: list[list[int]], shares: list[float], falling: bool
) -> None:
    axes = [grid[::-1] if falling else grid for grid in grids]
    x, y, z = (
        grid[0] + share * (grid[-1] - grid[0]) for grid, share in zip(axes, shares, strict=True)
    )
    asked = request("x*y*z + 3*x*y - z + 7", grid=dict(zip("xyz", axes, strict=True)))
    made = probe(asked, [{"x": repr(x), "y": repr(y), "z": repr(z)}], ["--at"])
    exact = (x * y * z + 3 * x * y - z + 7, y * z + 3 * y, x * z + 3 * x, x * y - 1)
    scale = 40.0**3
    for (found,), expected in zip(made.results.values(), exact, strict=True):
        assert found == pytest.approx(expected, abs=1e-10 * scale)


def test_points_themselves_are_those_of_the_whole_grid(tmp_path: Path) -> None:
    values = np.random.default_rng(5).normal(size=(23, 31)).astype("f4")
    values[4, 7] = np.nan
    np.save(tmp_path / "a.npy", values)
    points = np.argwhere(np.ones((23, 31), bool))
    with evaluation(request(str(tmp_path / "a.npy"))) as found:
        whole = found.values(0, (slice(0, 23), slice(0, 31)))
        some = values_at(found, 0, points, LIMITS)
    for name, part in some.items():
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part.reshape(23, 31), whole[name])


def test_a_missing_point_without_a_weight_does_no_harm(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[1.0, np.nan], [3.0, 4.0]]))
    places = [
        [Corners((0,), ((0,), (1,)), (0.5, 0.5)), Corners((1,), ((0,), (1,)), (1.0, 0.0))],
        [Corners((0,), ((0,),), (1.0,)), Corners((1,), ((0,), (1,)), (0.5, 0.5))],
    ]
    with evaluation(request(str(tmp_path / "a.npy"))) as found:
        values = interpolate(found, 0, places, LIMITS)["a"]
    np.testing.assert_array_equal(values, [2.0, np.nan])


def test_a_thousand_points_read_each_chunk_that_they_need_once(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    random = np.random.default_rng(8)
    with h5py.File(path, "w") as file:
        made = file.create_dataset("a", (900, 900), "f8", chunks=(30, 30), compression=1)
        made[...] = random.random((900, 900))
    # Points in the middle of their chunks: the halo lies in them too.
    points = 30 * random.integers(0, 10, (1000, 2)) + random.integers(2, 28, (1000, 2))
    with h5py.File(path) as file:
        chunks = {tuple((point // 30).tolist()) for point in points}
        needed = sum(
            file["a"].id.get_chunk_info_by_coord((30 * row, 30 * column)).size
            for row, column in chunks
        )
    with evaluation(request(str(path))) as found:
        values_at(found, 0, points[:1], LIMITS)  # the library reads its index once
        before = _bytes_read()
        values_at(found, 0, points, LIMITS)
        read = _bytes_read() - before
    assert len(chunks) > 90
    assert needed * 0.9 < read <= needed * 1.05  # and a few nodes of the index of chunks


def _bytes_read() -> int:
    """Return how many bytes this process has read from files so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])
