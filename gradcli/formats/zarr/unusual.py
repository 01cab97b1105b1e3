"""Arrays that zarr-python alone reads: codecs that others bring along, shards within shards."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator, Mapping
from typing import Any

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.zarr.chosen import BEST
from gradcli.formats.zarr.codecs import Codecs
from gradcli.formats.zarr.layout import ArrayLayout, Keys, Shards
from gradcli.formats.zarr.stores import MOST_METADATA, Store
from gradcli.formats.zarr.version3 import with_marks
from gradcli.model.blocks import Window
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array

MOST = 2**31  # bytes of a chunk or shard
NOTHING: tuple[str, ...] = ()
RUNS_CODE = "pickle"  # a codec that runs what the store says


class UnusualReader:
    """Reads windows of an array by zarr-python.

    Raises
    ------
    InputError
        zarr-python does not read it either, or is not there; the reason is not said.
    """

    def __init__(self, name: str, path: str, store: Store, document: Mapping[str, Any]) -> None:
        self._name = name
        if RUNS_CODE in json.dumps(document):
            raise InputError("it would run code")
        try:
            import zarr

            version = document["zarr_format"]
            with warnings.catch_warnings(action="ignore"):
                self._array: Any = zarr.open_array(
                    _values(store), path=path, mode="r", zarr_format=version
                )
        except Exception as error:
            raise InputError("it is not read by zarr-python") from error

    def layout(self, document: Mapping[str, Any], like: ArrayLayout | None) -> ArrayLayout:
        """Return the layout; what is written like the array has codecs that gradcli knows."""
        try:
            return self._layout(document, like)
        except Exception as error:
            raise InputError("zarr-python does not say what it is") from error

    def _layout(self, document: Mapping[str, Any], like: ArrayLayout | None) -> ArrayLayout:
        array = self._array
        codecs = Codecs(np.dtype(array.dtype), steps=(BEST,))
        if like is not None:
            return like._replace(codecs=codecs._replace(dtype=like.codecs.dtype))
        said = dict(array.attrs)
        names = getattr(array.metadata, "dimension_names", None) or (None,) * array.ndim
        return ArrayLayout(
            tuple(array.shape),
            tuple(array.chunks),
            codecs,
            Keys("c", "/"),
            array.fill_value,
            Shards(tuple(array.shards)) if array.shards else None,
            tuple(names),
            with_marks(said, codecs.dtype),
            document,
            said,
        )

    def hold(self, room: Room) -> None:
        """Do nothing: zarr-python keeps no chunks."""

    def read(self, window: Window) -> Array:
        """Return a window as a new array."""
        try:
            return np.array(self._array[window])
        except Exception as error:
            text = " ".join(str(error).split())
            raise InputError(f"{self._name}: is not read by zarr-python ({text:.100})") from error


def _values(store: Store) -> Any:
    """Return a store of gradcli, which never leaves its folder, as one of zarr-python."""
    from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
    from zarr.abc.store import Store as Base

    class Values(Base):
        supports_writes = supports_deletes = supports_listing = False
        supports_partial_writes = False

        def __eq__(self, other: object) -> bool:
            return self is other

        async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
            data = store.read(key, MOST_METADATA if "/c/" not in key else MOST)
            if data is None:
                return None
            if isinstance(byte_range, RangeByteRequest):
                data = data[byte_range.start : byte_range.end]
            elif isinstance(byte_range, OffsetByteRequest):
                data = data[byte_range.offset :]
            elif isinstance(byte_range, SuffixByteRequest):
                data = data[-byte_range.suffix :]
            return prototype.buffer.from_bytes(data)

        async def get_partial_values(self, prototype: Any, key_ranges: Any) -> list[Any]:
            return [await self.get(key, prototype, one) for key, one in key_ranges]

        async def exists(self, key: str) -> bool:
            return store.read(key, MOST) is not None

        async def set(self, key: str, value: Any) -> None:
            raise NotImplementedError

        async def delete(self, key: str) -> None:
            raise NotImplementedError

        async def _none(self) -> AsyncIterator[str]:
            for name in NOTHING:
                yield name

        def list(self) -> AsyncIterator[str]:
            return self._none()

        def list_prefix(self, prefix: str) -> AsyncIterator[str]:
            return self._none()

        def list_dir(self, prefix: str) -> AsyncIterator[str]:
            return self._none()

    return Values(read_only=True)
