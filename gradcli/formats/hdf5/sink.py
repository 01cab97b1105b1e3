"""Write results to HDF5 files, with the coordinates and other datasets that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from gradcli.cf import packing, references
from gradcli.errors import GradcliError, UsageError
from gradcli.formats.beside import Beside, beside, names_beside
from gradcli.formats.copying import copy_window
from gradcli.formats.hdf5.attributes import attributes_of
from gradcli.formats.hdf5.library import h5py
from gradcli.formats.hdf5.links import refuse_outside
from gradcli.formats.hdf5.source import Hdf5Source, windows_of
from gradcli.formats.hdf5.storage import foreign_note, hdf5_options, storage_of
from gradcli.formats.hdf5.stored_sink import StoredSink
from gradcli.formats.hdf5.turned import TurnedRows, turned_rows, unlimited
from gradcli.formats.hdf5.writers import writer_of
from gradcli.model.axes import Axis
from gradcli.model.fields import Result, Storage
from gradcli.model.protocols import Destination, Source
from gradcli.system.paths import close_early


class Hdf5Sink(StoredSink):
    """An HDF5 output; data are written block by block, and the file is closed on exit."""

    def __init__(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> None:
        super().__init__(scratch, path, results)
        self._like = like if isinstance(like, Hdf5Source) else None
        self._others = [] if self._like is not None else beside(results, like)
        self._scales: dict[str, str] = {}
        self._stored: dict[str, Storage] = {}
        self._moved: dict[str, str] = {}  # tables, and where --keep writes them
        try:
            self._file = h5py.File(scratch, "w")
        except OSError as error:
            raise self._failure(error) from error
        try:
            close_early(scratch)
            self._define(destination)
        except BaseException as error:
            with suppress(OSError, RuntimeError):
                self._file.close()
            known = isinstance(error, GradcliError)
            if known or not isinstance(error, (OSError, RuntimeError, ValueError)):
                raise
            raise self._failure(error) from error

    def _finish(self, name: str, attributes: Mapping[str, int]) -> None:
        for attribute, value in attributes.items():
            self._file[name].attrs.modify(attribute, value)

    def _close(self) -> None:
        self._file.close()

    def _define(self, destination: Destination) -> None:
        if self._like is not None:
            self._file.attrs.update(attributes_of(self._like.file))
            windows = windows_of(self._results)
            for path in self._carried(self._like, destination.keep):
                self._carry(self._like, path, windows)
            if destination.keep:
                self._describe_groups(self._like)
        for result in self._results:
            self._result(result)
        for other in self._others:
            self._write_beside(other)
        self.notes += foreign_note(self._stored)
        if destination.history is not None:
            old = self._file.attrs.get("history")
            self._file.attrs["history"] = "\n".join(
                [destination.history] + ([str(old)] if old else [])
            )

    def _write_beside(self, other: Beside) -> None:
        """Write a coordinate over several axes, from another format."""
        target = self._file.create_dataset(other.name, other.shape, other.dtype)
        self._attributes(target, other.attributes)
        for index, axis in enumerate(other.axes):
            self._tie(target, index, self._scale(axis, index), axis.name or "")
        for window, values in other.pieces():
            target[window] = values

    def _carried(self, like: Hdf5Source, everything: bool) -> list[str]:
        """Return the datasets to copy: all of them, or scales and those that attributes name."""
        wanted: dict[str, bool] = {}
        for result in self._results:
            origin = result.origin.name
            for index, axis in enumerate(result.axes):
                if not axis.given:
                    place = result.origin.stored_axis(index)
                    wanted |= dict.fromkeys(like.scales(origin, place), True)
            names = references.referenced(result.attributes, *references.REFERENCES)
            for name in names:
                found = references.resolve(origin, name, like.datasets)
                if found:
                    wanted[found] = True
        for path in list(wanted):
            for name in references.referenced(like.attributes[path], *references.BOUNDS):
                found = references.resolve(path, name, like.datasets)
                if found:
                    wanted[found] = True
        taken = {result.name for result in self._results} & set(
            like.datasets if everything else wanted
        )
        if taken:
            raise UsageError(f"the file has a dataset {min(taken)!r} already; use --name")
        # A vector that stands along an axis is written as it was used: cut, or put in order.
        beside = {
            axis.coordinate
            for result in self._results
            for index, axis in enumerate(result.axes)
            if axis.coordinate in like.datasets
            and not axis.given
            and like.datasets[axis.coordinate].ndim == 1
            and not like.scales(result.origin.name, result.origin.stored_axis(index))
        } - {result.origin.name for result in self._results}
        carried = [p for p in like.datasets if (everything and p not in beside) or p in wanted]
        self._move_tables(like, carried)
        # Copy scales first, because the others are attached to them.
        return sorted(carried, key=lambda path: not h5py.h5ds.is_scale(like.datasets[path].id))

    def _describe_groups(self, like: Hdf5Source) -> None:
        """Copy the attributes of groups, which name their signals and axes, for example."""
        groups: list[str] = []
        self._file.visit(groups.append)
        for path in groups:
            if isinstance(self._file[path], h5py.Group) and path in like.groups:
                self._file[path].attrs.update(attributes_of(like.groups[path]))

    def _move_tables(self, like: Hdf5Source, carried: Iterable[str]) -> None:
        """Find names for the tables whose columns were differentiated, within their groups.

        Their results lie in groups of their names, because a column is named by table and column.
        """
        groups = {result.origin.group.rstrip("/") for result in self._results}
        taken = {result.name for result in self._results} | set(like.columns)
        for table in sorted(groups & set(carried)):
            name = f"{table}/{table.rpartition('/')[2]}_table"
            while name in taken:
                name += "_"
            self._moved[table] = name
            self.notes.append(
                f"--keep: the table {table} is written as {name}, beside the results of its columns"
            )

    def _carry(self, like: Hdf5Source, path: str, windows: Mapping[str, slice]) -> None:
        """Copy a dataset without decoding it: an array of numbers in pieces, others as a whole."""
        source = like.datasets[path]
        refuse_outside(path, source)
        if path not in like.fields:
            if source.dtype.kind == "O" and not h5py.check_string_dtype(source.dtype):
                self.notes.append(f"{path}: left out, because its references would lead nowhere")
                return
            keys = {key for i in range(len(source.shape or ())) for key in like.scales(path, i)}
            if keys & set(self._arrangements):
                self.notes.append(
                    f"{path}: left out, because its rows are not numbers, which could be put in "
                    "order"
                )
                return
            target = self._moved.get(path, path)
            like.file.copy(
                source,
                self._file.require_group(target.rpartition("/")[0] or "/"),
                name=target.rpartition("/")[2],
            )
            _forget_ties(self._file[target])
            if target == path:
                self._retie(like, path, source)
            return
        axes = like.fields[path].axes
        window = tuple(windows.get(axis.key, axis.file_window) for axis in axes)
        shape = tuple(part.stop - part.start for part in window)
        storage = self._stored[path] = storage_of(source)
        options = hdf5_options(storage, shape)
        target = self._file.create_dataset(
            path, shape, source.dtype, **options, fillvalue=source.fillvalue
        )
        added = turned_rows(path, self._results, like, like.attributes[path])
        kept = like.attributes[path] if added is None else unlimited(like.attributes[path])
        self._attributes(target, kept)
        self._retie(like, path, source)
        rows = source if added is None else TurnedRows(path, source, added)
        made = self._arrangements_of(path, [axis.key for axis in axes])
        copy_window(rows, target, window, source.chunks, source.dtype.itemsize, made)

    def _retie(self, like: Hdf5Source, path: str, source: Any) -> None:
        """Mark a copied scale as a scale; attach to another dataset the scales copied before."""
        target = self._file[path]
        if h5py.h5ds.is_scale(source.id):
            name = h5py.h5ds.get_scale_name(source.id).decode("utf-8", "replace")
            target.make_scale(name)
            return
        for index in range(len(source.shape)):
            self._tie(target, index, like.scales(path, index), source.dims[index].label)

    def _tie(self, target: Any, index: int, scales: list[str], label: str) -> None:
        for scale in scales:
            if scale in self._file and target.name.strip("/") != scale:
                target.dims[index].attach_scale(self._file[scale])
        if label:
            target.dims[index].label = label

    def _attributes(self, target: Any, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            target.attrs[name] = value

    def _result(self, result: Result) -> None:
        like = self._like
        self._stored[result.name] = result.stored
        options = hdf5_options(result.stored, result.shape)
        fill = packing.result_fill(result.origin.attributes, result.dtype)
        # Every cell will be written, so filling them first would write each twice.
        target = self._file.create_dataset(
            result.name, result.shape, result.dtype, fillvalue=fill, fill_time="never", **options
        )
        kept = (
            result.attributes
            if like is not None
            else references.without_references(result.attributes)
        )
        self._attributes(target, kept)
        if names := names_beside(result, self._others):
            target.attrs["coordinates"] = names
        if "_FillValue" in result.origin.attributes:
            target.attrs["_FillValue"] = fill
        for index, axis in enumerate(result.axes):
            place = result.origin.stored_axis(index)
            scales = [] if like is None else like.scales(result.origin.name, place)
            if like is not None and scales and not axis.given:
                # Of several scales the first keeps its place, and its name, if another was taken.
                first = axis.others and like.fields[result.origin.name].axes[place]
                self._tie(target, index, scales, (first or axis).name or "")
            else:
                self._tie(target, index, self._scale(axis, index), axis.name or "")
        self._writers[result.name] = writer_of(target, fill)
        self._fills[result.name] = fill

    def _scale(self, axis: Axis, index: int) -> list[str]:
        """Return the scale for an axis from another format; create it if there are coordinates."""
        if axis.values is None:
            return []
        own = axis.coordinate if self._like is not None and not axis.given else None
        if own is not None:
            return self._beside(own, axis)
        if axis.key not in self._scales:
            group = axis.key.rpartition("/")[0] if axis.given and "#" not in axis.key else ""
            name = f"{group}/{(axis.name or f'axis_{index}').replace('/', '_')}".strip("/")
            while name in self._file:
                name += "_"
            scale = self._file.create_dataset(name, data=axis.values)
            scale.make_scale(name.rpartition("/")[2])
            self._attributes(scale, axis.words())
            self._scales[axis.key] = name
        return [self._scales[axis.key]]

    def _beside(self, path: str, axis: Axis) -> list[str]:
        """Return the scale for an array that lies beside a field, tied to it by its length."""
        while path not in self._scales and path in self._file and not self._same(path, axis):
            path += "_"
        if path not in self._scales:
            if path not in self._file:
                self._file.create_dataset(path, data=axis.values)
                self._attributes(self._file[path], axis.words())
            if not h5py.h5ds.is_scale(self._file[path].id):
                self._file[path].make_scale(path.rpartition("/")[2])
            self._scales[path] = path
        return [path]

    def _same(self, path: str, axis: Axis) -> bool:
        return isinstance(self._file[path], h5py.Dataset) and self._file[path].shape == (axis.size,)


def _forget_ties(target: Any) -> None:
    for name in ("DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"):
        if name in target.attrs:
            del target.attrs[name]
