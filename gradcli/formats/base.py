"""What sources of all formats have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self


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
    opened : tuple of int, or None
        Device, number and size of the file when it was opened.
    """

    live: bool = False
    opened: tuple[int, int, int] | None = None
    named: bool = True
    undecided: str | None = None
    aliases: Mapping[str, str] = MappingProxyType({})
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def hold(self, name: str, count: int) -> None:
        """Say how many bytes of a variable, decoded, may be kept for blocks to share."""

    def close(self) -> None:
        """Close the file; to close it again does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
