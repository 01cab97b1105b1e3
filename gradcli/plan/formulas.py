"""Heights and pressures that the attribute formula_terms gives an axis of levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gradcli.cf.parametric import FORMULAS, Formula, formula_in, terms_of
from gradcli.cf.references import resolve
from gradcli.cf.roles import is_index, is_parametric, make_axis
from gradcli.cf.units import unit_factor
from gradcli.errors import InputError, UsageError
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label
from gradcli.model.columns import Column, ColumnPart
from gradcli.model.fields import Field, text
from gradcli.model.protocols import Source
from gradcli.record import replace

COUNTS = ("level", "levels", "layer", "layers", "sigma_level")  # units of numbers of levels


def counts_levels(axis: Axis) -> bool:
    """Return whether the coordinates of an axis are only numbers, or there are none.

    >>> counts_levels(Axis("lev", 3, units="level")), counts_levels(Axis("z", 3, np.ones(3), "m"))
    (True, False)
    """
    return is_index(axis) or (axis.units or "").lower() in COUNTS


class Declared(NamedTuple):
    """The formula that an axis declares, and the variables of its terms.

    Attributes
    ----------
    label : str
        Name of the axis, for messages.
    name : str
        Standard name of the formula.
    terms : dict of str to Field
    standard_name : str
        That of what the formula computes, or empty.
    by : str
        The attributes that name the terms.
    """

    label: str
    name: str
    terms: dict[str, Field]
    standard_name: str
    by: str = "formula_terms"

    @property
    def formula(self) -> Formula:
        """The formula."""
        return FORMULAS[self.name]


def declared(source: Source, field: Field, index: int) -> Declared | None:
    """Return the formula that an axis of a field declares, if it does.

    Raises
    ------
    InputError
        A term is missing from the formula or from the file.
    """
    path = field.axes[index].coordinate or ""
    said = source.attributes.get(path, {})
    given = formula_in(said)
    if given is None:
        return None
    name = given[0]
    label, named = axis_label(field.axes, index), terms_of(given[1])
    complete = (terms for terms in FORMULAS[name].choices if set(terms) <= set(named))
    wanted = next(complete, FORMULAS[name].choices[0])
    way_out = f"(--axis {label} differentiates per level)"
    lacking = [term for term in wanted if term not in named]
    if lacking:
        raise InputError(
            f"{label}: its formula_terms name no {', '.join(lacking)}; {name} needs "
            f"{', '.join(wanted)} {way_out}"
        )
    found = {}
    for term in wanted:
        other = resolve(path, named[term], source.fields)
        if other is None:
            raise InputError(
                f"{label}: the file lacks {named[term]}, the term {term} of its formula_terms "
                f"{way_out}"
            )
        found[term] = source.fields[other]
    by = "formula_terms" if "formula_terms" in said else "attributes A_var, B_var"
    return Declared(label, name, found, text(said.get("computed_standard_name")) or "", by)


def formula_axis(source: Source, field: Field, index: int, said: Declared) -> Axis:
    """Return an axis of a field with the coordinates that its formula gives.

    Raises
    ------
    InputError
        A term does not fit the field, or the units of the others.
    """
    axis = field.axes[index]
    measured = [term for term in said.formula.measured if term in said.terms]
    units = next((said.terms[term].units for term in measured if said.terms[term].units), None)
    parts, constants = [], {}
    for term, other in said.terms.items():
        scale = 1.0
        if term in measured and other.units and units and other.units != units:
            scale = _factor(said.label, term, other, units)
        if other.axes:
            parts.append(ColumnPart(term, other.name, _keys(said, term, field), scale))
        else:
            constants[term] = scale * _number(source, said.label, term, other)
    words = " ".join(f"{term}: {other.name}" for term, other in said.terms.items())
    if not any(axis.key in part.keys for part in parts):
        raise InputError(f"{said.label}: no term of its formula_terms lies along it ({words})")
    column = Column(said.label, tuple(parts), said.name, constants, f"{said.name} ({words})")
    kind = said.formula.kind
    attributes = {
        "axis": "Z",
        "units": units,
        "standard_name": said.standard_name,
        "long_name": kind,
        "positive": "down" if kind == "pressure" else "up",
    }
    kept = {key: value for key, value in attributes.items() if value}
    made = make_axis(axis.name, axis.size, axis.key, axis.coordinate, attributes=kept)
    return replace(made, column=column, others=(replace(axis, others=()),))


def _keys(said: Declared, term: str, field: Field) -> tuple[str, ...]:
    """Return the keys of the dimensions of a term, all of which the field must have."""
    other, keys = said.terms[term], [axis.key for axis in field.axes]
    strange = [str(axis.name) for axis in other.axes if axis.key not in keys]
    if strange or other.dtype.kind == "c":
        shape = ", ".join(axis_label(other.axes, i) for i in range(len(other.axes)))
        why = f"{field.name} has no {strange[0]}" if strange else "it is complex"
        raise InputError(
            f"{said.label}: {other.name}, the term {term} of its formula_terms, lies over {shape}; "
            f"{why} (--axis {said.label} differentiates per level)"
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
    said = source.attributes.get(axis.coordinate or "", {})
    given, name = formula_in(said), axis.standard_name
    if along.step is not None or axis.column is not None:
        return
    if not (given or is_parametric(name)):
        return
    if along.label in ("z", "Z"):  # why the formula is not taken has been said
        return
    if given is not None:
        name = given[0]
        by = "formula_terms give" if "formula_terms" in said else "attributes A_var, B_var give"
        why = f"--axis z takes the {FORMULAS[name].kind} that its {by}"
    elif text(said.get("formula_terms")) is None:
        why = "it has no formula_terms"
    else:
        why = "its formula is not among those that gradcli computes"
    what = "coordinates are nominal"
    if counts_levels(axis):
        what = "levels are only numbers, so derivatives are per level"
    yield f"{along.label}: {what} ({name}); {why}"
