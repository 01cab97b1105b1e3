"""The checksum of HDF5 is that of its author's examples, and that of a file."""

from __future__ import annotations

import struct
from pathlib import Path

import netCDF4
import pytest

from gradcli.formats.hdf5.lookup3 import lookup3


@pytest.mark.parametrize(
    ("data", "right"), [(b"", 0xDEADBEEF), (b"Four score and seven years ago", 0x17770551)]
)
def test_it_is_that_of_its_author(data: bytes, right: int) -> None:
    assert lookup3(data) == right


def test_it_is_that_in_a_file(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 3)
    superblock = (tmp_path / "a.nc").read_bytes()[:48]
    assert lookup3(superblock[:44]) == struct.unpack("<I", superblock[44:])[0]
