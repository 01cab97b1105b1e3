"""Find the inputs of a command, and refuse results that would overwrite files in use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from gradcli.errors import InputError, UsageError
from gradcli.formats.coordinates import file_of_spec
from gradcli.formats.registry import is_input, is_store
from gradcli.plan.outputs import identity, of_results, planned
from gradcli.record import record
from gradcli.system.logbook import Item
from gradcli.system.paths import STDIN, is_address, is_special


@record(frozen=True)
class Search:
    """How to find inputs.

    Attributes
    ----------
    recursive : bool
        Whether a folder stands for the files in it.
    pattern : str or None
        Pattern for the names of files in folders; by default all of a known suffix match.
    files_from : str or None
        A file that lists further inputs, or ``-`` for standard input.
    null : bool
        Whether names in the list end with NUL instead of a newline.
    folder : str or None
        Folder for results, which get the same subfolders as their inputs.
    skipping : bool
        Whether existing results are kept, as with ``--skip-existing``.
    axes : tuple of str
        Names of axes that may occur in the file names of results.
    results : bool
        Whether files in folders are taken too if they are named as results of others there.
    exclude : tuple of str
        Patterns of files and folders that are left out.
    """

    recursive: bool = False
    pattern: str | None = None
    files_from: str | None = None
    null: bool = False
    folder: str | None = None
    skipping: bool = False
    axes: tuple[str, ...] = ()
    results: bool = False
    exclude: tuple[str, ...] = ()

    @property
    def is_batch(self) -> bool:
        """Whether there may be any number of inputs."""
        return self.recursive or self.files_from is not None

    def items(self, given: Iterable[str], notes: list[str]) -> list[Item]:
        """Return the inputs in the given order; the files of a folder are sorted."""
        names = list(given)
        if self.files_from is not None:
            if self.files_from == STDIN and STDIN in names:
                raise UsageError(
                    "standard input cannot be both the list of --files-from and an input"
                )
            names += listed(self.files_from, self.null)
        if not names:
            if self.files_from is not None:
                raise UsageError(f"no INPUT: {self.files_from} lists no files")
            raise UsageError("no INPUT: name a file, or a list of them (--files-from)")
        self._refuse_idle(names)
        found = [item for name in names for item in self._in(name, notes)]
        if not found:
            raise UsageError(f"no INPUT: {', '.join(names[:3])}: no file {self._wanted()}")
        return without_results(found, self.axes, notes) if self.skipping else found

    def _refuse_idle(self, names: Iterable[str]) -> None:
        """Raise UsageError for patterns of files in folders, where no input is a folder."""
        if any(os.path.isdir(name) and not is_store(name) for name in names):
            return
        for option, given in (("--glob", self.pattern), ("--exclude", self.exclude)):
            if given:
                raise UsageError(f"{option}: is about the files in folders; no input is a folder")

    def _wanted(self) -> str:
        return f"matches {self.pattern}" if self.pattern else "of a known suffix"

    def _in(self, name: str, notes: list[str]) -> Iterator[Item]:
        if is_store(name):
            name = name.rstrip("/") or name
        if not self.recursive or not os.path.isdir(name) or is_store(name):
            yield Item(name, self.folder)
            return
        found = []
        for folder, files in self._walk(name):
            inside = os.path.relpath(folder, name)
            target = self.folder and _joined(self.folder, inside)
            found += [Item(os.path.join(folder, file), target) for file in files]
        yield from found if self.results else without_results(found, self.axes, notes)

    def _walk(self, top: str) -> Iterator[tuple[str, list[str]]]:
        """Yield each folder from the top down, sorted, with the files that match."""
        results = self.folder and os.path.realpath(self.folder)

        def refuse(error: OSError) -> None:
            raise InputError(f"{error.filename}: cannot be read: {error.strerror}") from error

        for folder, folders, files in os.walk(top, onerror=refuse):
            inside = os.path.relpath(folder, top)
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and os.path.realpath(os.path.join(folder, name)) != results
                and not is_excluded(os.path.join(inside, name), True, self.exclude)
            )
            stores = [name for name in folders if is_store(name)]
            folders[:] = [name for name in folders if name not in stores]
            files[:] = [
                name
                for name in files
                if not is_excluded(os.path.join(inside, name), False, self.exclude)
            ]
            yield folder, sorted(filter(self._takes, files + stores))

    def _takes(self, name: str) -> bool:
        if name.startswith("."):
            return False
        if self.pattern is not None:
            return fnmatchcase(name, self.pattern)
        return is_input(name)


def _joined(folder: str, inside: str) -> str:
    """Return the path of a folder in another, or in an object store.

    >>> _joined("out", "."), _joined("s3://bucket/out/", "a")
    ('out', 's3://bucket/out/a')
    """
    scheme, mark, rest = folder.partition("://") if is_address(folder) else ("", "", folder)
    return scheme + mark + os.path.normpath(os.path.join(rest, inside))


def is_excluded(path: str, folder: bool, patterns: Iterable[str]) -> bool:
    """Return whether a file or folder below a given folder is left out, by rsync's rules.

    A pattern is one of the last name, or with a slash of the end of the path; behind a slash at
    its start it is one of the whole path, and before one at its end it is for folders alone.

    >>> is_excluded("a/b.nc", False, ["*.nc"]), is_excluded("a/b.nc", False, ["/b.nc"])
    (True, False)
    >>> is_excluded("./a/b", True, ["a/b"]), is_excluded("b", False, ["b/"])
    (True, False)
    """
    path = os.path.normpath(path)
    for pattern in patterns:
        if pattern.endswith("/") and not folder:
            continue
        name = pattern.strip("/")
        if pattern.startswith("/") or "/" in name:
            inner = not pattern.startswith("/") and fnmatchcase(path, f"*/{name}")
            if inner or fnmatchcase(path, name):
                return True
        elif fnmatchcase(os.path.basename(path), name):
            return True
    return False


def listed(path: str, null: bool) -> list[str]:
    """Return the names in a list; ``-`` is a list on standard input."""
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    names = data.split(b"\0" if null else b"\n")
    if not null and b"\0" in data:
        raise UsageError(f"{path}: its names are ended by NUL; add --null (-0)")
    return [os.fsdecode(name) for name in names if name.strip()]


def without_results(items: list[Item], axes: Iterable[str], notes: list[str]) -> list[Item]:
    """Return the items except those whose names mark them as results of others."""
    folders: dict[str, list[str]] = {}
    for item in items:
        folder, name = os.path.split(item.path)
        folders.setdefault(folder, []).append(name)
    results = {
        os.path.join(folder, name)
        for folder, names in folders.items()
        for name in of_results(names, axes)
    }
    if results:
        notes.append(
            f"{len(results)} inputs are left out, because they look like results of others, such "
            f"as {min(results)}"
        )
    return [item for item in items if item.path not in results]


def refuse_meeting(items: list[Item], given: Mapping[str, Any]) -> None:
    """Raise UsageError if results of two inputs would go to one file, or onto a file that is read.

    Files of coordinates are read for every input.
    """
    output = given["output"]
    if len(items) > 1 and output is not None and "{stem}" not in output:
        raise UsageError(
            f"{len(items)} inputs and one output {output}; "
            "write {stem} in its name, or use --output-dir"
        )
    coords = list(filter(None, map(file_of_spec, given.get("coords", {}).values())))
    inputs = {identity(path): path for path in (*(item.path for item in items), *coords)}
    taken: dict[str, int] = {}
    for index, item in enumerate(items):
        place = planned(item, output, given["operator"], given["stack"])
        key = identity(place)
        other = items[taken.setdefault(key, index)].path
        if taken[key] != index:
            raise UsageError(
                f"{place}: both {other} and {item.path} would write it; write {{stem}} in its "
                "name, or use --recursive and --output-dir, which keep folders apart"
            )
        if key in inputs and place != STDIN and not is_special(place):
            raise UsageError(
                f"{place}: is an input, and the results of {item.path} would replace it; leave "
                "it out, or name other outputs (-o, --output-dir)"
            )
