"""Stream NPY arrays from standard input and to standard output, row by row."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from math import prod
from typing import BinaryIO, Self, cast

import numpy as np

from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.held import HeldRows
from gradcli.formats.npy.sink import stacked_form
from gradcli.formats.npy.source import Member
from gradcli.formats.packer import TypedPacker
from gradcli.model.blocks import Window
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Hints, Packet, Sink, Source
from gradcli.numerics.dtypes import Array
from gradcli.system.streams import Feed, Outlet, standard_output
from gradcli.system.temporary import spool

READ_BYTES = 2**22  # read at once, if the writer is fast enough


class _Reading(io.RawIOBase):
    """A feed as a file object."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        while size > 0 and (data := self._feed.read(size)):
            parts.append(data)
            size -= len(data)
        return b"".join(parts)


class _LiveMember(Member):
    """An NPY array whose rows arrive in a pipe."""

    def __init__(self, feed: Feed, held: HeldRows) -> None:
        # The size of a pipe is unknown, so the header cannot be checked against it.
        super().__init__(cast(BinaryIO, _Reading(feed)), sys.maxsize)
        self._held = held

    @property
    def streams(self) -> bool:
        """Whether the array can be streamed: rows in C order, and no dates."""
        times = any(self._item(column).kind in "mM" for column in self.dtype.names or (None,))
        whole = self.fortran or times or 0 in self.shape or not self.shape
        return not whole and self.row_bytes > 0

    @property
    def row_bytes(self) -> int:
        """The bytes of a row."""
        return prod(self.shape[1:]) * self.dtype.itemsize

    def read(self, column: str | None, window: Window) -> Array:
        """Return a window, converted to a type that can be differentiated."""
        if self._raw is not None:
            return super().read(column, window)
        return self.worked(self._held.read(*window[: len(self.shape)]), column, window)


class LiveNpy(Traits):
    """An NPY array on standard input."""

    live = True
    format = "npy"
    description = "NPY"
    path = "stdin"

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._held = HeldRows()
        self._rest = b""
        self._file: BinaryIO | None = None
        self.member = _LiveMember(feed, self._held)
        self.notes: list[str] = []
        self.named = self.member.dtype.names is not None
        self.fields, self._columns = self.member.numeric_fields(self.path, self.notes)

    def arrive(self, most: int) -> tuple[int, bool]:
        """Wait for more rows, at most about ``most``.

        Return how many have arrived, and whether these are all.
        """
        member, held, wide = self.member, self._held, self.member.row_bytes
        parts, size = [self._rest], len(self._rest)
        needed = (member.shape[0] - held.count) * wide
        room = min(needed, max(wide, min(most * wide, READ_BYTES)))
        while size < wide:
            data = self._feed.read(max(1, room - size))
            if not data:
                there = held.count * wide + size
                raise InputError(
                    f"its header declares {member.data_bytes} bytes of data, but {there} are "
                    "there; "
                    "the file is truncated"
                )
            parts.append(data)
            size += len(data)
        data, count = b"".join(parts), min(size, needed) // wide
        self._rest = data[count * wide :]
        rows = np.frombuffer(data, member.dtype, count * prod(member.shape[1:]))
        held.append(rows.reshape(count, *member.shape[1:]))
        return held.count, held.count == member.shape[0]

    def forget(self, row: int) -> None:
        """Free the rows before ``row``."""
        self._held.forget(row)

    def settle(self) -> bool:
        """Copy the rest of the data to a temporary file, because rows are too large for memory."""
        self.live = False
        self._file = spool()
        count = self._file.write(self._rest)
        while count < self.member.data_bytes and (data := self._feed.read(READ_BYTES)):
            count += self._file.write(data)
        if count < self.member.data_bytes:
            raise InputError(
                f"its header declares {self.member.data_bytes} bytes of data, but {count} are "
                "there; "
                "the file is truncated"
            )
        self._file.flush()
        self.member.attach(self._file.fileno(), 0)
        return True

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable."""
        return self.member.read(self._columns[name], window)

    def close(self) -> None:
        """Close the file."""
        self._held.close()
        if self._file is not None:
            self._file.close()


def open_live(feed: Feed, hints: Hints) -> Source | None:
    """Open an NPY array as a stream, or return None if it can only be read as a whole."""
    source = LiveNpy(feed)
    if not source.member.streams:
        feed.put_back()
        return None
    feed.keep_no_more()
    return source


class LiveNpySink:
    """An NPY array that is written to a pipe row by row."""

    def __init__(self, results: list[Result], outlet: Outlet) -> None:
        self.notes: list[str] = []
        (result,) = results
        _, dtype = stacked_form(results)
        self.packer = TypedPacker({result.name: dtype})
        self._outlet = outlet
        header = io.BytesIO()
        descr = np.lib.format.dtype_to_descr(dtype)
        form = {"descr": descr, "fortran_order": False, "shape": result.shape}
        np.lib.format.write_array_header_1_0(header, form)
        self._header = header.getvalue()

    def put(self, packet: Packet) -> None:
        """Write the next block."""
        if self._header:
            self._outlet.send(self._header)
            self._header = b""
        self._outlet.send(np.ascontiguousarray(packet.payload).reshape(-1).view(np.uint8).data)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Do nothing: an NPY file has no attributes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def create_sink(results: list[Result], like: Source, destination: Destination) -> Sink:
    """Return a sink that writes an NPY array to standard output."""
    return LiveNpySink(results, standard_output())
