"""``--units``: what an axis or a variable is measured in, whatever the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import UsageError


def write(path: Path, **units: str) -> Path:
    """Write a field on three axes with these units."""
    with netCDF4.Dataset(path, "w") as file:
        for name, values in {"t": [0, 1, 2.5], "b": [40.0, 41, 42], "a": [5.0, 6, 7, 8]}.items():
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable[...] = values
            if name in units:
                variable.units = units[name]
        field = file.createVariable("T", "f8", ("t", "b", "a"))
        field[...] = np.arange(36.0).reshape(3, 3, 4)
        if "T" in units:
            field.units = units["T"]
    return path


def attributes(path: Path, **given: Any) -> dict[str, dict[str, Any]]:
    out = path.with_name("o" + path.suffix)
    gradcli.differentiate(path, out, overwrite=True, **given)
    with netCDF4.Dataset(out) as file:
        return {name: v.__dict__ | {"values": v[...]} for name, v in file.variables.items()}


@pytest.mark.parametrize("suffix", [".nc", ".h5"])
def test_units_are_those_that_are_given(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"f{suffix}", T="1", a="m")
    units = {"T": "degC", "a": "degrees_east", "b": "degrees_north", "t": "days"}
    found = attributes(path, units=units, per={"t": "s"}, axis="t,x,b")
    assert found["dT_dt"]["units"] == "K s-1"
    np.testing.assert_allclose(found["dT_dt"]["values"][0], 12 / 86400)
    assert found["dT_dx"]["units"] == "K degree_east-1"
    assert found["dT_db"]["units"] == "K degree_north-1"
    # The coordinates beside the results say so too.
    assert found["a"]["units"] == "degrees_east"


def test_axes_become_longitude_and_latitude(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", T="K")
    given: dict[str, Any] = {"metric": "sphere", "operator": "magnitude"}
    with pytest.raises(UsageError, match="needs longitude and latitude"):
        attributes(path, axis="a,b", **given)
    units = {"a": "degrees_east", "b": "degrees_north"}
    found = attributes(path, axis="a,b", units=units, **given)
    assert found["grad_T"]["units"] == "K m-1"


def test_an_axis_by_its_index_and_steps_with_a_unit(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(12.0).reshape(3, 4))
    given: dict[str, Any] = {"spacing": {"y": 25.0}, "dims": "y,x", "overwrite": True}
    report = gradcli.differentiate(
        tmp_path / "f.npy",
        tmp_path / "o.npz",
        units={"y": "m", "f": "K"},
        per={"y": "km"},
        axis="y",
        **given,
    )
    assert report.variables[0]["axes"][0]["units"] == "K km-1"
    np.testing.assert_allclose(np.load(tmp_path / "o.npz")["df_dy"], 4 / 25 * 1000)
    with pytest.raises(UsageError, match="says no units that per= could convert"):
        gradcli.differentiate(tmp_path / "f.npy", per={"y": "km"}, axis="y", **given)


def test_coordinates_over_two_axes_and_those_from_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc", T="K")
    lat, lon = np.meshgrid([50.0, 51, 52], [0.0, 1, 2, 3], indexing="ij")
    np.save(tmp_path / "x.npy", lon)
    np.save(tmp_path / "y.npy", lat)
    coords = {"u": str(tmp_path / "x.npy"), "v": str(tmp_path / "y.npy")}
    units = {"u": "degrees_east", "v": "degrees_north"}
    found = attributes(path, coords=coords, units=units, metric="sphere", axis="u,v")
    right = np.gradient(np.arange(4.0)) / (6371229 * np.radians(1) * np.cos(np.radians(51)))
    np.testing.assert_allclose(found["dT_du"]["values"][1, 1, 1:3], right[1:3], rtol=1e-3)


def test_a_name_that_is_nothing_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "f.nc")
    with pytest.raises(UsageError, match="units: no axis or variable 'q'"):
        attributes(path, units={"q": "m"})
    with pytest.raises(UsageError, match="the unit is empty"):
        attributes(path, units={"a": " "})


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".nc", ".h5", ".csv"])
@pytest.mark.parametrize("missing", ["propagate", "adapt"])
def test_further_values_mean_missing(tmp_path: Path, suffix: str, missing: Any) -> None:
    values = np.sin(np.arange(48.0)).reshape(6, 8).astype("f8" if suffix == ".csv" else "f4")
    paths = []
    for name, marks in (("f", (-9999.0, 1e20)), ("g", (np.nan, np.nan))):
        own = values.copy()
        own[2, 3], own[4, 6:] = marks
        paths.append(tmp_path / name / f"f{suffix}")
        paths[-1].parent.mkdir()
        if suffix == ".npy":
            np.save(paths[-1], own)
        elif suffix == ".npz":
            np.savez(paths[-1], f=own)
        elif suffix == ".csv":
            np.savetxt(paths[-1], own, delimiter=",")
        else:
            with netCDF4.Dataset(paths[-1], "w") as file:
                file.createDimension("y", 6)
                file.createDimension("x", 8)
                file.createVariable("f", "f4", ("y", "x"))[...] = own
    out = [tmp_path / f"{name}.npz" for name in "ab"]
    marks = [-9999, "1e20"]
    gradcli.differentiate(paths[0], out[0], missing=missing, missing_value=marks)
    gradcli.differentiate(paths[1], out[1], missing=missing)
    with np.load(out[0]) as one, np.load(out[1]) as other:
        assert set(one) == set(other)
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
            assert np.isnan(one[name]).any()


def test_marks_of_packed_numbers_are_those_of_their_values(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        file.createDimension("x", 5)
        field = file.createVariable("f", "i2", ("x",))
        field.scale_factor = 0.1
        file.set_auto_scale(False)
        field[...] = [1, 2, -999, 4, 5]
    report = gradcli.differentiate(tmp_path / "f.nc", tmp_path / "o.npz", missing_value=-99.9)
    with np.load(report.outputs[0]) as found:
        np.testing.assert_array_equal(np.isnan(found["df_dx"]), [0, 1, 1, 1, 0])


@pytest.mark.parametrize("marks", ["NA", "1,,2", float("nan"), ["inf"]])
def test_marks_are_finite_numbers_or_words_of_a_csv(tmp_path: Path, marks: Any) -> None:
    with pytest.raises(UsageError, match="missing_value"):
        attributes(write(tmp_path / "f.nc"), missing_value=marks)


@pytest.mark.parametrize("text", ["t,v\n0,1\n1,{}\n2,4\n3,9\n", 't;v\n0;1\n1;"{}"\n2;4\n3;9\n'])
@pytest.mark.parametrize("word", ["OL", "no data", "***", "ÖL"])
def test_words_of_a_table_mean_missing(tmp_path: Path, text: str, word: str) -> None:
    for name, mark in (("f", word), ("g", "NA")):
        (tmp_path / f"{name}.csv").write_text(text.format(mark), encoding="utf-8")
    gradcli.differentiate(tmp_path / "f.csv", axis="t", missing_value=f"{word},-1")
    gradcli.differentiate(tmp_path / "g.csv", axis="t")
    found, right = (tmp_path / f"{name}_gradient.csv" for name in "fg")
    assert found.read_bytes() == right.read_bytes()
    np.save(tmp_path / "f.npy", np.arange(4.0))
    with pytest.raises(UsageError, match="an NPY file holds numbers, and no words"):
        gradcli.differentiate(tmp_path / "f.npy", missing_value=word)


def test_longitudes_over_two_axes_by_their_kind_and_names(tmp_path: Path) -> None:
    """XLONG of WRF has no standard name; longitude means it, and an unknown name lists it."""
    with netCDF4.Dataset(tmp_path / "w.nc", "w") as file:
        for name, size in (("Time", 1), ("south_north", 5), ("west_east", 6)):
            file.createDimension(name, size)
        over = ("Time", "south_north", "west_east")
        y, x = np.meshgrid(np.arange(5.0), np.arange(6.0), indexing="ij")
        for name, values, units in (
            ("XLONG", 20 + x + 0.1 * y, "degree_east"),
            ("XLAT", 40 + y - 0.1 * x, "degree_north"),
            ("T2", x * y, "K"),
        ):
            made = file.createVariable(name, "f8", over)
            made.units, made[0] = units, values
        file["T2"].coordinates = "XLONG XLAT"
    given = {"var": "T2", "metric": "sphere", "per": {"longitude": "km"}}
    made = attributes(tmp_path / "w.nc", axis="longitude,latitude", **given)
    role = attributes(tmp_path / "w.nc", axis="x,y", **{**given, "per": {"x": "km"}})
    assert made["dT2_dlongitude"]["units"] == "K km-1"
    np.testing.assert_array_equal(made["dT2_dlongitude"]["values"], role["dT2_dx"]["values"])
    with pytest.raises(
        UsageError,
        match=r"no axis 'lon'; did you mean 'XLONG' .x.. There are: Time, .*, XLONG, XLAT$",
    ):
        gradcli.differentiate(tmp_path / "w.nc", var="T2", axis="lon", metric="sphere")
