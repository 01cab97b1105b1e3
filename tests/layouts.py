"""Files that hold one field ``f(t, y, x)``, one for each way in which libraries store numbers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np
import pytest

# isort: split
import h5py

from tests.grids import uneven

SHAPE = (7, 5, 6)
AXES = dict(zip("tyx", map(uneven, SHAPE), strict=True))
SLABS, COLUMNS, ODD = (1, 5, 6), (7, 1, 1), (3, 3, 4)
HALF = slice(0, 4)  # of a field of which only a part was ever written
CLASSIC = {
    "CDF-1": "NETCDF3_CLASSIC",
    "CDF-2": "NETCDF3_64BIT_OFFSET",
    "CDF-5": "NETCDF3_64BIT_DATA",
}


@dataclass(frozen=True)
class Layout:
    """How a file is made, and whether its numbers are to be read below the library."""

    make: Callable[[Path], None]
    suffix: str = ".nc"
    below: bool = True
    classic: bool = False

    def write(self, folder: Path) -> Path:
        """Write the file, or skip where its tool is not installed."""
        path = folder / f"field{self.suffix}"
        self.make(path)
        return path


def numbers(dtype: str = "f4") -> np.ndarray:
    """Return the values of the field, each different."""
    values = np.random.default_rng(9).permutation(np.prod(SHAPE)).reshape(SHAPE) * 1.7 - 150
    return values.astype(dtype)


def netcdf(
    path: Path,
    dtype: str = "f4",
    kind: str = "NETCDF4",
    unlimited: str = "",
    written: slice = slice(None),
    words: dict[str, object] | None = None,
    **options: object,
) -> None:
    """Write the field with netCDF4."""
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, values in AXES.items():
            file.createDimension(name, None if name in unlimited else len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        var = file.createVariable("f", dtype, tuple(AXES), **options)
        var.set_auto_maskandscale(False)
        var.setncatts(words or {})
        var[written] = numbers(dtype)[written]


def records(path: Path, kind: str, others: dict[str, str]) -> None:
    """Write the field in a classic file with records, with variables between its records."""
    netcdf(path, kind=kind, unlimited="t")
    with netCDF4.Dataset(path, "a") as file:
        for name, dtype in others.items():
            file.createVariable(name, dtype, ("t",))[:] = np.arange(SHAPE[0])


def lone_records(path: Path, kind: str) -> None:
    """Write the field as the only variable with records: odd ones then have no padding."""
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, size in zip("tyx", (None, 1, 3), strict=True):
            file.createDimension(name, size)
        file.createVariable("f", "i2", tuple("tyx"))[:] = numbers("i2")[:, :1, :3]


def hdf5(
    path: Path,
    dtype: str = "f4",
    written: slice = slice(None),
    libver: str | None = None,
    **options: object,
) -> None:
    """Write the field with h5py."""
    with h5py.File(path, "w", libver=libver) as file:
        data = file.create_dataset("f", SHAPE, dtype, **options)
        data[written] = numbers(dtype)[written]
        scaled(file)


def scaled(file: h5py.File) -> None:
    """Give the field of a file its scales."""
    for index, (name, values) in enumerate(AXES.items()):
        file[name] = values[: file["f"].shape[index]]
        file[name].make_scale(name)
        file["f"].dims[index].attach_scale(file[name])


def resized(path: Path, **options: object) -> None:
    """Write a field that was made longer, then shorter, then longer than what was written."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("f", SHAPE, "f4", maxshape=(None,) * 3, chunks=ODD, **options)
        data[...] = numbers()
        data.resize((4, 5, 3))
        data.resize((8, 4, 6))
        for name, values in AXES.items():
            file[name] = uneven(8) if name == "t" else values[: 4 if name == "y" else 6]
            file[name].make_scale(name)
            data.dims["tyx".index(name)].attach_scale(file[name])


def early(path: Path) -> None:
    """Write chunks that all have their place from the start, so that they need no index."""
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(ODD)
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    with h5py.File(path, "w", libver="latest") as file:
        kind, space = h5py.h5t.py_create(np.dtype("f4")), h5py.h5s.create_simple(SHAPE)
        h5py.h5d.create(file.id, b"f", kind, space, plan)
        file["f"][HALF] = numbers()[HALF]
        scaled(file)


def with_skipped_filters(path: Path) -> None:
    """Write chunks some of which say that a filter was not applied to them."""
    hdf5(path, chunks=SLABS, compression="gzip", shuffle=True)
    values = numbers()
    with h5py.File(path, "r+") as file:
        for row, mask in ((1, 0b11), (4, 0b11), (6, 0b11)):
            file["f"].id.write_direct_chunk((row, 0, 0), values[row].tobytes(), mask)
        planes = np.ascontiguousarray(values[2].reshape(-1).view("u1").reshape(-1, 4).T)
        file["f"].id.write_direct_chunk((2, 0, 0), planes.tobytes(), 0b10)


def through(tool: str, options: str, make: Callable[[Path], None], path: Path) -> None:
    """Write a file, and copy it with a tool that stores it in another way."""
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool}")
    before = path.with_stem("before")
    make(before)
    subprocess.run([tool, *options.split(), before, path], check=True, capture_output=True)


def _netcdf(**options: object) -> Layout:
    return Layout(partial(netcdf, **options))


def _hdf5(below: bool = True, **options: object) -> Layout:
    return Layout(partial(hdf5, **options), ".h5", below)


def _repacked(options: str, below: bool = True, **stored: object) -> Layout:
    return Layout(partial(through, "h5repack", options, partial(hdf5, **stored)), ".h5", below)


def _copied(options: str, below: bool = True, classic: bool = False, **stored: object) -> Layout:
    make = partial(through, "nccopy", options, partial(netcdf, **stored))
    return Layout(make, ".nc", below, classic)


DEFLATED = {"zlib": True, "chunksizes": ODD}
PACKED = {"dtype": "i2", "fill_value": -150, "words": {"scale_factor": 0.5, "add_offset": 20.0}}
LAYOUTS = {
    "netCDF-4, slabs": _netcdf(zlib=True, chunksizes=SLABS),
    "netCDF-4, columns": _netcdf(zlib=True, chunksizes=COLUMNS),
    "netCDF-4, odd edges": _netcdf(**DEFLATED),
    "netCDF-4, one chunk": _netcdf(zlib=True, chunksizes=SHAPE),
    "netCDF-4, float64": _netcdf(dtype="f8", **DEFLATED),
    "netCDF-4, no filter": _netcdf(chunksizes=ODD),
    "netCDF-4, deflate alone": _netcdf(**DEFLATED, shuffle=False),
    "netCDF-4, big-endian": _netcdf(dtype=">f4", endian="big", **DEFLATED),
    "netCDF-4, big-endian, contiguous": _netcdf(dtype=">f8", endian="big", contiguous=True),
    "netCDF-4, contiguous": _netcdf(contiguous=True),
    "netCDF-4, packed": _netcdf(**PACKED, **DEFLATED),
    "netCDF-4, packed, half written": _netcdf(**PACKED, **DEFLATED, written=HALF),
    "netCDF-4, half written": _netcdf(**DEFLATED, written=HALF),
    "netCDF-4, half written, own fill": _netcdf(**DEFLATED, fill_value=1e35, written=HALF),
    "netCDF-4, never written": _netcdf(**DEFLATED, written=slice(0, 0)),
    "netCDF-4, unlimited": _netcdf(**DEFLATED, unlimited="t"),
    "netCDF-4, all unlimited": _netcdf(**DEFLATED, unlimited="tyx"),
    "netCDF-4, shorter than its dimension": Layout(
        partial(netcdf, **DEFLATED, unlimited="t", written=HALF), below=False
    ),
    "netCDF-4, checksums": Layout(partial(netcdf, **DEFLATED, fletcher32=True)),
    "HDF5, slabs": _hdf5(chunks=SLABS, compression="gzip", shuffle=True),
    "HDF5, columns": _hdf5(chunks=COLUMNS, compression="gzip", shuffle=True),
    "HDF5, odd edges": _hdf5(chunks=ODD, compression="gzip", shuffle=True),
    "HDF5, no filter": _hdf5(chunks=ODD),
    "HDF5, deflate alone": _hdf5(chunks=ODD, compression="gzip"),
    "HDF5, shuffle alone": _hdf5(below=False, chunks=ODD, shuffle=True),
    "HDF5, big-endian": _hdf5(dtype=">f8", chunks=ODD, compression="gzip", shuffle=True),
    "HDF5, int16": _hdf5(dtype="i2", chunks=ODD, compression="gzip", shuffle=True),
    "HDF5, bytes": _hdf5(dtype="i1", chunks=ODD, compression="gzip", shuffle=True),
    "HDF5, contiguous": _hdf5(dtype=">f4"),
    "HDF5, never written": _hdf5(written=slice(0, 0), below=False),
    "HDF5, half written": _hdf5(chunks=ODD, compression="gzip", written=HALF, fillvalue=-7.5),
    "HDF5, growing": _hdf5(chunks=ODD, maxshape=(None, 5, 6), compression="gzip"),
    "HDF5, lzf": _hdf5(chunks=ODD, compression="lzf", below=False),
    "HDF5, resized": Layout(partial(resized, compression="gzip"), ".h5"),
    "HDF5, some filters skipped": Layout(with_skipped_filters, ".h5"),
    "HDF5, latest, fixed array": _hdf5(libver="latest", chunks=ODD, compression="gzip"),
    "HDF5, latest, growing": _hdf5(libver="latest", chunks=ODD, maxshape=(None, 5, 6)),
    "HDF5, latest, B-tree": _hdf5(
        below=False, libver="latest", chunks=ODD, maxshape=(None,) * 3, shuffle=True
    ),
    "HDF5, latest, one chunk": _hdf5(libver="latest", chunks=SHAPE, compression="gzip"),
    "HDF5, latest, no index": Layout(early, ".h5"),
    "h5repack, shuffle": _repacked("-f f:SHUF -l f:CHUNK=2x5x4", below=False),
    "h5repack, deflate": _repacked("-f f:GZIP=9 -l f:CHUNK=3x3x3", dtype=">f4"),
    "h5repack, all filters": _repacked("-f f:SHUF -f f:GZIP=1 -f f:FLET -l f:CHUNK=3x3x3"),
    "h5repack, contiguous": _repacked("-l f:CONTI", chunks=ODD),
    "h5repack, latest": _repacked("-L -f f:SHUF -f f:GZIP=4 -l f:CHUNK=4x2x6"),
    "nccopy, deflate": _copied("-d 5 -c t/2,y/5,x/4"),
    "nccopy, shuffle and deflate": _copied("-d 1 -s -c t/7,y/1,x/2", unlimited="t"),
    "nccopy, of a classic file": _copied("-k nc4 -d 2 -s -c t/2,y/2,x/5", kind=CLASSIC["CDF-1"]),
    "nccopy, classic": _copied("-k cdf5", classic=True, **DEFLATED),
    "nccopy, classic records": _copied(
        "-k classic", classic=True, below=False, unlimited="t", **DEFLATED
    ),
}
_BETWEEN = {"n": "i2", "g": "f8"}
for _name, _kind in CLASSIC.items():
    for _word, _make, _below in (
        ("fixed", partial(netcdf), True),
        ("packed", partial(netcdf, **PACKED), True),
        ("half written", partial(netcdf, written=HALF, dtype="f8"), True),
        ("records", partial(records, others=_BETWEEN), False),
        ("lone records", lone_records, False),
    ):
        LAYOUTS[f"{_name}, {_word}"] = Layout(partial(_make, kind=_kind), ".nc", _below, True)
