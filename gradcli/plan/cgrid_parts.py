"""Select part of a C grid: by the points of its results, whose numbers are those of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gradcli.errors import UsageError
from gradcli.geometry.auxiliary import sheet_of
from gradcli.geometry.staggered import CGrid
from gradcli.model.axes import axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.plan.asked import asked_of, selected
from gradcli.plan.cgrid_points import Points, points_of
from gradcli.plan.region import Region, Regions
from gradcli.record import replace
from gradcli.settings import Settings

OPTIONS = ("isel", "sel")


class Part(NamedTuple):
    """The part of the results of an operator.

    Attributes
    ----------
    target : Field
        A field on the points of the results, whose axes know the part.
    grid : CGrid
        The components that it is computed from; an axis that the part crosses the ends of begins
        elsewhere there.
    lengths : CGrid
        The same for tables of lengths, whose axes begin as those of the file.
    first : mapping of axis to int
        Where such an axis begins.
    region : Region or None
        Which of the points are left out.
    """

    target: Field
    grid: CGrid
    lengths: CGrid
    first: Mapping[int, int]
    region: Region | None = None


class Meaning(NamedTuple):
    """An axis of the points, and whether a name means it by a two-dimensional coordinate."""

    place: int
    by_sheet: bool


class PartFinder:
    """Finds what ``--isel`` and ``--sel`` ask of x and y of a C grid, for each operator."""

    def __init__(self, source: Source, settings: Settings, notes: list[str]) -> None:
        self._source, self._settings, self._notes = source, settings, notes

    def others(self, grid: CGrid) -> Settings:
        """Return the settings without parts of x and y.

        Raises
        ------
        UsageError
            A part is asked for by points that the results do not lie at, or of one operator alone.
        """
        settings = self._settings
        if not (settings.isel or settings.sel):
            return settings
        every = {
            operator.name: points_of(self._source, grid, operator.name == "curl")
            for operator in settings.operators
        }
        mine = {
            (option, name)
            for option in OPTIONS
            for name in getattr(settings, option)
            if any(self._means(points, option, name) for points in every.values())
        }
        for option in OPTIONS:
            for name in getattr(settings, option):
                if (option, name) not in mine:
                    _refuse_faces(option, name, grid, every)
        self._refuse_partly(mine, every)
        isel = {name: p for name, p in settings.isel.items() if ("isel", name) not in mine}
        sel = {name: p for name, p in settings.sel.items() if ("sel", name) not in mine}
        return replace(settings, isel=isel, sel=sel, halo=True)

    def part(self, grid: CGrid, operator: str) -> Part:
        """Return the part of an operator's results; without options, all of them."""
        settings, corners = self._settings, operator == "curl"
        points = points_of(self._source, grid, corners)
        asked = {
            option: {
                name: part
                for name, part in getattr(settings, option).items()
                if self._means(points, option, name)
            }
            for option in OPTIONS
        }
        if not any(asked.values()):
            return Part(points.field, grid, grid, {})
        target, region = self._select(points, asked)
        first = {
            place: turned.first
            for place in points.over
            if (turned := target.axes[place].turned) is not None
        }
        sizes = " by ".join(str(target.shape[place]) for place in points.over)
        self._notes.append(f"{operator}: the part is {sizes} {points.words}")
        return self._halo(points, target, region, first)

    def _halo(
        self, points: Points, target: Field, region: Region | None, first: Mapping[int, int]
    ) -> Part:
        """Return a part with the components that it is computed from."""
        grid = points.grid
        for place in first:
            label = axis_label(target.axes, place)
            if place not in grid.closed or target.axes[place].size != grid.u.axes[place].size:
                raise UsageError(
                    f"--sel {label}: the part crosses the ends of an axis that does not close on "
                    f"itself on this C grid; --periodic {label} says that it does"
                )
            if region is not None or not self._settings.halo:
                other = "--no-halo" if region is None else "two-dimensional coordinates"
                raise UsageError(
                    f"--sel {label}: a part across the ends of the axis does not go with {other}"
                )
        if self._settings.halo:
            turned = grid
            for place, index in first.items():
                turned = turned.turned(place, index)
            return Part(target, turned, grid, first, region)
        cut = grid.cut(
            points.corners, {p: part for p in points.over if (part := target.axes[p].part)}
        )
        axes = tuple(axis.written() for axis in target.axes)
        return Part(replace(target, axes=axes), cut, cut, {}, region)

    def _select(
        self, points: Points, asked: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Field, Region | None]:
        """Return the points of the results with their part, and the region if there is one."""
        field, chart = points.field, points.chart
        region = {
            name: part
            for name, part in asked["sel"].items()
            if (meant := self._means(points, "sel", name)) and meant.by_sheet
        }
        if region and chart is not None and chart.over != points.over:
            raise UsageError(f"--sel {', '.join(region)}: not over x and y of the C grid")
        along = {
            option: {
                _findable(points, name): part
                for name, part in asked[option].items()
                if name not in region or option == "isel"
            }
            for option in OPTIONS
        }
        plain = Settings(var=self._settings.var, isel=along["isel"], sel=along["sel"])
        field = selected(field, asked_of(field, plain, {}), True, self._notes)
        if not region or chart is None:
            return field, None
        return Regions(self._source, True, self._notes).select(chart, field, region)

    def _means(self, points: Points, option: str, name: str) -> Meaning | None:
        """Return the axis that a name means, or whose sheet it means; None for another axis."""
        if option == "sel":
            place = sheet_of(self._source, points.chart, points.field, name, True)
            if place is not None:
                return Meaning(place, True)
        place = points.place(name)
        return None if place is None else Meaning(place, False)

    def _refuse_partly(self, asked: set[tuple[str, str]], every: Mapping[str, Points]) -> None:
        """Raise UsageError if a part along an axis is asked of some operators, not of all."""
        found = {
            operator: {m.place for each in asked if (m := self._means(points, *each))}
            for operator, points in every.items()
        }
        for operator, places in found.items():
            if places != set().union(*found.values()):
                other = next(
                    f"--{option} {name}"
                    for option, name in sorted(asked)
                    if not self._means(every[operator], option, name)
                )
                raise UsageError(
                    f"{other}: no part of the {operator}, whose points are "
                    f"{every[operator].words}; name these too, or x and y for both"
                )


def _findable(points: Points, name: str) -> str:
    """Return a name, or the index of the axis that it means if the axis has another name."""
    try:
        find_axis(points.field.axes, name)
    except UsageError:
        return str(points.place(name))
    return name


def _refuse_faces(option: str, name: str, grid: CGrid, every: Mapping[str, Points]) -> None:
    """Raise UsageError if a name means x or y of a component, where no result lies."""
    for part in (grid.u, grid.v):
        try:
            place = find_axis(part.axes, name)
        except UsageError:
            continue
        if place in (grid.x, grid.y):
            told = "; ".join(f"the {each} has its points at {p.words}" for each, p in every.items())
            raise UsageError(f"--{option} {name}: {told}; select by these")
