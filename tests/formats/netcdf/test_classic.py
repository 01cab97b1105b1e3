"""The header of a classic NetCDF file: files of two libraries, cut, damaged and hostile."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import netcdf_file

from gradcli.errors import GradcliError, InputError
from gradcli.formats.netcdf.classic import check_classic
from tests.contract import check_cuts, one_line, read_all, refusal
from tests.places import REAL

HOSTILE = REAL / "hostile"
KINDS = ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]
VALUES = np.arange(84, dtype="f4").reshape(12, 7)


def by_scipy(path: Path, version: int, records: bool, mixed: bool) -> None:
    with netcdf_file(path, "w", version=version) as file:
        file.title = b"a file of scipy"
        file.createDimension("t", None if records else 12)
        file.createDimension("x", 7)
        file.createVariable("f", "f4", ("t", "x"))[:] = VALUES
        if mixed:
            file.createVariable("n", "i2", ("t", "x"))[:] = VALUES.astype("i2")
            file.createVariable("s", "b", ("x",))[:] = np.arange(7, dtype="i1")


def by_netcdf4(path: Path, kind: str, records: bool, mixed: bool) -> None:
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.title = "a file of netCDF4"
        file.numbers = np.arange(5, dtype="i2")
        file.createDimension("t", None if records else 12)
        file.createDimension("x", 7)
        file.createVariable("f", "f4", ("t", "x"))[:] = VALUES
        file["f"].units = "m"
        if mixed:
            file.createVariable("n", "i2", ("t", "x"))[:] = VALUES.astype("i2")
            file.createVariable("s", "i1", ("x",))[:] = np.arange(7)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_files_of_scipy_pass_whole_and_are_refused_when_cut(
    tmp_path: Path, version: int, records: bool, mixed: bool
) -> None:
    path = tmp_path / "a.nc"
    by_scipy(path, version, records, mixed)
    check_classic(str(path))
    found = read_all(path)
    np.testing.assert_array_equal(found["f"], VALUES)
    check_cuts(path, found)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_files_of_netcdf4_pass_whole_and_are_refused_when_cut(
    tmp_path: Path, kind: str, records: bool, mixed: bool
) -> None:
    path = tmp_path / "a.nc"
    by_netcdf4(path, kind, records, mixed)
    check_classic(str(path))
    found = read_all(path)
    np.testing.assert_array_equal(found["f"], VALUES)
    check_cuts(path, found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("item", ["i1", "S1", "i2", "i4", "f8"])
def test_one_record_variable_alone_is_not_padded(tmp_path: Path, kind: str, item: str) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.createDimension("t", None)
        file.createDimension("x", 3)
        file.createVariable("f", item, ("t", "x"))[:] = np.ones((9, 3), item)
    check_classic(str(path))
    with path.open("r+b") as raw:
        raw.truncate(path.stat().st_size - 5)
    with pytest.raises(InputError, match="truncated"):
        check_classic(str(path))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_records_yet_passes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.createDimension("t", None)
        file.createVariable("f", "f8", ("t",))
    check_classic(str(path))
    assert read_all(path)["f"].shape == (0,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("records", [False, True])
def test_every_cut_within_the_header_is_refused(tmp_path: Path, kind: str, records: bool) -> None:
    path = tmp_path / "a.nc"
    by_netcdf4(path, kind, records, mixed=True)
    data = path.read_bytes()
    for length in range(4, data.index(VALUES[0].astype(">f4").tobytes())):
        path.write_bytes(data[:length])
        with pytest.raises(InputError) as caught:
            check_classic(str(path))
        one_line(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    word=st.integers(1, 60),
    number=st.sampled_from([0, 1, 2**31 - 1, -1]),
)
def test_any_word_of_the_header_may_be_wrong(
    tmp_path_factory: pytest.TempPathFactory, kind: str, word: int, number: int
) -> None:
    # The check itself, alone: it ends, takes no memory, and raises nothing but its own error.
    path = tmp_path_factory.getbasetemp() / "damaged.nc"
    by_netcdf4(path, kind, records=True, mixed=True)
    data = bytearray(path.read_bytes())
    data[4 * word : 4 * word + 4] = struct.pack(">i", number)
    path.write_bytes(data)
    try:
        check_classic(str(path))
    except InputError as error:
        one_line(error)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\0\0\0\x0a\0\0\0\x02", b"\0\0\0\x0a\x7f\xff\xff\xff", "more than the file has room for"),
        (b"\0\0\0\x0a\0\0\0\x02", b"\0\0\0\x0c\0\0\0\x02", "tag"),
        (b"\0\0\0\x0a\0\0\0\x02", b"\0\0\0\0\0\0\0\x02", "tag"),
        (b"\0\0\0\x05units", b"\x7f\xff\xff\xffunits", "more than the file has room for"),
        (b"\0\0\0\x02\0\0\0\x00\0\0\0\x01", b"\0\0\0\x02\0\0\0\x00\0\0\0\x09", "dimension"),
        (b"x\0\0\0\0\0\0\x07", b"x\0\0\0\x70\0\0\x07", "truncated or damaged"),
    ],
)
def test_a_header_that_lies_is_refused(
    tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    path = tmp_path / "a.nc"
    by_netcdf4(path, KINDS[0], records=False, mixed=False)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    assert message in refusal(path)


def test_types_of_64_bit_data_are_unknown_to_the_older_kinds(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format=KINDS[2]) as file:
        file.createDimension("x", 2)
        for code in ("u1", "u2", "u4", "i8", "u8"):
            file.createVariable(code, code, ("x",))[:] = [1, 7]
    for array in read_all(tmp_path / "a.nc").values():
        np.testing.assert_array_equal(array, [1, 7])
    with netCDF4.Dataset(tmp_path / "b.nc", "w", format=KINDS[0]) as file:
        file.createDimension("x", 2)
        file.createVariable("f", "f4", ("x",))[:] = 1
    data = (tmp_path / "b.nc").read_bytes()
    at = data.index(b"\0\0\0\x0b") + 8 + 4 + 4 + 4 + 4 + 8
    assert data[at : at + 4] == b"\0\0\0\x05"
    (tmp_path / "b.nc").write_bytes(data[:at] + b"\0\0\0\x0a" + data[at + 4 :])
    assert "unknown type 10" in refusal(tmp_path / "b.nc")


@pytest.mark.parametrize("name", ["begin", "dimid", "nattrs", "nvars", "xtype"])
def test_hostile_files_are_refused_before_memory_is_taken(tmp_path: Path, name: str) -> None:
    path = HOSTILE / f"bad_{name}.nc5"
    if not path.exists():
        pytest.skip("the real files are not here")
    code = (
        "import resource, sys\n"
        "from gradcli.formats.opening import open_source\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "import gradcli.formats.netcdf.source\n"
        "loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    open_source(sys.argv[1])\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, str(error).count(chr(10)))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - loaded)\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    name, lines, grown = run.stdout.split()
    assert (name, lines) == ("InputError", "0")
    assert int(grown) < 20_000


def test_the_smallest_file_of_64_bit_data_is_opened() -> None:
    path = HOSTILE / "test_cdf.nc5"
    if not path.exists():
        pytest.skip("the real files are not here")
    try:
        assert read_all(path) == {}
    except GradcliError as error:
        one_line(error)
