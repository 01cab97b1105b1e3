"""The path below the library and the library give the same data, read and written.

What is read below HDF5 and NetCDF is compared with what netCDF4 and h5py read of the same file;
what is written below them is read by other programs, chunk by chunk.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest
import xarray as xr

# isort: split
import h5py

import gradcli
from gradcli.formats.netcdf import sink as netcdf_sink
from gradcli.formats.opening import open_source
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from tests.contract import random_windows, tiles
from tests.layouts import LAYOUTS, Layout

HDF5 = [name for name, layout in LAYOUTS.items() if not layout.classic]
# What ncdump writes around numbers: NaNf, and braces where all dimensions are unlimited.
PUNCTUATION = str.maketrans("", "", "f{}")


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    return LAYOUTS[request.param]


@pytest.fixture(scope="module")
def path(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with one field f."""
    return layout.write(tmp_path_factory.mktemp("layout"))


def stored(path: Path, name: str = "f") -> np.ndarray:
    """Return a variable as the library reads it, undecoded, in the byte order of the file."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return file[name][...]
    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return file[name][...]


def decoded(path: Path, name: str = "f") -> np.ndarray:
    """Return a variable as the library decodes it, NaN where it is missing."""
    if path.suffix == ".h5":
        return stored(path, name)
    with netCDF4.Dataset(path) as file:
        values = np.ma.masked_array(file[name][...])
    return values.filled(np.nan) if values.dtype.kind == "f" else np.ma.getdata(values)


def chunks_of(path: Path, name: str = "f") -> tuple[int, ...] | None:
    """Return the chunks of a variable."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return file[name].chunks
    with netCDF4.Dataset(path) as file:
        chunking = file[name].chunking()
    return tuple(chunking) if isinstance(chunking, list) else None


def windows_of(path: Path, name: str = "f") -> list[Window]:
    """Return the windows of the chunks of a variable, or some that cover it."""
    shape = stored(path, name).shape
    return tiles(shape, chunks_of(path, name) or (4, 4, 4))


def reader_below(source: Source, name: str) -> object:
    """Return what reads a variable below the library, if anything does."""
    if source.format == "hdf5":
        return source._below.reader(name, source.datasets[name].shape)
    return source._reader(name)


def assert_same_bytes(found: np.ndarray, expected: np.ndarray) -> None:
    """Compare two arrays bit by bit, NaN too; netCDF4 swaps the bytes of classic files."""
    assert found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    assert found.shape == expected.shape
    assert found.tobytes() == expected.astype(found.dtype).tobytes()


def test_windows_read_below_the_library_are_those_of_the_library(
    layout: Layout, path: Path
) -> None:
    plain, values = stored(path), decoded(path)
    windows = [*windows_of(path), *random_windows(plain.shape, 25)]
    with open_source(str(path)) as source:
        reader = reader_below(source, "f")
        assert (reader is not None) == layout.below
        for window in windows:
            if reader is not None:
                assert_same_bytes(reader.read(window), plain[window])
            np.testing.assert_array_equal(source.read("f", window), values[window])


@pytest.fixture(scope="module")
def result(path: Path) -> Path:
    """Return a file that holds the derivative of the field along t, stored as the field is."""
    output = path.with_stem("output")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(netcdf_sink, "SMALL_BYTES", -1)  # else the library writes so few
        gradcli.differentiate(path, output, axis="0", var="f", name="r")
    assert chunks_of(output, "r") == chunks_of(path)
    return output


def test_few_results_written_by_the_library_are_the_same(path: Path, result: Path) -> None:
    output = path.with_stem("small")
    gradcli.differentiate(path, output, axis="0", var="f", name="r")
    assert_same_bytes(stored(output, "r"), stored(result, "r"))


def test_results_are_those_of_what_the_library_reads(path: Path, result: Path) -> None:
    with netCDF4.Dataset(path) as file:
        t = file["t"][...].filled() if "t" in file.variables else 1.0
    expected = gradcli.gradient(decoded(path), t, axis=0)
    np.testing.assert_array_equal(decoded(result, "r"), expected)


def test_results_written_below_the_library_are_what_xarray_reads(result: Path) -> None:
    expected = decoded(result, "r")
    with xr.open_dataset(result, engine="netcdf4", decode_times=False) as grid:
        for window in windows_of(result, "r"):
            np.testing.assert_array_equal(grid["r"][window].values, expected[window])


@pytest.mark.parametrize("layout", HDF5, indirect=True)
def test_results_written_below_the_library_are_what_h5dump_reads(result: Path) -> None:
    require("h5dump")
    expected, windows = stored(result, "r"), windows_of(result, "r")
    parts: list[str] = []
    for window in windows:
        start = ",".join(str(part.start) for part in window)
        count = ",".join(str(part.stop - part.start) for part in window)
        parts += ["-d", "r", "-s", start, "-c", count]
    text = output("h5dump", "-A", "0", "-y", "-w", "0", "-m", "%.17g", *parts, result)
    for window, words in zip(windows, re.findall(r"DATA \{(.*?)\}", text, re.DOTALL), strict=True):
        numbers = np.array(words.replace(",", " ").split(), float).reshape(expected[window].shape)
        np.testing.assert_array_equal(numbers.astype(expected.dtype), expected[window])


def test_results_written_below_the_library_are_what_ncdump_reads(result: Path) -> None:
    require("ncdump")
    text = output("ncdump", "-v", "r", "-p", "9,17", result)
    words = text.rpartition(" r =")[2].partition(";")[0].translate(PUNCTUATION).split(",")
    expected = decoded(result, "r")
    numbers = np.array([np.nan if word.strip() == "_" else float(word) for word in words])
    np.testing.assert_array_equal(numbers.reshape(expected.shape).astype(expected.dtype), expected)


def require(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool}")


def output(*command: str | Path) -> str:
    """Return what a program prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# An HDF5 file whose chunks at the edges are stored without filters (H5Pset_chunk_opts, which
# neither h5py nor h5repack offers); nothing in the index of chunks says so.
BARE_EDGES = (
    "c-rgqaB<`1lHy_j0S*oZ76t(ZWbhvf=5wR+Ve$!3nh{EOK<O1sFmXn(oCH){5NbZUx{x4OSCH!eXaHu90SkoYU>F4>"
    "5qP*d27u@YC|?6gpI|~&SDaCrmX?#60^_HorsX7-Ao#F!YCxpDj0|iLJ&Z6u#AZe&hyWW@9WI&~nDRj?1r_X}Y1e_l"
    "gqy+SKQlz06(|alXJUpJ$jzVt<}*U=V*<-F!u$nK{~XX9#lpnM%*evR!OT^`it6$Jn#4n}pT7$u&{eSfe2*2sdYF3^"
    "m`BqvGH`SBaA9EN<AN4z3{#-tSn#T)&CSupiGdLwpU@y|fRHFW22K<?6yEyQTh8=Py%vzv%Y;AmGD5|nxfA9MEUEe("
    "8)~>&P&L%K*dcW0{jy__P>0(GsSz3EAtV=a$j(RM$#Wy~o|^YO9ZlUx-~$7Pgp7ichL(<=k+F#>gS`U^fG84x(jpGn"
    "4N-xLtKpD0fQlR9kT-*ho8yqTfQnl}X)7pg4W;d%v^|uDy1T)_fjWU?12xAMhk1@r`y3sp9X%Ddk`opf{y1<zQE~Bt"
    "B@34>PEW~6I+gIgfr%llk!{6j^bBnD006)`gRT"
)


@pytest.mark.parametrize("name", ["shuffled", "deflated"])
def test_chunks_at_the_edges_that_are_stored_without_filters(tmp_path: Path, name: str) -> None:
    path = tmp_path / "edges.h5"
    path.write_bytes(zlib.decompress(base64.b85decode(BARE_EDGES)))
    plain = stored(path, name)
    np.testing.assert_array_equal(plain, np.arange(36.0).reshape(6, 6))
    with open_source(str(path)) as source:
        for window in windows_of(path, name):
            np.testing.assert_array_equal(source.read(name, window), plain[window])
