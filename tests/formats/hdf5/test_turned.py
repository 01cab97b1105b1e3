"""Longitudes that are copied beyond the seam of their file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError
from gradcli.formats.hdf5.turned import TurnedRows, unlimited

EVEN = np.arange(0, 360, 10.0)


def test_turns_are_added_by_the_row() -> None:
    turned = TurnedRows("lon", np.arange(6).reshape(3, 2), np.array([360.0, 360, 0]))
    assert turned[1:3,].tolist() == [[362, 363], [4, 5]]
    assert turned[1:3,].dtype == np.arange(1).dtype
    assert turned.shape == (3, 2)
    with pytest.raises(UsageError, match="lon: its type int8 does not hold longitudes"):
        TurnedRows("lon", np.zeros(3, np.int8), np.full(3, 360.0))[0:2]


def test_limits_are_left_out() -> None:
    assert unlimited({"valid_max": 360.0, "units": "degrees"}) == {"units": "degrees"}


def derived(path: Path, sel: tuple[float, float], **packing: Any) -> np.ndarray:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("lon", 36)
        variable = file.createVariable("lon", "i2", ("lon",))
        variable.setncatts({"units": "degrees_east"} | packing)
        variable[:] = EVEN
        file.createVariable("f", "f8", ("lon",))[:] = EVEN**2
    report = gradcli.differentiate(path, path.with_name("out.nc"), sel={"lon": sel})
    with netCDF4.Dataset(report.outputs[0]) as file:
        found: np.ndarray = file["lon"][:].filled()
    return found


def test_packed_longitudes_go_on_where_their_type_holds_them(tmp_path: Path) -> None:
    found = derived(tmp_path / "f.nc", (340, 20), scale_factor=0.1, add_offset=5.0)
    np.testing.assert_allclose(found, [340, 350, 360, 370, 380])
    (tmp_path / "out.nc").unlink()
    with pytest.raises(UsageError, match="lon: its type int16 does not hold longitudes"):
        derived(tmp_path / "g.nc", (340, 50), scale_factor=0.012)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.nc", "g.nc"]
