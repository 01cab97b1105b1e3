"""The common part of the sinks for NetCDF and HDF5: blocks are packed, and writers write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from gradcli.errors import OutputError, UnwritableError
from gradcli.formats.copying import arrangements_of
from gradcli.formats.direct import ArrayPlace, Direct, DirectArrays
from gradcli.formats.hdf5.layout import LayoutFile, LayoutWriter
from gradcli.formats.hdf5.library import LOCK, h5py, stored_name
from gradcli.formats.hdf5.writers import ChunkWriter, RawWriter, Writer
from gradcli.formats.packer import StoredPacker
from gradcli.model.fields import Result
from gradcli.model.protocols import Packet

if TYPE_CHECKING:
    from gradcli.model.arrangement import Arrangement


class StoredSink:
    """An output file with a writer and a fill value for each result; it is closed on exit."""

    def __init__(self, scratch: str, path: str, results: list[Result]) -> None:
        self.notes: list[str] = []
        self._file: Any = None  # the output as h5py has it, if it does
        self._scratch = scratch
        self._path = path
        self._layout: LayoutFile | None = None
        self._results = results
        self._types = {result.name: result.dtype for result in results}
        self._fills: dict[str, Any] = {}
        self._writers: dict[str, Writer | LayoutWriter] = {}
        self._packer: StoredPacker | None = None
        self._arrangements = arrangements_of(results)

    def _arrangements_of(self, path: str, keys: list[str]) -> list[Arrangement | None]:
        """Return the arrangements of the axes of a variable that is copied from the input."""
        made = [self._arrangements.get(key) for key in keys]
        coordinates = {axis.coordinate for result in self._results for axis in result.axes}
        if path not in coordinates and any(one and one.starts is not None for one in made):
            self.notes.append(f"{path}: has the value of the first row, not the average of all")
        return made

    @property
    def packer(self) -> StoredPacker:
        """The packer for the next block."""
        if self._packer is None:
            forms = {name: writer.form for name, writer in self._writers.items()}
            self._packer = StoredPacker(self._types, self._fills, forms)
        return self._packer

    def put(self, packet: Packet) -> None:
        """Write a block to its window."""
        writer = self._writers[packet.name]
        try:
            writer.put(packet.window, packet.payload)
        except (RuntimeError, OSError) as error:
            raise self._failure(error) from error

    def lay_out(self) -> str | None:
        """Take payloads of pieces that lie elsewhere from now on, and give them their places.

        Returns the path of the file that the pieces must be copied to before it is complete, or
        None, and changes nothing, if the sink must be given the pieces themselves.
        """
        for writer in self._writers.values():
            if not isinstance(writer, ChunkWriter) or not writer.fills_itself():
                return None
        self._layout = LayoutFile(self._scratch)
        with LOCK:
            file = self._reopened(self._layout)
        for name, writer in self._writers.items():
            assert isinstance(writer, ChunkWriter)
            dataset = file[stored_name(file, name)]
            self._writers[name] = LayoutWriter(dataset, writer.form, self._layout)
        return self._scratch

    def direct(self) -> Direct | None:
        """Return what writes packets from any process, if all results lie in one piece each."""
        places = {}
        for name, writer in self._writers.items():
            if not isinstance(writer, RawWriter):
                return None
            places[name] = ArrayPlace(*writer.array.at(self._scratch))
        return DirectArrays(places)

    def _reopened(self, layout: LayoutFile) -> Any:
        """Close the file, and return it as h5py opens it through a file object."""
        self._file.close()
        self._file = h5py.File(layout, "r+")
        return self._file

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set the values of attributes that a result already has in the file."""
        try:
            with LOCK:
                self._finish(name, attributes)
        except (RuntimeError, OSError) as error:
            raise self._failure(error) from error

    def _finish(self, name: str, attributes: Mapping[str, int]) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError

    def _failure(self, error: Exception) -> OutputError:
        text = " ".join(str(error).split())
        inside = re.search(r"error message = '([^']+)'", text)  # the useful part of HDF5's text
        text = inside[1] if inside else getattr(error, "strerror", None) or text
        # Errors about names and attributes that a format cannot hold are not about disk space.
        full = not isinstance(error, (ValueError, AttributeError)) and "illegal" not in text
        hint = " (is the disk full?)" if full else "; another format may hold it"
        line = f"{self._path}: cannot be written: {text}{hint}"
        if isinstance(error, OSError):
            return UnwritableError(line).because(error)
        return OutputError(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        try:
            with LOCK:
                self._close()
            if self._layout is not None:
                self._layout.close()
        except (RuntimeError, OSError) as error:
            if kind is None:
                raise self._failure(error) from error
