"""Coast lines and graticules, in the coordinates of a picture.

The coast lines are those of Natural Earth, 1:110m, version 4.1.0 (public domain,
naturalearthdata.com), in hundredths of a degree; ``tests/coast.py`` makes the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from gradcli.explore.places import Place
from gradcli.numerics.dtypes import Array

STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0)  # degrees between lines
LINES = 6  # of a graticule, about, in each direction
DENSE = 181  # points on a line of the graticule
JUMP = 0.25  # of the width of a picture: no coast line goes so far in one step


class Frame(NamedTuple):
    """The limits of a picture, to the right and upwards."""

    left: float
    right: float
    low: float
    high: float

    @property
    def size(self) -> float:
        """The longer of its sides."""
        return max(self.right - self.left, self.high - self.low)

    def holds(self, x: Array, y: Array) -> Array:
        """Return which points lie inside, or close to it."""
        with np.errstate(invalid="ignore"):
            found: Array = (x >= self.left) & (x <= self.right) & (y >= self.low) & (y <= self.high)
        return found


class Line(NamedTuple):
    """A line of a graticule: its name, and its points."""

    name: str
    points: Array


@cache
def coast_points() -> tuple[Array, Array]:
    """Return the coast lines of the Earth: all points in degrees, and where each line begins.

    >>> points, starts = coast_points()
    >>> points.shape[1], len(starts) > 100
    (2, True)
    """
    with (files("gradcli.explore") / "coast.npz").open("rb") as opened, np.load(opened) as held:
        points, sizes = held["points"] / 100.0, held["sizes"].astype(int)
    return points, np.cumsum(sizes)[:-1]


class Coasts:
    """Coast lines and graticules of a picture; panels of the same place share them."""

    def __init__(self) -> None:
        self._coasts: dict[object, list[Array]] = {}
        self._lines: dict[object, list[Line]] = {}

    def inside(self, place: Place, frame: Frame) -> list[Array]:
        """Return the coast lines that cross a picture, in its coordinates."""
        key = (place, frame)
        if key not in self._coasts:
            self._coasts[key] = [*_coasts(place, frame)]
        return self._coasts[key]

    def graticule(self, place: Place, frame: Frame) -> list[Line]:
        """Return lines of equal longitude and of equal latitude."""
        key = (place, frame)
        if key not in self._lines:
            self._lines[key] = graticule(place, frame)
        return self._lines[key]


def _coasts(place: Place, frame: Frame) -> Iterator[Array]:
    points, starts = coast_points()
    for shift in (-360.0, 0.0, 360.0) if place.plain else (0.0,):
        if place.plain and (frame.right < shift - 180 or frame.left > shift + 180):
            continue
        x, y = place.forward(points[:, 0] + shift, points[:, 1])
        yield from _pieces(np.stack([x, y], axis=-1), frame, starts)


def _pieces(points: Array, frame: Frame, starts: Array | None = None) -> Iterator[Array]:
    """Yield the parts of lines that lie in a picture, cut where a map is torn."""
    inside = frame.holds(points[:, 0], points[:, 1])
    near = inside.copy()
    near[1:] |= inside[:-1]
    near[:-1] |= inside[1:]
    with np.errstate(invalid="ignore"):
        torn = ~(np.abs(np.diff(points, axis=0)).max(axis=-1) <= JUMP * frame.size)
    if starts is not None:
        torn[starts - 1] = True
    cuts = np.flatnonzero(torn | ~(near[1:] & near[:-1])) + 1
    for piece in np.split(points, cuts):
        if len(piece) > 1:
            yield piece


def graticule(place: Place, frame: Frame) -> list[Line]:
    """Return lines of equal longitude and of equal latitude in a picture, in its coordinates."""
    x, y = np.meshgrid(
        np.linspace(frame.left, frame.right, 41), np.linspace(frame.low, frame.high, 41)
    )
    lon, lat = place.inverse(x, y)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return []
    lon, lat = lon[known], lat[known]
    # Longitudes are counted from their middle, so that those around 180 degrees are not torn.
    middle = np.degrees(np.angle(np.exp(1j * np.radians(lon)).mean()))
    off = (lon - middle + 180) % 360 - 180
    polar = np.abs(lat).max() > 85
    west, east = (-180.0, 180.0) if polar else (middle + off.min(), middle + off.max())
    south, north = float(lat.min()), float(lat.max())
    found: list[Line] = []
    for value in _ticks(west, east):
        if polar and value == -180:
            continue
        along = np.linspace(max(south - 1, -88), min(north + 1, 88), DENSE)
        found += _line(place, frame, degrees_east(value), np.full(DENSE, value), along)
    for value in _ticks(south, north):
        if abs(value) < 90:
            along = np.linspace(west, east, DENSE)
            found += _line(place, frame, degrees_north(value), along, np.full(DENSE, value))
    return found


def _line(place: Place, frame: Frame, name: str, lon: Array, lat: Array) -> Iterator[Line]:
    points = np.stack(place.forward(lon, lat), axis=-1)
    for piece in _pieces(points, frame):
        yield Line(name, piece)


def _ticks(low: float, high: float) -> Array:
    """Return about six round numbers of degrees between two.

    >>> _ticks(-70.0, -35.0)
    array([-70., -65., -60., -55., -50., -45., -40., -35.])
    """
    step = next((s for s in STEPS if (high - low) / s <= LINES + 1), STEPS[-1])
    found: Array = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return found


def degrees_east(value: float) -> str:
    """Return a longitude in words.

    >>> degrees_east(-70), degrees_east(190), degrees_east(0), degrees_east(2.5)
    ('70°W', '170°W', '0°', '2.5°E')
    """
    value = (value + 180) % 360 - 180
    return f"{abs(value):.4g}°" + ("" if value in (0, -180) else "E" if value > 0 else "W")


def degrees_north(value: float) -> str:
    """Return a latitude in words.

    >>> degrees_north(-30), degrees_north(0)
    ('30°S', '0°')
    """
    return f"{abs(value):.4g}°" + ("" if value == 0 else "N" if value > 0 else "S")
