"""From a choice to a task: how exact the factors of a derivative are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import InputError


def derive(folder: Path, values: Any, coordinates: dict[str, Any], **given: Any) -> xr.Dataset:
    """Return the derivatives of a field f on the grid of some coordinates."""
    units = {"lat": {"units": "degrees_north"}, "lon": {"units": "degrees_east"}}
    data = xr.Dataset({"f": (tuple(coordinates), values)}, coords=coordinates)
    for name in coordinates:
        data[name].attrs = units.get(name, {})
    data.to_netcdf(folder / "f.nc", engine="netcdf4")
    report = gradcli.differentiate(folder / "f.nc", folder / "out.nc", overwrite=True, **given)
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        return found.load()


def test_a_mixed_derivative_is_as_exact_at_the_ends_as_it_says(tmp_path: Path) -> None:
    y, x = np.arange(9.0)[:, None], np.arange(10.0)
    grid = {"y": y[:, 0], "x": x}
    found = derive(tmp_path, x**2 * y**2, grid, operator="hessian", axis="x,y")
    np.testing.assert_array_equal(found["d2f_dxdy"], 4 * x * y)
    assert found["d2f_dxdy"].attrs["derivative_edge_order"] == 2


@pytest.mark.parametrize(("edge_order", "error"), [(None, 0), (1, 33)])
def test_an_edge_order_that_is_given_is_taken_by_all_factors(
    tmp_path: Path, edge_order: int | None, error: float
) -> None:
    y, x = np.arange(9.0)[:, None], np.arange(10.0)
    given: dict[str, Any] = {"operator": "hessian", "axis": "x,y", "edge_order": edge_order}
    found = derive(tmp_path, x**2 * y**2, {"y": y[:, 0], "x": x}, **given)
    assert np.abs(found["d2f_dxdy"] - 4 * x * y).max() == error


def test_first_derivatives_beside_second_ones_keep_the_edge_order_of_their_own(
    tmp_path: Path,
) -> None:
    y, x = np.arange(9.0)[:, None], np.arange(10.0)
    found = derive(
        tmp_path, x**2 * y**2, {"y": y[:, 0], "x": x}, operator="hessian", also="gradient"
    )
    alone = derive(tmp_path, x**2 * y**2, {"y": y[:, 0], "x": x})
    assert alone["df_dx"].attrs["derivative_edge_order"] == 1
    for name in ("df_dx", "df_dy"):
        np.testing.assert_array_equal(found[name], alone[name])


@pytest.mark.parametrize("metric", ["sphere", "wgs84"])
@pytest.mark.parametrize(
    ("operator", "axis", "name"),
    [
        ("laplacian", "lon,lat", "lap_f"),
        ("laplacian", "lat", "lap_f"),
        ("hessian", "lon,lat", "d2f_dlon2"),
        ("gradient", "lat", "d2f_dlat2"),
    ],
)
def test_halving_the_step_quarters_the_error_in_the_last_rows(
    tmp_path: Path, metric: str, operator: str, axis: str, name: str
) -> None:
    def last(rows: int) -> Any:
        """Return the derivatives in the last row, by steps of 20 degrees in so many parts."""
        lat = np.linspace(20.0, 60.0, 2 * rows + 1)
        wave = np.sin(3 * np.radians(lat) + 0.4)[:, None] + np.zeros(4)
        grid = {"lat": lat, "lon": np.arange(4.0)}
        given: dict[str, Any] = {"order": 2} if operator == "gradient" else {}
        found = derive(tmp_path, wave, grid, operator=operator, axis=axis, metric=metric, **given)
        assert found[name].attrs["derivative_edge_order"] == 2
        return found[name].values[-1, 0]

    one, two, three = (last(rows) for rows in (64, 128, 256))
    assert np.log2((one - two) / (two - three)) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("suffix", ["nc", "h5"])
def test_limits_that_cannot_be_read_are_told_of_the_fields_worked_on(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"f.{suffix}"
    values = np.array([1, 2, 3, 11], "i2")
    limits = {"valid_min": "two", "valid_max": 10.5}
    made = xr.Dataset({"a": ("x", values, limits), "b": ("x", values, {"valid_range": [1.0]})})
    made.to_netcdf(path, engine="netcdf4")
    report = gradcli.differentiate(path, tmp_path / f"g.{suffix}", var="a")
    told = [note for note in report.notes if "valid" in note]
    assert told == ["a: valid_min is 'two'; expected 1 number, so it limits nothing"]
    with xr.open_dataset(report.outputs[0], engine="netcdf4") as found:
        np.testing.assert_array_equal(found["da_dx"], [1, 1, np.nan, np.nan])
    both = gradcli.differentiate(path, tmp_path / f"h.{suffix}", var=["a", "b"])
    assert len([note for note in both.notes if "valid" in note]) == 2


@pytest.mark.parametrize("x", [[0.0, 1.0, 2.0], [0.0, 1.0, 3.0]], ids=["equal", "uneven"])
@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_three_points_have_a_second_derivative(tmp_path: Path, x: Any, missing: str) -> None:
    """The default edge order is the best that they allow; what is asked for is not lowered."""
    x, y = np.array(x), np.arange(5.0)[:, None]
    values, grid = x**2 + y**3, {"y": y[:, 0], "x": x}
    given: dict[str, Any] = {"axis": "x,y", "order": 2, "missing": missing}
    found = derive(tmp_path, values, grid, **given)
    np.testing.assert_array_equal(found["d2f_dx2"], np.full((5, 3), 2.0))
    assert found["d2f_dx2"].attrs["derivative_edge_order"] == 1
    assert found["d2f_dy2"].attrs["derivative_edge_order"] == 2
    notes = gradcli.differentiate(tmp_path / "f.nc", dry_run=True, **given).notes
    assert "x: 3 points allow an edge order of 1, not 2 as by default" in notes
    assert not any(note.startswith("y: ") for note in notes)
    for words, asked in (("need 4", {"edge_order": 2}), ("need 6", {"accuracy": 4})):
        with pytest.raises(InputError, match=f"axis x: has 3 points, and .* {words}"):
            derive(tmp_path, values, grid, **(given | asked))
    given["operator"] = "laplacian"
    del given["order"]
    lap = derive(tmp_path, values, grid, **given)["lap_f"]
    assert lap.attrs["derivative_edge_order"] == 1
    np.testing.assert_allclose(lap, found["d2f_dx2"] + found["d2f_dy2"], rtol=1e-15)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
def test_one_point_more_than_the_order_is_enough(tmp_path: Path, order: int) -> None:
    x = np.cumsum(np.arange(order + 1.0))
    coefficient = 1.0 / np.arange(1, order + 1).prod()
    found = derive(tmp_path, coefficient * x**order, {"x": x}, axis="x", order=order)
    np.testing.assert_allclose(next(iter(found.data_vars.values())), 1.0, rtol=1e-9)
    with pytest.raises(InputError, match=f"{order} points?, and|no axis of two|has no"):
        derive(tmp_path, x[1:], {"x": x[1:]}, axis="x", order=order)


@pytest.mark.parametrize(("lon", "told"), [((0.5, 325.5, 330.5), True), ((0.0, 90, 270), False)])
def test_longitudes_that_are_no_neighbours_are_told(
    tmp_path: Path, lon: tuple[float, ...], told: bool
) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("lon", len(lon))
        file.createVariable("lon", "f8", ("lon",))[:] = lon
        file["lon"].units = "degrees_east"
        file.createVariable("f", "f8", ("lon",))[:] = lon
    notes = gradcli.differentiate(path, tmp_path / "o.nc", axis="lon").notes
    assert told == any("lon: 0.5 and 325.5 at index 0 and 1 are neighbours" in n for n in notes)
