"""Which arrays and groups a Zarr store holds, by its metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gradcli.errors import InputError
from gradcli.formats.zarr import version2, version3
from gradcli.formats.zarr.layout import ArrayLayout
from gradcli.formats.zarr.stores import MOST_NODES, Store, document, plain_name

Documents = Mapping[str, Mapping[str, Any]]


class Survey(NamedTuple):
    """What a store holds.

    Attributes
    ----------
    version : int
        2 or 3.
    arrays : dict of str to ArrayLayout
        By path; that of an array which is the whole store is empty.
    groups : dict of str to mapping
        The attributes of each group; the path of the root is empty.
    odd : dict of str to tuple
        Arrays whose metadata are not understood here, by path: these, and what is wrong.
    """

    version: int
    arrays: dict[str, ArrayLayout]
    groups: dict[str, Mapping[str, Any]]
    odd: dict[str, tuple[Mapping[str, Any], str]]

    def parse(self, path: str, parse: Any, document: Mapping[str, Any], *more: Any) -> None:
        """Add an array."""
        try:
            self.arrays[path] = parse(document, *more)
        except InputError as error:
            self.odd[path] = document, str(error)


def survey(store: Store) -> Survey:
    """Return the arrays and groups of a store.

    Raises
    ------
    InputError
        The store has no metadata, or wrong ones.
    """
    root = document(store, "zarr.json")
    if root is not None:
        return _survey3(store, root)
    gathered = document(store, ".zmetadata")
    if gathered is not None:
        found = gathered.get("metadata")
        if not isinstance(found, dict):
            raise InputError(".zmetadata holds no metadata; the store is damaged")
        return _survey2({key: _mapping(key, value) for key, value in found.items()})
    documents: dict[str, Mapping[str, Any]] = {}
    for prefix in _walk(store, (".zarray", ".zgroup")):
        for name in (".zarray", ".zgroup", ".zattrs"):
            made = document(store, prefix + name)
            if made is not None:
                documents[prefix + name] = made
    if not documents:
        raise InputError(
            "is a folder or archive without Zarr metadata (zarr.json, .zgroup, .zarray): no store, "
            "or one that was not written to its end"
        )
    return _survey2(documents)


def _survey3(store: Store, root: Mapping[str, Any]) -> Survey:
    gathered = root.get("consolidated_metadata")
    nodes: dict[str, Mapping[str, Any]] = {"": root}
    if isinstance(gathered, dict) and isinstance(gathered.get("metadata"), dict):
        nodes |= {key: _mapping(key, value) for key, value in gathered["metadata"].items()}
    elif root.get("node_type") != "array":
        for prefix in _walk(store, ("zarr.json",)):
            made = document(store, f"{prefix}zarr.json")
            if made is not None:
                nodes[prefix.rstrip("/")] = made
    found = Survey(3, {}, {}, {})
    for path, node in nodes.items():
        _refuse_odd(path, node, 3)
        if node.get("node_type") == "array":
            found.parse(path, version3.parse, node)
        elif node.get("node_type") == "group":
            found.groups[path] = _mapping(path, node.get("attributes") or {})
        else:
            raise InputError(
                f"{path or 'zarr.json'}: its node_type is {node.get('node_type')!r:.40}; "
                "expected 'array' or 'group'"
            )
    return found


def _survey2(documents: Documents) -> Survey:
    found = Survey(2, {}, {}, {})
    for key, node in documents.items():
        path, _, name = key.rpartition("/")
        attributes = documents.get(f"{path}/.zattrs" if path else ".zattrs", {})
        if name == ".zarray":
            _refuse_odd(path, node, 2)
            found.parse(path, version2.parse, node, attributes)
        elif name == ".zgroup":
            _refuse_odd(path, node, 2)
            found.groups[path] = attributes
    return found


def _refuse_odd(path: str, node: Mapping[str, Any], version: int) -> None:
    if path and not plain_name(path):
        raise InputError(f"names {path!r:.60}, which lies out of the store; it is not read")
    if node.get("zarr_format") != version:
        raise InputError(
            f"{path or 'the root'}: its zarr_format is {node.get('zarr_format')!r:.20}; "
            f"expected {version}"
        )


def _mapping(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{key or 'the root'}: its metadata are {value!r:.40}; expected an object")
    return value


def _walk(store: Store, marks: tuple[str, ...]) -> Iterator[str]:
    """Yield the prefix of each array and group, from the root down; arrays hold no others."""
    waiting, seen = [""], 0
    while waiting:
        prefix = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            raise InputError(f"holds more than {MOST_NODES} folders, and no list of its arrays")
        found = [document(store, prefix + mark) for mark in marks]
        if not any(node is not None for node in found):
            continue
        yield prefix
        kind = found[0]
        is_array = kind is not None and (len(marks) > 1 or kind.get("node_type") == "array")
        if not is_array:
            waiting += [f"{prefix}{name}/" for name in reversed(store.folders(prefix.rstrip("/")))]
