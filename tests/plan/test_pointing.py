"""Which way the components of a vector point: by option, by standard names, or as a guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from gradcli.errors import InputError, UsageError
from tests.flows import NAMED, UNNAMED, derive, write_curvilinear, write_rotated


def test_standard_names_decide_and_the_rest_is_a_note(tmp_path: Path) -> None:
    write_rotated(tmp_path / "f.nc", 12, "rotation", NAMED)
    by_name, notes = derive(tmp_path / "f.nc", operator="curl", var="u,v", axis="lon,lat")
    assert any("along the grid's own axes, by their standard names" in note for note in notes)
    assert "along the grid's own axes" in by_name["curl"].derivative_metric
    with pytest.raises(UsageError, match="vectors= earth or grid"):
        derive(tmp_path / "f.nc", operator="curl", var="u,n", axis="lon,lat")
    write_rotated(tmp_path / "g.nc", 12, "rotation", UNNAMED)
    given = {"operator": "curl", "var": "u,v", "axis": "lon,lat"}
    said, quiet = derive(tmp_path / "g.nc", vectors="grid", **given)
    np.testing.assert_array_equal(by_name["curl"], said["curl"])
    assert not any("components" in note for note in quiet)
    for axis in ("lon,lat", "rlon,rlat"):
        _, notes = derive(tmp_path / "g.nc", operator="curl", var="u,v", axis=axis)
        assert any("taken as eastward and northward" in note for note in notes)


def test_the_way_that_a_grid_is_stored_does_not_matter(tmp_path: Path) -> None:
    given = {"operator": "curl", "axis": "lon,lat", "var": "u,v", "vectors": "grid"}
    write_curvilinear(tmp_path / "f.nc", 16, "rotation")
    expected = derive(tmp_path / "f.nc", **given)[0]["curl"]
    write_curvilinear(tmp_path / "t.nc", 16, "rotation", order="ij")
    found = derive(tmp_path / "t.nc", **given)[0]["curl"]
    np.testing.assert_allclose(found.T, expected, rtol=1e-9)
    write_curvilinear(tmp_path / "d.nc", 16, "rotation", upside=True)
    found, notes = derive(tmp_path / "d.nc", **given)
    np.testing.assert_allclose(found["curl"][::-1], expected, rtol=1e-9)
    assert any("j runs to the right of i" in note for note in notes)


def test_an_option_without_effect_is_said_or_refused(tmp_path: Path) -> None:
    size = np.arange(5.0)
    lonlat = xr.Dataset(
        {name: (("lat", "lon"), np.outer(size, size), {"units": "m s-1"}) for name in "uv"},
        coords={"lat": 10 * size, "lon": 20 * size},
    )
    lonlat["lat"].attrs["units"], lonlat["lon"].attrs["units"] = "degrees_north", "degrees_east"
    lonlat.to_netcdf(tmp_path / "f.nc", engine="netcdf4")
    given: dict[str, Any] = {"operator": "curl", "var": "u,v"}
    both = [derive(tmp_path / "f.nc", vectors=way, **given) for way in ("earth", "grid")]
    xr.testing.assert_equal(both[0][0], both[1][0])
    for _, notes in both:
        assert any("changes nothing: along longitude and latitude" in note for note in notes)
    wkt = lonlat.assign(crs=((), 0, {"crs_wkt": "GEOGCS[]"}))
    for name in "uv":
        wkt[name].attrs |= {"grid_mapping": "crs", "standard_name": f"{name}_eastward_wind"}
    wkt.to_netcdf(tmp_path / "w.nc", engine="netcdf4")
    found, notes = derive(tmp_path / "w.nc", **given)
    np.testing.assert_array_equal(found["curl"], both[0][0]["curl"])
    assert not any("components" in note for note in notes)
    with pytest.raises(UsageError, match="vectors= goes with operators of vectors"):
        derive(tmp_path / "f.nc", vectors="grid")
    lonlat.rename(lat="y", lon="x").drop_vars(("x", "y")).to_netcdf(
        tmp_path / "p.nc", engine="netcdf4"
    )
    plain = {"metric": "none", "axis": "x,y"} | given
    with pytest.raises(UsageError, match="say where east is"):
        derive(tmp_path / "p.nc", vectors="earth", **plain)
    _, notes = derive(tmp_path / "p.nc", vectors="grid", **plain)
    assert any("vectors= grid changes nothing" in note for note in notes)
    write_rotated(tmp_path / "r.nc", 12, "rotation", NAMED, mapping=False, sheets=False)
    with pytest.raises(InputError, match="say where east is"):
        derive(tmp_path / "r.nc", operator="curl", var="e,n")
    write_rotated(tmp_path / "r.nc", 12, "rotation", NAMED)
    with pytest.raises(UsageError, match="needs both its components"):
        derive(tmp_path / "r.nc", operator="divergence", var="e", axis="rlon", vectors="earth")
