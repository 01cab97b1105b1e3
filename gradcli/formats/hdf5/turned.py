"""Longitudes that go on across the seam of a file, as they are copied to an output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradcli.cf import references
from gradcli.errors import UsageError
from gradcli.model.fields import Result
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array

# These limit the stored longitudes, and those beyond a full turn lie outside.
LIMITS = ("valid_min", "valid_max", "valid_range", "actual_range")


class TurnedRows:
    """A variable of the input, with full turns added to the rows beyond the seam.

    Parameters
    ----------
    path : str
    source : netCDF4.Variable or h5py.Dataset
    added : ndarray of float64
        What to add to each row, in the units that are stored.
    """

    def __init__(self, path: str, source: Any, added: Array) -> None:
        self._path, self._source, self._added = path, source, added

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __getitem__(self, window: Any) -> Array:
        values: Array = self._source[window]
        rows = window[0] if isinstance(window, tuple) else window
        added = self._added[rows].reshape(-1, *[1] * (values.ndim - 1))
        moved = values + added
        if values.dtype.kind in "iu":
            moved = np.rint(moved)
            limits = np.iinfo(values.dtype)
            if moved.min() < limits.min or moved.max() > limits.max:
                raise UsageError(
                    f"{self._path}: its type {values.dtype} does not hold longitudes beyond the "
                    "seam of the file; write another format (-o with .csv or .npz)"
                )
        return moved.astype(values.dtype)


def turned_rows(
    path: str, results: Iterable[Result], like: Source, attributes: Mapping[str, Any]
) -> Array | None:
    """Return what to add to the rows of a variable, or None if it stays as it is.

    ``attributes`` are those of the variable; longitudes go on, and so do their bounds.
    """
    for axis in (axis for result in results for axis in result.axes):
        if axis.turned is None or axis.coordinate is None or axis.given:
            continue
        named = references.referenced(like.attributes.get(axis.coordinate, {}), *references.BOUNDS)
        bounds = (references.resolve(axis.coordinate, name, like.attributes) for name in named)
        if path in (axis.coordinate, *bounds):
            packed = np.asarray(
                attributes.get("scale_factor")
                or like.attributes[axis.coordinate].get("scale_factor", 1.0)
            )
            return axis.turned.rows / float(packed.reshape(-1)[0])
    return None


def unlimited(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes without limits that turned longitudes would exceed."""
    return {name: value for name, value in attributes.items() if name not in LIMITS}
