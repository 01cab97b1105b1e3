"""Stores of every kind, as zarr-python and xarray write them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from tests.grids import uneven

SHAPE = (17, 11)
VALUES = np.round(np.random.default_rng(3).normal(size=SHAPE), 4)
# How the field of a store is stored, by the kind of the store.
KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "2": (2, {"chunks": (5, 4)}),
    "3": (3, {"chunks": (5, 4)}),
    "two": (3, {"chunks": (9, 11)}),
    "shards": (3, {"chunks": (3, 2), "shards": (6, 8)}),
}


def make_store(path: Path, kind: str = "3", values: np.ndarray = VALUES, **words: Any) -> Path:
    """Write a field f over y and x to a store; return its path."""
    version, stored = KINDS[kind]
    y, x = uneven(SHAPE[0]), np.linspace(-3, 7, SHAPE[1])
    grid = xr.Dataset(
        {"f": (("y", "x"), values, words)},
        {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
        {"title": "a store"},
    )
    grid.to_zarr(path, zarr_format=version, consolidated=False, encoding={"f": stored})
    return path


def opened(path: Path | str) -> xr.Dataset:
    """Return a store as xarray reads it."""
    with xr.open_zarr(path, consolidated=False, chunks=None) as grid:
        return grid.load()


def zipped(path: Path) -> Path:
    """Return an archive of a store."""
    made = shutil.make_archive(str(path), "zip", path)
    return Path(made)
