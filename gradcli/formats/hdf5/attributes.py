"""The attributes of objects of an HDF5 file, as numbers and text."""

from __future__ import annotations

from typing import Any

import numpy as np

# Attributes that the libraries write to link datasets; in the output they are written anew.
PLUMBING = {
    "CLASS",
    "NAME",
    "REFERENCE_LIST",
    "DIMENSION_LIST",
    "DIMENSION_LABELS",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
    "_NCProperties",
    "_nc3_strict",
}


def attributes_of(item: Any) -> dict[str, Any]:
    """Return the attributes of an object that are numbers or text."""
    found: dict[str, Any] = {}
    for name in item.attrs:
        if name in PLUMBING or not isinstance(name, str):  # bytes that are not valid text
            continue
        try:
            value = item.attrs[name]
        except Exception:  # h5py raises many kinds of exceptions
            continue
        if isinstance(value, bytes):
            found[name] = value.decode("utf-8", "replace")
        elif isinstance(value, str) or (
            isinstance(value, np.generic) and value.dtype.kind in "iufb"
        ):
            found[name] = value
        elif isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
            found[name] = value[0] if value.shape == (1,) else value
        elif isinstance(value, np.ndarray) and value.ndim == 1 and value.size > 1:
            if all(isinstance(text, (str, bytes)) for text in value):
                found[name] = [
                    t.decode("utf-8", "replace") if isinstance(t, bytes) else t for t in value
                ]
        elif isinstance(value, np.ndarray) and value.shape == (1,):
            inner = value[0]
            found[name] = (
                inner.decode("utf-8", "replace") if isinstance(inner, bytes) else str(inner)
            )
    return found
