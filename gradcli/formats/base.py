"""What the modules of a format offer, and what sources of all formats have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Sink, Source
    from gradcli.system.streams import Feed


class Module(Protocol):
    """The module of a format."""

    def open_source(self, path: str, hints: Hints) -> Source:
        """Open a file whose first bytes are those of the format."""
        ...

    def create_sink(
        self, scratch: str, path: str, results: list[Result], like: Source, destination: Destination
    ) -> Sink:
        """Create the file ``scratch``, which is moved to ``path`` when it is complete."""
        ...


class Deciding(Module, Protocol):
    """The module of a format where files differ in what the record says of others."""

    def holds_one_array(self, results: list[Result], like: Source) -> bool:
        """Return whether a file of these results holds one array."""
        ...

    def storing(self, like: Source, path: str | None) -> frozenset[str]:
        """Return what arrays in an output can have: ``chunks``, ``deflate``, ``growth``."""
        ...


class LiveModule(Protocol):
    """The module of a format that is worked on as it arrives."""

    def open_live(self, feed: Feed, hints: Hints) -> Source | None:
        """Open what arrives, or return None where it must be whole to be read."""
        ...

    def create_sink(self, results: list[Result], like: Source, destination: Destination) -> Sink:
        """Return standard output, each block of which is written at once."""
        ...


class Traits:
    """What most sources have in common; the others say otherwise.

    Attributes
    ----------
    named : bool
        Whether the file names its variables.
    undecided : str or None
        What the user must say before anything can be differentiated.
    aliases : mapping
        Further paths of variables (links), to the path under which they are listed.
    attributes : mapping
        What variables say of themselves, also those that hold no numbers; by path.
    live : bool
        Whether the first axis arrives while it is worked on.
    again : callable or None
        Opens the same file again, in another process; it pickles. None of what arrives in a pipe.
    opened : tuple of int, or None
        Device, number and size of the file when it was opened.
    """

    live: bool = False
    again: Callable[[], Any] | None = None
    opened: tuple[int, int, int] | None = None
    named: bool = True
    undecided: str | None = None
    aliases: Mapping[str, str] = MappingProxyType({})
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def hold(self, name: str, count: int) -> None:
        """Say how many bytes of a variable, decoded, may be kept for blocks to share."""

    def close(self) -> None:
        """Close the file; to close it again does nothing."""

    def __reduce__(self) -> tuple[Callable[[], Any], tuple[()]]:
        """Pickle as what opens the file again: by its path and what was said of it.

        What was spooled is spooled again where the copy lands, when it is needed; each copy
        closes what it has opened itself.
        """
        if self.again is None:
            raise TypeError("an input that arrives in a pipe cannot be opened in another process")
        return self.again, ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
