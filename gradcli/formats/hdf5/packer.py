"""Packers that encode blocks of results for NetCDF and HDF5 files; they can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from gradcli.cf import packing
from gradcli.formats.deflate import Deflater, Probes
from gradcli.formats.hdf5.chunks import overlapping
from gradcli.formats.hdf5.filters import (
    DEFLATE,
    FLETCHER32,
    SHUFFLE,
    Filters,
    checksum,
    shuffle,
)
from gradcli.model.blocks import Window
from gradcli.model.protocols import Packet
from gradcli.numerics.dtypes import Array


class Form(Protocol):
    """The form in which the writer of a result takes its blocks."""

    def pack(self, window: Window, values: Array) -> Any:
        """Return a block in the form that the writer takes."""
        ...


class StoredPacker(NamedTuple):
    """Converts blocks to the types of their variables, and missing values to fill values.

    Attributes
    ----------
    types : mapping of str to numpy.dtype
    fills : mapping of str to number
    forms : mapping of str to Form
    """

    types: Mapping[str, np.dtype[Any]]
    fills: Mapping[str, Any]
    forms: Mapping[str, Form]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block in the form in which it is stored."""
        values = values.astype(self.types[name], copy=False)
        values = packing.filled(values, self.fills[name])
        return Packet(name, window, self.forms[name].pack(window, values))


class PlainForm(NamedTuple):
    """Blocks as plain arrays, converted to the stored type if one is given."""

    dtype: np.dtype[Any] | None = None

    def pack(self, window: Window, values: Array) -> Array:
        """Return the values in the stored type."""
        return values if self.dtype is None else values.astype(self.dtype, copy=False)


class Chunks(NamedTuple):
    """Encoded chunks, each with its offset, and the sizes of those that were probed."""

    stored: list[tuple[tuple[int, ...], bytes]]
    probes: Probes


class ChunkForm(NamedTuple):
    """Blocks as encoded chunks.

    Attributes
    ----------
    shape, chunks : tuple of int
    filters : Filters
    fill : number
        The value that fills partial chunks at the edges.
    probes : tuple of (int, int)
        Sizes of the chunks written so far that were compressed with both libraries.
    """

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    filters: Filters
    fill: Any
    probes: Probes = ()

    def knowing(self, probes: Probes) -> ChunkForm:
        """Return a form that also knows these probes."""
        return self._replace(probes=self.probes + probes) if probes else self

    def pack(self, window: Window, values: Array) -> Chunks:
        """Return the encoded chunks of a window, which must begin and end at chunk boundaries."""
        chunks = self.chunks
        for part, size, extent in zip(window, chunks, self.shape, strict=True):
            if part.start % size or (part.stop % size and part.stop != extent):
                raise ValueError(
                    f"a block at {window} does not begin and end with chunks of {chunks}"
                )
        first = not any(part.start for part in window)
        deflate = Deflater(self.filters.level, self.probes, first)
        packed = []
        for numbers in overlapping(window, chunks):
            offset = tuple(n * c for n, c in zip(numbers, chunks, strict=True))
            inside = tuple(
                slice(o - w.start, min(o + c, w.stop) - w.start)
                for o, c, w in zip(offset, chunks, window, strict=True)
            )
            packed.append((offset, self._store(values[inside], deflate)))
        return Chunks(packed, deflate.probed)

    def _store(self, part: Array, deflate: Deflater) -> bytes:
        if part.shape != self.chunks:
            whole = np.full(self.chunks, self.fill, part.dtype)
            whole[tuple(slice(0, n) for n in part.shape)] = part
            part = whole
        data = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
        for code in self.filters.codes:
            if code == SHUFFLE and self.filters.item > 1:
                data = shuffle(data, self.filters.item)
            elif code == DEFLATE:
                data = np.frombuffer(deflate(data), np.uint8)
            elif code == FLETCHER32:
                data = np.append(data, np.frombuffer(checksum(data), np.uint8))
        return data.tobytes()
