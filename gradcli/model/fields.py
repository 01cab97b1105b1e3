"""Fields and axes: described, never read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.model.arrangement import Arrangement
    from gradcli.numerics.live import LiveAxis

    Array = NDArray[Any]

Window = tuple[slice, ...]

OPEN = 2**62  # points of an axis whose end has not arrived


@dataclass(frozen=True)
class Axis:
    """One dimension of a field.

    Attributes
    ----------
    name : str or None
        The dimension's name; None for an array that names none.
    size : int
        Number of points worked on; ``OPEN`` where they arrive (``live`` has those so far).
    values : ndarray of float64 or None
        The coordinate at each point; None where the file gives none.
    units, role, standard_name, long_name : str or None
        What the coordinate says of itself; role is the CF role ``x``, ``y``, ``z`` or ``t``.
    calendar : str or None
        Of a time axis.
    coordinate : str or None
        The name of the coordinate variable, where it has one.
    key : str
        Identity of the dimension in its file, the same for every field that shares it.
    start : int
        Where the points worked on begin in the file, or in the arranged axis.
    precision : float
        Relative rounding of the stored coordinate (``eps`` of its type).
    given : bool
        Whether the coordinates are the user's, in place of the file's.
    arrangement : Arrangement or None
        Which rows of the file the points are made of, where they are not its rows in turn.
    down : bool
        Whether the coordinate grows downwards (``positive: down``).
    """

    name: str | None
    size: int
    values: Array | None = None
    units: str | None = None
    role: str | None = None
    standard_name: str | None = None
    long_name: str | None = None
    coordinate: str | None = None
    calendar: str | None = None
    key: str = ""
    start: int = 0
    precision: float = 2.0**-52
    given: bool = False
    arrangement: Arrangement | None = None
    down: bool = False
    live: LiveAxis | None = None

    @property
    def file_window(self) -> slice:
        """The points worked on, counted as ``start`` is."""
        return slice(self.start, self.start + self.size)

    def words(self) -> dict[str, str]:
        """Return the attributes of the coordinate, as the CF conventions name them."""
        words = {
            "units": self.units,
            "standard_name": self.standard_name,
            "long_name": self.long_name,
            "calendar": self.calendar,
            "axis": self.role.upper() if self.role else None,
        }
        return {name: word for name, word in words.items() if word}

    def select(self, first: int, stop: int) -> Axis:
        """Return the part of this axis between two indices."""
        values = None if self.values is None else self.values[first:stop]
        return replace(self, start=self.start + first, size=stop - first, values=values)


@dataclass(frozen=True)
class Storage:
    """How a field lies in its file; ``chunks`` is None where it is in one piece.

    ``item`` is the bytes of a stored number, ``deflate`` the level of what is written alike (0:
    not at all), with or without ``shuffle`` and ``checksum``; ``foreign`` are filters that
    results do not have. Chunks may be larger than an axis that ``grows``.
    """

    layout: str = "contiguous"
    chunks: tuple[int, ...] | None = None
    compression: str | None = None
    item: int = 8
    deflate: int = 0
    shuffle: bool = False
    checksum: bool = False
    foreign: str | None = None
    grows: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Field:
    """A named array on a grid, described but not read.

    Attributes
    ----------
    name : str
        Path of the variable in its file.
    axes : tuple of Axis
        Its dimensions, slowest first.
    stored : str
        The type in the file, for people (``int16``).
    dtype : numpy.dtype
        What ``Source.read`` returns: floating or complex.
    result_dtype : numpy.dtype
        The type of a derivative where none is asked for.
    kind : str
        ``data``, or why it is not differentiated unasked: ``coordinate``, ``bounds`` …
    missing : str
        What marks a missing value, for people.
    cell_bytes : int
        Bytes a cell needs while it is read: stored form, converted form, masks.
    precision : float
        Relative rounding of the stored numbers, where they are to be coordinates.
    fixed : (axis, index) or None
        Where the field is one component of an array: the array's axis that tells them apart.
    label : str
        What results are named after, where it is not the variable's own name.
    """

    name: str
    axes: tuple[Axis, ...]
    stored: str
    dtype: np.dtype[Any]
    result_dtype: np.dtype[Any]
    units: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    storage: Storage = Storage()
    kind: str = "data"
    missing: str = ""
    cell_bytes: int = 16
    precision: float = 2.0**-52
    fixed: tuple[int, int] | None = None
    label: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)

    def stored_axis(self, index: int) -> int:
        """Return which axis of the array in the file an axis is, one for components counted.

        >>> import numpy as np
        >>> double = np.dtype("f8")
        >>> axes = Axis("y", 2), Axis("x", 3)
        >>> Field("w", axes, "f8", double, double, fixed=(1, 0)).stored_axis(1)
        2
        """
        return index + (self.fixed is not None and index >= self.fixed[0])

    @property
    def base(self) -> str:
        """The name without its group."""
        return self.label or self.name.rpartition("/")[2]

    @property
    def group(self) -> str:
        """The path of the group, with a slash behind it, or nothing."""
        return self.name[: self.name.rfind("/") + 1]


@dataclass(frozen=True)
class Result:
    """One array to write; without a ``storage`` of its own it lies as its origin does."""

    name: str
    axes: tuple[Axis, ...]
    dtype: np.dtype[Any]
    component: str
    origin: Field
    attributes: Mapping[str, Any] = field(default_factory=dict)
    storage: Storage | None = None

    @property
    def stored(self) -> Storage:
        """How it is to lie in its file."""
        return self.storage or self.origin.storage

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each axis."""
        return tuple(axis.size for axis in self.axes)


@dataclass(frozen=True)
class Hints:
    """What the user says of a file that the file does not say itself."""

    format: str | None = None
    dims: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    layout: str | None = None
    decimal: str | None = None
    memory: int = 1 << 30
    jobs: int = 1
    live: tuple[str, ...] = ()  # formats that may be worked on as they arrive on standard input
    answers: bool = False  # to standard output, whose reader may leave
    stepped: bool = False  # steps are given, coordinates are labels alone


@dataclass(frozen=True)
class Carry:
    """What goes into an output beside the results."""

    history: str | None = None
    everything: bool = False
    stack: bool = False


class Packet(NamedTuple):
    """A block of one result, ready to be placed."""

    name: str
    window: Window
    payload: Any


class Source(Protocol):
    """An open input; ``read`` is safe from several threads."""

    format: str
    description: str
    path: str
    notes: list[str]
    live: bool
    named: bool
    undecided: str | None
    aliases: Mapping[str, str]
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


class Sink(Protocol):
    """An output that appears under its name only when it is complete."""

    notes: list[str]

    def pack(self, name: str, window: Window, values: Array) -> Packet:
        """Make a block ready to be placed; any thread may call it.

        A window begins and ends with chunks of the result.
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


def text(value: object) -> str | None:
    """Return an attribute that is text, without blanks around it.

    >>> text(b" K "), text(" "), text(3)
    ('K', None, None)
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip() if isinstance(value, str) and value.strip() else None


def axis_label(axes: tuple[Axis, ...], index: int) -> str:
    """Return the dimension's own name, or its index where it has none."""
    name = axes[index].name
    return str(index) if name is None else name
