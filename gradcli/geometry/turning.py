"""Turn the components of a vector into the directions of the axes that a geometry takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from gradcli.geometry.factors import Coordinates, Factor, SheetFactor, Site, StackFactor
from gradcli.geometry.recent import Recent
from gradcli.geometry.terms import Geometry, Term
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.numerics.operator import Operator, Wanted
from gradcli.record import record

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

    @property
    def step(self) -> int | None:
        """The axis of the field along which the directions may change."""
        ...

    def move(self, source: Source) -> bool:
        """Return whether the directions change from step to step."""
        ...

    def at_step(self, step: int) -> Directions:
        """Return the directions at one step."""
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
    moves : bool
        Whether the grid moves. Then the tables stay empty, and are made step by step.
    """

    def __init__(self, directions: Directions, to_earth: bool, moves: bool = False) -> None:
        self._directions, self._to_earth, self.moves = directions, to_earth, moves
        self._steps = TurnSteps(directions, to_earth)
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
        if not self.moves:
            self.tables.update(self.made(source, self._directions))

    def made(self, source: Source, directions: Directions) -> dict[str, Array]:
        """Return the tables of some directions."""
        made = {name: np.empty(directions.sizes) for name in ("xx", "xy", "yx", "yy")}
        for rows, (xe, xn, ye, yn) in directions.bands(source):
            with np.errstate(invalid="ignore", divide="ignore"):
                det = xe * yn - xn * ye
                det = np.where(np.abs(det) > OBLIQUE, det, np.nan)
                parts = (xe, ye, xn, yn)
                if not self._to_earth:
                    parts = (yn / det, -ye / det, -xn / det, xe / det)
                for name, values in zip(made, parts, strict=True):
                    made[name][rows] = np.where(np.isnan(det), np.nan, values)
        return made

    def factor(
        self, over: tuple[int, int], names: tuple[str, ...], ring: tuple[int, int]
    ) -> SheetFactor:
        """Return a product of tables."""
        if not self.moves:
            return SheetFactor(self.tables, over, names, ring)
        return MovingTurn(self.tables, over, names, ring, steps=self._steps)


class TurnSteps:
    """The tables of a grid that moves: those of one step at a time are kept for the next block."""

    def __init__(self, directions: Directions, to_earth: bool) -> None:
        self._directions, self._to_earth = directions, to_earth
        rows, columns = directions.sizes
        self._size = 4 * rows * columns * 8
        self._recent: Recent[dict[str, Array]] = Recent(self._size, alone=True)

    @property
    def axis(self) -> int:
        """The axis of the field along which the directions change."""
        axis = self._directions.step
        assert axis is not None
        return axis

    def at(self, factor: SheetFactor, window: Window, site: Site) -> Array:
        """Return a product of tables in a window, each step of it by its own."""
        axis = self.axis
        places = (axis, *factor.over)
        key = (self, *((window[place].start, window[place].stop) for place in places))
        made = site.kept.get(key)
        if not isinstance(made, dict):
            made = site.kept[key] = self._window(factor, axis, window, site)
        total: Array = made[factor.names[0]]
        for name in factor.names[1:]:
            total = total * made[name]
        return total

    def _window(
        self, factor: SheetFactor, axis: int, window: Window, site: Site
    ) -> dict[str, Array]:
        lines: dict[str, list[Array]] = {}
        for step in range(window[axis].start, window[axis].stop):
            tables = self._recent.get(step, self._size, partial(self._made, site.source, step))
            for name in tables:
                one = SheetFactor(tables, factor.over, (name,), factor.ring)
                lines.setdefault(name, []).append(one.at(window, site))
        return {name: np.concatenate(parts, axis=axis) for name, parts in lines.items()}

    def _made(self, source: Source, step: int) -> dict[str, Array]:
        directions = self._directions.at_step(step)
        return TurnTables(directions, self._to_earth).made(source, directions)


@record(frozen=True, eq=False, kw_only=True)
class MovingTurn(SheetFactor):
    """A product of tables of a grid that moves."""

    steps: TurnSteps

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell: tables around a block, in three windows."""
        return 16 + 3 * 4 * 8

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        step = self.steps.axis
        return (*self.over, step)

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        return self.steps.at(self, window, site)


@record(frozen=True)
class SumFactor:
    """A sum of products of factors."""

    parts: tuple[tuple[Factor, ...], ...]

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return 24 + max(factor.scratch for part in self.parts for factor in part)

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        return tuple({place for part in self.parts for factor in part for place in factor.places})

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
        self._stacks: dict[object, StackFactor] = {}

    def same_units(self, units: str) -> str:
        """Return units in a form that compares equal for units that may be mixed."""
        return self._inner.same_units(units)

    def cover(self, window: Window) -> None:
        """Say for which window of the field tables are needed; those that turn hold all of it."""
        self._inner.cover(window)

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial, each of them a term of the components as given."""
        terms = self._inner.terms(wanted, operator)
        if not operator.vector:
            return terms
        # Terms that differ only in their factor before the derivative are one term.
        parts: dict[object, tuple[Term, list[tuple[Factor, ...]]]] = {}
        for term in terms:
            if term.more:
                parts[id(term)] = self._turned_sum(term), []
                continue
            if term.component not in self._places:
                parts[id(term)] = term, []
                continue
            for given, name in self._places.items():
                part = (self._places[term.component] + name,)
                turn = self._grid.factor(self._over, part, self._ring)
                key = (given, term.along, _identity(term.after))
                _, found = parts.setdefault(key, (term._replace(component=given), []))
                found.append((turn,) if term.before is None else (term.before, turn))
        return [
            term._replace(before=SumFactor(tuple(found))) if found else term
            for term, found in parts.values()
        ]

    def _turned_sum(self, term: Term) -> Term:
        """Return a term that differentiates a sum of components, as a sum of those as given."""
        given = ((term.component, cast("StackFactor", term.before)), *term.more)
        (first, before), *more = (
            (place, self._stack(given, name)) for place, name in self._places.items()
        )
        return term._replace(component=first, before=before, more=tuple(more))

    def _stack(self, given: tuple[tuple[int, StackFactor], ...], name: str) -> StackFactor:
        """Return what a component as given adds to a sum; the same one for the same sum."""
        key = name, tuple((component, id(stack)) for component, stack in given)
        if key not in self._stacks:
            turns = {
                component: self._grid.factor(
                    self._over, (self._places[component] + name,), self._ring
                )
                for component, _ in given
            }
            self._stacks[key] = StackFactor(
                tuple(
                    SumFactor(
                        tuple(
                            (stack.parts[part], turns[component])
                            for component, stack in given
                            if part < len(stack.parts)
                        )
                    )
                    for part in range(max(len(stack.parts) for _, stack in given))
                )
            )
        return self._stacks[key]


def _identity(factor: Factor | None) -> object:
    """Return a key that is equal for equal factors."""
    if isinstance(factor, SheetFactor):
        return id(factor.tables), factor.over, factor.names
    return None if factor is None else id(factor)
