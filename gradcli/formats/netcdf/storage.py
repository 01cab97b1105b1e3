"""How variables are stored in NetCDF files: the kind of file, the types of attributes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from gradcli.formats.netcdf.source import NetcdfSource
from gradcli.model.fields import Result

HEADER_ROOM = 2**20  # attributes beside the numbers of a classic file
CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def stays_classic(like: NetcdfSource, path: str | None) -> bool:
    """Return whether a file made from a classic one is classic: a suffix may say otherwise."""
    if like.dataset.data_model not in CLASSIC:
        return False
    return not (path or "").lower().endswith(".nc4") or like.path.lower().endswith(".nc4")


def model_for(results: list[Result], like: NetcdfSource | None, everything: bool, path: str) -> Any:
    """Return the kind of file: the input's, or the next that holds what goes into it."""
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
    """Return the identity of a dimension in its file, as axes have it."""
    return f"{dim.group().path.strip('/')}/{dim.name}"


def chunks_of(source: Any) -> tuple[int, ...] | None:
    """Return the chunks of a variable, None where it is in one piece."""
    chunking = source.chunking()
    return tuple(chunking) if isinstance(chunking, (list, tuple)) else None


def item_bytes(source: Any) -> int:
    """Return about how many bytes a value takes."""
    return 64 if source.dtype is str else int(np.dtype(source.dtype).itemsize)


def writable(attributes: Any) -> dict[str, Any]:
    """Return attributes in types that NetCDF files hold; what has none is left out."""
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
    """Return numbers in a type that every NetCDF file holds, or None."""
    if numbers.dtype.kind == "b":
        return numbers.astype(np.int8)[()]
    if numbers.dtype.kind == "f" and numbers.dtype.itemsize == 2:
        return numbers.astype(np.float32)[()]
    if numbers.dtype.kind not in "iuf" or numbers.ndim > 1 or numbers.dtype.itemsize > 8:
        return None
    return numbers[()]
