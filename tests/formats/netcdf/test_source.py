"""NetCDF of every kind: what is read, what goes with results, what they say of themselves."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from tests.contract import check_cuts, check_format, one_line, read_all, refusal, whole
from tests.grids import uneven
from tests.long import long

CLASSIC = ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]
KINDS = [*CLASSIC, "NETCDF4_CLASSIC", "NETCDF4"]
SHAPE = (6, 5)
VALUES = np.round(np.random.default_rng(3).normal(size=SHAPE), 4)


def create(path: Path, kind: str = "NETCDF4", sizes: dict | None = None) -> netCDF4.Dataset:
    """Return a new file with dimensions and coordinates y and x; None makes one unlimited."""
    file = netCDF4.Dataset(path, "w", format=kind)
    for name, size in (sizes or {"y": SHAPE[0], "x": SHAPE[1]}).items():
        file.createDimension(name, size)
    for name, size in zip("yx", SHAPE, strict=True):
        file.createVariable(name, "f8", (name,))[:] = uneven(size)
    return file


def add(file: netCDF4.Dataset, name: str, values: np.ndarray, dims: tuple, **words: object) -> None:
    """Add a variable as it is to be stored, and its attributes."""
    fill = words.pop("_FillValue", None)
    var = file.createVariable(name, np.asarray(values).dtype, dims, fill_value=fill)
    var.set_auto_maskandscale(False)
    var.setncatts(words)
    var[...] = values


def result(path: Path, name: str = "df_dy", **options: object) -> tuple[np.ndarray, dict]:
    """Differentiate along y, and return a result as it is stored, with its attributes."""
    report = gradcli.differentiate(path, **({"axis": "y", "overwrite": True} | options))
    with netCDF4.Dataset(report.outputs[0]) as file:
        file.set_auto_mask(False)
        return file[name][...], dict(file[name].__dict__)


# --- kinds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [long("f8"), "f4"])
def test_contract(tmp_path: Path, kind: str, dtype: str) -> None:
    def write(folder: Path, values: np.ndarray, coordinates: dict) -> Path:
        storage = {"zlib": True, "chunksizes": (5, 4)} if kind.startswith("NETCDF4") else {}
        with netCDF4.Dataset(folder / "f.nc", "w", format=kind) as file:
            for name, vector in coordinates.items():
                file.createDimension(name, len(vector))
                file.createVariable(name, "f8", (name,))[:] = vector
            file.createVariable("f", dtype, ("y", "x"), **storage)[:] = values
        return folder / "f.nc"

    check_format("netcdf", write, tmp_path, dtype=dtype, axes=("y", "x"))


# --- dimensions ------------------------------------------------------------------------------


def test_groups_use_the_dimensions_above_them_and_keep_their_places(tmp_path: Path) -> None:
    with create(tmp_path / "a.nc") as file:
        model = file.createGroup("forecast/model")
        file["forecast"].createDimension("t", 3)
        file["forecast"].createVariable("t", "f8", ("t",))[:] = [0, 1, 4]
        model.comment = "of a model"
        model.createVariable("q", "f4", ("t", "y", "x"))[:] = np.stack([VALUES] * 3)
        # A dimension of the same name hides the one above.
        model.createGroup("inner").createDimension("x", 2)
        model["inner"].createVariable("x", "f8", ("x",))[:] = [5, 7]
        model["inner"].createVariable("s", "f8", ("x",))[:] = [1, 5]
    with open_source(str(tmp_path / "a.nc")) as source:
        q, s = source.fields["forecast/model/q"], source.fields["forecast/model/inner/s"]
        assert [axis.coordinate for axis in q.axes] == ["forecast/t", "y", "x"]
        assert [axis.coordinate for axis in s.axes] == ["forecast/model/inner/x"]
    report = gradcli.differentiate(tmp_path / "a.nc", var="q,s", axis="x")
    with netCDF4.Dataset(report.outputs[0]) as file:
        model = file["forecast/model"]
        assert model.comment == "of a model"
        assert list(model.variables) == ["dq_dx"]
        assert list(file["forecast"].dimensions) == ["t"]
        expected = np.gradient(VALUES, uneven(5), axis=1)
        np.testing.assert_allclose(model["dq_dx"][1], expected, rtol=1e-4)
        np.testing.assert_array_equal(model["inner/ds_dx"][...], [2, 2])
        np.testing.assert_array_equal(model["inner/x"][...], [5, 7])


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF4"])
def test_a_variable_with_the_same_dimension_twice_is_read(tmp_path: Path, kind: str) -> None:
    square = np.random.default_rng(0).normal(size=(5, 5))
    with create(tmp_path / "a.nc", kind) as file:
        add(file, "c", square, ("x", "x"))
    np.testing.assert_array_equal(read_all(tmp_path / "a.nc")["c"], square)
    found, _ = result(tmp_path / "a.nc", "dc_d1", axis="1")
    np.testing.assert_allclose(found, np.gradient(square, uneven(5), axis=1), rtol=1e-9)
    with pytest.raises(GradcliError, match="may mean") as caught:
        gradcli.differentiate(tmp_path / "a.nc", axis="x")
    one_line(caught.value)


# --- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", ["f4", "f8"])
def test_packed_numbers_are_unpacked(tmp_path: Path, kind: str, scale: str) -> None:
    stored = np.arange(30, dtype="i2").reshape(SHAPE) * 300
    stored[2, 2], stored[3, 3], stored[4, 4] = -32768, -7, 3
    with create(tmp_path / "a.nc", kind) as file:
        add(
            file,
            "f",
            stored,
            ("y", "x"),
            _FillValue=np.int16(-32768),
            missing_value=np.array([-7, 3], "i2"),
            scale_factor=np.dtype(scale).type(0.01),
            add_offset=np.dtype(scale).type(273.15),
        )
    with open_source(str(tmp_path / "a.nc")) as source:
        field = source.fields["f"]
        assert (field.stored, field.dtype, field.result_dtype) == ("int16", "f8", scale)
        found = source.read("f", whole(field))
    expected = stored * float(np.dtype(scale).type(0.01)) + float(np.dtype(scale).type(273.15))
    expected[np.isin(stored, [-32768, -7, 3])] = np.nan
    np.testing.assert_array_equal(found, expected)
    slopes, words = result(tmp_path / "a.nc")
    assert slopes.dtype == scale
    assert not {"scale_factor", "add_offset", "missing_value"} & words.keys()
    assert np.isnan(words["_FillValue"])
    assert np.isnan(slopes).sum() == 3 * 3


def test_signed_bits_are_read_unsigned_where_the_file_says_so(tmp_path: Path) -> None:
    stored = np.array([[0, 200, 255], [128, 127, 1]], "u1").view("i1")
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("r", 2)
        file.createDimension("c", 3)
        words = {"_Unsigned": "true", "valid_range": np.array([0, -6], "i1")}
        add(file, "f", stored, ("r", "c"), _FillValue=np.int8(-1), **words)
        add(file, "g", stored, ("r", "c"), _Unsigned="true", scale_factor=np.float32(0.5))
    found = read_all(tmp_path / "a.nc")
    np.testing.assert_array_equal(found["f"], [[0, 200, np.nan], [128, 127, 1]])
    np.testing.assert_array_equal(found["g"], [[0, 100, 127.5], [64, 63.5, 0.5]])
    _, words = result(tmp_path / "a.nc", "df_dc", axis="c")
    assert not {"_Unsigned", "valid_range"} & words.keys()


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ({"valid_min": np.int16(10)}, slice(10, None)),
        ({"valid_max": np.int16(20)}, slice(None, 21)),
        ({"valid_range": np.array([10, 20], "i2")}, slice(10, 21)),
        ({"valid_range": np.array([10, 20], "i2"), "scale_factor": 2.0}, slice(10, 21)),
        ({"valid_min": 25.0, "valid_max": 39.9, "scale_factor": 2.0}, slice(13, 20)),
        ({"valid_range": np.array([25.0, 39.9]), "scale_factor": 2.0}, slice(13, 20)),
    ],
)
def test_what_lies_outside_the_valid_range_is_missing(
    tmp_path: Path, words: dict, good: slice
) -> None:
    stored = np.arange(30, dtype="i2")
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("n", 30)
        add(file, "f", stored, ("n",), **words)
    expected = np.full(30, np.nan)
    expected[good] = stored[good] * words.get("scale_factor", 1)
    np.testing.assert_array_equal(read_all(tmp_path / "a.nc")["f"], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_floats_that_were_never_written_are_missing(tmp_path: Path, kind: str) -> None:
    with create(tmp_path / "a.nc", kind) as file:
        for name, dtype in (("f", "f4"), ("g", "f8")):
            file.createVariable(name, dtype, ("y", "x"))[:3] = VALUES[:3]
    found = read_all(tmp_path / "a.nc")
    for name in "fg":
        assert np.isnan(found[name][3:]).all()
        assert not np.isnan(found[name][:3]).any()


def test_a_coordinate_equal_to_the_default_fill_is_a_number(tmp_path: Path) -> None:
    fill = netCDF4.default_fillvals["f8"]
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 3)
        add(file, "x", np.array([0, fill / 2, fill]), ("x",))
        add(file, "f", np.arange(3.0), ("x",))
    with open_source(str(tmp_path / "a.nc")) as source:
        np.testing.assert_array_equal(source.fields["f"].axes[0].values, [0, fill / 2, fill])


@pytest.mark.parametrize("endian", ["big", "little"])
def test_both_byte_orders_are_read(tmp_path: Path, endian: str) -> None:
    with create(tmp_path / "a.nc") as file:
        order = {"big": ">", "little": "<"}[endian]
        for name, dtype in (("f", "f4"), ("n", "i2")):
            options = {"endian": endian, "fill_value": 99}
            var = file.createVariable(name, order + dtype, ("y", "x"), **options)
            var[:] = np.round(VALUES * 10)
            var[1, 1] = 99
    expected = np.round(VALUES * 10)
    expected[1, 1] = np.nan
    for array in (read_all(tmp_path / "a.nc")[name] for name in "fn"):
        np.testing.assert_array_equal(array, expected)
    found, _ = result(tmp_path / "a.nc")
    assert np.isnan(found).sum() == 3


def test_names_that_are_no_text_are_not_taken_for_it(tmp_path: Path) -> None:
    odd = {"long_name": np.arange(3.0), "standard_name": "air_temperature", "units": np.arange(2.0)}
    with create(tmp_path / "a.nc") as file:
        add(file, "f", VALUES, ("y", "x"), **odd)
    _, words = result(tmp_path / "a.nc")
    assert words["long_name"] == "derivative of air temperature along y"
    assert "units" not in words


def test_variables_that_are_no_plain_numbers_are_left_alone(tmp_path: Path) -> None:
    with create(tmp_path / "a.nc") as file:
        add(file, "f", VALUES, ("y", "x"))
        add(file, "scalar", np.array(7.5), ())
        file.createVariable("words", str, ("x",))[:] = np.array(list("abcde"), object)
        file.createVariable("letters", "S1", ("x",))[:] = np.array(list("abcde"), "S1")
        pair = file.createCompoundType(np.dtype([("u", "f8"), ("v", "f8")]), "pair")
        file.createVariable("wind", pair, ("x",))
        ragged = file.createVLType("i4", "ragged")
        file.createVariable("rows", ragged, ("x",))[0] = np.array([1, 2], "i4")
        colour = file.createEnumType("i1", "colour", {"RED": 0, "BLUE": 1})
        file.createVariable("paint", colour, ("x",), fill_value=0)[:] = 1
    with open_source(str(tmp_path / "a.nc")) as source:
        assert list(source.fields) == ["y", "x", "f", "scalar"]
        assert source.read("scalar", ()) == 7.5
        for name in ("wind", "rows", "paint"):
            assert any(note.startswith(f"{name}: ") for note in source.notes)
    report = gradcli.differentiate(tmp_path / "a.nc", axis="x", keep=True)
    with netCDF4.Dataset(report.outputs[0]) as file:
        assert {"f", "scalar", "words", "letters", "df_dx"} <= file.variables.keys()
        assert file["words"][:].tolist() == list("abcde")
        assert file["letters"][:].tolist() == [letter.encode() for letter in "abcde"]


# --- what goes with results ------------------------------------------------------------------


def test_unasked_only_data_are_differentiated(rich: Path) -> None:
    with open_source(str(rich)) as source:
        data = {name for name, field in source.fields.items() if field.kind == "data"}
        kinds = {name: field.kind for name, field in source.fields.items()}
    assert {"f", "layer", "other"} <= data <= {"f", "layer", "other", "error", "cells", "ak", "ps"}
    assert kinds["y"] == kinds["lat"] == kinds["height"] == "coordinate"
    assert kinds["y_limits"] == kinds["lat_limits"] == "bounds"
    assert (kinds["crs"], kinds["quality"]) == ("grid mapping", "flag")


# --- files that were cut ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLASSIC)
@pytest.mark.parametrize("records", [False, True])
def test_a_classic_file_that_was_cut_is_refused(tmp_path: Path, kind: str, records: bool) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind) as file:
        file.createDimension("t", None if records else 20)
        file.createDimension("x", 7)
        file.createVariable("f", "f8", ("t", "x"))[:] = np.arange(140.0).reshape(20, 7)
        file.createVariable("n", "i2", ("t", "x"))[:] = np.arange(140).reshape(20, 7)
    expected = {"f": np.arange(140.0).reshape(20, 7), "n": np.arange(140.0).reshape(20, 7)}
    check_cuts(tmp_path / "a.nc", expected, lengths=40)
    cut = tmp_path / "cut.nc"
    cut.write_bytes(
        (tmp_path / "a.nc").read_bytes()[: int(0.6 * os.stat(tmp_path / "a.nc").st_size)]
    )
    assert "truncated" in refusal(cut)


@pytest.mark.parametrize("kind", CLASSIC)
def test_a_count_of_records_that_is_still_streaming_reads_what_is_there_or_is_refused(
    tmp_path: Path, kind: str
) -> None:
    values = np.arange(15.0).reshape(5, 3)
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind) as file:
        file.createDimension("t", None)
        file.createDimension("x", 3)
        file.createVariable("f", "f8", ("t", "x"))[:] = values
    data = bytearray((tmp_path / "a.nc").read_bytes())
    wide = kind.endswith("DATA")
    data[4 : 12 if wide else 8] = struct.pack(">q" if wide else ">i", -1)
    (tmp_path / "a.nc").write_bytes(data)
    try:
        with open_source(str(tmp_path / "a.nc")) as source:
            # The library takes the mark for 4294967295 records, which are not there.
            assert source.fields["f"].shape == (5, 3)
            found = source.read("f", (slice(0, 5), slice(0, 3)))
    except GradcliError as error:
        one_line(error)
    else:
        np.testing.assert_array_equal(found, values)


def test_a_netcdf_file_of_nothing_to_differentiate_is_refused(tmp_path: Path) -> None:
    for kind in KINDS:
        netCDF4.Dataset(tmp_path / "a.nc", "w", format=kind).close()
        assert read_all(tmp_path / "a.nc") == {}
        with pytest.raises(GradcliError, match="no variable to differentiate") as caught:
            gradcli.differentiate(tmp_path / "a.nc")
        one_line(caught.value)


READ_BY_MANY = """
import sys
from concurrent.futures import ThreadPoolExecutor
from gradcli.formats.opening import open_source

with open_source(sys.argv[1]) as source, ThreadPoolExecutor(4) as pool:
    window = (slice(0, 2), slice(0, 4))
    found = list(pool.map(lambda _: source.read("f", window).sum(), range(4000)))
print(sum(found))
"""


def test_threads_do_not_ask_the_library_how_long_an_unlimited_dimension_is(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as file:
        file.createDimension("t", None)
        file.createDimension("x", 4)
        made = file.createVariable("f", "f4", ("t", "x"), chunksizes=(1, 4), zlib=True)
        made[:] = np.ones((50, 4))
    # In a process of its own: two threads in the library end it.
    command = [sys.executable, "-c", READ_BY_MANY, str(tmp_path / "f.nc")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode, run.stdout.strip()) == (0, "32000.0"), run.stderr
