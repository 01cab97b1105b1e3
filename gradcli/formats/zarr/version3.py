"""Metadata of Zarr 3: zarr.json."""

from __future__ import annotations

import base64
import binascii
import struct
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
from gradcli.formats.zarr.version2 import UNKNOWN

TYPES = {
    **{f"{kind}{8 * n}": f"{kind[0]}{n}" for kind in ("int", "uint") for n in (1, 2, 4, 8)},
    **{f"float{8 * n}": f"f{n}" for n in (2, 4, 8)},
    **{f"complex{8 * n}": f"c{n}" for n in (8, 16)},
    "bool": "b1",
}
TIMES = {"numpy.datetime64": "M8", "numpy.timedelta64": "m8"}
NAMES = {np.dtype(code): name for name, code in TYPES.items()}
SHUFFLES = {"noshuffle": 0, "shuffle": 1, "bitshuffle": 2}
INDEX_CODECS = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]


def parse(document: Mapping[str, Any]) -> ArrayLayout:
    """Return the layout of an array."""
    shape = sizes(document, "shape", 0)
    attributes = document.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise InputError(f"its attributes are {attributes!r:.60}; expected names and values")
    said = attributes
    dtype = _type(document.get("data_type"))
    if dtype.kind in "mM":
        dtype, attributes = counted(dtype.kind, np.datetime_data(dtype)[0], attributes)
    chunks = _grid(document, len(shape))
    pipeline = document.get("codecs")
    if not isinstance(pipeline, list) or not pipeline:
        raise InputError(f"its codecs are {pipeline!r:.60}; expected a list")
    shards = None
    if _name(pipeline[0]) == "sharding_indexed":
        if len(pipeline) > 1:
            raise InputError("its shards are encoded once more, which is not read here")
        inside = _configuration(pipeline[0])
        shards, chunks = _shards(inside, chunks)
        pipeline = inside.get("codecs") or []
    codecs = _codecs(pipeline, dtype, len(shape))
    dims = document.get("dimension_names")
    if dims is not None and (not isinstance(dims, list) or len(dims) != len(shape)):
        raise InputError(f"its dimension_names are {dims!r:.60}; expected {len(shape)} names")
    fill = fill_of(document.get("fill_value"), codecs.dtype)
    return ArrayLayout(
        shape,
        chunks,
        codecs,
        _keys(document),
        fill,
        shards,
        tuple(None if d is None else str(d) for d in dims or [None] * len(shape)),
        with_marks(attributes, dtype),
        document,
        said,
    )


def with_marks(attributes: Mapping[str, Any], dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return attributes whose ``_FillValue`` is a number: xarray writes it in base 64.

    >>> with_marks({"_FillValue": "AAAAAAAA+H8="}, np.dtype("f4"))
    {'_FillValue': np.float32(nan)}
    """
    found = dict(attributes)
    mark = found.get("_FillValue")
    if isinstance(mark, str) and dtype.kind == "f":
        try:
            number = struct.unpack("<d", base64.b64decode(mark, validate=True))[0]
        except (struct.error, binascii.Error, ValueError):
            number = fill_of(mark, dtype)
        found["_FillValue"] = dtype.newbyteorder("=").type(number)
    return found


def written_mark(fill: Any) -> Any:
    """Return a fill value as xarray expects it in ``_FillValue``.

    >>> written_mark(np.float32("nan"))
    'AAAAAAAA+H8='
    """
    if np.asarray(fill).dtype.kind != "f":
        return plain_fill(fill)
    return base64.standard_b64encode(struct.pack("<d", float(fill))).decode()


def _type(word: Any) -> np.dtype[Any]:
    if isinstance(word, str):
        if word == "string":
            return TEXT
        return np.dtype(TYPES[word]) if word in TYPES else UNKNOWN
    if isinstance(word, dict) and word.get("name") == "fixed_length_utf32":
        count = _configuration(word).get("length_bytes")
        if type(count) is int and 0 < count < 2**20:
            return np.dtype(f"U{count // 4}")
    if isinstance(word, dict) and word.get("name") in TIMES:
        said = _configuration(word)
        if said.get("unit") in UNITS and said.get("scale_factor", 1) == 1:
            return np.dtype(f"{TIMES[word['name']]}[{said['unit']}]")
    return UNKNOWN


def _grid(document: Mapping[str, Any], count: int) -> Any:
    grid = document.get("chunk_grid")
    if _name(grid) != "regular":
        raise InputError(f"its chunk_grid is {_name(grid)!r:.40}; expected 'regular'")
    return sizes(_configuration(grid), "chunk_shape", 1, count)


def _keys(document: Mapping[str, Any]) -> Keys:
    encoding = document.get("chunk_key_encoding")
    name = _name(encoding)
    separator = _configuration(encoding).get("separator", "/" if name == "default" else ".")
    if name not in ("default", "v2") or separator not in (".", "/"):
        raise InputError(f"its chunk_key_encoding is {encoding!r:.60}; expected 'default' or 'v2'")
    return Keys("c" if name == "default" else "", separator)


def _shards(inside: Mapping[str, Any], outer: tuple[int, ...]) -> tuple[Shards, Any]:
    inner = sizes(inside, "chunk_shape", 1, len(outer))
    if any(o % i for o, i in zip(outer, inner, strict=True)):
        raise InputError(
            f"its shards of {list(outer)} are not a multiple of the chunks of {list(inner)}"
        )
    codecs = inside.get("index_codecs") or []
    names = [_name(codec) for codec in codecs]
    little = not codecs or _configuration(codecs[0]).get("endian", "little") == "little"
    if names not in (["bytes"], ["bytes", "crc32c"]) or not little:
        raise InputError(f"the index of its shards has the codecs {names}, not read here")
    location = inside.get("index_location", "end")
    if location not in ("start", "end"):
        raise InputError(f"its index_location is {location!r:.20}; expected 'start' or 'end'")
    return Shards(outer, len(names) > 1, location == "start"), inner


def _codecs(pipeline: list[Any], dtype: np.dtype[Any], count: int) -> Codecs:
    order: tuple[int, ...] = ()
    filters: list[Config] = []
    steps: list[Config] = []
    serialised = False
    for codec in pipeline:
        name, said = _name(codec), _configuration(codec)
        if name == "transpose" and not serialised:
            new = said.get("order")
            if not isinstance(new, list) or sorted(new, key=str) != list(range(count)):
                raise InputError(f"its transpose has the order {new!r:.40}; expected all axes")
            order = tuple(order[i] for i in new) if order else tuple(new)
        elif name in ("bytes", "vlen-utf8"):
            serialised = True
            if said.get("endian") == "big" and dtype.itemsize > 1 and dtype != TEXT:
                dtype = dtype.newbyteorder(">")
        else:
            (steps if serialised else filters).append(_config(name, said))
    if not serialised and dtype != UNKNOWN:
        names = ", ".join(map(_name, pipeline))
        raise InputError(f"its codecs {names:.60} do not say here how numbers become bytes")
    if not serialised:  # by a codec of types that are no numbers
        return Codecs(UNKNOWN)
    if order == tuple(range(count)):
        order = ()
    return Codecs(dtype, order, tuple(filters), tuple(steps))


def _config(name: str, said: Mapping[str, Any]) -> Config:
    """Return a codec of Zarr 3 as numcodecs describes it."""
    if name.startswith("numcodecs."):
        return {**said, "id": name.removeprefix("numcodecs.")}
    if name == "blosc":
        shuffle = SHUFFLES.get(str(said.get("shuffle")), said.get("shuffle", 1))
        kept = {key: said[key] for key in ("cname", "clevel", "blocksize") if key in said}
        return {**kept, "id": "blosc", "shuffle": shuffle, "typesize": said.get("typesize")}
    return {**said, "id": name}


def _codec(config: Config, item: int) -> dict[str, Any]:
    """Return a codec of numcodecs as Zarr 3 describes it."""
    said = {key: value for key, value in config.items() if key != "id"}
    name = config["id"]
    if name == "blosc":
        words = {number: word for word, number in SHUFFLES.items()}
        said |= {"shuffle": words[said.get("shuffle", 1)], "typesize": item}
        said.setdefault("blocksize", 0)
    elif name == "crc32c":
        return {"name": name}
    elif name not in ("gzip", "zstd"):
        name = f"numcodecs.{name}"
    return {"name": name, "configuration": said}


def document_of(
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    codecs: Codecs,
    keys: Keys,
    fill: Any,
    shards: Shards | None,
) -> dict[str, Any]:
    """Return the document zarr.json of a new array, without dimensions and attributes."""
    dtype = codecs.dtype
    pipeline: list[dict[str, Any]] = []
    if codecs.order:
        pipeline.append({"name": "transpose", "configuration": {"order": list(codecs.order)}})
    pipeline += [_codec(config, dtype.itemsize) for config in codecs.filters]
    endian = {"configuration": {"endian": "big" if dtype.byteorder == ">" else "little"}}
    pipeline.append({"name": "bytes"} | (endian if dtype.itemsize > 1 else {}))
    pipeline += [_codec(config, dtype.itemsize) for config in codecs.steps]
    if shards is not None:
        inside = {
            "chunk_shape": list(chunks),
            "codecs": pipeline,
            "index_codecs": INDEX_CODECS[: 1 + shards.checked],
            "index_location": "start" if shards.first else "end",
        }
        pipeline = [{"name": "sharding_indexed", "configuration": inside}]
    name = "default" if keys.prefix else "v2"
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": NAMES[dtype.newbyteorder("=")],
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": list(shards.shape if shards else chunks)},
        },
        "chunk_key_encoding": {"name": name, "configuration": {"separator": keys.separator}},
        "fill_value": plain_fill(fill),
        "codecs": pipeline,
        "storage_transformers": [],
    }


def _name(part: Any) -> str:
    """Return the name of an extension point, which may be a word alone."""
    if isinstance(part, str):
        return part
    return str(part.get("name")) if isinstance(part, dict) else ""


def _configuration(part: Any) -> Mapping[str, Any]:
    found = part.get("configuration") if isinstance(part, dict) else None
    return found if isinstance(found, dict) else {}
