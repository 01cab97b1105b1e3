"""Two-dimensional coordinates: which ones belong together, and when they stand for x and y."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError

ROWS, COLUMNS = np.meshgrid(np.arange(6.0), np.arange(7.0), indexing="ij")
LON = 10 + COLUMNS + 0.2 * ROWS
LAT = 40 + ROWS - 0.1 * COLUMNS
DEGREES = {"lon": "degrees_east", "lat": "degrees_north"}


def write(
    path: Path,
    pairs: dict[str, Any],
    coordinates: str = "",
    index: dict[str, Any] | None = None,
    dims: tuple[str, str] = ("j", "i"),
) -> Path:
    """Write f = 2 lon + 3 lat over two dimensions, and coordinates named as in ``pairs``."""
    with netCDF4.Dataset(path, "w") as file:
        for dim, size in zip(dims, ROWS.shape, strict=True):
            file.createDimension(dim, size)
        for name, (values, words) in (index or {}).items():
            file.createVariable(name, "f8", (name,))[:] = values
            file[name].setncatts(words)
        for name, (values, words) in pairs.items():
            file.createVariable(name, "f8", dims)[:] = values
            file[name].setncatts(words)
        field = file.createVariable("f", "f8", dims)
        field[:] = 2 * LON + 3 * LAT
        if coordinates:
            field.coordinates = coordinates
    return path


def slopes(path: Path, **given: Any) -> tuple[float, float, list[str]]:
    out = path.with_name("out.nc")
    report = gradcli.differentiate(path, out, var="f", overwrite=True, **given)
    with netCDF4.Dataset(out) as file:
        found = [variable[:] for name, variable in file.variables.items() if name[:3] == "df_"]
    return float(np.mean(found[0])), float(np.mean(found[1])), report.notes


def both(lon: str, lat: str) -> dict[str, Any]:
    return {lon: (LON, {"units": "degrees_east"}), lat: (LAT, {"units": "degrees_north"})}


def test_they_are_found_by_role_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", both("nav_lon", "nav_lat"))
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2, 3), rel=1e-3)
    assert "f: its coordinates are nav_lon and nav_lat, over two axes; " in notes[0]


def test_without_units_names_say_what_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", {"glamt": (LON, {}), "gphit": (LAT, {})})
    assert slopes(path, axis="x,y")[:2] == pytest.approx((2, 3), rel=1e-3)


def test_dimensions_that_are_called_x_and_y_give_way(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", both("lon", "lat"), "lon lat", dims=("y", "x"))
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2, 3), rel=1e-3)
    assert "y and x have none of their own" in notes[0]
    assert slopes(path, axis="-1,-2")[0] == pytest.approx(2 - 0.3, rel=1e-3)


@pytest.mark.parametrize("words", [{"axis": "X"}, {"axis": "X", "units": "1"}])
def test_numbers_of_cells_give_way(tmp_path: Path, words: dict[str, str]) -> None:
    index = {"i": (np.arange(7.0), words), "j": (np.arange(6.0), words | {"axis": "Y"})}
    path = write(tmp_path / "a.nc", both("lon", "lat"), "lon lat", index)
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2, 3), rel=1e-3)
    assert "those of j and i are only numbers of points" in notes[0]
    # Their own names mean them still.
    assert slopes(path, axis="i,j")[0] == pytest.approx(2 - 0.3, rel=1e-3)


def test_nominal_coordinates_give_way_to_true_ones(tmp_path: Path) -> None:
    index = {
        "i": (LON[0], {"units": "degrees_east"}),
        "j": (LAT[:, 0], {"units": "degrees_north"}),
    }
    path = write(tmp_path / "a.nc", both("tlon", "tlat"), "", index)
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2, 3), rel=1e-3)
    assert "those of j and i are nominal" in notes[0]


def test_coordinates_over_one_axis_stay_where_those_over_two_say_the_same(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(LON[0], LAT[:, 0])
    index = {
        "i": (LON[0], {"units": "degrees_east"}),
        "j": (LAT[:, 0], {"units": "degrees_north"}),
    }
    pairs = {
        "tlon": (lon - 360, {"units": "degrees_east"}),
        "tlat": (lat, {"units": "degrees_north"}),
    }
    path = write(tmp_path / "a.nc", pairs, "tlon tlat", index)
    notes = slopes(path, axis="x,y")[2]
    assert not any("over two axes" in note for note in notes)


def test_pairs_belong_together_by_name(tmp_path: Path) -> None:
    other = {
        "ULONG": (LON + 0.5 * ROWS, {"units": "degrees_east"}),
        "ULAT": (LAT + 0.5 * COLUMNS, {"units": "degrees_north"}),
    }
    path = write(tmp_path / "a.nc", other | both("TLONG", "TLAT"), "TLAT ULONG ULAT TLONG")
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2, 3), rel=1e-3)
    assert "TLONG with TLAT come first" in notes[0]


def test_pairs_that_nobody_names_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", both("glamt", "gphit") | both("glamu", "gphiu"))
    with pytest.raises(UsageError, match="glamt with gphit; glamu with gphiu"):
        slopes(path, axis="x,y")
    chosen = slopes(path, axis="x,y", coords={"x": ":glamt", "y": ":gphit"})
    assert chosen[:2] == pytest.approx((2, 3), rel=1e-3)


@pytest.mark.parametrize("words", [True, False])
def test_what_the_user_gives_wins_over_coordinates_of_the_file(tmp_path: Path, words: bool) -> None:
    index = {
        "i": (np.arange(7.0), {"units": "degrees_east"}),
        "j": (np.arange(6.0), {"units": "degrees_north"}),
    }
    path = write(tmp_path / "a.nc", {}, "", index)
    units = {name: {"units": DEGREES[name]} if words else {} for name in DEGREES}
    other = write(tmp_path / "b.nc", {"lon": (LON, units["lon"]), "lat": (LAT, units["lat"])})
    given = {"x": f"{other}:lon", "y": f"{other}:lat"}
    assert slopes(path, axis="x,y", coords=given)[:2] == pytest.approx((2, 3), rel=1e-3)
    east = slopes(path, axis="x,y", coords=given, metric="sphere")[0]
    assert east * 6371229 * np.pi / 180 == pytest.approx(2 / np.cos(np.radians(42.2)), rel=0.01)


@pytest.mark.parametrize("metric", [None, "sphere"])
def test_both_give_way_where_one_is_nominal(tmp_path: Path, metric: str | None) -> None:
    """A grid whose rows are parallels, as in the southern part of a tripolar one."""
    lat = 40 + ROWS
    index = {
        "x": (COLUMNS[0], {"units": "degrees", "standard_name": "projection_x_coordinate"}),
        "y": (lat[:, 0], {"units": "degrees", "standard_name": "projection_y_coordinate"}),
    }
    pairs = both("tlon", "tlat") | {"tlat": (lat, {"units": "degrees_north"})}
    path = write(tmp_path / "a.nc", pairs, "tlon tlat", index, ("y", "x"))
    out = tmp_path / "out.nc"
    gradcli.differentiate(path, out, var="f", axis="y", metric=metric)
    with netCDF4.Dataset(out) as file:
        found = float(np.mean(file["df_dy"][:]))
    step = np.pi / 180 * 6371229 if metric else 1.0
    # f is 2 lon + 3 LAT, and LAT is lat - 0.1 (lon - 10 - 0.2 (lat - 40)): 3.06 along a meridian.
    assert found * step == pytest.approx(3.06, rel=1e-3)
    default = gradcli.differentiate(path, var="f", metric="sphere", dry_run=True)
    assert [axis["axis"] for axis in default.variables[0]["axes"]] == ["tlat", "tlon"]


def test_lengths_over_two_dimensions_stand_for_numbers_of_points(tmp_path: Path) -> None:
    index = {"i": (COLUMNS[0], {"axis": "X"}), "j": (ROWS[:, 0], {"axis": "Y"})}
    metres = {"x_rho": (1e3 * LON, {"units": "meter"}), "y_rho": (1e3 * LAT, {"units": "meter"})}
    path = write(tmp_path / "a.nc", metres, "x_rho y_rho", index)
    x, y, notes = slopes(path, axis="x,y")
    assert (x, y) == pytest.approx((2e-3, 3e-3))
    assert "those of j and i are only numbers of points" in notes[0]


def test_lengths_along_dimensions_keep_their_names(tmp_path: Path) -> None:
    index = {"i": (1e3 * COLUMNS[0], {"units": "m"}), "j": (1e3 * ROWS[:, 0], {"units": "m"})}
    path = write(tmp_path / "a.nc", both("lon", "lat"), "lon lat", index)
    assert "those of j and i are meant by these names" in slopes(path, axis="x,y")[2][0]
