"""Read coordinates from separate files (--coords)."""

from __future__ import annotations

import os
import re
from math import prod

from gradcli.errors import InputError, UsageError, located
from gradcli.errors.suggest import suggest
from gradcli.formats.opening import open_source
from gradcli.formats.registry import format_of
from gradcli.model.axes import Vector
from gradcli.model.protocols import Hints, Layout, Limits, Source

# Several numbers, of which "1" alone is the name of a file.
_NUMBERS = r"[+-]?[\d.][\d.eE+-]*(?:,[+-]?[\d.][\d.eE+-]*)+"


def file_of_spec(spec: str) -> str | None:
    """Return the file of a specification of coordinates, ``PATH`` or ``PATH:VARIABLE``.

    It is None for the numbers themselves and for a variable of the input (``:VARIABLE``).

    >>> file_of_spec("grid.nc:lat"), file_of_spec("lat.npy"), file_of_spec(":lat")
    ('grid.nc', 'lat.npy', None)
    """
    if os.path.exists(spec):
        return spec
    if spec.startswith(":") or re.fullmatch(_NUMBERS, spec):
        return None
    return spec.rpartition(":")[0] if ":" in spec else spec


def vector_of(source: Source, spec: str) -> Vector | None:
    """Return coordinates that need no file of their own, or None if ``spec`` names a file.

    They are a variable of the input (``:VARIABLE``), or numbers (``0,1,3,4``).
    """
    if file_of_spec(spec) is not None:
        return None
    if not spec.startswith(":"):
        import numpy as np

        numbers = [float(word) for word in spec.split(",")]
        return Vector(np.array(numbers), 2.0**-52, None)
    return _vector(source, spec[1:], source.path)


def read_vector(spec: str, memory: int = 1 << 30) -> Vector:
    """Return coordinates from a file.

    ``spec`` is ``PATH:VARIABLE``, or the path of a file with one array (such as NPY, or text with
    one number per line). The coordinates have one or two axes and take at most ``memory`` bytes.
    """
    from gradcli.errors import GradcliError

    path = file_of_spec(spec) or spec
    name = spec.removeprefix(f"{path}:") if path != spec else None
    try:
        known = format_of(path)
        layout: Layout | None = "matrix" if known is not None and known.name == "csv" else None
        with open_source(path, Hints(layout=layout, limits=Limits(memory))) as source:
            return _vector(source, name, path, memory)
    except GradcliError as error:
        raise located(path, error) from error


def _vector(source: Source, name: str | None, path: str, memory: int = 1 << 30) -> Vector:
    """Return a variable of an open file as coordinates of one or two axes."""
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
            f"{wanted} has shape {field.shape}; expected one coordinate for each point, "
            "or arrays of two axes"
        )
    if field.dtype.kind == "c":
        raise InputError(f"{wanted} is complex; coordinates are real")
    found = source.vector(wanted)
    name = field.base if source.named else None
    return found._replace(values=found.values.reshape(sizes if len(sizes) == 2 else -1), name=name)
