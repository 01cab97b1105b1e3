"""Zarr, of versions 2 and 3, in folders and ZIP archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Packer, Sink, Source


def open_source(path: str, hints: Hints) -> Source:
    """Open a Zarr store."""
    from gradcli.formats.zarr.source import ZarrSource

    return ZarrSource(path, hints)


def storing(like: Source, path: str | None) -> frozenset[str]:
    """Return what arrays can have; only those of version 3 can have shards."""
    shards = {"shards"} if getattr(like, "version", 3) == 3 else set()
    return frozenset({"chunks", "deflate", "codecs"} | shards)


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create a Zarr store, of the version of the input if that is Zarr."""
    from gradcli.formats.zarr.sink import ZarrSink

    return ZarrSink(scratch, path, results, like, destination)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of a Zarr store."""
    from gradcli.formats.zarr.forms import stored_packer

    return stored_packer(results, like)
