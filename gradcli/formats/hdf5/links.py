"""What leads out of an HDF5 file, which is never followed; and a walk through what is inside."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.errors import InputError
from gradcli.formats.hdf5.library import FAULTS, h5py

MOST_HOPS = 64  # soft links on the way to one object
DEEPEST = 100  # groups within groups: the netCDF library calls itself for each


def refuse_outside(name: str, dataset: h5py.Dataset, seen: tuple[object, ...] = ()) -> None:
    """Raise InputError where the values of a dataset lie in other files."""
    creation = dataset.id.get_create_plist()
    if creation.get_external_count():
        raise InputError(f"{name}: keeps its values in another file, which is never followed")
    if creation.get_layout() != h5py.h5d.VIRTUAL:
        return
    seen = (*seen, address(dataset))
    for index in range(creation.get_virtual_count()):
        if creation.get_virtual_filename(index) != ".":
            raise InputError(f"{name}: is a view of other files, which are never followed")
        inner = creation.get_virtual_dsetname(index)
        try:
            source = target(dataset.file, inner)
        except FAULTS:
            source = None
        # A name with a "%" may stand for many, which are looked for one after the other.
        if "%" in inner or not isinstance(source, h5py.Dataset) or address(source) in seen:
            raise InputError(f"{name}: is a view of {inner!r}, which is no dataset of this file")
        refuse_outside(name, source, seen)


def target(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset | None:
    """Return the object that a path means without leaving the file, or None.

    The library would open whatever file an external link on the way names.
    """
    here, hops = group, 0
    parts = _parts(path)
    if path.startswith("/"):
        here = group.file
    while parts:
        name = parts.pop(0)
        if not isinstance(here, h5py.Group):
            return None
        link = here.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            hops += 1
            if hops > MOST_HOPS:
                return None
            parts = _parts(link.path) + parts
            here = group.file if link.path.startswith("/") else here
        elif isinstance(link, h5py.HardLink):
            here = here[name]
        else:
            return None
    return here


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def inside_links(file: h5py.File) -> Iterator[tuple[str, object]]:
    """Yield path and object (or what is wrong with it) of everything in a file, each once.

    Links that lead out of the file are yielded as ``h5py.ExternalLink``, objects that cannot be
    opened as the error, further links to an object as its path. Hard links that form a cycle
    end at the object met before.
    """
    seen = {address(file): ""}
    soft: list[tuple[str, h5py.Group, str]] = []
    waiting: list[tuple[str, h5py.Group]] = [("", file)]
    while waiting:
        prefix, group = waiting.pop()
        inner: list[tuple[str, h5py.Group]] = []
        for name in list(group):
            path = f"{prefix}{name}"
            try:
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.ExternalLink):
                    yield path, link
                    continue
                if isinstance(link, h5py.SoftLink):
                    soft.append((path, group, link.path))
                    continue
                item = group[name]
            except FAULTS as error:
                yield path, error
                continue
            if isinstance(item, (h5py.Group, h5py.Dataset)):
                place = address(item)
                if place in seen:
                    yield path, seen[place]
                    continue
                seen[place] = path
            yield path, item
            if isinstance(item, h5py.Group):
                inner.append((path + "/", item))
        waiting += reversed(inner)
    yield from _soft_links(soft, seen)


def _soft_links(
    links: list[tuple[str, h5py.Group, str]], seen: dict[object, str]
) -> Iterator[tuple[str, str]]:
    """Yield soft links whose target was met; others dangle or lead out of the file."""
    for path, group, meant in links:
        try:
            found = target(group, meant)
            place = None if found is None else address(found)
        except FAULTS:
            continue
        if place in seen:
            yield path, seen[place]


def address(item: h5py.Group | h5py.Dataset) -> object:
    """Return what tells an object from every other, by whatever path it was met."""
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr
