"""Coordinates that stand along an axis in place of those of its dimension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from gradcli.cf.references import resolve
from gradcli.cf.roles import make_axis, role_of
from gradcli.errors import UsageError
from gradcli.geometry.auxiliary import is_index
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source

UNNAMED = ("hdf5", "npz")  # formats whose arrays may lie beside each other without being tied


def with_auxiliary(source: Source, field: Field, names: Iterable[str], notes: list[str]) -> Field:
    """Return a field whose axes take the one-dimensional coordinates that are asked for.

    A name may be that of a variable along one dimension of the field. A role or a standard name
    means such a variable if the coordinates of the dimension are only numbers of points; a note
    says so then.
    """
    for name in names:
        found = _by_name(source, field, name)
        if found is None:
            found = _by_role(source, field, name)
            if found is not None:
                index, other = found
                label = axis_label(field.axes, index)
                notes.append(f"{field.name}: {name} is taken as {other.name}, along {label}")
        if found is not None:
            index, other = found
            axes = list(field.axes)
            axes[index] = _standing(source, axes[index], other)
            field = replace(field, axes=tuple(axes))
    return field


def _standing(source: Source, axis: Axis, other: Field) -> Axis:
    """Return an axis with the coordinates and the metadata of a variable."""
    values = source.vector(other.name).values
    made = make_axis(axis.name, axis.size, axis.key, other.name, values, other.attributes)
    return replace(made, precision=other.precision)


def _by_name(source: Source, field: Field, name: str) -> tuple[int, Field] | None:
    known = {axis.name for axis in field.axes}
    known |= {str(axis.coordinate).rpartition("/")[2] for axis in field.axes if axis.coordinate}
    path = source.aliases.get(name.strip("/"), resolve(field.name, name, source.fields) or "")
    other = source.fields.get(path)
    if name in known or other is None or other.name == field.name:
        return None
    if any(axis.other(name) is not None for axis in field.axes):  # `by_named_scales` takes it
        return None
    index = _place(source, field, other)
    return None if index is None else (index, other)


def _place(source: Source, field: Field, other: Field) -> int | None:
    """Return the axis of a field that a one-dimensional variable lies along."""
    if len(other.axes) != 1 or other.dtype.kind == "c":
        return None
    same = [i for i, axis in enumerate(field.axes) if axis.key == other.axes[0].key]
    if not same and source.format in UNNAMED:
        bare = [i for i, axis in enumerate(field.axes) if axis.values is None]
        same = [i for i in bare if field.axes[i].size == other.axes[0].size]
    return same[0] if len(same) == 1 else None


def _by_role(source: Source, field: Field, name: str) -> tuple[int, Field] | None:
    told, place = name.lower(), None
    with suppress(UsageError):
        place = find_axis(field.axes, name)
    if place is not None:
        axis = field.axes[place]
        if axis.name == name or name.lstrip("-").isdigit() or not is_index(axis):
            return None
        if "formula_terms" in source.attributes.get(axis.coordinate or "", {}):
            return None  # they say what stands along the axis, and their terms do not
    fitting = [
        (index, other)
        for index, other in _beside(source, field)
        if place in (None, index)
        and told in (role_of(other.attributes), other.attributes.get("standard_name"))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _beside(source: Source, field: Field) -> Iterator[tuple[int, Field]]:
    """Yield variables along one axis of a field that measure something, and that axis."""
    for other in source.fields.values():
        index = None if other.name == field.name else _place(source, field, other)
        measures = other.units not in (None, "", "1")
        if index is not None and measures and other.name != field.axes[index].coordinate:
            yield index, other
