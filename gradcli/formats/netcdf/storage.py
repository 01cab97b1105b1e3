"""The kind of a NetCDF output, and the types of attributes that it can hold."""

from __future__ import annotations

import os
from math import prod
from typing import Any

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.netcdf.source import NetcdfSource
from gradcli.model.blocks import size_text
from gradcli.model.fields import Result

HEADER_ROOM = 2**20  # bytes allowed for the header of a classic file
CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


KINDS = {".nc3": CLASSIC[0], ".nc4": "NETCDF4", ".nc5": CLASSIC[2]}


def asked_kind(path: str | None) -> str | None:
    """Return the kind that the suffix of an output asks for, where the user named the output.

    >>> asked_kind("a.NC3"), asked_kind("a.nc"), asked_kind(None)
    ('NETCDF3_CLASSIC', None, None)
    """
    return KINDS.get(os.path.splitext(path or "")[1].lower())


def is_classic(like: NetcdfSource | None, path: str | None) -> bool:
    """Return whether an output is classic: its suffix asks for that, or else its input is."""
    return (asked_kind(path) or (like and like.dataset.data_model)) in CLASSIC


def model_for(
    results: list[Result], like: NetcdfSource | None, everything: bool, path: str | None
) -> Any:
    """Return the data model of an output: that asked for, or of the input, or the next that fits.

    Raises
    ------
    InputError
        The output is to be readable as CDF-1 or CDF-2, and neither can hold the results.
    """
    asked = asked_kind(path)
    model = asked or ("NETCDF4" if like is None else str(like.dataset.data_model))
    if model not in CLASSIC:
        return model
    sizes = [prod(r.shape) * r.dtype.itemsize for r in results]
    if like is not None:
        for name in like.variables if everything else like.needed_by(results):
            sizes.append(prod(like.variables[name].shape) * item_bytes(like.variables[name]))
    if model == CLASSIC[0] and sum(sizes) + HEADER_ROOM >= 2**31:
        model = CLASSIC[1]
    if model == CLASSIC[1] and max(sizes) >= 2**32 - HEADER_ROOM:
        if asked is not None:
            raise InputError(
                f"a variable of {size_text(max(sizes))} fits neither CDF-1 nor CDF-2, whose "
                "variables are smaller than 4 GiB; use -o with .nc5 or .nc4"
            )
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
