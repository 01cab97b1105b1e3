"""Steps and units that no result depends on are noted."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from gradcli import differentiate


@pytest.fixture
def grid(tmp_path):
    """Return a file of two variables over three axes, with longitude and latitude."""
    path = tmp_path / "grid.nc"
    with netCDF4.Dataset(path, "w") as made:
        for name, units in (("z", "m"), ("lat", "degrees_north"), ("lon", "degrees_east")):
            made.createDimension(name, 4)
            made.createVariable(name, "f8", (name,))[:] = np.arange(4.0)
            made[name].units = units
        for name in ("T", "u"):
            made.createVariable(name, "f8", ("z", "lat", "lon"))[:] = np.arange(64).reshape(4, 4, 4)
    return path


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ({"axis": "z", "spacing": {"lon": 3}}, "changes nothing: no derivative is taken along lon"),
        ({"axis": "z", "units": {"lon": "km"}}, "changes nothing: lon is neither"),
        ({"axis": "z", "var": "u", "units": {"T": "cm"}}, "changes nothing: T is neither"),
        ({"axis": "z", "var": "u", "units": {"T": "cm"}, "isel": {"z": 0}}, "T is neither"),
        ({"axis": "z", "units": {"T": "cm"}, "dst": "a.npz"}, "changes nothing: NPZ keeps no"),
        ({"axis": "z", "units": {"z": "cm"}, "dst": "a.npz"}, "changes nothing: NPZ keeps no"),
        (
            {"axis": ("lat", "z"), "operator": "direction", "units": {"T": "K", "lat": "m"}},
            "do not",
        ),
    ],
)
def test_what_changes_nothing(grid, tmp_path, given, note):
    given = dict(given)
    report = differentiate(grid, tmp_path / given.pop("dst", "out.nc"), **given)
    (found,) = [each for each in report.notes if "changes nothing" in each]
    assert note in found


@pytest.mark.parametrize(
    "given",
    [
        {"axis": "z", "spacing": {"z": 3}},
        {"axis": "z", "spacing": 3},
        {"axis": ("lon", "z"), "spacing": (3, 2)},
        {"axis": "z", "units": {"T": "cm", "z": "km"}},
        {"axis": "z", "units": {"z": "cm"}, "per": {"z": "m"}, "dst": "a.npz"},
        {"axis": ("lon", "lat"), "units": {"lon": "km", "lat": "km"}, "dst": "a.npz"}
        | {"operator": "magnitude"},
        {"axis": ("lon", "lat"), "units": {"lat": "degrees"}, "metric": "sphere", "dst": "a.npz"},
    ],
)
def test_what_numbers_or_attributes_depend_on(grid, tmp_path, given):
    given = dict(given)
    report = differentiate(grid, tmp_path / given.pop("dst", "out.nc"), **given)
    assert [each for each in report.notes if "changes nothing" in each] == []
