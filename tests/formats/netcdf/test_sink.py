"""NetCDF as written: dimensions, what goes with results, attributes, history."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

import gradcli
from gradcli.errors import GradcliError
from tests.contract import one_line
from tests.formats.netcdf.test_source import (
    KINDS,
    SHAPE,
    VALUES,
    add,
    create,
    result,
)
from tests.formats.netcdf.test_storage import write_field
from tests.grids import uneven


def words_of(var: netCDF4.Variable) -> dict[str, object]:
    """Return attributes in types that can be compared."""
    return {name: np.asarray(value).tolist() for name, value in var.__dict__.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_ncdump_reads_results(tmp_path: Path, kind: str) -> None:
    if shutil.which("ncdump") is None:
        pytest.skip("ncdump is not here")
    path = write_field(tmp_path / "a.nc", kind, units="K")
    report = gradcli.differentiate(path)
    run = subprocess.run(["ncdump", report.outputs[0]], capture_output=True, text=True, check=True)
    assert 'df_dy:units = "K"' in run.stdout
    assert "x = 5 ;" in run.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_the_unlimited_dimension_of_a_source_is_that_of_its_results(
    tmp_path: Path, kind: str
) -> None:
    with create(tmp_path / "a.nc", kind, {"y": None, "x": 5}) as file:
        add(file, "f", VALUES, ("y", "x"))
        add(file, "g", VALUES[:, 0], ("y",))
    report = gradcli.differentiate(tmp_path / "a.nc", axis="y")
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert file.dimensions["y"].isunlimited()
        assert len(file.dimensions["y"]) == SHAPE[0]
        exact = np.gradient(VALUES, uneven(6), axis=0)
        np.testing.assert_allclose(file["df_dy"][...], exact, rtol=1e-9)
        np.testing.assert_allclose(file["dg_dy"][...], exact[:, 0], rtol=1e-9)


@pytest.mark.parametrize("sizes", [{"y": None, "x": None}, {"y": 6, "x": None}])
@pytest.mark.parametrize("memory", ["66MiB", "1GiB"])
def test_two_unlimited_dimensions_and_one_that_is_not_first_are_kept(
    tmp_path: Path, sizes: dict, memory: str
) -> None:
    with create(tmp_path / "a.nc", "NETCDF4", sizes) as file:
        add(file, "f", VALUES, ("y", "x"))
        add(file, "t", VALUES.T, ("x", "y"))
    report = gradcli.differentiate(tmp_path / "a.nc", axis="x", memory=memory)
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert {n: d.isunlimited() for n, d in file.dimensions.items()} == {
            name: size is None for name, size in sizes.items()
        }
        exact = np.gradient(VALUES, uneven(5), axis=1)
        np.testing.assert_allclose(file["df_dx"][...], exact, rtol=1e-9)
        np.testing.assert_allclose(file["dt_dx"][...], exact.T, rtol=1e-9)


def test_a_part_of_an_unlimited_dimension_cuts_its_coordinate(tmp_path: Path) -> None:
    with create(tmp_path / "a.nc", "NETCDF4", {"y": None, "x": 5}) as file:
        add(file, "f", VALUES, ("y", "x"))
    report = gradcli.differentiate(tmp_path / "a.nc", axis="y", isel={"y": (2, 5)}, halo=False)
    with netCDF4.Dataset(report.outputs[0]) as file:
        np.testing.assert_array_equal(file["y"][...], uneven(6)[2:5])
        expected = np.gradient(VALUES[2:5], uneven(6)[2:5], axis=0)
        np.testing.assert_allclose(file["df_dy"][...], expected, rtol=1e-9)


def test_what_is_carried_keeps_its_byte_order(tmp_path: Path) -> None:
    with create(tmp_path / "a.nc") as file:
        add(file, "f", VALUES, ("y", "x"))
        options = {"endian": "big", "fill_value": 99}
        file.createVariable("n", ">i2", ("y", "x"), **options)[:] = np.round(VALUES * 10)
    gradcli.differentiate(tmp_path / "a.nc", tmp_path / "b.nc", var="f", keep=True)
    with netCDF4.Dataset(tmp_path / "b.nc") as file:
        assert file["n"].endian() == "big"
        assert file["n"]._FillValue == 99
        np.testing.assert_array_equal(file["n"][:], np.round(VALUES * 10))


def test_what_results_point_to_goes_with_them_and_nothing_else(rich: Path) -> None:
    report = gradcli.differentiate(rich, var="f", axis="y")
    needed = {"y", "y_limits", "x", "lat", "lat_limits", "height", "crs", "cells"}
    with netCDF4.Dataset(rich) as before, netCDF4.Dataset(report.outputs[0]) as file:
        assert file.variables.keys() == needed | {"df_dy"}
        assert file.title == "a rich file"
        for name in needed:
            np.testing.assert_array_equal(file[name][...], before[name][...])
            assert words_of(file[name]) == words_of(before[name])
            assert file[name].dimensions == before[name].dimensions


def test_formula_terms_go_with_their_coordinate(rich: Path) -> None:
    report = gradcli.differentiate(rich, var="layer", axis="y")
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert {"sigma", "ak", "ps"} <= file.variables.keys()


def test_keep_carries_every_variable(rich: Path) -> None:
    report = gradcli.differentiate(rich, var="f", axis="y", keep=True)
    with netCDF4.Dataset(rich) as before, netCDF4.Dataset(report.outputs[0]) as file:
        assert file.variables.keys() == before.variables.keys() | {"df_dy"}
        np.testing.assert_array_equal(file["f"][...], before["f"][...])
        assert words_of(file["f"]) == words_of(before["f"])


def test_attributes_of_a_result_are_those_of_a_derivative(rich: Path) -> None:
    _, words = result(rich, var="f", history="gradcli compute rich.nc")
    assert words["units"] == "K m-1"
    assert words["units_metadata"] == "temperature: difference"
    assert words["long_name"] == "derivative of warmth along north"
    assert words["coordinates"] == "lat height"
    assert words["grid_mapping"] == "crs: x y"
    assert words["cell_measures"] == "area: cells"
    assert words["cell_methods"] == "area: mean time: mean (interval: 1 hr)"
    assert words["comment"] == "kept"
    assert np.isnan(words["_FillValue"])
    dropped = "standard_name valid_min actual_range missing_value ancillary_variables"
    assert not set(dropped.split()) & words.keys()
    decisions = {name: value for name, value in words.items() if name.startswith("derivative_")}
    assert decisions["derivative_order"] == 1
    assert decisions["derivative_accuracy"] == 2
    assert decisions["derivative_edge_order"] == 1
    assert (decisions["derivative_of"], decisions["derivative_axis"]) == ("f", "y")
    assert decisions["derivative_missing"] == "propagate"
    assert decisions["derivative_metric"] == "none"
    assert "uneven" in decisions["derivative_spacing"]


def test_history_gets_a_line_in_front_or_is_left_alone(rich: Path) -> None:
    for line in ("gradcli compute rich.nc", None):
        report = gradcli.differentiate(rich, var="f", axis="y", history=line, overwrite=True)
        with netCDF4.Dataset(report.outputs[0]) as file:
            first, *rest = file.history.split("\n")
        if line is None:
            assert (first, rest) == ("made before", [])
        else:
            assert first.endswith("Z " + line)
            assert first[:2] == "20"
            assert rest == ["made before"]


@pytest.mark.parametrize(
    ("units", "axis_units", "order", "expected"),
    [
        ("K", "m", 1, "K m-1"),
        ("degC", "degrees_north", 1, "K degree_north-1"),
        ("m s-1", "m", 2, "m s-1 m-2"),
        ("1", "hours since 1900-01-01", 1, "hour-1"),
        ("K", None, 1, "K"),
        (None, "m", 1, None),
    ],
)
def test_units_are_composed(
    tmp_path: Path, units: str | None, axis_units: str | None, order: int, expected: str | None
) -> None:
    path = write_field(tmp_path / "a.nc", **({} if units is None else {"units": units}))
    if axis_units:
        with netCDF4.Dataset(path, "a") as file:
            file["y"].units = axis_units
    _, words = result(path, "df_dy" if order == 1 else "d2f_dy2", order=order)
    assert words.get("units") == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fill", "kept"), [(-999.0, False), (1e20, False), (-1e34, True)])
def test_the_fill_of_results_is_nan_or_one_that_no_derivative_has(
    tmp_path: Path, kind: str, fill: float, kept: bool
) -> None:
    values = VALUES.copy()
    values[3, 3] = fill
    with create(tmp_path / "a.nc", kind) as file:
        add(file, "f", values, ("y", "x"), _FillValue=fill)
    found, words = result(tmp_path / "a.nc")
    if kept:
        assert words["_FillValue"] == fill
        assert np.argwhere(found == fill).tolist() == [[2, 3], [3, 3], [4, 3]]
    else:
        assert np.isnan(words["_FillValue"])
        assert np.argwhere(np.isnan(found)).tolist() == [[2, 3], [3, 3], [4, 3]]


@pytest.mark.parametrize("kind", KINDS)
def test_packed_coordinates_stay_packed_and_get_no_fill_value(tmp_path: Path, kind: str) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind) as file:
        file.createDimension("x", 5)
        words = {"scale_factor": 0.25, "add_offset": 100.0, "units": "m"}
        stored = np.array([0, 4, 8, 16, 20], "i2")
        add(file, "x", stored, ("x",), _FillValue=np.int16(-1), **words)
        add(file, "f", VALUES[0], ("x",))
    found, _ = result(tmp_path / "a.nc", "df_dx", axis="x")
    expected = np.gradient(VALUES[0], stored * 0.25 + 100)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    with netCDF4.Dataset(tmp_path / "a_gradient.nc") as file:
        assert file["x"].__dict__ == words
        file.set_auto_maskandscale(False)
        np.testing.assert_array_equal(file["x"][...], stored)
        assert file["x"].dtype == np.int16


def test_the_results_of_an_array_get_coordinates_and_conventions(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    np.save(tmp_path / "y.npy", uneven(6))
    out = tmp_path / "out.nc"
    coords = {"y": str(tmp_path / "y.npy")}
    gradcli.differentiate(tmp_path / "a.npy", out, dims="y,x", coords=coords)
    with xr.open_dataset(out, engine="netcdf4") as grid:
        assert grid["da_dy"].dims == ("y", "x")
        np.testing.assert_array_equal(grid["y"], uneven(6))
        assert grid.attrs["Conventions"].startswith("CF-")
        np.testing.assert_allclose(grid["da_dx"], np.gradient(VALUES, axis=1), rtol=1e-12)


def test_results_of_a_name_that_is_taken_are_refused(rich: Path) -> None:
    before = sorted(os.listdir(rich.parent))
    for options in ({"name": "x"}, {"name": "other", "keep": True}):
        with pytest.raises(GradcliError, match="already; use name=") as caught:
            gradcli.differentiate(rich, var="f", axis="y", **options)
        one_line(caught.value)
    assert sorted(os.listdir(rich.parent)) == before


def test_a_fill_value_that_the_type_cannot_hold_is_left_out(tmp_path: Path) -> None:
    """Packing with NCO may leave the fill value of the floats; numpy warns of its cast."""
    scipy_io = pytest.importorskip("scipy.io")
    with warnings.catch_warnings(), scipy_io.netcdf_file(tmp_path / "a.nc", "w") as file:
        warnings.simplefilter("ignore")
        file.createDimension("x", 3)
        for name in ("f", "g"):
            file.createVariable(name, "i2", ("x",))[:] = [1, 2, 4]
            file.variables[name]._FillValue = np.float32(1e37)
        file.variables["f"].coordinates = "g"
    gradcli.differentiate(tmp_path / "a.nc", tmp_path / "o.nc", var="f", keep=True)
    with netCDF4.Dataset(tmp_path / "o.nc") as file:
        assert file["df_dx"][:].tolist() == [1, 1, 1]  # along g
        assert file["g"][:].tolist() == [1, 2, 4]


@pytest.mark.parametrize("endian", ["little", "big"])
def test_a_large_variable_that_goes_with_results_is_copied_as_it_is(
    tmp_path: Path, endian: str
) -> None:
    shape, kind = (400, 500), {"little": "<f8", "big": ">f8"}[endian]
    levels = np.cumsum(np.random.default_rng(1).uniform(1, 2, shape), 1)
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in zip("yx", shape, strict=True):
            file.createDimension(name, size)
        file.createVariable("f", "f8", ("y", "x"))[...] = levels**2
        made = file.createVariable("z", kind, ("y", "x"), endian=endian, fill_value=-1.0)
        made.units = "m"
        made[...] = np.ma.masked_less(levels, 3)
    whole, part = tmp_path / "whole.nc", tmp_path / "part.nc"
    gradcli.differentiate(tmp_path / "a.nc", whole, var="f", axis="z")
    gradcli.differentiate(tmp_path / "a.nc", part, var="f", axis="z", isel={"y": slice(1, None)})
    with netCDF4.Dataset(tmp_path / "a.nc") as source, netCDF4.Dataset(whole) as file:
        assert file["z"].endian() == endian
        assert file["z"].chunking() == "contiguous"
        assert words_of(file["z"]) == words_of(source["z"])
        for each in (source, file):
            each.set_auto_maskandscale(False)
        assert file["z"][...].tobytes() == source["z"][...].tobytes()
        with netCDF4.Dataset(part) as cut:
            cut.set_auto_maskandscale(False)
            assert cut["z"][...].tobytes() == source["z"][1:].tobytes()
