"""What reviews and users found once, held by the smallest file that shows it."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError, UsageError
from gradcli.numerics.stencils import Piece, Stencil
from tests.grids import uneven
from tests.memory import peak_of


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
    report = gradcli.differentiate(tmp_path / "f.npy", isel={"0": 1}, halo=False)
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


# --- found by damaged and hostile files ------------------------------------------------------


def header_of(text: str) -> bytes:
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode() + bytes(800)


@pytest.mark.parametrize(
    "descr", ["()", "('<f8',)", "('<f8', (2,))", "[()]", "'<f8', 1: 0x" + "f" * 6000]
)
@pytest.mark.parametrize("shape", ["(4,)", f"(0x{'f' * 6000},)", "1 if 0else 2"])
def test_headers_of_odd_types_and_numbers_are_refused(
    tmp_path: Path, descr: str, shape: str
) -> None:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"
    (tmp_path / "a.npy").write_bytes(header_of(text))
    if (descr[:5], shape) == ("'<f8'", "(4,)"):
        gradcli.differentiate(tmp_path / "a.npy")
        return
    with pytest.raises(GradcliError, match="header"):
        gradcli.differentiate(tmp_path / "a.npy")


@pytest.mark.parametrize("units", ["m" + "9" * 5000, "m" + " " * 300_000 + "s", "m" * 300_000])
def test_units_of_any_text_are_taken_apart_soon(tmp_path: Path, units: str) -> None:
    with netCDF4.Dataset(tmp_path / "u.nc", "w") as file:
        file.createDimension("x", 4)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(4.0)
        file.createVariable("f", "f8", ("x",))[:] = np.arange(4.0)
        file["x"].units = file["f"].units = units
    report = gradcli.differentiate(tmp_path / "u.nc")
    np.testing.assert_array_equal(read(report.outputs[0], "df_dx"), 1.0)


def test_a_cell_of_blanks_is_read_soon(tmp_path: Path) -> None:
    rows = "t,a\n0,1 \n1," + " " * 300_000 + "3\n2" + " " * 300_000 + ",5\n"
    (tmp_path / "t.csv").write_text(rows)
    report = gradcli.differentiate(tmp_path / "t.csv", axis="t")
    found = np.genfromtxt(report.outputs[0], delimiter=",", names=True)
    np.testing.assert_array_equal(found["da_dt"], 2.0)


def test_long_labels_in_quotes_are_carried_in_little_memory(tmp_path: Path) -> None:
    label = '"' + 'long ""label"", ' * 8000 + '"'
    names, labels = ",".join(f"w{i}" for i in range(40)), ",".join([label] * 40)
    rows = f"t,a,{names}\n" + "".join(f"{i},{2 * i},{labels}\n" for i in range(3))
    (tmp_path / "t.csv").write_text(rows)
    arguments = ("-a", "t", "--keep", "-j", "1", "--memory", "64MiB")
    assert peak_of(str(tmp_path / "t.csv"), *arguments) < 300 * 2**20
    assert (tmp_path / "t_gradient.csv").read_text().count(labels) == 3


def projected(path: Path, **said: object) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        for name in "yx":
            file.createDimension(name, 4)
            file.createVariable(name, "f8", (name,))[:] = 1000 * np.arange(4.0)
            units = "rad" if "perspective_point_height" in said else "m"
            file[name].setncatts({"units": units, "axis": name.upper()})
        file.createVariable("crs", "i4").setncatts(said)
        file.createVariable("f", "f8", ("y", "x"))[:] = 0
        file["f"].grid_mapping = "crs"
    return path


WKT = 'PROJCS["p",GEOGCS["g",DATUM["d",SPHEROID["s",6371229,0]],PRIMEM["G",0],UNIT["d",0.0174]],'
WKT += 'PROJECTION["Mercator_1SP"],UNIT["m",1],EXTENSION["PROJ4","+proj=merc +nadgrids={}"]]'


@pytest.mark.parametrize("text", ["+proj=utm +zone=33 +nadgrids={}", WKT, "{}", "EPSG:3857"])
def test_a_grid_mapping_opens_no_file_that_it_names(tmp_path: Path, text: str) -> None:
    trap = tmp_path / "trap"
    os.mkfifo(trap)  # whatever opens it waits for ever
    said = {"grid_mapping_name": "mercator", "crs_wkt": text.format(trap)}
    path = projected(tmp_path / "p.nc", **said)
    with pytest.raises(UsageError, match="never opened"):
        gradcli.differentiate(path, metric="wgs84")


def test_a_height_that_is_no_number_is_refused(tmp_path: Path) -> None:
    said = {"grid_mapping_name": "geostationary", "perspective_point_height": "far"}
    path = projected(tmp_path / "p.nc", **said)
    with pytest.raises(UsageError, match="units are 'rad'"):
        gradcli.differentiate(path, metric="wgs84")


def test_a_million_lines_in_quotes_are_refused_soon(tmp_path: Path) -> None:
    words = "a\n" * 1_000_000
    (tmp_path / "t.csv").write_text(f't,a,w\n0,1,"{words}"\n1,3,x\n2,5,y\n')
    with pytest.raises(GradcliError, match="quote"):
        gradcli.differentiate(tmp_path / "t.csv", axis="t")


def test_a_structured_member_with_a_slash_in_the_name_of_a_field_is_read(tmp_path: Path) -> None:
    records = np.zeros(5, [("x/y", "f8")])
    records["x/y"] = 3 * np.arange(5.0)
    np.savez_compressed(tmp_path / "a.npz", g=records)
    report = gradcli.differentiate(tmp_path / "a.npz")
    with np.load(report.outputs[0]) as found:
        assert [found[name].tolist() for name in found.files] == [[3.0] * 5]


def test_stacking_a_table_into_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("t,a\n0,1\n1,3\n2,5\n")
    with pytest.raises(UsageError, match="this CSV has columns"):
        gradcli.differentiate(tmp_path / "t.csv", axis="t", stack=True)
    assert os.listdir(tmp_path) == ["t.csv"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([-1.7e308, 0.0, 1.7e308], "span more than float64"),
        ([0.0, 5e-324, 1.0, 2.0], "weights in float64"),
    ],
)
def test_steps_beyond_the_range_of_numbers_are_refused(
    tmp_path: Path, values: list[float], message: str
) -> None:
    np.save(tmp_path / "f.npy", np.arange(float(len(values))))
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(GradcliError, match=message):
        gradcli.differentiate(tmp_path / "f.npy", coords={"0": str(tmp_path / "x.npy")})


def test_attributes_whose_names_are_no_text_are_left_out(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = np.arange(5.0)
        file["f"].attrs["units"] = "K"
        space = h5py.h5s.create(h5py.h5s.SCALAR)
        h5py.h5a.create(file["f"].id, b"odd\xff", h5py.h5t.NATIVE_INT32, space)
    report = gradcli.differentiate(tmp_path / "a.h5")
    with h5py.File(report.outputs[0]) as made:
        assert made["df_d0"].attrs["units"] == "K"


def test_weights_beyond_all_bounds_have_a_gain():
    piece = Piece(0, 1, (-1, 1), 1, np.array([[-1e200, 1e200]]))
    assert Stencil(1, (piece,)).gain() == pytest.approx(2**0.5 * 1e200)
