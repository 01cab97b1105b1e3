"""One-dimensional coordinates of another name than their dimension, and those that options give."""

from __future__ import annotations

from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError

HEIGHTS = np.array([0.0, 1.0, 3.0, 7.0])


@pytest.fixture
def levels(tmp_path: Path) -> Path:
    """Return a file whose levels are numbered, with their heights beside them."""
    path = tmp_path / "levels.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("level", 4)
        file.createDimension("site", 2)
        file.createVariable("level", "i4", ("level",))[:] = np.arange(1, 5)
        height = file.createVariable("level_height", "f8", ("level",))
        height.setncatts({"units": "m", "positive": "up"})
        height[:] = HEIGHTS
        theta = file.createVariable("theta", "f8", ("level", "site"))
        theta.units = "K"
        theta[:] = np.outer(HEIGHTS**2, [1.0, 2.0])
    return path


def derivative(path: Path, name: str, **given: object) -> tuple[np.ndarray, list[str]]:
    out = path.with_name("out.nc")
    report = gradcli.differentiate(path, out, edge_order=2, overwrite=True, **given)
    with netCDF4.Dataset(out) as file:
        return np.asarray(file[name][:]), report.notes


def test_a_coordinate_is_asked_for_by_its_own_name(levels: Path) -> None:
    found, notes = derivative(levels, "dtheta_dlevel_height", axis="level_height")
    np.testing.assert_allclose(found, np.outer(2 * HEIGHTS, [1, 2]), atol=1e-14)
    assert not notes


def test_a_role_means_what_measures_and_not_the_number_of_a_level(levels: Path) -> None:
    found, notes = derivative(levels, "dtheta_dz", axis="z")
    np.testing.assert_allclose(found, np.outer(2 * HEIGHTS, [1, 2]), atol=1e-14)
    assert notes == ["theta: z is taken as level_height, along level"]


def test_the_name_of_a_dimension_means_the_dimension(levels: Path) -> None:
    found, _ = derivative(levels, "dtheta_dlevel", axis="level")
    np.testing.assert_allclose(found[1], [4.5, 9.0])


def test_other_options_use_the_name_too(levels: Path) -> None:
    found, _ = derivative(
        levels,
        "dtheta_dlevel_height",
        axis="level_height",
        per={"level_height": "km"},
        sel={"level_height": (0, 3)},
    )
    np.testing.assert_allclose(found[:, 0], [0, 2000, 6000], atol=1e-10)


def test_results_keep_the_coordinate(levels: Path) -> None:
    derivative(levels, "dtheta_dlevel_height", axis="level_height")
    with netCDF4.Dataset(levels.with_name("out.nc")) as file:
        assert file["level_height"][:].tolist() == HEIGHTS.tolist()
        assert file["dtheta_dlevel_height"].units == "K m-1"


@pytest.mark.parametrize("form", ["npz", "h5"])
def test_an_array_as_long_as_one_axis_names_it(tmp_path: Path, form: str) -> None:
    path, field = tmp_path / f"a.{form}", np.outer(HEIGHTS**2, [1.0, 2.0])
    if form == "npz":
        np.savez(path, f=field, h=HEIGHTS)
    else:
        with h5py.File(path, "w") as file:
            file["f"], file["h"] = field, HEIGHTS
    out = tmp_path / f"o.{form}"
    gradcli.differentiate(path, out, var="f", axis="h", edge_order=2)
    opened = np.load(out) if form == "npz" else h5py.File(out)
    with opened as file:
        np.testing.assert_allclose(file["df_dh"], np.outer(2 * HEIGHTS, [1, 2]), atol=1e-14)


def test_an_array_that_fits_two_axes_names_neither(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", f=np.zeros((4, 4)), h=HEIGHTS)
    with pytest.raises(UsageError, match="no axis 'h'"):
        gradcli.differentiate(tmp_path / "a.npz", var="f", axis="h")


@pytest.mark.parametrize("spec", [":h", "0,1,3,7"])
def test_coordinates_of_the_input_itself_and_numbers(tmp_path: Path, spec: str) -> None:
    np.savez(tmp_path / "a.npz", f=HEIGHTS**2, h=HEIGHTS)
    gradcli.differentiate(
        tmp_path / "a.npz", tmp_path / "o.npz", var="f", axis="0", coords={"0": spec}, edge_order=2
    )
    with np.load(tmp_path / "o.npz") as file:
        np.testing.assert_allclose(file["df_d0"], 2 * HEIGHTS, atol=1e-14)


def test_an_unknown_variable_of_the_input_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", f=HEIGHTS, h=HEIGHTS)
    with pytest.raises(UsageError, match="no variable 'hh'"):
        gradcli.differentiate(tmp_path / "a.npz", var="f", axis="0", coords={"0": ":hh"})


def test_a_role_that_no_attribute_tells_is_told_by_a_name(tmp_path: Path) -> None:
    path = tmp_path / "bare.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, size in {"time": 2, "lev": 3, "lat": 4, "lon": 5}.items():
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))[:] = 2.0 * np.arange(size)
        file["lev"].units, file["time"].units = "meters", "Month"
        field = file.createVariable("f", "f8", ("time", "lev", "lat", "lon"))
        t, z, y, x = np.meshgrid(*(2.0 * np.arange(n) for n in (2, 3, 4, 5)), indexing="ij")
        field[:] = 3 * x + 5 * y + 7 * z + 11 * t
    report = gradcli.differentiate(path, tmp_path / "o.nc", axis="x,y,z,t")
    with netCDF4.Dataset(tmp_path / "o.nc") as file:
        found = [file[f"df_d{role}"][0, 0, 0, 0] for role in "xyzt"]
    np.testing.assert_allclose(found, [3, 5, 7, 11], rtol=1e-12)
    assert "f: z is taken as lev, by its name" in report.notes


@pytest.mark.parametrize("role", ["x", "y", "longitude"])
def test_places_along_one_dimension_are_no_grid(tmp_path: Path, role: str) -> None:
    path = tmp_path / "cells.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("cell", 4)
        for name, units in {"clon": "degrees_east", "clat": "degrees_north"}.items():
            file.createVariable(name, "f8", ("cell",))[:] = HEIGHTS
            file[name].setncatts({"units": units, "standard_name": f"{name[1:]}gitude"[:9]})
        file["clat"].standard_name = "latitude"
        file.createVariable("f", "f8", ("cell",))[:] = HEIGHTS
    with pytest.raises(UsageError, match=r"both lie along cell: .* cells of an unstructured grid"):
        gradcli.differentiate(path, tmp_path / "o.nc", var="f", axis=role)
    gradcli.differentiate(path, tmp_path / "o.nc", var="f", axis="clon")
