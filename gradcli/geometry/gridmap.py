"""Tables of the factors of a curvilinear grid, from its inverted Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.jacobian import Jacobian, Patch, around, derive
from gradcli.geometry.moving import MovingMap, make_moving
from gradcli.geometry.positions import Positions
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.earth import Earth
from gradcli.numerics.stencils import Stencil

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
    vectors : bool
        Whether tables of the unit vectors are needed.
    """

    def __init__(
        self,
        chart: Chart,
        origin: Field,
        stencils: tuple[Stencil, Stencil],
        earth: Earth | None,
        text: str,
        vectors: bool,
    ) -> None:
        self.text = text
        # Stencils that adapt to the gaps of the field take no coordinates in them.
        self._adapts = isinstance(stencils[0], AdaptingStencil)
        self.coordinates = Positions(chart, origin, on_land=not self._adapts)
        self._chart, self._origin, self._stencils = chart, origin, stencils
        self._jacobian = Jacobian(chart, stencils, earth, vectors)
        self._sizes = self.coordinates.sizes
        self._rows = max(1, BAND // max(self._sizes[1], 1))
        self.tables: dict[str, Array] = {}
        self.notes: list[str] = []
        self._likely: bool | None = None

    @property
    def on_earth(self) -> bool:
        """Whether derivatives are in metres."""
        return self._jacobian.earth is not None

    def moving(self, source: Source, chart: Chart, origin: Field) -> MovingMap | None:
        """Return the factors of a field on the same coordinates, for the case that they move.

        None means that there is only one step of them.
        """
        positions = Positions(chart, origin, on_land=not self._adapts)
        if positions.step is None:
            return None
        if self._likely is None:
            self._likely = positions.move(source)
        return make_moving(positions, self._jacobian, self._adapts, self._likely)

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables. Slightly fewer are kept."""
        rows = min(self._rows + self._stencils[0].halo(), self._sizes[0])
        kept = (len(self._jacobian.names) + 2) * self._sizes[0] * self._sizes[1] * 8
        return kept + rows * self._sizes[1] * SCRATCH

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
        self.tables.update((name, np.empty(self._sizes)) for name in self._jacobian.names)
        # Beside land the coordinates are taken again, and only then must they be good.
        shores = land is not None and bool(land.any())
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for rows in self._bands():
                found = self._band(source, x, y, rows, rounding, lenient=shores)
                for name, values in found.items():
                    self.tables[name][rows] = values
            if land is not None and shores:
                self._keep_to_shores(source, x, y, land, rounding)

    def _land(self, source: Source) -> Array:
        """Return the points that are missing in all of three sample maps of the field."""
        whole = slice(0, self._sizes[0])
        land: Array = np.isnan(self._map(source, whole))
        for half in (1, 2):
            land &= np.isnan(self._map(source, whole, half))
        return land

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
            for name, values in self._band(source, x, y, rows, rounding).items():
                np.copyto(self.tables[name][rows], values, where=~land[rows])

    def _bands(self) -> Iterator[slice]:
        """Yield slices of the slower axis, each as large as is computed at a time."""
        for start in range(0, self._sizes[0], self._rows):
            yield slice(start, min(start + self._rows, self._sizes[0]))

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
        beside = [_reached(self._stencils[axis], (x, y), rows, axis) for axis in (0, 1)]
        windows = rows, slice(0, self._sizes[1])
        patch = Patch(x[rows], y[rows], (beside[0], beside[1]), windows)
        found, singular = self._jacobian.inverted(patch, rounding)
        if not lenient and singular.any():
            self._refuse_singular(source, singular, rows)
        return found

    def _refuse_singular(self, source: Source, singular: Array, band: slice) -> None:
        """Raise InputError for singular points where a map of the field has derivatives.

        Ocean models let grid lines meet on land, and beside land nothing is derived across it.
        """
        lines = np.flatnonzero(singular.any(axis=1))
        part = slice(int(lines[0]), int(lines[-1]) + 1)
        rows = slice(band.start + part.start, band.start + part.stop)
        needed = singular[part] & self._derived(source, rows)
        if needed.any():
            row, column = np.argwhere(needed)[0]
            x, y = self._chart.x.axis.name, self._chart.y.axis.name
            where = self.coordinates.at(row + rows.start, column)
            raise InputError(
                f"{x} and {y} have a singular Jacobian at {where}: points there coincide, or lie "
                "in a line; mark such points as missing, or select a part without them (--isel)"
            )

    def _derived(self, source: Source, rows: slice) -> Array:
        """Return where one map of the field has derivatives along both axes."""
        slow, fast = self._stencils
        reach = slow.reach(rows)
        parts = [np.isnan(self._map(source, part)) for part in around(reach, self._sizes[0])]
        values = np.where(np.concatenate(parts), np.nan, 0.0)
        along, across = np.empty((2, rows.stop - rows.start, self._sizes[1]))
        derive(slow, values, rows, 0, along)
        own = values[rows.start - reach.start : rows.stop - reach.start]
        given, _ = _reached(fast, (own, own), slice(0, len(own)), 1)
        derive(fast, given, slice(0, self._sizes[1]), 1, across)
        found: Array = ~np.isnan(along + across)
        return found

    def _map(self, source: Source, rows: slice, half: int = 0) -> Array:
        """Read rows of one map of the field: the first, middle or last along its other axes."""
        origin, over = self._origin, self._chart.over
        if 0 in origin.shape:  # there is no map
            return np.full((rows.stop - rows.start, self._sizes[1]), np.nan)
        places = [axis.start + (axis.size - 1) * half // 2 for axis in origin.axes]
        window = [slice(place, place + 1) for place in places]
        first = origin.axes[over[0]].start
        window[over[0]] = slice(first + rows.start, first + rows.stop)
        window[over[1]] = origin.axes[over[1]].file_window
        values = source.read(origin.name, tuple(window))
        return values.reshape(rows.stop - rows.start, self._sizes[1])


def _reached(
    stencil: Stencil, sheets: tuple[Array, Array], rows: slice, axis: int
) -> tuple[Array, Array]:
    """Return the parts of sheets that a stencil reads for some rows of the slower axis."""
    size = sheets[0].shape[axis]
    reach = stencil.reach(rows if axis == 0 else slice(0, size))
    taken = np.arange(reach.start, reach.stop) % size
    x, y = sheets
    if axis == 0:
        return x[taken], y[taken]
    return x[rows][:, taken], y[rows][:, taken]
