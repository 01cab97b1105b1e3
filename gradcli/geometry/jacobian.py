"""Tables of the factors of a curvilinear grid, from its inverted Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import InputError
from gradcli.geometry.auxiliary import Chart
from gradcli.geometry.factors import BAND, SCRATCH
from gradcli.geometry.positions import Positions
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.adapt import AdaptingStencil
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.numerics.stencils import Stencil

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

SINGULAR = 1e-12  # sine of the angle between grid lines up to which they count as parallel
EAST = ("ex", "ey", None)
NORTH = ("nx", "ny", "nz")


class GridMap:
    """Tables of the factors of a curvilinear grid, computed once.

    ``ea`` and ``eb`` are the weights of the derivatives along the slower and the faster axis in
    the eastward derivative, ``na`` and ``nb`` those in the northward derivative. ``ex`` … ``nz``
    are the components of the unit vectors east and north in space.

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
        self.coordinates = Positions(chart, origin)
        self.notes: list[str] = []
        self._chart, self._origin, self._stencils = chart, origin, stencils
        self._earth, self._vectors = earth, vectors
        self._sizes = self.coordinates.sizes
        self._rows = max(1, BAND // max(self._sizes[1], 1))
        names = ["ea", "eb", "na", "nb"]
        names += [name for name in (*EAST, *NORTH) if name] if vectors else []
        self._names = names
        self.tables: dict[str, Array] = {}

    @property
    def on_earth(self) -> bool:
        """Whether derivatives are in metres."""
        return self._earth is not None

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables. Slightly fewer are kept."""
        rows = min(self._rows + self._stencils[0].halo(), self._sizes[0])
        kept = (len(self._names) + 2) * self._sizes[0] * self._sizes[1] * 8
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
        x, y, rounding = self.coordinates.read(source, land)
        self._note_lost(source, np.isnan(x), land)
        self.tables.update((name, np.empty(self._sizes)) for name in self._names)
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
        found: dict[str, Array] = {}
        scale_e: Any = 1.0
        scale_n: Any = 1.0
        if self._chart.angles:
            lat = y[rows]
            _, east, north = unit_vectors(x[rows], lat)
            (ea, na), (eb, nb) = self._on_sphere(x, y, rows, east, north)
            if self._vectors:
                found = {"ex": east[..., 0], "ey": east[..., 1]}
                found |= dict(zip(NORTH, np.moveaxis(north, -1, 0), strict=True))
            if self._earth is None:
                scale_e = np.cos(lat) * radians_in(self._chart.x.axis)
                scale_n = radians_in(self._chart.y.axis)
            else:
                scale_e = 1 / self._earth.normal(lat)
                scale_n = 1 / self._earth.meridian(lat)
        else:
            (ea, eb), (na, nb) = (self._both(values, rows) for values in (x, y))
        det = ea * nb - eb * na
        a, b = np.hypot(ea, na), np.hypot(eb, nb)
        singular = np.abs(det) <= SINGULAR * a * b + rounding * (a + b)
        if singular.any():
            if not lenient:
                self._refuse_singular(source, singular, rows)
            det = np.where(singular, np.nan, det)
        found |= {"ea": nb / det * scale_e, "eb": -na / det * scale_e}
        return found | {"na": -eb / det * scale_n, "nb": ea / det * scale_n}

    def _on_sphere(
        self, x: Array, y: Array, rows: slice, east: Array, north: Array
    ) -> list[tuple[Array, Array]]:
        """Return the eastward and northward component of a step along each axis.

        Positions are differentiated in three dimensions, where longitude has no jump.
        """
        found = []
        for axis in (0, 1):
            given = _reached(self._stencils[axis], (x, y), rows, axis)
            up, _, _ = unit_vectors(*given)
            part = rows if axis == 0 else slice(0, self._sizes[1])
            shape = (rows.stop - rows.start, self._sizes[1])
            e, n = np.zeros(shape), np.zeros(shape)
            for m in range(3):
                change = np.empty(shape)
                _derive(self._stencils[axis], up[..., m], part, axis, change)
                e += east[..., m] * change
                n += north[..., m] * change
            found.append((e, n))
        return found

    def _both(self, values: Array, rows: slice) -> tuple[Array, Array]:
        """Return the derivatives of a sheet along both axes, for some rows of the slower axis."""
        found = []
        for axis in (0, 1):
            (given,) = _reached(self._stencils[axis], (values,), rows, axis)
            out = np.empty((rows.stop - rows.start, self._sizes[1]))
            part = rows if axis == 0 else slice(0, self._sizes[1])
            _derive(self._stencils[axis], given, part, axis, out)
            found.append(out)
        return found[0], found[1]

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
        parts = [np.isnan(self._map(source, part)) for part in _around(reach, self._sizes[0])]
        values = np.where(np.concatenate(parts), np.nan, 0.0)
        along, across = np.empty((2, rows.stop - rows.start, self._sizes[1]))
        _derive(slow, values, rows, 0, along)
        own = values[rows.start - reach.start : rows.stop - reach.start]
        (given,) = _reached(fast, (own,), slice(0, len(own)), 1)
        _derive(fast, given, slice(0, self._sizes[1]), 1, across)
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
        values = origin.marked(source.read(origin.name, tuple(window)))
        return values.reshape(rows.stop - rows.start, self._sizes[1])


def _derive(stencil: Stencil, values: Array, rows: slice, axis: int, out: Array) -> None:
    given = np.ascontiguousarray(values)
    stencil.apply(given, rows, axis, out)
    if isinstance(stencil, AdaptingStencil):
        stencil.adapt(given, rows, axis, out)


def _reached(
    stencil: Stencil, sheets: tuple[Array, ...], rows: slice, axis: int
) -> tuple[Array, ...]:
    """Return the parts of sheets that a stencil reads for some rows of the slower axis."""
    size = sheets[0].shape[axis]
    reach = stencil.reach(rows if axis == 0 else slice(0, size))
    taken = np.arange(reach.start, reach.stop) % size
    if axis == 0:
        return tuple(values[taken] for values in sheets)
    return tuple(values[rows][:, taken] for values in sheets)


def _around(reach: slice, size: int) -> Iterator[slice]:
    """Yield the rows of a reach; those beyond one end of a periodic axis lie at the other.

    >>> list(_around(slice(-1, 2), 5))
    [slice(4, 5, None), slice(0, 2, None)]
    """
    start = reach.start
    while start < reach.stop:
        first = start % size
        stop = min(size, first + reach.stop - start)
        yield slice(first, stop)
        start += stop - first
