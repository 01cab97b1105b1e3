"""What a file holds, by its first bytes."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from gradcli.errors import GradcliError
from gradcli.formats.detect import content_of, require_content
from gradcli.formats.registry import BY_NAME
from tests.contract import one_line


def test_the_first_bytes_say_what_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content, name in {
        b"": "empty",
        b"\x93NUMPY\x01\0": "npy",
        b"PK\x03\x04": "npz",
        b"PK\x05\x06" + b"\0" * 18: "npz",
        b"CDF\x01": "netcdf",
        b"CDF\x02\0\0": "netcdf",
        b"CDF\x05": "netcdf",
        b"CDF\x03\0": "unknown",
        b"\x89HDF\r\n\x1a\n": "hdf5",
        b"\x89HDF\n\x1a\n\0": "unknown",
        b"\x1f\x8b\x08": "gzip",
        b"1,2\n3,4\n": "text",
        "\ufeffé".encode(): "text",
        b"\0": "unknown",
    }.items():
        path.write_bytes(content)
        assert content_of(str(path)) == name


@pytest.mark.parametrize("block", [512, 1024, 2**20])
def test_hdf5_is_found_behind_a_user_block(tmp_path: Path, block: int) -> None:
    path = tmp_path / "a.h5"
    h5py.File(path, "w", userblock_size=block).close()
    assert content_of(str(path)) == "hdf5"
    with path.open("r+b") as file:
        file.write(b"#!/bin/sh\nplain text without an end\n".ljust(block))
    assert content_of(str(path)) == "hdf5"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; expected NPY"),
        (b"1,2", "is text, not NPY"),
        (b"CDF\x01", "is classic NetCDF, not NPY"),
        (b"\x89HDF\r\n\x1a\n", "is HDF5, not NPY"),
        (b"\0\0", "of a kind unknown here, not NPY"),
    ],
)
def test_content_that_is_not_what_the_name_says_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(GradcliError) as caught:
        require_content(str(tmp_path / "a.npy"), BY_NAME["npy"])
    assert message in one_line(caught.value)
