"""New Zarr stores: values are written by key, documents of metadata last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gradcli.errors import OutputError
from gradcli.formats.zarr.layout import RESERVED
from gradcli.formats.zarr.stores import plain_name


class Target(Protocol):
    """Where values are written to."""

    def write(self, key: str, data: bytes) -> None:
        """Write a value."""
        ...

    def close(self, documents: Sequence[tuple[str, bytes]]) -> None:
        """Complete the store with its metadata, in this order."""
        ...

    def drop(self) -> None:
        """Give up a store that will be removed."""
        ...


class FolderTarget:
    """A store in a new folder."""

    def __init__(self, path: str) -> None:
        self._root = path
        self._made: set[str] = {path}

    def write(self, key: str, data: bytes) -> None:
        """Write a value to a file of its own."""
        path = os.path.join(self._root, key)
        folder = os.path.dirname(path)
        if folder not in self._made:
            os.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        with open(path, "wb", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]

    def close(self, documents: Sequence[tuple[str, bytes]]) -> None:
        """Write the metadata."""
        for key, data in documents:
            self.write(key, data)

    def drop(self) -> None:
        """Do nothing: the folder will be removed."""


def as_json(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as JSON holds them; those that it cannot hold are left out.

    >>> plain_attributes({"a": np.float32(0.5), "b": np.arange(2), "c": b"K", "d": object()})
    {'a': 0.5, 'b': [0, 1], 'c': 'K'}
    """
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        if isinstance(value, bytes):
            found[name] = value.decode("utf-8", "replace")
        elif isinstance(value, np.ndarray | np.generic):
            if value.dtype.kind in "iufbSU":
                made = value.astype(str) if value.dtype.kind == "S" else value
                found[name] = made.tolist()
        else:
            try:
                json.dumps(value)
            except (TypeError, ValueError):
                continue
            found[name] = value
    return found


def refuse_name(path: str, name: str) -> None:
    """Raise OutputError if an array of a store cannot have a name."""
    parts = name.split("/")
    odd = not plain_name(name) or any(p in RESERVED or p.startswith("__") for p in parts)
    if odd:
        raise OutputError(
            f"{path}: an array of Zarr cannot be called {name!r:.60}; give it another name (--name)"
        )
