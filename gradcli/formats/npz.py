"""NPZ: a ZIP archive of NPY arrays.

Uncompressed arrays are read in place; compressed ones are unpacked to temporary files first.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from threading import Lock
from typing import IO, Any, BinaryIO, Self, cast

import numpy as np

from gradcli.errors import InputError, UsageError
from gradcli.formats.base import Traits
from gradcli.formats.beside import beside
from gradcli.formats.npy.sink import NpyArray, stacked_form
from gradcli.formats.npy.source import Member
from gradcli.formats.packer import TypedPacker
from gradcli.formats.raw import RawArray
from gradcli.model.axes import Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Result
from gradcli.model.protocols import Destination, Hints, Packer, Packet, Sink, Source
from gradcli.numerics.dtypes import Array
from gradcli.record import replace
from gradcli.system.paths import open_empty, read_error
from gradcli.system.temporary import spool

COPY_BYTES = 2**20
STACKED = "gradient"  # the name of the array that --stack makes
LOCAL_HEADER = 30
MOST_MEMBERS = 2**16
DEFAULT_LEVEL = 6  # the default of zlib, because the archive does not record its level


class NpzSource(Traits):
    """An open NPZ file."""

    format = "npz"
    description = "NPZ"

    def __init__(self, path: str) -> None:
        self.path = path
        self.notes: list[str] = []
        self.fields: dict[str, Field] = {}
        self._words: dict[str, str] = {}
        self.words_in = self._words
        self.archive_path = path
        self._members: dict[str, tuple[Member, str | None, zipfile.ZipInfo]] = {}
        self._spooled: set[str] = set()
        self._lock = Lock()
        self._stack = ExitStack()
        try:
            self._file = self._stack.enter_context(open(path, "rb"))  # noqa: SIM115
            self.archive = self._stack.enter_context(zipfile.ZipFile(self._file))
            members = self.archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise InputError(f"has {len(members)} members; at most {MOST_MEMBERS} are read")
            for info in members:
                self._list(info)
        except OSError as error:
            self._stack.close()
            raise read_error(error) from error
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            UnicodeDecodeError,
            zlib.error,
            EOFError,
        ) as error:
            self._stack.close()
            raise InputError(f"is a damaged ZIP archive: {error}") from error
        except BaseException:
            self._stack.close()
            raise

    def _list(self, info: zipfile.ZipInfo) -> None:
        name = info.filename.removesuffix(".npy")
        if name == info.filename or info.is_dir():
            self.notes.append(f"{name}: left out, because it is not an NPY array")
            return
        with self.archive.open(info) as stream:
            member = Member(cast(BinaryIO, stream), info.file_size)
        level = 0 if info.compress_type == zipfile.ZIP_STORED else DEFAULT_LEVEL
        for field, column in member.fields(name):
            path = name if column is None else f"{name}/{column}"
            if member.is_numeric(column):
                field = replace(field, label=column) if column and "/" in column else field
                self.fields[path] = _member_field(field, path, level)
                self._members[path] = (member, column, info)
                self.notes += filter(None, [member.note(path, column)])
            else:
                if member.is_words(column):
                    self._words[path] = ""
                    self._members[path] = (member, column, info)
                self.notes.append(f"{path}: {field.stored} left out, because it holds no numbers")
        if info.compress_type == zipfile.ZIP_STORED:
            member.attach(self._file.fileno(), self._data_offset(info) + member.header_bytes)

    def _data_offset(self, info: zipfile.ZipInfo) -> int:
        header = os.pread(self._file.fileno(), LOCAL_HEADER, info.header_offset)
        name_length, extra_length = struct.unpack("<HH", header[26:30])
        return info.header_offset + LOCAL_HEADER + int(name_length) + int(extra_length)

    def _spool(self, info: zipfile.ZipInfo, member: Member) -> None:
        """Unpack a compressed array to a temporary file, so that windows of it can be read."""
        key = info.filename.removesuffix(".npy")
        if info.compress_type == zipfile.ZIP_STORED or key in self._spooled:
            return
        copy = self._stack.enter_context(spool())
        try:
            with self.archive.open(info) as stream:
                stream.read(member.header_bytes)
                left = member.data_bytes
                while left > 0 and (data := stream.read(min(left, COPY_BYTES))):
                    copy.write(data)
                    left -= len(data)
                if left or stream.read(1):
                    raise InputError(f"{key}: its data are not as long as its header declares")
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise InputError(f"{key}: is damaged: {error}") from error
        copy.flush()
        member.attach(copy.fileno(), 0)
        self._spooled.add(key)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of an array."""
        member, column, info = self._members[name]
        with self._lock:
            self._spool(info, member)
        return member.read(column, window)

    def vector(self, name: str) -> Vector:
        """Return a whole array as coordinates."""
        member, column, info = self._members[name]
        with self._lock:
            self._spool(info, member)
        return member.vector(self.fields[name], column)

    def read_words(self, name: str) -> Array:
        """Return a whole array of words."""
        member, column, info = self._members[name]
        with self._lock:
            self._spool(info, member)
        return member.words(column)

    def close(self) -> None:
        """Close the file."""
        self._stack.close()


def _member_field(field: Field, name: str, level: int) -> Field:
    return replace(field, name=name, storage=replace(field.storage, deflate=level))


def open_source(path: str, hints: Hints) -> Source:
    """Open an NPZ file."""
    return NpzSource(path)


class NpzSink:
    """An NPZ output; arrays are collected in temporary files and archived at the end."""

    def __init__(
        self, path: str, results: list[Result], like: Source, destination: Destination
    ) -> None:
        self.notes: list[str] = []
        self._path = path
        self._like = like if destination.keep and isinstance(like, NpzSource) else None
        self._level = max(result.stored.deflate for result in results)
        self._stack = ExitStack()
        self._arrays: dict[str, tuple[BinaryIO, NpyArray]] = {}
        self._stacked = {r.name: i for i, r in enumerate(results)} if destination.stack else None
        self._refuse_clashes(results)
        self._coordinates = {
            name: axis.values
            for result in results
            for axis in result.axes
            if axis.values is not None
            and (name := axis.name or (None if axis.given else axis.coordinate)) is not None
        }
        arranged = [axis for result in results for axis in result.axes if axis.arrangement]
        self._replaced = {f"{axis.name or axis.coordinate}.npy" for axis in arranged}
        if destination.stack:
            shape, dtype = stacked_form(results)
            self._add(STACKED, shape, dtype)
        else:
            for result in results:
                self._add(result.name, result.shape, result.dtype, result.stored.fortran)
        self.packer = TypedPacker({r.name: self._array(r.name).dtype for r in results})
        for other in [] if isinstance(like, NpzSource) else beside(results, like):
            self._add(other.name, other.shape, other.dtype)
            for window, values in other.pieces():
                self._arrays[other.name][1].raw.write(window, values)

    def _refuse_clashes(self, results: list[Result]) -> None:
        kept = set() if self._like is None else set(self._like.archive.namelist())
        for result in results:
            if f"{result.name}.npy" in kept:
                raise UsageError(f"the file has an array {result.name!r} already; use --name")

    def _add(
        self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], fortran: bool = False
    ) -> None:
        same = [other for other in self._arrays if inside(other) == inside(name)]
        if same:
            raise UsageError(f"{same[0]!r} and {name!r} would be one array; use --name")
        file = self._stack.enter_context(spool())
        try:
            self._arrays[name] = (file, NpyArray(file, dtype, shape, fortran))
        except BaseException:
            self._stack.close()
            raise

    def _array(self, name: str) -> RawArray:
        return self._arrays[name if self._stacked is None else STACKED][1].raw

    def put(self, packet: Packet) -> None:
        """Write a block to its window."""
        window, values = packet.window, packet.payload
        if self._stacked is not None:
            place = self._stacked[packet.name]
            window, values = (slice(place, place + 1), *window), values[None]
        self._array(packet.name).write(window, values)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Do nothing: an NPZ file has no attributes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, /, *_: object) -> None:
        with self._stack:
            if kind is None:
                method = zipfile.ZIP_DEFLATED if self._level else zipfile.ZIP_STORED
                file = self._stack.enter_context(open_empty(self._path))
                with zipfile.ZipFile(file, "w", method, compresslevel=self._level) as archive:
                    self._archive(archive)

    def _archive(self, archive: zipfile.ZipFile) -> None:
        if self._like is not None:
            for info in self._like.archive.infolist():
                if info.filename in self._replaced:
                    continue
                with self._like.archive.open(info) as stream:
                    _copy(cast(BinaryIO, stream), archive, info.filename)
        there = {*archive.namelist(), *(inside(f"{name}.npy") for name in self._arrays)}
        for name, values in self._coordinates.items():
            if inside(f"{name}.npy") not in there:
                there.add(inside(f"{name}.npy"))
                with _member(archive, f"{name}.npy") as member:
                    np.lib.format.write_array(member, values)
        for name, (file, _) in self._arrays.items():
            file.seek(0)
            _copy(file, archive, name + ".npy")


def inside(name: str) -> str:
    """Return a name of a member that stays within the folder where the archive is unpacked.

    >>> inside("../../etc//x")
    'etc/x'
    """
    parts = (part for part in name.split("/") if part not in ("", ".", ".."))
    return "".join(c if c.isprintable() else "_" for c in "/".join(parts))


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a new member for writing, with the fixed default time stamp of zipfile."""
    return archive.open(inside(name), "w", force_zip64=True)


def _copy(stream: BinaryIO, archive: zipfile.ZipFile, name: str) -> None:
    with _member(archive, name) as member:
        while data := stream.read(COPY_BYTES):
            member.write(data)


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create an NPZ file; it is compressed if the input is compressed."""
    return NpzSink(scratch, results, like, destination)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of an NPZ file."""
    stacked = stacked_form(results)[1] if destination.stack else None
    return TypedPacker({result.name: stacked or result.dtype for result in results})
