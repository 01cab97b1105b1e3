"""Interfaces of sources and sinks, common to all formats, and the options that they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self, TypeVar, get_args

from gradcli.catalogue import only_in
from gradcli.errors import UsageError
from gradcli.model.axes import Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.sharing import Room
from gradcli.record import field, record
from gradcli.system.paths import STDOUT

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array
    from gradcli.numerics.grids import Grid
    from gradcli.numerics.tracks import Ids


Found = TypeVar("Found")
Identity = tuple[int, int, int]  # device, inode and size of a file
Layout = Literal["matrix", "crosstab", "table", "long"]  # of a CSV file


class Limits(NamedTuple):
    """Limits on the resources of a run: bytes of memory, and threads."""

    memory: int = 1 << 30
    jobs: int = 1


class Join(NamedTuple):
    """Files that are one field along an axis, and how many of them may be open at once."""

    axis: str
    paths: tuple[str, ...]
    open_files: int | None = None


@record(frozen=True)
class Hints:
    """What the user adds to the information in a file, to open it."""

    format: str | None = None
    dims: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    layout: Layout | None = None
    decimal: str | None = None
    limits: Limits = Limits()
    live: tuple[str, ...] = ()  # formats that may be read from standard input as they arrive
    answers: bool = False  # results go to standard output, whose reader may quit early
    stepped: bool = False  # steps are given, so coordinates are only labels
    by: str | None = None  # the column that tells tracks apart
    valid_range: bool = True  # whether valid_min, valid_max and valid_range are heeded
    units: Mapping[str, str] = field(default_factory=dict)  # of variables, in place of their own
    words: tuple[str, ...] = ()  # further words that mean missing in text
    variables: tuple[str, ...] = ()  # that are asked for, as written; none means all
    header: int | str | None = None  # the line of names of a CSV, or none
    skip_rows: int = 0  # lines of a CSV to skip
    encoding: str | None = None
    date_format: str | None = None
    grid: Grid | None = None  # the input is a formula, on this grid
    engine: str | None = None  # of xarray, which reads the input
    thousands: str | None = None
    join: Join | None = None  # the input is a series of files

    def __post_init__(self) -> None:
        if self.layout is not None and self.layout not in get_args(Layout):
            listed = ", ".join(get_args(Layout))
            raise UsageError(f"csv layout {self.layout!r}; there are: {listed}")
        if self.engine == "":
            raise UsageError("--engine: the name is empty")
        if self.engine is not None and self.format is not None:
            raise UsageError("--engine and --format exclude each other; the engine reads the file")

    def of_text(self) -> str | None:
        """Return an option that is given and says how text in CSV is read, or None.

        >>> Hints(decimal=",").of_text(), Hints().of_text()
        ('--decimal', None)
        """
        for name in only_in("csv"):
            if getattr(self, "layout" if name == "csv_layout" else name):
                return f"--{name.replace('_', '-')}"
        return None

    def said_of(self, path: str) -> dict[str, str]:
        """Return the attributes that the user gives for a variable, in place of its own."""
        units = self.units.get(path, self.units.get(path.rpartition("/")[2]))
        return {} if units is None else {"units": units}


@record(frozen=True)
class Destination:
    """Where results go, and what goes with them.

    Attributes
    ----------
    path : str or None
        A file, a template with ``{stem}``, ``{suffix}``, ``{component}``, or ``-``.
    folder : str or None
        Folder for outputs with default names.
    stack : bool
        Whether to write all components to one array.
    keep : bool
        Whether to copy everything from the input, not only what the results need.
    history : str or None
        A line for the global attribute ``history``.
    overwrite, skip_existing : bool
        Whether to replace existing outputs, or to skip those that are not older than the input.
    sync : bool
        Whether to wait until outputs are on the disk.
    format : str or None
        The format for standard output, if the input is a formula.
    """

    path: str | None = None
    folder: str | None = None
    stack: bool = False
    keep: bool = False
    history: str | None = None
    overwrite: bool = False
    skip_existing: bool = False
    sync: bool = False
    format: str | None = None

    def __post_init__(self) -> None:
        if self.path is not None and self.folder is not None:
            raise UsageError("-o and --output-dir exclude each other")
        if "" in (self.path, self.folder):
            raise UsageError("-o, --output-dir: the name is empty")
        if self.overwrite and self.skip_existing:
            raise UsageError("--overwrite and --skip-existing exclude each other")
        if self.path == STDOUT and self.skip_existing:
            raise UsageError("--skip-existing is about files, and -o - is standard output")

    @property
    def is_each(self) -> bool:
        """Whether each of several inputs has an output of its own."""
        return self.folder is not None or "{stem}" in (self.path or "")

    @property
    def is_pipe(self) -> bool:
        """Whether standard input goes to standard output: ``-`` is given, or no output at all."""
        return self.path == STDOUT or (self.path is None and self.folder is None)


class Packet(NamedTuple):
    """A block of one result, ready to be written by its sink."""

    name: str
    window: Window
    payload: Any


class Source(Protocol):
    """An open input. ``read`` is thread-safe.

    A source of a file can be pickled; unpickling opens the file again.
    """

    format: str
    description: str
    path: str
    notes: list[str]
    live: bool
    joined: bool
    named: bool
    undecided: str | None
    aliases: Mapping[str, str]
    header: Mapping[str, Any]
    again: Callable[[], Any] | None
    opened: Identity | None
    words_in: Mapping[str, str]
    block_rows: tuple[int, ...]
    block_key: str
    refused: Mapping[str, str]

    @property
    def attributes(self) -> Mapping[str, Mapping[str, Any]]:
        """The attributes of the variables, by path."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """The variables, by path."""
        ...

    def once(self, find: Callable[[Source], Found]) -> Found:
        """Return what a function finds out of all variables; it is called once for a source."""
        ...

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept for blocks to share."""
        ...

    def read(self, name: str, window: Window) -> Array:
        """Return the values in a window of the file, with NaN where they are missing."""
        ...

    def is_unwritten(self, name: str, window: Window) -> bool:
        """Return whether it is known that nothing was written in a window, so all is missing."""
        ...

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        ...

    def refuse_hollow(self, fields: list[Field]) -> None:
        """Raise InputError if the input declares far more of some fields than it can hold."""
        ...

    def late_notes(self) -> list[str]:
        """Return what is known of the values only when they have been read, for the user."""
        ...

    def files(self) -> list[tuple[str, Identity | None]]:
        """Return the files that are read, and what each was when it was opened."""
        ...

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates: exact, and dates as seconds since the first."""
        ...

    def knows(self, name: str) -> bool:
        """Return whether there is such a column or variable, of numbers or of words."""
        ...

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        ...

    def ids(self, name: str) -> Ids | None:
        """Return what each row of an axis says of its track, or None if it is not along one."""
        ...

    def close(self) -> None:
        """Close the file. Closing it again has no effect."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, /, *error: object) -> None: ...


class Packer(Protocol):
    """Turns blocks into packets. It holds only plain data, so it can be pickled.

    From the same values, it makes the same packet in any thread and any process.
    """

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return the packet of a block.

        The window must begin and end at chunk boundaries of the result.
        """
        ...


class Sink(Protocol):
    """An output that appears under its name only when it is complete."""

    notes: list[str]

    @property
    def packer(self) -> Packer:
        """The packer for the next block.

        Ask for it again for each block: those written so far may show how to compress the next.
        """
        ...

    def put(self, packet: Packet) -> None:
        """Write a packet. Only the owner of the sink calls this."""
        ...

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set attributes of a result whose values are known only after its last block.

        The result has had these attributes from the start. Formats without attributes do nothing.
        """
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, /, *error: object) -> None: ...


class LiveSource(Source, Protocol):
    """A source whose first axis is still arriving. It holds the rows that are still needed."""

    def arrive(self, most: int) -> tuple[int, bool]:
        """Wait for more rows, but take no more than about `most`.

        Returns the number of rows that have arrived so far, and whether these are all.
        """
        ...

    def forget(self, row: int) -> None:
        """Drop the rows before a given one."""
        ...

    def settle(self) -> bool:
        """Copy the rest of the input to a temporary file and return True, or False if it cannot."""
        ...
