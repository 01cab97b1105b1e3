"""What the tests of NetCDF share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.formats.netcdf.test_source import SHAPE, VALUES, add, create
from tests.grids import uneven


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """Return a file with everything that CF lets a variable point to."""
    with create(tmp_path / "rich.nc") as file:
        file.createDimension("two", 2)
        file.title = "a rich file"
        file.history = "made before"
        file["y"].setncatts({"bounds": "y_limits", "axis": "Y", "units": "m", "long_name": "north"})
        words = {
            "coordinates": "lat height",
            "grid_mapping": "crs: x y",
            "cell_measures": "area: cells",
            "ancillary_variables": "error quality",
            "cell_methods": "area: mean y: maximum time: mean (interval: 1 hr)",
            "standard_name": "air_temperature",
            "long_name": "warmth",
            "units": "degC",
            "valid_min": -100.0,
            "actual_range": np.array([0.0, 1.0]),
            "flag_values": np.array([1, 2], "i4"),
            "missing_value": -9.0,
            "comment": "kept",
        }
        add(file, "y_limits", np.stack([uneven(6) - 1, uneven(6)], 1), ("y", "two"))
        add(file, "lat", VALUES, ("y", "x"), bounds="lat_limits", units="degrees_north")
        add(file, "lat_limits", np.stack([VALUES] * 2, 2), ("y", "x", "two"))
        add(file, "height", np.array(2.0), (), units="m", positive="up")
        add(file, "crs", np.array(0, "i4"), (), grid_mapping_name="transverse_mercator")
        add(file, "cells", np.ones(SHAPE), ("y", "x"))
        add(file, "error", np.ones(SHAPE), ("y", "x"))
        add(file, "quality", np.ones(SHAPE, "i1"), ("y", "x"), flag_values=np.array([0, 1], "i1"))
        add(file, "sigma", np.ones(6), ("y",), formula_terms="a: ak ps: ps")
        add(file, "ak", np.ones(6), ("y",))
        add(file, "ps", np.ones(SHAPE), ("y", "x"))
        words.pop("flag_values")
        add(file, "f", VALUES, ("y", "x"), _FillValue=-99.0, **words)
        add(file, "layer", VALUES, ("y", "x"), coordinates="sigma")
        add(file, "other", VALUES, ("y", "x"))
    return tmp_path / "rich.nc"
