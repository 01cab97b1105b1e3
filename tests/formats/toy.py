"""A toy format: a line that says shape and type, then the numbers of one array.

A test copies this file into a package of gradcli; it is all that a format needs beside its record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.formats.base import Traits
from gradcli.formats.packer import TypedPacker
from gradcli.formats.raw import RawArray
from gradcli.model.axes import Axis
from gradcli.model.fields import Field, Result
from gradcli.system.paths import open_empty, split_suffix

if TYPE_CHECKING:
    from gradcli.model.blocks import Window
    from gradcli.model.protocols import Destination, Hints, Packer, Packet, Sink, Source
    from gradcli.numerics.dtypes import Array

MAGIC = b"TOY1 "


class ToySource(Traits):
    """An open file."""

    format = "toy"
    description = "a toy"
    named = False

    def __init__(self, path: str) -> None:
        self.path = path
        self.notes: list[str] = []
        self._file = open(path, "rb")  # noqa: SIM115
        try:
            dtype, shape = self._header()
        except BaseException:
            self._file.close()
            raise
        self._array = RawArray(self._file.fileno(), self._file.tell(), dtype, shape)
        name = split_suffix(path)[0]
        axes = tuple(Axis(None, size, key=str(index)) for index, size in enumerate(shape))
        self.fields = {name: Field(name, axes, dtype.name, dtype, dtype)}

    def _header(self) -> tuple[np.dtype[Any], tuple[int, ...]]:
        try:
            said = json.loads(self._file.readline().removeprefix(MAGIC))
            dtype, shape = np.dtype(said["dtype"]), tuple(said["shape"])
        except (ValueError, KeyError, TypeError):
            raise InputError("its first line cannot be understood") from None
        size = os.fstat(self._file.fileno()).st_size - self._file.tell()
        if size != dtype.itemsize * int(np.prod(shape)):
            raise InputError("is truncated")
        return dtype, shape

    def read(self, name: str, window: Window) -> Array:
        """Return a window of the array."""
        return self._array.read(window)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ToySink:
    """A file being written."""

    def __init__(self, path: str, result: Result) -> None:
        self.notes: list[str] = []
        self._file = open_empty(path)
        said = {"dtype": result.dtype.str, "shape": result.shape}
        self._file.write(MAGIC + json.dumps(said).encode() + b"\n")
        self._file.flush()
        shape = result.shape
        self._array = RawArray(self._file.fileno(), self._file.tell(), result.dtype, shape)
        self._array.reserve()
        self.packer = TypedPacker({result.name: result.dtype})

    def put(self, packet: Packet) -> None:
        """Write a block in its place."""
        self._array.write(packet.window, packet.payload)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Do nothing: there are no attributes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def open_source(path: str, hints: Hints) -> Source:
    """Open a toy."""
    return ToySource(path)


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create a toy."""
    if destination.stack:
        raise UsageError("a toy holds one result")
    (result,) = results
    return ToySink(scratch, result)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of a toy."""
    return TypedPacker({result.name: result.dtype for result in results})
