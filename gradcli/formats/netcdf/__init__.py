"""NetCDF, both classic and netCDF-4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.errors import InputError

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Packer, Sink, Source


def open_source(path: str, hints: Hints) -> Source:
    """Open a NetCDF file."""
    from gradcli.formats.netcdf.source import NetcdfSource

    return NetcdfSource(path, hints)


def storing(like: Source, path: str | None) -> frozenset[str]:
    """Return what variables can have; in classic files they have neither chunks nor filters."""
    from gradcli.formats.netcdf.source import NetcdfSource
    from gradcli.formats.netcdf.storage import is_classic

    classic = is_classic(like if isinstance(like, NetcdfSource) else None, path)
    return frozenset() if classic else frozenset({"chunks", "deflate"})


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create a NetCDF file of the kind that its suffix says, or else of the kind of the input."""
    from gradcli.formats.netcdf.sink import NetcdfSink

    _refuse(results)
    return NetcdfSink(scratch, path, results, like, destination)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of a NetCDF file."""
    from gradcli.formats.hdf5.forms import stored_packer

    _refuse(results)
    return stored_packer(results, netcdf=True)


def _refuse(results: list[Result]) -> None:
    """Raise an error for results that NetCDF cannot hold."""
    complex_ones = [result.name for result in results if result.dtype.kind == "c"]
    if complex_ones:
        raise InputError(
            f"{complex_ones[0]}: NetCDF holds no complex numbers; use -o with .h5 or .npz"
        )
