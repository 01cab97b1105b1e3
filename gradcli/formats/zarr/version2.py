"""Metadata of Zarr 2: .zarray, .zattrs and .zgroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.zarr.codecs import TEXT, Codecs, Config
from gradcli.formats.zarr.layout import (
    UNITS,
    ArrayLayout,
    Keys,
    Shards,
    counted,
    fill_of,
    plain_fill,
    sizes,
)

DIMENSIONS = "_ARRAY_DIMENSIONS"
UNKNOWN = np.dtype("V1")  # in place of a type that is no plain number


def parse(document: Mapping[str, Any], attributes: Mapping[str, Any]) -> ArrayLayout:
    """Return the layout of an array.

    A fill value stands for ``_FillValue``, as in xarray. That of an array without names of
    dimensions is often the default 0 of a library, and then no missing value.
    """
    shape = sizes(document, "shape", 0)
    chunks = sizes(document, "chunks", 1, len(shape))
    filters = document.get("filters") or ()
    if not isinstance(filters, list | tuple):
        raise InputError(f"its filters are {filters!r:.60}; expected a list")
    filters = tuple(filters)
    dtype = _type(document.get("dtype"), filters)
    told = attributes
    if dtype.kind in "mM":
        order, unit = dtype.byteorder, np.datetime_data(dtype)[0]
        dtype, told = counted(dtype.kind, unit, attributes)
        dtype = dtype.newbyteorder(order)
    if dtype == TEXT:
        filters = ()
    compressor = document.get("compressor")
    steps = () if compressor is None else (compressor,)
    for config in (*filters, *steps):
        if not isinstance(config, dict) or not isinstance(config.get("id"), str):
            raise InputError(f"its codec is {config!r:.60}; expected its id and settings")
    laid = document.get("order", "C")
    if laid not in ("C", "F"):
        raise InputError(f"its order is {laid!r:.20}; expected 'C' or 'F'")
    turned = tuple(range(len(shape)))[::-1] if laid == "F" and len(shape) > 1 else ()
    separator = document.get("dimension_separator", ".")
    if separator not in (".", "/"):
        raise InputError(f"its dimension_separator is {separator!r:.20}; expected '.' or '/'")
    fill = fill_of(document.get("fill_value"), dtype)
    dims = attributes.get(DIMENSIONS)
    names = tuple(map(str, dims)) if isinstance(dims, list) else ()
    named = len(names) == len(shape)
    said = {name: value for name, value in told.items() if name != DIMENSIONS}
    marked = document.get("fill_value") is not None and dtype.kind in "iuf"
    if marked and "_FillValue" not in said and (named or fill):
        said["_FillValue"] = fill
    return ArrayLayout(
        shape,
        chunks,
        Codecs(dtype, turned, filters, steps),
        Keys("", separator),
        fill,
        None,
        names if named else (None,) * len(shape),
        said,
        document,
        attributes,
    )


def _type(word: Any, filters: tuple[Config, ...]) -> np.dtype[Any]:
    if isinstance(word, str):
        if word == "|O":
            names = [config.get("id") for config in filters if isinstance(config, dict)]
            return TEXT if names == ["vlen-utf8"] else UNKNOWN
        try:
            dtype = np.dtype(word)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"its dtype is {word!r:.40}, which is not a type of numbers"
            ) from error
        if dtype.kind in "mM":
            unit, count = np.datetime_data(dtype)
            return dtype if unit in UNITS and count == 1 else UNKNOWN
        return dtype if dtype.kind in "iufcbSU" else UNKNOWN
    return UNKNOWN


def document_of(
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    codecs: Codecs,
    keys: Keys,
    fill: Any,
    shards: Shards | None,
) -> dict[str, Any]:
    """Return the document .zarray of a new array."""
    assert shards is None
    return {
        "zarr_format": 2,
        "shape": list(shape),
        "chunks": list(chunks),
        "dtype": codecs.dtype.str,
        "compressor": dict(codecs.steps[0]) if codecs.steps else None,
        "filters": [dict(config) for config in codecs.filters] or None,
        "order": "F" if codecs.order else "C",
        "fill_value": None if fill is None else plain_fill(fill),
        "dimension_separator": keys.separator,
    }
