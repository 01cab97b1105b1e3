"""Resolve the options that name axes, once per field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from gradcli.errors import InputError, UsageError
from gradcli.errors.suggest import suggest
from gradcli.model.along import Along
from gradcli.model.axes import Vector, axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.numerics.bins import centres_of
from gradcli.plan.given import sheet_option
from gradcli.record import replace
from gradcli.settings import IndexPart, Settings, ValuePart

T = TypeVar("T")


class Asked(NamedTuple):
    """What the options ask of one axis of a field, whichever of its names they use.

    Attributes
    ----------
    names : dict of option to str
        The name that ``--per``, ``--periodic`` and ``--sel`` use for the axis, if they mention it.
    coords : Vector or None
    step : float or None
        Equal spacing; if ``--spacing`` is one number, it applies to every axis.
    per : str or None
        Units of the axis that the derivative is taken per.
    units : str or None
        Units of the axis as the user gives them.
    periodic : bool
    period : float or None
    isel, sel : the part of the axis to select, by index or by coordinate, or None for all of it
    """

    names: Mapping[str, str]
    coords: Vector | None = None
    step: float | None = None
    per: str | None = None
    units: str | None = None
    periodic: bool = False
    period: float | None = None
    isel: IndexPart | None = None
    sel: ValuePart | None = None


def asked_of(field: Field, settings: Settings, vectors: Mapping[str, Vector]) -> tuple[Asked, ...]:
    """Return what the options ask of each axis of a field.

    ``vectors`` holds the coordinates from ``--coords``, by axis name.

    Raises
    ------
    UsageError
        An option names an axis twice, or an axis has both ``--spacing`` and ``--coords``.
    """
    coords = by_axis(field, vectors)
    spacing = by_axis(field, {**settings.spacing, **_steps(field, settings)})
    per, units = by_axis(field, settings.per), by_axis(field, settings.units)
    periodic = by_axis(field, settings.periodic)
    isel, sel = by_axis(field, settings.isel), by_axis(field, settings.sel)
    every = settings.spacing.get(None)
    found = []
    for index in range(len(field.axes)):
        if index in spacing and index in coords:
            label = axis_label(field.axes, index)
            raise UsageError(f"axis {label}: --spacing and --coords exclude each other")
        names = {"--per": _name(per, index), "--periodic": _name(periodic, index)}
        names["--sel"] = _name(sel, index)
        found.append(
            Asked(
                names={option: name for option, name in names.items() if name is not None},
                coords=_value(coords, index),
                step=spacing[index][1] if index in spacing else every,
                per=_value(per, index),
                units=_value(units, index),
                periodic=index in periodic,
                period=_value(periodic, index),
                isel=_value(isel, index),
                sel=_value(sel, index),
            )
        )
    return tuple(found)


def _steps(field: Field, settings: Settings) -> dict[str, float]:
    """Return steps that are one for each axis, by the axes that derivatives are taken along."""
    if not settings.steps:
        return {}
    names = settings.axis or tuple(map(str, range(len(field.axes))))
    if len(names) != len(settings.steps):
        which = "--axis names" if settings.axis else f"{field.name} has"
        labels = settings.axis or [axis_label(field.axes, i) for i in range(len(field.axes))]
        raise UsageError(
            f"--spacing: {len(settings.steps)} steps, and {which} {len(names)} axes "
            f"({', '.join(labels)}); give one for each in this order, or name axes (AXIS=S)"
        )
    return dict(zip(names, settings.steps, strict=True))


def by_axis(field: Field, options: Mapping[Any, T]) -> dict[int, tuple[str, T]]:
    """Return the values of an option by axis index, each with the axis name that it uses.

    Names that match no axis of the field, or more than one, are ignored.

    Raises
    ------
    UsageError
        Two names refer to the same axis.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcli.model.axes import Axis
    >>> double = np.dtype("f8")
    >>> field = Field("T", (Axis("lat", 3, role="y"), Axis("lon", 4)), "f8", double, double)
    >>> by_axis(field, {"y": 2.0, "depth": 1.0})
    {0: ('y', 2.0)}
    """
    names: dict[int, list[str]] = {}
    for name in options:
        index = None if name is None else _index_of(field, name)
        if index is not None:
            names.setdefault(index, []).append(name)
    for same in names.values():
        if len(same) > 1:
            raise UsageError(
                f"{' and '.join(same)} are the same axis of {field.name}; name it once"
            )
    return {index: (name, options[name]) for index, (name,) in names.items()}


def _name(said: Mapping[int, tuple[str, Any]], index: int) -> str | None:
    return said[index][0] if index in said else None


def _value(said: Mapping[int, tuple[str, T]], index: int) -> T | None:
    return said[index][1] if index in said else None


def _index_of(field: Field, name: str) -> int | None:
    """Return the index of the axis with this name, or None unless exactly one axis matches."""
    try:
        return find_axis(field.axes, name)
    except UsageError:
        return None


def refuse_unknown(
    fields: list[Field],
    settings: Settings,
    known: Collection[str],
    also: Mapping[str, Collection[str]],
) -> None:
    """Raise UsageError if an option names an axis that no field has.

    ``known`` holds the names of two-dimensional coordinates that the user gave, and ``also`` what
    an option may name too.
    """
    options: dict[str, Mapping[Any, Any]] = {
        "--spacing": settings.spacing,
        "--coords": settings.coords,
        "--periodic": settings.periodic,
        "--per": settings.per,
        "--units": settings.units,
        "--isel": settings.isel,
        "--sel": settings.sel,
        "--chunks": settings.chunks if isinstance(settings.chunks, Mapping) else {},
        "--shards": settings.shards if isinstance(settings.shards, Mapping) else {},
    }
    for option, names in options.items():
        for name in names:
            if name is None or name in known or name in also.get(option, ()):
                continue
            if all(_index_of(field, name) is None for field in fields):
                error = unknown_axis(fields[0].axes, name)
                if option == "--units":
                    axes = {axis_label(f.axes, i) for f in fields for i in range(len(f.axes))}
                    error = suggest("axis or variable", name, sorted(axes | {*also[option]}))
                raise UsageError(f"{option}: {error}")


def refuse_unused(used: Iterable[Asked], settings: Settings) -> None:
    """Raise UsageError if ``--per`` or ``--periodic`` names an axis without a derivative.

    ``used`` holds what the options ask of each axis that a derivative is taken along.
    """
    named = {(option, name) for asked in used for option, name in asked.names.items()}
    for option, names in (("--per", settings.per), ("--periodic", settings.periodic)):
        for name in names:
            if (option, name) not in named:
                raise UsageError(f"{option} {name}: no derivative is taken along it (--axis)")


def used_of(asked: Asked, along: Along, settings: Settings) -> Asked:
    """Return what is asked of an axis, as it is used by a derivative along it.

    Of one that stands for a two-dimensional coordinate ``--per`` names the coordinate.
    """
    if along.sheet is None:
        return asked
    names = {option: name for option, name in asked.names.items() if option != "--per"}
    per = sheet_option(along.sheet, settings.per)
    return asked._replace(names=names if per is None else {**names, "--per": per[0]})


def by_named_scales(field: Field, settings: Settings) -> Field:
    """Return a field with the coordinates that options name, where a dimension has several.

    ``--axis`` says which, or else ``--per`` or ``--periodic``; ``--sel`` may select by another.

    Raises
    ------
    UsageError
        Two of these options name different coordinates of one dimension.
    """
    axes = list(field.axes)
    for index, axis in enumerate(axes):
        if not axis.others:
            continue
        named = dict.fromkeys((*settings.axis, *settings.per, *settings.periodic))
        meant = {
            name: axis.other(name)
            for name in named
            if _index_of(field, name) == index and not name.lstrip("-").isdigit()
        }
        taken = {id(found): found for found in meant.values()}
        if len(taken) > 1:
            raise UsageError(
                f"{' and '.join(meant)} are the same axis of {field.name}; name one of them"
            )
        for other in filter(None, taken.values()):
            rest = (replace(axis, others=()), *(o for o in axis.others if o is not other))
            axes[index] = replace(other, others=rest)
    return replace(field, axes=tuple(axes))


def with_coords(field: Field, asked: tuple[Asked, ...], notes: list[str]) -> Field:
    """Return a field with the coordinates from ``--coords``; of edges of bins, the centres."""
    axes = list(field.axes)
    for index, axis in enumerate(axes):
        given = asked[index].coords
        if given is None:
            continue
        values, precision, units, _ = given
        label = axis_label(field.axes, index)
        centres = centres_of(values) if len(values) == axis.size + 1 else None
        if centres is not None:
            notes.append(
                f"axis {label}: {len(values)} coordinates for {axis.size} points are taken as "
                "edges of bins; the centres are used"
            )
            values = centres
        elif len(values) != axis.size:
            raise InputError(
                f"axis {label}: {len(values)} coordinates for {axis.size} points; "
                "expected one for each, or the edges of bins, one more, that rise or fall"
            )
        axes[index] = replace(
            axis,
            values=values,
            precision=precision,
            units=units,
            coordinate=None,
            given=True,
            column=None,
        )
    return replace(field, axes=tuple(axes))


def selected(field: Field, asked: tuple[Asked, ...], halo: bool, notes: list[str]) -> Field:
    """Return the part of a field that ``--isel`` and ``--sel`` select.

    With a ``halo``, axes stay whole and know their part, so that stencils reach beyond it.
    """
    axes = list(field.axes)
    for index, (axis, said) in enumerate(zip(field.axes, asked, strict=True)):
        label = axis_label(field.axes, index)
        if said.isel is None and said.sel is None:
            continue
        if said.isel is not None and said.sel is not None:
            raise UsageError(f"axis {label}: --isel and --sel exclude each other")
        if axis.size == 0:
            option = "--sel" if said.isel is None else "--isel"
            raise UsageError(f"{option} {label}: the axis has no points")
        if said.periodic and said.period is None and not halo:
            raise UsageError(
                f"axis {label}: a part of a periodic axis does not close on itself; "
                f"give the period (--periodic {label}=PERIOD), or leave one of them out"
            )
        if said.isel is not None:
            from gradcli.plan.select import index_range

            first, stop = index_range(label, axis, said.isel)
        else:
            from gradcli.plan.around import part_of

            assert said.sel is not None
            by = axis.other(said.names["--sel"])
            axis, first, stop = part_of(label, axis, by, said.sel, notes)
        part = replace(axis, part=slice(first, stop))
        axes[index] = part if halo else part.written()
    return replace(field, axes=tuple(axes))
