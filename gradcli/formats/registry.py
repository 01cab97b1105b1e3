"""The records of the formats. Everything that depends on the format is looked up here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from gradcli.errors import UsageError
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.formats.base import Deciding, LiveModule, Module
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Source
    from gradcli.system.limits import Library

DATASET = "xarray"  # the format of a source that xarray reads
TEXT, UTF16, GZIP = "text", "utf-16", "gzip"  # contents that belong to no single format


@record(frozen=True)
class Format:
    """The properties of a format that are known before any file is opened.

    Attributes
    ----------
    name : str
        The value of ``--format``.
    title : str
        The name in messages and help.
    suffixes : tuple of str
        Suffixes of file names; the usual one comes first.
    module : str
        The module that opens sources and creates sinks (``base.Module``); imported on demand.
    magic : tuple of bytes
        Magic numbers: a file that begins with one of them is of this format.
    words : str
        What a file with these first bytes is called in errors; the title by default.
    contents : tuple of str
        The contents that its files may have by their first bytes (names of formats, ``TEXT`` …);
        its own name by default. For a format with a live module, the first can be streamed.
    live_module : str or None
        The module that works on standard input as it arrives (``base.LiveModule``).
    counted : bool
        Whether the header says how many rows will come.
    one_array : bool or None
        Whether a file holds only one array, instead of several with their coordinates. None if
        the module decides by the results (``base.Deciding``).
    stores : frozenset of str, or None
        Which of ``chunks``, ``deflate``, ``growth`` and ``order`` (C or Fortran) the arrays of a
        file can have. None if the module decides by the source and the output.
    plain : str
        The name of files whose arrays can have none of these; the title by default.
    reads_fifos : bool
        Whether the source reads FIFOs; for other formats, a FIFO is copied to a file first.
    user_block : bool
        Whether a user block of 512, 1024 … bytes may come before the first bytes.
    attributes : bool
        Whether files keep attributes, such as units.
    forbids : str
        A regular expression for what names of arrays cannot hold; empty if they may hold all.
    longest : int
        The most bytes of a name in UTF-8; 0 if there is no limit.
    folders : bool
        Whether an input or output is a folder, unless its name ends with the suffix of an archive.
    library : Library or None
        The library that is loaded to read and write it, besides numpy, and the memory it takes.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    magic: tuple[bytes, ...] = ()
    words: str = ""
    contents: tuple[str, ...] = ()
    live_module: str | None = None
    counted: bool = False
    one_array: bool | None = False
    stores: frozenset[str] | None = frozenset()
    plain: str = ""
    reads_fifos: bool = False
    user_block: bool = False
    attributes: bool = False
    forbids: str = ""
    longest: int = 0
    folders: bool = False
    library: Library | None = None

    @property
    def suffix(self) -> str:
        """The usual suffix."""
        return self.suffixes[0]

    @property
    def a_file(self) -> str:
        """What messages call a file of the format.

        >>> BY_NAME["npy"].a_file, BY_NAME["zarr"].a_file
        ('an NPY file', 'a Zarr store')
        """
        return (
            f"{'an' if self.title[0] in 'HN' and self.title.isupper() else 'a'} {self.title} "
            + ("store" if self.folders else "file")
        )

    @property
    def may_hold(self) -> tuple[str, ...]:
        """The contents that its files may have, by their first bytes."""
        return self.contents or (self.name,)

    @property
    def is_text(self) -> bool:
        """Whether files are text, which can be shown in a terminal."""
        return TEXT in self.contents

    def makes_folder(self, path: str) -> bool:
        """Return whether an output is a folder. What is written straight cannot be one.

        >>> BY_NAME["zarr"].makes_folder("a.zarr"), BY_NAME["zarr"].makes_folder("a.zarr.zip")
        (True, False)
        """
        if not self.folders or path.lower().endswith(".zip"):
            return False
        from gradcli.system.paths import STDOUT, is_special

        return path != STDOUT and not is_special(path)

    def load(self) -> Module:
        """Import the module that opens sources and creates sinks."""
        return cast("Module", import_module(self.module))

    def load_live(self) -> LiveModule:
        """Import the module that works on standard input as it arrives."""
        assert self.live_module is not None
        return cast("LiveModule", import_module(self.live_module))

    def holds_one_array(self, results: list[Result], like: Source) -> bool:
        """Return whether a file of these results holds one array."""
        if self.one_array is not None:
            return self.one_array
        return cast("Deciding", self.load()).holds_one_array(results, like)

    def storing(self, like: Source, path: str | None) -> frozenset[str]:
        """Return which of ``chunks``, ``deflate``, ``growth`` and ``order`` an output can store."""
        if self.stores is not None:
            return self.stores
        return cast("Deciding", self.load()).storing(like, path)


TEXTS = (
    ".csv",
    ".tsv",
    ".txt",
    ".dat",
    ".asc",
    ".xy",
)  # suffixes of text, also with .gz behind them
# netCDF4 and h5py. The memory that libraries take when they are loaded was measured on Linux.
HDF5 = ("h5py", 64 * 2**20, 0)

FORMATS = (
    Format(
        name="csv",
        title="CSV",
        suffixes=(*TEXTS, *(f"{suffix}.gz" for suffix in TEXTS)),
        contents=(TEXT, GZIP, UTF16),
        module="gradcli.formats.csv",
        live_module="gradcli.formats.csv.live",
        one_array=None,
        reads_fifos=True,
        library=("polars", 400 * 2**20, 3 * 2**20),
    ),
    Format(
        name="npy",
        title="NPY",
        suffixes=(".npy",),
        magic=(b"\x93NUMPY",),
        module="gradcli.formats.npy",
        live_module="gradcli.formats.npy.live",
        counted=True,
        one_array=True,
        stores=frozenset({"order"}),
    ),
    Format(
        name="npz",
        title="NPZ",
        suffixes=(".npz",),
        magic=(b"PK\x03\x04", b"PK\x05\x06"),
        words="a ZIP archive (NPZ)",
        module="gradcli.formats.npz",
        stores=frozenset({"deflate", "order"}),
        # Control characters, and parts of a path that programs which unpack the archive leave out.
        forbids=r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|(?:^|(?<=/))\.{0,2}(?=/|$)",
    ),
    Format(
        name="hdf5",
        title="HDF5",
        suffixes=(".h5", ".hdf5", ".hdf", ".he5", ".nxs"),
        magic=(b"\x89HDF\r\n\x1a\n",),
        user_block=True,
        module="gradcli.formats.hdf5",
        stores=frozenset({"chunks", "deflate", "growth"}),
        attributes=True,
        forbids=r"[/\x00]|^\.?$",
        library=HDF5,
    ),
    Format(
        name="netcdf",
        title="NetCDF",
        suffixes=(".nc", ".nc3", ".nc4", ".nc5", ".cdf", ".netcdf"),
        magic=(b"CDF\x01", b"CDF\x02", b"CDF\x05"),
        words="classic NetCDF",
        contents=("netcdf", "hdf5"),
        module="gradcli.formats.netcdf",
        stores=None,
        plain="classic NetCDF",
        attributes=True,
        # A first character of ASCII is a letter, a digit or an underscore; a last one is no blank.
        forbids=r"[/\x00-\x1f\x7f]|^[ -/:-@[-^`{-~]|^$| $",
        longest=256,
        library=HDF5,
    ),
    Format(
        name="zarr",
        title="Zarr",
        suffixes=(".zarr", ".zarr.zip"),
        module="gradcli.formats.zarr",
        stores=None,
        attributes=True,
        folders=True,
        # Control characters, and names of folders and files that have a meaning in a store.
        forbids=r"[/\x00-\x1f\x7f]|^\.{0,2}$|^__|^zarr\.json$|^\.z",
        longest=255,
        library=("numcodecs", 16 * 2**20, 0),
    ),
)
BY_NAME = {known.name: known for known in FORMATS}
BY_SUFFIX = {suffix: known for known in FORMATS for suffix in known.suffixes}
# Suffixes that an engine of xarray reads, and gradcli does not write.
ENGINES = {
    ".grib": "cfgrib",
    ".grib2": "cfgrib",
    ".grb": "cfgrib",
    ".grb2": "cfgrib",
    ".tif": "rasterio",
    ".tiff": "rasterio",
}


def format_of(path: str, asked: str | None = None) -> Format | None:
    """Return the format named ``asked`` or, without one, the format of the suffix of a path.

    >>> format_of("field.NC").name, format_of("field.odd"), format_of("field.odd", "csv").name
    ('netcdf', None, 'csv')
    """
    from gradcli.system.paths import split_suffix  # the help pages need only the table

    return BY_NAME.get(asked) if asked else BY_SUFFIX.get(split_suffix(path)[1].lower())


def engine_of(path: str) -> str | None:
    """Return the engine of xarray for the suffix of a path, or None.

    >>> engine_of("dem.TIF"), engine_of("a.nc")
    ('rasterio', None)
    """
    from gradcli.system.paths import split_suffix

    return ENGINES.get(split_suffix(path)[1].lower())


def is_input(path: str) -> bool:
    """Return whether a suffix is one that gradcli reads."""
    return format_of(path) is not None or engine_of(path) is not None


def is_store(path: str) -> bool:
    """Return whether a path names a folder that is one input or output, by its suffix.

    >>> is_store("a.zarr/"), is_store("a.nc"), is_store("a.zarr.zip")
    (True, False, False)
    """
    known = format_of(path)
    return known is not None and known.makes_folder(path.rstrip("/"))


def no_format(what: str) -> UsageError:
    """Return the error for an input of unknown format."""
    return UsageError(
        f"{what} does not say the format; give it with --format ({', '.join(BY_NAME)})"
    )
