"""Derivatives per other units than those of a geometry, such as the metres of a metric."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from gradcli.geometry.factors import AxisFactor, Factor, Site
from gradcli.geometry.terms import Geometry, Term
from gradcli.model.blocks import Window
from gradcli.numerics.operator import Operator, Wanted
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


@record(frozen=True, eq=False)
class Times:
    """A factor of the grid, times a number. Without a factor it is the number."""

    factor: Factor | None
    number: float

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 0 if self.factor is None else self.factor.scratch + 8

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return () if self.factor is None else self.factor.places

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        if self.factor is None:
            return np.full((1,) * len(window), self.number)
        return self.number * self.factor.at(window, site)


class InLengths:
    """A geometry whose derivatives are per other units, such as kilometres in place of metres.

    All terms of a partial are multiplied, so those that the curvature of the Earth adds are too.

    Parameters
    ----------
    geometry : Geometry
    lengths : mapping of int to (str, float)
        For positions among the chosen axes the unit, and how many of those of the geometry it has.
    """

    def __init__(self, geometry: Geometry, lengths: Mapping[int, tuple[str, float]]) -> None:
        self.text = geometry.text
        self.units = geometry.units | {place: unit for place, (unit, _) in lengths.items()}
        self._geometry, self._lengths = geometry, lengths

    def same_units(self, units: str) -> str:
        """Return units as the geometry below has them."""
        return self._geometry.same_units(units)

    def cover(self, window: Window) -> None:
        """Say for which window of the field the tables below are needed."""
        self._geometry.cover(window)

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial."""
        number = prod(self._lengths[p][1] for p in wanted.along if p in self._lengths)
        found = self._geometry.terms(wanted, operator)
        if number == 1:
            return found
        return [term._replace(after=_times(term.after, number)) for term in found]


def _times(factor: Factor | None, number: float) -> Factor:
    if isinstance(factor, AxisFactor):
        return factor._replace(values=factor.values * number)
    return Times(factor, number)
