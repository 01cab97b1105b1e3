"""The NetCDF files of a series as one file, for the sink that copies what goes with results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.formats.hdf5.library import LOCK, translated
from gradcli.formats.netcdf.source import NetcdfSource
from gradcli.formats.netcdf.storage import dimension_key
from gradcli.formats.netcdf.twin import TwinSource
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    from gradcli.formats.series.source import SeriesSource

# Attributes of stored numbers, which decoded ones do not have.
PACKING = (
    "scale_factor",
    "add_offset",
    "missing_value",
    "valid_min",
    "valid_max",
    "valid_range",
    "_Unsigned",
)


class JoinedDimension:
    """The dimension along which files are joined, in its full length."""

    def __init__(self, dim: Any, size: int) -> None:
        self._dim, self.size = dim, size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dim, name)

    def __len__(self) -> int:
        return self.size


class JoinedVariable:
    """A variable along that dimension: as stored where all files store it alike, else decoded.

    Parameters
    ----------
    path : str
    variable : netCDF4.Variable
        Of the first file.
    place : int
        The index of the dimension.
    series : SeriesSource
    """

    def __init__(self, path: str, variable: Any, place: int, series: SeriesSource) -> None:
        self._path, self._variable, self._place, self._series = path, variable, place, series
        self._decoded = path in series.fields and not series.is_alike(path)
        said = series.attributes[path]
        self._packed = "scale_factor" in said or "add_offset" in said
        if self._decoded:
            coordinate = path == series.coordinate
            values = series.axis.values
            assert values is not None
            self.dtype = values.dtype if coordinate else series.fields[path].dtype
            self.datatype = self.dtype

    @property
    def decoded(self) -> bool:
        """Whether values are decoded, in the units of the first file."""
        return self._decoded

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each dimension."""
        own = self._variable.shape
        size: int = self._series.axis.size
        return (*own[: self._place], size, *own[self._place + 1 :])

    def get_dims(self) -> tuple[Any, ...]:
        """Return the dimensions, one of them in its full length."""
        dims = list(self._variable.get_dims())
        dims[self._place] = JoinedDimension(dims[self._place], self._series.axis.size)
        return tuple(dims)

    def endian(self) -> str:
        """Return the byte order."""
        return "native" if self._decoded else str(self._variable.endian())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._variable, name)

    def __getitem__(self, window: Any) -> Array:
        if window is Ellipsis:
            window = tuple(slice(0, size) for size in self.shape)
        if isinstance(window, slice):
            window = (window, *(slice(0, size) for size in self.shape[1:]))
        if self._path == self._series.coordinate and (self._decoded or not self._packed):
            assert self._series.axis.values is not None
            values: Array = self._series.axis.values[window[0]].astype(self.dtype)
            return values
        if not self._decoded:
            return self._stored(window)
        return self._series.read(self._path, window)

    def _stored(self, window: tuple[slice, ...]) -> Array:
        place = self._place
        pieces = []
        for index, rows, _ in self._series.across(window[place]):
            inside = (*window[:place], rows, *window[place + 1 :])
            with self._series.members.using(index) as source:
                if self._path in source.fields and isinstance(source, TwinSource):
                    pieces.append(source.raw(self._path, inside))
                    continue
                full = source.full() if isinstance(source, TwinSource) else source
                assert isinstance(full, NetcdfSource)
                with LOCK, translated(f"{self._path}: cannot be read"):
                    pieces.append(np.asarray(full.variables[self._path][inside]))
        return np.concatenate(pieces, axis=place)


def joined_source(series: SeriesSource) -> NetcdfSource:
    """Return the first file of a series with its variables and fields in their full length."""
    first = series.members.open(0)
    assert isinstance(first, NetcdfSource)
    attributes = dict(first.attributes)
    for path, variable in list(first.variables.items()):
        keys = [dimension_key(dim) for dim in variable.get_dims()]
        if series.axis.key not in keys:
            continue
        # Not every file has it, or as words, of which each format has its own kind.
        if path not in series.fields and (path in first.fields or series.is_mixed):
            del first.variables[path]
            continue
        made = JoinedVariable(path, variable, keys.index(series.axis.key), series)
        first.variables[path] = made
        if made.decoded:
            kept = {k: v for k, v in attributes[path].items() if k not in PACKING}
            if "_FillValue" in kept:
                kept["_FillValue"] = np.dtype(made.dtype).type(np.nan)
            attributes[path] = kept
    first.attributes = attributes
    first.fields = dict(series.fields)
    return first
