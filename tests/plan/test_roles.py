"""What x, y, z and t mean for a field, which metric fits it, and how info says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from gradcli.model.protocols import Hints
from gradcli.plan.survey import survey

LONLAT = {"lat": "degrees_north", "lon": "degrees_east"}
ROTATED = {"standard_name": "grid_latitude", "units": "degrees"}
EARTH = "--metric sphere or wgs84"
MERCATOR = {"grid_mapping_name": "mercator", "standard_parallel": 0.0}


def write(path: Path, axes: dict[str, Any], mapping: dict[str, Any], flat: bool = True) -> Path:
    """Write a field over axes of these attributes, with or without ones over the last two."""
    with netCDF4.Dataset(path, "w") as file:
        for size, (name, attributes) in enumerate(axes.items(), 3):
            file.createDimension(name, size)
            if attributes:
                variable = file.createVariable(name, "f8", (name,))
                variable.setncatts(attributes)
                variable[...] = 10.0 * np.arange(size)
        field = file.createVariable("T", "f8", tuple(axes))
        field.units = "K"
        if mapping:
            file.createVariable("crs", "i4", ()).setncatts(mapping)
            field.grid_mapping = "crs"
        if not flat:
            field.coordinates = "nav_lon nav_lat"
            for name, units in (("nav_lat", "degrees_north"), ("nav_lon", "degrees_east")):
                file.createVariable(name, "f8", tuple(axes)[-2:]).units = units
    return path


def described(path: Path, **hints: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the field and the axes by name, as info describes them."""
    found = survey(str(path), Hints(**hints))
    (field,) = (each for each in found["variables"] if each["name"] == "T")
    return field, {axis["name"]: axis for axis in found["axes"]}


@pytest.mark.parametrize(
    ("axes", "mapping", "flat", "roles", "metric"),
    [
        (
            {"time": {"units": "days since 2000-01-01"}, "lev": {"positive": "down"}}
            | {name: {"units": units} for name, units in LONLAT.items()},
            {},
            True,
            {"x": "lon", "y": "lat", "z": "lev", "t": "time"},
            EARTH,
        ),
        ({"j": {}, "i": {}}, {}, False, {"x": "nav_lon", "y": "nav_lat"}, EARTH),
        ({"j": {"units": "1"}, "i": {}}, {}, False, {"x": "nav_lon", "y": "nav_lat"}, EARTH),
        (
            {"rlat": ROTATED, "rlon": ROTATED | {"standard_name": "grid_longitude"}},
            {},
            True,
            {"x": "rlon", "y": "rlat"},
            "--metric sphere",
        ),
        (
            {"n": {"units": "m"}, "e": {"units": "m"}},
            MERCATOR,
            True,
            {"x": "e", "y": "n"},
            "--metric wgs84",
        ),
        (
            {"y": {"units": "m"}, "x": {"units": "m"}},
            MERCATOR | {"earth_radius": 6370000.0},
            True,
            {"x": "x", "y": "y"},
            "--metric sphere --radius 6370000",
        ),
        ({"y": {"units": "m"}, "x": {"units": "m"}}, {}, True, {"x": "x", "y": "y"}, None),
        ({"y": {"units": "m"}, "x": {"units": "m"}}, {"grid_mapping_name": "?"}, True, None, None),
        ({"a": {}, "b": {}}, {}, True, {}, None),
    ],
)
def test_roles_and_metric(
    tmp_path: Path,
    axes: dict[str, Any],
    mapping: dict[str, Any],
    flat: bool,
    roles: dict[str, str] | None,
    metric: str | None,
) -> None:
    field, _ = described(write(tmp_path / "f.nc", axes, mapping, flat))
    if roles is not None:
        assert {role: said["name"] for role, said in field["roles"].items()} == roles
    assert field["metric"] == metric


@pytest.mark.parametrize(
    ("attributes", "dates"),
    [
        ({"units": "days since 2000-01-01"}, ["2000-01-01", "2000-01-21"]),
        ({"units": "hours since 1999-12-31 18:00"}, ["1999-12-31T18:00:00", "2000-01-01T14:00:00"]),
        (
            {"units": "days since 2000-02-25", "calendar": "THIRTY_DAY_MONTHS"},
            ["2000-02-25", "2000-03-15"],
        ),
        ({"units": "days"}, None),
        ({"units": "lots since whenever"}, None),
    ],
)
def test_dates_are_dates(tmp_path: Path, attributes: dict[str, str], dates: Any) -> None:
    _, axes = described(write(tmp_path / "f.nc", {"time": attributes}, {}))
    assert axes["time"]["dates"] == dates
    assert (axes["time"]["first"], axes["time"]["last"]) == (0.0, 20.0)
