"""HDF5 files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Packer, Sink, Source


def open_source(path: str, hints: Hints) -> Source:
    """Open an HDF5 file."""
    from gradcli.formats.hdf5.source import Hdf5Source

    return Hdf5Source(path, hints)


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create an HDF5 file."""
    from gradcli.formats.hdf5.sink import Hdf5Sink

    return Hdf5Sink(scratch, path, results, like, destination)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of an HDF5 file."""
    from gradcli.formats.hdf5.forms import stored_packer

    return stored_packer(results, netcdf=False)
