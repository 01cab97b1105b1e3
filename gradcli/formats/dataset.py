"""An xarray Dataset as a source: what the file formats do for a file, for a dataset in memory."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.limits import limits_of
from gradcli.errors import InputError
from gradcli.formats.described import Described, DescribedSource
from gradcli.formats.registry import DATASET
from gradcli.model.blocks import Window
from gradcli.model.fields import Storage
from gradcli.model.protocols import Hints
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    import xarray as xr

# Attributes that xarray keeps beside a variable, because they name others.
_BESIDE = ("coordinates", "grid_mapping", "bounds", "cell_measures", "formula_terms")


class DatasetSource(DescribedSource):
    """The variables of a dataset, whose values are read when a window of them is asked for.

    Parameters
    ----------
    dataset : xarray.Dataset
        Decoded or not. Dates become numbers with units, as in a file.
    path : str
        What it is called in messages.
    hints : Hints
    locked : bool
        Whether only one window may be read at a time, as for backends that are not thread-safe.
    closing : bool
        Whether the dataset is closed with the source.
    """

    format = DATASET
    description = "xarray"

    def __init__(
        self,
        dataset: xr.Dataset,
        path: str,
        hints: Hints,
        locked: bool = False,
        closing: bool = False,
    ) -> None:
        super().__init__(path, hints)
        self._close = dataset.close if closing else None
        self._lock = Lock() if locked else None
        unknown = [dim for dim, size in dataset.sizes.items() if size != size]
        if unknown:
            raise InputError(
                f"dimension {unknown[0]}: Dask does not know its size; call compute_chunk_sizes() "
                "on its arrays first"
            )
        # Units of time that no file gave and that xarray finds from the dates.
        self.chosen: dict[str, str] = {}
        self._variables = {str(name): _encoded(var) for name, var in dataset.variables.items()}
        for name, var in dataset.variables.items():
            units = str(self._variables[str(name)].attrs.get("units"))
            if "units" not in {*var.attrs, *var.encoding} and self._variables[str(name)] is not var:
                self.chosen[str(name)] = units.partition(" since ")[0].removesuffix("s")
        self.variables = {name: _described(var) for name, var in self._variables.items()}
        self.attributes = {
            name: self._attributes(name, dataset) | hints.said_of(name) for name in self._variables
        }
        self.header = dict(dataset.attrs)
        self.describe()

    def _attributes(self, name: str, dataset: xr.Dataset) -> dict[str, Any]:
        """Return attributes as a file has them, with the names of coordinates among them."""
        var = self._variables[name]
        found = {str(key): value for key, value in var.attrs.items()}
        encoding = dataset.variables[name].encoding
        for key in _BESIDE:
            if key in encoding and key not in found:
                found[key] = encoding[key]
        if name in dataset.data_vars and "coordinates" not in found:
            along = {
                str(other)
                for other, coordinate in dataset.coords.items()
                if other not in dataset.dims and set(coordinate.dims) <= set(var.dims)
            }
            if along:
                found["coordinates"] = " ".join(sorted(along))
        return found | _unpacked_limits(found, encoding)

    def encoded(self, name: str) -> xr.Variable:
        """Return a variable as a file would store it: dates are numbers."""
        return self._variables[name]

    def resolve(self, name: str, other: str) -> str | None:
        """Return the variable that a name refers to: there are no groups."""
        return other if other in self.variables else None

    def group_of(self, name: str) -> str:
        """Return no group, whatever the name."""
        return ""

    def stored(self, name: str, window: Window) -> Array:
        """Return a window of a variable as it is stored."""
        part = self._variables[name][window]
        if self._lock is None:
            return np.asarray(part.values)
        with self._lock:
            return np.asarray(part.values)

    def close(self) -> None:
        """Close the file of the dataset, if it was opened for this source."""
        if self._close is not None:
            self._close()


def _described(var: xr.Variable) -> Described:
    chunks = None if var.chunks is None else tuple(max(1, sizes[0]) for sizes in var.chunks)
    layout = "contiguous" if chunks is None else "chunked"
    storage = Storage(layout, chunks, item=var.dtype.itemsize)
    return Described(tuple(map(str, var.dims)), var.shape, var.dtype, storage)


def _unpacked_limits(attributes: Mapping[str, Any], encoding: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits of values that xarray has unpacked, whose limits it left packed.

    Limits that are no whole numbers are those of values already.

    >>> _unpacked_limits({"valid_min": np.int16(10)}, {"scale_factor": 0.5, "add_offset": 1.0})
    {'valid_min': None, 'valid_max': None, 'valid_range': [5.75, inf]}
    """
    scale, offset = encoding.get("scale_factor", 1.0), encoding.get("add_offset", 0.0)
    unsigned = str(encoding.get("_Unsigned")).lower() == "true"
    low, high = limits_of(attributes)
    given = [limit for limit in (low, high) if limit is not None]
    packed = unsigned or not {"scale_factor", "add_offset"}.isdisjoint(encoding)
    if not packed or not given or any(limit.dtype.kind not in "iu" for limit in given):
        return {}
    if unsigned:
        low, high = (n if n is None else n.view(f"u{n.dtype.itemsize}") for n in (low, high))
    # Half a step of the packed numbers is more than rounding can move a value.
    low = -np.inf if low is None else float(low) - 0.5
    high = np.inf if high is None else float(high) + 0.5
    ends = sorted(float(end * scale + offset) for end in (low, high))
    return {"valid_min": None, "valid_max": None, "valid_range": ends}


def _encoded(var: xr.Variable) -> xr.Variable:
    """Return dates and lengths of time as numbers with units, as a file has them."""
    import xarray as xr

    if var.dtype.kind in "mM" or (var.dtype.kind == "O" and _are_dates(var)):
        made = xr.conventions.encode_cf_variable(var)
        if made.dtype.kind == "i" and var.dtype.kind in "mM":  # else NaT would be a number
            made.attrs["_FillValue"] = made.dtype.type(np.iinfo(np.int64).min)
        return made
    return var


def _are_dates(var: xr.Variable) -> bool:
    """Return whether a variable of objects holds dates of a calendar of models."""
    from gradcli.cf.dates import is_calendar_date

    first = var[(0,) * var.ndim].values if var.size else None
    return is_calendar_date(getattr(first, "item", lambda: first)())
