"""Masks of land on C grids, over x and y alone or over depth and time too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.formats.opening import open_source
from gradcli.geometry.land import masks_of
from gradcli.geometry.staggered import recognise
from gradcli.model.protocols import Hints

LEVELS, ROWS, COLUMNS = 3, 7, 9


def ocean(path: Path, **give: Any) -> tuple[Any, Any]:
    """Write a flow of NEMO whose floor rises in steps; return where u and v are land."""
    rng = np.random.default_rng(1)
    depth = rng.integers(0, LEVELS + 1, (ROWS, COLUMNS))
    wet = np.arange(LEVELS)[:, None, None] < depth  # the centres
    dry = {"t": ~wet, "u": ~wet, "v": ~wet}
    dry["u"] = dry["t"].copy()
    dry["u"][:, :, :-1] |= dry["t"][:, :, 1:]
    dry["v"] = dry["t"].copy()
    dry["v"][:, :-1] |= dry["t"][:, 1:]
    point = give.get("levels", "depth")
    with netCDF4.Dataset(path, "w") as file:
        for dim, size in (
            ("time", 2), ("depth", LEVELS), ("y", ROWS), ("x", COLUMNS), ("one", 1)
        ):  # fmt: skip
            file.createDimension(dim, size)
        if point not in file.dimensions:
            file.createDimension(point, LEVELS)
        for part in "uv":
            values = rng.standard_normal((2, LEVELS, ROWS, COLUMNS)).astype("f4")
            made = file.createVariable(part, "f4", ("time", "depth", "y", "x"))
            made[:] = np.where(dry[part], 0 if give.get("mask") else np.nan, values)
            made.units = "m s-1"
            for k, step in ((1, 3000.0), (2, 4000.0)):
                file.createVariable(f"e{k}{part}", "f8", ("y", "x"))[:] = step
        for name in give.get("mask", ()):
            dims = give.get("dims", (point, "y", "x"))
            mask = file.createVariable(name, "i1", dims)
            mask[:] = np.broadcast_to(~dry[name[0]], mask.shape)
    return dry["u"], dry["v"]


def derive(path: Path, **given: Any) -> tuple[xr.Dataset, list[str]]:
    asked = {"var": "u,v", "operator": "divergence", "also": "curl", "overwrite": True}
    report = gradcli.differentiate(path, **(asked | given))
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes


@pytest.mark.parametrize(
    "give",
    [
        {"mask": ("umask", "vmask")},
        {"mask": ("umask", "vmask"), "dims": ("one", "depth", "y", "x")},
        {"mask": ("umask", "vmask"), "dims": ("time", "depth", "y", "x")},
        {"mask": ("umask", "vmask"), "levels": "nav_lev"},
        {"mask": ("tmask",)},
        {"mask": ("tmask",), "dims": ("one", "depth", "y", "x")},
    ],
    ids=str,
)
def test_land_by_a_mask_over_depth_is_missing_land(give: dict[str, Any], tmp_path: Path) -> None:
    ocean(tmp_path / "nan.nc")
    ocean(tmp_path / "mask.nc", **give)
    expected, _ = derive(tmp_path / "nan.nc")
    found, notes = derive(tmp_path / "mask.nc")
    told = "umask is 0 and vmask is 0" if "umask" in give["mask"] else "tmask is 0 on either side"
    assert any(note.endswith(f"so are those where {told}") for note in notes)
    assert not any("not used as a mask" in note for note in notes)
    for name in ("div", "curl"):
        assert 0 < expected[name].isnull().sum() < expected[name].size
        np.testing.assert_array_equal(found[name], expected[name])
        assert found[name].dtype == np.float32


def test_parts_and_blocks_with_a_mask_over_depth(tmp_path: Path) -> None:
    ocean(tmp_path / "f.nc", mask=("tmask",))
    whole, _ = derive(tmp_path / "f.nc")
    for halo in (True, False):
        part, _ = derive(tmp_path / "f.nc", isel={"depth": 1, "x": (2, 7), "y": (3, 6)}, halo=halo)
        for name in ("div", "curl"):
            inner = part[name].values
            expected = whole[name].values[:, 1:2, 3:6, 2:7]
            if not halo:  # faces lie behind their cells
                inner, expected = (
                    each[..., 1:, 1:] if name == "div" else each[..., :-1, :-1]
                    for each in (inner, expected)
                )
            np.testing.assert_array_equal(inner, expected)


def test_a_mask_that_does_not_fit_is_said(tmp_path: Path) -> None:
    ocean(tmp_path / "f.nc")
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file.createDimension("other", 5)
        file.createVariable("umask", "i1", ("other", "y", "x"))[:] = 1
    _, notes = derive(tmp_path / "f.nc")
    assert "umask: does not lie over the axes of u, and is not used as a mask" in notes


def test_masks_of_a_closed_axis(tmp_path: Path) -> None:
    """At the seam a face has the cells at both ends beside it."""
    dry, _ = ocean(tmp_path / "f.nc", mask=("tmask",))
    with open_source(str(tmp_path / "f.nc"), Hints()) as source:
        grid = recognise(source, source.fields["u"], source.fields["v"])
        assert grid is not None
        closed = grid.__class__(**{**vars(grid), "closed": frozenset({grid.x})})
        window = (slice(0, 1), slice(0, LEVELS), slice(0, ROWS), slice(-1, COLUMNS))
        open_, around = (masks_of(source, each)[0] for each in (grid, closed))
        assert open_ is not None
        assert around is not None
        assert not open_.is_map
        land = around.at(source, window)[0]
        np.testing.assert_array_equal(land[..., 1:-1], dry[..., :-1])
        np.testing.assert_array_equal(land[..., 0], land[..., -1])
        first = open_.at(source, (slice(0, 1),) * 4)
        centre = source.read("tmask", (slice(0, LEVELS), slice(0, ROWS), slice(0, COLUMNS))) == 0
        np.testing.assert_array_equal(land[..., -1], centre[..., -1] | centre[..., 0])
        assert first.item() == (centre[0, 0, 0] or centre[0, 0, 1])
