"""Out of memory for real: the address space is limited, and the line says what would do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.cli.shell import single_error
from tests.long import long

SHAPE = (800, 1000)
# In MiB: below the interpreter, the libraries, the blocks; and room enough for most.
LIMITS = [40, 120, 180, 260, 500, 900]
FIELD = np.random.default_rng(3).standard_normal(SHAPE)


def make_h5(path: Path) -> None:
    with h5py.File(path, "w") as made:
        made.create_dataset("f", data=FIELD, chunks=(100, 1000), compression=1)


def make_nc(kind: str, records: bool = False) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with netCDF4.Dataset(path, "w", format=kind) as made:
            made.createDimension("y", None if records else SHAPE[0])
            made.createDimension("x", SHAPE[1])
            made.createVariable("f", "f8", ("y", "x"))[:] = FIELD

    return make


MAKERS: dict[str, Callable[[Path], Any]] = {
    "in.npy": lambda path: np.save(path, FIELD),
    "in.npz": lambda path: np.savez_compressed(path, f=FIELD),
    "in.h5": make_h5,
    "in.nc": make_nc("NETCDF4"),
    "in.nc3": make_nc("NETCDF3_CLASSIC"),
    "records.nc3": make_nc("NETCDF3_CLASSIC", records=True),
    "in.csv": lambda path: np.savetxt(path, FIELD[:, :200], delimiter=",", fmt="%.6f"),
}


def args_of(name: str, *more: str) -> list[str]:
    output = ["-o", "out" + Path(name).suffix] + (["--stack"] if name == "in.npy" else [])
    axis = ["-a", "0"] if name == "in.csv" else []
    return ["compute", name, *output, *axis, "-O", "-q", "--no-history", *more]


def under(mebibytes: float) -> tuple[str, ...]:
    return "prlimit", f"--as={int(mebibytes * 2**20)}"


def advised(line: str) -> float:
    """Return the limit that a line says would do, in MiB."""
    (found,) = re.findall(r"ulimit -v (\d+) would do", line)
    return int(found) / 1024


def contents(path: Path) -> bytes:
    """Return the data of an output; where chunks lie in the file is a matter of blocks."""
    if path.suffix not in (".h5", ".nc"):
        return path.read_bytes()
    with h5py.File(path) as file:
        return file["df_dy" if "df_dy" in file else "df_d0"][()].tobytes()


@pytest.mark.parametrize("name", [name if k % 2 else long(name) for k, name in enumerate(MAKERS)])
def test_a_limited_run_is_right_or_says_in_one_line_what_would_do(shell, name):
    MAKERS[name](shell / name)
    before = shell.names()
    shell.run(*args_of(name))
    (output,) = shell.names() - before
    whole = contents(shell / output)
    ended, tried = [], set()
    for limit in LIMITS:
        (shell / output).write_bytes(b"an old result")
        done = shell.run(*args_of(name), under=under(limit), code=(0, 1))
        ended.append(done.code)
        assert shell.names() == {*before, output}
        assert shell.spooled() == []
        if not done.code:
            assert contents(shell / output) == whole
            continue
        assert (shell / output).read_bytes() == b"an old result"
        line = single_error(done.err)
        assert "out of memory: the process may take" in line
        if limit > 144:
            assert line.startswith(f"Error: {name}: ")
            tried.add(advised(line))
    for limit in tried:
        shell.run(*args_of(name), under=under(limit))
    # More room is never worse, and there is a limit on either side.
    assert ended == sorted(ended, reverse=True)
    assert set(ended) == {0, 1}


@pytest.mark.parametrize("asked", [["--memory", "4GiB"], ["-j", "64"], []])
def test_what_is_asked_for_is_cut_to_what_may_be_had(shell, asked):
    np.save(shell / "in.npy", np.ones((4000, 4000)))
    args = ["compute", "in.npy", "-a", "0", "-q", *asked]
    shell.run(*args, under=under(1000))
    assert not np.load(shell / "in_d0.npy", mmap_mode="r").any()


def test_a_block_that_does_not_fit_names_the_limit_that_would_do(shell):
    # A chunk is a map; it cannot be had in parts.
    with h5py.File(shell / "in.h5", "w") as made:
        made.create_dataset("f", (3, 3000, 3000), "f8", chunks=(1, 3000, 3000), compression=1)
        made["f"][0, 0, 0] = 1.0
    args = ["compute", "in.h5", "-a", "0", "-q", "-j", "1"]
    line = shell.refuse(*args, under=under(300))
    assert line.startswith("Error: in.h5: out of memory: ")
    shell.run(*args, under=under(advised(line)))


def test_a_limit_of_memory_that_is_asked_for_stays_a_matter_of_usage(shell):
    np.save(shell / "in.npy", np.ones((4, 4)))
    line = shell.refuse("compute", "in.npy", "--memory", "1MiB", code=2)
    assert "would do" in line
    assert "ulimit" not in line


@pytest.mark.parametrize("name", ["in.npy", "in.nc", "in.csv"])
def test_info_says_it_too(shell, name):
    MAKERS[name](shell / name)
    for limit in LIMITS[1::2]:
        done = shell.run("info", name, under=under(limit), code=(0, 1))
        if done.code:
            assert "out of memory: the process may take" in single_error(done.err)
    assert done.code == 0
