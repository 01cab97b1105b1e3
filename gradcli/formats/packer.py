"""What makes blocks ready to be placed, of numbers alone: it pickles, and works anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcli.model.blocks import Window
from gradcli.model.protocols import Packer, Packet
from gradcli.numerics.dtypes import Array


@dataclass(frozen=True)
class TypedPacker:
    """Converts blocks to the types of their arrays.

    >>> TypedPacker({"a": np.dtype("f4")}).pack("a", (slice(0, 1),), np.ones(1)).payload.dtype
    dtype('float32')
    """

    types: Mapping[str, np.dtype[Any]]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block in the type of its array."""
        return Packet(name, window, values.astype(self.types[name], copy=False))


@dataclass(frozen=True)
class RoutedPacker:
    """The packers of several sinks as one, told apart by the name of the result."""

    packers: Mapping[str, Packer]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block as the sink of its result takes it."""
        return self.packers[name].pack(name, window, values)
