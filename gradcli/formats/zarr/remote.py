"""Stores at an address: objects of S3 and Google Cloud, files of a web server. Uses obstore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from gradcli.errors import InputError, missing_package

try:
    import obstore
    from obstore.exceptions import BaseError, NotFoundError
    from obstore.store import from_url
except ImportError as error:
    raise missing_package("obstore", "zarr") from error

RETRIES = {"max_retries": 6, "retry_timeout": timedelta(seconds=60)}


class RemoteStore:
    """A store below an address, which is read with the credentials of the environment."""

    def __init__(self, url: str) -> None:
        if url.lower().endswith(".zip"):
            raise InputError("is an archive at an address, which is not read; copy it first")
        self._is_web = url.startswith("http")
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "") if url.startswith("s3://") else url
        options: Any = {"allow_http": True} if endpoint.startswith("http://") else {}
        with _told("the address"):
            make: Any = from_url
            self._store = make(url, client_options=options, retry_config=RETRIES)

    def read(self, key: str, most: int) -> bytes | None:
        """Return a value, or None if there is none."""
        with _told(key):
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
        with _told(key):
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
        with _told("its list of arrays"):
            found = obstore.list_with_delimiter(self._store, prefix or None)
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"])

    def lengths(self) -> Iterator[int]:
        """Yield the length of each value."""
        with _told("its list of values"):
            for chunk in obstore.list(self._store):
                yield from (meta["size"] for meta in chunk)

    def close(self) -> None:
        """Do nothing: connections are closed by the library."""


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn an error of the library, which goes on for many lines, into one line."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise
    except (BaseError, OSError, ValueError) as error:
        text = " ".join(str(error).split("Debug source")[0].split())
        raise InputError(f"{what} cannot be read: {text:.160}") from error
