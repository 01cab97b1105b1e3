"""Heights and pressures that the attribute formula_terms gives an axis of levels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcli.cf.parametric import FORMULAS, Formula, is_parametric, terms_of
from gradcli.cf.references import resolve
from gradcli.cf.roles import make_axis
from gradcli.cf.units import unit_factor
from gradcli.errors import InputError, UsageError
from gradcli.geometry.auxiliary import is_index
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label
from gradcli.model.columns import Column, ColumnPart
from gradcli.model.fields import Field, text
from gradcli.model.protocols import Source

COUNTS = ("level", "levels", "layer", "layers", "sigma_level")  # units of numbers of levels


def counts_levels(axis: Axis) -> bool:
    """Return whether the coordinates of an axis are only numbers, or there are none.

    >>> counts_levels(Axis("lev", 3, units="level")), counts_levels(Axis("z", 3, np.ones(3), "m"))
    (True, False)
    """
    return is_index(axis) or (axis.units or "").lower() in COUNTS


def formula_axis(source: Source, field: Field, index: int) -> Axis | None:
    """Return an axis of a field with the coordinates that its formula gives, if it has one.

    Raises
    ------
    InputError
        A term is missing from the formula or from the file, or does not fit the field.
    """
    axis = field.axes[index]
    said = source.attributes.get(axis.coordinate or "", {})
    name = text(said.get("standard_name")) or ""
    formula, given = FORMULAS.get(name), text(said.get("formula_terms"))
    if formula is None or given is None or axis.coordinate is None:
        return None
    label = axis_label(field.axes, index)
    column, units = _column(source, field, label, axis.coordinate, name, formula, terms_of(given))
    if not any(axis.key in part.keys for part in column.parts):
        raise InputError(f"{label}: no term of its formula_terms lies along it ({given})")
    attributes = {
        "axis": "Z",
        "units": units,
        "standard_name": text(said.get("computed_standard_name")) or "",
        "long_name": formula.kind,
        "positive": "down" if formula.kind == "pressure" else "up",
    }
    kept = {key: value for key, value in attributes.items() if value}
    made = make_axis(axis.name, axis.size, axis.key, axis.coordinate, attributes=kept)
    return replace(made, column=column, others=(replace(axis, others=()),))


def _column(
    source: Source,
    field: Field,
    label: str,
    path: str,
    name: str,
    formula: Formula,
    given: dict[str, str],
) -> tuple[Column, str | None]:
    """Return the column of a formula, and its units."""
    fields = _fields(source, label, path, name, formula, given)
    measured = [term for term in formula.measured if term in fields]
    units = next((fields[term].units for term in measured if fields[term].units), None)
    parts, constants = [], {}
    for term, other in fields.items():
        scale = 1.0
        if term in measured and other.units and units and other.units != units:
            scale = _factor(label, term, other, units)
        if other.axes:
            parts.append(ColumnPart(term, other.name, _keys(label, term, field, other), scale))
        else:
            constants[term] = scale * _number(source, label, term, other)
    words = " ".join(f"{term}: {other.name}" for term, other in fields.items())
    return Column(label, tuple(parts), name, constants, f"{name} ({words})"), units


def _fields(
    source: Source, label: str, path: str, name: str, formula: Formula, given: dict[str, str]
) -> dict[str, Field]:
    """Return the variable of each term that a formula needs."""
    complete = (terms for terms in formula.choices if set(terms) <= set(given))
    wanted = next(complete, formula.choices[0])
    way_out = f"(--axis {label} differentiates per level)"
    lacking = [term for term in wanted if term not in given]
    if lacking:
        raise InputError(
            f"{label}: its formula_terms name no {', '.join(lacking)}; {name} needs "
            f"{', '.join(wanted)} {way_out}"
        )
    found = {}
    for term in wanted:
        other = resolve(path, given[term], source.fields)
        if other is None:
            raise InputError(
                f"{label}: the file lacks {given[term]}, the term {term} of its formula_terms "
                f"{way_out}"
            )
        found[term] = source.fields[other]
    return found


def _keys(label: str, term: str, field: Field, other: Field) -> tuple[str, ...]:
    """Return the keys of the dimensions of a term, all of which the field must have."""
    keys = [axis.key for axis in field.axes]
    strange = [str(axis.name) for axis in other.axes if axis.key not in keys]
    if strange or other.dtype.kind == "c":
        shape = ", ".join(axis_label(other.axes, i) for i in range(len(other.axes)))
        why = f"{field.name} has no {strange[0]}" if strange else "it is complex"
        raise InputError(
            f"{label}: {other.name}, the term {term} of its formula_terms, lies over {shape}; "
            f"{why} (--axis {label} differentiates per level)"
        )
    return tuple(axis.key for axis in other.axes)


def _factor(label: str, term: str, other: Field, units: str) -> float:
    try:
        return unit_factor(other.name, other.units, units)
    except UsageError:
        raise InputError(
            f"{label}: {other.name}, the term {term} of its formula_terms, has units of "
            f"{other.units}, which do not convert to {units}"
        ) from None


def _number(source: Source, label: str, term: str, other: Field) -> float:
    """Return the value of a term that is a single number."""
    value = float(np.asarray(source.read(other.name, ())).reshape(-1)[0])
    if not np.isfinite(value):
        raise InputError(f"{label}: {other.name}, the term {term} of its formula_terms, is {value}")
    return value


def level_notes(source: Source, field: Field, along: Along) -> Iterator[str]:
    """Yield a note if an axis counts levels whose heights or pressures are elsewhere, or lost."""
    axis = along.axis(field)
    if along.step is not None or axis.column is not None or not is_parametric(axis.standard_name):
        return
    said = source.attributes.get(axis.coordinate or "", {})
    if text(said.get("formula_terms")) is None:
        why = "it has no formula_terms"
    elif axis.standard_name not in FORMULAS:
        why = "its formula is not among those that gradcli computes"
    else:
        kind = FORMULAS[axis.standard_name or ""].kind
        why = f"--axis z takes the {kind} that its formula_terms give"
    what = "levels are only numbers" if counts_levels(axis) else "coordinates are nominal"
    yield f"{along.label}: {what} ({axis.standard_name}), derivatives are per level; {why}"
