"""Name and describe results before anything is computed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from gradcli.cf.spellings import is_temperature
from gradcli.cf.stale import is_stale
from gradcli.cf.units import Composed, derivative_units, power_of
from gradcli.geometry.terms import Geometry, units_along
from gradcli.model.along import Along
from gradcli.model.fields import Decisions, Field, Result, text
from gradcli.model.names import (
    component,
    derivative_name,
    joined,
    missing_counts,
    templated_name,
)
from gradcli.numerics.coordinates import Spacing
from gradcli.numerics.operator import Operator, Outcome
from gradcli.numerics.operators import DEFAULT
from gradcli.numerics.schemes import Scheme
from gradcli.numerics.value import VALUE
from gradcli.plan.asked import by_axis
from gradcli.plan.choose import Choice
from gradcli.record import record
from gradcli.settings import Settings

UNREAD = "derivative_units"  # the attribute for units that UDUNITS does not read
LISTED = 4  # of these units in a note
LONGEST = 2000  # characters of cell methods; the time to parse them is quadratic
_ORDINAL = {1: "", 2: "second ", 3: "third "}


@record(frozen=True)
class ResultMaker:
    """Makes the results of one field, or of one vector.

    Attributes
    ----------
    choice : Choice
    alongs : tuple of Along
    spacings : dict of axis to Spacing
    geometry : Geometry
    settings : Settings
    """

    choice: Choice
    alongs: tuple[Along, ...]
    spacings: dict[int, Spacing]
    geometry: Geometry
    settings: Settings

    def make(
        self, outcome: Outcome, operator: Operator, dtype: np.dtype[Any], index: int
    ) -> Result:
        """Return a result of an operator; a scalar operator takes the component ``index``."""
        number = outcome.component if operator.vector else index
        origin = self.choice.components[number or 0]
        if operator is VALUE:
            return self._value(origin, dtype)
        labels = [self.alongs[place].label for place in outcome.named or outcome.along]
        part, name = self._names(operator, origin, labels)
        if self.settings.name is not None:
            places = {"var": origin.base, "axis": "_".join(dict.fromkeys(labels))}
            places |= {"order": str(len(outcome.along)), "component": part}
            name = templated_name(self.settings.name, places)
        made, decisions = self._units(outcome, origin), self._decisions(outcome, operator, origin)
        units = made.text if made is not None and made.readable else None
        described = self._attributes(outcome, operator, origin, units)
        described |= self._told(decisions, outcome, operator, origin)
        if made is not None and not made.readable:
            described[UNREAD] = made.text
        asked = [a for a in self._involved(outcome, operator) if a.units is not None]
        if made is None and asked:  # units would say it
            described["derivative_per"] = ", ".join(f"{a.label}={a.units}" for a in asked)
        full = origin.group + name
        return Result(
            full,
            tuple(axis.written() for axis in origin.axes),
            dtype,
            part,
            origin,
            described,
            units=units,
            decisions=decisions,
        )

    def _value(self, origin: Field, dtype: np.dtype[Any]) -> Result:
        """Return the result that is the field itself."""
        axes = tuple(axis.written() for axis in origin.axes)
        return Result(
            origin.group + origin.base,
            axes,
            dtype,
            origin.base,
            origin,
            dict(origin.attributes),
            units=origin.units,
            decisions=Decisions("", 0, None, None, "", None, "", "none", "propagate"),
        )

    def _names(self, operator: Operator, origin: Field, labels: list[str]) -> tuple[str, str]:
        """Return the ``{component}`` for templates, and the name of a result."""
        if operator.gives_partials:
            part, name = component(labels), derivative_name(origin.base, labels)
        else:
            part, name = operator.component, operator.result.format(origin.base)
            if operator.by_axis and self._gives_several(operator):
                ending = joined(labels, [along.label for along in self.alongs])
                part, name = f"{part}_{ending}", f"{name}_{ending}"
        return (name if len(self.choice.components) > 1 else part), name

    def _gives_several(self, operator: Operator) -> bool:
        return len(operator.outcomes(len(self.alongs), operator.order)) > 1

    def _attributes(
        self, outcome: Outcome, operator: Operator, origin: Field, units: str | None
    ) -> dict[str, Any]:
        """Return the attributes kept from the field, with the result's units and long name."""
        used = [self.alongs[place] for place in outcome.along] or list(self.alongs)
        axes = [along.axis(origin) for along in self._involved(outcome, operator)]
        kept = {name: value for name, value in origin.attributes.items() if not is_stale(name)}
        names = [name for axis in axes for name in (axis.name, axis.standard_name)]
        methods = _other_methods(origin.attributes.get("cell_methods"), *names)
        if methods:
            kept["cell_methods"] = methods
        kept.pop("units", None)
        if units is not None:
            kept["units"] = units
            plain = outcome.units is None and outcome.power == 1
            if origin.units and plain and is_temperature(origin.units):
                kept["units_metadata"] = "temperature: difference"
        kept["long_name"] = self._words(outcome, operator, origin, used)
        return kept

    def _involved(self, outcome: Outcome, operator: Operator) -> tuple[Along, ...]:
        if operator.gives_partials:
            return tuple(dict.fromkeys(self.alongs[place] for place in outcome.along))
        return self.alongs

    def _units(self, outcome: Outcome, origin: Field) -> Composed | None:
        if outcome.units is not None:
            return Composed(outcome.units, True)
        used = [self.alongs[place] for place in outcome.along]
        # A derivative may be differentiated once more.
        own = origin.units or text(origin.attributes.get(UNREAD))
        told = by_axis(origin, self.settings.units)  # steps have no units but those given here
        if own is None or any(a.step is not None and a.index not in told for a in used):
            return None
        units = [
            units_along(self.geometry, place, self.alongs[place], origin) for place in outcome.along
        ]
        made = derivative_units(own, units)
        return made if outcome.power == 1 else power_of(made, outcome.power)

    def _words(self, outcome: Outcome, operator: Operator, origin: Field, used: list[Along]) -> str:
        told = [text(origin.attributes.get(name)) for name in ("long_name", "standard_name")]
        what = told[0] or told[1] or origin.base
        if outcome.component is None:
            what = f"({', '.join(part.base for part in self.choice.components)})"
        if not operator.gives_partials:
            return operator.words.format(what).replace("_", " ")
        where = []
        for along in dict.fromkeys(used):
            axis = along.axis(origin)
            where.append(axis.long_name or axis.standard_name or axis.name or f"axis {along.index}")
        order = len(outcome.along)
        ordinal = _ORDINAL.get(order, f"{order}th ")
        return f"{ordinal}derivative of {what} along {' and '.join(where)}".replace("_", " ")

    def _decisions(self, outcome: Outcome, operator: Operator, origin: Field) -> Decisions:
        order = len(outcome.along) if operator.gives_partials else operator.order
        scheme = self.settings.scheme_of(order)
        involved = self._involved(outcome, operator)
        edges = dict.fromkeys(end for along in involved for end in _ends(along, scheme))
        one_sided = "one-sided" in edges and scheme.smooth is None
        return Decisions(
            axis=" ".join(along.name(origin) for along in involved),
            order=order,
            accuracy=scheme.accuracy if scheme.smooth is None else None,
            smooth=None if scheme.smooth is None else scheme.smooth.describe(),
            edges=", ".join(edges),
            edge_order=self._edge_order(outcome, operator, involved) if one_sided else None,
            spacing="; ".join(self.spacings[along.index].describe() for along in involved),
            metric=self.geometry.text,
            missing=scheme.missing,
        )

    def _edge_order(self, outcome: Outcome, operator: Operator, involved: tuple[Along, ...]) -> int:
        """Return the lowest edge order along the axes of a result; a short axis may lower it."""
        parts = outcome.along if operator.gives_partials else ()
        order = len(parts) or operator.order
        times = {along: sum(self.alongs[place] == along for place in parts) for along in involved}
        return min(
            self.settings.scheme_of(times[along] or order, order)
            .fitted(self.spacings[along.index].size)
            .edge_order
            for along in involved
            if "one-sided" in _ends(along, self.settings.scheme_of(order))
        )

    def _told(
        self, decided: Decisions, outcome: Outcome, operator: Operator, origin: Field
    ) -> dict[str, Any]:
        """Return the ``derivative_…`` attributes, which record the decisions."""
        involved = self._involved(outcome, operator)
        of = [origin] if outcome.component is not None else list(self.choice.components)
        found: dict[str, Any] = {"derivative_of": " ".join(field.base for field in of)}
        if operator.name != DEFAULT:
            found["derivative_operator"] = operator.name
        if operator.manner:
            found["derivative_manner"] = operator.manner
        found["derivative_axis"] = decided.axis
        found["derivative_order"] = decided.order
        if decided.smooth is None:
            found["derivative_scheme"] = self.settings.scheme_of(decided.order).side
            found["derivative_accuracy"] = decided.accuracy
        else:
            found["derivative_smooth"] = decided.smooth
        found["derivative_edges"] = decided.edges
        if decided.edge_order is not None:
            found["derivative_edge_order"] = decided.edge_order
        if any(along.scale < 0 for along in involved):
            found["derivative_direction"] = "upwards, the coordinate grows downwards"
        found["derivative_spacing"] = decided.spacing
        columns = [column.words for along in involved if (column := along.column(origin))]
        if columns:
            found["derivative_columns"] = "; ".join(columns)
        arranged = self._arranged(involved, origin)
        if arranged:
            found["derivative_arrangement"] = arranged
        if self.settings.unwrap is not None:
            found["derivative_unwrap"] = self.settings.unwrap
        if any(origin.axes[along.index].part is not None for along in involved):
            found["derivative_part"] = "stencils reach beyond the selected part"
        found["derivative_metric"] = decided.metric
        found["derivative_missing"] = decided.missing
        if decided.missing == "adapt":
            # The counts are known at the end. Classic NetCDF has no integers of more than 32 bits.
            unknown = 0 if prod(origin.shape) < 2**31 else 0.0
            found |= dict.fromkeys(missing_counts(0, 0), unknown)
        return found

    def _arranged(self, involved: tuple[Along, ...], origin: Field) -> str:
        """Return how axes were put in order; several axes are each named."""
        words = {
            along.name(origin): made.words
            for along in involved
            if (made := origin.axes[along.index].arrangement) is not None
        }
        if len(involved) == 1:
            return "".join(words.values())
        return "; ".join(f"{label}: {text}" for label, text in words.items())


def _ends(along: Along, scheme: Scheme) -> tuple[str, ...]:
    """Return how the ends of an axis are treated, in words."""
    if along.periodic:
        return ("periodic",)
    return (scheme.edges,) if along.poles is None else along.poles.ends


def unread_notes(results: list[Result]) -> Iterator[str]:
    """Yield a note if units of results are kept as text, because UDUNITS does not read them."""
    names = {str(r.attributes[UNREAD]): r.name for r in results[::-1] if UNREAD in r.attributes}
    if names:
        told = [f"{units!r:.60} of {name}" for units, name in [*names.items()][::-1][:LISTED]]
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        yield (
            f"units left out where UDUNITS does not read them, and kept as the attribute {UNREAD}: "
            f"{', '.join(told)}{more}"
        )


def _other_methods(methods: Any, *names: str | None) -> str:
    """Return the cell methods that do not concern an axis of these names.

    >>> _other_methods("area: mean time: maximum (interval: 1 hr)", "time")
    'area: mean'
    """
    if not isinstance(methods, str) or len(methods) > LONGEST:
        return ""
    # A clause is one or more "name:" and the text up to the next name outside parentheses.
    clauses = re.findall(r"((?:[\w.]+:\s*)+)((?:\([^)]*\)|(?![\w.]+:)[^(])*)", methods)
    kept = [
        (heads + rest).strip()
        for heads, rest in clauses
        if not set(re.findall(r"[\w.]+(?=:)", heads)) & {name for name in names if name}
    ]
    return " ".join(kept)
