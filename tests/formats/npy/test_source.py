"""NPY: every header, order and type that numpy writes, and headers that numpy never wrote."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from tests.contract import check_cuts, check_format, one_line, read_all
from tests.grids import WRITERS

NUMBERS = [
    "?",
    "i1",
    "i2",
    "i4",
    "i8",
    "u1",
    "u2",
    "u4",
    "u8",
    "f2",
    "f4",
    "f8",
    "g",
    "F",
    "D",
    "G",
]
UNITS = ["W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "10s", "6h", "25ns"]


def save(path: Path, array: np.ndarray, version: tuple[int, int] = (1, 0)) -> Path:
    with path.open("wb") as file:
        np.lib.format.write_array(file, array, version=version)
    return path


def test_contract(tmp_path: Path) -> None:
    check_format("npy", WRITERS["npy"], tmp_path)


def test_contract_of_fortran_order_and_big_endian_float32(tmp_path: Path) -> None:
    def write(folder: Path, values: np.ndarray, _: dict) -> Path:
        return save(folder / "f.npy", np.asfortranarray(values.astype(">f4")), (2, 0))

    check_format("npy", write, tmp_path, dtype="f4")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("code", NUMBERS)
def test_every_type_order_and_header_is_read_in_the_type_it_is_worked_in(
    tmp_path: Path, code: str, order: str, version: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    values = np.asarray(rng.integers(0, 100, (4, 5, 3)), order=order).astype(code, order=order)
    if values.dtype.kind == "c":
        values.imag = 3
    for byte_order in "<>":
        stored = values.astype(values.dtype.newbyteorder(byte_order), order=order)
        path = save(tmp_path / "a.npy", stored, version)
        with open_source(str(path)) as source:
            field = source.fields["a"]
            found = source.read("a", (slice(1, 3), slice(0, 5), slice(2, 3)))
        np.testing.assert_array_equal(found, values[1:3, :, 2:3])
        narrow = {"f2": "f4", "f4": "f4", "F": "c8", "D": "c16", "G": "c16"}
        assert found.dtype == np.dtype(narrow.get(code, "f8"))
        assert (field.dtype, field.result_dtype) == (found.dtype, found.dtype)
        assert field.stored.lstrip("<>") in (str(values.dtype), values.dtype.str[1:])
        # A type wider than the one it is worked in says so.
        assert bool(source.notes) == (code in "gG")


@settings(max_examples=40, deadline=None)
@given(data=st.data(), values=hnp.arrays(hnp.floating_dtypes(sizes=(16, 32, 64)), (5, 3)))
def test_any_floating_bits_are_read_as_numpy_reads_them(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, values: np.ndarray
) -> None:
    path = tmp_path_factory.getbasetemp() / "bits.npy"
    save(path, values, data.draw(st.sampled_from([(1, 0), (2, 0), (3, 0)])))
    np.testing.assert_array_equal(read_all(path)["bits"], np.load(path))


def test_halves_are_differentiated_without_overflow(tmp_path: Path) -> None:
    save(tmp_path / "h.npy", np.array([-60000, 60000, -60000], "f2"))
    report = gradcli.differentiate(tmp_path / "h.npy")
    found = np.load(report.outputs[0])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [120000, 0, -120000])


# --- structured arrays -----------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("align", [False, True])
def test_a_structured_array_is_a_variable_a_field(tmp_path: Path, order: str, align: bool) -> None:
    kind = np.dtype([("t", "u1"), ("pdf", ">f4", (2, 3)), ("name", "U4"), ("n", "i2")], align)
    values = np.zeros((4, 5), kind, order)
    rng = np.random.default_rng(2)
    values["pdf"] = rng.normal(size=(4, 5, 2, 3))
    values["t"], values["n"] = rng.integers(0, 99, (4, 5)), rng.integers(-99, 99, (4, 5))
    path = save(tmp_path / "s.npy", values)
    with open_source(str(path)) as source:
        assert list(source.fields) == ["t", "pdf", "n"]
        assert source.fields["pdf"].shape == (4, 5, 2, 3)
        assert any("name" in note for note in source.notes)
        for name in source.fields:
            window = tuple(slice(1, n) for n in values[name].shape)
            np.testing.assert_array_equal(source.read(name, window), values[name][window])
    report = gradcli.differentiate(path, var="pdf", axis="-1")
    np.testing.assert_allclose(
        np.load(report.outputs[0]), np.gradient(values["pdf"], axis=-1), rtol=1e-5
    )
    check_cuts(path, {name: values[name].astype("f8") for name in ("t", "pdf", "n")})


def test_a_field_within_a_field_is_left_alone_with_a_note(tmp_path: Path) -> None:
    values = np.zeros(3, [("in", [("x", "f4")]), ("y", "f4")])
    save(tmp_path / "s.npy", values)
    with open_source(str(tmp_path / "s.npy")) as source:
        assert list(source.fields) == ["y"]
        assert source.notes[0].startswith("in: ")


# --- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
@pytest.mark.parametrize("unit", UNITS)
def test_times_are_numbers_of_their_unit_and_not_a_time_is_missing(
    tmp_path: Path, unit: str, kind: str, byte_order: str
) -> None:
    stamps = np.array([5, 6, 9, 16, 25]).astype(f"{kind}[{unit}]")
    stamps[3] = "NaT"
    save(tmp_path / "t.npy", stamps.astype(stamps.dtype.newbyteorder(byte_order)))
    with open_source(str(tmp_path / "t.npy")) as source:
        field = source.fields["t"]
        found = source.read("t", (slice(0, 5),))
        assert any("becomes numbers of" in note for note in source.notes)
    names = {"D": "day", "h": "hour", "m": "minute", "W": "week"}
    base = unit.lstrip("0123456789")
    count = int(unit.removesuffix(base) or 1)
    assert field.units == names.get(base, base)
    np.testing.assert_array_equal(np.diff(found), np.array([1, 3, np.nan, np.nan]) * count)
    report = gradcli.differentiate(tmp_path / "t.npy", overwrite=True)
    slopes = np.load(report.outputs[0])
    np.testing.assert_array_equal(slopes, np.array([1, 2, np.nan, np.nan, np.nan]) * count)
    assert report.variables[0]["axes"][0]["units"] == field.units


@pytest.mark.parametrize("first", ["2024-06-01T00:00:00.000000001", "NaT"])
def test_stamps_keep_their_nanoseconds(tmp_path: Path, first: str) -> None:
    start = np.datetime64("2024-06-01T00:00:00.000000001", "ns")
    stamps = start + np.array([0, 1, 3, 7, 10, 11]).astype("timedelta64[ns]")
    stamps[0] = np.datetime64(first, "ns")
    save(tmp_path / "t.npy", stamps)
    found = read_all(tmp_path / "t.npy")["t"]
    np.testing.assert_array_equal(np.diff(found)[1:], [2, 4, 3, 1])


def test_a_structured_array_of_times_and_numbers_is_read(tmp_path: Path) -> None:
    values = np.zeros((3, 2), [("when", "M8[s]"), ("what", "f4")])
    values["when"] = np.datetime64("2020-01-01", "s") + np.arange(6).reshape(3, 2)
    save(tmp_path / "s.npy", values)
    with open_source(str(tmp_path / "s.npy")) as source:
        found = source.read("when", (slice(0, 3), slice(0, 2)))
    np.testing.assert_array_equal(np.diff(found, axis=0), [[2, 2], [2, 2]])


# --- nothing, little, too much ---------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 4, 2), (), (1,), (1, 1, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_no_point_and_of_one_are_read_and_give_no_number(
    tmp_path: Path, shape: tuple[int, ...], order: str
) -> None:
    values = np.full(shape, 2.5, order=order)
    save(tmp_path / "a.npy", values)
    found = read_all(tmp_path / "a.npy")["a"]
    assert found.shape == shape
    np.testing.assert_array_equal(found, values)
    try:
        report = gradcli.differentiate(tmp_path / "a.npy")
    except GradcliError as error:
        one_line(error)
        assert os.listdir(tmp_path) == ["a.npy"]
    else:
        assert all(np.load(path).size == 0 for path in report.outputs)


def test_bytes_behind_the_data_change_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npy", np.arange(12.0).reshape(3, 4))
    with path.open("ab") as file:
        file.write(b"and more")
    np.testing.assert_array_equal(read_all(path)["a"], np.load(path))


def test_a_file_that_shrinks_while_it_is_open_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npy", np.ones(5000))
    with open_source(str(path)) as source:
        os.truncate(path, 1000)
        with pytest.raises(GradcliError, match="truncated") as caught:
            source.read("a", (slice(0, 5000),))
        one_line(caught.value)


# --- output ----------------------------------------------------------------------------------
