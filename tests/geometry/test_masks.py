"""Masks of land tell on which side of the cells the faces of a C grid lie."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from gradcli.errors import InputError
from tests.cgrids import write
from tests.plan.test_staggered import derive


@pytest.mark.parametrize("behind", [True, False])
def test_masks_tell_the_side_of_the_faces(behind: bool, tmp_path: Path) -> None:
    """A file of as many faces as cells, without positions: a face is land if a cell beside is."""
    write(tmp_path / "f.nc", "mom6", "rotation", 12, places=False, terms="e")
    wet = np.random.default_rng(2).random((12, 24)) > 0.3
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for name, dims, axis in (
            ("wet", ("yh", "xh"), None),
            ("wet_u", ("yh", "xq"), 1),
            ("wet_v", ("yq", "xh"), 0),
        ):
            beside = wet if axis is None else wet & np.roll(wet, -1 if behind else 1, axis)
            file.createVariable(name, "i1", dims)[:] = beside
    found, notes = derive(tmp_path / "f.nc", operator="divergence", metric=None)
    assert any("wet_u is 0 and wet_v is 0" in note for note in notes)
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for name in ("xq", "yq"):
            made = file.createVariable(name, "i4", (name,))
            made[:] = np.arange(len(file.dimensions[name]))
            made.c_grid_axis_shift = 0.5 if behind else -0.5
    told, _ = derive(tmp_path / "f.nc", operator="divergence", metric=None)
    assert found["div"].notnull().sum() > 50
    np.testing.assert_array_equal(found["div"], told["div"])


def test_masks_that_fit_both_sides_tell_nothing(tmp_path: Path) -> None:
    write(tmp_path / "f.nc", "mom6", "rotation", 8, places=False, terms="e")
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        for name, dims in (("wet", "yh xh"), ("wet_u", "yh xq"), ("wet_v", "yq xh")):
            file.createVariable(name, "i1", tuple(dims.split()))[:] = 1
    with pytest.raises(InputError, match="nothing tells on which side of the cells"):
        derive(tmp_path / "f.nc", operator="divergence", metric=None)
