"""Coordinates over further dimensions: which of them stand along an axis of a field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from gradcli.cf.references import referenced, resolve
from gradcli.cf.roles import is_latitude, is_longitude, make_axis, role_of
from gradcli.errors import InputError, UsageError
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.columns import Column, ColumnPart
from gradcli.model.fields import Field
from gradcli.model.neighbours import Neighbours
from gradcli.model.protocols import Source
from gradcli.plan.auxiliary import UNNAMED
from gradcli.plan.formulas import counts_levels, declared, formula_axis
from gradcli.record import replace
from gradcli.settings import Settings

STRONG = ("axis", "positive", "standard_name")  # attributes that make a variable a height or depth
# Words in the names of dimensions that count levels.
_LEVELS = re.compile(
    r"(?:^|_)(?:n?z[tuwlir]?|n?lev\w*|levels?|n?layers?|depth\w*|height|altitude|s_?rho|s_?w|"
    r"sigma|siglay|siglev|bottom_top|hybrid|isobaric|plev|pres\w*|zl|zi)(?:_|$)"
)


def with_columns(source: Source, field: Field, settings: Settings, notes: list[str]) -> Field:
    """Return a field whose axes take the coordinates over further dimensions that are asked for.

    A name may be that of a variable. The role z or a standard name means a formula that the axis
    of levels declares, or else the one such variable, if the coordinates of the dimension are only
    numbers; a note says so then.

    Raises
    ------
    InputError
        A formula lacks a term, or a term does not fit.
    UsageError
        It is unclear along which axis a variable stands, or which one a role means.
    """
    for name, other in given_columns(source, settings).items():
        field = _with(field, _given(source, field, name, other, settings))
    for name in dict.fromkeys((*settings.axis, *settings.per, *settings.periodic)):
        stepped = name in settings.spacing or None in settings.spacing or bool(settings.steps)
        if name in settings.coords or stepped:
            continue
        found = _by_name(source, field, name, settings)
        if found is None:
            try:
                found = _by_role(source, field, name, notes)
            except InputError:
                if settings.var:
                    raise
                found = _without_role(field, name)
        field = _with(field, found)
    return field


def _with(field: Field, found: tuple[int, Axis] | None) -> Field:
    if found is None:
        return field
    axes = list(field.axes)
    axes[found[0]] = found[1]
    return replace(field, axes=tuple(axes))


def given_columns(source: Source, settings: Settings) -> dict[str, Field]:
    """Return the variables of the input that ``--coords`` gives as coordinates of columns.

    They have three axes or more, or two if they are no pair of x and y.
    """
    found = {}
    for name, spec in settings.coords.items():
        path = spec.removeprefix(":").strip("/")
        other = source.fields.get(source.aliases.get(path, path)) if spec.startswith(":") else None
        if other is not None and sum(size != 1 for size in other.shape) > 1:
            found[name] = other
    flat = [name for name, other in found.items() if len(other.axes) == 2]
    sides = {name for name in flat if name.lower() in ("x", "y") or _is_place(found[name])}
    if len(flat) > 1 or sides:
        found = {name: other for name, other in found.items() if name not in flat}
    return {name: other for name, other in found.items() if not _is_place(other)}


def _is_place(field: Field) -> bool:
    """Return whether a variable is a longitude or a latitude."""
    said, name = field.attributes, field.base
    return is_longitude(said, name) or is_latitude(said, name)


def _given(
    source: Source, field: Field, name: str, other: Field, settings: Settings
) -> tuple[int, Axis] | None:
    places = places_of(source, field, other)
    if places is None:
        if settings.var:
            raise _misfit(name, field, other)
        return None
    try:
        index, role = find_axis(field.axes, name), None
    except UsageError:
        index, role = _place(source, field, name, places), name.lower()
    if index not in places:
        label = axis_label(field.axes, index)
        raise UsageError(f"--coords {name}=:{other.name}: {other.name} does not lie along {label}")
    made = _standing(field, index, other, places)
    return index, replace(made, others=(), role=role or made.role)


def _misfit(name: str, field: Field, other: Field) -> UsageError:
    """Return the error for coordinates over dimensions that a field lacks."""
    over = ", ".join(axis_label(other.axes, i) for i in range(len(other.axes)))
    there = ", ".join(axis_label(field.axes, i) for i in range(len(field.axes)))
    return UsageError(f"axis {name!r}: {other.name} lies over {over}, {field.name} over {there}")


def _without_role(field: Field, name: str) -> tuple[int, Axis] | None:
    """Return the axis that a role means without it, so that the field counts as lacking it."""
    index = find_axis(field.axes, name)
    return index, replace(field.axes[index], role=None, standard_name=None)


def _by_name(
    source: Source, field: Field, name: str, settings: Settings
) -> tuple[int, Axis] | None:
    known = {axis.name for axis in field.axes}
    known |= {str(axis.coordinate).rpartition("/")[2] for axis in field.axes if axis.coordinate}
    path = source.aliases.get(name.strip("/"), resolve(field.name, name, source.fields) or "")
    other = source.fields.get(path)
    if name in known or other is None or other.name == field.name or len(other.axes) < 2:
        return None
    if role_of(other.attributes, other.base) in ("x", "y"):
        return None  # one of two coordinates over a plane, not a column's
    places = places_of(source, field, other)
    if places is None:
        if settings.var:
            raise _misfit(name, field, other)
        return None
    return (index := _place(source, field, name, places)), _standing(field, index, other, places)


def _place(source: Source, field: Field, name: str, places: tuple[int, ...]) -> int:
    """Return the axis that coordinates over several axes stand along."""
    index = _levels(source, field, places)
    if index is None and len(places) == 2:
        index = places[-1]
    if index is None:
        labels = [axis_label(field.axes, place) for place in places]
        ways = ", ".join(f"--coords {label}=:{name}" for label in labels)
        raise UsageError(
            f"axis {name!r} of {field.name} lies over {', '.join(labels)}, and it is not clear "
            f"along which of them; say so: {ways}"
        )
    return index


def places_of(source: Source, field: Field, other: Field) -> tuple[int, ...] | None:
    """Return the axes of a field that the dimensions of a variable are; None if it has others."""
    keys = [axis.key for axis in field.axes]
    if other.dtype.kind == "c" or len(set(keys)) < len(keys) or not other.axes:
        return None
    if all(axis.key in keys for axis in other.axes):
        return tuple(keys.index(axis.key) for axis in other.axes)
    if source.format in UNNAMED and other.shape == field.shape:
        return tuple(range(len(keys)))
    return None


def _standing(field: Field, index: int, other: Field, places: tuple[int, ...]) -> Axis:
    """Return an axis with a variable as the coordinates of its columns."""
    axis = field.axes[index]
    made = make_axis(axis.name, axis.size, axis.key, other.name, attributes=other.attributes)
    keys = tuple(field.axes[place].key for place in places)
    listed = ", ".join(axis_label(field.axes, place) for place in places)
    words = f"{other.base}({listed})"
    column = Column(other.base, (ColumnPart("", other.name, keys),), words=words)
    return replace(
        made,
        long_name=made.long_name or made.standard_name or other.base,
        precision=other.precision,
        start=axis.start,
        column=column,
        others=(replace(axis, others=()), *axis.others),
    )


def _levels(source: Source, field: Field, places: tuple[int, ...]) -> int | None:
    """Return the axis of levels among some axes: by its role, by exclusion, or by its name."""
    roles = {place: role_of(field.axes[place]) for place in places}
    upright = [place for place in places if roles[place] == "z"]
    shared = source.once(_shared)
    free = [p for p in places if roles[p] is None and field.axes[p].key not in shared]
    named = [p for p in free if _LEVELS.search(str(field.axes[p].name).lower())]
    return next((found[0] for found in (upright, free, named) if len(found) == 1), None)


def _shared(source: Source) -> set[str]:
    """Return the dimensions of longitudes, latitudes and times: of places, profiles or tracks."""
    every = source.fields.values()
    found = [other for other in every if _is_place(other) or role_of(other.attributes) == "t"]
    return {axis.key for other in found for axis in other.axes}


def _by_role(source: Source, field: Field, name: str, notes: list[str]) -> tuple[int, Axis] | None:
    told, place = name.lower(), None
    with suppress(UsageError):
        place = find_axis(field.axes, name)
    if place is not None:
        axis = field.axes[place]
        own = (axis.name, axis.coordinate, str(axis.coordinate).rpartition("/")[2])
        if name in own or name.lstrip("-").isdigit() or role_of(axis) != "z":
            return None
        made = _by_formula(source, field, place, name, notes)
        if made is not None or not counts_levels(axis):
            return None if made is None else (place, made)
    fitting = [
        (index, other, places)
        for index, other, places in _upright(source, field)
        if place in (None, index) and told in ("z", other.attributes.get("standard_name"))
    ]
    listed = referenced(field.attributes, "coordinates")
    fitting = [one for one in fitting if one[1].base in listed] or fitting
    if len(fitting) > 1:
        names = ", ".join(other.name for _, other, _ in fitting)
        raise UsageError(f"axis {name!r} of {field.name} may mean {names}; name one of them")
    if fitting:
        index, other, places = fitting[0]
        label = axis_label(field.axes, index)
        notes.append(
            f"{field.name}: {name} is taken as {other.name}, column by column along {label}"
        )
        return index, replace(_standing(field, index, other, places), role="z")
    if place is not None and field.axes[place].values is not None:
        label = axis_label(field.axes, place)
        notes.append(f"{label}: levels are only numbers, so derivatives are per level")
    return None


def _by_formula(
    source: Source, field: Field, place: int, name: str, notes: list[str]
) -> Axis | None:
    """Return the axis with the coordinates of its formula.

    If a term is missing and the axis has nominal coordinates, these stay, with a note.
    """
    try:
        said = declared(source, field, place)
    except InputError as error:
        if counts_levels(field.axes[place]):
            raise
        notes.append(f"{error}; its own coordinates are taken")
        return None
    if said is None:
        return None
    made = formula_axis(source, field, place, said)
    kind = said.formula.kind
    notes.append(f"{field.name}: {name} is the {kind} that the {said.by} of {said.label} give")
    return made


def _upright(source: Source, field: Field) -> Iterator[tuple[int, Field, tuple[int, ...]]]:
    """Yield variables that say that they are vertical coordinates of columns of a field."""
    listed = set(referenced(field.attributes, "coordinates"))
    heights, strong = source.once(_heights)
    shapes = [field.shape] if source.format in UNNAMED else []
    for other in heights.beside(field, shapes):
        if other.name == field.name or not (other.name in strong or other.base in listed):
            continue
        places = places_of(source, field, other)
        index = None if places is None else _levels(source, field, places)
        if places is not None and index is not None:
            yield index, other, places


def _heights(source: Source) -> tuple[Neighbours, set[str]]:
    """Return the heights and depths over two axes or more, and which of them say it strongly."""
    found, strong = [], set()
    for other in source.fields.values():
        if len(other.axes) < 2 or other.kind == "bounds":
            continue
        said = {key: other.attributes[key] for key in STRONG if key in other.attributes}
        if role_of(said) == "z":
            strong.add(other.name)
        if other.name in strong or role_of(other.attributes, other.base) == "z":
            found.append(other)
    return Neighbours(found), strong


def refuse_column(axis: Axis, label: str, periodic: bool, settings: Settings) -> None:
    """Raise UsageError if options do not apply to an axis whose columns have own coordinates."""
    if axis.column is None:
        return
    if periodic:
        raise UsageError(f"--periodic {label}: columns do not close on themselves")
    if settings.sort or settings.duplicates:
        option = "--sort" if settings.sort else "--duplicates"
        raise UsageError(
            f"{option}: does not apply to {axis.column.name}, which differs from column to column"
        )


def along_levels(field: Field, axes: tuple[Along, ...], settings: Settings) -> Iterator[str]:
    """Yield a note if further axes are differentiated along levels that are not level.

    Raises
    ------
    UsageError
        An operator would mix derivatives along the levels with those along columns.
    """
    upright = [along for along in axes if along.column(field) is not None]
    if not upright or len(axes) == 1:
        return
    others = ", ".join(along.label for along in axes if along not in upright)
    name = upright[0].label
    apart = f"derivatives along {others} are along the levels, not at constant {name}"
    for operator in settings.operators:
        wanted = operator.wanted(len(axes), operator.order or 1)
        if operator.mixes or any(len(set(part.along)) > 1 for part in wanted):
            raise UsageError(
                f"{operator.name}: {apart}, so they cannot be combined with those along {name}; "
                f"compute them one by one (--axis {others}; --axis {name}), or interpolate first"
            )
    yield f"{field.name}: {apart}"
