"""List the objects of an HDF5 file without following links to other files."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.errors import InputError
from gradcli.formats.hdf5.library import FAULTS, h5py

MOST_HOPS = 64  # soft links in the path of one object
DEEPEST = 100  # depth of nested groups; the netCDF library recurses into them


def refuse_outside(name: str, dataset: h5py.Dataset, seen: tuple[object, ...] = ()) -> None:
    """Raise InputError if the values of a dataset are in other files."""
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
        # A name with "%" is a pattern for many datasets, which HDF5 looks for one by one.
        if "%" in inner or not isinstance(source, h5py.Dataset) or address(source) in seen:
            raise InputError(f"{name}: is a view of {inner!r}, which is not a dataset of this file")
        refuse_outside(name, source, seen)


def target(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset | None:
    """Return the object at a path, or None if there is none in this file.

    The library is not asked for the whole path, because it follows external links.
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
    """Yield the path and the object of everything in a file, each object once.

    In place of the object, an external link yields a ``h5py.ExternalLink``, an object that cannot
    be opened yields the exception, and a further link to an object yields the path under which
    it was found first. Hard links that form a cycle are not followed again.
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
    """Yield the soft links whose target is in the file; the others are skipped."""
    for path, group, meant in links:
        try:
            found = target(group, meant)
            place = None if found is None else address(found)
        except FAULTS:
            continue
        if place in seen:
            yield path, seen[place]


def address(item: h5py.Group | h5py.Dataset) -> object:
    """Return a key that identifies an object, by whichever path it was reached."""
    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr
