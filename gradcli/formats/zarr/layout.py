"""What the metadata of a Zarr array say, for both versions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.zarr.codecs import Codecs

ROOTS = ("zarr.json", ".zgroup", ".zarray", ".zmetadata")  # any of them makes a store
RESERVED = (*ROOTS, ".zattrs")
MISSING = 2**64 - 1  # offset and size of a chunk that a shard does not hold

NOT_A_TIME = -(2**63)
UNITS = {"D": "days", "h": "hours", "m": "minutes", "s": "seconds"}
UNITS |= {"ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


class Keys(NamedTuple):
    """How the keys of chunks are made of their indices.

    >>> Keys("c", "/").key((1, 0)), Keys("", ".").key((1, 0)), Keys("", ".").key(())
    ('c/1/0', '1.0', '0')
    """

    prefix: str
    separator: str

    def key(self, numbers: tuple[int, ...]) -> str:
        """Return the key of a chunk within its array."""
        if not self.prefix and not numbers:
            return "0"
        return self.separator.join([self.prefix] * bool(self.prefix) + list(map(str, numbers)))


class Shards(NamedTuple):
    """How chunks lie together in shards.

    Attributes
    ----------
    shape : tuple of int
        The points of a shard.
    checked : bool
        Whether its index ends with a checksum.
    first : bool
        Whether the index comes before the chunks.
    """

    shape: tuple[int, ...]
    checked: bool = True
    first: bool = False

    def counts(self, chunks: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of chunks of a shard along each axis."""
        return tuple(s // c for s, c in zip(self.shape, chunks, strict=True))

    def index_bytes(self, chunks: tuple[int, ...]) -> int:
        """Return the size of the index."""
        return 16 * prod(self.counts(chunks)) + 4 * self.checked


class ArrayLayout(NamedTuple):
    """An array of a store.

    Attributes
    ----------
    shape, chunks : tuple of int
    codecs : Codecs
    keys : Keys
    fill : number
        The value of chunks that the store does not hold.
    shards : Shards or None
    dims : tuple of (str or None)
    attributes : mapping
        In the words of NetCDF: ``_FillValue`` is a number of the stored type.
    document : mapping
        The metadata as the store has them.
    said : mapping
        The attributes as the store has them.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    codecs: Codecs
    keys: Keys
    fill: Any
    shards: Shards | None
    dims: tuple[str | None, ...]
    attributes: Mapping[str, Any]
    document: Mapping[str, Any]
    said: Mapping[str, Any]

    @property
    def files(self) -> int:
        """How many chunks, or shards, the whole array has."""
        unit = self.shards.shape if self.shards else self.chunks
        return prod(-(-n // c) for n, c in zip(self.shape, unit, strict=True))


def sizes(document: Mapping[str, Any], key: str, least: int, count: int | None = None) -> Any:
    """Return sizes along axes from metadata.

    Raises
    ------
    InputError
        They are none.
    """
    value = document.get(key)
    fits = isinstance(value, list) and all(type(n) is int and least <= n < 2**62 for n in value)
    if not fits or (count is not None and len(value or ()) != count):
        words = f"{count} sizes" if count is not None else "a list of sizes"
        raise InputError(f"its {key} is {value!r:.60}; expected {words}")
    assert value is not None
    if len(value) > 32:
        raise InputError(f"has {len(value)} dimensions; expected 32 or fewer")
    return tuple(value)


def fill_of(value: Any, dtype: np.dtype[Any]) -> Any:
    """Return a fill value of metadata as a number of a type.

    >>> fill_of("NaN", np.dtype("f4")), fill_of("0x3f800000", np.dtype("f4"))
    (np.float32(nan), np.float32(1.0))
    """
    try:
        if dtype.kind not in "iufcb":
            return "" if dtype.kind in "UO" else None
        if value is None:
            return dtype.type(0)
        if isinstance(value, str) and value.startswith("0x"):
            data = bytes.fromhex(value[2:])
            return np.frombuffer(data, dtype.newbyteorder(">"))[0].astype(dtype.newbyteorder("="))
        if dtype.kind == "c" and isinstance(value, list):
            real, imaginary = (float(part) for part in value)
            return dtype.type(complex(real, imaginary))
        if value == "NaT" and dtype == np.int64:
            return np.int64(NOT_A_TIME)
        if dtype.kind in "iu":
            return dtype.newbyteorder("=").type(int(value))
        return dtype.newbyteorder("=").type(bool(value) if dtype.kind == "b" else float(value))
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise InputError(f"its fill_value is {value!r:.60}; expected a {dtype.name}") from error


def counted(
    kind: str, unit: str, attributes: Mapping[str, Any]
) -> tuple[np.dtype[Any], dict[str, Any]]:
    """Return dates ("M") or spans of time ("m") of numpy as whole numbers, with their units.

    >>> counted("M", "s", {})[1]["units"], counted("m", "D", {})[1]["units"]
    ('seconds since 1970-01-01', 'days')
    """
    units = UNITS[unit] + " since 1970-01-01" * (kind == "M")
    return np.dtype("i8"), {"units": units, "_FillValue": np.int64(NOT_A_TIME), **attributes}


def plain_fill(fill: Any) -> Any:
    """Return a fill value as metadata hold it.

    >>> plain_fill(np.float32("nan")), plain_fill(np.float64(-np.inf)), plain_fill(np.int8(3))
    ('NaN', '-Infinity', 3)
    """
    value = np.asarray(fill)
    if value.dtype.kind == "c":
        return [plain_fill(value.real), plain_fill(value.imag)]
    if value.dtype.kind != "f" or np.isfinite(value):
        return value.item()
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
