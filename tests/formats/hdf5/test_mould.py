"""A file is read by the headers of another only if they are the same, to the byte."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.formats.hdf5.below import open_below
from gradcli.formats.hdf5.headers import CHECKSUM, SUPERBLOCK, Headers
from gradcli.formats.hdf5.mould import Mould, MouldedFile

SHAPES = {"t": (4,), "x": (6,), "v": (4, 6), "w": (4, 6)}
PLACES = {"t": 0, "v": 0, "w": 0}


def write(path: Path, day: int, steps: int = 4, **asked: Any) -> Path:
    """Write a file of one day, with two fields that are compressed to other sizes every day."""
    random = np.random.default_rng(day)
    with netCDF4.Dataset(path, "w") as file:
        file.history = asked.get("history", "made")
        file.createDimension("t", steps if asked.get("fixed") else None)
        file.createDimension("x", 6)
        time = file.createVariable("t", "f8", ("t",))
        time[:] = day * steps + np.arange(steps)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(6)
        for name in "vw":
            made = file.createVariable(name, "f4", ("t", "x"), zlib=not asked.get("plain"))
            for index in range(asked.get("attributes", 1)):
                made.setncattr(f"a{index}", asked.get("said", "K"))
            made[:] = random.integers(0, 9**day, (steps, 6))
    return path


def mould_of(path: Path, shapes: dict[str, tuple[int, ...]] = SHAPES) -> Mould:
    below = open_below(str(path))
    try:
        made = below.mould(shapes, PLACES, "t")
        assert made is not None
        return made
    finally:
        below.close()


def values_in(file: MouldedFile, steps: int) -> dict[str, Any]:
    shapes = {"t": (steps,), "x": (6,), "v": (steps, 6), "w": (steps, 6)}
    return {name: file.whole(name, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ({}, 4),
        ({}, 7),
        ({"attributes": 12}, 7),
        ({"fixed": True}, 4),
        ({"fixed": True, "plain": True}, 4),
        ({"history": "done"}, 4),
    ],
)
def test_other_values_and_sizes_are_read(tmp_path: Path, asked: dict[str, Any], steps: int) -> None:
    same = {key: asked[key] for key in asked if key != "history"}
    mould = mould_of(write(tmp_path / "a.nc", 1, **same))
    path = write(tmp_path / "b.nc", 5, steps, **asked)
    file = mould.open(str(path))
    assert file is not None
    assert file.size == steps
    found = values_in(file, steps)
    file.close()
    with netCDF4.Dataset(path) as right:
        for name, values in found.items():
            np.testing.assert_array_equal(values, right[name][:])


@pytest.mark.parametrize(
    "other", [{"said": "C"}, {"attributes": 2}, {"plain": True}, {"fixed": True}, {"steps": 0}]
)
def test_other_headers_are_left_to_the_library(tmp_path: Path, other: dict[str, Any]) -> None:
    mould = mould_of(write(tmp_path / "a.nc", 1))
    assert mould.open(str(write(tmp_path / "b.nc", 2, **other))) is None


@pytest.mark.parametrize("attributes", [1, 12])
def test_a_header_with_any_wrong_byte_is_left_to_the_library(
    tmp_path: Path, attributes: int
) -> None:
    first = write(tmp_path / "a.nc", 1, attributes=attributes)
    mould = mould_of(first)
    path = write(tmp_path / "b.nc", 5, 5, attributes=attributes)
    data, right = path.read_bytes(), mould.open(str(path))
    assert right is not None
    right.close()
    wrong = tmp_path / "c.nc"
    wrong.write_bytes(data)
    descriptor = os.open(wrong, os.O_RDWR)
    places = _bytes_of_headers(first)
    assert len(places) > 1000
    try:
        for at in places:
            os.pwrite(descriptor, bytes([data[at] ^ (1 << at % 8)]), at)
            assert mould.open(str(wrong)) is None, at
            os.pwrite(descriptor, data[at : at + 1], at)
    finally:
        os.close(descriptor)


def _bytes_of_headers(path: Path) -> list[int]:
    with h5py.File(path) as file:
        addresses = {name: h5py.h5o.get_info(file[name].id).addr for name in file}
    with path.open("rb") as raw:
        headers = Headers(raw.fileno(), addresses, PLACES)
    parts = [(part.start, part.stop + CHECKSUM) for part in headers.parts]
    ranges = [(0, SUPERBLOCK), *headers.fixed(), *parts]
    return sorted({at for start, stop in ranges for at in range(start, stop)})


@pytest.mark.parametrize("count", [-1, 1, -5000])
def test_a_file_of_another_length_is_left_to_the_library(tmp_path: Path, count: int) -> None:
    mould = mould_of(write(tmp_path / "a.nc", 1))
    path = write(tmp_path / "b.nc", 2)
    data = path.read_bytes()
    path.write_bytes(data[:count] if count < 0 else data + bytes(count))
    assert mould.open(str(path)) is None
    assert not [name for name in os.listdir("/proc/self/fd") if _leads_to(name, path)]


def _leads_to(name: str, path: Path) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{name}") == str(path)
    except OSError:
        return False


def test_a_damaged_tree_is_left_to_the_library(tmp_path: Path) -> None:
    mould = mould_of(write(tmp_path / "a.nc", 1))
    path = write(tmp_path / "b.nc", 2)
    path.write_bytes(path.read_bytes().replace(b"TREE\x01", b"TREE\x02"))
    file = mould.open(str(path))
    assert file is not None
    assert file.reader("v", (4, 6)) is None
    file.close()


def test_a_variable_of_another_shape_is_left_to_the_library(tmp_path: Path) -> None:
    mould = mould_of(write(tmp_path / "a.nc", 1))
    file = mould.open(str(write(tmp_path / "b.nc", 2)))
    assert file is not None
    assert file.reader("v", (5, 6)) is None
    assert file.reader("other", (4, 6)) is None
    file.close()
