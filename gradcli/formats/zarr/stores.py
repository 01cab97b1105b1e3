"""Stores in folders, and what all stores have in common."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from typing import Any, Protocol

from gradcli.errors import InputError
from gradcli.formats.raw import read_exactly
from gradcli.system.paths import read_error

MOST_METADATA = 2**28  # bytes of one document
MOST_NODES = 100_000  # arrays and groups that are looked for where no document lists them


class Store(Protocol):
    """Values by key. It never leaves its folder, archive or address."""

    def read(self, key: str, most: int) -> bytes | None:
        """Return a value, or None if there is none; raise InputError if it is longer."""
        ...

    def read_range(self, key: str, start: int, size: int) -> bytes | None:
        """Return a part of a value; a negative start counts from its end."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """Return the names within a prefix that have further keys within them."""
        ...

    def lengths(self) -> Iterator[int]:
        """Yield the length of each value."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


def document(store: Store, key: str) -> dict[str, Any] | None:
    """Return a document of metadata, or None if there is none."""
    data = store.read(key, MOST_METADATA)
    if data is None:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{key} is no JSON ({error}); the store is damaged") from error
    if not isinstance(found, dict):
        raise InputError(f"{key} is no JSON object; the store is damaged")
    return found


def plain_name(name: str) -> bool:
    """Return whether a name of an array or group lies within its store.

    >>> plain_name("a/b"), plain_name("a/../b"), plain_name("/a"), plain_name("a//b")
    (True, False, False, False)
    """
    return "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


class FolderStore:
    """A store in a folder. Links that lead out of it are refused."""

    def __init__(self, path: str) -> None:
        self._root = os.path.realpath(path)
        self._inside: set[str] = {self._root}

    def read(self, key: str, most: int) -> bytes | None:
        """Return a value, or None if there is none."""
        descriptor = self._open(key)
        if descriptor is None:
            return None
        try:
            size = os.fstat(descriptor).st_size
            if size > most:
                raise InputError(f"{key} has {size} bytes; expected {most} or fewer")
            return bytes(read_exactly(descriptor, size, 0))
        finally:
            os.close(descriptor)

    def read_range(self, key: str, start: int, size: int) -> bytes | None:
        """Return a part of a value; a negative start counts from its end."""
        descriptor = self._open(key)
        if descriptor is None:
            return None
        try:
            length = os.fstat(descriptor).st_size
            first = start if start >= 0 else length + start
            if first < 0 or first + size > length:
                raise InputError(f"{key} ends at byte {length}, before its data; it is truncated")
            return bytes(read_exactly(descriptor, size, first))
        finally:
            os.close(descriptor)

    def _open(self, key: str) -> int | None:
        path = os.path.join(self._root, key)
        self._check(os.path.dirname(path))
        try:
            # A FIFO would wait for a writer.
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(path, flags | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if os.path.islink(path):
                raise InputError(f"{key} is a link; a store is read without links") from error
            raise read_error(error).reworded(f"{key} {read_error(error)}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InputError(f"{key} is not a regular file; the store is damaged")
        return descriptor

    def _check(self, folder: str) -> None:
        """Raise InputError if a folder lies elsewhere than its name says."""
        if folder in self._inside:
            return
        if os.path.realpath(folder) != folder:
            inside = os.path.relpath(folder, self._root)
            raise InputError(f"{inside} lies behind a link; a store is read without links")
        self._inside.add(folder)

    def folders(self, prefix: str) -> list[str]:
        """Return the names of folders within a prefix, without links and hidden ones."""
        try:
            with os.scandir(os.path.join(self._root, prefix)) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                )
        except OSError as error:
            raise read_error(error) from error

    def lengths(self) -> Iterator[int]:
        """Yield the length of each file."""
        for folder, _, names in os.walk(self._root):
            for name in names:
                yield os.lstat(os.path.join(folder, name)).st_size

    def close(self) -> None:
        """Do nothing: each file is closed when it has been read."""
