"""Stores at an address: objects of S3 and Google Cloud, files of a web server."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

from gradcli.errors import GradcliError, InputError, missing_package
from gradcli.formats.zarr.layout import ROOTS

try:
    import obstore
    from obstore.exceptions import BaseError, NotFoundError
    from obstore.store import from_url
except ImportError as error:
    raise missing_package("obstore") from error

ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
RETRIES = {"max_retries": 6, "retry_timeout": timedelta(seconds=60)}


class RemoteStore:
    """A store below an address, which is read with the credentials of the environment."""

    def __init__(self, url: str) -> None:
        if url.lower().endswith(".zip"):
            raise InputError("is an archive at an address, which is not read; copy it first")
        self._is_web = url.startswith("http")
        with _reading("the address"):
            self._store = connected(url)

    def read(self, key: str, most: int) -> bytes | None:
        """Return a value, or None if there is none."""
        with _reading(key):
            try:
                found = obstore.get(self._store, key)
                if found.meta["size"] > most:
                    size = found.meta["size"]
                    raise InputError(f"{key} has {size} bytes; expected {most} or fewer")
                return bytes(found.bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def read_range(self, key: str, start: int, size: int) -> bytes | None:
        """Return a part of a value; a negative start counts from its end."""
        with _reading(key):
            try:
                if start < 0:
                    asked: Any = {"range": {"suffix": -start}}
                    data = bytes(obstore.get(self._store, key, options=asked).bytes())[:size]
                else:
                    data = bytes(obstore.get_range(self._store, key, start=start, length=size))
            except (NotFoundError, FileNotFoundError):
                return None
        if len(data) != size:
            raise InputError(f"{key} gives {len(data)} bytes where {size} were asked for")
        return data

    def folders(self, prefix: str) -> list[str]:
        """Return the names within a prefix that have further keys within them."""
        if self._is_web:
            raise InputError(
                "has no consolidated metadata, and a web server does not list its arrays; "
                "zarr.consolidate_metadata writes them"
            )
        with _reading("its list of arrays"):
            found = obstore.list_with_delimiter(self._store, prefix or None)
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"])

    def lengths(self) -> Iterator[int]:
        """Yield the length of each value."""
        with _reading("its list of values"):
            for chunk in obstore.list(self._store):
                yield from (meta["size"] for meta in chunk)

    def close(self) -> None:
        """Do nothing: connections are closed by the library."""


def connected(url: str) -> Any:
    """Return a store of obstore below an address. Nothing is asked of the server yet."""
    endpoints = [os.environ.get(name, "") for name in ENDPOINTS] if url.startswith("s3:") else [url]
    plain = any(endpoint.startswith("http://") for endpoint in endpoints)
    options: Any = {"allow_http": True} if plain else {}
    make: Any = from_url
    return make(url, client_options=options, retry_config=RETRIES)


def written_at(url: str) -> int:
    """Return when the metadata of a store at an address were written, in nanoseconds.

    Raises
    ------
    FileNotFoundError
        There is no store.
    """
    store = connected(url)
    found: list[int] = []
    with _reading("the address"):
        for key in ROOTS:
            with suppress(FileNotFoundError, NotFoundError):
                found.append(_nanoseconds(obstore.head(store, key)))
    if not found:
        raise FileNotFoundError(url)
    return max(found)


def changed_at(url: str) -> int:
    """Return when a store at an address was changed last, in nanoseconds.

    Servers say whole seconds, so it is the end of that second. Of a web server only the metadata
    are asked, because it lists nothing.
    """
    if url.startswith("http"):
        return written_at(url) + 10**9
    with _reading("its list of values"):
        groups = obstore.list(connected(url))
        return max((_nanoseconds(m) for group in groups for m in group), default=0) + 10**9


def _nanoseconds(meta: Any) -> int:
    return int(meta["last_modified"].timestamp()) * 10**9


def _reading(what: str) -> AbstractContextManager[None]:
    return told(f"{what} cannot be read", InputError)


@contextmanager
def told(what: str, kind: type[GradcliError]) -> Iterator[None]:
    """Turn an error of the library, which goes on for many lines, into one line."""
    try:
        yield
    except GradcliError:
        raise
    except (BaseError, OSError, ValueError) as error:
        if kind is InputError and isinstance(error, NotFoundError | FileNotFoundError):
            raise  # a value that is not there is an answer
        raise kind(f"{what}: {_short(str(error))}") from error


def _short(text: str) -> str:
    """Return what a server says, or else the first words of the library.

    >>> _short("Error performing PUT … 404: <Code>NoSuchBucket</Code><Message>It is none</Message>")
    'NoSuchBucket (It is none)'
    """
    if "169.254.169.254" in text:  # where machines of a cloud are asked for credentials
        return "there are no credentials for it in the environment (gradcli help zarr)"
    code, message = (re.search(f"<{tag}>([^<]*)</{tag}>", text) for tag in ("Code", "Message"))
    if code and message:
        return f"{code[1]:.60} ({message[1]:.120})"
    return f"{' '.join(text.split('Debug source')[0].split()):.160}"
