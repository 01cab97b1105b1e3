"""Write results to NetCDF files, with the coordinates and other variables that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gradcli.cf import packing, references
from gradcli.errors import GradcliError, UsageError
from gradcli.formats.beside import Beside, beside, names_beside
from gradcli.formats.copying import copy_window
from gradcli.formats.hdf5.library import h5py, netCDF4, small_caches, stored_name
from gradcli.formats.hdf5.storage import foreign_note, netcdf_options
from gradcli.formats.hdf5.stored_sink import StoredSink
from gradcli.formats.hdf5.turned import TurnedRows, turned_rows, unlimited
from gradcli.formats.hdf5.writers import LibraryWriter, RawWriter, writer_of
from gradcli.formats.netcdf.classic import make_room
from gradcli.formats.netcdf.narrow import Narrow
from gradcli.formats.netcdf.ragged import lengths_in_part
from gradcli.formats.netcdf.source import NetcdfSource, attributes_of, named
from gradcli.formats.netcdf.storage import (
    CLASSIC,
    asked_kind,
    chunks_of,
    dimension_key,
    item_bytes,
    model_for,
    writable,
)
from gradcli.formats.raw import RawArray
from gradcli.model.axes import Axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Result, Storage
from gradcli.model.protocols import Destination, Source
from gradcli.system.paths import close_early

if TYPE_CHECKING:
    from gradcli.model.arrangement import Arrangement

SMALL_BYTES = 2**20


class NetcdfSink(StoredSink):
    """A NetCDF output; data are written block by block, and the file is closed on exit."""

    def __init__(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> None:
        super().__init__(scratch, path, results)
        self._like = like if isinstance(like, NetcdfSource) else None
        self._raw: BinaryIO | None = None
        self._copies: list[tuple[Any, Any, Window, list[Arrangement | None]]] = []
        self._verbatim: list[str] = []
        self._stored: dict[str, Storage] = {}
        self._others = [] if self._like is not None else beside(results, like)
        self._beside: list[tuple[Beside, Any]] = []
        with small_caches():
            self._open(scratch, destination)
            try:
                self._define(destination)
                self._hand_over(scratch)
            except BaseException:
                with suppress(OSError, RuntimeError):
                    self._close()
                raise

    def _open(self, scratch: str, destination: Destination) -> None:
        like = self._like
        model = model_for(self._results, like, destination.keep, destination.path)
        self._narrow = Narrow(model)
        asked = asked_kind(destination.path) is not None
        if like is not None and model in CLASSIC and not asked and model != like.dataset.data_model:
            self.notes.append(
                f"the results do not fit {like.dataset.data_model}; written as {model}"
            )
        try:
            made = _Defining if model in CLASSIC else netCDF4.Dataset
            self._dataset = made(mode="w", format=model, **named(scratch))
        except OSError as error:
            raise self._failure(error) from error
        # Every cell will be written, so filling them first would write each twice.
        self._dataset.set_fill_off()
        self._dataset.set_auto_maskandscale(False)

    def _define(self, destination: Destination) -> None:
        try:
            close_early(self._scratch)
            if self._like is not None:
                self._define_like(self._like, destination)
            else:
                self._define_afresh()
            self.notes += foreign_note(self._stored)
            if destination.history is not None:
                old = attributes_of(self._dataset).get("history")
                lines = [destination.history] + ([str(old)] if old else [])
                self._dataset.setncattr("history", "\n".join(lines))
            if isinstance(self._dataset, _Defining):
                self._dataset.end()
            for source, target, part, made in self._copies:
                if isinstance(source, np.ndarray):
                    target[:] = source
                else:
                    copy_window(source, target, part, chunks_of(source), item_bytes(source), made)
            for other, target in self._beside:
                for window, values in other.pieces():
                    target[window] = values
            self._beside.clear()
        except GradcliError:
            raise
        except (RuntimeError, OSError, ValueError, AttributeError) as error:
            raise self._failure(error) from error

    def _define_like(self, like: NetcdfSource, destination: Destination) -> None:
        paths = list(like.variables) if destination.keep else like.needed_by(self._results)
        taken = {result.name for result in self._results} & set(paths)
        if taken:
            raise UsageError(f"the file has a variable {min(taken)!r} already; use --name")
        self._narrow.refuse_groups([*paths, *(result.name for result in self._results)])
        origins = [result.origin.name for result in self._results]
        carried = [like.variables[path] for path in (*paths, *origins)]
        self._shapes = [variable.dimensions for variable in carried]
        self._unlimited = {
            dim.name for variable in carried for dim in variable.get_dims() if dim.isunlimited()
        }
        windows = {axis.key: axis.file_window for r in self._results for axis in r.axes}
        self._dataset.setncatts(self._writable(attributes_of(like.dataset)))
        # The coordinates of columns may be missing, unlike those of an axis.
        coordinates = {a.coordinate for r in self._results for a in r.axes if a.column is None}
        given = {axis.key.strip("/"): axis for r in self._results for axis in r.axes if axis.given}
        for path in paths:
            if path not in given:
                self._carry(like, path, windows, path in coordinates)
        every = {dimension_key(d): d for var in like.variables.values() for d in var.get_dims()}
        for result in self._results:
            source = like.variables[result.origin.name]
            place = result.origin.stored_axis
            dims = [
                every.get(axis.key) or source.get_dims()[place(index)]
                for index, axis in enumerate(result.axes)
            ]
            self._dimensions(dims, windows)
            self._result(result, tuple(dim.name for dim in dims))
        for path, axis in given.items():
            self._coordinate(path, path.rpartition("/")[2], axis)

    def _carry(self, like: NetcdfSource, path: str, windows: dict[str, slice], bare: bool) -> None:
        """Create a variable to which one of the input will be copied, without decoding it.

        ``bare`` coordinates get no fill value.
        """
        source = like.variables[path]
        attributes = dict(like.attributes[path])
        added = turned_rows(path, self._results, like, attributes)
        if added is not None:
            source, attributes = TurnedRows(path, source, added), unlimited(attributes)
        fill = attributes.pop("_FillValue", None)
        if not (source.dtype is str or isinstance(source.datatype, np.dtype)):
            self.notes.append(f"{path}: left out, because its type is defined by the user")
            return
        self._dimensions(source.get_dims(), windows)
        window = tuple(
            windows.get(dimension_key(dim), slice(0, dim.size)) for dim in source.get_dims()
        )
        shape = tuple(part.stop - part.start for part in window)
        options = {} if source.dtype is str else self._options(path, like.storage(path), shape)
        if source.endian() == "big" and not self._narrow.classic:
            options["endian"] = "big"
        dtype = self._narrow.type_of(path, source)
        if bare or fill is None or dtype is str or not _holds(dtype, fill):
            fill = None
        target = self._dataset.createVariable(
            path, dtype, source.dimensions, fill_value=fill, **options
        )
        target.set_auto_maskandscale(False)
        target.set_auto_chartostring(False)
        target.setncatts(self._writable(attributes))
        made = self._arrangements_of(path, [dimension_key(dim) for dim in source.get_dims()])
        lengths = lengths_in_part(source, attributes, self._results)
        whole = isinstance(source, netCDF4.Variable) and window == _whole(source.shape)
        if lengths is None and whole and not any(made) and self._copies_bytes(path, target):
            self._verbatim.append(path)
        else:
            self._copies.append((source if lengths is None else lengths, target, window, made))

    def _copies_bytes(self, path: str, target: Any) -> bool:
        """Return whether a variable may be copied below the library, when its file is defined."""
        assert self._like is not None
        later = self._dataset.data_model not in CLASSIC and not self._is_small()
        if not later or item_bytes(target) * prod(target.shape) < SMALL_BYTES:
            return False
        return target.chunking() == "contiguous" and self._like.plain_bytes(path) is not None

    def _dimensions(self, dims: Iterable[Any], windows: dict[str, slice]) -> None:
        """Create the dimensions of a variable in the groups that define them."""
        for dim in dims:
            group = self._group(dim.group().path)
            if dim.name not in group.dimensions:
                window = windows.get(dimension_key(dim), slice(0, dim.size))
                may = self._narrow.grows(dim.name, self._shapes, self._unlimited)
                unlimited = dim.isunlimited() and may
                group.createDimension(dim.name, None if unlimited else window.stop - window.start)

    def _group(self, path: str) -> Any:
        inner = path.strip("/")
        if not inner:
            return self._dataset
        group = self._dataset.createGroup(inner)
        if self._like is not None and not group.ncattrs():
            group.setncatts(self._writable(attributes_of(self._like.dataset[path])))
        return group

    def _writable(self, attributes: Any) -> dict[str, Any]:
        return self._narrow.attributes(writable(attributes))

    def _define_afresh(self) -> None:
        self._narrow.refuse_groups(result.name for result in self._results)
        self._dataset.setncattr("Conventions", "CF-1.11")
        names: dict[str, str] = {}
        for result in self._results:
            dims = tuple(
                self._dimension(axis, index, names) for index, axis in enumerate(result.axes)
            )
            self._result(result, dims)
            if told := names_beside(result, self._others):
                self._dataset[result.name].setncattr("coordinates", told)
        for other in self._others:
            dims = tuple(
                self._dimension(axis, index, names) for index, axis in enumerate(other.axes)
            )
            target = self._dataset.createVariable(other.name, other.dtype, dims)
            target.setncatts(other.attributes)
            self._beside.append((other, target))

    def _dimension(self, axis: Axis, index: int, names: dict[str, str]) -> str:
        """Create the dimension of an axis, and a coordinate variable if the axis has values."""
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
            self._coordinate(name, name, axis)
        return name

    def _coordinate(self, path: str, dimension: str, axis: Axis) -> None:
        """Create a coordinate variable from an axis."""
        assert axis.values is not None
        values = axis.values
        if self._dataset.data_model in CLASSIC:
            values = values.astype(np.float64, copy=False)
        coordinate = self._dataset.createVariable(path, values.dtype, (dimension,))
        coordinate.setncatts(axis.words())
        self._copies.append((values, coordinate, (), []))

    def _options(self, name: str, storage: Storage, shape: tuple[int, ...]) -> dict[str, Any]:
        """Return the options of netCDF4 for a variable.

        It chooses chunks itself for records, and where an unlimited dimension has no points yet.
        """
        self._stored[name] = storage
        if self._dataset.data_model in CLASSIC or storage.layout == "records" or 0 in shape:
            return {}
        return netcdf_options(storage, shape)

    def _result(self, result: Result, dims: tuple[str, ...]) -> None:
        fill = packing.result_fill(result.origin.attributes, result.dtype)
        if "/" in result.name:
            self._group("/" + result.name.rpartition("/")[0])
        options = self._options(result.name, result.stored, result.shape)
        var = self._dataset.createVariable(
            result.name, result.dtype, dims, fill_value=fill, **options
        )
        var.set_auto_maskandscale(False)
        like = self._like is not None
        kept = result.attributes if like else references.without_references(result.attributes)
        var.setncatts(self._writable(kept))
        self._fills[result.name] = fill

    def _hand_over(self, scratch: str) -> None:
        """Open the file that netCDF4 has defined again with h5py, which can write raw chunks.

        Small files stay open in netCDF4, and classic files are written by ``pwrite``.
        """
        if self._dataset.data_model in CLASSIC:
            self._hand_over_classic(scratch)
            return
        if self._is_small():
            self._writers |= {r.name: LibraryWriter(self._dataset[r.name]) for r in self._results}
            return
        try:
            self._close()
            self._file = h5py.File(scratch, "r+")
            for path in self._verbatim:
                self._copy_bytes(path, self._file[stored_name(self._file, path)])
            for result in self._results:
                dataset = self._file[stored_name(self._file, result.name)]
                if dataset.shape != result.shape:  # unlimited dimensions
                    dataset.resize(result.shape)
                self._writers[result.name] = writer_of(dataset, self._fills[result.name])
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error

    def _copy_bytes(self, path: str, target: h5py.Dataset) -> None:
        """Copy a variable that both files hold as plain bytes."""
        assert self._like is not None
        plain, into = self._like.plain_bytes(path), writer_of(target, 0)
        if plain is None or not isinstance(into, RawWriter) or not plain.copy_to(into.array):
            source = self._like.variables[path]
            copy_window(source, target, _whole(source.shape), None, item_bytes(source))

    def _is_small(self) -> bool:
        """Return whether opening the file again would take longer than writing its data."""
        sizes = [prod(r.shape) * r.dtype.itemsize for r in self._results]
        plain = all(r.stored.layout == "contiguous" for r in self._results)
        return plain and sum(sizes) <= SMALL_BYTES

    def _hand_over_classic(self, scratch: str) -> None:
        """Write the variables by ``pwrite``, or by the library if the file has records."""
        if any(dim.isunlimited() for dim in self._dataset.dimensions.values()):
            self._writers |= {r.name: LibraryWriter(self._dataset[r.name]) for r in self._results}
            return
        try:
            self._close()
            self._raw = Path(scratch).open("r+b")  # noqa: SIM115
            for name, variable in make_room(scratch).items():
                place = variable.begin, variable.dtype, variable.shape
                self._writers[name] = RawWriter(RawArray(self._raw.fileno(), *place))
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error

    def _finish(self, name: str, attributes: Mapping[str, int]) -> None:
        if self._file is not None:
            for attribute, value in attributes.items():
                self._file[stored_name(self._file, name)].attrs.modify(attribute, value)
            return
        if self._raw is not None:
            self._raw.close()
            self._raw, self._dataset = None, _Defining(mode="r+", **named(self._scratch))
        variable = self._dataset[name]
        for attribute, value in attributes.items():
            # Keep the type: the header then keeps its length, and no data are moved.
            variable.setncattr(attribute, variable.getncattr(attribute).dtype.type(value))

    def _close(self) -> None:
        if self._raw is not None:
            self._raw.close()
        if self._file is not None:
            self._file.close()
        elif self._dataset.isopen():
            self._copies.clear()
            try:
                self._dataset.close()
            except RuntimeError:
                # Deleting the object would try to close it again, which would end the process.
                vars(netCDF4.Dataset)["_isopen"].__set__(self._dataset, 0)
                raise


def _whole(shape: tuple[int, ...]) -> Window:
    return tuple(slice(0, size) for size in shape)


def _holds(dtype: np.dtype[Any], fill: Any) -> bool:
    """Return whether a type can hold a fill value; packing may have left that of the floats."""
    with np.errstate(invalid="ignore", over="ignore"):
        return dtype.kind not in "iu" or bool(np.asarray(fill).astype(dtype) == fill)


class _Defining(netCDF4.Dataset):
    """A classic file that stays in define mode until `end` is called.

    netCDF4 leaves define mode after every definition. The next definition makes the header
    longer, and the library then moves all data behind it, even gigabytes of zeros.
    """

    def _redef(self) -> None:
        pass

    def _enddef(self) -> None:
        pass

    def end(self) -> None:
        """Leave define mode, after which data can be written."""
        super()._enddef()  # type: ignore[misc]
