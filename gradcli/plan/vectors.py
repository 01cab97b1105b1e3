"""Combine fields into vectors, with one axis per component."""

from __future__ import annotations

from gradcli.cf.units import are_equal, inverse_units
from gradcli.errors import InputError, UsageError
from gradcli.geometry.terms import Geometry, units_along
from gradcli.model.axes import axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.operator import Operator
from gradcli.plan.choose import Choice
from gradcli.plan.orientation import roles_of
from gradcli.plan.variables import listed
from gradcli.record import replace
from gradcli.settings import Settings


def as_vectors(choices: list[Choice], settings: Settings) -> list[Choice]:
    """Return choices as the operators take them: single fields, or the components of a vector.

    Raises
    ------
    UsageError
        There are too few or too many components for the axes.
    InputError
        Components differ in shape, units or grid.
    """
    operators, name = settings.operators, settings.components
    if name is not None:
        choices = [_split(choice, name) for choice in choices]
    vector = next((operator for operator in operators if operator.vector), None)
    if vector is not None and name is None:
        if not settings.var:
            _refuse_many(choices, vector)
        choices = [_joined(choices, vector)]
    if not settings.axis and (vector is not None or operators[0].facing):
        choices = [_in_order(choice, vector is None, settings.metric) for choice in choices]
    if vector is not None:
        for choice in choices:
            _refuse_other_count(choice, vector)
    return choices


def _split(choice: Choice, name: str) -> Choice:
    """Split an array into components along one of its axes."""
    origin = choice.field
    if choice.chart is not None or choice.region is not None:
        raise UsageError("--components: not available on curvilinear grids; use --var u,v")
    index = find_axis(origin.axes, name)
    label = axis_label(origin.axes, index)
    axes = origin.axes[:index] + origin.axes[index + 1 :]
    chunks, grows = origin.storage.chunks, origin.storage.grows
    storage = replace(origin.storage, grows=grows[:index] + grows[index + 1 :])
    if chunks is not None:
        storage = replace(storage, chunks=chunks[:index] + chunks[index + 1 :])
    along = tuple(
        replace(a, index=a.index - (a.index > index)) for a in choice.along if a.index != index
    )
    if not along:
        raise UsageError(f"{origin.name}: no axis is left beside its components ({label})")
    chosen = origin.axes[index].written()
    components = tuple(
        replace(
            origin,
            axes=axes,
            storage=storage,
            label=f"{origin.base}{number}",
            fixed=(index, chosen.start + number),
        )
        for number in range(chosen.size)
    )
    return Choice(components, along)


def _refuse_many(choices: list[Choice], operator: Operator) -> None:
    """Raise UsageError if more variables than axes were left to be the components of a vector."""
    if len(choices) > max(len(choices[0].along), 3):
        names = listed([choice.field.name for choice in choices])
        raise UsageError(
            f"{operator.name}: takes the components of one vector, and there are {len(choices)} "
            f"variables ({names}); name its components, in the order of the axes (--var A,B)"
        )


def _joined(choices: list[Choice], operator: Operator) -> Choice:
    components = tuple(choice.field for choice in choices)
    first = components[0]
    for other in components[1:]:
        grids = _grid(first), _grid(other)
        sizes = tuple(tuple(axis.size for axis in field.axes) for field in (first, other))
        for what, a, b, same in (
            ("shape", *sizes, sizes[0] == sizes[1]),
            ("shape", first.shape, other.shape, first.shape == other.shape),
            ("units", first.units, other.units, are_equal(first.units, other.units)),
            ("grid", *grids, grids[0] == grids[1]),
        ):
            if not same:
                faces = what == "shape" and _may_be_faces(first, other)
                raise InputError(
                    f"{operator.name}: {first.name} and {other.name} differ in {what}: {a} and {b}"
                    + (
                        "; the faces of a C grid need netCDF, which names dimensions"
                        if faces
                        else ""
                    )
                )
    return choices[0]._replace(components=components)


def _may_be_faces(first: Field, other: Field) -> bool:
    """Return whether shapes differ as those of components on the faces of a C grid do."""
    apart = [a - b for a, b in zip(first.shape, other.shape, strict=False) if a != b]
    return len(first.shape) == len(other.shape) and sorted(apart) == [-1, 1]


def _grid(field: Field) -> list[str]:
    """Return the name of the coordinate, or else a label, per axis, to compare grids by."""
    return [axis.coordinate or axis_label(field.axes, i) for i, axis in enumerate(field.axes)]


def _in_order(choice: Choice, scalar: bool, metric: Metric) -> Choice:
    """Return a choice with its axes in the order x, y, z, one axis per component.

    The choice is unchanged if too few axes have a role, or if there is a single component, which
    is no vector along several axes.
    """
    found = dict(zip(roles_of(choice, metric), choice.along, strict=True))
    along = tuple(found[role] for role in ("x", "y", "z") if role in found)
    wanted = 2 if scalar else len(choice.components)
    return choice._replace(along=along[:wanted]) if len(along) >= wanted > 1 else choice


def _refuse_other_count(choice: Choice, operator: Operator) -> None:
    count = len(choice.components)
    if len(choice.along) != count:
        names = ", ".join(part.label or part.name for part in choice.components)
        listed = ", ".join(along.label for along in choice.along)
        raise UsageError(
            f"{operator.name}: {count} components ({names}) for {len(choice.along)} axes "
            f"({listed}); give as many with --var and --axis, in the same order, or --components"
        )


def refuse_misfit(choice: Choice, operators: tuple[Operator, ...], geometry: Geometry) -> None:
    """Raise an error if an operator does not fit the number of axes, or their units differ."""
    count = len(choice.along)
    for operator in operators:
        if operator.axes and count not in operator.axes:
            wanted = " or ".join(str(n) for n in operator.axes)
            listed = ", ".join(along.label for along in choice.along)
            raise UsageError(
                f"{choice.field.name}: {operator.name} takes {wanted} axes; there are {count} "
                f"({listed}); choose them with --axis"
            )
        if operator.mixes:
            _refuse_mixed_units(choice, operator, geometry)


def _refuse_mixed_units(choice: Choice, operator: Operator, geometry: Geometry) -> None:
    told: dict[str, str] = {}
    for place, along in enumerate(choice.along):
        units = units_along(geometry, place, along, choice.field)
        if along.step is None and units:
            told.setdefault(inverse_units(geometry.same_units(units), 1), along.label)
    one, first = next(iter(told.items()), ("", ""))
    others = [(units, label) for units, label in told.items() if not are_equal(one, units)]
    if others:
        from gradcli.geometry.coordinates import metric_by_names

        other, second = others[0]
        fits = metric_by_names(choice.field) if geometry.text == "none" else None
        raise InputError(
            f"{operator.name}: a mix of units: {first} has {one or 1} and {second} has "
            f"{other or 1}; choose axes with the same units (--axis)"
            + (f", or take them as coordinates around an axis ({fits})" if fits else "")
        )
