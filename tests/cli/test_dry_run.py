"""A plan reads no values: what --dry-run and info read of a large file, counted by strace."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest

from gradcli.formats.netcdf.classic import check_classic
from tests.cli.shell import Shell
from tests.long import long

FIELD = 2**26  # bytes of each field
HEADERS = 2**24  # bytes for headers and coordinates; netCDF buffers as much as the disk says
CALLS = "read,pread64,readv,preadv,preadv2"
FIELDS = ("first", "second")
ROWS, COLUMNS = 64, 128
MODELS = ("NETCDF3_64BIT_OFFSET", "NETCDF4")


def make_large(path: Path, model: str) -> None:
    """Write two large fields, of which nothing but an end is stored, on a small curved grid."""
    j, i = np.meshgrid(np.arange(float(ROWS)), np.arange(float(COLUMNS)), indexing="ij")
    with netCDF4.Dataset(path, "w", format=model) as file:
        file.set_fill_off()
        for name, size in (("t", FIELD // (8 * ROWS * COLUMNS)), ("y", ROWS), ("x", COLUMNS)):
            file.createDimension(name, size)
        file.createVariable("t", "f8", ("t",))[:] = np.arange(file.dimensions["t"].size)
        for name, values in (("lon", 0.1 * i + 0.01 * j), ("lat", 0.1 * j - 0.01 * i)):
            variable = file.createVariable(name, "f8", ("y", "x"))
            variable.units = {"lon": "degrees_east", "lat": "degrees_north"}[name]
            variable[...] = values
        for name in FIELDS:
            field = file.createVariable(name, "f8", ("t", "y", "x"))
            field.coordinates = "lon lat"
            field[-1, -1, -1] = 1.0


def read_bytes(shell: Shell, *args: str) -> list[tuple[int | None, int]]:
    """Return place (where the call names it) and count of all that is read of large.nc."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    under = ("strace", "-f", "-qq", "-yy", "-e", f"trace={CALLS}", "-s", "0", "-o", "calls")
    done = shell.run(*args, under=under)
    assert done.data
    calls = (shell / "calls").read_text()
    found: list[tuple[int | None, int]] = []
    for line in calls.splitlines():
        match = re.search(r"(\w+)\(\d+<[^>]*large\.nc>, (.*)\) += (\d+)$", line)
        if match:
            numbers = [int(n) for n in re.findall(r", (\d+)", match[2])]
            place = {"pread64": -1, "preadv": -1, "preadv2": -2}.get(match[1])
            found.append((None if place is None else numbers[place], int(match[3])))
    assert found, calls[:2000]
    return found


def starts_of(path: Path, model: str) -> list[int]:
    """Return where the fields begin in their file."""
    if model == "NETCDF4":
        with h5py.File(path) as file:
            return [file[name].id.get_offset() for name in FIELDS]
    header = check_classic(str(path))
    return [header[name].begin for name in FIELDS]


COMMANDS = {
    "adapt": ("compute", "large.nc", "--metric", "sphere", "--missing", "adapt", "--dry-run"),
    "plain": ("compute", "large.nc", "--metric", "sphere", "--dry-run"),
    "info": ("info", "large.nc", "--json"),
}


@pytest.mark.parametrize(
    ("command", "model"),
    [
        (command, model) if (i + j) % 2 == 0 else long(command, model)
        for i, command in enumerate(COMMANDS)
        for j, model in enumerate(MODELS)
    ],
)
def test_no_value_of_a_field_is_read(shell: Shell, command: str, model: str) -> None:
    make_large(shell / "large.nc", model)
    found = read_bytes(shell, *COMMANDS[command])
    assert sum(count for _, count in found) < HEADERS
    for place, count in found:
        for start in starts_of(shell / "large.nc", model) if place is not None else ():
            inside = min(place + count, start + FIELD) - max(place, start)
            # HDF5 looks for the end of a header in so many bytes.
            assert inside < 512, (place, count)


SHARED = {
    "netcdf": (COMMANDS["adapt"], ("t", "lon", "lat")),
    "hdf5": (("compute", "large.nc", "--format", "hdf5", "--dry-run"), ("t",)),
}


@pytest.mark.parametrize("kind", SHARED)
def test_a_coordinate_is_read_once_for_all_variables(shell: Shell, kind: str) -> None:
    """Both fields adapt to gaps of their own; the coordinates that they share are read once."""
    make_large(shell / "large.nc", "NETCDF4")
    command, shared = SHARED[kind]
    found = read_bytes(shell, *command)
    with h5py.File(shell / "large.nc") as file:
        for name in shared:
            start = file[name].id.get_offset()
            stop = start + file[name].id.get_storage_size()
            within = [place for place, _ in found if place is not None and start <= place < stop]
            assert len(within) == 1, name


def test_a_dry_run_still_refuses_coordinates_that_cannot_be(shell: Shell) -> None:
    make_large(shell / "large.nc", "NETCDF4")
    with netCDF4.Dataset(shell / "large.nc", "a") as file:
        file["lat"][...] = 100.0
    args = ("compute", "large.nc", "--metric", "sphere", "--missing", "adapt")
    dry = shell.refuse(*args, "--dry-run")
    assert "latitude 100 at y index 0, x index 0 lies beyond the pole" in dry
    assert shell.refuse(*args) == dry


def test_what_only_values_tell_is_refused_before_an_output_is_made(shell: Shell) -> None:
    """Where points of the grid coincide, a run looks whether the field is missing there."""
    make_large(shell / "large.nc", "NETCDF4")
    with netCDF4.Dataset(shell / "large.nc", "a") as file:
        file["lat"][3, :] = file["lat"][5, :]
        file["lon"][3, :] = file["lon"][5, :]
    args = ("compute", "large.nc", "-o", "new/{stem}.nc", "--metric", "sphere")
    shell.run(*args, "--dry-run")
    assert "singular Jacobian" in shell.refuse(*args)
