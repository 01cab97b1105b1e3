"""The formats: one record each."""

from __future__ import annotations

from importlib import import_module

from gradcli.errors import UsageError
from gradcli.model.fields import Result
from gradcli.model.protocols import Source
from gradcli.system.paths import split_suffix

FORMATS = ("csv", "npy", "npz", "hdf5", "netcdf")


MODULES = {
    "csv": "gradcli.formats.csv",
    "npy": "gradcli.formats.npy",
    "npz": "gradcli.formats.npz",
    "hdf5": "gradcli.formats.hdf5",
    "netcdf": "gradcli.formats.netcdf",
}
LIVE = {"csv": "gradcli.formats.csv.live", "npy": "gradcli.formats.npy.live"}
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".dat": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".txt.gz": "csv",
    ".npy": "npy",
    ".npz": "npz",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".hdf": "hdf5",
    ".he5": "hdf5",
    ".nxs": "hdf5",
    ".nc": "netcdf",
    ".nc3": "netcdf",
    ".nc4": "netcdf",
    ".nc5": "netcdf",
    ".cdf": "netcdf",
    ".netcdf": "netcdf",
}


def format_of(path: str, asked: str | None = None) -> str | None:
    """Return the format that a path's suffix stands for, or the one asked for.

    >>> format_of("field.NC"), format_of("field.odd"), format_of("field.odd", "csv")
    ('netcdf', None, 'csv')
    """
    return asked or SUFFIXES.get(split_suffix(path)[1].lower())


def suffix_of(name: str) -> str:
    """Return the usual suffix of a format.

    >>> suffix_of("netcdf"), suffix_of("csv")
    ('.nc', '.csv')
    """
    return next(suffix for suffix, kind in SUFFIXES.items() if kind == name)


def no_format(what: str) -> UsageError:
    """Return the error for an input whose format is not known."""
    return UsageError(
        f"{what} does not say the format; give it with --format ({', '.join(MODULES)})"
    )


def holds_one_array(name: str, results: list[Result], like: Source) -> bool:
    """Return whether a file of a format holds one array, not several with their coordinates."""
    return bool(import_module(MODULES[name]).holds_one_array(results, like))


def storing(name: str, like: Source, path: str | None) -> frozenset[str]:
    """Return what arrays in an output of a format can have: ``chunks``, ``deflate``, ``growth``."""
    say = getattr(import_module(MODULES[name]), "storing", None)
    return frozenset() if say is None else say(like, path)
