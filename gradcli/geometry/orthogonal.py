"""Derivatives in cylindrical and spherical coordinates, by the scale factors of their directions.

A step dq along a coordinate has the length h dq. Each scale factor h is a product of functions of
single coordinates: r for the azimuth of a cylinder, r and sin(theta) for that of a sphere. With
``L = (dh/dq) / h`` for each of these functions, every formula of vector calculus in orthogonal
coordinates [1]_ is a sum of derivatives times products of such functions.

References
----------
.. [1] Arfken, G. B., Weber, H. J. and Harris, F. E. (2013). Mathematical methods for physicists,
   7th edition, chapter 3.10. Academic Press.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.errors import UsageError
from gradcli.geometry.coordinates import ANGLES, coordinates_of, radians_of
from gradcli.geometry.factors import AxisFactor, Factor, Site
from gradcli.geometry.scales import Scale, make_scales
from gradcli.geometry.terms import Term
from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.metric import Metric
from gradcli.numerics.operator import Operator, Wanted

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


class ProductFactor(NamedTuple):
    """A product of factors that vary along different axes."""

    parts: tuple[AxisFactor, ...]

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 16

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return tuple(part.axis for part in self.parts)

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        total = self.parts[0].at(window, site)
        for part in self.parts[1:]:
            total = total * part.at(window, site)
        return total


class Orthogonal:
    """Cylindrical or spherical coordinates.

    Divergence and curl are in flux form. The Jacobian and second derivatives are covariant, so that
    their traces are the divergence and the Laplacian. Where a direction has no length, on the axis
    or at a pole, what needs it is missing. If the field does not change along it, divergence and
    Laplacian are the limits that follow from this symmetry.

    Parameters
    ----------
    text : str
        Description of the metric, for messages.
    names : tuple of (str or None)
        The coordinate of each chosen axis; None if it is a straight one.
    scales : mapping of str to Scale
        By the coordinate that each is a function of.
    turns : mapping of str to float
        Radians per unit of each angle.
    units : mapping of int to str
        Units of length, by the places of r and of angles among the chosen axes.
    notes : list of str
        The notes of scales are added to it where they apply.
    """

    def __init__(
        self,
        text: str,
        names: tuple[str | None, ...],
        scales: Mapping[str, Scale],
        turns: Mapping[str, float],
        units: Mapping[int, str],
        notes: list[str],
    ) -> None:
        self.text, self.units = text, dict(units)
        self._names, self._scales, self._turns, self._notes = names, scales, turns, notes
        self._places = {name: place for place, name in enumerate(names) if name is not None}

    def same_units(self, units: str) -> str:
        """Return units unchanged."""
        return units

    def cover(self, window: Window) -> None:
        """Do nothing: the factors of all coordinates are known."""

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial."""
        along = [name for place in wanted.along if (name := self._names[place]) is not None]
        component = self._names[wanted.component] if operator.vector else None
        plain = Term(wanted.component, wanted.along, None, self._after(along))
        if not along or (operator.vector and component is None):
            return [plain]
        if operator.flux and component is not None:
            return self._flux(plain, component, along[0])
        if operator.trace:
            return self._share_of_laplacian(plain, along[0])
        if operator.covariant and component is not None:
            return [plain, *self._turning(component, along[0])]
        if operator.covariant and len(along) == 2:
            return [plain, *self._bending(wanted.component, along[0], along[1])]
        return [plain]

    def _flux(self, plain: Term, component: str, along: str) -> list[Term]:
        """Return the derivative of a flux through sides, or of a circulation along them."""
        scale = self._scales.get(along)
        if scale is None or component not in (along, *scale.directions):
            return [plain]
        before = AxisFactor(scale.axis, scale.values)
        inverse = self._inverse(along)
        flux = plain._replace(before=before, after=self._after([along], (scale.axis, inverse)))
        if component != along:
            return [flux]
        # Of two sides that widen, one stands inside the derivative and one outside of it: with both
        # inside, the error of a field that grows as r from the centre would not fall with the step.
        count, more = len(scale.directions), []
        if count > 1:
            spread = (count - 1) * self._change(along)
            after = self._after([], (scale.axis, spread), lengths=[along])
            more = [plain._replace(along=(), after=after)]
        if not self._takes_limits(along):
            return [flux, *more]
        outside, limit = np.where(scale.zero, 0.0, inverse), np.where(scale.zero, 1.0 + count, 0.0)
        return [
            flux._replace(after=self._after([along], (scale.axis, outside))),
            plain._replace(after=self._after([along], (scale.axis, limit))),
            *more,
        ]

    def _share_of_laplacian(self, plain: Term, along: str) -> list[Term]:
        """Return what a direction adds to the Laplacian, whichever other axes are chosen."""
        scale = self._scales.get(along)
        if scale is None:
            return [plain]
        count, limit = len(scale.directions), np.ones_like(scale.values)
        spread = count * self._change(along)
        if self._takes_limits(along):
            limit[scale.zero] += count
        after = self._after([along], (scale.axis, spread), lengths=[along])
        return [
            plain._replace(after=self._after([along] * 2, (scale.axis, limit))),
            plain._replace(along=plain.along[:1], after=after),
        ]

    def _turning(self, component: str, along: str) -> list[Term]:
        """Return the terms that couple components because their directions turn."""
        found = []
        for name, scale in self._scales.items():
            if along not in scale.directions or name not in self._places:
                continue
            if component in (along, name):
                other, sign = (name, 1.0) if component == along else (along, -1.0)
                after = self._after([], (scale.axis, sign * self._change(name)), lengths=[name])
                found.append(Term(self._places[other], (), None, after))
        return found

    def _bending(self, component: int, first: str, second: str) -> list[Term]:
        """Return the terms that the curvature of the coordinates adds to a second derivative."""
        found = []
        for name, scale in self._scales.items():
            if first == second and first in scale.directions and name in self._places:
                by, number = name, 1.0
            elif first != second and name in (first, second):
                by, number = (second if name == first else first), -1.0
                if by not in scale.directions:
                    continue
            else:
                continue
            after = self._after([by], (scale.axis, number * self._change(name)), lengths=[name])
            found.append(Term(component, (self._places[by],), None, after))
        return found

    def _after(
        self, derived: Sequence[str], *more: tuple[int, Array], lengths: Sequence[str] = ()
    ) -> Factor | None:
        """Return the factor of a derivative along coordinates; ``lengths`` divide it further."""
        number = 1.0
        for name in derived:
            number /= self._turns.get(name, 1.0)
        parts: dict[int, Array] = {}
        for direction in (*derived, *lengths):
            for name, scale in self._scales.items():
                if direction in scale.directions:
                    parts[scale.axis] = parts.get(scale.axis, number) * self._inverse(name)
                    number = 1.0
        for axis, values in more:
            parts[axis] = parts.get(axis, number) * values
            number = 1.0
        made = tuple(AxisFactor(axis, values) for axis, values in parts.items())
        if not made:
            return None
        return made[0] if len(made) == 1 else ProductFactor(made)

    def _inverse(self, name: str) -> Array:
        """Return a scale's inverse, which is missing where it is 0."""
        scale = self._scales[name]
        self._say(scale)
        return 1 / np.where(scale.zero, np.nan, scale.values)

    def _change(self, name: str) -> Array:
        """Return the change of a scale; where it is 0 it is missing, or 0 if there are limits."""
        scale = self._scales[name]
        self._say(scale)
        return np.where(scale.zero & scale.limits, 0.0, scale.change)

    def _takes_limits(self, name: str) -> bool:
        return self._scales[name].limits and bool(self._scales[name].zero.any())

    def _say(self, scale: Scale) -> None:
        note = scale.symmetric if scale.limits else scale.missing
        if note and note not in self._notes:
            self._notes.append(note)


def make_orthogonal(
    origin: Field,
    along: tuple[Along, ...],
    metric: Metric,
    operators: tuple[Operator, ...],
    notes: list[str],
) -> Orthogonal:
    """Return the geometry of a field's chosen axes.

    Raises
    ------
    UsageError
        The axes or the operators do not fit the metric.
    NoMetricError
        The field has no such axes.
    InputError
        A radius is negative, or an angle lies beyond the poles.
    """
    found = coordinates_of(origin, metric)
    labels = {name: axis_label(origin.axes, index) for name, index in found.items()}
    by_index = {index: name for name, index in found.items()}
    names = tuple(by_index.get(each.index) for each in along)
    told = ", ".join(n if n == label else f"{n}={label}" for n, label in labels.items())
    text = f"{metric.name} ({told})"
    _refuse_unfit(origin, along, names, text, operators)
    turns = {
        name: radians_of(origin.axes[found[name]], labels[name], name, notes)
        for name in ANGLES
        if name in names or (name in found and "phi" in names)  # parallels shrink towards a pole
    }
    scales = make_scales(origin, found, metric, turns)
    partial = [o.name for o in operators if o.vector and o.covariant and not o.gives_partials]
    left = [
        name for name, each in scales.items() if name in names and {*each.directions} - {*names}
    ]
    if partial and left:
        listed = ", ".join(each.label for each in along)
        notes.append(
            f"{partial[0]}: that of the flow along {listed} alone; what it does around the axis is "
            "left out"
        )
    unit = origin.axes[found["r"]].units
    curved = {"r", *ANGLES} if unit else {*ANGLES}
    units = {place: unit or "1" for place, name in enumerate(names) if name in curved}
    return Orthogonal(text, names, scales, turns, units, notes)


def _refuse_unfit(
    origin: Field,
    along: tuple[Along, ...],
    names: tuple[str | None, ...],
    text: str,
    operators: tuple[Operator, ...],
) -> None:
    for each, name in zip(along, names, strict=True):
        mixing = [operator.name for operator in operators if operator.mixes]
        if name is None and mixing:
            raise UsageError(
                f"{origin.name}: {mixing[0]}: {each.label} is not a coordinate of --metric {text}; "
                "leave it out (--axis), or name the coordinates (r=NAME,…)"
            )
        if name in ("r", "theta", "lat") and (each.step is not None or each.periodic):
            option = "--periodic" if each.step is None else "--spacing"
            raise UsageError(f"{option} {each.label}: not along {name} of --metric {text}")
    compass = [operator.name for operator in operators if operator.facing == "compass"]
    if compass and not {"phi", "lat"} <= {*names}:
        raise UsageError(f"{compass[0]}: a bearing counts from north, and --metric {text} has none")
