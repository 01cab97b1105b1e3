"""Other roads to the values of real files, and the comparison with ``np.gradient``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import netCDF4  # noqa: F401 - before h5py: its wheel brings the zstd and blosc filters
import numpy as np
import pytest

from tests.places import REAL

# Where the files of packages lie: folders of importable packages, then fixed ones.
PACKAGED = {
    "scipy": ("scipy:io/tests/data", "/usr/lib/python3/dist-packages/scipy/io/tests/data"),
    "matplotlib": (
        "matplotlib:mpl-data/sample_data",
        "/usr/share/matplotlib/mpl-data/sample_data",
    ),
    "iris_sample_data": ("iris_sample_data:sample_data",),
    "statsmodels": ("statsmodels:datasets",),
    "tables": ("/usr/share/python-tables/tests", "tables:tests"),
    "xarray": ("xarray:tests/data", "/usr/lib/python3/dist-packages/xarray/tests/data"),
}
FLOAT64_EPS = 2.0**-52


def found(name: str) -> Path:
    """Return a file of the folder, or of a package where its name has one in front."""
    package, slash, inside = name.partition("/")
    folders = _folders(package) if slash else [REAL]
    for folder in folders:
        path = folder / (inside or name)
        if path.is_file():
            return path
    pytest.skip(f"{name} is not here")


def _folders(package: str) -> list[Path]:
    folders = []
    for place in PACKAGED[package]:
        module, colon, inside = place.partition(":")
        if not colon:
            folders.append(Path(place))
        elif (spec := find_spec(module)) is not None:
            folders += [Path(root) / inside for root in spec.submodule_search_locations or ()]
    return folders


@dataclass(frozen=True)
class Grid:
    """A field as another road decodes it: missing is NaN."""

    values: np.ndarray
    dims: tuple[str, ...]
    coords: tuple[np.ndarray | None, ...]
    rounding: tuple[float, ...]


Road = Callable[[Path, str], Grid]


def _bare(values: np.ndarray) -> Grid:
    labels = tuple(str(i) for i in range(values.ndim))
    return Grid(values, labels, (None,) * values.ndim, (0.0,) * values.ndim)


def _rounding(dtype: Any) -> float:
    dtype = np.dtype(dtype)
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else FLOAT64_EPS


@cache
def netcdf(path: Path, name: str) -> Grid:
    """Decode a variable of a NetCDF file with xarray; its coordinates may lie in groups above."""
    group, _, base = name.rpartition("/")
    variable = _xarray(path, group, base)
    coords, rounding = [], []
    for dim in variable.dims:
        found_here = None
        for depth in range(group.count("/") + 2 if group else 1):
            above = "/".join(group.split("/")[: len(group.split("/")) - depth]) if group else ""
            found_here = _xarray(path, above, dim)
            if found_here is not None:
                break
        coords.append(None if found_here is None else found_here.values)
        stored = None if found_here is None else found_here.encoding["dtype"]
        rounding.append(0.0 if stored is None else _rounding(stored))
    return Grid(variable.values, variable.dims, tuple(coords), tuple(rounding))


@cache
def _xarray(path: Path, group: str, name: str) -> Any:
    import xarray as xr

    with xr.open_dataset(
        path,
        engine="netcdf4",
        group=group or None,
        decode_times=False,
        decode_timedelta=False,
        decode_coords=False,
        # Names of other variables may hold what xarray warns of: they are not asked for.
        drop_variables=None,
    ) as dataset:
        return dataset.variables[name].load() if name in dataset.variables else None


@cache
def netcdf_classic(path: Path, name: str) -> Grid:
    """Decode a variable of a classic NetCDF file with scipy and by hand."""
    scipy_io = pytest.importorskip("scipy.io")
    with scipy_io.netcdf_file(path, mmap=False) as file:
        variable = file.variables[name]
        raw = np.array(variable.data)
        values = raw.astype("f4" if raw.dtype.itemsize == 4 and raw.dtype.kind == "f" else "f8")
        for attribute in ("_FillValue", "missing_value"):
            if hasattr(variable, attribute):
                values[raw == np.asarray(getattr(variable, attribute)).reshape(-1)[0]] = np.nan
        if raw.dtype.kind == "f" and not hasattr(variable, "_FillValue"):
            # What the format leaves in cells that were never written.
            values[raw == raw.dtype.type(9.969209968386869e36)] = np.nan
        if hasattr(variable, "valid_range"):
            low, high = variable.valid_range
            values[(raw < low) | (raw > high)] = np.nan
        vectors = [file.variables.get(dim) for dim in variable.dimensions]
        coords = tuple(None if v is None else np.array(v.data, "f8") for v in vectors)
        rounding = tuple(0.0 if v is None else _rounding(v.data.dtype) for v in vectors)
        return Grid(values, tuple(variable.dimensions), coords, rounding)


@cache
def netcdf_packed(path: Path, name: str) -> Grid:
    """Decode packed numbers and packed coordinates by hand, in double precision, with h5py."""
    import h5py

    with h5py.File(path) as file:

        def unpacked(dataset: Any) -> np.ndarray:
            attributes = dataset.attrs
            raw = dataset[...]
            limits = attributes.get("valid_range")
            if attributes.get("_Unsigned", b"false") in (b"true", "true"):
                raw = raw.view(f"u{raw.dtype.itemsize}")
                limits = None if limits is None else limits.view(raw.dtype)
            values = raw.astype("f8") * float(np.ravel(attributes["scale_factor"])[0])
            values += float(np.ravel(attributes["add_offset"])[0])
            if "_FillValue" in attributes:
                fill = np.ravel(attributes["_FillValue"]).astype(dataset.dtype).view(raw.dtype)[0]
                values[raw == fill] = np.nan
            if limits is not None:
                values[(raw < limits[0]) | (raw > limits[1])] = np.nan
            return values

        dataset = file[name]
        scales = [dataset.dims[i][0] for i in range(dataset.ndim)]
        dims = tuple(scale.name.rpartition("/")[2] for scale in scales)
        coords = tuple(unpacked(scale) for scale in scales)
        return Grid(unpacked(dataset), dims, coords, (FLOAT64_EPS,) * len(dims))


@cache
def hdf5(path: Path, name: str) -> Grid:
    """Read a dataset with h5py."""
    import h5py

    with h5py.File(path) as file:
        values = file[name][...]
    return _bare(values.astype(values.dtype.newbyteorder("=")))


@cache
def array(path: Path, name: str) -> Grid:
    """Read an array with numpy."""
    return _bare(np.load(path))


@cache
def npz(path: Path, name: str) -> Grid:
    """Read an array, or a field of a structured one, with numpy."""
    member, _, part = name.partition("/")
    with np.load(path) as file:
        return _bare(file[member][part] if part else file[member])


@cache
def csv_matrix(path: Path, name: str) -> Grid:
    """Read a matrix with ``np.genfromtxt``, which takes blanks and tabs for what they are."""
    comma = "," in path.read_text()
    return _bare(np.genfromtxt(path, delimiter="," if comma else None))


@cache
def _table(path: Path) -> np.ndarray:
    return np.genfromtxt(path, delimiter=",", names=True, deletechars="", encoding="utf-8")


def csv_columns(path: Path, name: str) -> Grid:
    """Read a column of a table whose first column may be its coordinate."""
    table = _table(path)
    names = [text.strip('"') for text in table.dtype.names]
    column = table[table.dtype.names[names.index(name)]]
    return Grid(column, (names[0],), (_first(table),), (FLOAT64_EPS,))


def _first(table: np.ndarray) -> np.ndarray | None:
    vector = table[table.dtype.names[0]]
    return vector if (np.diff(vector) > 0).all() else None


def csv_grid(slow: str, fast: str) -> Road:
    """Return a road for tables with one point a row: pivoted, then laid out row for row again."""

    def road(path: Path, name: str) -> Grid:
        table = _table(path)
        order = np.lexsort((table[fast], table[slow]))
        vectors = np.unique(table[slow]), np.unique(table[fast])
        values = table[name][order].reshape([len(vector) for vector in vectors])
        return Grid(values, (slow, fast), vectors, (FLOAT64_EPS,) * 2)

    return road


def results_of(report: Any) -> dict[str, np.ndarray]:
    """Return every result of a run by name, read by another road than gradcli's."""
    axes = [(v, axis) for v in report.variables for axis in v["axes"]]
    names = [axis["result"] for _, axis in axes]
    suffix = Path(report.outputs[0]).suffix
    if suffix in (".nc", ".cdf"):
        return {name: netcdf(Path(report.outputs[0]), name).values for name in names}
    if suffix in (".h5", ".nxs"):
        return {name: hdf5(Path(report.outputs[0]), name).values for name in names}
    if suffix == ".npz":
        return _members(report.outputs[0])
    if suffix == ".npy":
        return {name: np.load(path) for name, path in zip(names, report.outputs, strict=True)}
    if len(report.outputs) == len(names) and not Path(report.outputs[0]).stem.endswith("_gradient"):
        return {
            name: csv_matrix(Path(path), "").values
            for name, path in zip(names, report.outputs, strict=True)
        }
    return _columns(Path(report.outputs[0]), report)


def _members(path: str) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def _columns(path: Path, report: Any) -> dict[str, np.ndarray]:
    table = _table(path)
    by_name = {name.strip('"'): table[name] for name in table.dtype.names}
    results = {}
    for variable in report.variables:
        shape = variable["shape"]
        for axis in variable["axes"]:
            column = by_name[axis["result"]]
            if len(shape) == 2:
                keys = [by_name[name] for name in _grid_names(by_name, shape)]
                column = column[np.lexsort(keys[::-1])].reshape(shape)
            results[axis["result"]] = column
    return results


def _grid_names(columns: dict[str, np.ndarray], shape: list[int]) -> list[str]:
    """Return the coordinate columns in the order of the axes, by how many values they take."""
    counts = {name: len(np.unique(columns[name])) for name in list(columns)[:2]}
    return [next(name for name, count in counts.items() if count == size) for size in shape]


def assert_is_gradient(
    got: np.ndarray,
    grid: Grid,
    axis: int,
    coords: np.ndarray | float,
    rounding: float,
    edge_order: int,
    name: str,
) -> int:
    """Compare with ``np.gradient`` where all its points are valid; elsewhere NaN is right.

    Returns how many points were compared as numbers.

    ``np.gradient`` takes equal steps only where they are equal to the last bit, gradcli where
    they are within the coordinate's rounding: so ulp(x)/h is allowed of the differences.
    """
    values = np.moveaxis(np.asarray(grid.values, "f8"), axis, -1)
    result = np.moveaxis(got, axis, -1)
    assert result.shape == values.shape, name
    wanted = np.gradient(values, coords, axis=-1, edge_order=edge_order)
    valid = _stencil_is_valid(np.isfinite(values), edge_order)
    np.testing.assert_array_equal(np.isnan(result), ~valid, err_msg=f"{name}: missing points")
    step = float(np.abs(np.diff(coords)).min()) if np.ndim(coords) else abs(coords)
    slack = 8 * float(np.finfo(got.dtype).eps)
    slack += 2 * rounding * float(np.abs(coords).max()) / step if np.ndim(coords) else 0.0
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0.0)
    allowed = slack * _jumps(values) / step + 8 * FLOAT64_EPS * largest / step
    off = np.abs(result - wanted) > allowed
    bad = np.argwhere(off & valid)
    assert not len(bad), (
        f"{name}: {len(bad)} points differ, the first at {bad[0]}: "
        f"{result[tuple(bad[0])]!r}, np.gradient {wanted[tuple(bad[0])]!r}"
    )
    return int(valid.sum())


def _stencil_is_valid(known: np.ndarray, edge_order: int) -> np.ndarray:
    valid = known.copy()
    valid[..., 1:-1] &= known[..., :-2] & known[..., 2:]
    valid[..., 0] = known[..., : edge_order + 1].all(axis=-1)
    valid[..., -1] = known[..., -edge_order - 1 :].all(axis=-1)
    return valid


def _jumps(values: np.ndarray) -> np.ndarray:
    """Return the size of the differences that a derivative at each point is made of."""
    between = np.abs(np.diff(values, axis=-1))
    jumps = np.zeros(values.shape)
    jumps[..., :-1] += between
    jumps[..., 1:] += between
    if between.shape[-1] > 1:
        jumps[..., 0] += between[..., 1]
        jumps[..., -1] += between[..., -2]
    return 2 * jumps


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run the command line in this process; return its exit code, stdout and stderr."""
    from gradcli.cli.main import main

    before = signal.getsignal(signal.SIGTERM)
    argv = sys.argv
    sys.argv = ["gradcli", *arguments]
    try:
        with pytest.raises(SystemExit) as left:
            main(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.argv = argv
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err
