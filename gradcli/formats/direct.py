"""Write packets into the file of an output from any process that sees it, without its sink."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from gradcli.formats.raw import RawArray

if TYPE_CHECKING:
    import numpy as np

    from gradcli.model.protocols import Packet


class Direct(Protocol):
    """Writes packets into an output that its owner holds; it can be pickled.

    Several processes may write at once, because blocks do not overlap. Writing a packet again
    does no harm.
    """

    def put(self, packet: Packet) -> None:
        """Write a packet."""
        ...


@runtime_checkable
class Opening(Protocol):
    """A sink that may have its packets written directly."""

    def direct(self) -> Direct | None:
        """Return what writes packets; None if they must be put into the sink."""
        ...


class ArrayPlace(NamedTuple):
    """An uncompressed array in a file.

    Attributes
    ----------
    path : str
    offset : int
    dtype : numpy.dtype
    shape : tuple of int
    fortran : bool
    row : int or None
        The place of a result along the first axis, if several are stacked in the array.
    """

    path: str
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool = False
    row: int | None = None


class DirectArrays(NamedTuple):
    """Writes packets to their windows of uncompressed arrays, by the names of results."""

    places: Mapping[str, ArrayPlace]

    def put(self, packet: Packet) -> None:
        """Write a packet."""
        path, offset, dtype, shape, fortran, row = self.places[packet.name]
        window, values = packet.window, packet.payload
        if row is not None:
            window, values = (slice(row, row + 1), *window), values[None]
        descriptor = os.open(path, os.O_WRONLY)
        try:
            RawArray(descriptor, offset, dtype, shape, fortran).write(window, values)
        finally:
            os.close(descriptor)


class DirectFolder(NamedTuple):
    """Writes packets of keys and values to the files of a folder, such as a Zarr store."""

    folder: str

    def put(self, packet: Packet) -> None:
        """Write a packet."""
        from gradcli.formats.zarr.target import FolderTarget

        target = FolderTarget(self.folder)
        for key, data in packet.payload:
            target.write(f"{packet.name}/{key}", data)


class DirectRoutes(NamedTuple):
    """Passes each packet to the output that its result goes to."""

    routes: Mapping[str, Direct]

    def put(self, packet: Packet) -> None:
        """Write a packet."""
        self.routes[packet.name].put(packet)
