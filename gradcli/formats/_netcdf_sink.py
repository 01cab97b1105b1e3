"""NetCDF files being written: results, and what of the input goes with them."""

from __future__ import annotations

from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import OutputError, UsageError
from gradcli.formats import _packing
from gradcli.formats._chunks import Writer, writer_of
from gradcli.formats._hdf5 import LOCK, h5py, netCDF4, stored_name
from gradcli.formats.netcdf import NetcdfSource, attributes_of
from gradcli.model import Axis, Carry, Packet, Result, Source, Window
from gradcli.plan import Need, cut

Array = NDArray[Any]

COPY_BYTES = 16 * 2**20
HEADER_ROOM = 2**20  # attributes and coordinates beside the results of a classic file
CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


class NetcdfSink:
    """A NetCDF file; its data are written block by block, it is closed on exit."""

    def __init__(
        self, scratch: str, path: str, results: list[Result], like: Source, carry: Carry
    ) -> None:
        self.notes: list[str] = []
        self._path = path
        self._results = results
        self._like = like if isinstance(like, NetcdfSource) else None
        self._writers: dict[str, Writer | _Classic] = {}
        self._types = {result.name: result.dtype for result in results}
        self._fills: dict[str, Any] = {}
        self._file: h5py.File | None = None
        with LOCK:
            self._open(scratch)
            try:
                self._define(carry)
                self._hand_over(scratch)
            except BaseException:
                self._close()
                raise

    def _open(self, scratch: str) -> None:
        model = _model(self._results, self._like)
        if self._like is not None and model != self._like.dataset.data_model:
            self.notes.append(
                f"the results do not fit {self._like.dataset.data_model}; written as {model}"
            )
        try:
            self._dataset = netCDF4.Dataset(scratch, "w", format=model)
        except OSError as error:
            raise self._failure(error) from error
        # Every cell is written once: filling first would write each twice.
        self._dataset.set_fill_off()
        self._dataset.set_auto_maskandscale(False)

    def _define(self, carry: Carry) -> None:
        try:
            if self._like is not None:
                self._define_like(self._like, carry)
            else:
                self._define_afresh()
            if carry.history is not None:
                old = attributes_of(self._dataset).get("history")
                lines = [carry.history] + ([str(old)] if old else [])
                self._dataset.setncattr("history", "\n".join(lines))
        except (RuntimeError, OSError, ValueError) as error:
            raise self._failure(error) from error

    def _define_like(self, like: NetcdfSource, carry: Carry) -> None:
        paths = list(like.variables) if carry.everything else like.needed_by(self._results)
        taken = {result.name for result in self._results} & set(paths)
        if taken:
            raise UsageError(f"the file has a variable {min(taken)!r} already; use --name")
        windows = {axis.key: axis.file_window for r in self._results for axis in r.axes}
        self._dataset.setncatts(_writable(attributes_of(like.dataset)))
        coordinates = {axis.coordinate for r in self._results for axis in r.axes}
        for path in paths:
            self._carry(like, path, windows, path in coordinates)
        for result in self._results:
            source = like.variables[result.origin.name]
            self._dimensions(source, windows)
            self._result(result, source.dimensions, _storage_of(source, result.shape))

    def _carry(self, like: NetcdfSource, path: str, windows: dict[str, slice], bare: bool) -> None:
        """Copy a variable as it is stored, in pieces; a coordinate without its fill value."""
        source = like.variables[path]
        attributes = dict(like.attributes[path])
        fill = attributes.pop("_FillValue", None)
        if not (source.dtype is str or isinstance(source.datatype, np.dtype)):
            self.notes.append(f"{path}: is left out, its type is defined by the user")
            return
        self._dimensions(source, windows)
        window = tuple(windows.get(_key(dim), slice(0, dim.size)) for dim in source.get_dims())
        shape = tuple(part.stop - part.start for part in window)
        options = _storage_of(source, shape) if source.dtype is not str else {}
        if bare or fill is None or source.dtype is str:
            fill = None
        target = self._dataset.createVariable(
            path, source.dtype, source.dimensions, fill_value=fill, **options
        )
        target.set_auto_maskandscale(False)
        target.set_auto_chartostring(False)
        target.setncatts(_writable(attributes))
        _copy(source, target, window)

    def _dimensions(self, source: Any, windows: dict[str, slice]) -> None:
        """Create the dimensions of a variable in the groups that define them."""
        for dim in source.get_dims():
            group = self._group(dim.group().path)
            if dim.name not in group.dimensions:
                window = windows.get(_key(dim), slice(0, dim.size))
                unlimited = dim.isunlimited()
                group.createDimension(dim.name, None if unlimited else window.stop - window.start)

    def _group(self, path: str) -> Any:
        inner = path.strip("/")
        if not inner:
            return self._dataset
        group = self._dataset.createGroup(inner)
        if self._like is not None and not group.ncattrs():
            group.setncatts(_writable(attributes_of(self._like.dataset[path])))
        return group

    def _define_afresh(self) -> None:
        self._dataset.setncattr("Conventions", "CF-1.11")
        names: dict[str, str] = {}
        for result in self._results:
            dims = tuple(
                self._dimension(axis, index, names) for index, axis in enumerate(result.axes)
            )
            self._result(result, dims, {"contiguous": True} if result.axes else {})

    def _dimension(self, axis: Axis, index: int, names: dict[str, str]) -> str:
        """Create the dimension of an axis, and its coordinate where it has one."""
        key = f"{axis.key}\0{axis.file_window}"
        if key in names:
            return names[key]
        name = (axis.name or f"dim_{index}").replace("/", "_")
        while name in self._dataset.dimensions:
            if axis.name is None and len(self._dataset.dimensions[name]) == axis.size:
                names[key] = name
                return name
            name += "_"
        names[key] = name
        self._dataset.createDimension(name, axis.size)
        if axis.values is not None:
            coordinate = self._dataset.createVariable(name, "f8", (name,))
            words = {
                "units": axis.units,
                "standard_name": axis.standard_name,
                "long_name": axis.long_name,
                "calendar": axis.calendar,
                "axis": axis.role.upper() if axis.role else None,
            }
            coordinate.setncatts({key: word for key, word in words.items() if word})
            coordinate[:] = axis.values
        return name

    def _result(self, result: Result, dims: tuple[str, ...], options: dict[str, Any]) -> None:
        fill = _packing.result_fill(result.origin.attributes, result.dtype)
        if "/" in result.name:
            self._group("/" + result.name.rpartition("/")[0])
        var = self._dataset.createVariable(
            result.name, result.dtype, dims, fill_value=fill, **options
        )
        var.set_auto_maskandscale(False)
        var.setncatts(_writable(result.attributes))
        self._fills[result.name] = fill

    def _hand_over(self, scratch: str) -> None:
        """Open what netCDF4 has defined with h5py, which places chunks; classic files stay."""
        if self._dataset.data_model in CLASSIC:
            self._writers |= {r.name: _Classic(self._dataset[r.name]) for r in self._results}
            return
        self._dataset.close()
        try:
            self._file = h5py.File(scratch, "r+")
            for result in self._results:
                dataset = self._file[stored_name(self._file, result.name)]
                if dataset.shape != result.shape:  # unlimited dimensions
                    dataset.resize(result.shape)
                self._writers[result.name] = writer_of(dataset, self._fills[result.name])
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self._dataset.isopen():
            self._dataset.close()

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Convert a block to the type of its variable, missing values to its fill value."""
        values = values.astype(self._types[name], copy=False)
        values = _packing.filled(values, self._fills[name])
        return Packet(name, window, self._writers[name].pack(window, values))

    def put(self, packet: Packet) -> None:
        """Write a block in its place."""
        try:
            self._writers[packet.name].put(packet.window, packet.payload)
        except (RuntimeError, OSError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> OutputError:
        return OutputError(f"{self._path}: cannot be written: {error} (is the disk full?)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        try:
            with LOCK:
                self._close()
        except (RuntimeError, OSError) as error:
            if kind is None:
                raise self._failure(error) from error


class _Classic:
    """Windows of a variable in a classic file, by the library."""

    def __init__(self, variable: Any) -> None:
        self._variable = variable

    def pack(self, window: Window, values: Array) -> Array:
        return values

    def put(self, window: Window, payload: Array) -> None:
        with LOCK:
            self._variable[window] = payload


def _model(results: list[Result], like: NetcdfSource | None) -> Any:
    """Return the kind of file: the input's, or the next that holds the results."""
    if like is None:
        return "NETCDF4"
    model = str(like.dataset.data_model)
    if model not in CLASSIC:
        return model
    sizes = [prod(r.shape) * r.dtype.itemsize for r in results]
    if model == CLASSIC[0] and sum(sizes) + HEADER_ROOM >= 2**31:
        model = CLASSIC[1]
    if model == CLASSIC[1] and max(sizes) >= 2**32 - HEADER_ROOM:
        model = CLASSIC[2]
    return model


def _key(dim: Any) -> str:
    return f"{dim.group().path.strip('/')}/{dim.name}"


def _storage_of(source: Any, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return how a result is to be stored: in chunks and with filters as its source."""
    filters = source.filters()
    if filters is None or not shape:
        return {}
    chunking = source.chunking()
    if chunking == "contiguous":
        return {"contiguous": True}
    options: dict[str, Any] = {
        "chunksizes": [max(1, min(c, n)) for c, n in zip(chunking, shape, strict=True)]
    }
    compressed = [k for k in ("zlib", "szip", "zstd", "bzip2", "blosc") if filters.get(k)]
    if compressed:
        level = filters.get("complevel") if filters.get("zlib") else 4
        options |= {"zlib": True, "complevel": level or 4}
        options["shuffle"] = bool(filters.get("shuffle")) or not filters.get("zlib")
    options["fletcher32"] = bool(filters.get("fletcher32"))
    return options


def _copy(source: Any, target: Any, window: Window) -> None:
    """Copy a window of a variable as it is stored, in pieces of bounded size."""
    if not window:
        target[...] = source[...]
        return
    shape = tuple(part.stop - part.start for part in window)
    if 0 in shape:
        return
    item = 64 if source.dtype is str else np.dtype(source.dtype).itemsize
    chunking = source.chunking()
    unit = tuple(chunking) if isinstance(chunking, (list, tuple)) else (1,) * len(shape)
    need = Need(shape, unit, (0,) * len(shape), item, item)
    grid = cut(need, COPY_BYTES) or cut(need, need.cost(unit))
    assert grid is not None
    for part in grid.windows():
        inside = tuple(
            slice(w.start + p.start, w.start + p.stop) for w, p in zip(window, part, strict=True)
        )
        target[part] = source[inside]


def _writable(attributes: Any) -> dict[str, Any]:
    """Return attributes in types that every kind of NetCDF file holds."""
    return {
        name: np.int32(value) if isinstance(value, int) else value
        for name, value in attributes.items()
        if name not in ("_NCProperties", "_FillValue")
    }
