"""The same grid in every format, and results read back by other libraries than ours."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

Coordinates = dict[str, np.ndarray]


def uneven(size: int) -> np.ndarray:
    """Return coordinates that are not equally spaced, and have exact decimal forms."""
    return np.round(np.cumsum(1 + 0.5 * np.sin(np.arange(size))), 6)


def write_grid(kind: str, folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    """Write a 2-D field named f, and its coordinates as y.npy and x.npy beside it."""
    for name, vector in coordinates.items():
        np.save(folder / f"{name}.npy", vector)
    return WRITERS[kind](folder, values, coordinates)


def _npy(folder: Path, values: np.ndarray, _: Coordinates) -> Path:
    np.save(folder / "f.npy", values)
    return folder / "f.npy"


def _npz(folder: Path, values: np.ndarray, _: Coordinates) -> Path:
    np.savez_compressed(folder / "f.npz", f=values)
    return folder / "f.npz"


def _netcdf(folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    grid = xr.Dataset({"f": (("y", "x"), values)}, coords=coordinates)
    grid.to_netcdf(folder / "f.nc", engine="netcdf4")
    return folder / "f.nc"


def _hdf5(folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    with h5py.File(folder / "f.h5", "w") as file:
        file["f"] = values
        for index, (name, vector) in enumerate(coordinates.items()):
            file[name] = vector
            file[name].make_scale(name)
            file["f"].dims[index].attach_scale(file[name])
    return folder / "f.h5"


def _matrix(folder: Path, values: np.ndarray, _: Coordinates) -> Path:
    np.savetxt(folder / "f.csv", values, fmt="%.17g", delimiter=",")
    return folder / "f.csv"


def _crosstab(folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    path = folder / "f_crosstab.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *coordinates["x"].tolist()])
        for y, row in zip(coordinates["y"].tolist(), values.tolist(), strict=True):
            writer.writerow([y, *row])
    return path


def _long(folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    path = folder / "f_long.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["y", "x", "f"])
        for y, row in zip(coordinates["y"].tolist(), values.tolist(), strict=True):
            writer.writerows(
                [y, x, value] for x, value in zip(coordinates["x"].tolist(), row, strict=True)
            )
    return path


def _zarr(folder: Path, values: np.ndarray, coordinates: Coordinates) -> Path:
    grid = xr.Dataset({"f": (("y", "x"), values)}, coords=coordinates)
    stored = {"f": {"chunks": tuple(-(-n // 8) for n in values.shape)}}
    grid.to_zarr(folder / "f.zarr", zarr_format=3, consolidated=False, encoding=stored)
    end_zarr()
    return folder / "f.zarr"


def end_zarr() -> None:
    """End the threads of zarr-python, which would be alive in later tests."""
    from zarr.core.sync import cleanup_resources

    cleanup_resources()


WRITERS: dict[str, Callable[[Path, np.ndarray, Coordinates], Path]] = {
    "npy": _npy,
    "npz": _npz,
    "netcdf": _netcdf,
    "hdf5": _hdf5,
    "matrix": _matrix,
    "crosstab": _crosstab,
    "long": _long,
    "zarr": _zarr,
}


def read_result(path: str | Path) -> dict[str, np.ndarray]:
    """Return the results in a file as 2-D arrays, by name."""
    path = Path(path)
    if path.suffix == ".npy":
        return {path.stem: np.load(path)}
    if path.suffix == ".npz":
        with np.load(path) as archive:
            return {name: archive[name] for name in archive.files if archive[name].ndim > 1}
    if path.suffix == ".nc":
        with xr.open_dataset(path, engine="netcdf4") as grid:
            return {str(name): grid[name].values for name in grid.data_vars}
    if path.suffix == ".zarr":
        with xr.open_zarr(path, consolidated=False, chunks=None) as grid:
            found = {str(name): grid[name].values for name in grid.data_vars}
        end_zarr()
        return found
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return {name: file[name][...] for name in file if not h5py.h5ds.is_scale(file[name].id)}
    return _read_csv(path)


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if "_long" in path.name:
        table = np.array([[float(cell) for cell in row] for row in rows[1:]])
        shape = [len(set(table[:, index])) for index in (0, 1)]
        return {name: table[:, i].reshape(shape) for i, name in enumerate(rows[0]) if i > 1}
    if "_crosstab" in path.name:
        rows = [row[1:] for row in rows[1:]]
    return {path.stem: np.array([[float(cell) for cell in row] for row in rows])}
