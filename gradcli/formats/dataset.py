"""An xarray Dataset as a source: what the file formats do for a file, for a dataset in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf import packing, references
from gradcli.cf.limits import limits_of
from gradcli.cf.roles import make_axis, role_of
from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.registry import DATASET
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Storage, text
from gradcli.model.protocols import Hints
from gradcli.numerics.dtypes import Array

if TYPE_CHECKING:
    import xarray as xr

# Attributes that xarray keeps beside a variable, because they name others.
_BESIDE = ("coordinates", "grid_mapping", "bounds", "cell_measures", "formula_terms")


class DatasetSource(Traits):
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
        self.path = path
        self._close = dataset.close if closing else None
        self.notes: list[str] = []
        self._hints = hints
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
        self.attributes: Mapping[str, Mapping[str, Any]] = {
            name: self._attributes(name, dataset) | hints.said_of(name) for name in self._variables
        }
        self.header = dict(dataset.attrs)
        self._axes: dict[tuple[str, str | None], Axis] = {}
        self._decodings = {
            name: self._decoding(name)
            for name, var in self._variables.items()
            if var.dtype.kind in "iufcb"
        }
        self.words_in = {
            name: str(var.dims[0])
            for name, var in self._variables.items()
            if var.dtype.kind in "SUO" and var.ndim == 1
        }
        left = [n for n in self._variables if n not in self._decodings and n not in self.words_in]
        self.notes += [f"{name}: is left alone, it holds no numbers" for name in left]
        dimensions = {name: self._dims(name) for name in self._variables}
        shapes = {name: var.shape for name, var in self._variables.items()}
        kinds = references.kinds(self.attributes, dimensions, shapes)
        self.fields: Mapping[str, Field] = {
            name: self._field(name, kinds.get(name, "data")) for name in self._decodings
        }

    def _dims(self, name: str) -> tuple[str, ...]:
        return tuple(map(str, self._variables[name].dims))

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

    def _decoding(self, name: str) -> packing.Decoding | None:
        var = self._variables[name]
        if var.dtype.kind in "cb":
            return None
        return packing.decoding(
            var.dtype, self.attributes[name], None, name, self._hints.valid_range
        )

    def encoded(self, name: str) -> xr.Variable:
        """Return a variable as a file would store it: dates are numbers."""
        return self._variables[name]

    def decodings_of(self, names: Iterable[str]) -> dict[str, packing.Decoding]:
        """Return the rules by which stored numbers are decoded, where there are any."""
        rules = ((name, self._decodings[name]) for name in names)
        return {name: rule for name, rule in rules if rule is not None}

    def _field(self, name: str, kind: str) -> Field:
        var, rule, attributes = self._variables[name], self._decodings[name], self.attributes[name]
        stored = var.dtype
        chunks = _chunks(var)
        worked = np.dtype("f8") if stored.kind == "b" else stored
        return Field(
            name=name,
            axes=tuple(self._axis(name, dim, size) for dim, size in self._sizes(name)),
            stored=stored.name,
            dtype=worked if rule is None else rule.dtype,
            result_dtype=worked if rule is None else rule.result,
            units=text(attributes.get("units")),
            attributes=attributes,
            storage=Storage("chunked" if chunks else "contiguous", chunks, item=stored.itemsize),
            kind=kind,
            missing="NaN" if rule is None else rule.describe(),
            cell_bytes=16 if rule is None else rule.cell_bytes(stored),
            precision=2.0**-52 if rule is None else rule.precision(stored),
            unheeded=() if rule is None else rule.unheeded,
        )

    def _sizes(self, name: str) -> list[tuple[str, int]]:
        return list(zip(self._dims(name), self._variables[name].shape, strict=True))

    def _axis(self, name: str, dim: str, size: int) -> Axis:
        coordinate = self._coordinate(name, dim)
        if (dim, coordinate) not in self._axes:
            made = make_axis(dim, size, dim)
            if coordinate is not None:
                values, stored = self._vector(coordinate), self._variables[coordinate].dtype
                said = self.attributes[coordinate]
                made = make_axis(dim, size, dim, coordinate, values, said, stored)
            self._axes[dim, coordinate] = made
        return self._axes[dim, coordinate]

    def _coordinate(self, name: str, dim: str) -> str | None:
        """Return the coordinate of a dimension for a variable, or None."""
        if self._is_vector(dim, dim):
            return dim
        named = references.referenced(self.attributes[name], "coordinates")
        fitting = [other for other in named if self._is_vector(other, dim)]
        with_role = [other for other in fitting if role_of(self.attributes[other])]
        for candidates in (with_role, fitting):
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _is_vector(self, name: str, dim: str) -> bool:
        return self._decodings.get(name) is not None and self._dims(name) == (dim,)

    def _vector(self, name: str) -> Array:
        rule = self._decodings[name]
        assert rule is not None
        return rule.coordinates(self._raw(name, (slice(None),) * self._variables[name].ndim))

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        field = self.fields[name]
        return Vector(self._vector(name), field.precision, field.units)

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        return self._raw(name, (slice(None),)).astype(str)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable, decoded; never a view of the dataset."""
        raw, rule = self._raw(name, window), self._decodings[name]
        if rule is None:
            return raw.astype(self.fields[name].dtype)
        return rule.decode(raw.copy())

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        rule = self._decodings[name]
        return rule is not None and rule.hides(self._raw(name, window))

    def _raw(self, name: str, window: Window) -> Array:
        part = self._variables[name][window]
        if self._lock is None:
            return np.asarray(part.values)
        with self._lock:
            return np.asarray(part.values)

    def close(self) -> None:
        """Close the file of the dataset, if it was opened for this source."""
        if self._close is not None:
            self._close()


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


def _chunks(var: xr.Variable) -> tuple[int, ...] | None:
    """Return the shape of the chunks of a variable, which is that of the first."""
    if var.chunks is None:
        return None
    return tuple(max(1, sizes[0]) for sizes in var.chunks)
