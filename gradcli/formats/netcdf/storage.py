"""The kind of a NetCDF output, and the types of attributes that it can hold."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from gradcli.formats.netcdf.source import NetcdfSource
from gradcli.model.fields import Result

HEADER_ROOM = 2**20  # bytes allowed for the header of a classic file
CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def stays_classic(like: NetcdfSource, path: str | None) -> bool:
    """Return whether an output is classic: its input is, and no suffix asks for netCDF-4."""
    if like.dataset.data_model not in CLASSIC:
        return False
    return not (path or "").lower().endswith(".nc4") or like.path.lower().endswith(".nc4")


def model_for(results: list[Result], like: NetcdfSource | None, everything: bool, path: str) -> Any:
    """Return the data model of an output: that of the input, or the next that is large enough."""
    if like is None:
        return "NETCDF4"
    model = str(like.dataset.data_model)
    if model not in CLASSIC:
        return model
    if not stays_classic(like, path):
        return "NETCDF4"
    sizes = [prod(r.shape) * r.dtype.itemsize for r in results]
    carried = like.variables if everything else like.needed_by(results)
    for path in carried:
        sizes.append(prod(like.variables[path].shape) * like.variables[path].dtype.itemsize)
    if model == CLASSIC[0] and sum(sizes) + HEADER_ROOM >= 2**31:
        model = CLASSIC[1]
    if model == CLASSIC[1] and max(sizes) >= 2**32 - HEADER_ROOM:
        model = CLASSIC[2]
    return model


def dimension_key(dim: Any) -> str:
    """Return the key of a dimension, which is also the key of its axes."""
    return f"{dim.group().path.strip('/')}/{dim.name}"


def chunks_of(source: Any) -> tuple[int, ...] | None:
    """Return the chunks of a variable, or None if it is contiguous."""
    chunking = source.chunking()
    return tuple(chunking) if isinstance(chunking, (list, tuple)) else None


def item_bytes(source: Any) -> int:
    """Return the size of a value in bytes; for strings this is an estimate."""
    return 64 if source.dtype is str else int(np.dtype(source.dtype).itemsize)


def writable(attributes: Any) -> dict[str, Any]:
    """Convert attributes to types that NetCDF files can hold; leave out those that have none."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in ("_NCProperties", "_FillValue"):
            continue
        if isinstance(value, (str, list)):
            found[name] = value
        elif isinstance(value, int):
            found[name] = np.int32(value)
        else:
            numbers = _plain(np.asarray(value))
            if numbers is not None:
                found[name] = numbers
    return found


def _plain(numbers: Any) -> Any:
    """Convert numbers to a type that NetCDF files can hold, or return None."""
    if numbers.dtype.kind == "b":
        return numbers.astype(np.int8)[()]
    if numbers.dtype.kind == "f" and numbers.dtype.itemsize == 2:
        return numbers.astype(np.float32)[()]
    if numbers.dtype.kind not in "iuf" or numbers.ndim > 1 or numbers.dtype.itemsize > 8:
        return None
    return numbers[()]
