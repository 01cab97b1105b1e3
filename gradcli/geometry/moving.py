"""Grids that move: factors from coordinates that differ from step to step, block by block."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.geometry.auxiliary import Sheet
from gradcli.geometry.factors import SheetFactor, Site
from gradcli.geometry.jacobian import Jacobian, Patch, around, derive, singular_error
from gradcli.geometry.positions import Positions
from gradcli.geometry.recent import Recent
from gradcli.model.blocks import Window
from gradcli.model.protocols import Source
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

BAND = 1 << 12  # grid points whose factors are computed at a time
SHEETS = 4  # copies of both coordinates while they are read


class _Made(NamedTuple):
    """Factors of a block: each over its steps, and over rows and columns around its own."""

    steps: slice
    rows: slice
    columns: slice
    tables: dict[str, Array]


@record(frozen=True, eq=False)
class MovingMap:
    """The factors of a grid whose coordinates may change from step to step.

    Whether they do is known when they are read, at the start of the run. If they do, each block
    reads the coordinates of its own steps, rows and columns, and what stencils reach from there.

    Attributes
    ----------
    positions : Positions
    jacobian : Jacobian
    adapts : bool
        Whether no coordinates are taken where the field is missing.
    likely : bool
        Whether they move at a glance. If not, no memory is planned for that.
    recent : Recent
        Factors that several blocks may share: of the same step, at other levels.
    """

    positions: Positions
    jacobian: Jacobian
    adapts: bool
    likely: bool
    recent: Recent[_Made]

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell of a block."""
        if not self.likely:
            return 16
        return 8 * (len(self.jacobian.names) + 2 * SHEETS + 2)

    def factor(self, names: tuple[str, ...], window: Window, site: Site) -> Array:
        """Return a product of factors in a window, in a shape that broadcasts to that of it."""
        made = site.kept.get(self)
        if not isinstance(made, _Made):
            made = site.kept[self] = self._made(site)
        step = self.positions.step
        assert step is not None
        slow, fast = self.positions.chart.over
        parts = tuple(
            slice(window[axis].start - held.start, window[axis].stop - held.start)
            for axis, held in ((step, made.steps), (slow, made.rows), (fast, made.columns))
        )
        total = made.tables[names[0]][parts]
        for name in names[1:]:
            total = total * made.tables[name][parts]
        # The axes of a table are the step, the slower and the faster axis of the grid.
        order = np.argsort((step, slow, fast))
        shape = [1] * len(window)
        for place, axis in enumerate((step, slow, fast)):
            shape[axis] = total.shape[place]
        return np.transpose(total, order).reshape(shape)

    def _made(self, site: Site) -> _Made:
        """Return all factors of a block, also where its stencils reach if these need them."""
        step = self.positions.step
        assert step is not None
        over = self.positions.chart.over
        rows, columns = site.window[over[0]], site.window[over[1]]
        if self.jacobian.vectors:
            slow, fast = self.jacobian.stencils
            rows, columns = slow.reach(rows), fast.reach(columns)
        steps = site.window[step]
        parts = (steps, rows, columns)
        key = tuple((part.start, part.stop) for part in parts)
        make = partial(self._make, site.source, *parts)
        cells = prod(part.stop - part.start for part in parts)
        return self.recent.get(key, 8 * len(self.jacobian.names) * cells, make)

    def _make(self, source: Source, steps: slice, rows: slice, columns: slice) -> _Made:
        sizes = self.positions.sizes
        shape = tuple(part.stop - part.start for part in (steps, rows, columns))
        tables = {name: np.empty(shape) for name in self.jacobian.names}
        top = 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for own_rows in around(rows, sizes[0]):
                left = 0
                for own_columns in around(columns, sizes[1]):
                    self._fill(source, tables, (top, left), steps, own_rows, own_columns)
                    left += own_columns.stop - own_columns.start
                top += own_rows.stop - own_rows.start
        return _Made(steps, rows, columns, tables)

    def _fill(
        self,
        source: Source,
        tables: dict[str, Array],
        corner: tuple[int, int],
        steps: slice,
        rows: slice,
        columns: slice,
    ) -> None:
        """Compute the factors of rows and columns within the grid, some rows at a time."""
        band = max(1, BAND // max(1, columns.stop - columns.start))
        slow, fast = self.jacobian.stencils
        reach = slow.reach(rows), fast.reach(columns)
        x, y, land = self._read(source, steps, reach)
        for step in range(steps.stop - steps.start):
            for start in range(rows.start, rows.stop, band):
                part = slice(start, min(start + band, rows.stop))
                given = _Given(x[step], y[step], land[step], reach)
                found = self._factors(source, given, part, columns, steps.start + step)
                top = corner[0] + part.start - rows.start
                into = (
                    step,
                    slice(top, top + part.stop - part.start),
                    slice(corner[1], corner[1] + columns.stop - columns.start),
                )
                for name, values in found.items():
                    tables[name][into] = values

    def _factors(
        self, source: Source, given: _Given, rows: slice, columns: slice, step: int
    ) -> dict[str, Array]:
        """Return the factors of some points at a step; beside land without coordinates on it."""
        patch = given.patch(self.jacobian, rows, columns)
        rounding = self._rounding(patch)
        found, singular = self.jacobian.inverted(patch, rounding)
        land = given.own(given.land, rows, columns)
        if given.land.any():
            dry = given.without_land()
            shore = dry.patch(self.jacobian, rows, columns)
            again, singular = self.jacobian.inverted(shore, rounding)
            found = {name: np.where(land, found[name], again[name]) for name in found}
        if singular.any():
            self._refuse_singular(source, singular & ~land, patch, step)
        return found

    def _refuse_singular(self, source: Source, singular: Array, patch: Patch, step: int) -> None:
        """Raise InputError for singular points where a map of the field has derivatives."""
        rows, columns = patch.windows
        needed = singular & self._derived(source, rows, columns, step)
        if needed.any():
            a, b = np.argwhere(needed)[0]
            x, y = (str(sheet.axis.name) for sheet in self.positions.sheets)
            where = self.positions.at(a + rows.start, b + columns.start, step)
            row, column = a + rows.start, b + columns.start
            point = slice(row, row + 1), slice(column, column + 1)
            at = dict.fromkeys(self._others(), slice(0, 1))
            value = float(self._map(source, slice(step, step + 1), point, at).reshape(-1)[0])
            place = float(patch.x[a, b]), float(patch.y[a, b])
            raise singular_error((x, y), where, place, self.positions.origin.base, value)

    def _derived(self, source: Source, rows: slice, columns: slice, step: int) -> Array:
        """Return where one map of the field has derivatives along both axes."""
        slow, fast = self.jacobian.stencils
        reach = slow.reach(rows), fast.reach(columns)
        axes = self.positions.origin.axes
        at = dict.fromkeys(self._others(), slice(0, 1))
        if any(axes[place].size == 0 for place in at):
            return np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
        missing = np.isnan(self._map(source, slice(step, step + 1), reach, at)[0])
        values = np.where(missing, np.nan, 0.0)
        given = _Given(values, values, missing, reach)
        along, across = np.empty((2, rows.stop - rows.start, columns.stop - columns.start))
        derive(slow, given.own(values, reach[0], columns), rows, 0, along)
        derive(fast, given.own(values, rows, reach[1]), columns, 1, across)
        found: Array = ~np.isnan(along + across)
        return found

    def _others(self) -> list[int]:
        """Return the axes of the field that the coordinates do not lie over."""
        own = (self.positions.step, *self.positions.chart.over)
        return [place for place in range(len(self.positions.origin.axes)) if place not in own]

    def _rounding(self, patch: Patch) -> Array:
        """Return the rounding error of the coordinates at each point, whatever the block is."""
        precision = max(sheet.axis.precision for sheet in self.positions.sheets)
        if self.positions.chart.angles:
            return np.array(precision * 2 * np.pi)
        return precision * np.fmax(np.abs(patch.x), np.abs(patch.y))

    def _read(
        self, source: Source, steps: slice, reach: tuple[slice, slice]
    ) -> tuple[Array, Array, Array]:
        """Return x, y and where the field is missing, if that matters, for steps and a window.

        Coordinates that are no places, such as a latitude beyond a pole, are missing.
        """
        land = self._land(source, steps, reach)
        x, y = (self._sheet(source, sheet, steps, reach) for sheet in self.positions.sheets)
        self.positions.mark_missing(x, y)
        if self.positions.chart.angles:
            for sheet, values in zip(self.positions.sheets, (x, y), strict=True):
                np.multiply(values, radians_in(sheet.axis), out=values)
        return x, y, land

    def _sheet(
        self, source: Source, sheet: Sheet, steps: slice, reach: tuple[slice, slice]
    ) -> Array:
        """Return a coordinate for steps and a window, which may extend beyond periodic axes."""
        sizes = self.positions.sizes
        lines = [
            np.concatenate(
                [
                    self.positions.window(source, sheet, steps, rows, columns)
                    for columns in around(reach[1], sizes[1])
                ],
                axis=2,
            )
            for rows in around(reach[0], sizes[0])
        ]
        found = np.concatenate(lines, axis=1)
        count = steps.stop - steps.start
        return found if len(found) == count else np.repeat(found, count, axis=0)

    def _land(self, source: Source, steps: slice, reach: tuple[slice, slice]) -> Array:
        """Return the points of each step that are missing in three maps of the field.

        These are the first, the middle and the last one along its other axes.
        """
        shape = tuple(part.stop - part.start for part in (steps, *reach))
        if not self.adapts:
            return np.zeros(shape, bool)
        axes, others = self.positions.origin.axes, self._others()
        missing = np.ones(shape, bool)
        maps = {tuple((axes[i].size - 1) * half // 2 for i in others) for half in (0, 1, 2)}
        for places in sorted(maps):
            at = {i: slice(k, k + 1) for i, k in zip(others, places, strict=True)}
            missing &= np.isnan(self._map(source, steps, reach, at))
        return missing

    def _map(
        self, source: Source, steps: slice, reach: tuple[slice, slice], at: dict[int, slice]
    ) -> Array:
        """Return one map of the field for each step, over a window around periodic axes."""
        origin, (slow, fast) = self.positions.origin, self.positions.chart.over
        step, sizes = self.positions.step, self.positions.sizes
        assert step is not None
        lines = []
        for rows in around(reach[0], sizes[0]):
            line = []
            for columns in around(reach[1], sizes[1]):
                parts = at | {step: steps, slow: rows, fast: columns}
                window = tuple(
                    slice(parts[i].start + axis.start, parts[i].stop + axis.start)
                    for i, axis in enumerate(origin.axes)
                )
                values = np.transpose(
                    origin.marked(source.read(origin.name, window)), [step, slow, fast, *at]
                )
                line.append(values.reshape([p.stop - p.start for p in (steps, rows, columns)]))
            lines.append(np.concatenate(line, axis=2))
        return np.concatenate(lines, axis=1)


class _Given(NamedTuple):
    """The coordinates of a step over a window, and where the field is missing."""

    x: Array
    y: Array
    land: Array
    reach: tuple[slice, slice]

    def own(self, values: Array, rows: slice, columns: slice) -> Array:
        """Return the part of values for some rows and columns."""
        first, left = self.reach[0].start, self.reach[1].start
        return values[
            rows.start - first : rows.stop - first, columns.start - left : columns.stop - left
        ]

    def patch(self, jacobian: Jacobian, rows: slice, columns: slice) -> Patch:
        """Return the coordinates at some points and where the stencils reach from there."""
        slow, fast = jacobian.stencils
        reach = slow.reach(rows), fast.reach(columns)
        given = self.own(self.x, *reach), self.own(self.y, *reach)
        return Patch(given, (rows, columns), reach)

    def without_land(self) -> _Given:
        """Return the same without coordinates where the field is missing."""
        x, y = (np.where(self.land, np.nan, values) for values in (self.x, self.y))
        return self._replace(x=x, y=y)


def make_moving(positions: Positions, jacobian: Jacobian, adapts: bool, likely: bool) -> MovingMap:
    """Return the factors of a grid in case it moves."""
    height, width = positions.sizes
    room = 8 * len(jacobian.names) * height * width  # that of the tables of a grid that stands
    return MovingMap(positions, jacobian, adapts, likely, Recent(room))


@record(frozen=True, eq=False, kw_only=True)
class MovingFactor(SheetFactor):
    """A product of factors of a grid that may move: from tables, unless it does."""

    moving: MovingMap

    @property
    def scratch(self) -> int:
        """Bytes of scratch memory per cell."""
        return self.moving.scratch

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of the field along which it varies."""
        step = self.moving.positions.step
        return self.over if self.tables or step is None else (*self.over, step)

    def at(self, window: Window, site: Site) -> Array:
        """Return the values in a window."""
        if self.tables:
            return super().at(window, site)
        return self.moving.factor(self.names, window, site)
