"""Where a place lies on a curvilinear grid, by its two-dimensional coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product

import numpy as np

from gradcli.cf.roles import radians_in
from gradcli.errors import UsageError
from gradcli.explore.interpolate import Corners
from gradcli.formats.coordinates import read_vector, vector_of
from gradcli.geometry.auxiliary import Chart, find_chart, sheet_of
from gradcli.geometry.positions import Positions
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.numerics.earth import unit_vectors
from gradcli.settings import Settings

POLAR = np.radians(80.0)  # latitude beyond which longitudes say little about distances
SAME = 1e-9  # of a cell: places closer to a point are the point
CLOSES = 1.5  # times the distance of neighbours, within which the last column has the first beside
STEPS = 20


def find_curved(source: Source, field: Field, settings: Settings) -> CurvedGrid | None:
    """Return the two-dimensional coordinates of a field, if it has any."""
    given = {}
    for axis, spec in settings.coords.items():
        vector = vector_of(source, spec) or read_vector(spec)
        if vector.values.ndim == 2:
            given[axis] = vector
    chart = find_chart(source, field, given)
    return None if chart is None else CurvedGrid(source, field, chart)


class CurvedGrid:
    """Finds places on the grid of a field by the coordinates of a chart.

    Bilinear in the indices: within a cell of four points, the place is where the coordinates that
    are interpolated between them are those asked for. They are interpolated as numbers, longitudes
    the short way around; beyond 80 degrees of latitude, in the plane that touches the Earth.
    """

    def __init__(self, source: Source, field: Field, chart: Chart) -> None:
        self._source, self._field, self.chart = source, field, chart

    def sheet_of(self, name: str) -> int | None:
        """Return 0 or 1 if a name means the coordinate eastward or northward, else None."""
        found = sheet_of(self._source, self.chart, self._field, name, True)
        return None if found is None else int(found == self.chart.over[0])

    @property
    def names(self) -> tuple[str, str]:
        """The names of the coordinates eastward and northward."""
        return str(self.chart.x.axis.name), str(self.chart.y.axis.name)

    @property
    def units(self) -> tuple[str | None, str | None]:
        """Their units."""
        return self.chart.x.axis.units, self.chart.y.axis.units

    @cached_property
    def _plane(self) -> tuple[Array, Array]:
        positions = Positions(self.chart, self._field)
        x, y, _ = positions.read(self._source)
        parts = tuple(self._field.axes[axis].points for axis in self.chart.over)
        return x[parts], y[parts]

    @cached_property
    def _places(self) -> Array:
        """Each point in space, along the last axis: on a globe of radius 1, or in the plane."""
        x, y = self._plane
        return unit_vectors(x, y)[0] if self.chart.angles else np.stack([x, y], -1)

    @cached_property
    def _wraps(self) -> bool:
        """Whether the first column lies beside the last one."""
        places = self._places
        if not self.chart.angles or places.shape[1] < 3:
            return False
        seam = np.linalg.norm(places[:, 0] - places[:, -1], axis=-1)
        steps = np.linalg.norm(places[:, 1] - places[:, 0], axis=-1)
        fine = np.isfinite(seam) & np.isfinite(steps)
        return bool(fine.any() and np.median(seam[fine]) <= CLOSES * np.median(steps[fine]))

    def find(self, x: float, y: float, said: str) -> Corners:
        """Return where a place lies.

        Parameters
        ----------
        x, y : float
            In the units of the coordinates.
        said : str
            The place as the user gave it, for errors.

        Raises
        ------
        UsageError
            No cell of the grid holds it.
        """
        scale = radians_in(self.chart.x.axis) if self.chart.angles else 1.0
        wanted = np.array([x * scale, y * scale])
        place = unit_vectors(*wanted)[0] if self.chart.angles else wanted
        apart = np.linalg.norm(self._places - place, axis=-1)
        row, column = np.unravel_index(int(np.nanargmin(apart)), apart.shape)
        for reach in (1, 2):
            for cell in self._cells(int(row), int(column), reach):
                found = self._within(cell, wanted)
                if found is not None:
                    return found
        near = " ".join(
            f"{name}={values[row, column] / scale:.6g}"
            for name, values in zip(self.names, self._plane, strict=True)
        )
        raise UsageError(f"{said}: lies outside the grid; its nearest point is at {near}")

    def _cells(self, row: int, column: int, reach: int) -> Iterator[list[tuple[int, int]]]:
        """Yield the cells around a point, each by its corners."""
        rows, columns = self._places.shape[:2]
        for first, left in product(
            range(row - reach, row + reach), range(column - reach, column + reach)
        ):
            if not 0 <= first < rows - 1 or not (self._wraps or 0 <= left < columns - 1):
                continue
            sides = (left % columns, (left + 1) % columns)
            yield [(first + down, side) for down in (0, 1) for side in sides]

    def _within(self, cell: list[tuple[int, int]], wanted: Array) -> Corners | None:
        """Return the weights of the corners of a cell, if a place lies in it."""
        flat = np.stack([self._seen_from(wanted, corner) for corner in cell])
        if not np.isfinite(flat).all():
            return None
        shares = _inverse(flat)
        if shares is None:
            return None
        s, t = (round(share) if abs(share - round(share)) < SAME else share for share in shares)
        if not (0 <= s <= 1 and 0 <= t <= 1):
            return None
        weights = ((1 - t) * (1 - s), (1 - t) * s, t * (1 - s), t * s)
        return Corners(self.chart.over, tuple(cell), tuple(map(float, weights)))

    def _seen_from(self, wanted: Array, corner: tuple[int, int]) -> Array:
        """Return a corner relative to the place, in a plane."""
        x, y = (float(values[corner]) for values in self._plane)
        if not self.chart.angles:
            return np.array([x, y]) - wanted
        if abs(wanted[1]) > POLAR:
            _, east, north = unit_vectors(*wanted)
            return np.array([self._places[corner] @ east, self._places[corner] @ north])
        turn = 2 * np.pi
        return np.array([(x - wanted[0] + np.pi) % turn - np.pi, y - wanted[1]])


def _inverse(corners: Array) -> Array | None:
    """Return where in a cell the origin lies, by Newton's method; None if it is not found.

    >>> _inverse(np.array([[-1.0, -1.0], [3.0, -1.0], [-1.0, 1.0], [3.0, 1.0]]))
    array([0.25, 0.5 ])
    """
    start, across, down = corners[0], corners[1] - corners[0], corners[2] - corners[0]
    twist = corners[3] - corners[2] - across
    shares = np.array([0.5, 0.5])
    for _ in range(STEPS):
        value = start + across * shares[0] + down * shares[1] + twist * shares[0] * shares[1]
        slope = np.stack([across + twist * shares[1], down + twist * shares[0]], -1)
        if not abs(np.linalg.det(slope)) > 0:
            return None
        change = np.linalg.solve(slope, value)
        shares = shares - change
        if np.abs(change).max() < 1e-14:
            break
    return shares if np.abs(change).max() < 1e-9 else None
