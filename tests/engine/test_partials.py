"""Partials of vectors in space, whose parts are differentiated once for all that needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.engine import tiling
from gradcli.formats.opening import open_source
from gradcli.numerics.stencils import Stencil

VECTOR: dict[str, Any] = {"var": ("u", "v"), "axis": ("x", "y"), "metric": "sphere"}


def curved(path: Path, dtype: str, gaps: bool = False) -> Path:
    """Write a flow on a grid whose lines run in any direction; rounding is that of float32."""
    rows, columns = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 50), indexing="ij")
    lon, lat = 30 * columns + 5 * np.sin(rows), 40 + 20 * rows + 3 * columns**2
    step, x, y = np.arange(3)[:, None, None], np.radians(lon), np.radians(lat)
    u = 10 * np.cos(3 * x + step) * np.sin(2 * y) + 20
    v = 8 * np.sin(2 * x) * np.cos(5 * y + step) - 5
    if gaps:
        u[1, 5:9, 7:12], v[1, 8:14, 30:33], v[2, 0, 0] = np.nan, np.nan, np.nan
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip(("time", "y", "x"), u.shape, strict=True):
            file.createDimension(name, size)
        for name, values, unit in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createVariable(name, "f8", ("y", "x"))[...] = values
            file[name].units = unit
        for name, values, points in (("u", u, "eastward_wind"), ("v", v, "northward_wind")):
            made = file.createVariable(name, dtype, ("time", "y", "x"))
            made.setncatts({"coordinates": "lon lat", "standard_name": points, "units": "m s-1"})
            made[...] = values.astype("f4")
    return path


def derive(path: Path, **told: Any) -> xr.Dataset:
    report = gradcli.differentiate(path, path.with_name("out.nc"), overwrite=True, **told)
    with xr.open_dataset(report.outputs[0]) as data:
        return data.load()


def test_divergence_and_curl_agree_with_the_jacobian(tmp_path: Path) -> None:
    """They come from tables of their own, and each part in space is differentiated once."""
    path = curved(tmp_path / "f.nc", "f8", gaps=True)
    found = derive(path, operator="divergence", also=("curl", "jacobian"), **VECTOR)
    scale = 1e-13 * float(np.abs(found["div"]).max())
    np.testing.assert_allclose(found["du_dx"] + found["dv_dy"], found["div"], atol=scale)
    np.testing.assert_allclose(found["dv_dx"] - found["du_dy"], found["curl"], atol=scale)
    swapped = derive(path, operator="curl", **VECTOR | {"var": ("v", "u"), "axis": ("y", "x")})
    np.testing.assert_allclose(swapped["curl"], found["curl"], atol=scale)


@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_a_part_that_is_missing_is_missing_in_all(tmp_path: Path, missing: str) -> None:
    """Results are missing exactly where either component, or a neighbour of it, is."""
    path = curved(tmp_path / "f.nc", "f8", gaps=True)
    found = derive(path, operator="divergence", missing=missing, **VECTOR)["div"].to_numpy()
    with netCDF4.Dataset(path) as file:
        lost = np.zeros(found.shape, bool)
        for name in ("u", "v"):
            gone = np.isnan(np.ma.filled(file[name][...], np.nan))
            lost |= gone
            if missing == "propagate":
                for axis in (1, 2):
                    ends = [(0, 0)] * 3
                    ends[axis] = 1, 1
                    wide = np.pad(gone, ends)
                    for k in (0, 2):
                        lost |= wide.take(range(k, k + gone.shape[axis]), axis)
    np.testing.assert_array_equal(np.isnan(found), lost)


def test_points_next_to_gaps_count_once_for_each_component(tmp_path: Path) -> None:
    """They counted once for each of up to nine terms."""
    path = curved(tmp_path / "f.nc", "f8", gaps=True)
    told = VECTOR | {"missing": "adapt"}
    found = derive(path, operator="divergence", **told)["div"]
    each = [derive(path, **told | {"var": name})[f"d{name}_dx"] for name in "uv"]
    count = "derivative_missing_adapted"
    assert found.attrs[count] == sum(part.attrs[count] for part in each) > 0


def test_float32_loses_no_more_than_products_do(tmp_path: Path) -> None:
    """With sums of both components in place of differences of each, it would be a quarter more."""
    exact = derive(curved(tmp_path / "d.nc", "f8"), operator="divergence", **VECTOR)["div"]
    found = derive(curved(tmp_path / "f.nc", "f4"), operator="divergence", **VECTOR)["div"]
    assert found.dtype == np.float32
    error = float(np.sqrt(((found - exact) ** 2).mean()))
    assert error < 6.2e-7 * float(np.abs(exact).max())


@pytest.mark.parametrize("operator", ["divergence", "curl"])
def test_each_part_is_differentiated_once_along_each_axis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operator: str
) -> None:
    """Eighteen derivatives of whole fields were computed where ten are enough."""
    derived = 0
    apply = Stencil.apply

    def counted(self: Stencil, values: Any, rows: slice, axis: int, out: Any) -> None:
        nonlocal derived
        derived += out.size
        apply(self, values, rows, axis, out)

    path = curved(tmp_path / "f.nc", "f4")
    with open_source(str(path)) as source:
        size = np.prod([axis.size for axis in source.fields["u"].axes])
    monkeypatch.setattr(tiling, "TILE_BYTES", 2**30)
    derive(path, operator=operator, **VECTOR)  # the tables, which are made with the same stencils
    monkeypatch.setattr(Stencil, "apply", counted)
    derive(path, operator=operator, **VECTOR)
    assert derived == 10 * size + 6 * size // 3
