"""What sources and sinks of every format can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self

from gradcli.errors import UsageError
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.system.paths import STDOUT

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


Layout = Literal["matrix", "crosstab", "table", "long"]  # of a CSV file


class Limits(NamedTuple):
    """What a run may take: bytes of memory, and threads."""

    memory: int = 1 << 30
    jobs: int = 1


@dataclass(frozen=True)
class Hints:
    """What the user says of a file that the file does not say itself."""

    format: str | None = None
    dims: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    layout: Layout | None = None
    decimal: str | None = None
    limits: Limits = Limits()  # noqa: RUF009
    live: tuple[str, ...] = ()  # formats that may be worked on as they arrive on standard input
    answers: bool = False  # to standard output, whose reader may leave
    stepped: bool = False  # steps are given, coordinates are labels alone


@dataclass(frozen=True)
class Destination:
    """Where results go, and what goes with them.

    Attributes
    ----------
    path : str or None
        A file, a template with ``{stem}``, ``{suffix}``, ``{component}``, or ``-``.
    folder : str or None
        For default names.
    stack : bool
        All components in one array.
    keep : bool
        Whether everything of the input is carried along, not only what the results need.
    history : str or None
        A line for the global attribute ``history``.
    overwrite, skip_existing : bool
        What becomes of outputs that exist: replaced, or left where they are not older.
    sync : bool
        Whether to wait until outputs are on the disk.
    """

    path: str | None = None
    folder: str | None = None
    stack: bool = False
    keep: bool = False
    history: str | None = None
    overwrite: bool = False
    skip_existing: bool = False
    sync: bool = False

    def __post_init__(self) -> None:
        if self.path is not None and self.folder is not None:
            raise UsageError("-o and --output-dir exclude each other")
        if "" in (self.path, self.folder):
            raise UsageError("-o, --output-dir: an empty name is none")
        if self.overwrite and self.skip_existing:
            raise UsageError("--overwrite and --skip-existing exclude each other")

    @property
    def is_pipe(self) -> bool:
        """Whether what comes on standard input goes to standard output."""
        return self.path == STDOUT or (self.path is None and self.folder is None)


class Packet(NamedTuple):
    """A block of one result, ready to be placed."""

    name: str
    window: Window
    payload: Any


class Source(Protocol):
    """An open input; ``read`` is safe from several threads.

    One of a file pickles: it is opened again where it lands.
    """

    format: str
    description: str
    path: str
    notes: list[str]
    live: bool
    named: bool
    undecided: str | None
    aliases: Mapping[str, str]
    again: Callable[[], Any] | None
    opened: tuple[int, int, int] | None

    @property
    def attributes(self) -> Mapping[str, Mapping[str, Any]]:
        """What variables say of themselves, by their paths."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """The variables, by their paths."""
        ...

    def hold(self, name: str, count: int) -> None:
        """Say how many bytes of a variable, decoded, may be kept for blocks to share."""
        ...

    def read(self, name: str, window: Window) -> Array:
        """Return the values in a window (counted in the file), missing ones as NaN."""
        ...

    def close(self) -> None:
        """Close the file; to close it again does nothing."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, /, *error: object) -> None: ...


class Packer(Protocol):
    """What makes blocks ready to be placed: numbers alone, so that it pickles.

    The same packer makes the same packet of the same values, in any thread and any process.
    """

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Return a block ready to be placed.

        A window begins and ends with chunks of the result.
        """
        ...


class Sink(Protocol):
    """An output that appears under its name only when it is complete."""

    notes: list[str]

    @property
    def packer(self) -> Packer:
        """What makes the next block ready; it is asked for anew for each.

        What was placed so far may have told how the next is best deflated.
        """
        ...

    def put(self, packet: Packet) -> None:
        """Place a block; the owner alone calls it."""
        ...

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set attributes of a result that are known when its last block is placed.

        They were among its attributes from the beginning; formats without attributes do nothing.
        """
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: object, /, *error: object) -> None: ...


class LiveSource(Source, Protocol):
    """A source whose first axis arrives; it holds the rows that are still needed."""

    def arrive(self, most: int) -> tuple[int, bool]:
        """Wait for more rows, about so many at most.

        Returns how many rows are known by now, and whether these are all.
        """
        ...

    def forget(self, row: int) -> None:
        """Let go of the rows before one."""
        ...

    def settle(self) -> bool:
        """Copy what is to come to a temporary file, where the source can do without streaming."""
        ...
