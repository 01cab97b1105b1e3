"""Coordinates that stand along an axis in place of those of its dimension."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

from gradcli.cf.references import resolve
from gradcli.cf.roles import is_index, is_latitude, is_longitude, make_axis, role_of
from gradcli.errors import UsageError
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field, text
from gradcli.model.neighbours import Neighbours
from gradcli.model.protocols import Source
from gradcli.plan.mesh import line_of, mesh_axis
from gradcli.record import replace

UNNAMED = ("hdf5", "npz")  # formats whose arrays may lie beside each other without being tied


def with_auxiliary(
    source: Source, field: Field, names: Iterable[str], notes: list[str], alone: bool = True
) -> Field:
    """Return a field whose axes take the one-dimensional coordinates that are asked for.

    A name may be that of a variable along one dimension of the field. A role or a standard name
    means such a variable if the coordinates of the dimension are only numbers of points; a note
    says so then.

    Raises
    ------
    UsageError
        The field, if it is the only one, has x and y along the same dimension.
    """
    for name in names:
        found = _by_name(source, field, name)
        if found is None:
            found = _by_role(source, field, name, alone)
            if found is not None:
                index, other = found
                label = axis_label(field.axes, index)
                notes.append(f"{field.name}: {name} is taken as {other.name}, along {label}")
        if found is not None:
            index, other = found
            axes = list(field.axes)
            axes[index] = _standing(source, axes[index], other, index)
            field = replace(field, axes=tuple(axes))
    return field


def with_named_roles(source: Source, field: Field, names: Iterable[str], notes: list[str]) -> Field:
    """Return a field whose axes have the roles that are asked for and that only names tell.

    It is for fields whose other coordinates have been found. A note says which axis it was.
    """
    for name in names:
        field = _by_own_name(source, field, name, notes)
    return field


def _standing(source: Source, axis: Axis, other: Field, field_axis: int) -> Axis:
    """Return an axis with the coordinates and the metadata of a variable."""
    flat = len(other.axes) == 1
    values = source.vector(other.name).values if flat else line_of(source, other, field_axis)
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
    if index is None and source.format in UNNAMED:
        index = mesh_axis(source, field, other)
    # A table beside a grid may have a column of the name of a dimension, which then comes first.
    bare = index is not None and field.axes[index].name is None
    if bare and source.format in UNNAMED and field.group and field.group == other.group:
        every = (axis.name for each in source.fields.values() for axis in each.axes)
        index = None if name in every else index
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


def _by_own_name(source: Source, field: Field, name: str, notes: list[str]) -> Field:
    """Return a field one of whose axes has the role that its name alone tells, if there is one."""
    told = name.lower()
    if told not in ("x", "y", "z", "t"):
        return field
    with suppress(UsageError):
        find_axis(field.axes, name)
        return field
    meant = [i for i, a in enumerate(field.axes) if a.values is not None and role_of(a) == told]
    if len(meant) != 1 or field.axes[meant[0]].role is not None:
        return field
    axes = list(field.axes)
    if _has_formula(source, axes[meant[0]]):
        return field  # its levels are those of other fields, which have all the terms
    axes[meant[0]] = replace(axes[meant[0]], role=told)
    notes.append(
        f"{field.name}: {name} is taken as {axis_label(field.axes, meant[0])}, by its name"
    )
    return replace(field, axes=tuple(axes))


def _has_formula(source: Source, axis: Axis) -> bool:
    said = source.attributes.get(axis.coordinate or "", {})
    return "formula_terms" in said or "A_var" in said


def _by_role(source: Source, field: Field, name: str, alone: bool) -> tuple[int, Field] | None:
    told, place = name.lower(), None
    with suppress(UsageError):
        place = find_axis(field.axes, name)
    if place is not None:
        axis = field.axes[place]
        if axis.name == name or name.lstrip("-").isdigit() or not is_index(axis):
            return None
        if _has_formula(source, axis):
            return None  # they say what stands along the axis, and their terms do not
    known = source.once(_measured).get(told)
    fits = (one for one in _beside(source, field, known) if place in (None, one[0]))
    fitting = list(islice(fits, 2))
    if len(fitting) != 1:
        return None
    return fitting[0] if _is_of_grid(source, field, *fitting[0], alone) else None


def _is_of_grid(source: Source, field: Field, index: int, other: Field, alone: bool) -> bool:
    """Return whether a coordinate is no longitude or latitude that the other lies beside.

    If both lie along one dimension, its points are stations, a track, or the cells of an
    unstructured grid, and the next point is neither east nor north. UsageError says so if the
    field is ``alone``.
    """
    known = source.once(_positions)
    along = [one for place, one in _beside(source, field, known) if place == index]
    lon, lat = (
        [one.base for one in along if told(one.attributes, one.base)]
        for told in (is_longitude, is_latitude)
    )
    places = other.base in (*lon, *lat) and bool(lon) and bool(lat)
    if places and alone:
        raise UsageError(
            f"{field.name}: {lon[0]} and {lat[0]} both lie along "
            f"{axis_label(field.axes, index)}: its points are places one after another (a track, "
            "stations, or cells of an unstructured grid), not a grid with x and y; to "
            f"differentiate from one point to the next, name a coordinate (--axis {other.base})"
        )
    return not places


def _beside(source: Source, field: Field, known: Neighbours | None) -> Iterator[tuple[int, Field]]:
    """Yield those of some variables that lie along one axis of a field, and that axis."""
    sizes = {axis.size for axis in field.axes} if source.format in UNNAMED else ()
    for other in known.beside(field, [(size,) for size in sizes]) if known else ():
        index = None if other.name == field.name else _place(source, field, other)
        if index is not None and other.name != field.axes[index].coordinate:
            yield index, other


def _measuring(source: Source) -> Iterator[Field]:
    """Yield the variables along one axis that measure something."""
    for other in source.fields.values():
        if len(other.axes) == 1 and other.units not in (None, "", "1"):
            yield other


def _measured(source: Source) -> dict[str, Neighbours]:
    """Return these variables by their roles and standard names."""
    found: dict[str, list[Field]] = {}
    for other in _measuring(source):
        for told in {role_of(other.attributes), text(other.attributes.get("standard_name"))}:
            if told is not None:
                found.setdefault(told, []).append(other)
    return {told: Neighbours(fields) for told, fields in found.items()}


def _positions(source: Source) -> Neighbours:
    """Return those of these variables that are longitudes or latitudes."""
    every = _measuring(source)
    return Neighbours(
        f for f in every if is_longitude(f.attributes, f.base) or is_latitude(f.attributes, f.base)
    )
