"""What reviews and users found once, held by the smallest file that shows it."""

from __future__ import annotations

from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, UsageError

from .grids import uneven
from .memory import peak_of


def read(path: str, name: str) -> np.ndarray:
    with h5py.File(path) as file:
        return file[name][...]


def test_numbers_of_odd_bit_layouts_go_through_the_library(tmp_path: Path) -> None:
    values = np.arange(20, dtype="i4") ** 2
    twelve = h5py.h5t.STD_I16LE.copy()
    twelve.set_precision(12)
    twelve.set_offset(4)
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        space = h5py.h5s.create_simple((20,))
        h5py.h5d.create(file.id, b"f", twelve, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values)
    report = gradcli.differentiate(tmp_path / "odd.h5", edge_order=2)
    np.testing.assert_allclose(read(report.outputs[0], "df_d0"), 2 * np.arange(20.0), atol=1e-12)


def test_a_variable_shorter_than_its_unlimited_dimension_is_missing_behind(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "u.nc", "w") as file:
        file.createDimension("t", None)
        file.createVariable("long", "f8", ("t",))[:] = np.arange(10.0)
        file.createVariable("short", "f8", ("t",))[:3] = [0.0, 1.0, 4.0]
    report = gradcli.differentiate(tmp_path / "u.nc")
    with netCDF4.Dataset(report.outputs[0]) as file:
        np.testing.assert_array_equal(file["dlong_dt"][:], 1.0)
        found = np.ma.filled(file["dshort_dt"][:], np.nan)
    np.testing.assert_array_equal(found[:2], [1.0, 2.0])
    assert np.isnan(found[2:]).all()


@pytest.mark.parametrize("suffix", [".nc", ".h5"])
def test_results_lie_beside_the_coordinates_they_were_made_with(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"f{suffix}"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", 6)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(6.0)
        file.createVariable("f", "f8", ("x",))[:] = uneven(6) ** 2
    np.save(tmp_path / "x.npy", uneven(6))
    coords = {"x": str(tmp_path / "x.npy")}
    report = gradcli.differentiate(path, edge_order=2, coords=coords)
    np.testing.assert_array_equal(read(report.outputs[0], "x"), uneven(6))
    np.testing.assert_allclose(read(report.outputs[0], "df_dx"), 2 * uneven(6), rtol=1e-12)
    with h5py.File(report.outputs[0]) as file:
        assert file["df_dx"].dims[0][0].name == "/x"


def test_an_axis_cut_to_one_point_is_no_axis_to_differentiate_along(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(12.0).reshape(3, 4) ** 2)
    report = gradcli.differentiate(tmp_path / "f.npy", isel={"0": 1})
    assert [Path(path).name for path in report.outputs] == ["f_d1.npy"]
    assert np.load(report.outputs[0]).shape == (1, 4)
    assert any("one point" in note for note in report.notes)


def test_an_axis_named_twice_in_an_option_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros((3, 4)))
    for given in ({"isel": {"y": 0, "0": 1}}, {"spacing": {"y": 1.0, "-2": 2.0}}):
        with pytest.raises(UsageError, match="name it once"):
            gradcli.differentiate(tmp_path / "f.npy", dims="y,x", **given)


def test_an_index_that_means_two_parts_of_a_shared_dimension_is_refused(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "s.nc", "w") as file:
        for name, size in (("t", 5), ("y", 6), ("x", 7)):
            file.createDimension(name, size)
        file.createVariable("A", "f8", ("t", "y"))[:] = 0
        file.createVariable("B", "f8", ("y", "x"))[:] = 0
    with pytest.raises(GradcliError, match="different parts"):
        gradcli.differentiate(tmp_path / "s.nc", axis="y", isel={"0": (0, 3)})


def test_float32_coordinates_are_selected_by_the_numbers_one_reads(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "s.nc", "w") as file:
        file.createDimension("x", 8)
        file.createVariable("x", "f4", ("x",))[:] = np.arange(8) / 10
        file.createVariable("f", "f8", ("x",))[:] = 0
    report = gradcli.differentiate(tmp_path / "s.nc", sel={"x": (0.1, 0.6)})
    assert report.variables[0]["shape"] == [6]


def test_big_endian_float32_coordinates_are_snapped_too(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(400.0))
    stored = (150 + 0.00025 * np.arange(400)).astype(">f4")
    np.save(tmp_path / "x.npy", stored)
    coords = {"0": str(tmp_path / "x.npy")}
    report = gradcli.differentiate(tmp_path / "f.npy", coords=coords)
    np.testing.assert_allclose(np.load(report.outputs[0]), 4000, rtol=1e-4)


def test_attributes_of_any_type_go_from_hdf5_to_netcdf(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = np.arange(5.0)
        file["f"].attrs["flag"] = True
        file["f"].attrs["half"] = np.float16(0.5)
        file["f"].attrs["matrix"] = np.eye(2)
        file["f"].attrs["names"] = ["one", "two"]
    report = gradcli.differentiate(tmp_path / "a.h5", tmp_path / "a.nc")
    with netCDF4.Dataset(report.outputs[0]) as file:
        found = file["df_d0"]
        assert (found.flag, found.half, found.names) == (1, 0.5, ["one", "two"])
        assert "matrix" not in found.ncattrs()


def test_a_long_uneven_axis_keeps_to_its_memory(tmp_path: Path) -> None:
    size = 2_000_000
    np.save(tmp_path / "x.npy", np.cumsum(1 + 0.5 * np.sin(np.arange(size))))
    np.save(tmp_path / "f.npy", np.zeros(size))
    arguments = ("--accuracy", "8", "-j", "1", "--memory", "160MiB")
    peak = peak_of(str(tmp_path / "f.npy"), "--coords", f"0={tmp_path / 'x.npy'}", *arguments)
    assert peak < 260 * 2**20


def test_records_with_long_fields_are_read_once(tmp_path: Path) -> None:
    records = np.zeros(6, [("pdf", "f8", (500,)), ("n", "i4")])
    records["pdf"] = np.arange(6.0)[:, None] ** 2
    np.save(tmp_path / "r.npy", records)
    report = gradcli.differentiate(tmp_path / "r.npy", var="pdf", axis="0", memory="17MiB")
    assert report.blocks < 10
    np.testing.assert_array_equal(np.load(report.outputs[0])[2], 4.0)
