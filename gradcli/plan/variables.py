"""Which variables are differentiated, and names for axes that have none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcli.cf.roles import role_of
from gradcli.errors import InputError, UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.model.axes import Axis, axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import replace
from gradcli.settings import Settings

LISTED = 6  # names in a message
UNTIED = ("hdf5", "npz", "npy")  # formats whose arrays may lie beside each other without being tied


def wanted_fields(source: Source, settings: Settings) -> list[Field]:
    """Return the variables of ``--var``, or by default all variables that hold data."""
    if settings.var and not source.named:
        raise UsageError(
            "--var on an array that names no variables; "
            "the array is taken as it is, leave --var out"
        )
    if settings.var:
        names = [name for given in settings.var for name in _split(given, source.fields)]
        found = {field.name: field for field in (_find_field(source, name) for name in names)}
        return list(found.values())
    data = [f for f in source.fields.values() if f.kind == "data" and f.axes]
    rest = [f for f in data if settings.by not in (f.name, f.base)]
    if data and not rest:
        raise InputError(
            f"holds no variable to differentiate besides {printable(data[0].name)}, which tells "
            "tracks apart (--by); --var names it if its own derivative is meant"
        )
    data = rest
    if not data:
        raise InputError(f"holds no variable to differentiate{_reason(source)}")
    return data


def _reason(source: Source) -> str:
    if source.refused:
        name, reason = next(iter(source.refused.items()))
        return f"; {printable(name)}: {printable(reason)}"
    there = [f"{field.name} ({field.kind})" for field in source.fields.values()]
    return "; there are: " + listed(there) if there else ""


def _split(given: str, known: Mapping[str, Field]) -> list[str]:
    return [given] if given in known else [part for part in given.split(",") if part]


def _find_field(source: Source, name: str) -> Field:
    path = source.aliases.get(name.strip("/"), name.strip("/"))
    if path in source.fields:
        return source.fields[path]
    same = [field for field in source.fields.values() if field.base == path]
    if len(same) == 1:
        return same[0]
    if path in source.refused:
        raise InputError(f"{path}: {source.refused[path]}")
    if same:
        raise UsageError(
            f"variable {name!r} may mean {listed([f.name for f in same])}; give its path"
        )
    raise suggest("variable", name, list(source.fields))


def named_axes(fields: list[Field], dims: tuple[str, ...]) -> list[Field]:
    """Give the names from ``--dims`` to axes without a name."""
    if not dims:
        return fields
    done, taken = [], False
    for field in fields:
        fits = len(field.axes) == len(dims)
        if fits and all(axis.name is None for axis in field.axes):
            axes = zip(field.axes, dims, strict=True)
            field = replace(field, axes=tuple(replace(axis, name=name) for axis, name in axes))
            taken = True
        elif set(dims) <= {axis.name for axis in field.axes}:
            taken = True
        done.append(field)
    if not taken:
        shown = "; ".join(f"{f.name} has {_axes_text(f)}" for f in fields[:3])
        raise UsageError(f"--dims {','.join(dims)} fits no variable: {shown}")
    return done


def _axes_text(field: Field) -> str:
    if not field.axes:
        return "no axes"
    return "axes " + ", ".join(axis_label(field.axes, i) for i in range(len(field.axes)))


def listed(names: list[str]) -> str:
    """Return names as text, at most eight of them.

    >>> listed(["u", "v"])
    'u, v'
    """
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def may_have_columns(source: Source, field: Field) -> bool:
    """Return whether coordinates over further dimensions may stand along an axis of a field."""
    return has_wide(source, field) or any(role_of(axis) == "z" for axis in field.axes)


def has_wide(source: Source, field: Field) -> bool:
    """Return whether a further variable has two axes or more, and so may be such a coordinate."""
    return any(name != field.name for name in source.once(_wide))


def _wide(source: Source) -> list[str]:
    return [field.name for field in source.fields.values() if len(field.axes) > 1]


def advice_on(source: Source, origin: Field, axis: Axis) -> str:
    """Return what to do if coordinates are those of several tracks, where ``--by`` may apply."""
    beside = [
        field.base
        for field in source.once(_rows).get(axis.key, ())
        if field.name not in (origin.name, axis.coordinate)
    ]
    untied = source.format in UNTIED
    words = [name for name, key in source.words_in.items() if untied or key == axis.key]
    names = [*words, *beside]
    if not names:
        return ""
    named = quoted(names[0])
    if len(names) > 1:
        named = f"NAME: {', '.join(printable(name) for name in names[:LISTED])}"
    return f"of several tracks, say what tells them apart (--by {named})"


def _rows(source: Source) -> dict[str, list[Field]]:
    """Return the variables along one axis that may tell its tracks apart, by that axis."""
    found: dict[str, list[Field]] = {}
    for field in source.fields.values():
        if len(field.axes) == 1 and field.kind in ("data", "track"):
            found.setdefault(field.axes[0].key, []).append(field)
    return found


def quoted(name: str) -> str:
    """Return a name as it is typed.

    >>> quoted("id"), quoted("ship no")
    ('id', "'ship no'")
    """
    shown = printable(name)
    return shown if re.fullmatch(r"[\w./-]+", shown) else f"'{shown}'"


def nothing_left(fields: list[Field], settings: Settings) -> UsageError | InputError:
    """Return the error for variables that have nothing to differentiate."""
    if not settings.axis:
        return InputError("no variable has an axis of two points or more")
    axes: dict[str, Axis] = {}
    for field in fields:
        for name in settings.axis:
            try:
                find_axis(field.axes, name)
            except UsageError as error:
                if len(fields) == 1:
                    return error
        axes.update({axis_label(field.axes, i): axis for i, axis in enumerate(field.axes)})
    every = tuple(axes.values())
    for name in settings.axis:
        try:
            find_axis(every, name)
        except UsageError:
            return unknown_axis(every, name)
    return UsageError(f"no variable has all the axes {', '.join(settings.axis)}")
