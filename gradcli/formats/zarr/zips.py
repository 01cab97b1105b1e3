"""Stores in a ZIP archive, in which each value is an entry."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

from gradcli.errors import InputError
from gradcli.formats.zarr.layout import ROOTS
from gradcli.system.paths import open_empty

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ZipStore:
    """A store in an archive, also if it lies in the only folder of it."""

    def __init__(self, path: str) -> None:
        try:
            self._file = zipfile.ZipFile(path)
            entries = {info.filename: info for info in self._file.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise InputError(
                f"is not a sound ZIP archive ({error}); it may be truncated"
            ) from error
        tops = {name.partition("/")[0] for name in entries}
        inside = f"{next(iter(tops))}/" if len(tops) == 1 else ""
        if not any(inside + name in entries for name in ROOTS):
            inside = ""
        self._entries = {
            name.removeprefix(inside): info
            for name, info in entries.items()
            if name.startswith(inside) and not name.endswith("/")
        }

    def read(self, key: str, most: int) -> bytes | None:
        """Return a value, or None if there is none."""
        info = self._entries.get(key)
        if info is None:
            return None
        if info.file_size > most:
            raise InputError(f"{key} has {info.file_size} bytes; expected {most} or fewer")
        return self._part(key, 0, info.file_size)

    def read_range(self, key: str, start: int, size: int) -> bytes | None:
        """Return a part of a value; a negative start counts from its end."""
        info = self._entries.get(key)
        if info is None:
            return None
        first = start if start >= 0 else info.file_size + start
        if first < 0 or first + size > info.file_size:
            raise InputError(f"{key} ends at byte {info.file_size}, before its data")
        return self._part(key, first, size)

    def _part(self, key: str, start: int, size: int) -> bytes:
        info = self._entries[key]
        if info.compress_type not in PLAIN:
            raise InputError(f"{key} is compressed by a method of ZIP that is not read here")
        try:
            with self._file.open(info) as file:
                file.seek(start)
                found = file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
            raise InputError(f"{key} cannot be read ({error}); the file is damaged") from error
        if len(found) != size:
            raise InputError(f"{key} has {len(found)} bytes; expected {size}")
        return found

    def folders(self, prefix: str) -> list[str]:
        """Return the names within a prefix that have further keys within them."""
        start = f"{prefix}/" if prefix else ""
        inside = (key.removeprefix(start) for key in self._entries if key.startswith(start))
        return sorted({rest.partition("/")[0] for rest in inside if "/" in rest})

    def lengths(self) -> Iterator[int]:
        """Yield the length of each value in the archive."""
        for info in self._entries.values():
            yield info.compress_size

    def close(self) -> None:
        """Close the archive."""
        self._file.close()


class ZipTarget:
    """A new archive. Its entries are not compressed: chunks are already."""

    def __init__(self, path: str) -> None:
        self._stream = open_empty(path)
        self._file = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_STORED)

    def write(self, key: str, data: bytes) -> None:
        """Write a value. The entry has the earliest date, so that equal results are equal files."""
        info = zipfile.ZipInfo(key)
        info.external_attr = 0o644 << 16
        self._file.writestr(info, data)

    def close(self, documents: Sequence[tuple[str, bytes]]) -> None:
        """Write the metadata, and the directory of the archive."""
        for key, data in documents:
            self.write(key, data)
        self._file.close()
        self._stream.close()

    def drop(self) -> None:
        """Close an archive that will be removed."""
        self._file.fp = None  # else it would write the directory when it is collected
        with suppress(OSError, ValueError):
            self._file.close()
        with suppress(OSError, ValueError):
            self._stream.close()
