"""Tiles of a block: they cover it once, and change no byte of a result."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import gradcli
from gradcli.engine import tiling
from gradcli.engine.tiling import tiles_of
from gradcli.plan.tasks import Task


@pytest.mark.parametrize("size", [1, 24, 100, 4000, 10**6])
def test_tiles_cover_a_block_once(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(tiling, "TILE_BYTES", 8 * size)
    task = cast("Task", SimpleNamespace(tiled=True, dtype=np.dtype("f8"), terms=list))
    window = slice(2, 5), slice(7, 27), slice(4, 17)
    seen = np.zeros((5, 27, 17), int)
    for tile in tiles_of(task, window):
        assert np.prod([part.stop - part.start for part in tile]) <= max(size, 1)
        seen[tile] += 1
    assert (seen[window] == 1).all()
    assert seen.sum() == 3 * 20 * 13


def test_steps_that_share_rows_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Factors of a grid are kept from one tile to the next."""
    monkeypatch.setattr(tiling, "TILE_BYTES", 8 * 40)
    task = cast("Task", SimpleNamespace(tiled=True, dtype=np.dtype("f8"), terms=list))
    rows = [tile[1].start for tile in tiles_of(task, (slice(0, 3), slice(0, 8), slice(0, 10)))]
    assert rows == [0, 0, 0, 4, 4, 4]


@pytest.mark.parametrize("axes", [("0", "1"), ("1", "2"), ("0", "2")])
@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_tiles_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, axes: tuple[str, str], missing: Any
) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(7, 20, 31)).astype("f4")
    values[rng.random(values.shape) < 0.1] = np.nan
    values[2, 3, 4], values[5, 6] = np.inf, 1e-30
    np.save(tmp_path / "f.npy", values)
    made = []
    for number, size in enumerate((2**30, 2000, 300)):
        monkeypatch.setattr(tiling, "TILE_BYTES", size)
        report = gradcli.differentiate(
            tmp_path / "f.npy",
            tmp_path / f"{number}-{{component}}.npy",
            operator="magnitude",
            also=("gradient", "laplacian", "direction"),
            axis=axes,
            accuracy=4,
            missing=missing,
            periodic=axes[1],
        )
        made.append([Path(path).read_bytes() for path in report.outputs])
    assert made[0] == made[1] == made[2]
    assert len(made[0]) == 5
