"""Inputs that cannot be read, and what was perhaps meant."""

from __future__ import annotations

import os
from difflib import get_close_matches
from glob import glob, has_magic

from gradcli.errors import GradcliError, MissingFileError, UsageError
from gradcli.formats.registry import BY_NAME, is_input, no_format
from gradcli.system.paths import split_suffix

MANY = 10_000  # names of a folder that are compared
# What is no grid of numbers that gradcli reads, and how to make one of it.
OTHERS = {
    "a picture": (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"),
    "a workbook": (".xlsx", ".xls", ".ods"),
    "a table of columns": (".parquet", ".feather", ".arrow", ".orc"),
    "a file of MATLAB": (".mat",),
    "an archive": (".zip", ".tar", ".tgz", ".7z"),
    "JSON": (".json", ".geojson"),
}
WAYS = {
    "a picture": "save its values as .npy (numpy.save) or GeoTIFF",
    "a workbook": "save the sheet as CSV",
    "a table of columns": "write it as CSV",
    "a file of MATLAB": "one of version 7.3 is HDF5 (--format hdf5); save others by -v7.3",
    "an archive": "unpack it first",
    "JSON": "write its numbers as CSV or .npy",
}


def missing_input(path: str) -> GradcliError:
    """Return the error for an input that does not exist; it names the nearest file beside it."""
    error = FileNotFoundError(2, "No such file or directory", path)
    if has_magic(path):
        found = glob(path)  # noqa: PTH207
        told = f"is a pattern, and {len(found)} files match; leave it without quotes"
        text = told if found else "cannot be read: no file matches this pattern"
        return MissingFileError(text).because(error)
    folder, name = os.path.split(path)
    if folder and not os.path.isdir(folder):
        return MissingFileError(f"cannot be read: there is no folder {folder}").because(error)
    text = "cannot be read: No such file or directory"
    near = nearest(folder, name)
    return MissingFileError(f"{text}; did you mean {near}?" if near else text).because(error)


def nearest(folder: str, name: str) -> str | None:
    """Return the path in a folder whose name is nearest to a name, or None if none is near.

    Names are compared without their suffixes, of which most files of a folder have the same.
    """
    names: dict[str, str] = {}
    with os.scandir(folder or os.curdir) as entries:
        for entry, _ in zip(entries, range(MANY), strict=False):
            if not entry.name.startswith(".") and is_input(entry.name):
                names.setdefault(split_suffix(entry.name)[0], entry.name)
    found = get_close_matches(split_suffix(name)[0], sorted(names), 1, 0.6)
    return os.path.join(folder, names[found[0]]) if found else None


def no_reader(path: str) -> UsageError:
    """Return the error for an input whose suffix is that of no format."""
    suffix = split_suffix(path)[1].lower()
    for what, suffixes in OTHERS.items():
        if suffix in suffixes:
            return UsageError(f"{suffix} is {what}, which gradcli does not read; {WAYS[what]}")
    if not suffix:
        return UsageError(
            f"has no suffix that would say its format; give it with --format ({', '.join(BY_NAME)})"
        )
    return no_format(f"the suffix {suffix!r}")


def not_fetched(path: str) -> UsageError:
    """Return the error for the address of what is no Zarr store."""
    return UsageError(
        f"is an address, and only Zarr stores (.zarr) are read from there; fetch the file first "
        f"(curl -O {path})"
    )
