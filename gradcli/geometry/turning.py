"""Turn the components of a vector into the directions of the axes that a geometry takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gradcli.geometry.factors import Coordinates, Factor, SheetFactor, Site
from gradcli.geometry.terms import Geometry, Term
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.operators import Operator, Wanted

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

    # The eastward and northward components of unit vectors along x and along y of the grid.
    Units = tuple[Array, Array, Array, Array]

OBLIQUE = 1e-6  # sine of the angle between x and y below which they say no direction


class Directions(Protocol):
    """Where the grid's own axes point, measured against east and north."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of points along the slower and the faster axis."""
        ...

    @property
    def coordinates(self) -> Coordinates:
        """Coordinates that the directions are computed from."""
        ...

    @property
    def scratch(self) -> int:
        """Bytes of memory needed beside the tables."""
        ...

    def bands(self, source: Source) -> Iterator[tuple[slice, Units]]:
        """Yield the directions, some rows of the slower axis at a time."""
        ...


class TurnTables:
    """Tables of what each given component adds to each component that is needed.

    ``xy`` is the part of the needed x component that the given y component adds, and so on.

    Parameters
    ----------
    directions : Directions
    to_earth : bool
        Whether components along the grid are turned to east and north, or the other way round.
    """

    def __init__(self, directions: Directions, to_earth: bool) -> None:
        self._directions, self._to_earth = directions, to_earth
        self.tables: dict[str, Array] = {}
        self.notes: list[str] = []

    @property
    def coordinates(self) -> Coordinates:
        """Coordinates that the tables are computed from."""
        return self._directions.coordinates

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables."""
        rows, columns = self._directions.sizes
        return 4 * rows * columns * 8 + self._directions.scratch

    def load(self, source: Source) -> None:
        """Compute the tables. They are missing where the grid has no directions."""
        made = {name: np.empty(self._directions.sizes) for name in ("xx", "xy", "yx", "yy")}
        for rows, (xe, xn, ye, yn) in self._directions.bands(source):
            with np.errstate(invalid="ignore", divide="ignore"):
                det = xe * yn - xn * ye
                det = np.where(np.abs(det) > OBLIQUE, det, np.nan)
                parts = (xe, ye, xn, yn)
                if not self._to_earth:
                    parts = (yn / det, -ye / det, -xn / det, xe / det)
                for name, values in zip(made, parts, strict=True):
                    made[name][rows] = np.where(np.isnan(det), np.nan, values)
        self.tables.update(made)


@dataclass(frozen=True)
class SumFactor:
    """A sum of products of factors."""

    parts: tuple[tuple[Factor, ...], ...]

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 24 + max(factor.scratch for part in self.parts for factor in part)

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        total: Array | None = None
        for part in self.parts:
            product = part[0].at(window, site)
            for factor in part[1:]:
                product = product * factor.at(window, site)
            total = product if total is None else total + product
        assert total is not None
        return total


class Turned:
    """A geometry whose vectors are turned before they are differentiated.

    Parameters
    ----------
    inner : Geometry
    grid : TurnTables
    over : pair of int
        The slower and the faster axis of the field that the tables lie over.
    ring : pair of int
        After how many points these axes would repeat themselves.
    places : pair of int
        Positions of x and y among the chosen axes, which are those of the components.
    told : str
        How the components are turned, for messages.
    """

    def __init__(
        self,
        inner: Geometry,
        grid: TurnTables,
        over: tuple[int, int],
        ring: tuple[int, int],
        places: tuple[int, int],
        told: str,
    ) -> None:
        self.text, self.units = f"{inner.text}, {told}", inner.units
        self._inner, self._grid, self._over, self._ring = inner, grid, over, ring
        self._places = dict(zip(places, "xy", strict=True))

    def same_units(self, units: str) -> str:
        """Return units in a form that compares equal for units that may be mixed."""
        return self._inner.same_units(units)

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial, each of them a term of the components as given."""
        terms = self._inner.terms(wanted, operator)
        if not operator.vector:
            return terms
        # Terms that differ only in their factor before the derivative are one term.
        parts: dict[object, tuple[Term, list[tuple[Factor, ...]]]] = {}
        for term in terms:
            if term.component not in self._places:
                parts[id(term)] = term, []
                continue
            for given, name in self._places.items():
                part = (self._places[term.component] + name,)
                turn = SheetFactor(self._grid.tables, self._over, part, self._ring)
                key = (given, term.along, _identity(term.after))
                _, found = parts.setdefault(key, (term._replace(component=given), []))
                found.append((turn,) if term.before is None else (term.before, turn))
        return [
            term._replace(before=SumFactor(tuple(found))) if found else term
            for term, found in parts.values()
        ]


def _identity(factor: Factor | None) -> object:
    """Return a key that is equal for equal factors."""
    if isinstance(factor, SheetFactor):
        return id(factor.tables), factor.over, factor.names
    return None if factor is None else id(factor)
