"""What the tests of plans share."""

from __future__ import annotations

from collections.abc import Iterator

import netCDF4
import numpy as np
import pytest

from gradcli.formats.opening import open_source
from gradcli.model.protocols import Source


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """Return an open file: T(time, lat, lon), group/q(lat, lon), profile(lat), n(time), bounds."""
    path = str(tmp_path_factory.mktemp("choose") / "grid.nc")
    with netCDF4.Dataset(path, "w") as file:
        for name, size, units in (
            ("time", 1, "days since 2000-01-01"),
            ("lat", 3, "degrees_north"),
            ("lon", 4, "degrees_east"),
        ):
            file.createDimension(name, size)
            axis = file.createVariable(name, "f8", (name,))
            axis[:] = np.arange(size)
            axis.units = units
        file["lat"].bounds = "lat_bnds"
        for name, dims in (
            ("T", ("time", "lat", "lon")),
            ("group/q", ("lat", "lon")),
            ("profile", ("lat",)),
            ("n", ("time",)),
            ("lat_bnds", ("lat",)),
        ):
            file.createVariable(name, "f8", dims)[:] = 0
    with open_source(path) as source:
        yield source
