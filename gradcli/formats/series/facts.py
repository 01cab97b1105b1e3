"""What the headers of the files of a series say, and whether they fit each other."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.references import BOUNDS, referenced, resolve
from gradcli.errors import InputError, UsageError
from gradcli.formats.base import variable_of
from gradcli.model.axes import Axis, axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.record import replace

VALUES = "="  # in front of the name of a coordinate that is no axis of its own
UNTIED = ("hdf5", "npz")  # formats whose arrays may lie beside each other without being tied
# Attributes that say how stored numbers are decoded.
PACKING = (
    "scale_factor",
    "add_offset",
    "_FillValue",
    "missing_value",
    "valid_min",
    "valid_max",
    "valid_range",
    "_Unsigned",
)


class FieldFacts(NamedTuple):
    """What must be known of a variable while its file is closed.

    Attributes
    ----------
    shape : tuple of int
        Without the axis that is joined.
    place : int or None
        The index of this axis.
    stored, dtype, result_dtype : str
        Types in the file, as read, and of derivatives.
    axis : Axis
        Without a size: the units and the calendar of its values.
    packing : str
        How its stored numbers are decoded.
    """

    shape: tuple[int, ...]
    place: int | None
    stored: str
    dtype: str
    result_dtype: str
    axis: Axis
    packing: str


class Facts(NamedTuple):
    """What must be known of a file while it is closed.

    Attributes
    ----------
    axis : Axis
        The one that is joined, as this file has it.
    label : str
        How messages call it.
    coordinate : str
        The variable that holds its coordinates.
    fields : mapping of str to FieldFacts
    grid : mapping of str to (str, bytes)
        The coordinates of the other axes, by the keys of these: their names and digests. So too
        those over several axes, by their names behind ``VALUES``.
    """

    axis: Axis
    label: str
    coordinate: str | None
    fields: Mapping[str, FieldFacts]
    grid: Mapping[str, tuple[str | None, bytes]]


def alike(first: Facts, source: Source) -> Facts:
    """Return the facts of a file whose header is that of another: only coordinates are read."""
    assert first.coordinate is not None
    values = source.vector(first.coordinate).values
    axis = replace(first.axis, values=values, size=len(values))
    grid = {
        key: (name, _digest(source.vector(name).values) if name else told)
        for key, (name, told) in first.grid.items()
    }
    return first._replace(axis=axis, grid=grid)


def facts_of(source: Source, asked: str) -> Facts:
    """Return what must be known of a file that is joined along an axis.

    Raises
    ------
    UsageError
        It has no such axis.
    InputError
        The axis has no coordinates.
    """
    axis, label = _find(source, asked)
    if axis.values is None:
        raise InputError(
            f"axis {label} has no coordinates, which say in which order files are joined"
        )
    bounds = _bounds_of(source, axis)
    fields = {}
    grid: dict[str, tuple[str | None, bytes]] = {}
    for name, field in source.fields.items():
        place = _place(source, field, axis)
        fields[name] = _facts(field, place, axis if name in bounds else None)
        for index, other in enumerate(field.axes):
            if index != place and other.values is not None and key_of(other) not in grid:
                grid[key_of(other)] = other.coordinate, _digest(other.values)
    for name, field in source.fields.items():
        if field.kind == "coordinate" and len(field.axes) > 1 and fields[name].place is None:
            grid[VALUES + name] = name, _digest(source.vector(name).values)
    return Facts(axis, label, axis.coordinate, fields, grid)


def key_of(axis: Axis) -> str:
    """Return the key of an axis as it is in every format; that of NetCDF begins with a slash.

    >>> key_of(Axis("x", 2, key="/x"))
    'x'
    """
    return axis.key.lstrip("/")


def _find(source: Source, asked: str) -> tuple[Axis, str]:
    """Return the axis that is meant, with its coordinates, and what to call it."""
    data = [field for field in source.fields.values() if field.kind == "data"]
    if not data:
        raise InputError("has no variable of numbers to join")
    found: dict[str, Axis] = {}
    for field in data:
        try:
            index = find_axis(field.axes, asked)
        except UsageError:
            continue
        axis = field.axes[index]
        if axis.values is not None or axis.key not in found:
            found[axis.key] = axis
    if len(found) > 1 and asked.lstrip("-").isdigit():
        raise UsageError(f"--join {asked}: means another axis for each variable; name one")
    if len(found) > 1:
        raise UsageError(f"--join {asked}: there are several such axes: {', '.join(found)}")
    if found and (axis := next(iter(found.values()))).values is not None:
        return axis, axis.name or asked
    beside = variable_of(source, asked)
    if beside is not None and len(beside.axes) == 1:
        vector, own = source.vector(beside.name), beside.axes[0]
        size = len(vector.values)
        key = own.key if source.format not in UNTIED else next(iter(found), "")
        said = beside.attributes.get("calendar")
        made = Axis(own.name or asked, size, vector.values, vector.units, coordinate=beside.name)
        calendar = said if isinstance(said, str) else None
        return replace(made, key=key, precision=vector.precision, calendar=calendar), asked
    if found:
        return axis, axis_label(data[0].axes, 0) if axis.name is None else axis.name
    raise unknown_axis(data[0].axes, asked)


def _place(source: Source, field: Field, axis: Axis) -> int | None:
    """Return the index of the joined axis in a field, or None."""
    same = [i for i, own in enumerate(field.axes) if axis.key and own.key == axis.key]
    if not same and source.format in UNTIED:
        if field.name == axis.coordinate:
            return 0
        same = [i for i, own in enumerate(field.axes) if own.size == axis.size]
        same = [i for i in same if field.axes[i].values is None]
    if len(same) > 1:
        raise InputError(
            f"{field.name}: has several axes of {axis.size} points, any of which may be "
            f"{axis.name}; files can be joined along an axis that is known"
        )
    return same[0] if same else None


def _bounds_of(source: Source, axis: Axis) -> set[str]:
    """Return the coordinate of an axis and its bounds, which have its units."""
    if axis.coordinate is None:
        return set()
    named = referenced(source.attributes.get(axis.coordinate, {}), *BOUNDS)
    found = {resolve(axis.coordinate, name, source.fields) for name in named}
    return {axis.coordinate, *(name for name in found if name)}


def _facts(field: Field, place: int | None, axis: Axis | None) -> FieldFacts:
    shape = tuple(own.size for index, own in enumerate(field.axes) if index != place)
    said = field.attributes
    packing = repr([(key, _plain(said[key])) for key in PACKING if key in said])
    calendar = said.get("calendar")
    units, calendar = (field.units, calendar) if axis is None else (axis.units, axis.calendar)
    return FieldFacts(
        shape,
        place,
        field.stored,
        field.dtype.str,
        field.result_dtype.str,
        Axis(field.name, 0, units=units, calendar=calendar if isinstance(calendar, str) else None),
        packing,
    )


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()


def _digest(values: Array) -> bytes:
    return blake2b(values.tobytes()).digest()
