"""Tables of the factors of a curvilinear grid, from its inverted Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradcli.geometry.auxiliary import Chart
from gradcli.geometry.factors import BAND, SCRATCH, Corner, covering
from gradcli.geometry.jacobian import Jacobian, Patch, around, derive, singular_error
from gradcli.geometry.moving import MovingMap, make_moving
from gradcli.geometry.positions import Positions
from gradcli.model.axes import axis_label
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.earth import Earth
from gradcli.numerics.stencils import Stencil
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array


class GridMap:
    """Tables of the factors of a curvilinear grid, computed once.

    The names of the factors are those of `Jacobian`. A grid that moves has no tables; its factors
    are computed block by block (`moving`).

    Parameters
    ----------
    chart : Chart
    origin : Field
        A field on the grid.
    stencils : pair of Stencil
        Stencils of the first derivative along the two axes, per index.
    earth : Earth or None
        Without it, derivatives are per unit of the sheets.
    text : str
        Description of the metric, for messages.
    vectors : tuple of str
        The names of the factors that vectors need besides.
    """

    def __init__(
        self,
        chart: Chart,
        origin: Field,
        stencils: tuple[Stencil, Stencil],
        earth: Earth | None,
        text: str,
        vectors: tuple[str, ...],
    ) -> None:
        self.text = text
        # Stencils that adapt to the gaps of the field take no coordinates in them.
        self._adapts = isinstance(stencils[0], AdaptingStencil)
        self.coordinates = Positions(chart, origin)
        self.notes: list[str] = []
        self._chart, self._origin, self._stencils = chart, origin, stencils
        self._jacobian = Jacobian(chart, stencils, earth, vectors)
        self._likely: bool | None = None
        self._whole = self.coordinates.sizes
        self._held: tuple[slice, slice] | None = None
        self.corner = Corner()
        self.tables: dict[str, Array] = {}

    @property
    def on_earth(self) -> bool:
        """Whether derivatives are in metres."""
        return self._jacobian.earth is not None

    def cover(self, window: Window) -> None:
        """Say for which window of the field tables are needed, at least."""
        needed = [window[place] for place in self._chart.over]
        before = self._held or (None, None)
        first, second = map(covering, before, needed, self._whole)
        self._held = first, second
        self.corner.row, self.corner.column = first.start, second.start
        reached = (one.reach(part) for one, part in zip(self._stencils, self._held, strict=True))
        first, second = map(covering, self._held, reached, self._whole)
        self.coordinates = replace(self.coordinates, parts=(first, second))

    @property
    def _tabled(self) -> tuple[slice, slice]:
        """The rows and columns that the tables hold."""
        return self._held or (slice(0, self._whole[0]), slice(0, self._whole[1]))

    @property
    def _read(self) -> tuple[slice, slice]:
        """The rows and columns whose coordinates are read: stencils reach beyond the tables."""
        return self.coordinates.parts or (slice(0, self._whole[0]), slice(0, self._whole[1]))

    @property
    def _shape(self) -> tuple[int, int]:
        rows, columns = self._tabled
        return rows.stop - rows.start, columns.stop - columns.start

    @property
    def _rows(self) -> int:
        """How many rows are computed at a time."""
        return max(1, BAND // max(self._shape[1], 1))

    def moving(self, source: Source, chart: Chart, origin: Field) -> MovingMap | None:
        """Return the factors of a field on the same coordinates, for the case that they move.

        None means that there is only one step of them.
        """
        positions = Positions(chart, origin)
        if positions.step is None:
            return None
        if self._likely is None:
            self._likely = positions.move(source)
        return make_moving(positions, self._jacobian, self._adapts, self._likely)

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables. Slightly fewer are kept."""
        height, width = self.coordinates.sizes
        rows = min(self._rows + self._stencils[0].halo(), height)
        kept = 8 * (
            len(self._jacobian.names) * self._shape[0] * self._shape[1] + 2 * height * width
        )
        return kept + rows * width * SCRATCH

    def load(self, source: Source) -> None:
        """Read the sheets and compute the tables.

        The field is read too where the tables depend on which of its points are missing.

        Raises
        ------
        InputError
            The Jacobian cannot be inverted, or the sheets cannot be used.
        """
        land = self._land(source) if self._adapts else None
        read = self.coordinates.still(source, land)
        if read is None:
            names = " and ".join(str(sheet.axis.name) for sheet in self.coordinates.sheets)
            step = axis_label(self._origin.axes, self.coordinates.step or 0)
            self.notes = [f"{names} move along {step}: each step is taken on its own positions"]
            return
        x, y, rounding = read
        self._note_lost(source, np.isnan(x), land)
        self.tables.update((name, np.empty(self._shape)) for name in self._jacobian.names)
        # Beside land the coordinates are taken again, and only then must they be good.
        shores = land is not None and bool(land.any())
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for rows in self._bands():
                found = self._band(source, x, y, rows, rounding, lenient=shores)
                for name, values in found.items():
                    self._table(name, rows)[...] = values
            if land is not None and shores:
                self._keep_to_shores(source, x, y, land, rounding)

    def _land(self, source: Source) -> Array:
        """Return the points that are missing in all of three sample maps of the field."""
        land: Array = np.isnan(self._map(source, self._read[0]))
        for half in (1, 2):
            land &= np.isnan(self._map(source, self._read[0], half))
        return land

    def _note_lost(self, source: Source, lost: Array, land: Array | None) -> None:
        """Note that the field has values at points that have no place."""
        if lost.any():
            lost = lost & ~(self._land(source) if land is None else land)
        if lost.any():
            count, x, y = int(lost.sum()), self._chart.x.axis.name, self._chart.y.axis.name
            points = "1 point has" if count == 1 else f"{count} points have"
            self.notes.append(
                f"{self._origin.name}: {points} a value but no place ({x}, {y} are missing there, "
                f"or beyond the globe; first at {self.coordinates.at(*np.argwhere(lost)[0])}); "
                "derivatives that need such a point are missing"
            )

    def _keep_to_shores(
        self, source: Source, x: Array, y: Array, land: Array, rounding: float
    ) -> None:
        """Compute the tables at valid points again, without the coordinates on land.

        Coordinates on land may be arbitrary. Here stencils adapt to gaps in the coordinates as
        they do to gaps in the field.
        """
        for values in (x, y):
            values[land] = np.nan
        for rows in self._bands():
            dry = ~self._cut(land, rows, self._tabled[1])
            for name, values in self._band(source, x, y, rows, rounding).items():
                np.copyto(self._table(name, rows), values, where=dry)

    def _table(self, name: str, rows: slice) -> Array:
        """Return some rows of a table, counted along the axis of the field."""
        return self.tables[name][rows.start - self.corner.row : rows.stop - self.corner.row]

    def _cut(self, values: Array, rows: slice, columns: slice) -> Array:
        """Return a window of what is read, counted along the axes of the field."""
        first, second = (part.start for part in self._read)
        found: Array = values[
            rows.start - first : rows.stop - first, columns.start - second : columns.stop - second
        ]
        return found

    def _reached(self, values: Array, reach: tuple[slice, slice]) -> Array:
        """Return the part of a sheet that stencils read, around the ends of periodic axes."""
        places = (
            (np.arange(part.start, part.stop) - whole.start) % (whole.stop - whole.start)
            for part, whole in zip(reach, self._read, strict=True)
        )
        found: Array = values[np.ix_(*places)]
        return found

    def _bands(self) -> Iterator[slice]:
        """Yield slices of the slower axis, each as large as is computed at a time."""
        whole, step = self._tabled[0], self._rows
        for start in range(whole.start, whole.stop, step):
            yield slice(start, min(start + step, whole.stop))

    def _band(
        self,
        source: Source,
        x: Array,
        y: Array,
        rows: slice,
        rounding: float,
        lenient: bool = False,
    ) -> dict[str, Array]:
        """Return the tables for some rows of the slower axis.

        With ``lenient``, singular points are missing, whether the field has a value there or not.
        """
        windows = rows, self._tabled[1]
        first, second = (one.reach(part) for one, part in zip(self._stencils, windows, strict=True))
        reach = first, second
        patch = Patch((self._reached(x, reach), self._reached(y, reach)), windows, reach)
        found, singular = self._jacobian.inverted(patch, rounding)
        if not lenient and singular.any():
            self._refuse_singular(source, singular, rows, patch)
        return found

    def _refuse_singular(self, source: Source, singular: Array, band: slice, patch: Patch) -> None:
        """Raise InputError for singular points where a map of the field has derivatives.

        Ocean models let grid lines meet on land, and beside land nothing is derived across it.
        """
        lines = np.flatnonzero(singular.any(axis=1))
        part = slice(int(lines[0]), int(lines[-1]) + 1)
        rows = slice(band.start + part.start, band.start + part.stop)
        needed = singular[part] & self._derived(source, rows)
        if needed.any():
            row, column = np.argwhere(needed)[0]
            names = str(self._chart.x.axis.name), str(self._chart.y.axis.name)
            first, second = (part.start for part in self._read)
            beside = self._tabled[1].start - second
            where = self.coordinates.at(row + rows.start - first, column + beside)
            line = slice(row + rows.start, row + rows.start + 1)
            value = float(self._map(source, line)[0, column + beside])
            here = row + rows.start - band.start, column
            place = float(patch.x[here]), float(patch.y[here])
            raise singular_error(names, where, place, self._origin.base, value)

    def _derived(self, source: Source, rows: slice) -> Array:
        """Return where one map of the field has derivatives along both axes."""
        slow, fast = self._stencils
        columns, read = self._tabled[1], self._read[1]
        reach = slow.reach(rows)
        parts = [np.isnan(self._map(source, part)) for part in around(reach, self._whole[0])]
        values = np.where(np.concatenate(parts), np.nan, 0.0)
        along, across = np.empty((2, rows.stop - rows.start, self._shape[1]))
        own = slice(columns.start - read.start, columns.stop - read.start)
        derive(slow, values[:, own], rows, 0, along)
        taken = fast.reach(columns)
        places = (np.arange(taken.start, taken.stop) - read.start) % (read.stop - read.start)
        given = values[rows.start - reach.start : rows.stop - reach.start][:, places]
        derive(fast, given, columns, 1, across)
        found: Array = ~np.isnan(along + across)
        return found

    def _map(self, source: Source, rows: slice, half: int = 0) -> Array:
        """Read rows of one map of the field: the first, middle or last along its other axes."""
        origin, over, columns = self._origin, self._chart.over, self._read[1]
        shape = rows.stop - rows.start, columns.stop - columns.start
        if 0 in origin.shape:  # there is no map
            return np.full(shape, np.nan)
        places = [axis.start + (axis.size - 1) * half // 2 for axis in origin.axes]
        window = [slice(place, place + 1) for place in places]
        first = origin.axes[over[0]].start
        window[over[0]] = slice(first + rows.start, first + rows.stop)
        first = origin.axes[over[1]].start
        window[over[1]] = slice(first + columns.start, first + columns.stop)
        return origin.marked(source.read(origin.name, tuple(window))).reshape(shape)
