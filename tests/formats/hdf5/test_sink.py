"""HDF5 as written: scales, groups, what is carried."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from tests.contract import one_line
from tests.formats.hdf5.test_source import FILTERS, SHAPE, VALUES, results_of, write_field
from tests.grids import uneven


def test_results_have_scales_labels_chunks_and_filters_as_their_source(tmp_path: Path) -> None:
    options = FILTERS["gzip+shuffle+fletcher32"] | {"maxshape": (None, SHAPE[1])}
    path = write_field(tmp_path / "a.h5", **options)
    with h5py.File(path, "r+") as file:
        file["f"].dims[1].label = "eastward"
        file["f"].attrs["long_name"] = "a field"
        file["extra"] = np.arange(3)
        file.attrs["title"] = "a file"
    report = gradcli.differentiate(path, var="f", history="a command")
    with h5py.File(report.outputs[0]) as file:
        assert sorted(file) == ["df_deastward", "df_dy", "x", "y"]
        assert file.attrs["title"] == "a file"
        assert file.attrs["history"].endswith("a command")
        for name in ("df_dy", "df_deastward"):
            data = file[name]
            assert (data.chunks, data.compression, data.compression_opts) == ((5, 4), "gzip", 4)
            assert (data.shuffle, data.fletcher32) == (True, True)
            assert data.maxshape == (None, SHAPE[1])
            assert [dim[0].name for dim in data.dims] == ["/y", "/x"]
            assert data.dims[1].label == "eastward"
        assert h5py.h5ds.is_scale(file["y"].id)
        np.testing.assert_array_equal(file["y"][...], uneven(SHAPE[0]))


def test_results_stay_in_the_group_of_their_source(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5", name="run/model/q")
    found = results_of(path)
    assert {"run/model/dq_dy", "run/model/dq_dx", "x", "y"} == found.keys()


def test_keep_carries_everything(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5", chunks=(5, 4), compression="gzip")
    with h5py.File(path, "r+") as file:
        file["g/n"] = np.arange(7)
        file["g/n"].attrs["units"] = "m"
        file["words"] = ["a", "b"]
        file["compound"] = np.ones(4, [("x", "f8"), ("y", "i4")])
        file["scalar"] = 5.0
    found = results_of(path, axis="y", keep=True)
    with h5py.File(path) as file:
        kept = {"f", "y", "x", "g/n", "words", "compound", "scalar"}
        assert found.keys() == kept | {"df_dy"}
        for name in found.keys() - {"df_dy"}:
            np.testing.assert_array_equal(found[name], file[name][()])
    with h5py.File(tmp_path / "a_gradient.h5") as file:
        assert file["g/n"].attrs["units"] == "m"
        assert [dim[0].name for dim in file["f"].dims] == ["/y", "/x"]
        assert file["f"].compression == "gzip"


def test_a_part_of_an_axis_cuts_its_scale(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5", chunks=(5, 4))
    for keep in (False, True):
        found = results_of(path, axis="y", isel={"y": (3, 9), "x": (2, 5)}, halo=False, keep=keep)
        np.testing.assert_array_equal(found["y"], uneven(SHAPE[0])[3:9])
        np.testing.assert_array_equal(found["x"], uneven(SHAPE[1])[2:5])
        expected = np.gradient(VALUES[3:9, 2:5], uneven(SHAPE[0])[3:9], axis=0)
        np.testing.assert_allclose(found["df_dy"], expected, rtol=1e-9)
        if keep:
            np.testing.assert_array_equal(found["f"], VALUES[3:9, 2:5])


def test_a_result_of_the_name_of_a_scale_is_refused(tmp_path: Path) -> None:
    path = write_field(tmp_path / "a.h5")
    with pytest.raises(GradcliError, match="already; use name=") as caught:
        gradcli.differentiate(path, axis="y", name="x")
    one_line(caught.value)
    assert os.listdir(tmp_path) == ["a.h5"]


def test_results_of_other_formats_get_scales(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("y", 4)
        file.createDimension("n", 3)
        file.createVariable("y", "f4", ("y",))[:] = [0, 1, 3, 6]
        file["y"].units = "m"
        file.createVariable("f", "f4", ("y", "n"))[:] = np.arange(12).reshape(4, 3)
    gradcli.differentiate(tmp_path / "a.nc", tmp_path / "b.h5", axis="y")
    with h5py.File(tmp_path / "b.h5") as file:
        assert file["df_dy"].dims[0][0].name == "/y"
        assert file["df_dy"].dims[0].label == "y"
        assert file["df_dy"].dims[1].label == "n"
        assert file["y"].attrs["units"] == "m"
        np.testing.assert_array_equal(file["y"][...], [0, 1, 3, 6])


def test_complex_results_go_to_hdf5_and_are_refused_by_netcdf(tmp_path: Path) -> None:
    values = VALUES + 1j
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["z"] = values
    found = results_of(tmp_path / "a.h5", axis="0")
    np.testing.assert_allclose(found["dz_d0"], np.gradient(values, axis=0), rtol=1e-12)
    with pytest.raises(GradcliError, match="NetCDF holds no complex numbers"):
        gradcli.differentiate(tmp_path / "a.h5", tmp_path / "b.nc")
    assert not (tmp_path / "b.nc").exists()


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("given", [{"isel": {0: (1, 4)}}, {"sort": True}])
def test_a_vector_beside_a_field_is_written_as_it_was_used(
    tmp_path: Path, keep: bool, given: dict
) -> None:
    times, values = np.array([0.0, 1, 3, 4, 6]), np.arange(5.0) ** 2
    order = np.array([2, 0, 1, 4, 3]) if given.get("sort") else np.arange(5)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"], file["t"] = values[order], times[order]
    found = results_of(tmp_path / "a.h5", axis="t", var="f", keep=keep, **given)
    part = slice(1, 4) if "isel" in given else slice(None)
    np.testing.assert_array_equal(found["t"], times[part])
    np.testing.assert_allclose(found["df_dt"], np.gradient(values, times)[part])
    assert found.keys() == {"t", "df_dt"} | ({"f"} if keep else set())
