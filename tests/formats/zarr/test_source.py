"""Zarr of both versions: what is read, as zarr-python and xarray write it."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import xarray as xr
import zarr

import gradcli
from gradcli.errors import InputError
from gradcli.formats.opening import open_source
from gradcli.formats.zarr.codecs import Codecs
from gradcli.formats.zarr.version2 import DIMENSIONS
from gradcli.model.sharing import Room
from tests.contract import check_format, read_all, refusal, whole
from tests.formats.zarr.stores import KINDS, VALUES, make_store, opened, zipped


@pytest.mark.parametrize("kind", KINDS)
def test_contract(tmp_path: Path, kind: str) -> None:
    def write(folder: Path, values: np.ndarray, coordinates: dict) -> Path:
        grid = xr.Dataset({"f": (("y", "x"), values)}, coords=coordinates)
        version, said = KINDS[kind]
        grid.to_zarr(
            folder / "f.zarr", zarr_format=version, consolidated=False, encoding={"f": said}
        )
        return folder / "f.zarr"

    check_format("zarr", write, tmp_path, dtype="f4" if kind == "2" else "f8", axes=("y", "x"))


@pytest.mark.parametrize("kind", KINDS)
def test_archives_and_gathered_metadata_are_read_alike(tmp_path: Path, kind: str) -> None:
    path = make_store(tmp_path / "a.zarr", kind)
    if kind != "3":
        with warnings.catch_warnings(action="ignore"):
            zarr.consolidate_metadata(path)
    for place in (path, zipped(path)):
        np.testing.assert_array_equal(read_all(place)["f"], VALUES)
    # All keys lie in one folder of the archive, as `zip -r` of a folder makes them.
    (tmp_path / "up").mkdir()
    path.rename(tmp_path / "up" / "a.zarr")
    inside = zipped(tmp_path / "up").rename(tmp_path / "b.zarr.zip")
    np.testing.assert_array_equal(read_all(inside)["f"], VALUES)


CODECS = {
    "nothing": (3, {"compressors": None}),
    "gzip": (3, {"compressors": zarr.codecs.GzipCodec(level=3)}),
    "zstd": (3, {"compressors": zarr.codecs.ZstdCodec(level=2, checksum=True)}),
    "blosc": (3, {"compressors": zarr.codecs.BloscCodec(cname="lz4", shuffle="bitshuffle")}),
    "crc32c": (3, {"compressors": [zarr.codecs.GzipCodec(), zarr.codecs.Crc32cCodec()]}),
    "transpose": (3, {"filters": [zarr.codecs.TransposeCodec(order=(1, 0))]}),
    "big": (3, {"serializer": zarr.codecs.BytesCodec(endian="big")}),
    "flat keys": (3, {"chunk_key_encoding": {"name": "v2", "separator": "."}}),
    "index first": (
        3,
        {"shards": {"shape": (10, 8), "index_location": "start"}, "chunks": (5, 4)},
    ),
    "zlib": (2, {"compressors": numcodecs.Zlib(3)}),
    "lz4": (2, {"compressors": numcodecs.LZ4()}),
    "delta": (2, {"filters": [numcodecs.Delta(dtype="f8")]}),
    "Fortran": (2, {"order": "F"}),
    "nested keys": (2, {"chunk_key_encoding": {"name": "v2", "separator": "/"}}),
}


@pytest.mark.parametrize("name", CODECS)
def test_codecs_of_zarr_python_are_read(tmp_path: Path, name: str) -> None:
    version, said = CODECS[name]
    said = {"chunks": (5, 4), "shape": VALUES.shape, "dtype": "f8"} | said
    made = zarr.create_array(tmp_path / "a.zarr", zarr_format=version, **said)
    values = np.round(VALUES) if name == "delta" else VALUES
    made[...] = values
    found = read_all(tmp_path / "a.zarr")["a"]
    np.testing.assert_array_equal(found, values)
    report = gradcli.differentiate(tmp_path / "a.zarr", "b.zarr".join([f"{tmp_path}/", ""]), axis=1)
    result = zarr.open_group(report.outputs[0])["da_d1"]
    np.testing.assert_array_equal(result[...], np.gradient(values, axis=1))
    assert result.chunks == made.chunks
    assert result.shards == made.shards
    if name != "delta":
        assert result.metadata.to_dict().get("codecs") == made.metadata.to_dict().get("codecs")


BLOSC = {"id": "blosc", "cname": "lz4", "clevel": 1, "shuffle": 1, "blocksize": 0}


def test_chunks_of_blosc_are_decoded_in_place() -> None:
    values = np.arange(1200.0).reshape(30, 40)
    codecs = Codecs(values.dtype, steps=(BLOSC,))
    data, out = codecs.encode(values), np.zeros((30, 40))
    assert codecs.decode_into(data, out)
    np.testing.assert_array_equal(out, values)
    # All others are decoded first, and what is wrong is refused there.
    assert not codecs.decode_into(data, np.zeros((20, 40)))
    assert not codecs.decode_into(data, np.zeros((30, 40), "f4"))
    assert not Codecs(values.dtype).decode_into(values.tobytes(), out)
    assert not Codecs(values.dtype, order=(1, 0), steps=(BLOSC,)).decode_into(data, out)
    with pytest.raises(InputError, match="its blosc stream has"):
        codecs.decode_into(data[:-1], out)
    with pytest.raises(InputError, match="cannot be decoded by blosc"):
        codecs.decode_into(data[:16] + b"\xff" * (len(data) - 16), out)


@pytest.mark.parametrize("kind", KINDS)
def test_each_chunk_that_one_block_reads_is_the_same(tmp_path: Path, kind: str) -> None:
    with open_source(str(make_store(tmp_path / "a.zarr", kind))) as source:
        source.hold("f", Room(once=True))
        found = source.read("f", tuple(slice(0, size) for size in VALUES.shape))
    np.testing.assert_array_equal(found, VALUES)


def test_missing_chunks_have_the_fill_value(tmp_path: Path) -> None:
    for version, fill in ((2, 3.0), (3, 3.0)):
        path = tmp_path / f"{version}.zarr"
        made = zarr.create_array(
            path, shape=(4, 4), chunks=(2, 2), dtype="f4", fill_value=fill, zarr_format=version
        )
        made[:2] = 1
        found = next(iter(read_all(path).values()))
        # In Zarr 2 the fill value stands for a missing value, as in xarray; in Zarr 3 it does not.
        np.testing.assert_array_equal(found[2:], np.nan if version == 2 else fill)
        np.testing.assert_array_equal(found[:2], 1)


def test_packed_numbers_and_marks_are_those_of_netcdf(tmp_path: Path) -> None:
    values = np.array([[1.5, np.nan, 2.5, 4.0]] * 2)
    grid = xr.Dataset({"f": (("y", "x"), values)}, {"x": [0.0, 1, 2, 3]})
    packed = {"f": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -9}}
    for version in (2, 3):
        path = tmp_path / f"{version}.zarr"
        grid.to_zarr(path, zarr_format=version, consolidated=False, encoding=packed)
        np.testing.assert_array_equal(read_all(path)["f"], values)
        grid.to_zarr(
            path, mode="w", zarr_format=version, consolidated=False,
            encoding={"f": {"_FillValue": 1e33}},
        )  # fmt: skip
        np.testing.assert_array_equal(read_all(path)["f"], values)


@pytest.mark.parametrize("version", [2, 3])
def test_groups_words_and_names_of_dimensions(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.zarr"
    outer = xr.Dataset(coords={"x": ("x", [0.0, 1, 4], {"units": "m"})})
    outer.to_zarr(path, zarr_format=version, consolidated=False)
    inner = xr.Dataset(
        {"f": ("x", [1.0, 2, 3]), "who": ("x", ["one", "two", "three"]), "c": ("x", [1j, 2, 3])}
    )
    with warnings.catch_warnings(action="ignore"):
        inner.to_zarr(path, group="a/b", zarr_format=version, consolidated=False)
    with open_source(str(path)) as source:
        field = source.fields["a/b/f"]
        assert field.axes[0].coordinate == "x"
        np.testing.assert_array_equal(field.axes[0].values, [0, 1, 4])
        assert source.read_words("a/b/who").tolist() == ["one", "two", "three"]
        np.testing.assert_array_equal(source.read("a/b/c", whole(field)), [1j, 2, 3])


def test_a_coordinate_of_another_size_is_refused(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr")
    zarr.create_array(path / "x", shape=(5,), dtype="f8", dimension_names=["x"], overwrite=True)
    assert "has 11 points along x, and the coordinate x has 5" in refusal(path)


def test_arrays_that_are_not_read_are_left_alone_by_name(tmp_path: Path) -> None:
    path = make_store(tmp_path / "a.zarr")
    shutil.copytree(path / "f", path / "g")
    document = path / "g" / "zarr.json"
    document.write_text(document.read_text().replace('"zstd"', '"evil"'))
    shutil.copytree(path / "f", path / "h")
    (path / "h" / "zarr.json").write_text(document.read_text().replace("evil", "pickle"))
    report = gradcli.differentiate(path, tmp_path / "b.zarr", axis="y")
    assert "g: is left alone, its codec 'evil' is not known here" in report.notes
    assert "h: is left alone, its codec 'pickle' is not known here" in report.notes
    assert set(opened(report.outputs[0]).data_vars) == {"df_dy"}
    with pytest.raises(InputError, match="g: its codec 'evil' is not known here"):
        gradcli.differentiate(path, tmp_path / "c.zarr", axis="y", var="g")
    shutil.move(path / "g" / "zarr.json", path / "y" / "zarr.json")
    with pytest.raises(InputError, match="y: its codec 'evil'"):
        gradcli.differentiate(path, tmp_path / "c.zarr", axis="y", var="f")


@pytest.mark.parametrize("version", [2, 3])
def test_dates_of_numpy_are_coordinates(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=version)
    dates = np.array("2020-01-01T00", "M8[h]") + np.array([0, 6, 18, 24])

    def add(name: str, values: np.ndarray) -> None:
        words = {"dimension_names": ["time"]} if version == 3 else {}
        made = group.create_array(name, shape=(4,), dtype=values.dtype, **words)
        made[...] = values
        if version == 2:
            made.attrs["_ARRAY_DIMENSIONS"] = ["time"]

    add("time", dates.astype("M8[s]"))
    add("f", np.array([1.0, 7, 19, 25]))
    report = gradcli.differentiate(path, tmp_path / "b.zarr", axis="time")
    with open_source(report.outputs[0]) as source:
        field = source.fields["df_dtime"]
        assert field.axes[0].units == "seconds since 1970-01-01"
        np.testing.assert_allclose(source.read("df_dtime", (slice(0, 4),)) * 3600, 1)


def test_a_coordinate_at_zero_is_there_whatever_fills_its_chunks(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    for name in "xf":
        made = group.create_array(name, data=np.arange(-2.0, 3), attributes={DIMENSIONS: ["x"]})
        assert made.fill_value == 0
    report = gradcli.differentiate(tmp_path / "a.zarr", tmp_path / "b.zarr", axis="x")
    np.testing.assert_array_equal(
        read_all(report.outputs[0])["df_dx"], [1, np.nan, np.nan, np.nan, 1]
    )
