"""Read coordinates from separate files (--coords)."""

from __future__ import annotations

import os
from math import prod

from gradcli.errors import InputError, UsageError, located, suggest
from gradcli.formats.opening import open_source
from gradcli.model.axes import Vector
from gradcli.model.protocols import Hints, Limits


def file_of_spec(spec: str) -> str:
    """Return the file of a specification of coordinates, ``PATH`` or ``PATH:VARIABLE``.

    >>> file_of_spec("grid.nc:lat"), file_of_spec("lat.npy")
    ('grid.nc', 'lat.npy')
    """
    if os.path.exists(spec) or ":" not in spec:
        return spec
    return spec.rpartition(":")[0]


def read_vector(spec: str, memory: int = 1 << 30) -> Vector:
    """Return coordinates from a file.

    ``spec`` is ``PATH:VARIABLE``, or the path of a file with one array (such as NPY, or text with
    one number per line). The coordinates have one or two axes and take at most ``memory`` bytes.
    """
    from gradcli.errors import GradcliError

    path = file_of_spec(spec)
    name = spec.removeprefix(f"{path}:") if path != spec else None
    try:
        with open_source(path, Hints(layout="matrix", limits=Limits(memory))) as source:
            if name is None and len(source.fields) != 1:
                names = ", ".join(list(source.fields)[:8])
                raise UsageError(f"holds several variables; name one as {path}:NAME ({names})")
            wanted = next(iter(source.fields)) if name is None else name.strip("/")
            wanted = source.aliases.get(wanted, wanted)
            if wanted not in source.fields:
                raise suggest("variable", wanted, list(source.fields))
            field = source.fields[wanted]
            if 8 * prod(field.shape) > memory:
                raise InputError(f"{wanted} has shape {field.shape}, more than the memory limit")
            sizes = tuple(size for size in field.shape if size != 1)
            if len(sizes) > 2:
                raise InputError(
                    f"{wanted} has shape {field.shape}; coordinates are one number a point, "
                    "or arrays of two axes"
                )
            if field.dtype.kind == "c":
                raise InputError(f"{wanted} is complex; coordinates are real")
            found = source.vector(wanted)
    except GradcliError as error:
        raise located(path, error) from error
    shape = sizes if len(sizes) == 2 else (-1,)
    return found._replace(values=found.values.reshape(shape))
