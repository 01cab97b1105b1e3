"""NPY, the file format of numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Packer, Sink, Source


def open_source(path: str, hints: Hints) -> Source:
    """Open an NPY file."""
    from gradcli.formats.npy.source import NpySource

    return NpySource(path)


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create an NPY file."""
    from gradcli.formats.npy.sink import NpySink

    return NpySink(scratch, results, destination.stack)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of an NPY file."""
    from gradcli.formats.npy.sink import stacked_form
    from gradcli.formats.packer import TypedPacker

    return TypedPacker(dict.fromkeys([r.name for r in results], stacked_form(results)[1]))
