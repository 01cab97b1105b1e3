"""Formats by suffix, imported on demand; opening sources, creating sinks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.errors import InputError, UsageError, located, suggest
from gradcli.model.blocks import size_text
from gradcli.model.fields import Carry, Field, Hints, Packet, Result, Sink, Source, Window
from gradcli.system.limits import capped, require_room
from gradcli.system.paths import STDOUT, is_fifo, read_error, spooled_stdin, write_error
from gradcli.system.publish import Staging

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

HOLLOW = 2**40  # bytes that a file may declare whatever its size
MOST_DEFLATED = 1100  # times that deflate makes numbers smaller at most, about

MODULES = {
    "csv": "gradcli.formats.csv.source",
    "npy": "gradcli.formats.npy.source",
    "npz": "gradcli.formats.npz",
    "hdf5": "gradcli.formats.hdf5.source",
    "netcdf": "gradcli.formats.netcdf.source",
}
LIVE = {"csv": "gradcli.formats.csv.live", "npy": "gradcli.formats.npy.live"}
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".dat": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".txt.gz": "csv",
    ".npy": "npy",
    ".npz": "npz",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".he5": "hdf5",
    ".nxs": "hdf5",
    ".nc": "netcdf",
    ".nc3": "netcdf",
    ".nc4": "netcdf",
    ".nc5": "netcdf",
    ".cdf": "netcdf",
    ".netcdf": "netcdf",
}


def split_suffix(path: str) -> tuple[str, str]:
    """Return the stem of a file's name and its suffix, ``.gz`` included.

    >>> split_suffix("data/log.csv.gz")
    ('log', '.csv.gz')
    """
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    if suffix.lower() == ".gz":
        stem, inner = os.path.splitext(stem)
        suffix = inner + suffix
    return stem, suffix


def format_of(path: str, asked: str | None = None) -> str | None:
    """Return the format that a path's suffix stands for, or the one asked for.

    >>> format_of("field.NC"), format_of("field.odd"), format_of("field.odd", "csv")
    ('netcdf', None, 'csv')
    """
    return asked or SUFFIXES.get(split_suffix(path)[1].lower())


def suffix_of(name: str) -> str:
    """Return the usual suffix of a format.

    >>> suffix_of("netcdf"), suffix_of("csv")
    ('.nc', '.csv')
    """
    return next(suffix for suffix, kind in SUFFIXES.items() if kind == name)


def open_source(path: str, hints: Hints | None = None) -> Source:
    """Open an input; the source is a context manager.

    Raises
    ------
    UsageError
        The suffix stands for no format, and none is given.
    InputError
        The file cannot be read, or is not what its suffix promises.
    """
    hints = hints or Hints()
    if hints.format is not None and hints.format not in MODULES:
        raise suggest("format", hints.format, list(MODULES))
    if os.path.isdir(path):
        raise InputError("is a folder; name the files in it (--recursive takes them all)")
    if path == STDOUT:
        return _open_piped(hints)
    name = format_of(path, hints.format)
    if name is None:
        raise _no_format(f"the suffix {split_suffix(path)[1]!r}")
    hints = _roomy(name, hints)
    if name != "csv" and is_fifo(path):
        return _open_fifo(path, name, hints)
    before = _identity(path)
    source: Source = import_module(MODULES[name]).open_source(path, hints)
    source.opened, after = before, _identity(path)
    if before is not None and after is not None and before[:2] != after[:2]:
        source.__exit__(None)
        raise InputError("was replaced while it was being opened; try again")
    return source


def _identity(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size) if stat.S_ISREG(found.st_mode) else None


def _refuse_truncated(source: Source) -> None:
    """Raise InputError where a file has lost its end: libraries read zeros there, unasked.

    Where another has its name by now, nobody can have cut the one that was read.
    """
    then, now = source.opened, _identity(source.path)
    if then is not None and now is not None and then[:2] == now[:2] and now[2] < then[2]:
        raise located(source.path, InputError("was truncated while it was being read"))


def _roomy(name: str, hints: Hints) -> Hints:
    """Return hints whose memory is there, beside what a format's libraries take."""
    require_room(name, hints.jobs)
    return replace(hints, memory=capped(hints.memory, hints.jobs, {name}))


def _no_format(what: str) -> UsageError:
    return UsageError(
        f"{what} does not say the format; give it with --format ({', '.join(MODULES)})"
    )


def _open_piped(hints: Hints) -> Source:
    """Open standard input: as it arrives where that will do, or else copied to a file first."""
    from gradcli.system.streams import format_of_feed, standard_input

    feed = standard_input(hints.answers)
    name = hints.format or format_of_feed(feed)
    if name is None:
        raise _no_format("standard input")
    hints = _roomy(name, hints)
    source: Source | None = None
    if name in hints.live:
        source = import_module(LIVE[name]).open_live(feed, hints)
    if source is None:
        source = _open_copy(name, feed.rest(), hints)
    source.path = STDOUT
    return source


def _open_fifo(path: str, name: str, hints: Hints) -> Source:
    """Open what comes through a FIFO, copied to a file first."""
    from gradcli.system.streams import Feed

    try:
        with open(path, "rb", buffering=0) as file:
            source = _open_copy(name, Feed(file.fileno()).rest(), hints)
    except OSError as error:
        raise read_error(error) from error
    source.path = path
    return source


def _open_copy(name: str, pieces: Iterator[bytes], hints: Hints) -> Source:
    with spooled_stdin("stdin" + suffix_of(name), pieces) as copy:
        source: Source = import_module(MODULES[name]).open_source(copy, hints)
    return source


def refuse_hollow(source: Source, fields: list[Field]) -> None:
    """Raise InputError where a file declares terabytes of numbers and cannot hold them.

    What was never written takes no room in HDF5, however much of it there is said to be; the
    results would, and would take days.
    """
    if not os.path.isfile(source.path):
        return
    size = os.path.getsize(source.path)
    for field in fields:
        declared = prod(field.shape) * field.storage.item
        if declared > max(HOLLOW, MOST_DEFLATED * size):
            raise InputError(
                f"{field.name}: declares {size_text(declared)} of numbers, the file has "
                f"{size_text(size)}; they were never written, or the file is damaged "
                "(--isel works on a part)"
            )


def holds_one_array(name: str, results: list[Result], like: Source) -> bool:
    """Return whether a file of a format holds one array, not several with their coordinates."""
    return bool(import_module(MODULES[name]).holds_one_array(results, like))


def storing(name: str, like: Source, path: str | None) -> frozenset[str]:
    """Return what arrays in an output of a format can have: ``chunks``, ``deflate``, ``growth``."""
    say = getattr(import_module(MODULES[name]), "storing", None)
    return frozenset() if say is None else say(like, path)


@contextmanager
def create_sink(
    outputs: list[tuple[str, list[Result]]],
    name: str,
    like: Source,
    carry: Carry,
    overwrite: bool = False,
    sync: bool = False,
) -> Iterator[Sink]:
    """Create the files of a run; they appear together when the block ends without an error."""
    module = import_module(MODULES[name])
    # The input is closed before: over a damaged file a library may break down as late as then.
    with Staging(overwrite, sync) as staging, closing(like), ExitStack() as stack:
        routes: dict[str, tuple[str, Sink]] = {}
        notes: list[str] = []
        # What arrives leaves at once: standard output is no file that could be half-done.
        straight = like.live and any(path == STDOUT for path, _ in outputs)
        scratches = ["" if straight else staging.add(path) for path, _ in outputs]
        for scratch, (path, results) in zip(scratches, outputs, strict=True):
            stack.enter_context(_writing(path))
            if straight:
                made = import_module(LIVE[name]).create_sink(results, like, carry)
            else:
                made = module.create_sink(scratch, path, results, like, carry)
            sink = stack.enter_context(made)
            notes += sink.notes
            routes.update({result.name: (path, sink) for result in results})
        yield _Router(routes, notes)
        _refuse_truncated(like)


@contextmanager
def _writing(path: str) -> Iterator[None]:
    """Turn what the system refuses while a file is written into an error that names it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_error(path, error) from error


class _Router:
    """Several sinks as one, told apart by the name of the result."""

    def __init__(self, routes: dict[str, tuple[str, Sink]], notes: list[str]) -> None:
        self._routes = routes
        self.notes = notes

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        return self._routes[name][1].pack(name, window, values)

    def put(self, packet: Packet) -> None:
        path, sink = self._routes[packet.name]
        with _writing(path):
            sink.put(packet)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        path, sink = self._routes[name]
        with _writing(path):
            sink.finish(name, attributes)

    def __enter__(self) -> _Router:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def file_of_spec(spec: str) -> str:
    """Return the file that coordinates come from, named as ``PATH`` or ``PATH:VARIABLE``.

    >>> file_of_spec("grid.nc:lat"), file_of_spec("lat.npy")
    ('grid.nc', 'lat.npy')
    """
    if os.path.exists(spec) or ":" not in spec:
        return spec
    return spec.rpartition(":")[0]


def read_vector(spec: str, memory: int = 1 << 30) -> tuple[Array, float, str | None]:
    """Return coordinates from a file, the rounding of their stored type, and their units.

    They are a vector, or of two axes, and no more than ``memory`` bytes. ``spec`` is a path (NPY,
    or one number a line), or ``PATH:VARIABLE``.
    """
    import numpy as np

    from gradcli.errors import GradcliError

    path = file_of_spec(spec)
    name = spec.removeprefix(f"{path}:") if path != spec else None
    try:
        with open_source(
            path, Hints(layout="matrix" if format_of(path) == "csv" else None, memory=memory)
        ) as source:
            if name is None and len(source.fields) != 1:
                names = ", ".join(list(source.fields)[:8])
                raise UsageError(f"holds several variables; name one as {path}:NAME ({names})")
            wanted = next(iter(source.fields)) if name is None else name.strip("/")
            wanted = source.aliases.get(wanted, wanted)
            if wanted not in source.fields:
                raise suggest("variable", wanted, list(source.fields))
            field = source.fields[wanted]
            if 8 * prod(field.shape) > memory:
                raise InputError(f"{wanted} has shape {field.shape}, more than the memory limit")
            values = source.read(wanted, tuple(axis.file_window for axis in field.axes))
            sizes = tuple(size for size in field.shape if size != 1)
            if len(sizes) > 2:
                raise InputError(
                    f"{wanted} has shape {field.shape}; coordinates are one number a point, "
                    "or arrays of two axes"
                )
            if values.dtype.kind == "c":
                raise InputError(f"{wanted} is complex; coordinates are real")
    except GradcliError as error:
        raise located(path, error) from error
    shape = sizes if len(sizes) == 2 else (-1,)
    return values.reshape(shape).astype(np.float64), field.precision, field.units
