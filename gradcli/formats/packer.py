"""Packers that hold only numbers, so that they can be pickled and used in any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from gradcli.cf import packing
from gradcli.model.blocks import Window
from gradcli.model.protocols import Packer, Packet
from gradcli.numerics.dtypes import Array


def is_one_number(values: Array) -> bool:
    """Return whether an array is one number in memory, which stands for all of its values.

    >>> is_one_number(np.broadcast_to(np.array(1.0), (2, 3))), is_one_number(np.ones((2, 3)))
    (True, False)
    """
    return values.size > 1 and not any(values.strides)


class TypedPacker(NamedTuple):
    """Converts blocks to the stored types of their arrays.

    >>> TypedPacker({"a": np.dtype("f4")}).pack("a", (slice(0, 1),), np.ones(1)).payload.dtype
    dtype('float32')
    """

    types: Mapping[str, np.dtype[Any]]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block in the stored type of its array."""
        return Packet(name, window, values.astype(self.types[name], copy=False))


Key = tuple[int, ...] | str  # the offset of a chunk, or the key of a value in a store


class Form(Protocol):
    """The form in which the writer of a result takes its blocks."""

    def pack(self, window: Window, values: Array) -> Any:
        """Return a block in the form that the writer takes."""
        ...

    def pieces(self, window: Window) -> Sequence[Key] | None:
        """Return the keys of the pieces that a block is packed in, or None if it is one array."""
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
        shape = values.shape
        if is_one_number(values):
            values = values[(slice(0, 1),) * values.ndim]
        values = values.astype(self.types[name], copy=False)
        values = packing.filled(values, self.fills[name])
        if values.shape != shape:
            values = np.broadcast_to(values, shape)
        return Packet(name, window, self.forms[name].pack(window, values))


class RoutedPacker(NamedTuple):
    """Passes each block to the packer of the sink that its result goes to."""

    packers: Mapping[str, Packer]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block as packed for the sink of its result."""
        return self.packers[name].pack(name, window, values)


def forms_of(packer: Packer) -> dict[str, Form | None]:
    """Return the forms of the results, where a packer knows them."""
    if isinstance(packer, RoutedPacker):
        return {name: forms_of(inner).get(name) for name, inner in packer.packers.items()}
    return dict(packer.forms) if isinstance(packer, StoredPacker) else {}
