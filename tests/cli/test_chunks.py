"""Chunks that are damaged, that lie about their size, or that are too large for the limit."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.shell import Shell
from tests.memory import measured

MIB = 2**20
FILES = ["f.nc", "f.h5"]
SHAPE, CHUNK = (256, 128), (64, 128)
BAD = (128, 0)  # where the chunk begins that is not as it should be
SIZE = 8 * 64 * 128
UNFILTERED = 0b11  # the mask that says that neither shuffle nor deflate was applied


def write(path: Path, values: np.ndarray, chunks: tuple[int, ...], **options: bool) -> None:
    """Write a field T, shuffled and deflated in chunks."""
    if path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            how = {"chunks": chunks, "compression": "gzip", "shuffle": True}
            file.create_dataset("T", data=values, **how, **options)
        return
    with netCDF4.Dataset(path, "w") as file:
        for name, size in zip("yx", values.shape, strict=True):
            file.createDimension(name, size)
        var = file.createVariable("T", "f8", tuple("yx"), zlib=True, chunksizes=chunks, **options)
        var[:] = values


def noise() -> np.ndarray:
    return np.random.default_rng(1).standard_normal(SHAPE)


def stored(path: Path) -> bytes:
    """Return the chunk that is to be damaged as it is stored."""
    with h5py.File(path) as file:
        return file["T"].id.read_direct_chunk(BAD)[1]


def store(path: Path, data: bytes, mask: int = 0) -> None:
    """Put other bytes in the place of a chunk."""
    with h5py.File(path, "r+") as file:
        file["T"].id.write_direct_chunk(BAD, data, mask)


def zeros(count: int) -> bytes:
    """Return a stream that holds so many zeros, without ever having them in memory."""
    stream, piece = zlib.compressobj(1), bytes(min(count, MIB))
    return b"".join(stream.compress(piece) for _ in range(count // len(piece))) + stream.flush()


def corrupt(stream: bytes) -> bytes:
    """Return a stream with some bytes in its middle inverted."""
    middle = len(stream) // 2
    part = bytes(255 - byte for byte in stream[middle : middle + 64])
    return stream[:middle] + part + stream[middle + 64 :]


# What is put in the place of a good stream, and what the message says of it.
DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a corrupt stream": (corrupt, "stream"),
    "a wrong checksum in the stream": (lambda s: s[:-1] + bytes([s[-1] ^ 1]), "stream .*checksum"),
    "bytes that are no stream": (lambda _: b"\xff" * 500, "stream"),
    "a stream cut in half": (lambda s: s[: len(s) // 2], f"stream .* {SIZE}$"),
    "a stream cut before its last byte": (lambda s: s[:-1], "stream"),
    "a stream of too little": (lambda _: zeros(1000), f"stream holds 1000 bytes .* {SIZE}$"),
    "a stream of one byte more": (lambda _: zeros(SIZE + 1), f"stream holds more .* {SIZE}$"),
}


@pytest.fixture(scope="module")
def damaged(ahead, tmp_path_factory):
    # Made here, not in the threads: netCDF4 is not safe between them.
    files = {}
    for name, what in product(FILES, DAMAGE):
        path = files[name, what] = tmp_path_factory.mktemp("damaged") / name
        write(path, noise(), CHUNK)
        store(path, DAMAGE[what][0](stored(path)))
    return ahead({key: partial(refuse_copy, path) for key, path in files.items()})


def refuse_copy(path: Path, shell: Shell) -> str:
    shutil.copy(path, shell.folder)
    return refuse(path.name, shell)


def refuse(name: str, shell: Shell, **popen: Any) -> str:
    """Return how a file is refused: there is no output, nor is an old one touched."""
    output = f"old{Path(name).suffix}"
    (shell / output).write_bytes(b"an old result")
    return shell.refuse("compute", name, "-O", "-o", output, **popen)


@pytest.mark.parametrize("what", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_chunk_is_named_and_nothing_is_written(damaged, name, what):
    line = damaged[name, what].result()
    assert line.startswith(f"Error: {name}: T: the chunk at {list(BAD)}: ")
    assert re.search(DAMAGE[what][1], line), line


@pytest.mark.parametrize("name", FILES)
def test_a_chunk_without_its_filters_that_is_too_short(shell, name):
    write(shell / name, noise(), CHUNK)
    store(shell / name, bytes(100), UNFILTERED)
    line = refuse(name, shell)
    assert line.startswith(f"Error: {name}: T: the chunk at {list(BAD)}: it has 100 bytes")


def derive(shell, name, *more, **popen):
    """Write the derivative along axis 0 as ``r`` into a file of its own, and return its path."""
    out = f"out-{name}"
    shell.run("compute", name, "-a", "0", "--name", "r", "-o", out, *more, **popen)
    return shell / out


@pytest.mark.parametrize("name", FILES)
def test_a_chunk_that_is_as_it_should_be_is_read(shell, name):
    write(shell / name, noise(), CHUNK)
    store(shell / name, zeros(SIZE))
    out = derive(shell, name)
    expected = noise()
    expected[128:192] = 0
    with h5py.File(out) as file:
        np.testing.assert_allclose(file["r"][...], np.gradient(expected, axis=0), atol=1e-15)


@pytest.mark.parametrize("name", FILES)
def test_a_stream_of_a_gibibyte_takes_no_more_memory_than_its_chunk(shell, name, bomb, tmp_path):
    write(shell / name, noise(), CHUNK)
    store(shell / name, bomb)
    line = refuse(name, shell, under=measured(tmp_path / "peak"))
    assert f"T: the chunk at {list(BAD)}: it is stored in" in line
    assert int((tmp_path / "peak").read_text()) < 120 * MIB


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return zeros(2**30)


def break_checksum(path: Path) -> None:
    """Change a byte of a chunk, so that the checksum stored with it is wrong."""
    with h5py.File(path) as file:
        place = file["T"].id.get_chunk_info_by_coord(BAD)
    with path.open("r+b") as raw:
        raw.seek(place.byte_offset + place.size // 2)
        (byte,) = raw.read(1)
        raw.seek(-1, os.SEEK_CUR)
        raw.write(bytes([byte ^ 0xFF]))


@pytest.fixture(scope="module")
def checksums(ahead, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checksums")
    for name in FILES:
        write(folder / name, noise(), CHUNK, fletcher32=True)
        break_checksum(folder / name)
    return ahead({name: partial(refuse_copy, folder / name) for name in FILES})


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_checksum_is_refused_and_nothing_is_written(checksums, name):
    assert checksums[name].result().startswith(f"Error: {name}: T: ")


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_checksum_names_its_chunk(checksums, name):
    assert f"the chunk at {list(BAD)}" in checksums[name].result()


# A chunk has to be in memory whole: where the limit is too small for that, the plan says so.

LARGE, WHOLE, SMALL = (2048, 1024), (1024, 1024), (64, 1024)
LIMIT = "32MiB"


def ramp() -> np.ndarray:
    return np.broadcast_to(np.arange(2048.0)[:, None] ** 2, LARGE)


@pytest.mark.parametrize("name", FILES)
def test_a_chunk_larger_than_the_limit_is_refused_by_the_plan(shell, name, tmp_path):
    write(shell / name, ramp(), WHOLE)
    lines = {
        shell.refuse("compute", name, "-a", "0", "--memory", LIMIT, *more, code=2)
        for more in ([], ["--dry-run"], ["-j", "1"])
    }
    (line,) = lines
    assert line.startswith(f"Error: {name}: T: a memory limit of 32.0 MiB is too small")
    (enough,) = re.findall(r"--memory (\d+)MiB would do", line)
    out = derive(shell, name, "--memory", f"{enough}MiB", under=measured(tmp_path / "peak"))
    assert int((tmp_path / "peak").read_text()) < (int(enough) + 100) * MIB
    with h5py.File(out) as file:
        np.testing.assert_array_equal(file["r"][1:-1], 2 * np.sqrt(ramp()[1:-1]))


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_read_before_the_limit_is_refused(shell, name):
    write(shell / name, ramp(), WHOLE)
    with h5py.File(shell / name, "r+") as file:
        for row in (0, 1024):
            file["T"].id.write_direct_chunk((row, 0), b"no stream")
    assert "would do" in shell.refuse("compute", name, "--memory", LIMIT, code=2)


@pytest.mark.parametrize("name", FILES)
def test_the_same_field_in_small_chunks_keeps_to_the_limit(shell, name, tmp_path):
    write(shell / name, ramp(), SMALL)
    derive(shell, name, "--memory", LIMIT, under=measured(tmp_path / "peak"))
    assert int((tmp_path / "peak").read_text()) < (32 + 100) * MIB
