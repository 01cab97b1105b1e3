"""Projected grids: the scale of a map relative to the Earth, from its grid mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.cf.roles import are_degrees
from gradcli.errors import InputError, UsageError
from gradcli.geometry.factors import BAND, SCRATCH, Corner, SheetFactor, covering
from gradcli.geometry.mapping import METRES, find_mapping
from gradcli.geometry.terms import Plain, Term, earth_of
from gradcli.model.axes import Axis
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.metric import RADIUS, Metric
from gradcli.model.protocols import Source
from gradcli.numerics.earth import Earth, unit_vectors
from gradcli.numerics.operator import Operator, Wanted

if TYPE_CHECKING:
    from gradcli.numerics.dtypes import Array

AROUND = 500.0  # metres to either side over which a scale is measured, accurate to 1e-9
SKEW = 1e-6  # cosine of the angle between x and y up to which it counts as a right angle
SAME = 1e-6  # relative difference of radii up to which figures of the Earth are the same
_WKT = re.compile(r"\s*[A-Z_]{4,20}\s*[\[(]")
_FILES = re.compile(r"grids|[+]init|PARAMETERFILE|\bfile:", re.IGNORECASE)


class ScaleMap:
    """Tables of metres on the Earth per unit (``x``, ``y``), and their inverses (``1/x``, ``1/y``).

    Parameters
    ----------
    crs : pyproj.CRS
    x, y : Axis
    units : pair of float
        Metres on the map per unit of x and of y.
    earth : Earth
    turned : bool
        Whether x is the slower axis of the field.
    square : bool
        Whether x and y must be at right angles on the Earth.
    """

    def __init__(
        self,
        crs: Any,
        x: Axis,
        y: Axis,
        units: tuple[float, float],
        earth: Earth,
        turned: bool,
        square: bool,
    ) -> None:
        assert x.values is not None
        assert y.values is not None
        self._crs, self._units, self._earth = crs, units, earth
        self._x, self._y = x.values * units[0], y.values * units[1]
        self._turned, self._square = turned, square
        self._whole = self._x, self._y
        self._held: tuple[slice, slice] | None = None
        self._rows = max(1, BAND // max(len(self._x), 1))
        self.tables: dict[str, Array] = {}
        self.notes: list[str] = []
        self.corner = Corner()

    def cover(self, slower: slice, faster: slice) -> None:
        """Say for which window of the slower and the faster axis tables are needed, at least."""
        x, y = self._whole
        sizes = (len(x), len(y)) if self._turned else (len(y), len(x))
        before = self._held or (None, None)
        first, second = map(covering, before, (slower, faster), sizes)
        self._held = first, second
        self.corner.row, self.corner.column = first.start, second.start
        columns, rows = self._held if self._turned else (second, first)
        self._x, self._y = x[columns], y[rows]
        self._rows = max(1, BAND // max(len(self._x), 1))

    @property
    def coordinates(self) -> ScaleMap:
        """Itself, since only the coordinates of the axes are needed."""
        return self

    @property
    def key(self) -> object:
        """Itself, so that each is checked."""
        return self

    def check(self, source: Source) -> None:
        """Raise InputError if x and y must be at right angles and are not."""
        if self._square:
            for _ in self._measured():
                pass

    @property
    def held(self) -> int:
        """Bytes of memory needed to compute the tables."""
        return 4 * len(self._x) * len(self._y) * 8 + self._rows * len(self._x) * SCRATCH

    def load(self, source: Source) -> None:
        """Measure the scales and fill the tables.

        Raises
        ------
        InputError
            x and y must be at right angles and are not.
        """
        shape = len(self._y), len(self._x)
        tables = {name: np.empty(shape) for name in ("x", "y", "1/x", "1/y")}
        for rows, scales in self._measured():
            for name, values in zip("xy", scales, strict=True):
                tables[name][rows] = values
                with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                    tables[f"1/{name}"][rows] = 1 / values
        self.tables.update((name, t.T if self._turned else t) for name, t in tables.items())

    def _measured(self) -> Iterator[tuple[slice, tuple[Array, Array]]]:
        """Yield slices of y, each with the scales of x and y in it."""
        inverse = inverse_of(self._crs)
        for start in range(0, len(self._y), self._rows):
            rows = slice(start, start + self._rows)
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                scales = self._scales(inverse, rows)
            yield rows, scales

    def _scales(self, inverse: Any, rows: slice) -> tuple[Array, Array]:
        """Return metres per unit of x and y, from positions to either side of each point."""
        x, y = np.meshgrid(self._x, self._y[rows])
        lon, lat = angles_of(inverse, x, y)
        _, east, north = unit_vectors(lon, lat)
        lengths = self._earth.normal(lat), self._earth.meridian(lat)
        found = []
        for dx, dy in ((AROUND, 0.0), (0.0, AROUND)):
            ahead, behind = (
                unit_vectors(*angles_of(inverse, x + sign * dx, y + sign * dy))[0]
                for sign in (1, -1)
            )
            step = (ahead - behind) / (2 * AROUND)
            found.append(
                [(step * unit).sum(-1) * n for unit, n in zip((east, north), lengths, strict=True)]
            )
        (ex, nx), (ey, ny) = found
        hx, hy = np.hypot(ex, nx), np.hypot(ey, ny)
        if self._square and (np.abs(ex * ey + nx * ny) > SKEW * hx * hy).any():
            _, other = fitting(self._crs, self._earth) or ("", "")
            own = f"{other} is its own, or " if other else ""
            raise InputError(
                "x and y of the grid mapping do not meet at right angles on the Earth of this "
                f"metric; {own}take longitude and latitude over both dimensions, where the file "
                "has them, or the gradient (gradcli compute), which needs no right angles"
            )
        return hx * self._units[0], hy * self._units[1]


def inverse_of(crs: Any) -> Any:
    """Return the projection of a map, for `angles_of`."""
    import pyproj

    return pyproj.Proj(crs)


def angles_of(inverse: Any, x: Array, y: Array) -> tuple[Array, Array]:
    """Return longitude and latitude in radians, missing where a point is off the Earth."""
    lon, lat = inverse(x, y, inverse=True, radians=True)
    off = ~(np.isfinite(lon) & np.isfinite(lat))
    return np.where(off, np.nan, lon), np.where(off, np.nan, lat)


def figure_of(crs: Any) -> tuple[str, str, float, bool]:
    """Return the figure of the Earth of a map in words, the options for it, its size and kind.

    The size is the radius at the equator in metres; the kind is whether it is a sphere.
    """
    figure = crs.ellipsoid
    major, minor = float(figure.semi_major_metre), float(figure.semi_minor_metre)
    if abs(minor / major - 1) < SAME:
        radius = "" if abs(major / RADIUS - 1) < SAME else f" --radius {major:.10g}"
        return f"a sphere of {major:.10g} m", f"--metric sphere{radius}", major, True
    return f"an ellipsoid of {major:.10g} m", "--metric wgs84", major, False


def fitting(crs: Any, earth: Earth) -> tuple[str, str] | None:
    """Return the figure of the Earth of a map and the options for it; None if it is that given."""
    if crs.ellipsoid is None:
        return None
    words, options, major, round_ = figure_of(crs)
    if round_:
        same = not earth.eccentricity2 and abs(major / earth.radius - 1) < SAME
    else:
        same = bool(earth.eccentricity2)  # all ellipsoids of maps differ less than by 3e-4
    return None if same else (words, options)


class Projected(Plain):
    """Lengths on the Earth along x and y of a map. Divergence and curl are in flux form.

    Parameters
    ----------
    grid : ScaleMap
    text : str
        Description of the metric and the grid mapping, for messages.
    over : pair of int
        Indices of the field's axes x and y, the slower first.
    places : pair of int or None
        Positions of x and y among the chosen axes.
    misfit : str
        What to say if the figure of the Earth of the map is another one.
    """

    def __init__(
        self,
        grid: ScaleMap,
        text: str,
        over: tuple[int, int],
        places: tuple[int | None, int | None],
        misfit: str = "",
    ) -> None:
        super().__init__(False)
        self.text, self.misfit = text, misfit
        self.units = {place: "m" for place in places if place is not None}
        self._grid, self._over, self._places = grid, over, places

    def terms(self, wanted: Wanted, operator: Operator) -> list[Term]:
        """Return the terms of a partial."""
        x, y = self._places
        if not set(wanted.along) & {x, y}:
            return [Term(wanted.component, wanted.along)]
        if len(wanted.along) > 1 or operator.covariant:
            what = "a derivative of a higher order" if operator.order == 0 else operator.name
            raise UsageError(f"{what} is not available with --metric on projected grids")
        own, other = ("x", "y") if wanted.along[0] == x else ("y", "x")
        if not operator.flux or wanted.component not in (x, y):
            return [Term(wanted.component, wanted.along, None, self._factor(f"1/{own}"))]
        before = self._factor(other)
        return [Term(wanted.component, wanted.along, before, self._factor("1/x", "1/y"))]

    def _factor(self, *names: str) -> SheetFactor:
        return SheetFactor(self._grid.tables, self._over, names, corner=self._grid.corner)

    def cover(self, window: Window) -> None:
        """Say for which window of the field tables are needed."""
        self._grid.cover(*(window[place] for place in self._over))


def make_projected(
    source: Source,
    origin: Field,
    chosen: tuple[int, ...],
    metric: Metric,
    operators: tuple[Operator, ...],
) -> tuple[Projected, ScaleMap] | None:
    """Return the geometry of a field under a metric of the Earth; None if it is not projected.

    Raises
    ------
    UsageError
        The grid mapping, or the units of x and y, are not supported.
    """
    roles = {axis.role: index for index, axis in enumerate(origin.axes)}
    mapping = find_mapping(source, origin)
    if mapping is None or not {"x", "y"} <= set(roles):
        return None
    over = roles["x"], roles["y"]
    x, y = (origin.axes[index] for index in over)
    if x.values is None or y.values is None or are_degrees(x.units):
        return None
    if not set(chosen) & set(over):
        return None
    name, said = mapping
    earth, text = earth_of(metric)
    units = metres_of(x, said), metres_of(y, said)
    square = any(operator.mixes for operator in operators)
    turned = over[0] < over[1]
    crs = crs_of(name, said)
    other, misfit = fitting(crs, earth), ""
    if other is not None:
        misfit = f"the map ({name}) is one of {other[0]}, the metric is {text}: {other[1]} fits it"
    grid = ScaleMap(crs, x, y, units, earth, turned, square)
    places = tuple(chosen.index(index) if index in chosen else None for index in over)
    text = f"{text}, through the {name} grid mapping"
    slower, faster = sorted(over)
    return Projected(grid, text, (slower, faster), (places[0], places[1]), misfit), grid


def metres_of(axis: Axis, said: Mapping[str, Any]) -> float:
    """Return the metres on the map per unit of a projected coordinate."""
    units = axis.units or ""
    if units in METRES:
        return METRES[units]
    if units in ("rad", "radian", "radians") and "perspective_point_height" in said:
        height = np.asarray(said["perspective_point_height"])
        if height.size == 1 and height.dtype.kind in "iuf":
            return float(height.reshape(-1)[0])
    raise UsageError(
        f"axis {axis.name}: --metric needs projected coordinates in m or km; units are {units!r}"
    )


def crs_of(name: str, said: Mapping[str, Any]) -> Any:
    """Return the coordinate reference system of a grid mapping, which must be a projection."""
    import pyproj

    plain = {
        key: getattr(value, "tolist", lambda value=value: value)() for key, value in said.items()
    }
    try:
        for key in ("crs_wkt", "spatial_ref"):
            if key in plain and (_FILES.search(str(plain[key])) or not _WKT.match(str(plain[key]))):
                raise ValueError(f"{key} is not plain WKT; files that it names are never opened")
        made = pyproj.CRS.from_cf(plain)
        pyproj.Proj(made)
        if not made.is_projected:
            raise ValueError(f"it is not a map projection ({made.name}) where x and y are lengths")
    except (pyproj.exceptions.ProjError, KeyError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"--metric: the grid mapping {name} is not understood: {reason:.120}"
        ) from error
    return made
