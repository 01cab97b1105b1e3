"""Decide which way the components of a vector point, and have them turned to fit the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gradcli.cf.roles import are_degrees, grid_role, is_latitude, is_longitude, role_of
from gradcli.cf.vectors import pointing_of
from gradcli.errors import InputError, UsageError
from gradcli.geometry.auxiliary import Chart, find_chart
from gradcli.geometry.terms import Geometry, earth_of
from gradcli.model.along import Along
from gradcli.model.fields import Field
from gradcli.model.metric import Pointing
from gradcli.model.protocols import Source
from gradcli.plan.choose import Choice
from gradcli.record import record
from gradcli.settings import Settings

# What only turned grids need is imported where they need it.
if TYPE_CHECKING:
    from gradcli.geometry.turning import Directions, Turned, TurnTables

EARTH = "eastward and northward"
GRID = "along the grid's own axes"


@record(frozen=True)
class Pointer:
    """What is known of the vector of a choice.

    Attributes
    ----------
    source : Source
    choice : Choice
    alongs : tuple of Along
    settings : Settings
    notes : list of str
        Notes are added to it.
    """

    source: Source
    choice: Choice
    alongs: tuple[Along, ...]
    settings: Settings
    notes: list[str]

    @property
    def _origin(self) -> Field:
        return self.choice.field

    def turned(self, geometry: Geometry) -> tuple[Turned, TurnTables] | None:
        """Return a geometry that turns the vector first, with its tables; None if none is needed.

        Raises
        ------
        UsageError
            What the components are said to be cannot be had from the file, or one of two is
            missing.
        InputError
            The components are said to point east and north, and where east is is unknown.
        """
        if not any(operator.vector for operator in self.settings.operators):
            return None
        places = self._places()
        if self.choice.chart is not None and any(along.sheet for along in self.alongs):
            return self._on_chart(geometry, self.choice.chart, places)
        if not places:
            self._idle("no component lies along x or y")
            return None
        return self._on_axes(geometry, places)

    def _places(self) -> dict[str, int]:
        """Return the positions of x and y among the chosen axes, as far as they are there."""
        roles = [role_of(along.axis(self._origin)) for along in self.alongs]
        return {role: roles.index(role) for role in ("x", "y") if role in roles}

    def _names(self, places: dict[str, int]) -> str:
        parts = (self.choice.components[place] for place in sorted(places.values()))
        return " and ".join(part.label or part.base for part in parts)

    def _named(self, places: dict[str, int]) -> Pointing | None:
        """Return what the standard names of the components say."""
        parts = [self.choice.components[place].attributes for place in places.values()]
        found = {told for told in map(pointing_of, parts) if told is not None}
        if len(found) > 1 and self.settings.vectors is None:
            raise UsageError(
                f"{self._names(places)}: one points east or north and the other along the grid, by "
                "their standard names; say which holds for both (--vectors earth or grid)"
            )
        return None if len(found) != 1 else found.pop()

    def _note_a_guess(self, names: str, ways: str) -> None:
        self.notes.append(f"{names}: components are taken as {ways} (--vectors grid: {GRID})")

    def _idle(self, why: str) -> None:
        if self.settings.vectors is not None:
            self.notes.append(f"--vectors {self.settings.vectors} changes nothing: {why}")

    def _on_chart(
        self, geometry: Geometry, chart: Chart, places: dict[str, int]
    ) -> tuple[Turned, TurnTables] | None:
        said = self.settings.vectors
        named = None if said else self._named(places)
        names, x, y = self._names(places), chart.x.axis.name, chart.y.axis.name
        if (said or named) != "grid":
            if not (said or named):
                self._note_a_guess(names, EARTH if chart.angles else f"along {x} and {y}")
            return None
        if named:
            self.notes.append(f"{names}: components are {GRID}, by their standard names")
        x_first = self._x_first(chart)
        signs = self._signs(chart, x_first)
        found = self._chart_directions(chart, x_first, signs)
        return self._made(geometry, found, chart.over, places, to_earth=True)

    def _on_axes(
        self, geometry: Geometry, places: dict[str, int]
    ) -> tuple[Turned, TurnTables] | None:
        indices = {role: self.alongs[place].index for role, place in places.items()}
        axes = [self._origin.axes[index] for index in indices.values()]
        angles = all(is_longitude(a) or is_latitude(a) or are_degrees(a.units) for a in axes)
        mapped = self._is_mapped(angles)
        rotated = any(_is_rotated(axis.standard_name, axis.name) for axis in axes)
        if angles and not mapped and not rotated:
            self._idle("along longitude and latitude both are the same")
            return None
        said = self.settings.vectors
        pointing = said or self._named(places)
        names = self._names(places)
        if pointing == "grid" or not (pointing or mapped or rotated):
            if not (mapped or rotated):
                self._idle("components along the axes need not be turned")
            return None
        if pointing and len(places) < 2:
            self._refuse_single(places)
        try:
            found = self._axis_directions(indices)
        except UsageError as error:
            if pointing is not None:
                raise
            self.notes.append(f"{names}: {error}")
            found = None
        if found is None:
            if pointing is None:
                told = f"components are taken as {GRID}; nothing says where east is"
                self.notes.append(f"{names}: {told}")
            elif said or rotated:
                self._refuse_unknown(names, bool(said))
            return None
        if pointing is None:
            self._note_a_guess(names, EARTH)
        over = sorted(indices.values())
        return self._made(geometry, found, (over[0], over[-1]), places, to_earth=False)

    def _refuse_single(self, places: dict[str, int]) -> NoReturn:
        raise UsageError(
            f"{self._names(places)}: to be turned, a vector needs both its components along x and "
            "y (--var u,v --axis x,y)"
        )

    def _refuse_unknown(self, names: str, said: bool) -> None:
        kind = UsageError if said else InputError
        raise kind(
            f"{names}: {EARTH} components cannot be turned to the axes of the grid; the file has "
            "neither a grid mapping nor longitude and latitude over both dimensions that say where "
            f"east is (--vectors grid if they lie {GRID})"
        )

    def _is_mapped(self, angles: bool) -> bool:
        """Return whether a grid mapping turns the axes: of angles a rotated pole, else any map."""
        from gradcli.geometry.mapping import find_mapping

        mapping = find_mapping(self.source, self._origin)
        name = None if mapping is None else mapping[1].get("grid_mapping_name")
        if angles:
            return name == "rotated_latitude_longitude"
        return mapping is not None and name != "latitude_longitude"

    def _axis_directions(self, indices: dict[str, int]) -> Directions | None:
        """Return where the axes x and y of a field point, by its mapping, or by coordinates."""
        from gradcli.geometry.mapped import mapped_directions

        if len(indices) < 2:
            return None
        found = mapped_directions(self.source, self._origin, indices["x"], indices["y"])
        if found is not None:
            return found
        chart = find_chart(self.source, self._origin, {})
        if chart is None or not chart.angles or set(chart.over) != set(indices.values()):
            return None
        x_first = indices["x"] < indices["y"]
        return self._chart_directions(chart, x_first, self._signs(chart, x_first))

    def _chart_directions(self, chart: Chart, x_first: bool, signs: tuple[int, int]) -> Directions:
        from gradcli.geometry.directions import ChartDirections
        from gradcli.numerics.earth import Earth

        metric = self.settings.metric
        earth = earth_of(metric)[0] if metric.on_earth else Earth(metric.radius)
        closed = {along.index: along.periodic for along in self.choice.beneath}
        periodic = closed.get(chart.over[0], False), closed.get(chart.over[1], False)
        return ChartDirections(chart, self.choice.components, earth, x_first, signs, periodic)

    def _x_first(self, chart: Chart) -> bool:
        """Return whether the slower axis of a grid is its x: by roles, or else by names."""
        slower, faster = (grid_role(self._origin.axes[place]) for place in chart.over)
        return slower == "x" or faster == "y"

    def _signs(self, chart: Chart, x_first: bool) -> tuple[int, int]:
        """Return whether x and y point the way that indices grow.

        They point the way that the coordinates along the axes grow, or else their indices. A note
        tells where y then lies to the right of x, as where rows run from north to south.
        """
        axes = [self._origin.axes[place] for place in chart.over]
        x, y = axes if x_first else axes[::-1]
        signs = -1 if _falls(x.values) else 1, -1 if _falls(y.values) else 1
        if x.values is None and y.values is None:
            from gradcli.geometry.directions import left_handed

            if left_handed(self.source, chart, self._origin, x_first):
                self.notes.append(
                    f"{y.name} runs to the right of {x.name}, not to the left; the components are "
                    "taken the way that the indices grow"
                )
        return signs

    def _made(
        self,
        geometry: Geometry,
        found: Directions,
        over: tuple[int, int],
        places: dict[str, int],
        to_earth: bool,
    ) -> tuple[Turned, TurnTables]:
        from gradcli.geometry.turning import Turned, TurnTables

        if len(places) < 2:
            self._refuse_single(places)
        told = f"components {GRID}" if to_earth else f"components {EARTH}"
        for operator in self.settings.operators:
            if operator.covariant and (operator.gives_partials or operator.by_axis):
                ways = EARTH if to_earth else GRID
                self.notes.append(f"{operator.name}: that of the vector turned, {ways}")
        repeats = {along.index: along.repeated for along in self.alongs}
        sizes = self._origin.shape
        ring = (
            sizes[over[0]] - repeats.get(over[0], False),
            sizes[over[1]] - repeats.get(over[1], False),
        )
        tables = TurnTables(found, to_earth, found.move(self.source))
        made = Turned(geometry, tables, over, ring, (places["x"], places["y"]), told)
        return made, tables


def _is_rotated(standard_name: str | None, name: str | None) -> bool:
    return standard_name in ("grid_longitude", "grid_latitude") or name in ("rlon", "rlat")


def _falls(values: np.ndarray | None) -> bool:
    return values is not None and len(values) > 1 and bool(values[-1] < values[0])
