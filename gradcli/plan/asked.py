"""What options say of the axes of a field: coordinates, a part of it; each by any name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from gradcli.errors import InputError, UsageError
from gradcli.model.axes import axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.plan.select import index_range, value_range
from gradcli.settings import Settings


def refuse_unknown(fields: list[Field], settings: Settings, known: Collection[str]) -> None:
    """Raise UsageError for an option that names an axis of no field."""
    options: dict[str, Mapping[Any, Any]] = {
        "--spacing": settings.spacing,
        "--coords": settings.coords,
        "--periodic": settings.periodic,
        "--per": settings.per,
        "--isel": settings.isel,
        "--sel": settings.sel,
        "--chunks": settings.chunks if isinstance(settings.chunks, Mapping) else {},
    }
    for option, names in options.items():
        for name in names:
            if name is None or name in known:
                continue
            if all(index_of(field, name) is None for field in fields):
                error = unknown_axis(fields[0].axes, name)
                raise UsageError(f"{option}: {error}")


def refuse_unused(used: list[tuple[Field, int]], settings: Settings) -> None:
    """Raise UsageError for an option of derivatives along an axis that none is taken along."""
    for option, names in (("--per", settings.per), ("--periodic", settings.periodic)):
        for name in names:
            if all(index_of(field, name) != index for field, index in used):
                raise UsageError(f"{option} {name}: no derivative is taken along it (--axis)")


def with_coords(field: Field, vectors: Mapping[str, tuple[Any, float, str | None]]) -> Field:
    """Return a field with the coordinates that the user gives."""
    axes = list(field.axes)
    for index, axis in enumerate(axes):
        given = option_for(field, index, vectors)
        if given is None:
            continue
        values, precision, units = given[0]
        if len(values) != axis.size:
            edges = " (bin edges? take their centres first)" if len(values) == axis.size + 1 else ""
            raise InputError(
                f"axis {axis_label(field.axes, index)}: {len(values)} coordinates for "
                f"{axis.size} points{edges}"
            )
        axes[index] = replace(
            axis, values=values, precision=precision, units=units, coordinate=None, given=True
        )
    return replace(field, axes=tuple(axes))


def selected(field: Field, settings: Settings, notes: list[str]) -> Field:
    """Return the part of a field that is asked for."""
    axes = list(field.axes)
    for index, axis in enumerate(axes):
        label = axis_label(field.axes, index)
        by_index = option_for(field, index, settings.isel)
        by_value = option_for(field, index, settings.sel)
        if by_index is not None and by_value is not None:
            raise UsageError(f"axis {label}: --isel and --sel exclude each other")
        cut = by_index is not None or by_value is not None
        if cut and option_for(field, index, settings.periodic) == (None,):
            raise UsageError(
                f"axis {label}: a part of a periodic axis does not close on itself; "
                f"give the period (--periodic {label}=PERIOD), or leave one of them out"
            )
        if by_index is not None:
            axes[index] = axis.select(*index_range(label, axis, by_index[0]))
        elif by_value is not None:
            axes[index] = axis.select(*value_range(label, axis, by_value[0], notes))
    return replace(field, axes=tuple(axes))


def index_of(field: Field, name: str) -> int | None:
    """Return the index of the axis that a name means, or None where none or several answer."""
    try:
        return find_axis(field.axes, name)
    except UsageError:
        return None


def option_for(field: Field, index: int, options: Mapping[Any, Any]) -> Any:
    """Return what an option says of an axis, by any of its names, or None."""
    names = [name for name in options if name is not None and index_of(field, name) == index]
    if len(names) > 1:
        raise UsageError(f"{' and '.join(names)} are the same axis of {field.name}; name it once")
    return (options[names[0]],) if names else None
