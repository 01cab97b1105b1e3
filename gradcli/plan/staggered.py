"""Make tasks of vectors on the faces of a C grid: divergence at centres, curl at corners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from gradcli.cf.packing import refuse_many_factors
from gradcli.cf.roles import grid_role, is_longitude, radians_in, sheet_names
from gradcli.cf.vectors import pointing_of
from gradcli.errors import UsageError
from gradcli.geometry.cells import CellTables, Lengths
from gradcli.geometry.directions import left_handed
from gradcli.geometry.factors import Corner, Factor, SheetFactor, Tables
from gradcli.geometry.geographic import CLOSES
from gradcli.geometry.land import LandFactor, masks_of, unused_masks
from gradcli.geometry.lengths import lengths_of
from gradcli.geometry.staggered import NEMO, CGrid, recognise
from gradcli.geometry.terms import Plain
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label, find_axis, unknown_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.coordinates import Spacing, index_spacing
from gradcli.numerics.faces import FaceStencil
from gradcli.numerics.operator import Operator
from gradcli.numerics.schemes import Scheme
from gradcli.plan.asked import asked_of, refuse_unknown, selected
from gradcli.plan.cgrid_parts import Part, PartFinder
from gradcli.plan.choose import Choice
from gradcli.plan.given import variable_names, with_marks, with_units
from gradcli.plan.results import ResultMaker
from gradcli.plan.tasks import Partial, Product, StencilTerm, Task
from gradcli.plan.variables import wanted_fields
from gradcli.record import replace
from gradcli.settings import Settings


def find_staggered(source: Source, settings: Settings, notes: list[str]) -> CGrid | None:
    """Return the C grid of the variables asked for, if they lie on the faces of one.

    Only netCDF and Zarr name dimensions so that different ones can be told apart.

    Raises
    ------
    UsageError
        An option does not apply there.
    InputError
        The components seem to lie on one, and it is not certain how.
    """
    vector = any(operator.vector for operator in settings.operators)
    if (
        source.format not in ("netcdf", "zarr")
        or not vector
        or not settings.var
        or settings.components
    ):
        return None
    fields = wanted_fields(source, settings)
    if len(fields) != 2:
        return None
    u, v = fields
    order = ["x", "y"]
    if _is_y_first(settings, u, v):
        u, v, order = v, u, ["y", "x"]
    grid = recognise(source, u, v)
    if grid is None:
        if u.base.lower() in NEMO and v.base.lower() in NEMO:
            notes.append(
                f"{u.base} and {v.base}: taken as values at the same points; NEMO has them on the "
                "faces of a C grid, which coordinates of both tell (glamu, gphiu, glamv, gphiv)"
            )
        return None
    _refuse_options(grid, settings, order)
    notes.append(
        f"{u.base} and {v.base} lie on the faces of a C grid ({grid.told}): two-point differences "
        "give the divergence at the centres of cells and the curl at their corners"
    )
    variables = variable_names(source.fields)
    others = PartFinder(source, settings, notes).others(grid)
    return _closed(_selected(grid, others, notes, variables), settings, notes)


def _is_y_first(settings: Settings, u: Field, v: Field) -> bool:
    if len(settings.axis) != 2:
        return False
    roles = []
    for name in settings.axis:
        found = {grid_role(Axis(name, 0))}
        for part in (u, v):
            try:
                found.add(grid_role(part.axes[find_axis(part.axes, name)]))
            except UsageError:
                continue
        roles.append(found - {None})
    return roles[0] == {"y"} and roles[1] == {"x"}


def _refuse_options(grid: CGrid, settings: Settings, order: list[str]) -> None:
    """Raise UsageError for an option that does not apply on a C grid."""
    scheme, plain = settings.scheme, Scheme()
    given = {
        "--accuracy": scheme.accuracy != plain.accuracy,
        "--order": scheme.order != plain.order,
        "--scheme": scheme.side != plain.side,
        "--smooth": scheme.smooth is not None,
        "--edges pole": scheme.edges == "pole",
        "--missing adapt": scheme.missing != plain.missing,
        "--spacing": bool(settings.spacing or settings.steps),
        "--coords": bool(settings.coords),
        "--per": bool(settings.per),
        "--sort": settings.sort,
        "--by": settings.by is not None,
        "--unwrap": settings.unwrap is not None,
        "--edges": scheme.edges not in ("one-sided", "missing"),
        "--follow-positive": settings.follow_positive,
        "--no-snap": not settings.snap,
        "--duplicates": settings.duplicates is not None,
        "--vectors earth": settings.vectors == "earth",
        f"--metric {settings.metric.name}": settings.metric.around,
    }
    found = [option for option, is_given in given.items() if is_given]
    told = f"{grid.u.base} and {grid.v.base} lie on the faces of a C grid ({grid.told})"
    if found:
        raise UsageError(
            f"{', '.join(found)}: {told}, where differences are of two points; interpolate them to "
            "the same points for other differences"
        )
    others = [o.name for o in settings.operators if o.name not in ("divergence", "curl")]
    if others:
        raise UsageError(f"{', '.join(others)}: {told}; there are divergence and curl there")
    if settings.axis and [_direction(grid, name) for name in settings.axis] != order:
        raise UsageError(
            f"--axis {','.join(settings.axis)}: {told}; give x,y in the order of the components, "
            "or leave it out"
        )


def _direction(grid: CGrid, name: str) -> str:
    """Return whether a name of an axis, or of a coordinate, means x or y of a C grid."""
    for chart in grid.charts:
        for way, sheet in () if chart is None else (("x", chart.x), ("y", chart.y)):
            if name in sheet_names(sheet.axis):
                return way
    if name.lower() in ("x", "y"):
        return name.lower()
    for part in (grid.v, grid.u):
        with suppress(UsageError):
            return {grid.x: "x", grid.y: "y"}.get(find_axis(part.axes, name), "")
    every = {axis.key: axis for part in (grid.u, grid.v) for axis in part.axes}
    raise unknown_axis(tuple(every.values()), name)


def _closed(grid: CGrid, settings: Settings, notes: list[str]) -> CGrid:
    """Return the grid with the axes that close on themselves, as asked for or by longitude."""
    closed = set()
    for name in settings.periodic:
        place = {"x": grid.x, "y": grid.y}.get(_direction(grid, name))
        if place not in grid.can_close:
            raise UsageError(
                f"--periodic {name}: not x or y of the C grid, or an axis that has not as many "
                "faces as cells; such an axis does not close on itself"
            )
        closed.add(place)
    axis = grid.u.axes[grid.x]
    if axis.values is not None and axis.size > 2 and None in grid.charts and is_longitude(axis):
        turn = 2 * np.pi / radians_in(axis)
        step = (float(axis.values[-1]) - float(axis.values[0])) / (axis.size - 1)
        if abs(axis.size * abs(step) - turn) < CLOSES * abs(step) and grid.x in grid.can_close:
            closed.add(grid.x)
            notes.append(f"{axis.name}: goes around the Earth, taken as periodic")
    return replace(grid, closed=frozenset(closed))


def _selected(grid: CGrid, settings: Settings, notes: list[str], variables: set[str]) -> CGrid:
    """Return the grid with the parts of other axes that ``--isel`` and ``--sel`` select."""
    fields = [grid.u, grid.v]
    refuse_unknown(fields, replace(settings, periodic={}), (), {"--units": variables})
    made = []
    for part in fields:
        refuse_many_factors(part.name, part.attributes)
        part = with_units(with_marks(part, settings.missing_value), settings.units)
        made.append(selected(part, asked_of(part, settings, {}), False, notes))
    return replace(grid, u=made[0], v=made[1])


class StaggeredMaker:
    """Makes the tasks of a C grid: one for each operator, which has a grid of its own."""

    def __init__(self, source: Source, settings: Settings, notes: list[str]) -> None:
        self._source, self._settings, self._notes = source, settings, notes
        self.tables: dict[object, Tables] = {}

    def tasks(self, grid: CGrid) -> Iterator[Task]:
        """Yield the tasks."""
        settings = self._settings
        every = settings.operators
        self._tell(grid, lengths_of(self._source, grid, settings.metric, every))
        parts = PartFinder(self._source, settings, self._notes)
        for operator in every:
            corners = operator.name == "curl"
            part = parts.part(grid, operator.name)
            lengths = lengths_of(self._source, part.lengths, settings.metric, every)
            tables = CellTables(part.lengths, lengths, corners, self._signs(grid, corners))
            self.tables[operator.name] = tables
            yield self._task(part, operator, lengths, tables, corners)

    def _tell(self, grid: CGrid, lengths: Lengths) -> None:
        notes, names = self._notes, f"{grid.u.base} and {grid.v.base}"
        notes.append(f"{names}: {lengths.text}")
        if lengths.used and self._settings.metric.on_earth and "distances" not in lengths.text:
            notes.append(
                f"--metric {self._settings.metric.name} changes nothing: the file has lengths"
            )
        masks = dict.fromkeys(mask.text for mask in masks_of(self._source, grid) if mask)
        by = f", and so are those where {' and '.join(masks)}"
        notes.append(
            f"{names}: missing values stay missing, no flow of 0 is assumed at coasts"
            + (by if masks else "")
        )
        if "earth" in {pointing_of(part.attributes) for part in (grid.u, grid.v)}:
            notes.append(f"{names}: taken along the grid, whatever their standard names say")
        notes += unused_masks(self._source, grid)
        if self._settings.vectors == "grid":
            notes.append("--vectors grid changes nothing: components on faces are the grid's own")
        if self._settings.edge_order is not None:
            notes.append("--edge-order changes nothing: a C grid has no one-sided differences")
        notes += dict.fromkeys(
            f"{part.name}: {told}, so it limits nothing"
            for part in (grid.u, grid.v)
            for told in part.unheeded
        )

    def _signs(self, grid: CGrid, corners: bool) -> tuple[int, int]:
        """Return -1 for x or y if differences along it count the other way.

        Components point the way that coordinates grow along their axes, or else indices.
        """
        found = []
        for place in (grid.x, grid.y):
            values = grid.u.axes[place].values
            falls = values is not None and len(values) > 1 and values[-1] < values[0]
            found.append(-1 if falls else 1)
        chart, bare = grid.charts[0], all(grid.u.axes[k].values is None for k in (grid.x, grid.y))
        if not (corners and bare) or chart is None:
            return found[0], found[1]
        if left_handed(self._source, chart, grid.u, grid.x < grid.y):
            y, x = (axis_label(grid.u.axes, place) for place in (grid.y, grid.x))
            self._notes.append(
                f"{y} runs to the right of {x}, not to the left; the components are taken the way "
                "that the indices grow"
            )
            return -1, -1
        return found[0], found[1]

    def _task(
        self, part: Part, operator: Operator, lengths: Lengths, tables: CellTables, corners: bool
    ) -> Task:
        grid, target = part.grid, part.target
        over = (min(grid.x, grid.y), max(grid.x, grid.y))
        # Windows count from where an axis begins, tables from its first point in the file.
        begins = Corner(*(-part.first.get(place, 0) for place in over))
        masks = masks_of(self._source, grid)
        asked = self._settings.dtype
        kind = (
            np.dtype(asked) if asked else np.result_type(grid.u.result_dtype, grid.v.result_dtype)
        )
        work = np.result_type(grid.u.dtype, grid.v.dtype, kind)
        after = SheetFactor(tables.tables, over, ("1/area",), corner=begins)
        partials = []
        for wanted in operator.wanted(2, 1):
            place = (grid.x, grid.y)[wanted.along[0]]
            first = grid.first[place]
            size = target.axes[place].size
            ring = size if place in grid.closed else None
            shift = -1 - first if corners else first
            stencil = FaceStencil(size, (), ring=ring, shift=shift)
            named = ("uv"[wanted.component],)
            table = SheetFactor(tables.tables, over, named, corner=begins)
            mask = masks[wanted.component]
            by_block = mask is not None and not mask.is_map
            before: Factor = LandFactor(table, mask) if mask and by_block else table
            partials.append(
                Partial((StencilTerm(wanted.component, ((place, stencil),), before, after),))
            )
        spacings = {place: _spacing(target, place) for place in (grid.x, grid.y)}
        results = self._results(target, grid, operator, lengths, spacings, kind)
        product = Product(operator, tuple(range(len(partials))), results)
        return Task(
            (grid.u, grid.v),
            work,
            tuple(partials),
            (product,),
            spacings,
            target,
            region=part.region,
        )

    def _results(
        self,
        target: Field,
        grid: CGrid,
        operator: Operator,
        lengths: Lengths,
        spacings: dict[int, Spacing],
        kind: np.dtype[np.generic],
    ) -> tuple:  # type: ignore[type-arg]
        given = self._settings.axis or ("x", "y")
        labels = sorted(given, key=lambda name: _direction(grid, name))
        alongs = tuple(
            Along(place, label) for place, label in zip((grid.x, grid.y), labels, strict=True)
        )
        other = replace(grid.v, axes=target.axes, attributes=grid.v.attributes)
        choice = Choice((target, other), alongs)
        geometry = Plain(True)
        geometry.text = lengths.text
        geometry.units = {0: lengths.units or "1", 1: lengths.units or "1"}
        settings = replace(self._settings, edge_order=None, scheme=Scheme(edges="missing"))
        maker = ResultMaker(choice, alongs, spacings, geometry, settings)
        return tuple(
            maker.make(outcome, operator, np.dtype(kind), 0) for outcome in operator.outcomes(2, 1)
        )


def _spacing(target: Field, place: int) -> Spacing:
    return replace(index_spacing(target.axes[place].size), kind="staggered")
