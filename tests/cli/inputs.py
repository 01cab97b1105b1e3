"""Small inputs of every format, good and bad, each made by a function of its path."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4  # first: h5py and it bring an HDF5 library each
import numpy as np

# isort: split
import h5py

# A grid whose axes are long enough for arithmetic that lasts, however fast disks are:
# a second for runs that end, five for those that are ended.
SPARSE = (1200, 100, 80)
SLOW = ("--axis", "0", "--smooth", "savgol:49,2")
TWO_SLOW = ("--axis", "0,1", "--smooth", "savgol:21,2")
ENDLESS = ("--axis", "0", "--smooth", "savgol:299,2")


def make_inputs(folder: Path) -> None:
    """Make every input."""
    for name, make in MAKERS.items():
        make(folder / name)
    _damage(folder)


def make_sparse(path: Path, shape: tuple[int, ...] = SPARSE) -> None:
    """Write the header of an NPY array and leave its data a hole: zeros."""
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 8 * int(np.prod(shape, dtype=object)))


def field(*shape: int) -> np.ndarray[Any, Any]:
    """Return numbers whose derivatives all differ."""
    return np.cumsum(np.arange(np.prod(shape), dtype="f8") % 7 + 1).reshape(shape)


MAKERS: dict[str, Callable[[Path], None]] = {}


def maker(name: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Register what makes a sample."""

    def register(make: Callable[[Path], None]) -> Callable[[Path], None]:
        MAKERS[name] = make
        return make

    return register


def axis_values(dataset: Any, name: str, values: Any, **attributes: Any) -> None:
    """Write a dimension and its coordinate."""
    size = None if name == "time" else len(values)
    dataset.createDimension(name, size)
    dataset.createVariable(name, "f8", (name,))[:] = values
    dataset[name].setncatts(attributes)


@maker("grid.nc")
def _grid(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as made:
        made.setncatts({"title": "a grid", "history": "made by hand"})
        made.createDimension("nv", 2)
        days = "days since 2000-01-01"
        axis_values(made, "time", [0, 1, 2], units=days, axis="T", bounds="time_bnds")
        axis_values(made, "lat", [10, 11, 13, 16], units="degrees_north", axis="Y")
        axis_values(made, "lon", [0, 90, 180, 270], units="degrees_east", axis="X")
        made.createVariable("time_bnds", "f8", ("time", "nv"))[:] = [[0, 1], [1, 2], [2, 3]]
        made.createVariable("crs", "i4").setncatts({"grid_mapping_name": "latitude_longitude"})
        made.createVariable("label", str, ("lat",))[:] = np.array(list("abcd"), object)
        made.createVariable("mask", "i1", ("lat", "lon"))[:] = 1
        made["mask"].setncatts({"flag_values": np.array([0, 1], "i1"), "flag_meanings": "land sea"})
        dims = ("time", "lat", "lon")
        made.createVariable("T", "f4", dims, zlib=True, complevel=3, chunksizes=(1, 2, 4))[:] = (
            field(3, 4, 4)
        )
        made["T"].setncatts(TEMPERATURE)
        made.createVariable("P", "i2", dims, fill_value=-99)[:] = field(3, 4, 4)
        made["P"].setncatts({"scale_factor": 0.5, "add_offset": 3.0, "units": "Pa"})
        model = made.createGroup("forecast/model")
        model.createVariable("q", "f8", ("lat", "lon"))[:] = field(4, 4)
        model["q"].units = "kg kg-1"


TEMPERATURE = {
    "units": "degC",
    "long_name": "air temperature",
    "standard_name": "air_temperature",
    "cell_methods": "time: mean",
    "grid_mapping": "crs",
    "valid_min": np.float32(-999),
    "actual_range": np.array([0, 999], "f4"),
    "ancillary_variables": "mask",
    "comment": "kept",
}


def _classic(model: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with netCDF4.Dataset(path, "w", format=model) as made:
            axis_values(made, "time", [0.0, 1.0, 2.0])
            axis_values(made, "x", [0.0, 1.0, 2.0, 3.0], units="m")
            made.createVariable("h", "f4", ("time", "x"))[:] = field(3, 4)
            made.createVariable("spare", "i4", ("x",))[:] = [1, 2, 3, 4]
            made["h"].units = "m"

    return make


for _kind in ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4_CLASSIC"):
    MAKERS[f"{_kind}.nc"] = _classic(_kind)


@maker("words.nc")
def _words(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as made:
        made.createDimension("n", 3)
        made.createVariable("name", str, ("n",))[:] = np.array(["a", "b", "c"], object)


def _uneven_nc(values: list[float]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with netCDF4.Dataset(path, "w") as made:
            axis_values(made, "depth", values)
            made.createVariable("T", "f8", ("depth",))[:] = field(len(values))

    return make


def _uneven_h5(values: list[float]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with h5py.File(path, "w") as made:
            made["T"], made["depth"] = field(len(values)), values
            made["depth"].make_scale("depth")
            made["T"].dims[0].attach_scale(made["depth"])

    return make


BAD_COORDINATES = {
    "repeated": [0.0, 1.0, 1.0, 2.5, 4.0],
    "unsorted": [0.0, 1.0, 2.5, 1.5, 4.0],
    "missing": [0.0, 1.0, np.nan, 2.5, 4.0],
    "uneven": [0.0, 1.0, 2.5, 4.5, 7.0],
}
for _word, _values in BAD_COORDINATES.items():
    MAKERS[f"{_word}.nc"] = _uneven_nc(_values)
    MAKERS[f"{_word}.h5"] = _uneven_h5(_values)
    MAKERS[f"{_word}.npy"] = lambda path, values=_values: np.save(path, values)
    MAKERS[f"{_word}.txt"] = lambda path, values=_values: np.savetxt(path, values)
MAKERS["five.npy"] = lambda path: np.save(path, field(5))
HOLED = [1.0, 4.0, np.nan, 7.0, np.nan, 10.0, 15.0, 19.0]
MAKERS["holed.npy"] = lambda path: np.save(path, HOLED)


@maker("holed.nc")
def _holed_nc(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as made:
        axis_values(made, "x", np.arange(8.0))
        made.createVariable("f", "f8", ("x",), fill_value=-99.0)[:] = np.ma.masked_invalid(HOLED)


MAKERS["image.npy"] = lambda path: np.save(path, field(5, 6))
MAKERS["other.npy"] = lambda path: np.save(path, field(5, 6) ** 2)
MAKERS["small.npy"] = lambda path: np.save(path, field(4, 3).astype("f4"))
MAKERS["count.npy"] = lambda path: np.save(path, field(4).astype("i4"))
MAKERS["wave.npy"] = lambda path: np.save(path, field(4) * (1 + 2j))
MAKERS["pair.npz"] = lambda path: np.savez(path, f=field(4, 5), g=field(6))
MAKERS["pdf.npy"] = lambda path: np.save(
    path, np.array([(1.0, 2.0), (3.0, 5.0), (4.0, 9.0)], [("pdf", "f8"), ("cdf", "f4")])
)


@maker("field.h5")
def _field_h5(path: Path) -> None:
    with h5py.File(path, "w") as made:
        made["x"] = np.arange(5.0)
        made["x"].make_scale("x")
        made["x"].attrs["units"] = "m"
        made["T"] = field(4, 5)
        made["T"].attrs["units"] = "K"
        made["T"].dims[1].attach_scale(made["x"])
        made["T"].dims[1].label = "x"
        made.create_dataset("a/b", data=field(6, 7).astype("f4"), chunks=(3, 7), compression=4)


MAKERS["matrix.csv"] = lambda path: np.savetxt(path, field(4, 5), delimiter=",", fmt="%g")
MAKERS["empty.nc"] = lambda path: _write(path, "")
MAKERS["ragged.csv"] = lambda path: _write(path, "1,2,3\n4,5\n7,8,9\n")
MAKERS["table.csv"] = lambda path: _write(path, "t,a,b\n0,1,5\n1,4,7\n2,9,8\n4,16,2\n")
MAKERS["word.csv"] = lambda path: _write(path, "t,a,b\n0,1,5\n1,4,oops\n2,9,8\n4,16,2\n")
MAKERS["crosstab.csv"] = lambda path: _write(path, ",0,1,3\n10,1,2,4\n20,5,7,9\n40,8,8,1\n")
MAKERS["long.csv"] = lambda path: _write(
    path, "y,x,T\n" + "".join(f"{y},{x},{y * 3 + x * x}\n" for y in range(3) for x in range(4))
)
for _suffix in ("nc", "h5", "npy", "npz"):
    MAKERS[f"text.{_suffix}"] = lambda path: _write(path, "these are words\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _damage(folder: Path) -> None:
    """Make damaged files of whole ones."""
    for name in ("NETCDF3_CLASSIC.nc", "grid.nc", "field.h5", "image.npy", "pair.npz"):
        whole = (folder / name).read_bytes()
        (folder / f"half_{name}").write_bytes(whole[: len(whole) // 2])
        (folder / f"short_{name}").write_bytes(whole[:-5])
    shutil.copy(folder / "field.h5", folder / "hdf5.npy")
    shutil.copy(folder / "image.npy", folder / "npy.nc")
    shutil.copy(folder / "image.npy", folder / "image.odd")
    table = (folder / "table.csv").read_bytes()
    (folder / "table.csv.gz").write_bytes(gzip.compress(table, mtime=0))
