"""The headers of a file are found without the library, wherever it has put them."""

from __future__ import annotations

from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.formats.hdf5.headers import Headers, UnknownHeaderError


def headers_of(path: Path, places: dict[str, int]) -> Headers:
    with h5py.File(path) as file:
        addresses = {name: h5py.h5o.get_info(file[name].id).addr for name in file}
    with path.open("rb") as raw:
        return Headers(raw.fileno(), addresses, places)


def write(path: Path, attributes: int, variables: int = 1, words: bool = False) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        file.secret = "of the file"
        file.createDimension("t", None)
        for number in range(variables):
            made = file.createVariable(f"v{number}", "f4", ("t",), zlib=True)
            made[:] = np.arange(3)
            for index in range(attributes):
                put = made.setncattr_string if words else made.setncattr
                put(f"a{index}", f"text {number} {index}")
    return path


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize(("attributes", "variables"), [(2, 1), (20, 2), (300, 1), (1, 70)])
def test_all_that_describes_variables_is_found(
    tmp_path: Path, attributes: int, variables: int, words: bool
) -> None:
    path = write(tmp_path / "a.nc", attributes, variables, words)
    data = path.read_bytes()
    ranges = headers_of(path, {"t": 0}).fixed()
    found = b"\n".join(data[start:stop] for start, stop in ranges)
    for number in range(variables):
        assert f"v{number}".encode() in found
        for index in range(attributes):
            assert f"text {number} {index}".encode() in found
    assert b"of the file" not in found


def test_what_may_differ_is_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", 1)
    headers = headers_of(path, {"t": 0, "v0": 0})
    spot, data = headers.spots["v0"], path.read_bytes()
    assert spot.size is not None
    assert spot.address is not None
    assert int.from_bytes(data[spot.size : spot.size + 8], "little") == 3
    tree = int.from_bytes(data[spot.address : spot.address + 8], "little")
    assert data[tree : tree + 4] == b"TREE"
    for start, stop in headers.fixed():
        assert not start - 8 < spot.size < stop
        assert not start - 8 < spot.address < stop


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_other_kinds_of_headers_are_left_to_the_library(tmp_path: Path, version: str) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=version) as file:
        file.create_dataset("v", data=np.arange(9.0), chunks=(2,), maxshape=(None,))
    with pytest.raises(UnknownHeaderError):
        headers_of(path, {"v": 0})


def test_a_header_that_leads_out_of_the_file_is_left_to_the_library(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", 20)
    data = bytearray(path.read_bytes())
    heap = data.rindex(b"FRHP")
    data[heap + 132 : heap + 140] = (2**63).to_bytes(8, "little")
    path.write_bytes(data)
    at = data.index(b"OHDR", 200)
    objects = {"t": at, "v0": data.index(b"OHDR", at + 4)}
    with path.open("rb") as file, pytest.raises(UnknownHeaderError):
        Headers(file.fileno(), objects, {"t": 0})
