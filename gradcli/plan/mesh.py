"""Coordinates that are stored as an array of the shape of the field, as ``meshgrid`` makes them."""

from __future__ import annotations

from math import prod

import numpy as np

from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array

CELLS = 2**20  # that are compared at a time


def line_of(source: Source, mesh: Field, axis: int) -> Array:
    """Return the values of an array along one axis, at the first point of the others."""
    sizes = [part.size for part in mesh.axes]
    window = tuple(slice(0, n if i == axis else 1) for i, n in enumerate(sizes))
    values: Array = source.read(mesh.name, window).reshape(-1).astype(np.float64)
    return values


def mesh_axis(source: Source, field: Field, mesh: Field) -> int | None:
    """Return the axis of a field that an array of its shape holds the coordinates of.

    The array changes along this axis alone, which is checked at every point; None if it changes
    along none or several, or if the axis has coordinates already.
    """
    sizes = tuple(axis.size for axis in field.axes)
    fits = len(sizes) > 1 and 0 not in sizes and tuple(a.size for a in mesh.axes) == sizes
    if not fits or mesh.dtype.kind == "c":
        return None
    lines = [line_of(source, mesh, axis) for axis in range(len(sizes))]
    along = [axis for axis, line in enumerate(lines) if (line != line[:1]).any()]
    if len(along) != 1 or field.axes[along[0]].values is not None:
        return None
    axis = along[0]
    shape = [1] * len(sizes)
    shape[axis] = sizes[axis]
    expected = lines[axis].reshape(shape)
    step = max(1, CELLS // max(1, prod(sizes[1:])))
    for first in range(0, sizes[0], step):
        rows = slice(first, min(first + step, sizes[0]))
        values = source.read(mesh.name, (rows, *(slice(0, n) for n in sizes[1:])))
        if not (values == (expected[rows] if axis == 0 else expected)).all():
            return None
    return axis
