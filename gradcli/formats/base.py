"""The functions that the module of a format provides, and what the sources have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self

from gradcli.model.axes import Vector

if TYPE_CHECKING:
    from gradcli.model.blocks import Window
    from gradcli.model.fields import Field, Result
    from gradcli.model.protocols import Destination, Found, Hints, Identity, Packer, Sink, Source
    from gradcli.model.sharing import Room
    from gradcli.numerics.dtypes import Array
    from gradcli.numerics.tracks import Ids
    from gradcli.system.streams import Feed


class Module(Protocol):
    """The module of a format."""

    def open_source(self, path: str, hints: Hints) -> Source:
        """Open a file that begins with the first bytes of the format."""
        ...

    def create_sink(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> Sink:
        """Create the file ``scratch``, which is renamed to ``path`` when it is complete."""
        ...

    def make_packer(
        self, path: str, results: list[Result], like: Source, destination: Destination
    ) -> Packer:
        """Return the first packer of that sink, without making a file."""
        ...


class Deciding(Module, Protocol):
    """The module of a format that decides for each file what the record leaves open."""

    def holds_one_array(self, results: list[Result], like: Source) -> bool:
        """Return whether a file of these results holds one array."""
        ...

    def storing(self, like: Source, path: str | None) -> frozenset[str]:
        """Return which of ``chunks``, ``deflate`` and ``growth`` an output can store."""
        ...


class LiveModule(Protocol):
    """The module of a format that can be streamed."""

    def open_live(self, feed: Feed, hints: Hints) -> Source | None:
        """Open an input as a stream, or return None if it can only be read as a whole."""
        ...

    def create_sink(self, results: list[Result], like: Source, destination: Destination) -> Sink:
        """Return a sink that writes each block to standard output at once."""
        ...


def variable_of(source: Source, name: str) -> Field | None:
    """Return the variable of this path, or of this name if there is one in one group only."""
    path = source.aliases.get(name.strip("/"), name.strip("/"))
    same = [field for field in source.fields.values() if path == field.base]
    return source.fields.get(path, same[0] if len(same) == 1 else None)


class Traits:
    """Defaults that most sources share; the others override them.

    Attributes
    ----------
    named : bool
        Whether the file names its variables.
    undecided : str or None
        The option that the user must give before anything can be differentiated, as a message.
    aliases : mapping
        Other paths of variables (links), each with the path under which the variable is listed.
    attributes : mapping
        The attributes of all variables by path, also of those that hold no numbers.
    header : mapping
        The attributes of the file itself.
    live : bool
        Whether the first axis arrives while it is worked on.
    joined : bool
        Whether the input is a series of files.
    again : callable or None
        Opens the same file again, also in another process; it can be pickled. None for an input
        that arrives in a pipe.
    opened : tuple of int, or None
        Device, inode and size of the file when it was opened.
    words_in : mapping of str to str
        The columns and one-dimensional variables of words, which may tell tracks apart, each with
        the key of its axis.
    block_rows : tuple of int
        The rows that begin a new block of a text, but for the first row.
    block_key : str
        The key of the axis of these rows.
    refused : mapping of str to str
        Variables that are there but cannot be read, with the reason.
    """

    live: bool = False
    joined: bool = False
    again: Callable[[], Any] | None = None
    opened: Identity | None = None
    words_in: Mapping[str, str] = MappingProxyType({})
    block_rows: tuple[int, ...] = ()
    block_key: str = ""
    refused: Mapping[str, str] = MappingProxyType({})
    named: bool = True
    undecided: str | None = None
    aliases: Mapping[str, str] = MappingProxyType({})
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    header: Mapping[str, Any] = MappingProxyType({})

    def once(self: Source, find: Callable[[Source], Found]) -> Found:
        """Return what a function finds out of all variables; it is called once for a source."""
        known = vars(self).setdefault("_found", {})
        if find not in known:
            known[find] = find(self)
        found: Found = known[find]
        return found

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept, so that blocks can share them."""

    def is_unwritten(self, name: str, window: Window) -> bool:
        """Return whether it is known that nothing was written in a window, so all is missing."""
        return False

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        return False

    def refuse_hollow(self, fields: list[Field]) -> None:
        """Raise InputError if the input declares far more of some fields than it can hold."""

    def late_notes(self) -> list[str]:
        """Return what is known of the values only when they have been read."""
        return []

    def files(self: Source) -> list[tuple[str, Identity | None]]:
        """Return the files that are read, and what each was when it was opened."""
        return [(self.path, self.opened)]

    def vector(self: Source, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        import numpy as np

        field = self.fields[name]
        values = self.read(name, tuple(axis.file_window for axis in field.axes))
        return Vector(values.astype(np.float64), field.precision, field.units)

    def knows(self: Source, name: str) -> bool:
        """Return whether there is such a variable."""
        return name in self.words_in or variable_of(self, name) is not None

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        raise NotImplementedError

    def ids(self: Source, name: str) -> Ids | None:
        """Return what each row of an axis says of its track, or None if it is not along one."""
        import numpy as np

        from gradcli.numerics.tracks import Ids, ids_of_words

        if name in self.words_in:
            return ids_of_words(self.words_in[name], self.read_words(name))
        field = variable_of(self, name)
        if field is None or len(field.axes) != 1 or field.dtype.kind == "c":
            return None
        values = self.vector(field.name).values
        return Ids(field.axes[0].key, values, ~np.isfinite(values))

    def close(self) -> None:
        """Close the file; closing it twice does nothing."""

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        """Pickle the source as its path and hints; unpickling opens the file again.

        A copy makes its own temporary files when it needs them, and each copy closes only what it
        has opened itself.
        """
        if self.again is None:
            raise TypeError("an input that arrives in a pipe cannot be opened in another process")
        return self.again, ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
