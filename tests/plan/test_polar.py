"""Latitudes that go on across the poles: as one long axis, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import UsageError
from tests.long import long

ROWS, COLUMNS = 12, 8
ALONE = {"halo": False}
PLAIN: dict[str, Any] = {"metric": "none", "radius": 6371229.0}
LAT = {
    "half": np.linspace(-82.5, 82.5, ROWS),
    "pole": np.linspace(-90.0, 90.0, ROWS),
    "uneven": np.degrees(np.arcsin(np.polynomial.legendre.leggauss(ROWS)[0])),
    "away": np.linspace(-78.0, 78.0, ROWS)[::-1],  # equal steps, but for those across the poles
}
LON = np.arange(COLUMNS) * 360.0 / COLUMNS


def field(seed: int = 0, gaps: bool = False) -> Any:
    values = np.random.default_rng(seed).normal(size=(2, ROWS, COLUMNS))
    if gaps:
        values[0, 1, 2] = values[0, 10, 6] = values[1, 5, :3] = values[1, :2, 0] = np.nan
    return values


def write(path: Path, lat: Any, lon: Any = LON, attrs: Any = None, **values: Any) -> str:
    units = {"lat": "degrees_north", "lon": "degrees_east"}
    coords = {"lat": ("lat", lat, {"units": units["lat"]})}
    coords |= {"lon": ("lon", lon, {"units": units["lon"]})}
    fields = {name: (("t", "lat", "lon"), each, attrs or {}) for name, each in values.items()}
    xr.Dataset(fields, coords).to_netcdf(path, engine="netcdf4")
    return str(path)


def derive(path: str, **asked: Any) -> tuple[xr.Dataset, list[str]]:
    asked = {"axis": "lat", "metric": "sphere", "radius": 180e5 / np.pi, "edges": "pole"} | asked
    report = gradcli.differentiate(path, overwrite=True, **asked)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as data:
        return data.load(), report.notes


@pytest.mark.parametrize("missing", ["propagate", long("adapt")])
@pytest.mark.parametrize("kind", LAT)
@pytest.mark.parametrize(
    "asked",
    [
        {"accuracy": 8},
        {"accuracy": 4, "order": 2},
        {"accuracy": 3, "scheme": "backward"},
        {"smooth": "savgol:7,3"},
    ],
)
def test_a_field_goes_on_across_the_poles(
    tmp_path: Path, kind: str, missing: str, asked: dict[str, Any]
) -> None:
    """The same as along a plain axis that holds the rows across the poles in its middle third."""
    if "smooth" in asked and missing == "adapt":
        return
    lat, values, order = LAT[kind], field(gaps=missing == "adapt"), asked.get("order", 1)
    at = int(kind == "pole")
    found, _ = derive(write(tmp_path / "f.nc", lat, f=values), missing=missing, **asked)
    mirrored = np.roll(values, COLUMNS // 2, axis=2)[:, ::-1]
    whole = np.concatenate([mirrored[:, : ROWS - at], values, mirrored[:, at:]], axis=1)
    ends = np.copysign(180.0, lat[[0, -1]])
    nodes = np.concatenate([ends[0] - lat[::-1][: ROWS - at], lat, ends[1] - lat[::-1][at:]])
    plain = xr.Dataset({"f": (("t", "s", "lon"), whole)}, {"s": nodes})
    plain.to_netcdf(tmp_path / "g.nc", engine="netcdf4")
    right, _ = derive(
        str(tmp_path / "g.nc"), axis="s", missing=missing, edges="one-sided", **PLAIN, **asked
    )
    (name,), (other,) = found.data_vars, right.data_vars
    expected = right[other].values[:, ROWS - at : 2 * ROWS - at] / 1e5**order
    rows = np.arange(at, ROWS - at)
    if kind == "away" and order == 2:  # other rows take the second derivative of equal steps
        rows = rows[[0, -1]]
    np.testing.assert_allclose(
        found[str(name)].values[:, rows],
        expected[:, rows],
        rtol=0,
        atol=1e-9 * np.nanmax(np.abs(expected)),
    )


def test_equal_steps_stay_equal_away_from_the_poles(tmp_path: Path) -> None:
    """Rows at 78 and, across the pole, at 102 degrees: only rows next to them take uneven steps."""
    path = write(tmp_path / "f.nc", LAT["away"], f=field())
    for asked in ({"order": 2, "accuracy": 4}, {"accuracy": 2}):
        across, _ = derive(path, **asked)
        sided, _ = derive(path, edges="one-sided", **asked)
        for name in across.data_vars:
            inside = slice(2, -2)
            np.testing.assert_array_equal(across[name][:, inside], sided[name][:, inside])
            assert (across[name][:, 0] != sided[name][:, 0]).all()


@pytest.mark.parametrize("kind", ["half", "pole"])
def test_one_hemisphere_goes_on_across_its_pole(tmp_path: Path, kind: str) -> None:
    lat, values = LAT[kind], field()
    path = write(tmp_path / "f.nc", lat, u=values, v=field(1))
    half = write(tmp_path / "h.nc", lat[6:], u=values[:, 6:], v=field(1)[:, 6:])
    asked = {"operator": "curl", "var": "u,v", "axis": "x,y", "accuracy": 4}
    whole, _ = derive(path, **asked)
    part, notes = derive(half, **asked)
    np.testing.assert_array_equal(part["curl"][:, 2:], whole["curl"][:, 8:])
    assert part["curl"].attrs["derivative_edges"] == "periodic, pole, one-sided"
    assert part["curl"].attrs["derivative_edge_order"] == 4
    assert whole["curl"].attrs["derivative_edges"] == "periodic, pole"
    assert any("lies next to no pole, this end is one-sided" in note for note in notes)


def test_components_turn_and_scalars_do_not(tmp_path: Path) -> None:
    """A field by itself counts as a component if its standard name says so; a note tells it."""
    values = field()
    plain, notes = derive(write(tmp_path / "f.nc", LAT["half"], u=values))
    named = write(
        tmp_path / "g.nc", LAT["half"], attrs={"standard_name": "eastward_wind"}, u=values
    )
    turned, more = derive(named)
    both, _ = derive(
        write(tmp_path / "h.nc", LAT["half"], u=values, v=values),
        operator="jacobian", var="u,v", axis="x,y",
    )  # fmt: skip
    assert not any("changes sign" in note for note in notes)
    assert "u: changes sign across the poles, as a component of a vector" in more
    np.testing.assert_array_equal(turned["du_dlat"], both["du_dy"])
    np.testing.assert_array_equal(turned["du_dlat"][:, 1:-1], plain["du_dlat"][:, 1:-1])
    step = 15e5
    first = (values[:, 1] + np.roll(values, 4, axis=2)[:, 0]) / (2 * step)
    np.testing.assert_allclose(turned["du_dlat"][:, 0], first, rtol=1e-12)
    first = (values[:, 1] - np.roll(values, 4, axis=2)[:, 0]) / (2 * step)
    np.testing.assert_allclose(plain["du_dlat"][:, 0], first, rtol=1e-12)


def test_at_the_pole_of_a_rotated_grid_components_of_the_grid_turn(tmp_path: Path) -> None:
    """Those eastward and northward on the Earth are smooth there."""
    path, values = write(tmp_path / "f.nc", LAT["half"], u=field(), v=field(1)), {}
    for first, second in (("x_wind", "y_wind"), ("eastward_wind", "northward_wind"), ("", "")):
        with netCDF4.Dataset(path, "a") as file:
            file["lat"].standard_name, file["lon"].standard_name = "grid_latitude", "grid_longitude"
            file["lat"].units = file["lon"].units = "degrees"
            file["u"].standard_name, file["v"].standard_name = first, second
        values[first], notes = derive(path, var="u")
        assert any("changes sign" in note for note in notes) == (first == "x_wind")
    np.testing.assert_array_equal(values["eastward_wind"]["du_dlat"], values[""]["du_dlat"])
    assert (values["x_wind"]["du_dlat"][:, 0] != values[""]["du_dlat"][:, 0]).all()


def test_blocks_give_the_same_bytes(tmp_path: Path) -> None:
    """Small blocks next to a pole read the rows half a turn away, whatever they hold themselves."""
    rng = np.random.default_rng(3)
    lat, lon = (np.arange(120) + 0.5) * 1.5 - 90, np.arange(240) * 1.5
    values = rng.normal(size=(2, 2, 120, 240))
    values[:, 0, :4, 100:104] = np.nan
    path = write(tmp_path / "f.nc", lat, lon, u=values[0], v=values[1])
    asked = {"operator": "curl", "also": "divergence,laplacian", "var": "u,v", "axis": "x,y"}
    asked |= {"accuracy": 8, "missing": "adapt"}
    whole, _ = derive(path, **asked)
    for limits in ({"memory": "17MiB", "jobs": 1}, {"memory": "18MiB", "jobs": 3}):
        parts, _ = derive(path, **asked, **limits)
        for name in whole.data_vars:
            np.testing.assert_array_equal(parts[name], whole[name])


def test_a_note_offers_the_poles_for_higher_accuracy(tmp_path: Path) -> None:
    offered = "lat: rows next to a pole use one-sided differences"
    path = write(tmp_path / "f.nc", LAT["half"], f=field())
    for asked, noted in (
        ({"accuracy": 4, "edges": "one-sided"}, True),
        ({"accuracy": 4}, False),
        ({"accuracy": 2, "edges": "one-sided"}, False),
        ({"accuracy": 4, "edges": "missing"}, False),
        ({"accuracy": 4, "edges": "one-sided", "axis": "lon"}, False),
        ({"accuracy": 4, "edges": "one-sided", "isel": {"lon": (0, 7)}, **ALONE}, False),
    ):
        assert any(offered in note for note in derive(path, **asked)[1]) == noted, asked


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (PLAIN, "edges='pole': .* takes a metric"),
        ({"axis": "lon"}, "edges='pole' is for derivatives along a latitude that is an axis"),
        ({"isel": {"lon": (0, 4)}, **ALONE}, "longitudes that go around the Earth"),
        ({"isel": {"lon": (0, 7)}, **ALONE}, "even number of longitudes, .* there are 7"),
        ({"isel": {"lat": (3, 9)}, **ALONE}, "no row lies next to a pole"),
        ({"spacing": {"lat": 1.0}}, "excludes spacing="),
    ],
)
def test_what_does_not_fit_the_poles_is_refused(
    tmp_path: Path, asked: dict[str, Any], told: str
) -> None:
    path = write(tmp_path / "f.nc", LAT["half"], f=field())
    with pytest.raises(UsageError, match=told):
        derive(path, **asked)


def test_curvilinear_grids_are_refused(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(LON[:5], LAT["half"][2:8])
    coords = {"lon": (("j", "i"), lon + 0.1 * lat), "lat": (("j", "i"), lat)}
    data = xr.Dataset({"f": (("j", "i"), lat)}, coords)
    data["lon"].attrs, data["lat"].attrs = {"units": "degrees_east"}, {"units": "degrees_north"}
    data.to_netcdf(tmp_path / "c.nc", engine="netcdf4")
    with pytest.raises(
        UsageError, match="edges='pole' is for derivatives along a latitude that is an axis"
    ):
        derive(str(tmp_path / "c.nc"), axis="x,y")
